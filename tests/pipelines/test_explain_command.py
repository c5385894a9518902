"""`chezhu explain` on a published home and on what `chezhu match` wrote: the same numbers, masked unless asked for in plain."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching.customers import match_customers
from pipelines.cli.main import chezhu
from pipelines.store import versions
from pipelines.store.home import Home
from tests.matching.matching_simulator import simulate


def call(*words: str) -> str:
    done = CliRunner().invoke(chezhu, ["explain", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def refused(*words: str) -> str:
    done = CliRunner().invoke(chezhu, ["explain", *words])
    assert done.exit_code == 1
    return str(done.exception)


def as_data(*words: str) -> dict[str, Any]:
    return json.loads(call(*words, "--json"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame, pl.DataFrame]:
    """A home with one version made by hand, its clean records and edges."""
    clean, _ = simulate(120, seed=2)
    place = Home(tmp_path_factory.mktemp("home"))
    place.prepare()
    with DuckDBEngine() as engine:
        records = engine.from_frame(clean)
        result = match_customers(engine, records)
        result.model.dump(place.models / "m.yaml")
        clusters = engine.collect(result.clusters)
        held = clusters.select("record_id", customer_id=pl.lit("C") + pl.col("cluster_id"), valid_from=date(2026, 1, 1))
        crosswalk = held.select(
            (pl.col(name) if name in held.columns else pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema("crosswalk").items()
        )
        tables = {
            "clean_records": versions.write_table(place, engine, "clean_records", records),
            "crosswalk": versions.write_table(place, engine, "crosswalk", engine.from_frame(crosswalk)),
        }
        edges = engine.collect(result.edges)
    versions.save(place, versions.Manifest(1, "run", "2026-01-01", None, "m.yaml", tables))
    versions.point_to(place, 1)
    return place.root, clean, edges


def test_a_pair_of_the_published_home(published: tuple[Path, pl.DataFrame, pl.DataFrame]) -> None:
    home, clean, edges = published
    edge = edges.filter(pl.col("phone") > 0).row(0, named=True)
    found = as_data(edge["record_id_r"], edge["record_id_l"], "--home", str(home))
    assert found["weight"] == edge["weight"]
    assert {part["comparison"]: part["bits"] for part in found["parts"]} == {
        part["comparison"]: edge[part["comparison"]] for part in found["parts"]
    }
    phones = [
        number
        for numbers in clean.filter(pl.col("record_id").is_in([edge["record_id_l"], edge["record_id_r"]]))["phones"]
        for number in numbers
    ]
    masked, plain = (call(edge["record_id_l"], edge["record_id_r"], "--home", str(home), *more) for more in ([], ["--plain"]))
    for number in phones:
        assert number not in masked
        assert number not in json.dumps(found)
        assert number in plain
    assert f"{edge['weight']:+.3f}" in masked


def test_two_arguments_are_records(published: tuple[Path, pl.DataFrame, pl.DataFrame]) -> None:
    home, _, edges = published
    one = edges.filter(pl.col("weight") > 12).row(0, named=True)["record_id_l"]
    customer = as_data(one, "--home", str(home))
    name = customer["cluster_id"]
    for words in ((name, "CNOBODY"), (one, name), (name, one)):
        said = refused(*words, "--home", str(home))
        assert f"{name} is a customer, and two arguments must be ids of records" in said
        assert all(record in said for record in customer["record_ids"][:3])
    assert refused("r-none", "r-nil", "--home", str(home)).startswith("there is no record 'r-n")
    assert "name two records, or a customer alone" in refused(name, name, "--home", str(home))


def test_a_customer_by_its_id_and_by_one_of_its_records(published: tuple[Path, pl.DataFrame, pl.DataFrame]) -> None:
    home, clean, edges = published
    one = edges.filter(pl.col("weight") > 12).row(0, named=True)
    by_record = as_data(one["record_id_l"], "--home", str(home))
    assert by_record["cluster_id"].startswith("C")
    assert one["record_id_r"] in by_record["record_ids"]
    assert by_record == as_data(by_record["cluster_id"], "--home", str(home))
    text = call(by_record["cluster_id"], "--home", str(home))
    assert "the weakest link" in text
    assert not any(name in text for name in clean["name"].drop_nulls().unique() if len(name) > 1)


@pytest.mark.parametrize(("words", "message"), [(["nobody"], "neither a customer nor a record"), (["a", "b"], "there is no record 'a'")])
def test_what_is_not_there_is_named(published: tuple[Path, pl.DataFrame, pl.DataFrame], words: list[str], message: str) -> None:
    done = CliRunner().invoke(chezhu, ["explain", *words, "--home", str(published[0])])
    assert done.exit_code == 1
    assert message in str(done.exception)


def test_what_match_wrote_is_explained_from_its_inputs(tmp_path: Path) -> None:
    people = [(f"p{n:02}", f"ann{n * 7919 % 97} lee{n * 31 % 89}", f"19{n:02}0{1 + n % 9}1{n % 10}", f"1391234{n:04}") for n in range(60)]
    rows = pl.DataFrame([*people, ("twice", *people[7][1:])], schema=["id", "who", "born", "tel"], orient="row")
    rows.write_csv(tmp_path / "people.csv")
    (tmp_path / "model.yaml").write_text("record_id: id\ncolumns: {who: name, born: date, tel: phone}\n", encoding="utf-8")
    out = tmp_path / "out"
    matched = CliRunner().invoke(
        chezhu, ["match", str(tmp_path / "people.csv"), "--model", str(tmp_path / "model.yaml"), "--out", str(out)]
    )
    assert matched.exit_code == 0
    edge = pl.read_parquet(out / "edges.parquet").filter(pl.col("record_id_r") == "twice").row(0, named=True)
    found = as_data("twice", "p07", "--from", str(out))
    assert (found["record_id_l"], found["record_id_r"], found["weight"], found["decision"]) == ("p07", "twice", edge["weight"], "link")
    assert as_data("p07", "--from", str(out))["record_ids"] == ["p07", "twice"]
    assert as_data("p01", "p02", "--from", str(out))["decision"] == "leave"
    (tmp_path / "people.csv").unlink()
    gone = CliRunner().invoke(chezhu, ["explain", "p07", "twice", "--from", str(out)])
    assert gone.exit_code == 1
    assert "cannot be read any more" in str(gone.exception)
