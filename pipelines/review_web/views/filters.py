"""Which pairs of the queue a visitor wants to see, carried in every address so that "next" stays within them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import urlencode

import polars as pl

from pipelines.review_web.library import Shelf
from pipelines.stages.review_standing import OPEN
from pipelines.store.decisions import NOT_SAME, SAME

ASIDE, ALL = "aside", "all"
STATUSES = (OPEN, SAME, NOT_SAME, ASIDE, ALL)
A_PAGE = 50
Pair = tuple[str, str]


@dataclass(frozen=True)
class Filter:
    """``value``: yuan that the two customers spent, at least. ``page`` counts from 1."""

    status: str = OPEN
    dealer: str = ""
    value: int = 0
    page: int = 1

    @staticmethod
    def of(query: Mapping[str, str]) -> Filter:
        """What the address says; what it says wrongly is left out."""
        status = query.get("status", OPEN)
        return Filter(
            status=status if status in STATUSES else OPEN,
            dealer=query.get("dealer", "")[:128],
            value=_number(query.get("value", ""), least=0),
            page=_number(query.get("page", ""), least=1),
        )

    def query(self, *, page: int | None = None, status: str | None = None, more: Mapping[str, object] = MappingProxyType({})) -> str:
        """The address's end, with its question mark; what stands by default is left out."""
        wanted = replace(self, page=page or 1, status=status or self.status)
        default = Filter()
        said = {name: value for name in ("status", "dealer", "value", "page") if (value := getattr(wanted, name)) != getattr(default, name)}
        said |= {name: value for name, value in more.items() if value is not None}
        return f"?{urlencode(said)}" if said else ""

    def places(self, shelf: Shelf, aside: Collection[Pair]) -> list[int]:
        """The places in the queue that are wanted, in its order. ``aside``: pairs that the visitor has skipped."""
        pairs = shelf.desk.pairs
        status = pl.Series("status", shelf.standing.statuses, dtype=pl.String)
        wanted = pl.lit(True)
        if self.status in {OPEN, ASIDE}:
            wanted &= pl.col("status") == OPEN
        elif self.status != ALL:
            wanted &= pl.col("status") == self.status
        if self.dealer:
            wanted &= (pl.col("dealer_id_l") == self.dealer) | (pl.col("dealer_id_r") == self.dealer)
        if self.value:
            wanted &= pl.col("monetary") >= self.value
        looked_at = pairs.select("dealer_id_l", "dealer_id_r", "monetary").with_columns(status).with_row_index("place")
        found: list[int] = looked_at.filter(wanted)["place"].to_list()
        if self.status not in {OPEN, ASIDE}:
            return found
        skipped = {place for pair in aside if (place := shelf.desk.place_of.get(pair)) is not None}
        return [place for place in found if (place in skipped) == (self.status == ASIDE)]


def next_place(shelf: Shelf, wanted: Filter, *, after: int, aside: Collection[Pair], others: Collection[Pair]) -> int | None:
    """The next pair to look at: the first behind ``after``, else from the front; of those that nobody else looks at, if there is one."""
    places = [place for place in wanted.places(shelf, aside) if place != after]
    ordered = [place for place in places if place > after] + [place for place in places if place < after]
    taken = {shelf.desk.place_of.get(pair) for pair in others}
    return next((place for place in ordered if place not in taken), ordered[0] if ordered else None)


def pair_at(shelf: Shelf, place: int) -> Pair:
    """The two records of the pair at a place of the queue."""
    left, right = shelf.desk.pairs.select("record_id_l", "record_id_r").row(place)
    return str(left), str(right)


def _number(text: str, *, least: int) -> int:
    return max(least, int(text)) if text.isascii() and text.isdigit() and len(text) < 12 else least
