"""What every engine owes its users, said against the Protocol: a new engine replays this file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from engine.contract import Engine, EngineError, KernelSchemaError, TooManyRowsError
from engine.duckdb import DuckDBEngine
from engine.tables import PROBLEMS, TABLES

ALL_TYPES = pl.DataFrame(
    {
        "text": ["王伟", None, "o'neill \"x\"\n\0"],
        "n": [1, None, -3],
        "real": [0.1, None, float("inf")],
        "flag": [True, None, False],
        "day": [dt.date(2026, 2, 28), None, dt.date(1900, 1, 1)],
        "time": [dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), None, None],
        "texts": [["a", "b"], None, []],
        "problems": [[{"field": "phone", "reason": "phone_invalid", "value": "1", "repaired": False}], None, []],
    },
    schema={
        "text": pl.String(), "n": pl.Int64(), "real": pl.Float64(), "flag": pl.Boolean(), "day": pl.Date(),
        "time": pl.Datetime("us", "UTC"), "texts": pl.List(pl.String()), "problems": PROBLEMS,
    },
)  # fmt: skip


def test_every_type_survives_the_way_through(engine: Engine, tmp_path: Path) -> None:
    table = engine.from_frame(ALL_TYPES)
    kept = engine.map_batches(table, lambda frame: frame, dict(ALL_TYPES.schema))
    path = tmp_path / "out" / "t.parquet"
    rows = engine.write(engine.materialize(engine.sql("select * from kept", kept=kept)), path)
    assert rows == 3
    assert_frame_equal(engine.collect(engine.read(path)), ALL_TYPES, check_row_order=False)
    assert dict(engine.read(path).schema) == dict(ALL_TYPES.schema)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_empty_table_keeps_its_columns(engine: Engine, name: str) -> None:
    empty = engine.from_frame(pl.DataFrame(schema=TABLES[name].schema))
    assert engine.collect(engine.map_batches(empty, lambda frame: frame, TABLES[name].schema)).schema == TABLES[name].schema


def test_written_files_are_closed_to_others_and_sorted_nulls_last(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    engine.write(engine.from_frame(pl.DataFrame({"n": [3, None, 1]})), path, order_by=["n"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert pl.read_parquet(path)["n"].to_list() == [1, 3, None]


def test_a_table_can_be_used_many_times_and_nested(engine: Engine) -> None:
    one = engine.from_frame(pl.DataFrame({"n": [1, 2]}))
    two = engine.sql("with more as (select n + 10 as n from one) select * from more union all select * from one", one=one)
    both = engine.sql("select a.n from two a join two b on a.n = b.n", two=two)
    assert sorted(engine.collect(both)["n"]) == [1, 2, 11, 12]


def test_small_batches_change_nothing(engine: Engine) -> None:
    table = engine.from_frame(pl.DataFrame({"n": range(10_000)}))
    schema = {"n": pl.Int64(), "twice": pl.Int64()}

    def kernel(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(twice=pl.col("n") * 2)

    whole = engine.collect(engine.map_batches(table, kernel, schema)).sort("n")
    cut = engine.collect(engine.map_batches(table, kernel, schema, batch_rows=7)).sort("n")
    assert_frame_equal(whole, cut)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=60), batch=st.integers(1, 20))
def test_groups_are_never_cut(engine: Engine, groups: list[int | None], batch: int) -> None:
    table = engine.from_frame(pl.DataFrame({"g": groups}, schema={"g": pl.Int64()}))

    def kernel(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.group_by("g", maintain_order=True).agg(rows=pl.len().cast(pl.Int64))

    found = engine.collect(engine.map_groups(table, "g", kernel, {"g": pl.Int64(), "rows": pl.Int64()}, batch_rows=batch))
    expected = {group: groups.count(group) for group in set(groups)}
    assert dict(found.iter_rows()) == expected
    assert found.height == len(expected)


def test_groups_that_stand_together_come_whole(engine: Engine, tmp_path: Path) -> None:
    """From several files of several row groups, some rows and columns of them, in batches of any size."""
    people = pl.DataFrame({"g": [f"c{n // 3:06}" for n in range(400_000)], "n": range(400_000), "left": ["x"] * 400_000})
    paths = [tmp_path / f"{part}.parquet" for part in range(3)]
    for part, path in enumerate(paths):
        bucket = people.filter(pl.col("g").hash(seed=1) % 3 == part)
        engine.write(engine.from_frame(bucket), path, order_by=["g", "n"])

    def kernel(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.group_by("g", maintain_order=True).agg(rows=pl.len().cast(pl.Int64), total=pl.col("n").sum())

    schema = {"g": pl.String(), "rows": pl.Int64(), "total": pl.Int64()}
    some = engine.sql("select g, n from t where n % 5 <> 0", t=engine.read(paths))
    for batch in (1_000, 122_880):
        found = engine.collect(engine.map_groups(some, "g", kernel, schema, together=True, batch_rows=batch))
        assert_frame_equal(found.sort("g"), kernel(people.filter(pl.col("n") % 5 != 0)))


def test_groups_that_do_not_stand_together_are_found_out(tmp_path: Path) -> None:
    mixed = pl.DataFrame({"g": [f"c{n % 1000}" for n in range(300_000)]})
    with DuckDBEngine(scratch=tmp_path) as engine:
        engine.write(engine.from_frame(mixed), tmp_path / "t.parquet")
        with pytest.raises(EngineError, match="do not stand together"):
            engine.map_groups(
                engine.read(tmp_path / "t.parquet"), "g", lambda frame: frame, {"g": pl.String()}, together=True, batch_rows=5_001
            )


def test_a_kernel_that_breaks_its_promise_is_named(engine: Engine) -> None:
    table = engine.from_frame(pl.DataFrame({"n": [1]}))

    def wrong(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.col("n").cast(pl.String))

    with pytest.raises(KernelSchemaError, match="wrong"):
        engine.map_batches(table, wrong, {"n": pl.Int64()})


def test_a_kernel_that_fails_says_why(engine: Engine) -> None:
    def failing(frame: pl.DataFrame) -> pl.DataFrame:
        message = f"{frame.height} rows are\ntoo few"
        raise ValueError(message)

    with pytest.raises((ValueError, EngineError), match=r"1 rows are\ntoo few$"):
        engine.map_batches(engine.from_frame(pl.DataFrame({"n": [1]})), failing, {"n": pl.Int64()})


def test_what_is_refused_is_said_without_the_query(tmp_path: Path) -> None:
    with DuckDBEngine(scratch=tmp_path) as engine:
        (tmp_path / "t.parquet").write_bytes(b"no table")
        people = engine.from_frame(pl.DataFrame({"n": [1]}))
        for ask in (lambda: engine.read(tmp_path / "t.parquet"), lambda: engine.sql("select missing from t where n = 1", t=people)):
            with pytest.raises(EngineError) as caught:
                ask()
            assert "select" not in str(caught.value)
            assert "select" in caught.value.__notes__[0], "whoever looks for the cause has it in the traceback"


def test_column_names_may_hold_any_character(engine: Engine, tmp_path: Path) -> None:
    odd = "客户 编号.`旧`(必填),;{}#'"
    table = engine.from_frame(pl.DataFrame({odd: [2, 1, 2], "b": ["x", "y", "x"]}))
    quoted = f'"{odd}"'
    doubled = engine.sql(f"select {quoted} * 2 as {quoted}, b from t where {quoted} is not null", t=table)
    kept = engine.map_groups(doubled, odd, lambda frame: frame, {odd: pl.Int64(), "b": pl.String()})
    engine.write(kept, tmp_path / "t.parquet", order_by=[odd])
    assert pl.read_parquet(tmp_path / "t.parquet")[odd].to_list() == [2, 4, 4]
    files = engine.write_buckets(kept, "b", tmp_path / "b", order_by=[odd])
    assert {file.bucket: pl.read_parquet(file.path)[odd].to_list() for file in files} == {"x": [4, 4], "y": [2]}


ENDS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=20)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 12), max_size=10, unique=True), ENDS)
def test_pairs_meet_their_rows(engine: Engine, keys: list[int], ends: list[tuple[int, int]]) -> None:
    rows = pl.DataFrame({"rid": keys, "text": [f"t{key}" for key in keys]}, schema={"rid": pl.Int64, "text": pl.String})
    pairs = pl.DataFrame(
        [(number, *pair) for number, pair in enumerate(ends)], schema={"n": pl.Int64, "rid_l": pl.Int64, "rid_r": pl.Int64}, orient="row"
    )
    schema = {"n": pl.Int64(), "rid_l": pl.Int64(), "rid_r": pl.Int64(), "text_l": pl.String(), "text_r": pl.String()}
    found = engine.map_pairs(engine.from_frame(pairs), engine.from_frame(rows), lambda frame: frame, schema, batch_rows=3)
    expected = [(number, *pair, f"t{pair[0]}", f"t{pair[1]}") for number, pair in enumerate(ends) if set(pair) <= set(keys)]
    assert engine.collect(found).sort("n").rows() == expected


def test_rows_of_pairs_that_need_too_much_memory_are_joined() -> None:
    from engine.duckdb import DuckDBEngine

    rows = pl.DataFrame({"rid": [5, 2, 9], "text": ["a", None, "c"]})
    pairs = pl.DataFrame({"rid_l": [2, 5, 2], "rid_r": [5, 9, 7]})
    schema = {"rid_l": pl.Int64(), "rid_r": pl.Int64(), "text_l": pl.String(), "text_r": pl.String()}
    found = []
    for limit in (0, 2**20):
        with DuckDBEngine(lookup_bytes=limit) as engine:
            table = engine.map_pairs(engine.from_frame(pairs), engine.from_frame(rows), lambda frame: frame, schema)
            found.append(engine.collect(table).sort("rid_l").rows())
    assert found[0] == found[1] == [(2, 5, None, "a"), (5, 9, "a", "c")]


def test_nothing_large_is_collected_by_mistake(engine: Engine) -> None:
    table = engine.from_frame(pl.DataFrame({"n": range(100)}))
    with pytest.raises(TooManyRowsError, match="more than 99 rows"):
        engine.collect(table, max_rows=99)


def test_buckets_hold_all_rows_once_and_sorted(engine: Engine, tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": [5, 3, 4, 1, 2], "b": ["x", "y", "x", "y", "x"]})
    files = engine.write_buckets(engine.from_frame(frame), "b", tmp_path / "b", order_by=["n"])
    assert {file.bucket: pl.read_parquet(file.path)["n"].to_list() for file in files} == {"x": [2, 4, 5], "y": [1, 3]}
    assert [file.rows for file in files] == [3, 2]


def test_an_empty_table_gives_one_bucket_file_with_columns(engine: Engine, tmp_path: Path) -> None:
    empty = engine.from_frame(pl.DataFrame(schema={"n": pl.Int64(), "b": pl.String()}))
    (file,) = engine.write_buckets(empty, "b", tmp_path)
    assert (file.bucket, file.rows) == ("all", 0)
    assert pl.read_parquet(file.path).schema == {"n": pl.Int64()}


@pytest.mark.parametrize("query", ["selec 1", "select * from nowhere", "select missing from t"])
def test_a_wrong_query_is_shown(engine: Engine, query: str) -> None:
    table = engine.from_frame(pl.DataFrame({"n": [1]}))
    with pytest.raises(EngineError, match="refused"):
        engine.sql(query, t=table)


def test_reading_no_file_says_what_to_do(engine: Engine) -> None:
    with pytest.raises(EngineError, match="at least one"):
        engine.read([])


def test_more_than_memory_spills(tmp_path: Path) -> None:
    from engine.duckdb import DuckDBEngine

    with DuckDBEngine(memory_limit="120MB", threads=2, scratch=tmp_path) as small:
        wide = small.sql("select md5(cast(range as varchar)) as a, md5(cast(range + 1 as varchar)) as b from range(3000000)")
        assert small.write(wide, tmp_path / "sorted.parquet", order_by=["a"]) == 3_000_000
    assert pl.scan_parquet(tmp_path / "sorted.parquet").select(pl.col("a").is_sorted()).collect().item()
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [], "scratch files stay behind"
