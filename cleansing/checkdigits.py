"""Fixed-width codes as a matrix of bytes, and the weighted sums that standards compute over them.

>>> matrix(pl.Series(["12", "X9"]), width=2).tolist()
[[49, 50], [88, 57]]
>>> int(weighted_sum(matrix(pl.Series(["12"]), width=2), values=DIGIT, weights=(3, 1))[0])
5
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


def value_table(alphabet: str) -> Ints:
    """Value of each byte: its place in ``alphabet``; -1,000,000 where it is not in it, so that a sum with it is negative."""
    table = np.full(256, -1_000_000, dtype=np.int64)
    for value, character in enumerate(alphabet):
        table[ord(character)] = value
    return table


DIGIT = value_table("0123456789")
ALPHANUMERIC = value_table("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def matrix(codes: pl.Series, *, width: int) -> Bytes:
    """ASCII texts of exactly ``width`` bytes, no nulls, as a matrix (rows, width) of their bytes."""
    if codes.is_empty():
        return np.zeros((0, width), dtype=np.uint8)
    packed = pa.chunked_array([codes.to_arrow()]).combine_chunks().cast(pa.large_string())
    start = packed.offset
    offsets = np.frombuffer(packed.buffers()[1], dtype=np.int64)[start : start + len(packed) + 1]
    data = np.frombuffer(packed.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    return data.reshape(-1, width)


def text(codes: Bytes) -> pl.Series:
    """A matrix of bytes back as texts."""
    width = codes.shape[1]
    offsets = np.arange(0, (len(codes) + 1) * width, width, dtype=np.int64)
    packed = np.ascontiguousarray(codes)
    return pl.Series(pa.LargeStringArray.from_buffers(len(codes), pa.py_buffer(offsets), pa.py_buffer(packed)), dtype=pl.String)


def weighted_sum(codes: Bytes, *, values: Ints, weights: Sequence[int]) -> Ints:
    """Sum of value times weight over the first ``len(weights)`` columns; negative where a character has no value."""
    total = np.zeros(len(codes), dtype=np.int64)
    for column, weight in enumerate(weights):
        total += values[codes[:, column]] * weight
    return total


def integer(codes: Bytes, start: int, stop: int) -> Ints:
    """The digits of columns ``start`` to ``stop`` (excluded) as a number; negative where one is no digit."""
    width = stop - start
    return weighted_sum(codes[:, start:stop], values=DIGIT, weights=[10 ** (width - 1 - place) for place in range(width)])
