"""Weights without labels: u from random pairs, m by EM over counts of agreement patterns.

Pairs come from blocking keys, and a key's pairs agree on its columns by construction. So each key has its own share of
matches, and its pairs say nothing about the comparisons of its own columns; all keys together say something about each
(the maximum likelihood form of Winkler's conditional EM). Where columns know households, a third class takes the pairs
that share phone, address or car and are two people; about identifiers, birth dates and given names its members are as
different as strangers. What strangers have in common of towns, states and the like is learned by key: those whom a key of the
town brought together have more of it in common than any two (``em.strangers_of``). Everything is counts, so the number of pairs does not matter, and nothing is random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from matching.comparisons import Comparison
from matching.em import ITERATIONS, SETTLED, expect, maximize, places_of, shared_start, strangers_of, with_labelled
from matching.evidence import Shares, comparison_model
from matching.joint import jointly, left_by, narrow
from matching.model import ComparisonModel
from matching.patterns import Patterns

Floats = npt.NDArray[np.float64]

CONVERGED = 1e-7
LEARNED_FROM = 25.0
"""Expected matches that a comparison must be seen in; below, the starting values stand and a warning says so."""
UNLIKELY = 0.5
"""Chance that two firms are strangers above which they are not of one address when these are counted."""


@dataclass(frozen=True)
class OfKeys:
    """What is known of blocking keys.

    ``masks[key, comparison]``: true where the key's columns decide the comparison. ``single``: of each key, whether two of one household are
    hardly ever among its pairs, as they agree in what is a person's own; of none where empty. ``sampled``: of each ``lonely`` key, the share of its pairs that is in the patterns.
    """

    masks: npt.NDArray[np.bool_]
    single: Sequence[bool] = ()
    sampled: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """What training found: the comparisons, expected matches and households among all pairs, and what it could not learn."""

    comparisons: tuple[ComparisonModel, ...]
    prior: int
    household: int | None
    warnings: tuple[str, ...]


def train(
    keyed: Patterns,
    union: Patterns,
    u: list[Floats],
    comparisons: Sequence[Comparison],
    *,
    keys: OfKeys,
    records: int,
    copies: Patterns | None = None,
    equal: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    labelled: Patterns | None = None,
    firms: bool = False,
) -> Trained:
    """EM; with labelled pairs, of which the class is known, it is semi-supervised.

    Args:
        keyed: patterns of sampled pairs by key.
        union: patterns of all candidate pairs, each once (of a sample of them, with the counts of all).
        u: shares among random pairs.
        comparisons: what was compared.
        keys: what is known of the keys that ``keyed`` counts.
        records: number of records.
        copies: patterns of records that are alike in all that is compared, which are no candidates; needed where a key is ``lonely`` or ``narrow``.
        equal: of comparisons by name, how many of all pairs are equal in it, and how many know it; needed where ``narrow``.
        labelled: patterns of labelled pairs, their key ``SAME`` or ``DIFFERENT``; what a pair must not say is missing in it.
        firms: all names are organizations', and a household is what stands at one address.
    """
    households, masks = _households(comparisons), keys.masks
    if copies is not None:
        keyed = _with_copies(keyed, copies, keys.sampled, masks)
    shares = [_start(comparison, u[place], households=households) for place, comparison in enumerate(comparisons)]
    seen = (keyed.levels >= 0) & ~masks[keyed.key] if len(masks) else keyed.levels >= 0
    classes = 3 if households else 2
    size = max(len(masks), 1)
    mix = np.tile(np.array([0.3, 0.2, 0.5]) if households else np.array([0.5, 0.5]), (size, 1))
    if households and keys.single:
        mix[np.array(keys.single)] = np.array([0.5, 0.0, 0.5])
    if labelled is not None:
        keyed, seen, mix = with_labelled(keyed, seen, mix, labelled)
        size += 2
    places = places_of(keyed, seen, comparisons)
    before = -np.inf
    own, strangers = np.array([comparison.broad for comparison in comparisons]), None
    for _ in range(ITERATIONS):
        posterior, likelihood = expect(keyed, places, shares, mix, classes, strangers)
        if own.any():
            strangers = strangers_of(np.maximum(keyed.key, 0), places, posterior[:, -1] * keyed.count, shares, own, size)
        maximize(places, posterior * keyed.count[:, None], shares, comparisons, classes)
        for key in range(size):
            rows = np.maximum(keyed.key, 0) == key
            if rows.any():
                totals = posterior[rows].T @ keyed.count[rows] + 0.5 * (mix[key] > 0)
                mix[key] = totals / totals.sum()
        if likelihood - before < CONVERGED * abs(likelihood):
            break
        before = likelihood
    evidence = np.array([posterior[seen[:, place], 0] @ keyed.count[seen[:, place]] for place in range(len(comparisons))])
    if narrow(masks, comparisons):
        told = np.array([bool(seen[:, place].any()) for place in range(len(comparisons))])
        evidence = jointly(union, copies, shares, comparisons, records, labelled, equal=equal, told=told)
    learned = evidence >= LEARNED_FROM
    matches, members = _prevalence(
        union if copies is None else union.beside(copies), shares, comparisons, records, firms=firms and households
    )
    random_pairs = max(records * (records - 1) / 2, 1.0)
    warnings = tuple(
        f"{comparison.name}: too few matches to learn from, starting values kept"
        for place, comparison in enumerate(comparisons)
        if not learned[place] and not _elsewhere(place, union, comparisons)
    )
    return Trained(
        tuple(
            comparison_model(comparison, shares[place], bool(learned[place]), households=households)
            for place, comparison in enumerate(comparisons)
        ),
        round(1000 * np.log2(matches / max(random_pairs - matches, matches))),
        round(1000 * np.log2(matches / members)) if households else None,
        warnings,
    )


def _elsewhere(place: int, union: Patterns, comparisons: Sequence[Comparison]) -> bool:
    """Whether no pair knows a comparison, and another one of the same columns is known: names of organizations are not compared as persons' are."""
    known = np.any(union.levels >= 0, axis=0)
    same = [comparison.columns == comparisons[place].columns for comparison in comparisons]
    return bool(not known[place] and known[same].any())


