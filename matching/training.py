"""Weights without labels: u from random pairs, m by EM over counts of agreement patterns.

Pairs come from blocking keys, and a key's pairs agree on its columns by construction. So each key has its own share of
matches, and its pairs say nothing about the comparisons of its own columns; all keys together say something about each
(the maximum likelihood form of Winkler's conditional EM). Where columns know households, a third class takes the pairs
that share phone, address or car and are two people; about identifiers, birth dates and given names its members are as
different as strangers. Everything is counts, so the number of pairs does not matter, and nothing is random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.comparisons import Comparison
from matching.evidence import Shares, comparison_model, personal_levels
from matching.model import ComparisonModel

Floats = npt.NDArray[np.float64]

ITERATIONS = 200
CONVERGED = 1e-7
PSEUDO_PAIRS = 10.0
UNSEEN, UNSEEN_EQUAL = 0.3, 0.03
SAME, DIFFERENT = 0, 1
"""In place of a key, of a labelled pair: its class is known, or known not to be the first."""
LEARNED_FROM = 25.0
"""Expected matches that a comparison must be seen in; below, the starting values stand and a warning says so."""


@dataclass(frozen=True)
class Patterns:
    """Counts of agreement patterns: levels[pattern, comparison] (-1 missing), key[pattern] (-1: no key masks), count[pattern]."""

    levels: npt.NDArray[np.int8]
    key: npt.NDArray[np.int16]
    count: Floats

    @staticmethod
    def from_frame(frame: pl.DataFrame, comparisons: Sequence[Comparison]) -> Patterns:
        """From columns ``which`` (below 0, or absent: no key masks), one a comparison, and ``n``."""
        levels = np.column_stack([frame[comparison.name].to_numpy() for comparison in comparisons]).astype(np.int8)
        key = frame["which"].to_numpy().astype(np.int16) if "which" in frame.columns else np.full(frame.height, -1, dtype=np.int16)
        return Patterns(levels.reshape(frame.height, len(comparisons)), key, frame["n"].to_numpy().astype(np.float64))


@dataclass(frozen=True)
class Trained:
    """What training found: the comparisons, expected matches and households among all pairs, and what it could not learn."""

    comparisons: tuple[ComparisonModel, ...]
    prior: int
    household: int | None
    warnings: tuple[str, ...]


def shares_of_random(patterns: Patterns, comparisons: Sequence[Comparison], rare: Mapping[str, int] = MappingProxyType({})) -> list[Floats]:
    """The u of each comparison from counts of random pairs; a level never seen gets less than one pair.

    Equal values of what a household shares get still less: strangers do not have them, and who has them is a household. ``rare``: bits
    (in thousandths) of what strangers hardly ever have in common, by comparison; the few random pairs that do are too few to count.
    """
    found = []
    for place, comparison in enumerate(comparisons):
        counts = np.array([patterns.count[patterns.levels[:, place] == level].sum() for level in range(len(comparison.levels))])
        seen = np.maximum(counts, [UNSEEN_EQUAL if comparison.shared and level.weighed else UNSEEN for level in comparison.levels])
        u = seen / max(float(seen.sum()), 1.0)
        if comparison.name in rare:
            u[[level.weighed for level in comparison.levels]] = 2.0 ** (-rare[comparison.name] / 1000)
        found.append(u / u.sum())
    return found


def without_strays(patterns: Patterns, comparisons: Sequence[Comparison]) -> Patterns:
    """Random pairs without those that are matches all the same: where records are many for each entity, they are most of a rare agreement.

    Strangers have evidence of b bits once in 2**b pairs; from log2 of the number of pairs on a pair is likelier a match.
    """
    raw = shares_of_random(patterns, comparisons)
    evidence = np.zeros(len(patterns.count))
    for place, comparison in enumerate(comparisons):
        start = np.array([level.start for level in comparison.levels])
        bits = np.append(np.log2(start / start.sum() / raw[place]), 0.0)  # the last is UNKNOWN's
        evidence += bits[patterns.levels[:, place]]
    kept = evidence < np.log2(max(float(patterns.count.sum()), 2.0))
    return Patterns(patterns.levels[kept], patterns.key[kept], patterns.count[kept])


def train(
    keyed: Patterns,
    union: Patterns,
    u: list[Floats],
    comparisons: Sequence[Comparison],
    *,
    masks: npt.NDArray[np.bool_],
    scale: float,
    records: int,
    labelled: Patterns | None = None,
) -> Trained:
    """EM; with labelled pairs, of which the class is known, it is semi-supervised.

    Args:
        keyed: patterns of sampled pairs by key.
        union: patterns of a sample of all candidate pairs, each once.
        u: shares among random pairs.
        comparisons: what was compared.
        masks: masks[key, comparison] is true where the key's columns decide the comparison.
        scale: candidate pairs for each pair of ``union``.
        records: number of records.
        labelled: patterns of labelled pairs, their key ``SAME`` or ``DIFFERENT``; what a pair must not say is missing in it.
    """
    households = _households(comparisons)
    shares = [_start(comparison, u[place], households=households) for place, comparison in enumerate(comparisons)]
    seen = (keyed.levels >= 0) & ~masks[keyed.key] if len(masks) else keyed.levels >= 0
    classes = 3 if households else 2
    size = max(len(masks), 1)
    mix = np.tile(np.array([0.3, 0.2, 0.5]) if households else np.array([0.5, 0.5]), (size, 1))
    if labelled is not None:
        keyed, seen, mix = _with_labelled(keyed, seen, mix, labelled)
        size += 2
    places = _places(keyed, seen, comparisons)
    before = -np.inf
    for _ in range(ITERATIONS):
        posterior, likelihood = _expect(keyed, places, shares, mix, classes)
        _maximize(places, posterior * keyed.count[:, None], shares, comparisons, classes)
        for key in range(size):
            rows = np.maximum(keyed.key, 0) == key
            if rows.any():
                totals = posterior[rows].T @ keyed.count[rows] + 0.5 * (mix[key] > 0)
                mix[key] = totals / totals.sum()
        if likelihood - before < CONVERGED * abs(likelihood):
            break
        before = likelihood
    evidence = np.array([posterior[seen[:, place], 0] @ keyed.count[seen[:, place]] for place in range(len(comparisons))])
    learned = evidence >= LEARNED_FROM
    matches, members = _prevalence(union, shares, comparisons, records, scale)
    random_pairs = max(records * (records - 1) / 2, 1.0)
    warnings = tuple(
        f"{comparison.name}: too few matches to learn from, starting values kept"
        for comparison, ok in zip(comparisons, learned, strict=True)
        if not ok
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


def _with_labelled(
    keyed: Patterns, seen: npt.NDArray[np.bool_], mix: Floats, labelled: Patterns
) -> tuple[Patterns, npt.NDArray[np.bool_], Floats]:
    """Labelled pairs as pairs of two more keys: of one all are matches, of the other none is."""
    known = np.zeros((2, mix.shape[1]))
    known[SAME, 0] = 1.0
    known[DIFFERENT, 1:] = mix[0, 1:] / mix[0, 1:].sum()
    together = Patterns(
        np.concatenate([keyed.levels, labelled.levels]),
        np.concatenate([np.maximum(keyed.key, 0), len(mix) + labelled.key]).astype(np.int16),
        np.concatenate([keyed.count, labelled.count]),
    )
    return together, np.concatenate([seen, labelled.levels >= 0]), np.concatenate([mix, known])


def _households(comparisons: Sequence[Comparison]) -> bool:
    """Whether the columns know households: some are shared by their members, some are about the person."""
    return len({comparison.shared for comparison in comparisons}) == 2


def _start(comparison: Comparison, u: Floats, *, households: bool) -> Shares:
    m = np.array([level.start for level in comparison.levels])
    m = m / m.sum()
    h = u.copy()
    if households and comparison.shared:
        h = _shared_start(comparison)
    elif households and comparison.levels[0].household is not None:
        h = np.array([level.household or 0.0 for level in comparison.levels])
    return Shares(m, u, h / h.sum())


def _shared_start(comparison: Comparison) -> Floats:
    """What a household shares it shares as one person's records do, but for the levels that are about the person."""
    h = np.array([level.start if level.household is None else level.household for level in comparison.levels])
    return np.asarray(h / h.sum(), dtype=np.float64)


