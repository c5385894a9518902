"""Free text by its words: the share of what two texts say that both say, each word by how rare it is.

Levels: ``exact``; ``same_words`` (in another order); ``nearly`` (few characters differ) and ``most`` (most of what is said is common), both with no
other number first (12 High Street is not 14 High Street); ``within`` (one says nearly all of what the other says: 12 High Street, 12 High Street by the
station), as well; ``some`` (one says most of what the other says, or another number); ``few``; ``different``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.frequencies import Rarity
from matching.levels import Compared, Level, Sides, agreeing, leveled, levenshtein, with_bits

WORDS_LEVELS = (
    Level("exact", 0.45, weighed=True),
    Level("same_words", 0.05),
    Level("nearly", 0.15),
    Level("most", 0.15),
    Level("within", 0.05),
    Level("some", 0.05),
    Level("few", 0.05),
    Level("different", 0.05),
)
_NEARLY, MOST, SOME, _FEW = 0.88, 0.7, 0.6, 0.3
_HALF_ALIKE = 0.7

Shares = npt.NDArray[np.float64]


def compare_words(pairs: Sides, rarity: Rarity, *, name: str, slots: list[str]) -> Compared:
    """Levels of free text (``matching.words``)."""
    known, equal = pairs.both(name), pairs.exact(name)
    both, either = common(pairs, rarity, slots)
    alike = levenshtein(pairs, name, known)
    conflict = pairs.both(f"{name}__number") & ~pairs.exact(f"{name}__number")
    level = leveled(
        [
            equal,
            both >= 1,
            (alike >= _NEARLY) & ~conflict,
            (both >= MOST) & ~conflict,
            (either >= _NEARLY) & ~conflict,
            (either >= SOME) | (both >= MOST) | (alike >= _HALF_ALIKE),
            both >= _FEW,
        ],
        known,
    )
    return with_bits(level, {0: agreeing(pairs, rarity, name)})


def common(pairs: Sides, rarity: Rarity, slots: list[str]) -> tuple[Shares, Shares]:
    """What both texts say as a share of what the two say together (Dice), and of what the shorter says; 0 where one says nothing."""
    lefts, rights = zip(*(pairs.codes(slot) for slot in slots), strict=True)
    feature = slots[0]  # words are counted together, in whichever place they stand
    shared = np.zeros(pairs.height)
    for left in lefts:
        found = np.zeros(pairs.height, dtype=bool)
        for right in rights:
            found |= left == right
        shared += np.where(found, rarity.bits(feature, left), 0)
    said = [sum((rarity.bits(feature, code).astype(np.float64) for code in side), np.zeros(pairs.height)) for side in (lefts, rights)]
    return 2 * shared / np.maximum(said[0] + said[1], 1.0), shared / np.maximum(np.minimum(*said), 1.0)