def lonely(masks: npt.NDArray[np.bool_], comparisons: Sequence[Comparison]) -> list[int]:
    """Keys that leave one column: of what agrees there as well no pair is made, as these are copies."""
    return [key for key, columns in enumerate(left_by(masks, comparisons)) if columns == 1]


def _with_copies(keyed: Patterns, copies: Patterns, sampled: Mapping[int, float], masks: npt.NDArray[np.bool_]) -> Patterns:
    """Copies are pairs of every key whose columns they know; they are missed where a key leaves one column.

    A key that found nothing but copies says no more than that copies are alike, and would have all matches be so.
    """
    for key, share in ((key, share) for key, share in sampled.items() if (keyed.key == key).any()):
        known = (copies.levels[:, masks[key]] >= 0).all(axis=1)
        its = Patterns(copies.levels[known], np.full(int(known.sum()), key, dtype=np.int16), copies.count[known] * share)
        keyed = keyed.beside(its)
    return keyed


def _households(comparisons: Sequence[Comparison]) -> bool:
    """Whether the columns know households: some are shared by their members, some are about the person."""
    return len({comparison.shared for comparison in comparisons}) == 2


def _start(comparison: Comparison, u: Floats, *, households: bool) -> Shares:
    m = np.array([level.start for level in comparison.levels])
    m = m / m.sum()
    h = u.copy()
    if households and comparison.shared:
        h = shared_start(comparison)
    elif households and comparison.levels[0].household is not None:
        h = np.array([level.household or 0.0 for level in comparison.levels])
    return Shares(m, u, h / h.sum())


def _prevalence(
    union: Patterns, shares: list[Shares], comparisons: Sequence[Comparison], records: int, *, firms: bool
) -> tuple[float, float]:
    """Expected matches and household pairs among all candidate pairs: the fixed point of the mix with all evidence counted."""
    places = places_of(union, union.levels >= 0, comparisons)
    classes = 3 if _households(comparisons) else 2
    pairs = max(records * (records - 1) / 2, 1.0)
    candidates = float(union.count.sum())
    matches, members = 0.2 * candidates + 1, 0.1 * candidates + 1
    for _ in range(100):
        shares_now = np.array([matches, members, pairs] if classes == 3 else [matches, pairs]) / (matches + pairs)
        posterior, _ = expect(union, places, shares, shares_now[None, :], classes)
        if firms:  # of a street there are many pairs that are hardly at one address: together they would outnumber what is one firm
            posterior[posterior[:, 2] > UNLIKELY, 1] = 0.0
        expected = posterior.T @ union.count
        after = max(float(expected[0]), 1.0), max(float(expected[1]), 1.0) if classes == 3 else 1.0
        if abs(after[0] - matches) < SETTLED * matches and abs(after[1] - members) < SETTLED * members:
            break
        matches, members = after
    return matches, members