def _places(patterns: Patterns, seen: npt.NDArray[np.bool_], comparisons: Sequence[Comparison]) -> npt.NDArray[np.intp]:
    """For each pattern and comparison the place of its level among all levels of all comparisons, the last place where it is not seen."""
    ends = np.cumsum([len(comparison.levels) for comparison in comparisons])
    starts = ends - [len(comparison.levels) for comparison in comparisons]
    return np.where(seen, starts + patterns.levels, ends[-1]).astype(np.intp)


def _expect(patterns: Patterns, places: npt.NDArray[np.intp], shares: list[Shares], mix: Floats, classes: int) -> tuple[Floats, float]:
    of_class = [[share.m for share in shares], [share.h for share in shares], [share.u for share in shares]]
    tables = [np.concatenate(each) for each in (of_class if classes == 3 else of_class[::2])]
    with np.errstate(divide="ignore"):  # a class that a label rules out
        logs = np.log(mix)[np.maximum(patterns.key, 0)]
    for column, table in enumerate(tables):
        logs[:, column] += np.append(np.log(table), 0.0)[places].sum(axis=1)
    top = logs.max(axis=1, keepdims=True)
    total = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
    return np.exp(logs - total[:, None]), float(total @ patterns.count)


def _maximize(
    places: npt.NDArray[np.intp], expected: Floats, shares: list[Shares], comparisons: Sequence[Comparison], classes: int
) -> None:
    def counted(column: int) -> list[Floats]:
        """Expected pairs of a class at each level of each comparison."""
        weights = np.repeat(expected[:, column], places.shape[1])
        sizes = np.cumsum([len(comparison.levels) for comparison in comparisons])
        return np.split(np.bincount(places.ravel(), weights=weights, minlength=sizes[-1] + 1)[:-1].astype(np.float64), sizes[:-1])

    matches, members = counted(0), counted(1)
    for place, comparison in enumerate(comparisons):
        start = np.array([each.start for each in comparison.levels])
        counts = matches[place] + PSEUDO_PAIRS * start / start.sum()
        shares[place].m = bounded(counts / counts.sum(), np.array([each.most for each in comparison.levels]))
        if classes == 3:
            shares[place].h = _household_shares(comparison, shares[place], members[place])


