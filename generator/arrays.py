"""Small vector helpers that every part of the simulation shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Ints = npt.NDArray[np.signedinteger[Any]]
Small = npt.NDArray[np.int32]
"""Numbers that are kept by the million."""

Flags = npt.NDArray[np.bool_]
Rng = np.random.Generator


def rng_of(seed: int, *path: int) -> Rng:
    """The generator of one part of the work: independent of every other part, the same for the same arguments."""
    return np.random.default_rng([seed, *path])


def small(values: npt.NDArray[np.integer[Any]]) -> Small:
    """The same numbers in half the memory."""
    return values.astype(np.int32)


def pick(rng: Rng, weights: npt.ArrayLike, size: int) -> Ints:
    """``size`` indices into ``weights``, drawn with probability proportional to them."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.asarray(
        np.minimum(np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right"), cumulative.size - 1), dtype=np.int64
    )


def chance(rng: Rng, share: float | npt.NDArray[Any], size: int) -> Flags:
    """``size`` independent coin flips that come up true with probability ``share``."""
    return np.asarray(rng.random(size, dtype=np.float32) < share)


def rank_within(groups: Ints) -> Ints:
    """The place of each element among those of the same group, from 0, in order of appearance.

    >>> rank_within(np.array([5, 7, 5, 5, 7])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if groups.size else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.r_[starts, groups.size])
    ranks = np.empty(groups.size, dtype=np.int64)
    ranks[order] = np.arange(groups.size) - np.repeat(starts, sizes)
    return ranks


class NumbersExhaustedError(Exception):
    """A numbering plan has fewer numbers than the world needs."""


def scatter(values: Ints, size: int, *, key: int) -> Ints:
    """A one-to-one scrambling of 0..size-1 (a Feistel network that walks cycles): running numbers look drawn, never repeat.

    Raises:
        NumbersExhaustedError: a value is not below ``size``, so numbers would have to repeat.

    >>> sorted(scatter(np.arange(10), 10, key=3).tolist()) == list(range(10))
    True
    """
    if values.size and int(values.max()) >= size:
        msg = f"only {size:,} different numbers can be made, {int(values.max()) + 1:,} are needed: ask for fewer customers"
        raise NumbersExhaustedError(msg)
    half = int(np.ceil(np.sqrt(size)))
    result = values.astype(np.int64)
    open_ = np.arange(values.size)
    while open_.size:
        left, right = result[open_] // half, result[open_] % half
        for turn in range(4):
            mixed = (right + key * 31 + turn + 1) * 2_654_435_761 % 4_294_967_291
            left, right = right, (left + (mixed ^ (mixed >> 13))) % half
        result[open_] = left * half + right
        open_ = open_[result[open_] >= size]
    return result


def ended(table: pl.Series) -> pl.Series:
    """``table`` and a null after it (unless it ends in one already), to which the index -1 leads."""
    if len(table) and table[-1] is None:
        return table
    return pl.concat([table, table.clear(1)], rechunk=True)


def take(table: pl.Series, index: Ints) -> pl.Series:
    """Rows of ``table`` by position; -1 gives null. A table that ends in null is not copied for that.

    >>> take(pl.Series(["a", "b"]), np.array([1, -1])).to_list(), take(pl.Series([], dtype=pl.String), np.array([-1])).to_list()
    (['b', None], [None])
    """
    return (ended(table) if index.size and index.min() < 0 else table).gather(pl.Series(index))


def text_of(codes: npt.NDArray[np.uint8]) -> pl.Series:
    """Rows of ASCII codes (n x width) as a text column."""
    count, width = codes.shape
    ends = np.arange(0, (count + 1) * width, width, dtype=np.int64)
    arrow = pa.Array.from_buffers(pa.large_string(), count, [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(codes))])
    return pl.Series(arrow, dtype=pl.String)


def digits_of(numbers: Ints, width: int) -> npt.NDArray[np.uint8]:
    """Decimal digits (values 0 to 9, leading zeros kept), one row a number."""
    digits = np.empty((numbers.size, width), dtype=np.uint8)
    for place in range(width - 1, -1, -1):
        numbers, digits[:, place] = np.divmod(numbers, 10)
    return digits


def weighted_sum(
    codes: npt.NDArray[np.uint8], weights: npt.ArrayLike, values: npt.NDArray[np.integer[Any]] | None = None
) -> npt.NDArray[np.int32]:
    """Sum over the columns of code (or ``values[code]``) times weight, one column at a time to spare memory."""
    total = np.zeros(len(codes), dtype=np.int32)
    for place, weight in enumerate(np.asarray(weights).tolist()):
        column = codes[:, place]
        total += (column if values is None else values[column]).astype(np.int32) * weight
    return total


def put(values: pl.Series, index: Ints, new: pl.Series) -> pl.Series:
    """``values`` with those at ``index`` replaced by ``new``; one gather, whatever the share."""
    order = np.arange(len(values), dtype=np.uint32)
    order[index] = len(values) + np.arange(index.size, dtype=np.uint32)
    return pl.concat([values, new.alias(values.name)]).gather(pl.Series(order))
