"""Text columns as bytes and back, without a copy: the views of Arrow's string layout, and matrices of their bytes.

A view is four 32-bit words: the length in bytes, then up to 12 bytes of the text itself; a longer text has its first four
bytes, the number of a buffer, and the place in it.

>>> texts = pl.Series(["12", None, "身份证"])
>>> lengths(texts).tolist()
[2, 0, 9]
>>> matrix(texts.head(2), width=3).tolist()
[[49, 50, 0], [0, 0, 0]]
>>> fixed(np.frombuffer(b"ab12", dtype=np.uint8).reshape(2, 2)).to_list()
['ab', '12']
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]

INLINE = 12
"""Bytes of the longest text that lies in its view."""
_BLOCK = 4_096
_BUFFER = 1 << 30  # bytes: a view's place in its buffer has 31 bits
_VIEW = np.complex128  # as wide as a view, to move it whole
_ZERO_COPY = pl.CompatLevel.newest()


def views(texts: pl.Series) -> Words:
    """The views (rows, 4) of a String column; a null is an empty text."""
    packed = _packed(texts)
    words = np.frombuffer(packed.buffers()[1], dtype=np.uint32) if len(packed) else np.zeros(0, dtype=np.uint32)
    return words.reshape(-1, 4)[packed.offset : packed.offset + len(packed)]


def take(words: Words, rows: npt.NDArray[np.integer]) -> Words:
    """The views of some rows, each moved whole."""
    found: Words = np.ascontiguousarray(words).view(_VIEW)[:, 0].take(rows).view(np.uint32).reshape(-1, 4)
    return found


def lengths(texts: pl.Series) -> Words:
    """Bytes of each text; 0 of a null."""
    return views(texts)[:, 0]


def matrix(texts: pl.Series, *, width: int) -> Bytes:
    """The first ``width`` bytes of each text as a matrix (rows, width), zeros behind the end."""
    data, starts, sizes = flat(texts)
    padded = np.concatenate([data, np.zeros(width, dtype=np.uint8)])
    if len(starts) and (sizes == width).all():
        return padded[: len(starts) * width].reshape(-1, width)
    found: Bytes = np.lib.stride_tricks.sliding_window_view(padded, width)[starts]
    found &= _inside(width)[np.minimum(sizes, width)]
    return found


@functools.cache
def _inside(width: int) -> Bytes:
    """Row n keeps the first n bytes: to mask with a row is several times faster than to assign zeros by a condition."""
    return np.where(np.arange(width) < np.arange(width + 1)[:, None], 255, 0).astype(np.uint8)


def flat(texts: pl.Series) -> tuple[Bytes, Ints, Ints]:
    """All bytes one behind the other, where each text begins in them, and its length; a null is an empty text."""
    packed = _packed(texts, compat_level=pl.CompatLevel.oldest())
    if not len(packed):
        return np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    offsets = np.frombuffer(packed.buffers()[1], dtype=np.int64)[packed.offset : packed.offset + len(packed) + 1]
    data = packed.buffers()[2]
    everything = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(0, dtype=np.uint8)
    return everything[offsets[0] : offsets[-1]], offsets[:-1] - offsets[0], np.diff(offsets)


def _packed(texts: pl.Series, *, compat_level: pl.CompatLevel = _ZERO_COPY) -> pa.Array:
    filled = texts.fill_null("") if texts.null_count() else texts
    return filled.rechunk().to_arrow(compat_level=compat_level)


def columns(codes: Bytes) -> Bytes:
    """A matrix of bytes by column: (width, rows). Sums over rows that lie together are fast."""
    height, width = codes.shape
    found = np.empty((width, height), dtype=np.uint8)
    for start in range(0, height, _BLOCK):  # as much as the cache holds
        found[:, start : start + _BLOCK] = codes[start : start + _BLOCK].T
    return found


def of_views(words: Words, data: Sequence[pa.Buffer] = (), present: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """A String column of views; those longer than ``INLINE`` point into the buffers ``data``. All must be UTF-8; null where not ``present``."""
    nulls = None if present is None or present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    buffers = [nulls, pa.py_buffer(np.ascontiguousarray(words)), *data]
    return pl.Series(pa.Array.from_buffers(pa.string_view(), len(words), buffers), dtype=pl.String)


def scattered(columns_: Sequence[pl.Series], places: Sequence[Ints], *, height: int) -> pl.Series:
    """One column of ``height`` texts: text k of a column is at place k of its ``places``; every place is given once, none is null.

    >>> scattered([pl.Series(["a", "b"]), pl.Series(["c"])], [np.array([2, 0]), np.array([1])], height=3).to_list()
    ['b', 'c', 'a']
    """
    found = np.empty((height, 4), dtype=np.uint32)
    data: list[pa.Buffer] = []
    for column, place in zip(columns_, places, strict=True):
        packed = _packed(column)
        words = views(column)
        if data:
            words = words.copy()
            words[:, 2] += np.where(words[:, 0] > INLINE, np.uint32(len(data)), np.uint32(0))
        found.view(_VIEW)[:, 0][place] = np.ascontiguousarray(words).view(_VIEW)[:, 0]
        data += packed.buffers()[2:]
    return of_views(found, data)


def gather(table: pl.Series, places: npt.NDArray[np.integer]) -> pl.Series:
    """The texts of a short table by their places in it: as its own ``gather``, but each view is moved whole.

    >>> gather(pl.Series("city", ["上海市", None]), np.array([1, 0, 0])).to_list()
    [None, '上海市', '上海市']
    """
    packed = _packed(table)
    found = take(views(table), places)
    present = table.is_not_null().to_numpy()[places] if table.null_count() else None
    return of_views(found, packed.buffers()[2:], present).alias(table.name)


def put(column: pl.Series, rows: Ints, texts: pl.Series) -> pl.Series:
    """The column with ``texts`` at ``rows`` (each row once); nulls of both are kept.

    >>> put(pl.Series(["a", "b", None]), np.array([2, 0]), pl.Series(["c", None])).to_list()
    [None, 'b', 'c']
    """
    packed, new = (texts.rechunk().to_arrow(compat_level=_ZERO_COPY) for texts in (column, texts))
    found, words = (
        np.frombuffer(array.buffers()[1], dtype=np.uint32).reshape(-1, 4)[array.offset : array.offset + len(array)].copy()
        for array in (packed, new)
    )
    words[:, 2] += np.where(words[:, 0] > INLINE, np.uint32(len(packed.buffers()) - 2), np.uint32(0))
    found.view(_VIEW)[:, 0][rows] = words.view(_VIEW)[:, 0]
    present = column.is_not_null().to_numpy().copy()
    present[rows] = texts.is_not_null().to_numpy()
    found[~present] = 0  # the view of a null may be anything
    return of_views(found, [*packed.buffers()[2:], *new.buffers()[2:]], present)


class Flat(NamedTuple):
    """A column's bytes one behind the other (and ``INLINE`` zeros behind them), and where each text begins in them."""

    data: Bytes
    starts: Ints

    @classmethod
    def of(cls, texts: pl.Series) -> Flat:
        """The bytes of a column; a null is an empty text."""
        data, starts, _ = flat(texts)
        return cls(np.concatenate([data, np.zeros(INLINE, dtype=np.uint8)]), starts)

    def cut(self, rows: Ints, begin: Ints, end: Ints) -> pl.Series:
        """The bytes from ``begin`` to ``end`` (of each of ``rows``, from its text's start, on whole characters); null in other rows.

        No text is copied: the longer pieces lie in the column's own bytes.

        >>> Flat.of(pl.Series(["人民路12号", "1号"])).cut(np.array([0]), np.array([9]), np.array([11])).to_list()
        ['12', None]
        """
        at, size = self.starts[rows] + begin, end - begin
        words = np.empty((len(rows), 4), dtype=np.uint32)
        words[:, 0] = size
        inline = np.lib.stride_tricks.sliding_window_view(self.data, INLINE)[at]
        inline &= _inside(INLINE)[np.minimum(size, INLINE)]
        words.view(np.uint8)[:, 4:] = inline
        long = np.flatnonzero(size > INLINE)
        words[long, 2], words[long, 3] = at[long] // _BUFFER, at[long] % _BUFFER
        longest = int(size.max(initial=0))
        data = [pa.py_buffer(self.data[begun : begun + _BUFFER + longest]) for begun in range(0, len(self.data), _BUFFER)]
        height = len(self.starts)
        if len(rows) == height:
            return of_views(words, data)
        found, present = np.zeros((height, 4), dtype=np.uint32), np.zeros(height, dtype=np.bool_)
        found.view(_VIEW)[rows, 0] = words.view(_VIEW)[:, 0]
        present[rows] = True
        return of_views(found, data, present)


