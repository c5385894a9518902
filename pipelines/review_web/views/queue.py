"""A page of the queue: each pair in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.review_web.library import Shelf
from pipelines.review_web.views.filters import Pair
from pipelines.review_web.views.side_by_side import FIELDS
from pipelines.review_web.views.values import shown
from pipelines.stages.review_standing import Stand


@dataclass(frozen=True)
class Entry:
    """A pair: names, which fields agree, share a value or differ, what it is worth, how it stands, who looks at it now."""

    rank: int
    pair: Pair
    names: tuple[str, str]
    dealers: tuple[str, str]
    agree: tuple[str, ...]
    differ: tuple[str, ...]
    probability: float
    monetary: float
    stand: Stand
    looking: str


def entries(shelf: Shelf, places: list[int], *, plain: bool, others: Mapping[Pair, str]) -> list[Entry]:
    """The pairs at these places of the queue."""
    rows = shelf.desk.pairs[places].iter_rows(named=True)
    return [
        _entry(place, row, shelf.standing.of(place), shelf.desk.name_of, plain=plain, others=others)
        for place, row in zip(places, rows, strict=True)
    ]


def _entry(place: int, row: dict[str, object], stand: Stand, names: Mapping[str, str], *, plain: bool, others: Mapping[Pair, str]) -> Entry:
    agree: list[str] = []
    differ: list[str] = []
    for field in FIELDS:
        left, right = (set(str(row[f"{field}_{side}"] or "").split() if field in {"phones", "emails"} else filter(None, [str(row[f"{field}_{side}"] or "")])) for side in "lr")  # fmt: skip
        if left and right:
            (agree if left & right else differ).append(field)
    pair = (str(row["record_id_l"]), str(row["record_id_r"]))
    return Entry(
        rank=place + 1,
        pair=pair,
        names=(_name(row, "l", names, plain=plain), _name(row, "r", names, plain=plain)),
        dealers=(str(row["dealer_id_l"]), str(row["dealer_id_r"])),
        agree=tuple(agree),
        differ=tuple(differ),
        probability=float(str(row["probability"])),
        monetary=float(str(row["monetary"])),
        stand=stand,
        looking=others.get(pair, ""),
    )


def _name(row: dict[str, object], side: str, names: Mapping[str, str], *, plain: bool) -> str:
    """The record's name; where it has none, its customer's."""
    return " ".join(shown("name", row[f"name_{side}"] or names.get(str(row[f"customer_id_{side}"])), plain=plain))
