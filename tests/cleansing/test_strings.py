"""Texts as bytes, against the obvious way with Python's own strings."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleansing import lists, strings

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=20), st.text(alphabet="0123456789", max_size=30)), max_size=12).map(
    lambda texts: [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
)


@given(TEXTS, st.integers(0, 3), st.integers(1, 24))
def test_bytes_are_those_of_the_text(texts: list[str | None], skipped: int, width: int) -> None:
    column = pl.concat([pl.Series(texts[:2], dtype=pl.String), pl.Series(texts[2:], dtype=pl.String)], rechunk=False).slice(skipped)
    wanted = [(text or "").encode() for text in texts[skipped:]]
    assert strings.lengths(column).tolist() == [len(text) for text in wanted]
    assert [row.tobytes() for row in strings.matrix(column, width=width)] == [text[:width].ljust(width, b"\0") for text in wanted]


@given(st.integers(1, 20).flatmap(lambda width: st.lists(st.text(alphabet="0A-", min_size=width, max_size=width), min_size=1, max_size=9)))
def test_a_matrix_comes_back_as_its_texts(texts: list[str]) -> None:
    assert strings.fixed(strings.matrix(pl.Series(texts), width=len(texts[0]))).to_list() == texts


@given(
    st.lists(st.tuples(st.text(max_size=20), st.booleans()), min_size=1, max_size=12).flatmap(
        lambda rows: st.permutations(range(len(rows))).map(lambda order: (rows, order))
    )
)
def test_scattered_texts_are_at_their_places(drawn: tuple[list[tuple[str, bool]], list[int]]) -> None:
    rows, order = drawn
    texts = [text.encode("utf-8", "replace").decode() for text, _ in rows]
    sides = [[at for at, (_, first) in enumerate(rows) if first is side] for side in (True, False)]
    columns = [pl.Series([texts[at] for at in side], dtype=pl.String) for side in sides]
    places = [np.array([order[at] for at in side], dtype=np.int64) for side in sides]
    found = strings.scattered(columns, places, height=len(rows)).to_list()
    assert found == [texts[order.index(place)] for place in range(len(rows))]


ROWS = st.lists(st.tuples(st.none() | st.text(max_size=20), st.booleans(), st.none() | st.text(max_size=20)), max_size=12)


@given(ROWS, st.integers(0, 2))
def test_texts_put_are_at_their_rows_and_all_others_stay(rows: list[tuple[str | None, bool, str | None]], skipped: int) -> None:
    safe = [[text if text is None else text.encode("utf-8", "replace").decode() for text in (old, new)] for old, _, new in rows]
    places = np.flatnonzero([chosen for _, chosen, _ in rows[skipped:]]) if rows[skipped:] else np.zeros(0, dtype=np.int64)
    column = pl.Series([old for old, _ in safe], dtype=pl.String).slice(skipped)
    texts = pl.Series([safe[skipped + place][1] for place in places], dtype=pl.String)
    expected = [new if chosen else old for (old, new), (_, chosen, _) in zip(safe, rows, strict=True)][skipped:]
    assert strings.put(column, places, texts).to_list() == expected
    letters = pl.Series(expected, dtype=pl.String).fill_null("").str.split("")
    assert lists.put(column.fill_null("").str.split(""), places, texts.fill_null("").str.split("")).to_list() == letters.to_list()


@given(st.lists(st.integers(0, 4), max_size=8))
def test_lists_hold_what_was_gathered(sizes: list[int]) -> None:
    rows = [row for row, size in enumerate(sizes) for _ in range(size)]
    found = lists.gather(
        pl.Series([f"a text longer than a view {k}" for k in range(len(rows))], dtype=pl.String),
        pl.Series(rows, dtype=pl.UInt32),
        height=len(sizes),
    )
    assert found.list.len().to_list() == sizes


WRITTEN = st.text(max_size=24).map(lambda text: text.encode("utf-8", "replace").decode())


@given(st.lists(st.tuples(st.none() | WRITTEN, st.booleans(), st.integers(0, 24), st.integers(0, 24)), max_size=12), st.integers(0, 2))
def test_a_part_cut_out_is_the_slice_of_its_text(rows: list[tuple[str | None, bool, int, int]], skipped: int) -> None:
    column = pl.Series([text for text, _, _, _ in rows], dtype=pl.String).slice(skipped)
    spans = [(text or "", chosen, *sorted((begin, end))) for text, chosen, begin, end in rows[skipped:]]
    expected = [text[begin:end] if chosen else None for text, chosen, begin, end in spans]
    places = np.array([row for row, (_, chosen, _, _) in enumerate(spans) if chosen], dtype=np.int64)
    begins, ends = (
        np.array(
            [len(text[:side].encode()) for text, chosen, *sides in spans if chosen for side in sides[which : which + 1]], dtype=np.int64
        )
        for which in (0, 1)
    )
    assert strings.Flat.of(column).cut(places, begins, ends).to_list() == expected


@given(st.lists(st.text("0123456789/:a９", min_size=4, max_size=4).filter(str.isascii), min_size=1, max_size=9))
def test_four_digits_of_a_word_are_its_number(texts: list[str]) -> None:
    words = strings.views(pl.Series(texts))[:, 1]
    are = strings.are_four_digits(words)
    assert are.tolist() == [text.isdigit() for text in texts]
    assert strings.four_digits(words[are]).tolist() == [int(text) for text in texts if text.isdigit()]


@given(st.integers(10, 12).flatmap(lambda size: st.lists(st.text("0123456789-", min_size=size, max_size=size), min_size=1, max_size=9)))
def test_three_bytes_stand_before_every_text(texts: list[str]) -> None:
    assert strings.before(b"+86", strings.views(pl.Series(texts))).to_list() == [f"+86{text}" for text in texts]


@given(st.lists(st.none() | WRITTEN, min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=12))
def test_texts_of_a_table_stand_at_their_places(table: list[str | None], places: list[int]) -> None:
    asked = [place % len(table) for place in places]
    assert strings.gather(pl.Series(table, dtype=pl.String), np.array(asked, dtype=np.int64)).to_list() == [table[place] for place in asked]


def test_parts_of_a_column_that_fills_several_buffers_are_cut_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "_BUFFER", 16)
    texts = ["浙江省杭州市余杭区五常街道", "", "文一西路969号3号楼2单元501室", "阳光花园"]
    rows, begins = np.array([0, 2, 3]), np.array([9, 3, 0])
    ends = np.array([len(text.encode()) for text in texts])[rows]
    assert strings.Flat.of(pl.Series(texts)).cut(rows, begins, ends).to_list() == [texts[0][3:], None, texts[2][1:], texts[3]]