def bounded(shares: Floats, most: Floats) -> Floats:
    """Shares of which none is above its bound; what is above goes to the others as they are to each other.

    >>> bounded(np.array([0.1, 0.1, 0.8]), np.array([1.0, 1.0, 0.3])).round(2).tolist()
    [0.35, 0.35, 0.3]
    """
    over = shares > most
    if not over.any():
        return shares
    rest = np.where(over, 0.0, shares)
    return np.asarray(np.where(over, most, rest / rest.sum() * (1 - most[over].sum())), dtype=np.float64)


def _household_shares(comparison: Comparison, share: Shares, members: Floats) -> Floats:
    """What is shared, and whether surnames are the same, is learned; that persons of a household are different persons is not."""
    if comparison.shared:
        members = members + PSEUDO_PAIRS * (share.m if not personal_levels(comparison).any() else _shared_start(comparison))
        return np.asarray(members / members.sum(), dtype=np.float64)
    if comparison.levels[0].household is None:
        return share.h
    start = np.array([level.household or 0.0 for level in comparison.levels])
    fixed = np.array([level.fixed for level in comparison.levels])
    free = np.where(fixed, 0.0, members + PSEUDO_PAIRS * start)
    return np.asarray(np.where(fixed, start, free / free.sum() * (1 - start[fixed].sum())), dtype=np.float64)


def _prevalence(
    union: Patterns, shares: list[Shares], comparisons: Sequence[Comparison], records: int, scale: float
) -> tuple[float, float]:
    """Expected matches and household pairs among all candidate pairs: the fixed point of the mix with all evidence counted."""
    places = _places(union, union.levels >= 0, comparisons)
    classes = 3 if _households(comparisons) else 2
    pairs = max(records * (records - 1) / 2, 1.0)
    candidates = float(union.count.sum()) * scale
    matches, members = 0.2 * candidates + 1, 0.1 * candidates + 1
    for _ in range(100):
        shares_now = np.array([matches, members, pairs] if classes == 3 else [matches, pairs]) / (matches + pairs)
        posterior, _ = _expect(union, places, shares, shares_now[None, :], classes)
        expected = (posterior.T @ union.count) * scale
        after = max(float(expected[0]), 1.0), max(float(expected[1]), 1.0) if classes == 3 else 1.0
        if abs(after[0] - matches) < 1e-6 * matches and abs(after[1] - members) < 1e-6 * members:
            break
        matches, members = after
    return matches, members
