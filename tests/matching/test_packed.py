"""Levels that are packed come back as they were; the level of a pair is the first condition that holds, however it is found."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.comparisons import comparisons_for, levels_schema
from matching.customers import spec
from matching.levels import UNKNOWN, leveled
from matching.packed import pack, packed_schema, unpack
from matching.spec import ModelSpec, parse

SPECS = (
    spec(),
    parse("record_id: id\ncolumns: {born: date}\n", where="m"),
    parse("record_id: id\ncolumns: {a: text, b: text, c: text}\n", where="m"),
)


@settings(max_examples=60)
@given(st.sampled_from(SPECS), st.integers(0, 5), st.data())
def test_what_is_packed_comes_back(of: ModelSpec, pairs: int, data: st.DataObject) -> None:
    comparisons = comparisons_for(of)
    schema = levels_schema(comparisons)
    bounds = {pl.Int8(): (-1, 127), pl.Int16(): (-(2**15), 2**15 - 1), pl.Int64(): (0, 2**62)}
    columns = {name: data.draw(st.lists(st.integers(*bounds[dtype]), min_size=pairs, max_size=pairs)) for name, dtype in schema.items()}
    levels = pl.DataFrame(columns, schema=schema)
    packed = pack(levels, comparisons=comparisons)
    assert dict(packed.schema) == packed_schema(comparisons)
    assert unpack(packed, comparisons=comparisons).equals(levels)


@settings(max_examples=100)
@given(st.integers(0, 9), st.lists(st.tuples(st.integers(0, 2**9 - 1), st.booleans()), max_size=20))
def test_the_level_is_the_first_condition_that_holds(count: int, pairs: list[tuple[int, bool]]) -> None:
    conditions = [np.array([bool(bits >> place & 1) for bits, _ in pairs], dtype=bool) for place in range(count)]
    slow = [
        next((place for place in range(count) if conditions[place][row]), count) if known else UNKNOWN
        for row, (_, known) in enumerate(pairs)
    ]
    found = leveled(conditions, np.array([known for _, known in pairs], dtype=bool))
    assert found.dtype == np.int8
    assert found.tolist() == slow
