"""The texts of records, which stand in one column with ``BETWEEN`` them, taken apart only where they are asked for.

Where each text begins and ends is found once. A text that is asked for becomes a view of these bytes (Arrow's layout: its length,
and the text itself up to twelve bytes, else where it stands), so no text is copied and none is looked at that nobody compares.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from engine.batches import series_of
from matching.codes import INLINE
from matching.features import BETWEEN

_HALF = np.uint64(32)
_BYTE = np.uint64(8)
_MOST_BYTES = 2**31 - 1


class Texts:
    """Rows of ``count`` texts each.

    >>> Texts(pl.Series([f"a{BETWEEN}b", f"c{BETWEEN}"]), 2).at(1, np.array([1, 0, 0])).to_list()
    ['', 'b', 'b']
    """

    def __init__(self, joined: pl.Series, count: int) -> None:
        """``joined``: ``count`` texts in each row, ``BETWEEN`` them."""
        array = joined.to_arrow(compat_level=pl.CompatLevel.oldest())
        _, offsets_buffer, data_buffer = array.buffers()
        offsets = (
            np.frombuffer(offsets_buffer, dtype=np.int64)[array.offset : array.offset + len(joined) + 1]
            if len(joined)
            else np.zeros(1, dtype=np.int64)
        )
        start, stop = int(offsets[0]), int(offsets[-1])
        if stop - start > _MOST_BYTES:
            message = f"{stop - start:,} bytes of text in one batch of pairs: a view reaches {_MOST_BYTES:,}"
            raise OverflowError(message)
        self._data = np.zeros(stop - start + 2 * INLINE, dtype=np.uint8)
        if stop > start:
            self._data[: stop - start] = np.frombuffer(data_buffer, dtype=np.uint8)[start:stop]
        self._offsets = offsets - start
        self._marks = np.flatnonzero(self._data[: stop - start] == ord(BETWEEN)).reshape(len(joined), count - 1)
        self._last = count - 1

    def at(self, place: int, rows: npt.NDArray[np.intp]) -> pl.Series:
        """The text that stands at ``place`` in each of these rows."""
        start = self._marks[rows, place - 1] + 1 if place else self._offsets[rows]
        end = self._marks[rows, place] if place < self._last else self._offsets[rows + 1]
        length = (end - start).astype(np.uint64)
        # a word may start at any byte: a view of the bytes whose elements overlap
        words = np.ndarray((len(self._data) - 7,), dtype="<u8", buffer=self._data.data, strides=(1,))
        first, second = words[start], words[start + 8]
        views = np.empty((len(rows), 2), dtype="<u8")
        views[:, 0] = length
        short = np.flatnonzero(length <= INLINE)
        size = length[short]
        head, tail = _cut(first[short], size), _cut(second[short], np.maximum(size, _BYTE) - _BYTE)
        views[short, 0] |= head << _HALF
        views[short, 1] = (head >> _HALF) | (tail << _HALF)
        long = np.flatnonzero(length > INLINE)
        views[long, 0] |= first[long] << _HALF
        views[long, 1] = start[long].astype(np.uint64) << _HALF
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self._data)]
        return series_of(pa.Array.from_buffers(pa.string_view(), len(rows), buffers))


def _cut(words: npt.NDArray[np.uint64], size: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The first bytes of words, zeros behind them."""
    bits = np.minimum(size, _BYTE) * _BYTE
    kept = np.where(bits < 64, (np.uint64(1) << np.minimum(bits, np.uint64(63))) - np.uint64(1), ~np.uint64(0))
    return words & kept
