r"""A set of words as a double-array trie, walked by numpy from many places of a text at once.

The children of a state lie in the array at the state's base plus the number of the letter; a cell belongs to the state that is
written in it (Aoe, "An efficient digital search algorithm by using a double-array structure", 1989). Words come from the
reference data: a few thousand, of characters below U+FFFF.

>>> points = np.frombuffer("省市区\n".encode("utf-16-le"), dtype=np.uint16)
>>> word, end = Trie.of(["省", "省市", "市"]).longest(points, np.array([0, 1, 2]), np.array([3, 3, 3]))
>>> word.tolist(), end.tolist()
([1, 2, -1], [2, 2, 2])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleansing.addresses.points import BEYOND, Ints, Points

_DENSE = 0.7  # of the walks go on: fewer, and to leave the others out costs less than to take them along


@dataclass(frozen=True)
class Trie:
    """States are places in the arrays, 0 is none.

    Attributes:
        first: character to the state behind it at a word's beginning.
        letter: character to its number, 0 where no word has it.
        base: state to the place its children are counted from.
        parent: place to the state whose child lies there, -1 for none.
        word: state to the number of the word that ends there, -1 for none.
    """

    first: Ints
    letter: Ints
    base: Ints
    parent: Ints
    word: Ints

    @classmethod
    def of(cls, words: Sequence[str]) -> Trie:
        """The trie of distinct words, none empty."""
        children, numbers = _tree(words)
        counted = sorted({character for word in words for character in word})
        letters = {character: number for number, character in enumerate(counted, 1)}
        base, place = _placed(children, letters)
        size = max(*base, *place) + len(letters) + 1
        trie = cls(
            np.zeros(BEYOND + 1, np.int64), np.zeros(BEYOND + 1, np.int64), np.zeros(size, np.int64), np.full(size, -1), np.full(size, -1)
        )
        trie.letter[[ord(character) for character in letters]] = list(letters.values())
        for node, below in enumerate(children):
            trie.base[place[node]], trie.word[place[node]] = base[node], numbers[node]
            for character, child in below.items():
                if node:
                    trie.parent[place[child]] = place[node]
                else:
                    trie.first[ord(character)] = place[child]
        return trie

    def longest(self, points: Points, at: Ints, limit: Ints) -> tuple[Ints, Ints]:
        """The longest word that begins at each place and ends by its limit: number (-1 for none) and end (the place itself for none)."""
        state = self.first.take(points.take(at), mode="clip")
        word, end = np.full(len(at), -1), at.copy()
        rows, here = np.arange(len(at)), at
        while True:
            # Behind the last character of each text stands one that no word has.
            alive = state != 0
            living = np.count_nonzero(alive)
            if not living:
                return word, end
            if living < _DENSE * len(rows):
                on = np.flatnonzero(alive)
                rows, state, here = rows.take(on), state.take(on), here.take(on)
            here = here + 1
            number = self.word.take(state)
            ending = np.flatnonzero(number >= 0)
            ending = ending[here.take(ending) <= limit.take(rows.take(ending))]
            word[rows.take(ending)], end[rows.take(ending)] = number.take(ending), here.take(ending)
            child = self.base.take(state) + self.letter.take(points.take(here, mode="clip"), mode="clip")
            state = child * (self.parent.take(child) == state)


def _tree(words: Sequence[str]) -> tuple[list[dict[str, int]], list[int]]:
    """Children of each node, from the root down, and the number of the word that ends there, -1 for none."""
    children: list[dict[str, int]] = [{}]
    numbers = [-1]
    for number, word in enumerate(words):
        node = 0
        for character in word:
            if character not in children[node]:
                children[node][character] = len(children)
                children.append({})
                numbers.append(-1)
            node = children[node][character]
        numbers[node] = number
    return children, numbers


def _placed(children: list[dict[str, int]], letters: dict[str, int]) -> tuple[list[int], list[int]]:
    """Base and place of each node: the first base at which all places of the children are free, found over all bases at once."""
    free = (1 << (2 * len(children) + 2 * len(letters) + 2)) - 2
    base, place = [0] * len(children), [0] * len(children)
    for node, below in enumerate(children):
        if not below:
            continue
        fits = -1
        for character in below:
            fits &= free >> letters[character]
        base[node] = (fits & -fits).bit_length() - 1
        for character, child in below.items():
            place[child] = base[node] + letters[character]
            free ^= 1 << place[child]
    return base, place
