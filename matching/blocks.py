"""Blocks of records that share a key, and the pairs that they make. Kernels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from engine.batches import series_of

BLOCK_SCHEMA: dict[str, pl.DataType] = {"which": pl.Int16(), "key": pl.Int64(), "n": pl.Int64(), "rids": pl.List(pl.Int64())}
PAIR_SCHEMA: dict[str, pl.DataType] = {"which": pl.Int16(), "rid_l": pl.Int64(), "rid_r": pl.Int64()}


def gather_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Blocks of two records and more, a row each, from keyed records that stand in the order of their keys."""
    which, key, rid = (frame[name].to_numpy() for name in ("which", "key", "rid"))
    starts = np.flatnonzero(np.append(frame.height > 0, (key[1:] != key[:-1]) | (which[1:] != which[:-1])))
    size = np.diff(starts, append=frame.height)
    kept = size > 1
    starts, of_block = starts[kept], size[kept]
    return pl.DataFrame(
        [
            pl.Series("which", which[starts], dtype=pl.Int16),
            pl.Series("key", key[starts], dtype=pl.Int64),
            pl.Series("n", of_block, dtype=pl.Int64),
            _listed(rid[np.repeat(kept, size)], of_block).alias("rids"),
        ]
    )


def members_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """The records of blocks: schema ``KEY_SCHEMA``."""
    return frame.select("which", "key", rid="rids").explode("rid", empty_as_null=False)


def pairs_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Every pair of two records of a block: schema ``PAIR_SCHEMA``. Blocks name their key (which) and list their records (rids).

    >>> pairs_kernel(pl.DataFrame({"which": [1], "rids": [[7, 3, 5]]}, schema_overrides={"which": pl.Int16})).rows()
    [(1, 3, 7), (1, 5, 7), (1, 3, 5)]
    """
    size = frame["rids"].list.len().to_numpy().astype(np.int64)
    rid = frame["rids"].explode().to_numpy()
    behind = np.repeat(np.cumsum(size), size) - 1 - np.arange(len(rid))  # how many of the block come after each
    # the partners of each record are those behind it, one after the other
    other = np.arange(behind.sum()) + np.repeat(np.arange(1, len(rid) + 1) - (np.cumsum(behind) - behind), behind)
    left, right = np.repeat(rid, behind), rid[other]
    pairs = pl.DataFrame(
        {
            "which": np.repeat(frame["which"].to_numpy(), size * (size - 1) // 2),
            "rid_l": np.minimum(left, right),
            "rid_r": np.maximum(left, right),
        },
        schema=PAIR_SCHEMA,
    )
    same = left == right  # two values of one record may have one key
    return pairs.filter(pl.Series(~same)) if same.any() else pairs


def _listed(values: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> pl.Series:
    """Values as lists of these sizes."""
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    numbers = pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
    return series_of(pa.Array.from_buffers(pa.large_list(pa.int64()), len(sizes), [None, pa.py_buffer(ends)], children=[numbers]))
