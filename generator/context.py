"""What the errors in a person's cells depend on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, take
from generator.lookalikes import NameTraits
from generator.world import World, surnames_and_towns


@dataclass(frozen=True)
class Context:
    """What the errors depend on, one element a record.

    ``role``, ``dealer``, ``entity``, ``number`` (which one stands in the phone cell), ``main`` (the row's main role), ``same`` (names the main
    person again), ``spreadsheet``, ``one_cell`` (the address), ``evidence`` (address or car beside), ``test`` (a test person).
    """

    world: World
    role: Ints
    dealer: Ints
    entity: Ints
    number: Ints
    main: Flags
    same: Flags
    spreadsheet: Flags
    one_cell: Flags
    evidence: Flags
    test: Flags

    @property
    def company(self) -> Flags:
        """Who is none of the people."""
        return self.entity >= self.world.people

    @property
    def mobile(self) -> Flags:
        """Where a mobile is given, not a landline."""
        return self.number < self.world.first_line

    @property
    def second(self) -> Ints:
        """Everybody's second mobile, -1 where there is none."""
        return self.world.phone_second[self.entity]

    @property
    def relative(self) -> Ints:
        """The mobile of somebody of the same household, -1 where there is none."""
        other = self.world.relative[self.entity]
        return np.where((other >= 0) & ~self.company, self.world.phone[other], -1)

    @property
    def traits(self) -> NameTraits:
        """What the names are open to."""
        return self.world.traits.at(self.entity)

    def surname(self, where: Ints) -> pl.Series:
        """Surnames of people, towns of companies."""
        return take(surnames_and_towns(), self.world.surname[self.entity[where]])

    def surname_length(self) -> Ints:
        """Characters of the surname; for a company of the town."""
        return surnames_and_towns().str.len_chars().cast(pl.Int64).to_numpy()[self.world.surname[self.entity]]
