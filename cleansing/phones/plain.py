"""Cells of 11 plain digits, 1 and 3 to 9 in front: nearly all of a good column. Read where they lie, no text is made.

>>> found = read(pl.Series(["13917852046", "139-1785-2046", "13800138000"]))
>>> found.cells.tolist(), found.numbers.select("value", "e164").rows()
([0, 2], [('13917852046', '+8613917852046')])
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import strings
from cleansing.phones import digits, prefixes
from cleansing.phones.parts import NUMBERS, REASON, STATUS_OF_REASON, TYPE, Part

_LENGTH = 11
_ZEROS = int("1" * _LENGTH) * ord("0")


def read(cells: pl.Series) -> Part:
    """The plain cells of a column without nulls."""
    words = strings.views(cells)
    rows = np.flatnonzero(words[:, 0] == _LENGTH)
    codes = np.ascontiguousarray(words if len(rows) == len(words) else words[rows]).view(np.uint8)[:, 4 : 4 + _LENGTH]
    by_column = strings.columns(codes)
    numeric = ((by_column - ord("0")).max(axis=0, initial=0) <= 9) & (by_column[0] == ord("1")) & (by_column[1] >= ord("3"))
    value = np.zeros(len(rows), dtype=np.int64)
    for column in by_column:
        value *= 10
        value += column
    value -= _ZEROS
    if not numeric.all():
        rows, codes, value = rows[numeric], codes[numeric], value[numeric]
    reason = np.full(len(rows), REASON[None], dtype=np.uint8)
    reason[~prefixes.are_allocated(value)] = REASON["phone_unallocated"]
    reason[digits.is_placeholder(value)] = REASON["phone_placeholder"]
    good = reason == REASON[None]
    kept, codes = (rows, codes) if good.all() else (rows[good], codes[good])
    numbers = pl.DataFrame(
        {
            "cell": kept,
            "at": np.zeros(len(kept), dtype=np.int64),
            "value": cells if len(kept) == len(cells) else cells.gather(kept),
            "type": np.full(len(kept), TYPE["mobile"], dtype=np.uint8),
            "ext": pl.repeat(None, len(kept), dtype=pl.String, eager=True),
            "e164": strings.fixed(strings.joined(b"+86", codes)),
        },
        schema=NUMBERS,
    )
    return Part.of_cells(rows, STATUS_OF_REASON[reason], reason, numbers)
