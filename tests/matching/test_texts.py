"""The texts of records: taken apart by the fast way as by the slow one."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.features import BETWEEN
from matching.texts import Texts

TEXT = st.text(st.characters(codec="utf-8", exclude_characters=BETWEEN), max_size=20)


@settings(max_examples=200)
@given(
    st.integers(1, 4).flatmap(lambda count: st.lists(st.lists(TEXT, min_size=count, max_size=count), max_size=8)),
    st.integers(0, 3),
    st.data(),
)
def test_texts_are_what_was_joined(rows: list[list[str]], skipped: int, data: st.DataObject) -> None:
    count = len(rows[0]) if rows else 3
    joined = pl.Series([BETWEEN.join(row) for row in rows], dtype=pl.String)[skipped:]
    rows = rows[skipped:]
    asked = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=12)) if rows else []
    texts = Texts(joined, count)
    for place in range(count):
        found = texts.at(place, np.array(asked, dtype=np.intp))
        assert found.to_list() == [rows[row][place] for row in asked]
        assert found.str.len_bytes().to_list() == [len(rows[row][place].encode()) for row in asked]
        assert (found == pl.Series([rows[row][place] for row in asked], dtype=pl.String)).all()
