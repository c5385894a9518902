"""What the embedded engine keeps: in memory, in files or in both, the rows are the same; what nobody holds is given back."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from engine import kept
from engine.contract import Table
from engine.duckdb import DuckDBEngine

ROWS = pl.DataFrame({"n": range(1_000), "text": [f"文{number}" for number in range(1_000)], "some": [[1], []] * 500})


def tables_of(engine: DuckDBEngine) -> int:
    return engine.count(engine.sql("select * from duckdb_tables()"))


def chained(engine: DuckDBEngine) -> Table:
    doubled = engine.map_batches(
        engine.from_frame(ROWS), lambda frame: frame.with_columns(pl.col("n") * 2), dict(ROWS.schema), batch_rows=100
    )
    return engine.materialize(engine.sql("select * from d where n < 1000", d=doubled))


@pytest.mark.parametrize("table_bytes", [0, 100_000, 2**30])
def test_where_rows_are_kept_changes_nothing(table_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "ASK_AFTER", 1)
    with DuckDBEngine(table_bytes=table_bytes, scratch=tmp_path) as engine:
        found = engine.collect(chained(engine)).sort("n")
        files = len(list(tmp_path.rglob("*.parquet")))
    assert_frame_equal(found, ROWS.with_columns(pl.col("n") * 2).filter(pl.col("n") < 1000), check_column_order=True)
    assert (files == 0) == (table_bytes == 2**30)


def test_a_table_that_grows_too_large_goes_on_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "ASK_AFTER", 1)
    rows = pl.DataFrame({"n": range(500_000)})
    with DuckDBEngine(table_bytes=2**20, scratch=tmp_path) as engine:
        copied = engine.map_batches(engine.from_frame(rows), lambda frame: frame, dict(rows.schema), batch_rows=10_000)
        assert_frame_equal(engine.collect(copied).sort("n"), rows)
        assert tables_of(engine) > 0
        assert list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("stored", [True, False])
def test_what_stands_somewhere_is_read_again_and_what_is_computed_is_computed_once(tmp_path: Path, *, stored: bool) -> None:
    ROWS.write_parquet(tmp_path / "rows.parquet")
    with DuckDBEngine() as engine:
        rows = engine.read(tmp_path / "rows.parquet")
        given = rows if stored else engine.sql("select n, count(*) as rows from r group by n", r=rows)
        twice = engine.sql("select a.n from t a join t b on a.n = b.n + 1", t=given)
        assert engine.count(twice) == ROWS.height - 1
        plan = duckdb.sql(f"explain {twice.query}").fetchall()[0][1]
    assert ("CTE" in plan) != stored


@pytest.mark.parametrize("sizes", [[], [0], [3], [10], [4, 4, 4], [25, 1, 9, 5]])
def test_rows_are_kept_by_whole_row_groups(sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "ROW_GROUP_ROWS", 10)
    rows = pa.table({"n": pa.array(range(sum(sizes)), pa.int64())})
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    found = list(kept.row_groups(rows.slice(start, size) for start, size in zip(starts, sizes, strict=True)))
    assert [each.num_rows for each in found] == [10] * (sum(sizes) // 10) + ([sum(sizes) % 10] if sum(sizes) % 10 else [])
    assert [number for each in found for number in each["n"].to_pylist()] == list(range(sum(sizes)))


def test_tables_larger_than_memory_spill(tmp_path: Path) -> None:
    with DuckDBEngine(memory_limit="120MB", threads=2, scratch=tmp_path) as engine:
        wide = "select range as n, md5(cast(range as varchar)) as a, md5(cast(range + 1 as varchar)) as b from range(2000000)"
        table = engine.materialize(engine.sql(wide))
        again = engine.map_batches(table, lambda frame: frame.select("n", "a"), {"n": pl.Int64(), "a": pl.String()})
        found = engine.sql(
            "select count(*) as rows, sum(case when t.a = u.a then 1 else 0 end) as same from t join u on t.n = u.n", t=table, u=again
        )
        assert engine.collect(found).row(0) == (2_000_000, 2_000_000)


def test_what_nobody_holds_is_given_back() -> None:
    with DuckDBEngine() as engine:
        table = chained(engine)
        derived = engine.sql("select n + 1 as n from t", t=table)
        del table
        engine.materialize(engine.sql("select 1 as n"))
        assert tables_of(engine) == 2  # the table under ``derived``, and the last one, which is dropped before the next
        assert engine.collect(engine.sql("select max(n) as n from d", d=derived)).item() == 999
        del derived
        engine.materialize(engine.sql("select 1 as n"))
        assert tables_of(engine) == 1


def test_a_file_that_was_written_over_has_its_new_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with DuckDBEngine() as engine:
        engine.write(engine.from_frame(ROWS), path)
        assert list(engine.read(path).schema) == ROWS.columns
        engine.write(engine.from_frame(ROWS.rename({"n": "number"})), path)
        assert list(engine.read(path).schema) == ["number", *ROWS.columns[1:]]
        assert engine.collect(engine.read(path)).columns == ["number", *ROWS.columns[1:]]
