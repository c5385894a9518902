"""Law 3: DuckDB and Spark give equal tables. The sample exports, cleansed and matched on both, value for value.

Spark is a real master with two worker processes. The records come shuffled, in five files, and every shuffle makes four
partitions, none of them joined with another; each engine trains a model of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from engine.contract import Engine, Table
from engine.duckdb import DuckDBEngine
from matching import gain, labelled_pairs, training_data
from matching.customers import match_customers
from matching.model import Model
from pipelines import draft as drafts
from pipelines import settings
from pipelines.draft import Draft, Selection
from pipelines.stages import cleanse, intake, match_files
from pipelines.store.home import Home
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


FILES = 5
APART = {
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.files.openCostInBytes": str(2**30),  # each file a partition
}
COLLECTED_AT_MOST = 5_000
"""Rows that may come to the driver at once: counts of patterns, frequent values, sizes of keys, and the pairs that training draws."""
DRAWN = 1_500
"""Pairs that training draws, here: fewer than there are, so that a bound is a bound."""


@dataclass(frozen=True)
class Made:
    """What one engine made of the records."""

    tables: dict[str, pl.DataFrame]
    model: Model


@pytest.fixture(scope="module", autouse=True)
def few_pairs_are_drawn() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_data, "UNION_SAMPLE", DRAWN)
        patch.setattr(gain, "ASKED", 2_000)
        patch.setattr(gain, "DRAWN_PAIRS", 1_000)
        patch.setattr(gain, "LEAST_SHOWN", 10)
        patch.setattr(gain, "LEAST", 0.3)
        patch.setattr(labelled_pairs, "SAMPLE", DRAWN // 5)
        yield


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Draft:
    """The first run of a home: nothing was cleansed before."""
    home = Home(tmp_path_factory.mktemp("home") / "home")
    home.prepare()
    return drafts.begin(home, run_id="law-3", as_of=dt.date(2026, 6, 30), started_at="2026-06-30T00:00:00", selection=Selection())


@pytest.fixture(scope="module")
def records(draft: Draft, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RECORDS of the sample exports."""
    path = tmp_path_factory.mktemp("records") / "records.parquet"
    options = {"home": draft.home.root, "inbox": ROOT / "data" / "samples" / "inbox", "settle_seconds": 0, "threads": 1}
    with DuckDBEngine(memory_limit="1GB", scratch=draft.home.scratch) as duck:
        duck.write(intake.take_in(duck, draft, settings.load(environment={}, options=options)).records, path, order_by=["record_id"])
    return path


