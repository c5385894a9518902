"""What two texts have in common: pairs of neighbouring characters, how rare they are, and characters.

A pair that both texts have says the more the rarer it is: in Chinese words (word_pairs.parquet) and in addresses
(street_pairs.parquet), where 中山 and 花园 say little and 曼哈 says much. What a character or a
pair says for or against one place, where both texts have it or one alone, is in same_place_words.csv.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference
from cleansing.addresses.points import Flags, Ints, code_points

Values = npt.NDArray[np.float64]
_CHARACTER = 21  # bits of a code point
_PAIR = (1 << 2 * _CHARACTER) - 1


def pairs(texts: pl.Series) -> Ints:
    """Row (above 42 bits) and pair of characters (21 bits each), sorted, each once; none across ``|``."""
    rows, points = _characters(texts)
    apart = (points == ord("\n")) | (points == ord("|"))
    inside = ~(apart[:-1] | apart[1:])
    return _sorted_once((rows[:-1] << 2 * _CHARACTER | points[:-1] << _CHARACTER | points[1:])[inside])


def words(texts: pl.Series) -> Ints:
    """The same of pairs of characters and of single ones, which have 0 in the first character's place."""
    rows, points = _characters(texts)
    single = (rows << 2 * _CHARACTER | points)[(points != ord("\n")) & (points != ord("|"))]
    return _sorted_once(np.concatenate([single, pairs(texts)]))


def _characters(texts: pl.Series) -> tuple[Ints, Ints]:
    if texts.is_empty():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    points, starts = code_points(texts)
    rows = np.repeat(np.arange(len(starts), dtype=np.int64), np.diff(np.append(starts, len(points))))
    return rows, points.astype(np.int64)


def _sorted_once(keys: Ints) -> Ints:
    ordered: Ints = np.sort(keys)
    once: Ints = ordered[np.diff(ordered, prepend=-1) != 0]
    return once


def among(keys: Ints, others: Ints) -> Flags:
    """Which of the sorted keys are among the sorted others."""
    if not len(others):
        return np.zeros(len(keys), np.bool_)
    found: Flags = others[np.minimum(np.searchsorted(others, keys), len(others) - 1)] == keys
    return found


def rows_of_pairs(keys: Ints) -> Ints:
    """The row of each key that :func:`pairs` gave."""
    return keys >> 2 * _CHARACTER


def rarity(keys: Ints, table: str) -> Values:
    """From 0 (的人) to 1 (not in the table): how rare each pair is in words or streets."""
    known, rarities = _rarities(str(reference.folder()), table)
    wanted = word_of(keys)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, rarities[at], 1.0)


@functools.cache
def _rarities(folder: str, name: str) -> tuple[Ints, Values]:
    table = pl.read_parquet(f"{folder}/{name}_pairs.parquet")
    points, starts = code_points(table["pair"])
    keys = points[starts].astype(np.int64) << _CHARACTER | points[starts + 1].astype(np.int64)
    order = np.argsort(keys)
    return keys[order], table["rarity"].to_numpy().astype(np.float64)[order] / 100


def rarest(rows: Ints, rarities: Values, height: int, count: int) -> list[Values]:
    """The rarest of each row, the second, and so on; 0 where there are not so many. Rows are sorted."""
    order = np.lexsort((-rarities, rows))
    rows, rarities = rows[order], rarities[order]
    heads = np.searchsorted(rows, np.arange(height))
    ends = np.searchsorted(rows, np.arange(height), side="right")
    ranked = []
    for rank in range(count):
        at = np.minimum(heads + rank, max(len(rows) - 1, 0))
        ranked.append(np.where(heads + rank < ends, rarities[at] if len(rows) else 0.0, 0.0))
    return ranked


def both_and_one(left: pl.Series, right: pl.Series) -> tuple[Ints, Ints]:
    """What :func:`words` gives, of both texts and of one alone."""
    one, other = words(left), words(right)
    in_both = among(one, other)
    return one[in_both], np.concatenate([one[~in_both], other[~among(other, one)]])


def points_of_words(left: pl.Series, right: pl.Series) -> Values:
    """The sum, for each row, of what its characters and pairs of them say: those of both texts and those of one alone."""
    known, points = _points(str(reference.folder()))
    sums = np.zeros(len(left))
    for says, keys in zip(points, both_and_one(left, right), strict=True):
        wanted = word_of(keys)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        sums += np.bincount(rows_of_pairs(keys), np.where(known[at] == wanted, says[at], 0.0), minlength=len(left))
    return sums


def word_of(keys: Ints) -> Ints:
    """The characters of each key, without its row."""
    return keys & _PAIR


def written(word: int) -> str:
    """The one or two characters of a key without its row."""
    first, second = word >> _CHARACTER, word & ((1 << _CHARACTER) - 1)
    return (chr(first) if first else "") + chr(second)


@functools.cache
def _points(folder: str) -> tuple[Ints, Values]:
    """The known words, sorted, and what each says where both have it (row 0) and where one has it (row 1)."""
    table = pl.read_csv(f"{folder}/same_place_words.csv", schema_overrides={"word": pl.String})
    keys = np.array(
        [functools.reduce(lambda key, character: key << _CHARACTER | ord(character), word, 0) for word in table["word"]], np.int64
    )
    order = np.argsort(keys)
    return keys[order], table.select("both", "one").to_numpy().T.astype(np.float64)[:, order]


def sounds(texts: list[str]) -> list[str]:
    """Each character as the one that stands for all of its sound: 凤 and 风 are the same."""
    table = _sounds(str(reference.folder()))
    return [text.translate(table) for text in texts]


@functools.cache
def _sounds(folder: str) -> dict[int, str]:
    known = pl.read_parquet(f"{folder}/name_characters.parquet").filter(pl.col("reading") != "")
    stands = known.select(pl.col("character"), pl.col("character").min().over("reading").alias("stands"))
    return {ord(character): stand for character, stand in stands.iter_rows()}