def fixed(codes: Bytes) -> pl.Series:
    """A matrix of ASCII bytes (rows, width) as texts of that width."""
    height, width = codes.shape
    words = np.zeros((height, 4), dtype=np.uint32)
    words[:, 0] = width
    if width <= INLINE:
        words.view(np.uint8)[:, 4 : 4 + width] = codes
        return of_views(words)
    data = np.ascontiguousarray(codes)
    words.view(np.uint8)[:, 4:8] = data[:, :4]
    words[:, 3] = np.arange(0, height * width, width, dtype=np.uint32)
    return of_views(words, [pa.py_buffer(data)])


def short(codes: Bytes, sizes: Ints) -> pl.Series:
    """A matrix of ASCII bytes (rows, at most ``INLINE``), zeros behind the ends, as texts of ``sizes`` bytes."""
    words = np.zeros((len(codes), 4), dtype=np.uint32)
    words[:, 0] = sizes
    words.view(np.uint8)[:, 4 : 4 + codes.shape[1]] = codes
    return of_views(words)


def four_digits(words: Words) -> npt.NDArray[np.int32]:
    """Four ASCII digits in each word (the first in its lowest byte, as in a view) as integers: pairs first, then pairs of pairs.

    >>> four_digits(views(pl.Series(["1391"]))[:, 1]).tolist()
    [1391]
    """
    pairs = words & np.uint32(0x0F0F0F0F)
    pairs = (pairs * np.uint32(10) + (pairs >> np.uint32(8))) & np.uint32(0x00FF00FF)
    return ((pairs * np.uint32(100) + (pairs >> np.uint32(16))) & np.uint32(0xFFFF)).view(np.int32)


