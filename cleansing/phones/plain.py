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
_FIRST, _BEYOND = 1_300, 2_000  # what the first four digits are from, and below


def read(cells: pl.Series) -> Part:
    """The plain cells of a column without nulls."""
    words = strings.views(cells)
    rows = np.flatnonzero(words[:, 0] == _LENGTH)
    words = words if len(rows) == len(words) else strings.take(words, rows)
    first, second, third = (np.ascontiguousarray(words[:, place]) for place in (1, 2, 3))
    third = third | np.uint32(ord("0") << 24)  # the twelfth byte is empty
    segment = strings.four_digits(first)
    subscriber = segment % 10 * 10_000_000 + strings.four_digits(second) * 1_000 + strings.four_digits(third) // 10
    numeric = strings.are_four_digits(first) & strings.are_four_digits(second) & strings.are_four_digits(third)
    numeric &= (segment >= _FIRST) & (segment < _BEYOND)
    if not numeric.all():
        all_digits = np.flatnonzero(numeric)
        rows, words = rows[all_digits], strings.take(words, all_digits)
        segment, subscriber = segment[all_digits], subscriber[all_digits]
    reason = np.full(len(rows), REASON[None], dtype=np.uint8)
    reason[~prefixes.are_allocated(segment)] = REASON["phone_unallocated"]
    reason[digits.is_placeholder(segment // 10, subscriber)] = REASON["phone_placeholder"]
    good = reason == REASON[None]
    kept, words = (rows, words) if good.all() else (rows[good], strings.take(words, np.flatnonzero(good)))
    numbers = pl.DataFrame(
        {
            "cell": kept,
            "at": np.zeros(len(kept), dtype=np.int64),
            "value": strings.of_views(words),
            "type": np.full(len(kept), TYPE["mobile"], dtype=np.uint8),
            "ext": pl.repeat(None, len(kept), dtype=pl.String, eager=True),
            "e164": strings.before(b"+86", words),
        },
        schema=NUMBERS,
    )
    return Part.of_cells(rows, STATUS_OF_REASON[reason], reason, numbers)