@pytest.fixture(scope="module")
def on_duckdb(draft: Draft, records: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What DuckDB makes of them."""
    with DuckDBEngine(memory_limit="1GB", scratch=draft.home.scratch) as duck:
        return cleansed_and_matched(duck, draft, duck.read(records), tmp_path_factory.mktemp("duckdb"))


def test_the_samples_shuffled_into_many_partitions(
    spark_session: SparkSession, draft: Draft, records: Path, on_duckdb: Made, tmp_path: Path
) -> None:
    shuffled = pl.read_parquet(records).sample(fraction=1, shuffle=True, seed=8)
    parts = [tmp_path / f"part-{number}.parquet" for number in range(FILES)]
    for number, part in enumerate(parts):
        shuffled.gather_every(FILES, number).write_parquet(part)
    with settings_of(spark_session, APART), spark_engine(spark_session, tmp_path) as spark:
        table = spark.read(parts)
        assert table.frame.rdd.getNumPartitions() == FILES  # type: ignore[attr-defined] # a Spark table's own
        made = cleansed_and_matched(spark, draft, table, tmp_path)
    assert_equal(made.tables, on_duckdb.tables)
    assert "name.sound+phone.tail" not in on_duckdb.model.keys  # it was asked what it gains, and shows too little that the phone does not
    made.model.dump(tmp_path / "spark.yaml")
    on_duckdb.model.dump(tmp_path / "duckdb.yaml")
    assert (tmp_path / "spark.yaml").read_text() == (tmp_path / "duckdb.yaml").read_text()


def test_any_table_by_its_kinds(spark_session: SparkSession, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`chezhu match`, with column names that SQL would take for something else, and with labels: decided pairs and known entities."""
    people = {"record_id": "No.", "name": "姓名 (必填)", "phone": "tel.", "birth_date": "date", "id_number": "select", "address": "住址`"}
    kinds = {"name": "name", "phone": "phone", "birth_date": "date", "id_number": "identifier", "address": "address"}
    read = pl.read_parquet(records).sort("record_id").with_row_index("n")
    known = pl.when(pl.col("n") % 12 == 0).then("phone").alias("known as")
    read.select(*(pl.col(name).alias(alias) for name, alias in people.items()), known).write_csv(tmp_path / "people.csv")
    some = read.filter(pl.col("n") % 12 == 1)["record_id"]
    decided = {"left_id": some[:-1:2], "right_id": some[1::2].head(some.len() // 2), "same": [n % 2 for n in range(some.len() // 2)]}
    pl.DataFrame(decided).write_csv(tmp_path / "decided.csv")
    columns = {people[name]: {"kind": kind} for name, kind in kinds.items()}
    (tmp_path / "model.yaml").write_text(yaml.safe_dump({"record_id": people["record_id"], "columns": columns}, allow_unicode=True))
    found: dict[str, dict[str, pl.DataFrame]] = {}
    for name in ("duckdb", "spark"):
        if name == "spark":
            monkeypatch.setattr(match_files, "open_engine", lambda *_, scratch, **__: spark_engine(spark_session, scratch))
        out = tmp_path / name
        match_files.match_files(
            [tmp_path / "people.csv"], model=tmp_path / "model.yaml", out=out, link=False, settings=settings.load(environment={}),
            labels=tmp_path / "decided.csv", entity="known as",
        )  # fmt: skip
        found[name] = {table: pl.read_parquet(out / f"{table}.parquet") for table in ("clusters", "edges")}
    assert_equal(found["spark"], found["duckdb"])


def cleansed_and_matched(engine: Engine, draft: Draft, records: Table, folder: Path) -> Made:
    """The tables between RECORDS and clusters, as the engine writes them."""
    events = cleanse.events(engine, draft, records)
    clean_records = cleanse.clean_records(engine, draft, records, events)
    matched = match_customers(engine, clean_records)
    made = {"events": events, "clean_records": clean_records, "edges": matched.edges, "clusters": matched.clusters}
    read = {}
    for name, table in made.items():
        key = ["record_id_l", "record_id_r"] if name == "edges" else ["record_id"]
        rows = engine.write(table, folder / f"{name}.parquet", order_by=key)
        read[name] = pl.read_parquet(folder / f"{name}.parquet")
        assert rows == read[name].height
    return Made(read, matched.model)


def assert_equal(made: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    assert made.keys() == expected.keys()
    for name, frame in expected.items():
        assert frame.height > 1_000, f"{name} has too few rows to say anything"
        assert_frame_equal(made[name], frame, check_exact=True)


@contextmanager
def settings_of(session: SparkSession, wanted: dict[str, str]) -> Iterator[None]:
    """Settings of a session for a while."""
    before = {name: session.conf.get(name) for name in wanted}
    try:
        for name, value in wanted.items():
            session.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            session.conf.set(name, str(value))


@contextmanager
def spark_engine(session: SparkSession, scratch: Path) -> Iterator[Engine]:
    """Spark, which collects little and leaves nothing behind."""
    from engine.spark import SparkEngine

    class Watched(SparkEngine):
        def collect(self, table: Table, *, max_rows: int = COLLECTED_AT_MOST) -> pl.DataFrame:
            return super().collect(table, max_rows=min(max_rows, COLLECTED_AT_MOST))

    with Watched(session, scratch=scratch / "scratch") as engine:
        yield engine
    assert list((scratch / "scratch").iterdir()) == []
    assert not [view for view in session.catalog.listTables() if view.isTemporary]
