"""A reading of the words of a head so far: the place they mean, and how likely it is beside other readings of the same words."""

from __future__ import annotations

from typing import NamedTuple

from cleansing.addresses.gazetteer import Place


class Reading(NamedTuple):
    """One meaning of the words so far.

    Attributes:
        place: the deepest place, None before the first word.
        cost: how unlikely the reading is.
        seen: the places of its words.
        word: how the district was written.
        upper: level and word of what else was read.
    """

    place: Place | None
    cost: int
    seen: tuple[Place, ...]
    word: str | None = None
    upper: tuple[tuple[int, str], ...] = ()

    def then(self, place: Place, word: str) -> Reading | None:
        """This reading with one more word, or None where the place does not fit."""
        written = word if place.level == 3 else self.word
        upper = self.upper if place.level == 3 else (*self.upper, (place.level, word))
        if self.place is None:
            return Reading(place, place.cost, (place,), written, upper)
        before = self.place
        if before.level == 3 and place.short:
            return None
        if before.name in place.inside and (place.level >= before.level or place.code == before.code):
            fits = all(seen.name in place.inside or seen.code == place.code for seen in self.seen)
            return Reading(place, self.cost + place.cost, (*self.seen, place), written, upper) if fits else None
        if place.code == before.code and place.level == before.level:
            # 昭通地区 昭通市: the second word is rather the county-level city of then than the prefecture again.
            again = 8 if before.old and before.name != place.name else 0
            return Reading(before if place.old else place, self.cost + place.cost + again, self.seen, self.word, upper)
        if place.name in before.inside:
            return Reading(before, self.cost + place.cost, (*self.seen, place), self.word, upper)
        return None
