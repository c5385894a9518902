"""The few cells that nothing else can read, each distinct one once, by :mod:`cleansing.phones.scan`.

>>> (found,) = read(pl.Series(["无", "+852 9123 4567", "无"]))
>>> found.status.tolist() == [STATUS["placeholder"], STATUS["valid"], STATUS["placeholder"]], found.numbers["e164"].to_list()
(True, ['+85291234567'])
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import text
from cleansing.phones import scan
from cleansing.phones.parts import EXTRA, NUMBERS, REASON, STATUS, TYPE, Part


def read(cells: pl.Series) -> list[Part]:
    """The cells of a column without nulls; a word for "none" is a placeholder."""
    distinct = cells.alias("written").unique(maintain_order=True)
    junk = distinct.to_frame().select(text.is_junk(text.normalize(pl.col("written")))).to_series()
    found = [_read(written, junk=nothing) for written, nothing in zip(distinct, junk, strict=True)]
    which = pl.DataFrame({"written": distinct, "which": np.arange(len(distinct))})
    rows = cells.alias("written").to_frame().with_row_index("cell").join(which, on="written", maintain_order="left")
    listed = [(place, at, number) for place, cell in enumerate(found) for at, number in enumerate(cell.numbers)]
    numbers = pl.DataFrame(
        [(place, at, number.value, TYPE[number.type], number.ext, number.e164) for place, at, number in listed],
        schema={"which": pl.Int64(), **{name: dtype for name, dtype in NUMBERS.items() if name != "cell"}}, orient="row",
    )  # fmt: skip
    reasons = [[reason for reason in cell.reasons if reason != EXTRA] for cell in found]
    of_cell = rows["which"].to_numpy()
    part = Part(
        cells=np.arange(len(cells)),
        status=np.array([STATUS[cell.status] for cell in found], dtype=np.uint8)[of_cell],
        reason=np.array([REASON[named[0] if named else None] for named in reasons], dtype=np.uint8)[of_cell],
        extra=np.array([EXTRA in cell.reasons for cell in found], dtype=np.bool_)[of_cell],
        numbers=rows.join(numbers, on="which").select(pl.col(name).cast(dtype) for name, dtype in NUMBERS.items()),
    )
    return [part]


def _read(written: str, *, junk: bool) -> scan.Cell:
    cell = scan.read(written)
    return scan.Cell("placeholder", (), ("phone_placeholder",)) if junk and not cell.numbers else cell
