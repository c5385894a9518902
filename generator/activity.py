"""What happens: sales, workshop visits, leads, calls and the rest, one row per row of an export, as columns of numbers.

A row knows its dealer, source, day, its people by role (entity numbers, -1 where nobody is named) and its car's ownership (-1: none).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from generator.arrays import Flags, Ints, Rng, Small, chance, rng_of, small
from generator.campaigns import PER_DEALER
from generator.dealers import SOURCES, Network
from generator.world import World

ROLES = ("customer", "owner", "buyer", "driver", "sender", "contact", "payer")
LEAD_PER_PERSON = 0.62
DRIVE_PER_PERSON = 0.26
CALL_PER_PERSON = 0.28
FILE_PER_RELATION = 0.52
OPT_OUT_PER_PERSON = 0.03
WEB_PER_PERSON = 0.18
CAMPAIGN_CONTACTS_PER_PERSON = 0.45
IN_CRM = 0.22
TWICE_IN_CRM = 0.04
VISITS_PER_YEAR = 1.05
PARTS_PER_YEAR = 0.12
POLICIES_PER_YEAR = 0.30


@dataclass(frozen=True)
class Activity:
    """Rows sorted by dealer, source and day. ``main``, ``second`` … are entities; ``spell`` is a row of the world's ownerships.

    ``campaign`` (-1: none) is one of the network's, ``answer`` 1 for yes, 0 for no, -1 where nobody was asked.
    """

    dealer: Small
    source: Small
    day: Small
    main: Small
    sender: Small
    contact: Small
    payer: Small
    owner: Small
    spell: Small
    campaign: Small
    answer: Small

    def __len__(self) -> int:
        """Number of rows."""
        return int(self.dealer.size)

    def groups(self) -> Iterator[tuple[int, int]]:
        """First row and row after the last of each dealer and source."""
        change = np.flatnonzero((np.diff(self.dealer) != 0) | (np.diff(self.source) != 0)) + 1
        bounds = [0, *change.tolist(), len(self)]
        return pairwise(bounds)

    def at(self, index: Ints | Flags | slice) -> Activity:
        """Some of the rows."""
        return replace(self, **{f.name: getattr(self, f.name)[index] for f in fields(self)})


def simulate(world: World, network: Network, *, days: int, seed: int) -> Activity:
    """All rows that the dealers' exports will hold."""
    rng = rng_of(seed, 4)
    parts = [
        _visits(rng, world, days),
        _sales(rng, world, days),
        _policies(rng, world, days),
        _contacts(rng, world, days, "lead", LEAD_PER_PERSON),
        _contacts(rng, world, days, "test_drive", DRIVE_PER_PERSON),
        _contacts(rng, world, days, "call_center", CALL_PER_PERSON),
        _contacts(rng, world, days, "opt_out", OPT_OUT_PER_PERSON),
        _files(rng, world, days),
        _contacts(rng, world, days, "web", WEB_PER_PERSON),
        _parts(rng, world, days),
        _touches(rng, world, network, days),
        _crm(rng, world, network, days),
    ]
    visits = parts[0]
    parts.append(_after_visit(rng, visits, days, "survey", 0.12))
    parts.append(_after_visit(rng, visits, days, "complaint", 0.025))
    sends = np.array([[source in dealer.layouts for source in SOURCES] for dealer in network.dealers])
    parts = [part.at(sends[part.dealer, part.source]) for part in parts]  # what no dealer sends, nobody sees
    place = np.concatenate([(p.dealer * len(SOURCES) + p.source) * days + p.day for p in parts])
    order = np.argsort(place, kind="stable")
    return Activity(**{f.name: np.concatenate([getattr(p, f.name) for p in parts])[order] for f in fields(Activity)})


def trim(rows: Activity, *, size: int, seed: int) -> Activity:
    """``size`` of the rows, drawn at random, in the same order; all of them where there are not more."""
    if len(rows) <= size:
        return rows
    keep = np.sort(rng_of(seed, 5).permutation(len(rows))[:size])
    return rows.at(keep)


def _rows(source: str, *, dealer: Ints, day: Ints, main: Ints, spell: Ints | None = None, **roles: Ints) -> Activity:
    nobody = np.full(day.size, -1, dtype=np.int32)
    code = np.full(day.size, SOURCES.index(source), dtype=np.int32)
    names = ("sender", "contact", "payer", "owner", "campaign", "answer")
    others = {name: small(roles[name]) if name in roles else nobody for name in names}
    return Activity(
        dealer=small(dealer), source=code, day=small(day), main=small(main), spell=nobody if spell is None else small(spell), **others
    )


def _during(rng: Rng, begin: Ints, end: Ints, per_year: float, days: int) -> tuple[Ints, Ints]:
    """Events at a steady rate inside each stretch of time, cut to the exports' days: (which stretch, day)."""
    first = np.clip(begin, 0, days)
    last = np.clip(end, 0, days)
    length = np.maximum(last - first, 0)
    # people differ: a gamma factor makes some come often and some hardly ever
    which = np.repeat(np.arange(begin.size), rng.poisson(length / 365.25 * per_year * rng.gamma(5.0, 1 / 5.0, begin.size)))
    return which, first[which] + (rng.random(which.size) * length[which]).astype(np.int64)


def _dealer_of(rng: Rng, world: World, entity: Ints, loyal: float) -> Ints:
    return np.where(chance(rng, loyal, entity.size), world.home_dealer[entity], world.other_dealer[entity])


