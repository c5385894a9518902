"""What the wording of two addresses says for and against being one place: names, what they share and how rare it is, runs in common.

The texts are those of :mod:`cleansing.addresses.sides`. Of a pair of sides it must not matter which is left: ties between runs are
resolved by the caller, who gives the lesser text first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel, Levenshtein

from cleansing.addresses import runs, shared
from cleansing.addresses.points import Flags, Ints
from cleansing.addresses.shared import Values

_KINDS = {"village": "村|组$|队$|屯|庄$", "firm": "公司|厂"}
_COMPARED = 400  # characters of a text that a string distance looks at


def gather(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """Each kind of evidence of the wording, for every pair; what cannot be compared is -1.

    Args:
        left: columns of :func:`cleansing.addresses.sides.texts`.
        right: the same, of the same height.
    """
    return _names(left, right) | _wholes(left, right) | _streets(left, right) | _runs(left, right)


def _names(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """How alike last pieces are, how well the shorter core fits into the longer; ``village``, ``firm``: how many sides name one."""
    one, other = ({name: side[name].str.head(_COMPARED).to_list() for name in ("core", "last")} for side in (left, right))
    kinds = {kind: _named(left["text"], words) + _named(right["text"], words) for kind, words in _KINDS.items()}
    return kinds | {
        "core_within": _alike(fuzz.partial_ratio, one["core"], other["core"]),
        "last": _alike(fuzz.ratio, one["last"], other["last"]),
    }  # fmt: skip


def _named(texts: pl.Series, words: str) -> Values:
    return texts.str.contains(words).cast(pl.Float64).to_numpy()


def _alike(scorer: Callable[..., float], left: list[str], right: list[str]) -> Values:
    """The score of each pair, -1 where a side is empty."""
    score: Values = process.cpdist(left, right, scorer=scorer, dtype=np.float64)
    empty = [not (one and other) for one, other in zip(left, right, strict=True)]
    return np.where(empty, -1.0, score)


@dataclass(frozen=True)
class _Pairs:
    """The pairs of characters of a text of either side, how rare each is in addresses, and the sum of that for each row."""

    keys: tuple[Ints, Ints]
    weights: tuple[Values, Values]
    totals: tuple[Values, Values]

    @classmethod
    def of(cls, left: pl.Series, right: pl.Series) -> _Pairs:
        keys = shared.pairs(left), shared.pairs(right)
        weights = shared.rarity(keys[0], "street"), shared.rarity(keys[1], "street")
        one, other = (_sums(side, weight, len(left)) for side, weight in zip(keys, weights, strict=True))
        return cls(keys, weights, (one, other))

    @property
    def less(self) -> Values:
        return np.minimum(*self.totals)

    @property
    def more(self) -> Values:
        return np.maximum(*self.totals)

    def in_common(self) -> Values:
        return _sums(self.keys[0], self.weights[0] * shared.among(*self.keys), len(self.less))

    def there(self, whole: _Pairs) -> tuple[Values, Values]:
        """The share of each side's weight that stands in the other's whole text: the lower and the higher, -1 where there is none."""
        shares = []
        for keys, weights, total, others in zip(self.keys, self.weights, self.totals, reversed(whole.keys), strict=True):
            there = _sums(keys, weights * shared.among(keys, others), len(total))
            shares.append(_share(there, total))
        return np.minimum(*shares), np.maximum(*shares)


def _sums(keys: Ints, weights: Values, height: int) -> Values:
    return np.bincount(shared.rows_of_pairs(keys), weights, minlength=height).astype(np.float64)


def _share(part: Values, whole: Values) -> Values:
    return np.where(whole > 0, part / np.maximum(whole, 1e-9), -1)


def _wholes(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """What the whole texts share: the weight of pairs of characters by their rarity in words, the share of the shorter; what words say."""
    height = len(left)
    keys = shared.pairs(left["whole"]), shared.pairs(right["whole"])
    both = keys[0][shared.among(*keys)]
    counts = [np.bincount(shared.rows_of_pairs(side), minlength=height) for side in keys]
    lengths = [side["text"].str.len_chars().cast(pl.Float64).to_numpy() for side in (left, right)]
    return {
        "weight": _sums(both, shared.rarity(both, "word"), height),
        "share_small": np.bincount(shared.rows_of_pairs(both), minlength=height) / np.maximum(np.minimum(*counts), 1),
        "words": shared.points_of_words(left["text"], right["text"]),
        "length_least": np.minimum(*lengths), "length_most": np.maximum(*lengths),
    }  # fmt: skip


def _streets(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """What texts, names, cores and single parts share, weighed by how rare it is in addresses.

    ``alone``: what the side with less and the one with more has alone; ``within``: the share of the lesser; ``there``: how much of a part
    stands in the other's text; ``first``, ``second``: the rarest pairs of characters in both texts.
    """
    text, name, core, road, estate, first = (_Pairs.of(left[of], right[of]) for of in ("text", "bare", "core", "road", "estate", "first"))
    common, common_core = text.in_common(), core.in_common()
    both = shared.among(*text.keys)
    rarest = shared.rarest(shared.rows_of_pairs(text.keys[0][both]), text.weights[0][both], len(left), 2)
    estate_there, first_there = estate.there(text), first.there(text)
    return {
        "street_weight": common, "street_first": rarest[0], "street_second": rarest[1],
        "street_alone_least": text.less - common, "street_alone_most": text.more - common, "street_within": _share(common, text.less),
        "name_alone_most": name.more - name.in_common(),
        "core_weight": common_core, "core_share": _share(common_core, core.less),
        "road_there_most": road.there(text)[1],
        "estate_there_least": estate_there[0], "estate_there_most": estate_there[1],
        "first_there_least": first_there[0], "first_there_most": first_there[1],
    }  # fmt: skip


def _runs(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, Values]:
    """The weight of the longest run of characters in both texts and of the longest without it; the same of names, and where it begins.

    ``run_begins``: how many sides have a piece of the name that begins with the run. Of the two pieces that the run is in:
    how many characters stand in place of others (``piece_replaced``), and how many of these have the same sound.
    """
    one, other = (runs.table(side["text"]) for side in (left, right))
    first = runs.longest(one, other)
    second = runs.longest(runs.without(one, first.left, first.length), runs.without(other, first.right, first.length))
    names = [runs.table(side["bare"]) for side in (left, right)]
    run = runs.longest(*names)
    begins = [_begins(name, at) for name, at in zip(names, (run.left, run.right), strict=True)]
    some = run.length > 0
    pieces = [_pieces(side["bare"], at, some) for side, at in ((left, run.left), (right, run.right))]
    sounds = [shared.sounds(piece) for piece in pieces]
    replaced = _replaced(*pieces)
    return {
        "run_weight": runs.weight(one, first), "run_second": runs.weight(one, second),
        "run_begins": np.where(some, begins[0] + begins[1], -1),
        "piece_replaced": replaced, "piece_sound_kept": replaced - _replaced(*sounds),
    }  # fmt: skip


def _begins(texts: runs.Texts, at: Ints) -> Values:
    """1 where a piece begins at that place."""
    begins: Values = ((at == 0) | (texts[np.arange(len(texts)), at - 1] == 0)).astype(np.float64)
    return begins


def _pieces(texts: pl.Series, at: Ints, some: Flags) -> list[str]:
    """The piece of each text that the place is in; nothing where there is no run."""
    places = zip(texts.to_list(), at.tolist(), some.tolist(), strict=True)
    cut = [text[text.rfind("|", 0, place) + 1 :] if is_in else "" for text, place, is_in in places]
    return [text.partition("|")[0][:_COMPARED] for text in cut]


def _replaced(left: list[str], right: list[str]) -> Values:
    """How many characters stand in place of others: such a one is one edit, or one taken out and one put in."""
    apart = _alike(Indel.distance, left, right)
    return np.where(apart < 0, -1, apart - _alike(Levenshtein.distance, left, right))
