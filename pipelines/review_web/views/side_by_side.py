"""Records beside each other, field by field: what is the same, what differs (and where), what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.review_web.views.values import Piece, pieces, shown

FIELDS = ("name", "phones", "id_number", "birth_date", "gender", "address", "vin", "plate", "emails")
ABOUT = ("source", "dealer_id", "event_date", "role")
"""Where a record is from: nothing that two records would have to agree in."""
Row = Mapping[str, object]

SAME, SHARED, DIFFERS, MISSING, ALONE = "same", "shared", "differs", "missing", "alone"


@dataclass(frozen=True)
class Cell:
    """One record's values of a field. ``mark``: against the first record that has any (alone: no other record has one)."""

    values: tuple[tuple[Piece, ...], ...]
    mark: str


@dataclass(frozen=True)
class Line:
    """A field of all records; ``mark`` is that of the cells together."""

    field: str
    cells: tuple[Cell, ...]
    mark: str


def lines(rows: Sequence[Row], *, plain: bool) -> list[Line]:
    """The fields of CLEAN_RECORDS rows, fields that nobody has left out."""
    found = [_line(field, [_values(row, field) for row in rows], plain=plain) for field in FIELDS]
    return [line for line in found if any(cell.values for cell in line.cells)]


def _values(row: Row, field: str) -> list[str]:
    if field == "name" and not row["name"]:
        return ["".join(str(part) for part in (row["surname"], row["honorific"]) if part)] if row["surname"] or row["honorific"] else []
    return shown(field, row[field], plain=True)


def _line(field: str, values: list[list[str]], *, plain: bool) -> Line:
    known = [each for each in values if each]
    first = known[0] if known else []
    cells = []
    for own in values:
        other = first if own is not first else next((each for each in known if each is not first), [])
        cells.append(_cell(field, own, other, plain=plain))
    marks = {cell.mark for cell in cells}
    together = next((mark for mark in (DIFFERS, SHARED, SAME, ALONE) if mark in marks), MISSING)
    return Line(field, tuple(cells), ALONE if together == SAME and MISSING in marks and len(known) == 1 else together)


def _cell(field: str, own: list[str], other: list[str], *, plain: bool) -> Cell:
    if not own:
        return Cell((), MISSING)
    if not other:
        return Cell(tuple((Piece(text),) for each in own for text in shown(field, each, plain=plain)), ALONE)
    parts = []
    for text in own:
        alike = text in other
        if not plain:
            parts.append(tuple(Piece(masked, not alike) for masked in shown(field, text, plain=False)))
        elif alike:
            parts.append((Piece(text),))
        else:
            parts.append(tuple(pieces(text, other[0]) if len(own) == len(other) == 1 else [Piece(text, differs=True)]))
    mark = SAME if set(own) == set(other) else SHARED if set(own) & set(other) else DIFFERS
    return Cell(tuple(parts), mark)


@dataclass(frozen=True)
class Overview:
    """A record in one line of a list: where it is from, and its values."""

    record_id: str
    about: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]
    score: float | None


def overview(rows: Sequence[Row], *, plain: bool) -> list[Overview]:
    """CLEAN_RECORDS rows for a list, the earliest first."""
    listed = sorted(rows, key=lambda row: (str(row["event_date"] or "9999"), str(row["record_id"])))
    return [
        Overview(
            record_id=str(row["record_id"]),
            about={name: str(row[name] or "") for name in ABOUT},
            values={field: tuple(text for each in _values(row, field) for text in shown(field, each, plain=plain)) for field in FIELDS},
            score=float(str(row["score"])) if row["score"] is not None else None,
        )
        for row in listed
    ]