def _visits(rng: Rng, world: World, days: int) -> Activity:
    spell, day = _during(rng, world.cars.begin, world.cars.end, VISITS_PER_YEAR, days)
    owner = world.cars.owner[spell]
    firm = owner >= world.people
    relative = world.relative[owner]

    def someone(self_share: float, filled: float) -> Ints:
        """The owner, a relative, or for a company one of its people; nobody where the cell stays empty."""
        same = chance(rng, self_share, owner.size) & ~firm
        other = np.where(relative >= 0, relative, np.where(firm, -1, owner))
        return np.where(chance(rng, filled, owner.size), np.where(same, owner, other), -1)

    sender = someone(0.70, 0.85)
    contact = np.where(chance(rng, 0.5, owner.size), sender, someone(0.75, 0.8))
    payer = np.where(chance(rng, 0.85, owner.size), owner, np.where(sender >= 0, sender, owner))
    payer = np.where(chance(rng, 0.7, owner.size), payer, -1)
    return _rows(
        "service", dealer=_dealer_of(rng, world, owner, 0.82), day=day, main=owner, spell=spell, sender=sender, contact=contact, payer=payer
    )


def _sales(rng: Rng, world: World, days: int) -> Activity:
    spell = np.flatnonzero(
        (world.cars.begin >= 0) & (world.cars.begin < days) & (~world.cars.used | chance(rng, 0.5, world.cars.begin.size))
    )
    owner = world.cars.owner[spell]
    relative = world.relative[owner]
    gift = chance(rng, 0.13, spell.size) & (relative >= 0)
    buyer = np.where(gift, relative, owner)
    return _rows("sale", dealer=_dealer_of(rng, world, owner, 0.9), day=world.cars.begin[spell], main=buyer, spell=spell, owner=owner)


def _policies(rng: Rng, world: World, days: int) -> Activity:
    spell, day = _during(rng, world.cars.begin, world.cars.end, POLICIES_PER_YEAR, days)
    owner = world.cars.owner[spell]
    return _rows("insurance", dealer=_dealer_of(rng, world, owner, 0.85), day=day, main=owner, spell=spell)


def _contacts(rng: Rng, world: World, days: int, source: str, per_person: float) -> Activity:
    """Something a person does without a car: leads, test drives, calls."""
    who = np.repeat(np.arange(world.people), rng.poisson(per_person * rng.gamma(2.0, 0.5, world.people)))
    day = rng.integers(0, days, who.size)
    return _rows(source, dealer=_dealer_of(rng, world, who, 0.7), day=day, main=who)


def _files(rng: Rng, world: World, days: int) -> Activity:
    """The customer files: one row per customer and dealer, written on the day they first came and seldom brought up to date."""
    entity = np.arange(world.entities)
    twice = world.other_dealer != world.home_dealer
    who = np.r_[entity, entity[twice]]
    dealer = np.r_[world.home_dealer, world.other_dealer[twice]]
    keep = chance(rng, FILE_PER_RELATION, who.size)
    who, dealer = who[keep], dealer[keep]
    return _rows("customer", dealer=dealer, day=rng.integers(0, days, who.size), main=who)


def _parts(rng: Rng, world: World, days: int) -> Activity:
    """Parts and accessories over the counter: the owner, or somebody of the household."""
    spell, day = _during(rng, world.cars.begin, world.cars.end, PARTS_PER_YEAR, days)
    owner = world.cars.owner[spell]
    other = world.relative[owner]
    who = np.where((other >= 0) & chance(rng, 0.2, owner.size), other, owner)
    return _rows("parts", dealer=_dealer_of(rng, world, owner, 0.8), day=day, main=who, spell=spell)


def _touches(rng: Rng, world: World, network: Network, days: int) -> Activity:
    """Whom the campaigns of the home dealer reached, some days after each began, and whether they answered."""
    who = np.repeat(np.arange(world.people), rng.poisson(CAMPAIGN_CONTACTS_PER_PERSON * days / 730, world.people))
    dealer = world.home_dealer[who]
    campaign = dealer * PER_DEALER + rng.integers(0, PER_DEALER, who.size)
    day = np.minimum((network.campaigns.when[campaign] * days).astype(np.int64) + rng.integers(0, 6, who.size), days - 1)
    answer = network.campaigns.answered(campaign, who, rng.random(who.size, dtype=np.float32))
    return _rows("campaign", dealer=dealer, day=day, main=who, campaign=campaign, answer=answer.astype(np.int64))


def _crm(rng: Rng, world: World, network: Network, days: int) -> Activity:
    """The maker's CRM: one row per customer it knows, as known on the day of the last change; some have two numbers there."""
    who = np.flatnonzero(chance(rng, IN_CRM, world.entities))
    who = np.r_[who, who[chance(rng, TWICE_IN_CRM, who.size)]]
    return _rows("crm", dealer=np.full(who.size, len(network.dealers) - 1), day=rng.integers(0, days, who.size), main=who)


def _after_visit(rng: Rng, visits: Activity, days: int, source: str, share: float) -> Activity:
    """A call back some days after a workshop visit: it knows the car, and speaks to who brought it."""
    some = visits.at(chance(rng, share, len(visits)))
    who = np.where(some.sender >= 0, some.sender, some.main)
    day = np.minimum(some.day + rng.integers(1, 15, len(some)), days - 1)
    return _rows(source, dealer=some.dealer, day=day, main=who, spell=some.spell)
