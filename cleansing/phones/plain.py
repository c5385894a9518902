"""Cells of 11 plain digits, 1 and 3 to 9 in front: nearly all of a good column. Read where they lie, no text is made.

>>> found = read(pl.Series(["13917852046", "139-1785-2046", "13800138000"]))
>>> found.cells.tolist(), found.numbers.select("value", "e164").rows()
([0, 2], [('13917852046', '+8613917852046')])
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import strings
from cleansing.phones import digits, prefixes
from cleansing.phones.parts import NUMBERS, REASON, STATUS_OF_REASON, TYPE, Part

_LENGTH = 11


def read(cells: pl.Series) -> Part:
    """The plain cells of a column without nulls."""
    words = strings.views(cells)
    rows = np.flatnonzero(words[:, 0] == _LENGTH)
    words = np.ascontiguousarray(words if len(rows) == len(words) else words[rows])
    by_column = strings.columns(_codes(words))
    numeric = ((by_column - ord("0")).max(axis=0, initial=0) <= 9) & (by_column[0] == ord("1")) & (by_column[1] >= ord("3"))
    segment, subscriber = _integer(by_column[:4]), _integer(by_column[3:])
    if not numeric.all():
        rows, words, segment, subscriber = rows[numeric], words[numeric], segment[numeric], subscriber[numeric]
    reason = np.full(len(rows), REASON[None], dtype=np.uint8)
    reason[~prefixes.are_allocated(segment)] = REASON["phone_unallocated"]
    reason[digits.is_placeholder(segment // 10, subscriber)] = REASON["phone_placeholder"]
    good = reason == REASON[None]
    kept, words = (rows, words) if good.all() else (rows[good], words[good])
    numbers = pl.DataFrame(
        {
            "cell": kept,
            "at": np.zeros(len(kept), dtype=np.int64),
            "value": strings.of_views(words),
            "type": np.full(len(kept), TYPE["mobile"], dtype=np.uint8),
            "ext": pl.repeat(None, len(kept), dtype=pl.String, eager=True),
            "e164": strings.fixed(strings.joined(b"+86", _codes(words))),
        },
        schema=NUMBERS,
    )
    return Part.of_cells(rows, STATUS_OF_REASON[reason], reason, numbers)


def _codes(words: strings.Words) -> strings.Bytes:
    """The bytes of texts of 11 bytes, which lie in their views."""
    return words.view(np.uint8)[:, 4 : 4 + _LENGTH]


def _integer(columns: strings.Bytes) -> npt.NDArray[np.int32]:
    """ASCII digits, one column a row of ``columns`` (at most eight), as integers."""
    value = np.zeros(columns.shape[1], dtype=np.int32)
    for column in columns:
        value *= 10
        value += column - np.uint8(ord("0"))
    return value
