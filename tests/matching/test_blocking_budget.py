"""What keys may cost: a key that cannot be afforded gives its smallest blocks."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import pairs
from matching.keys import KEY_SCHEMA, Key, Token

KEYS = [Key((Token("phone"),), strong=True), Key((Token("name"),)), Key((Token("town"),)), Key((Token("name"), Token("town")))]
BLOCKS = st.lists(st.tuples(st.integers(0, 3), st.integers(2, 12)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(BLOCKS, st.integers(1, 200), st.integers(1, 400))
def test_no_more_pairs_than_the_budget_and_none_that_it_had_left_over(found: list[tuple[int, int]], of_key: int, of_all: int) -> None:
    rows, rid = [], 0
    for key, (which, size) in enumerate(found):
        rows += [(which, key, rid + place) for place in range(size)]
        rid += size
    keyed = pl.DataFrame(rows, schema=KEY_SCHEMA, orient="row")
    with pytest.MonkeyPatch.context() as patch, DuckDBEngine() as engine:
        patch.setattr(pairs, "CHEAP_KEY", of_key)
        patch.setattr(pairs, "CHEAP_TABLE", of_all)
        patch.setattr(pairs, "KEY_PAIRS_PER_RECORD", 0)
        patch.setattr(pairs, "PAIRS_PER_RECORD", 0)
        first = engine.from_frame(pl.DataFrame({"rid": range(rid), "n": [1] * rid}, schema={"rid": pl.Int64, "n": pl.Int64}))
        blocking = pairs.block(engine, engine.from_frame(keyed), KEYS, first, records=rid)
        taken = engine.collect(engine.sql("select which, n, len(rids) as size from b", b=blocking.blocks))
    cost = {(which, size): size * (size - 1) // 2 for which, size in found}
    spent = {which: sum(cost[which, n] for w, n in taken.select("which", "n").iter_rows() if w == which) for which in range(len(KEYS))}
    strong = sum(cost[0, size] for which, size in found if which == 0)
    assert spent[0] == strong
    for report, which in zip(blocking.keys, range(len(KEYS)), strict=True):
        mine = sorted(size for w, size in found if w == which)
        assert sorted(taken.filter(pl.col("which") == which)["n"]) == [n for n in mine if report.chosen and n <= (report.largest or 999)]
        if not KEYS[which].strong:
            assert spent[which] <= of_key
            left_out = [n for n in mine if n not in set(taken.filter(pl.col("which") == which)["n"])]
            if left_out:  # the next size would have been too much
                more = mine.count(min(left_out)) * cost[which, min(left_out)]
                assert spent[which] + more > of_key or sum(spent.values()) + more > of_all
    assert sum(spent.values()) <= max(of_all, strong)


def test_small_blocks_of_a_costly_key_find_what_nothing_else_finds() -> None:
    """Two records share a rare value, many share a common one: the rare one is compared whatever the common one costs."""
    rare, common = [(1, 7, 0), (1, 7, 1)], [(1, 8, rid) for rid in range(2, 140)]
    with pytest.MonkeyPatch.context() as patch, DuckDBEngine() as engine:
        patch.setattr(pairs, "CHEAP_KEY", 1_000)
        first = engine.from_frame(pl.DataFrame({"rid": range(140), "n": [1] * 140}, schema={"rid": pl.Int64, "n": pl.Int64}))
        keyed = engine.from_frame(pl.DataFrame([*rare, *common], schema=KEY_SCHEMA, orient="row"))
        blocking = pairs.block(engine, keyed, KEYS, first, records=140)
        found = engine.collect(engine.sql("select rids from b", b=blocking.blocks))["rids"].to_list()
    assert [pair for rids in found for pair in combinations(sorted(rids), 2)] == [(0, 1)]
    assert [(report.chosen, report.largest) for report in blocking.keys][1] == (True, 2)