def are_four_digits(words: Words) -> npt.NDArray[np.bool_]:
    """Whether all four bytes of each word are ASCII digits."""
    high, digit = np.uint32(0xF0F0F0F0), np.uint32(0x30303030)
    found: npt.NDArray[np.bool_] = ((words & high) == digit) & (((words + np.uint32(0x06060606)) & high) == digit)
    return found


def before(prefix: bytes, words: Words) -> pl.Series:
    """Three bytes before texts of 10 to ``INLINE`` bytes, all of one length, that are given by their views.

    >>> before(b"+86", views(pl.Series(["13917852046"]))).to_list()
    ['+8613917852046']
    """
    three, down, up = int.from_bytes(prefix, "little"), np.uint32(8), np.uint32(24)
    first, second, third = words[:, 1], words[:, 2], words[:, 3]
    data = np.empty((len(words), 4), dtype=np.uint32)
    data[:, 0] = (first << up) | np.uint32(three)
    data[:, 1] = (first >> down) | (second << up)
    data[:, 2] = (second >> down) | (third << up)
    data[:, 3] = third >> down
    found = np.zeros((len(words), 4), dtype=np.uint32)
    found[:, 0], found[:, 1] = words[:, 0] + np.uint32(len(prefix)), data[:, 0]
    found[:, 3] = np.arange(0, data.nbytes, data.itemsize * 4, dtype=np.uint32)
    return of_views(found, [pa.py_buffer(data)])


def joined(*parts: Bytes | bytes) -> Bytes:
    """Matrices of the same height beside each other, and constant bytes between them; one part at least is a matrix."""
    height = next(len(part) for part in parts if not isinstance(part, bytes))
    width = sum(len(part) if isinstance(part, bytes) else part.shape[1] for part in parts)
    found = np.empty((height, width), dtype=np.uint8)
    at = 0
    for part in parts:
        size = len(part) if isinstance(part, bytes) else part.shape[1]
        found[:, at : at + size] = np.frombuffer(part, dtype=np.uint8) if isinstance(part, bytes) else part
        at += size
    return found
