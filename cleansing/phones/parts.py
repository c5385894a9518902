"""What each way of reading finds, and how its findings become one: cells and numbers in the order of the column.

>>> part = Part.of_cells(np.array([1, 0]), np.array([STATUS["masked"], STATUS["valid"]]), np.array([REASON["phone_masked"], REASON[None]]))
>>> whole([part], height=2).cells.rows()
[('valid', []), ('masked', ['phone_masked'])]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import lists, strings

STATUSES = ("valid", "repaired", "placeholder", "masked", "short_code", "needs_area_code", "empty", "invalid")
REASONS = (
    "phone_placeholder", "phone_unallocated", "phone_needs_area_code", "phone_invalid", "phone_masked", "phone_digits_lost",
    "phone_short_code", "phone_repaired", None,
)  # fmt: skip
TYPES = ("mobile", "landline", "service", "international")
STATUS = {name: code for code, name in enumerate(STATUSES)}
REASON = {name: code for code, name in enumerate(REASONS)}
TYPE = {name: code for code, name in enumerate(TYPES)}
STATUS_OF_REASON = np.array(
    [
        STATUS["valid"] if name is None
        else STATUS["invalid"] if name in {"phone_unallocated", "phone_digits_lost"}
        else STATUS[name.removeprefix("phone_")]
        for name in REASONS
    ],
    dtype=np.uint8,
)  # fmt: skip
"""The status of a cell by its reason (its number apart, where it has one)."""
EXTRA = "phone_extra_unreadable"
NUMBERS = {"cell": pl.Int64(), "at": pl.Int64(), "value": pl.String(), "type": pl.UInt8(), "ext": pl.String(), "e164": pl.String()}

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Some cells of a column, and their numbers.

    Attributes:
        cells: where the cells are in the column.
        status: place in ``STATUSES``.
        reason: place in ``REASONS``.
        extra: whether something beside the numbers could not be read.
        numbers: ``NUMBERS``: the cell, ``at`` from 0 without gaps in the order written; rows in any order.
    """

    cells: Ints
    status: Codes
    reason: Codes
    extra: Bools
    numbers: pl.DataFrame

    @classmethod
    def of_cells(cls, cells: Ints, status: Codes, reason: Codes, numbers: pl.DataFrame | None = None) -> Part:
        """Cells with nothing beside their numbers, if they have any."""
        return cls(
            cells, status, reason, np.zeros(len(cells), dtype=np.bool_), pl.DataFrame(schema=NUMBERS) if numbers is None else numbers
        )

    def moved(self, rows: Ints) -> Part:
        """The same of a longer column in which this one's cells are at ``rows``."""
        cell = pl.Series("cell", rows).gather(self.numbers["cell"])
        return Part(rows[self.cells], self.status, self.reason, self.extra, self.numbers.with_columns(cell))


@dataclass(frozen=True)
class Reading:
    """What a column holds: ``cells`` (status, reasons; one row a cell) and ``numbers`` (row, value, type, ext, e164)."""

    cells: pl.DataFrame
    numbers: pl.DataFrame


def whole(parts: list[Part], *, height: int) -> Reading:
    """All cells and numbers in the order of the column; every cell must be in one part."""
    status, reason, extra = np.empty(height, dtype=np.uint8), np.empty(height, dtype=np.uint8), np.zeros(height, dtype=np.bool_)
    for part in parts:
        status[part.cells], reason[part.cells], extra[part.cells] = part.status, part.reason, part.extra
    named = np.flatnonzero(reason != REASON[None])
    reasons = pl.Series(REASONS, dtype=pl.String).gather(reason[named])
    if extra.any():
        both = np.concatenate([named, np.flatnonzero(extra)])
        order = np.argsort(both, kind="stable")
        reasons = pl.concat([reasons, pl.repeat(EXTRA, int(extra.sum()), eager=True)]).gather(order)
        named = both[order]
    cells = {"status": strings.gather(pl.Series(STATUSES), status), "reasons": lists.gather(reasons, pl.Series(named), height=height)}
    return Reading(pl.DataFrame(cells), _numbers([part.numbers for part in parts if len(part.numbers)], height))


def _numbers(parts: list[pl.DataFrame], height: int) -> pl.DataFrame:
    """The numbers of all parts by cell, then in the order written."""
    if not parts:
        return pl.DataFrame(schema={"row": pl.UInt32, "value": pl.String, "type": pl.String, "ext": pl.String, "e164": pl.String})
    cells = [part["cell"].to_numpy() for part in parts]
    counts = np.bincount(np.concatenate(cells), minlength=height)
    starts = np.concatenate([[0], np.cumsum(counts)])
    places = [starts[cell] + part["at"].to_numpy() for cell, part in zip(cells, parts, strict=True)]
    total = int(starts[-1])
    kind, extension = np.empty(total, dtype=np.uint8), pl.repeat(None, total, dtype=pl.String, eager=True)
    for part, place in zip(parts, places, strict=True):
        kind[place] = part["type"].to_numpy()
        if part["ext"].null_count() < len(part):
            extended = part["ext"].is_not_null()
            extension = extension.scatter(pl.Series(place).filter(extended), part["ext"].filter(extended))
    return pl.DataFrame(
        {
            "row": np.repeat(np.arange(height, dtype=np.uint32), counts),
            "value": strings.scattered([part["value"] for part in parts], places, height=total),
            "type": strings.gather(pl.Series(TYPES), kind),
            "ext": extension,
            "e164": strings.scattered([part["e164"] for part in parts], places, height=total),
        }
    )
