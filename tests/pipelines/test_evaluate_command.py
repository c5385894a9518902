"""`chezhu evaluate`: with a truth, without one, and beside what `chezhu match` wrote; values are masked unless asked for in plain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from pipelines.cli.main import chezhu

NAMES = ("hannah whitfield", "oliver pemberton", "grace lockwood", "samuel ashdown", "martha kingsley", "edgar thornbury")


def call(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(chezhu, ["evaluate", *words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The --out of chezhu match over 60 people with three records each, and the --truth of it."""
    folder = tmp_path_factory.mktemp("evaluate")
    rows = []
    for n in range(60):
        name, born, tel = (
            f"{NAMES[n % 6]}{chr(97 + n // 6) * 3}",
            f"19{40 + n % 50}{1 + n % 9:02}{1 + n % 27:02}",
            f"139{n * 7919 + 10_000_000:08}",
        )
        rows += [(f"p{n:02}-1", name, born, tel, n), (f"p{n:02}-2", name, born, None, n), (f"p{n:02}-3", f"mr {n}", None, tel, n)]
    people = pl.DataFrame(rows, schema=["id", "who", "born", "tel", "person"], orient="row")
    people.write_csv(folder / "people.csv")
    (folder / "model.yaml").write_text("record_id: id\ncolumns: {who: name, born: date, tel: phone}\n")
    words = ["match", str(folder / "people.csv"), "--model", str(folder / "model.yaml"), "--out", str(folder / "out")]
    assert CliRunner().invoke(chezhu, words, catch_exceptions=False).exit_code == 0
    # the truth says that some of what was put together is two, so that there are errors of both sorts
    clusters = pl.read_parquet(folder / "out" / "clusters.parquet").sort("record_id")
    wrong = clusters.with_row_index("at").with_columns(
        person=pl.when(pl.col("at") % 10 == 0).then(pl.lit("other")).otherwise(pl.col("record_id").str.slice(0, 3))
    )
    wrong.select("record_id", "person").write_csv(folder / "truth.csv")
    return folder / "out", f"{folder / 'truth.csv'}:record_id:person"


def test_with_a_truth_it_counts_clusters_and_names_errors(matched: tuple[Path, str]) -> None:
    out, truth = matched
    data = json.loads(call(str(out / "clusters.parquet"), "--truth", truth, "--json"))
    assert data["records"] == 180
    assert data["counts"]["exact"] + data["counts"]["mixed"] <= data["clusters"]
    assert {error["sort"] for error in data["errors"]} == {"false", "missed"}
    for sort in ("false", "missed"):
        assert sum(error["share"] for error in data["errors"] if error["sort"] == sort) == pytest.approx(1)
    text = call(str(out / "clusters.parquet"), "--truth", truth)
    for expected in (
        "pairwise  precision",
        "merges ",
        "entities  ",
        "estimated without truth",
        "pairs put together that are two",
        "pairs of one that are apart",
    ):
        assert expected in text


def test_without_a_truth_it_estimates(matched: tuple[Path, str]) -> None:
    out, _ = matched
    data = json.loads(call(str(out / "clusters.parquet"), "--json"))
    assert "precision" not in data
    assert 0 < data["estimated"]["precision"] <= 1
    assert "estimated without truth" in call(str(out / "clusters.parquet"))


def test_examples_are_masked_unless_in_plain(matched: tuple[Path, str]) -> None:
    out, truth = matched
    words = (str(out / "clusters.parquet"), "--truth", truth)
    assert not any(name.split()[1] in text for name in NAMES for text in (call(*words), call(*words, "--json")))
    assert any(name.split()[1] in call(*words, "--plain") for name in NAMES)


def test_clusters_alone_need_a_truth(tmp_path: Path) -> None:
    pl.DataFrame({"record_id": ["a"], "cluster_id": ["a"]}).write_parquet(tmp_path / "clusters.parquet")
    done = CliRunner().invoke(chezhu, ["evaluate", str(tmp_path / "clusters.parquet")])
    assert done.exit_code == 1


@pytest.fixture
def truth_of(tmp_path: Path) -> Callable[[str], tuple[str, ...]]:
    """The words of chezhu evaluate for clusters a, b and c, d and a truth."""
    pl.DataFrame({"record_id": list("abcd"), "cluster_id": list("aacc")}).write_parquet(tmp_path / "clusters.parquet")

    def words(rows: str) -> tuple[str, ...]:
        (tmp_path / "truth.csv").write_text("id,of\n" + rows)
        return str(tmp_path / "clusters.parquet"), "--truth", f"{tmp_path / 'truth.csv'}:id:of"

    return words


@pytest.mark.parametrize("blank", ["", " ", '""'])
def test_records_of_unknown_entity_are_left_out(truth_of: Callable[[str], tuple[str, ...]], blank: str) -> None:
    said = call(*truth_of(f"a,1\nb,1\nc,{blank}\nd,{blank}\n"))
    assert "2 records in 1 clusters of 1 entities" in said
    assert "precision 1.0000  recall 1.0000" in said
    assert "2 rows of the truth name no entity" in said


def test_a_row_that_is_there_twice_counts_once(truth_of: Callable[[str], tuple[str, ...]]) -> None:
    assert call(*truth_of("a,1\nb,1\na,1\nc,2\nd,3\n")) == call(*truth_of("a,1\nb,1\nc,2\nd,3\n"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("x,1\ny,1\n", "no record is both"),
        ("", "no record is both"),
        ("a,\nb,\n", "no record is both"),
        ("a,1\na,2\nb,1\n", "several entities, for instance a"),
    ],
)
def test_a_truth_that_says_nothing_is_refused(truth_of: Callable[[str], tuple[str, ...]], rows: str, expected: str) -> None:
    done = CliRunner().invoke(chezhu, ["evaluate", *truth_of(rows)])
    assert done.exit_code == 1
    said = str(done.exception)
    assert expected in said
    assert "truth.csv" in said
