"""How many owners a value has, by how many records each has."""

from __future__ import annotations

from collections import Counter
from math import log2

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import features, frequencies
from matching.codes import codes
from matching.spec import parse

SPEC = parse("record_id: id\ncolumns: {who: name, at: address}\n", where="m")


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ann", "bob", "cid", None]), st.sampled_from(["x street", "y street", "z street"])),
        min_size=2,
        max_size=30,
    )
)
def test_a_slip_is_no_second_owner(rows: list[tuple[str | None, str]]) -> None:
    frame = pl.DataFrame(
        [(n, *row) for n, row in enumerate(rows, 1)], schema={"rid": pl.Int64, "who": pl.String, "at": pl.String}, orient="row"
    )
    with DuckDBEngine() as engine:
        known = engine.from_frame(features.feature_kernel(frame, spec=SPEC))
        found = dict(frequencies.count(engine, known, SPEC)["at"].iter_rows())
    owners = {place: Counter(who for who, at in rows if at == place and who is not None) for place in {at for _, at in rows}}
    total = sum(max(len(each), 1) for each in owners.values())
    for place, of in owners.items():
        code = int(codes(pl.Series([place]))[0])
        if len(of) < 2:
            assert code not in found
            continue
        differ = 1 - sum(n * n for n in of.values()) / sum(of.values()) ** 2  # two records of the place have two owners
        share = differ / (1 - differ) / max(total - 1, 1)
        assert found[code] == pytest.approx(min(-1000 * log2(share), frequencies.RARE), abs=1)
