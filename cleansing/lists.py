"""List columns from long tables: only offsets are computed, no value is copied.

>>> gather(pl.Series(["a", "b", "c"]), pl.Series([0, 0, 2]), height=3).to_list()
[['a', 'b'], [], ['c']]
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa


def gather(values: pl.Series, rows: pl.Series, *, height: int) -> pl.Series:
    """A list for each of ``height`` rows, of ``values`` that are sorted by their row (integers below ``height``)."""
    counts = np.bincount(rows.to_numpy(), minlength=height)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    packed = values.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())  # the oldest level would copy every text
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(offsets), packed), dtype=pl.List(values.dtype))
