"""The steps of EM over counts of agreement patterns: which class each pattern is of, and what the classes look like then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matching.comparisons import Comparison
from matching.evidence import Shares, personal_levels
from matching.patterns import Patterns

Floats = npt.NDArray[np.float64]

ITERATIONS = 200
SETTLED = 1e-6
"""Share of the expected matches that a round must move to be followed by another."""
PSEUDO_PAIRS = 10.0
SAME, DIFFERENT = 0, 1
"""In place of a key, of a labelled pair: its class is known, or known not to be the first."""


def with_labelled(
    keyed: Patterns, seen: npt.NDArray[np.bool_], mix: Floats, labelled: Patterns
) -> tuple[Patterns, npt.NDArray[np.bool_], Floats]:
    """Labelled pairs as pairs of two more keys: of one all are matches, of the other none is."""
    known = np.zeros((2, mix.shape[1]))
    known[SAME, 0] = 1.0
    known[DIFFERENT, 1:] = mix[:, 1:].sum(axis=0) / mix[:, 1:].sum()  # some keys rule households out
    first = Patterns(keyed.levels, np.maximum(keyed.key, 0).astype(np.int16), keyed.count)
    others = Patterns(labelled.levels, (len(mix) + labelled.key).astype(np.int16), labelled.count)
    return first.beside(others), np.concatenate([seen, labelled.levels >= 0]), np.concatenate([mix, known])


def places_of(patterns: Patterns, seen: npt.NDArray[np.bool_], comparisons: Sequence[Comparison]) -> npt.NDArray[np.intp]:
    """For each pattern and comparison the place of its level among all levels of all comparisons, the last place where it is not seen."""
    ends = np.cumsum([len(comparison.levels) for comparison in comparisons])
    starts = ends - [len(comparison.levels) for comparison in comparisons]
    return np.where(seen, starts + patterns.levels, ends[-1]).astype(np.intp)


def expect(
    patterns: Patterns, places: npt.NDArray[np.intp], shares: list[Shares], mix: Floats, classes: int, strangers: Floats | None = None
) -> tuple[Floats, float]:
    """The chance of each class for each pattern, and the logarithm of the likelihood.

    ``places`` of ``places_of``, ``mix`` of each key; ``strangers``: the shares of all levels among the strangers of each key (``strangers_of``).
    """
    of_class = [[share.m for share in shares], [share.h for share in shares], [share.u for share in shares]]
    tables = [np.concatenate(each) for each in (of_class if classes == 3 else of_class[::2])]
    keys = np.maximum(patterns.key, 0)
    with np.errstate(divide="ignore"):  # a class that a label or a key rules out
        of_key = np.log(mix)[keys]
    logs = of_key.copy()
    for column, table in enumerate(tables):
        logs[:, column] += np.append(np.log(table), 0.0)[places].sum(axis=1)
    if strangers is not None:
        known = np.column_stack([np.log(strangers), np.zeros(len(strangers))])
        logs[:, -1] = of_key[:, -1] + known[keys[:, None], places].sum(axis=1)
    top = logs.max(axis=1, keepdims=True)
    total = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
    return np.exp(logs - total[:, None]), float(total @ patterns.count)


def strangers_of(
    keys: npt.NDArray[np.intp], places: npt.NDArray[np.intp], expected: Floats, shares: list[Shares], own: npt.NDArray[np.bool_], size: int
) -> Floats:
    """Shares of all levels among the strangers of each key: of the comparisons that are its ``own`` as seen there, of the others as among random pairs.

    Strangers whom a key brought together have more in common than any two: those of one town have its state and the head of its postcodes.
    ``expected``: pairs of each pattern that are strangers.
    """
    sizes = [len(share.u) for share in shares]
    ends = np.cumsum(sizes)
    flat = keys[:, None] * (ends[-1] + 1) + places
    counts = np.bincount(flat.ravel(), weights=np.repeat(expected, places.shape[1]), minlength=size * (ends[-1] + 1))
    counted = counts.reshape(size, -1)[:, :-1]
    found = np.tile(np.concatenate([share.u for share in shares]), (size, 1))
    for place in np.flatnonzero(own):
        at = slice(ends[place] - sizes[place], ends[place])
        seen = counted[:, at] + PSEUDO_PAIRS * shares[place].u
        found[:, at] = seen / seen.sum(axis=1, keepdims=True)
    return found


def maximize(places: npt.NDArray[np.intp], expected: Floats, shares: list[Shares], comparisons: Sequence[Comparison], classes: int) -> None:
    """Moves ``shares`` to what the expected pairs of each class (``expected[pattern, class]``) say."""

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
        members = members + PSEUDO_PAIRS * (share.m if not personal_levels(comparison).any() else shared_start(comparison))
        return np.asarray(members / members.sum(), dtype=np.float64)
    if comparison.levels[0].household is None:
        return share.h
    start = np.array([level.household or 0.0 for level in comparison.levels])
    fixed = np.array([level.fixed for level in comparison.levels])
    free = np.where(fixed, 0.0, members + PSEUDO_PAIRS * start)
    return np.asarray(np.where(fixed, start, free / free.sum() * (1 - start[fixed].sum())), dtype=np.float64)


def shared_start(comparison: Comparison) -> Floats:
    """What a household shares it shares as one person's records do, but for the levels that are about the person."""
    h = np.array([level.start if level.household is None else level.household for level in comparison.levels])
    return np.asarray(h / h.sum(), dtype=np.float64)
