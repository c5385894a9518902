"""Where the parts stand in many shapes at once: each different piece is cut into tokens once, each different row of tokens read once.

A shape is cut where a token ends whatever stands around it: before a number behind a name, and behind 12号 (:func:`_cuts`). So the
tokens of its pieces, one after the other, are its own; and which parts they are depends on the tokens alone.

>>> table(pl.Series(["xdR000H0B"]))[0, COLUMN["road_no"] : COLUMN["road_no"] + 2].tolist()
[3, 7]
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import polars as pl

from cleansing.addresses import grammar
from cleansing.addresses.points import Flags, Ints
from cleansing.addresses.shapes import Letters, different

COLUMN = {part: 2 * number for number, part in enumerate(grammar.PARTS)}
"""The column of a part's start in the table; its end is in the next."""
_END_OF_TOKEN, _WRITTEN = "\t", ":"
_ABSENT = (-1, 0, -1, 0)


def table(shapes: pl.Series) -> Ints:
    """Start and end of each of ``grammar.PARTS`` in each distinct shape (of :mod:`cleansing.addresses.shapes`), -1 for none."""
    found = np.full((len(shapes), 2 * len(grammar.PARTS)), -1, dtype=np.int64)
    if shapes.is_empty():
        return found
    rows = _rows_of_tokens(shapes)
    distinct = rows.said.unique(maintain_order=True)
    which = rows.said.to_frame("said").join(distinct.to_frame("said").with_row_index("at"), on="said", how="left", maintain_order="left")
    read = np.array([_read(said) for said in distinct], dtype=np.int64)[which["at"].to_numpy()]
    first, skipped, last, less = (read[:, side::4] for side in range(4))
    begun = rows.begin[rows.first[:, None] + np.maximum(first, 0)] + skipped
    ended = rows.end[rows.first[:, None] + np.maximum(last, 0)] - less
    found[:, 0::2], found[:, 1::2] = np.where(first >= 0, begun, -1), np.where(first >= 0, ended, -1)
    return found


class _Rows(NamedTuple):
    """Each shape's tokens in words; its first token's number; begin and end (in the shape) of every token (and of one more)."""

    said: pl.Series
    first: Ints
    begin: Ints
    end: Ints


def _rows_of_tokens(shapes: pl.Series) -> _Rows:
    letters = np.frombuffer(("\n" + shapes.str.join("\n").item() + "\n\0").encode("ascii"), dtype=np.uint8)
    breaks = np.flatnonzero(letters == ord("\n"))
    begins = breaks[:-1] + 1
    starts = np.unique(np.concatenate([begins, _cuts(letters)]))
    pieces, number = different(letters, np.append(starts, breaks[-1] + 1))
    cut = [_cut(piece) for piece in pieces]
    sizes = np.array([len(piece.spans) for piece in cut], dtype=np.int64)
    spans = np.array([span for piece in cut for span in piece.spans], dtype=np.int64).reshape(-1, 2)
    size = sizes[number]
    before = np.cumsum(size) - size
    shape = np.searchsorted(begins, starts, side="right") - 1
    token = np.arange(size.sum()) + np.repeat((np.cumsum(sizes) - sizes)[number] - before, size)
    placed = spans[token] + np.repeat(starts - begins[shape], size)[:, None]
    said = pl.DataFrame({"shape": shape, "said": pl.Series([piece.said for piece in cut], dtype=pl.String).gather(number)})
    said = said.group_by("shape", maintain_order=True).agg(pl.col("said").str.join(""))
    return _Rows(said["said"], before[np.searchsorted(starts, begins)], np.append(placed[:, 0], 0), np.append(placed[:, 1], 0))


def _cuts(letters: Letters) -> Ints:
    """Where a piece begins inside a shape: no token goes on there, and none looks at what is before or behind.

    Before digits, but behind letters that go on with them (b, V, N, a dash, A) or look at them (r), or where they may be a road's
    or its section's (R00S, P0yR); behind digits with H, where no V, R, r can go on with it and no A is before them.
    """
    digit = letters == ord("0")
    begin = np.flatnonzero(digit[1:] & ~digit[:-1]) + 1
    end = np.flatnonzero(digit[:-1] & ~digit[1:]) + 1
    before, behind, next_behind = letters[begin - 1], letters[end], letters[end + 1]
    road = (behind == ord("y")) & (next_behind == ord("R"))
    at_digits = begin[~_among("\nArbVN-")[before] & ~_among("dNSR")[behind] & ~road]
    behind_number = end[(behind == ord("H")) & (before != ord("A")) & ~_among("VyRr\n")[next_behind]] + 1
    return np.concatenate([at_digits, behind_number])


@functools.cache
def _among(letters: str) -> Flags:
    table = np.zeros(256, dtype=bool)
    table[[ord(letter) for letter in letters]] = True
    return table


class _Piece(NamedTuple):
    said: str
    spans: tuple[grammar.Span, ...]


@functools.lru_cache(maxsize=1 << 17)
def _cut(piece: str) -> _Piece:
    """The tokens of a piece in words, and where they stand."""
    found, spans = grammar.tokens(piece)
    return _Piece("".join(f"{token.kind}{_WRITTEN}{token.written}{_END_OF_TOKEN}" for token in found), spans)


@functools.lru_cache(maxsize=1 << 17)
def _read(said: str) -> tuple[int, ...]:
    """Each part's place among the tokens, four numbers a part."""
    tokens = [grammar.Token(*token.split(_WRITTEN)) for token in said.split(_END_OF_TOKEN)[:-1]]
    found = grammar.read(tokens)
    return tuple(number for part in grammar.PARTS for number in found.get(part, _ABSENT))
