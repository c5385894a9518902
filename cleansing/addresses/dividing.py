"""The heads of addresses to divisions: what each text says of its division, and what is left of the text behind it.

Many texts say the same: an *outcome* is what one sequence of words means, and each text has the number of its outcome. Few texts
are read one by one (:mod:`cleansing.addresses.heads`), many all at once (:mod:`cleansing.addresses.scanning`).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from cleansing import reference
from cleansing.addresses import heads, scanning
from cleansing.addresses.concluding import Division
from cleansing.addresses.distinct import numbered
from cleansing.addresses.points import Characters, Ints
from cleansing.addresses.resolving import closes, resolve

_FIELDS = {
    "adcode": pl.String(), "as_written": pl.String(), "province_written": pl.Boolean(), "old": pl.Boolean(),
    "mismatch": pl.Boolean(), "province_as_written": pl.String(), "city_as_written": pl.String(),
}  # fmt: skip
_FEW = 1_000  # texts: to make the tables of scanning takes longer


@dataclass(frozen=True)
class Heads:
    """What the heads of texts say.

    Attributes:
        texts: the texts.
        outcomes: adcode, candidates (where ambiguous), as_written, province_written, old, mismatch, province_as_written, city_as_written.
        which: the row of its outcome for each text.
        taken: how many characters of each text tell its division.
        inside: rows of texts in which other text stands among these (ascending), and that text.
    """

    texts: pl.Series
    outcomes: pl.DataFrame
    which: Ints
    taken: Ints
    inside: tuple[Ints, pl.Series]

    def left(self, rows: Ints | None = None) -> pl.Series:
        """The texts (of some rows, ascending) without what tells their division."""
        texts, taken, (where, inside) = self.texts, self.taken, self.inside
        if rows is not None:
            asked = np.flatnonzero(np.isin(where, rows, assume_unique=True))
            texts, taken, inside, where = texts.gather(rows), taken[rows], inside.gather(asked), np.searchsorted(rows, where[asked])
        left = texts.to_frame("left").select(pl.col("left").str.slice(pl.lit(pl.Series(taken)))).to_series()
        return left.scatter(where, inside + left.gather(where)) if len(where) else left

    def told(self, *columns: str) -> pl.DataFrame:
        """Columns of the outcomes (all without names), a row for each text."""
        return (self.outcomes.select(columns) if columns else self.outcomes)[pl.Series(self.which)]

    def changed(self, rows: Ints, **columns: pl.Series) -> Heads:
        """The same with other values in the outcomes of some rows, as many as there are rows."""
        wanted = pl.DataFrame({"outcome": self.which[rows], **columns})
        distinct = wanted.unique(maintain_order=True).with_row_index("number", offset=self.outcomes.height)
        new = self.outcomes[distinct["outcome"]].with_columns(distinct.select(*columns))
        which = self.which.copy()
        which[rows] = wanted.join(distinct, on=wanted.columns, how="left", maintain_order="left")["number"]
        return replace(self, outcomes=pl.concat([self.outcomes, new]), which=which)


def divide(texts: pl.Series, characters: Characters) -> Heads:
    """The heads of texts without nulls and line breaks."""
    return one_by_one(texts) if len(texts) < _FEW else at_once(texts, characters)


def one_by_one(texts: pl.Series) -> Heads:
    """:func:`divide` in the way that is slow and plain."""
    folder = str(reference.folder())
    read = [heads.read(text, folder) for text in texts.str.slice(0, heads.LOOKED_AT)]
    skipped = pl.Series("inside", [one.skipped for one in read], dtype=pl.String)
    where = np.flatnonzero(skipped != "")
    taken = np.array([one.taken for one in read], dtype=np.int64)
    return Heads(texts, _outcomes([one.division for one in read]), np.arange(len(read)), taken, (where, skipped.gather(where)))


def at_once(texts: pl.Series, characters: Characters) -> Heads:
    """:func:`divide` in the way that is fast."""
    folder = str(reference.folder())
    known, words = scanning.lexicon(folder), scanning.scan(characters, folder)
    longer = np.flatnonzero(words.count > known.keyed)
    key = words.keys(known.bits, known.keyed)
    key[longer] = 0
    short = key & ((np.int64(1) << (known.bits * words.closed.astype(np.int64))) - 1)
    keys, which = numbered(short)
    divisions = [_meaning(key, folder) for key in keys]
    on = np.flatnonzero(key != short)
    asked = np.zeros(len(keys), dtype=bool)
    asked[which[on]] = True
    closed = np.array([some and _closes(key, folder) for key, some in zip(keys, asked, strict=True)], dtype=bool)
    on = on[~closed[which[on]]]
    keys, behind = numbered(key[on])
    which[on] = behind + len(divisions)
    divisions += [_meaning(key, folder) for key in keys]
    which[longer] = np.arange(len(longer)) + len(divisions)
    divisions += [_of_marks(tuple(marks), folder) for marks in words.marks[:, longer].T.tolist()]
    used = np.array([division.used for division in divisions], dtype=np.int64)[which]
    taken = words.ends[used, np.arange(len(texts))].astype(np.int64)
    found = Heads(texts, _outcomes(divisions), which, taken, _inside(texts, words, used, np.flatnonzero((words.marks & 1).any(axis=0))))
    many = np.flatnonzero(words.count > scanning.MOST)
    return _with(found, many, one_by_one(texts.gather(many))) if len(many) else found


def _of_marks(marks: tuple[int, ...], folder: str) -> Division:
    known = scanning.lexicon(folder)
    return resolve("|".join(known.spelled(mark) for mark in marks if mark), folder)


@functools.lru_cache(maxsize=1 << 17)
def _meaning(key: int, folder: str) -> Division:
    return resolve(scanning.lexicon(folder).spelled(key), folder)


@functools.lru_cache(maxsize=1 << 17)
def _closes(key: int, folder: str) -> bool:
    return closes(scanning.lexicon(folder).spelled(key), _meaning(key, folder), folder)


def _outcomes(divisions: Sequence[Division]) -> pl.DataFrame:
    columns = {name: pl.Series([getattr(one, name) for one in divisions], dtype=dtype) for name, dtype in _FIELDS.items()}
    several = pl.Series([list(one.candidates) or None for one in divisions], dtype=pl.List(pl.String))
    return pl.DataFrame(columns).with_columns(candidates=several)


def _inside(texts: pl.Series, words: scanning.Words, used: Ints, rows: Ints) -> tuple[Ints, pl.Series]:
    """The text between the words, in those of the rows that have any."""
    text, pieces = pl.col("text"), []
    for number in range(len(words.ends) - 1):
        begin, size = words.ends[number, rows].astype(np.int64), words.skipped[number + 1, rows].astype(np.int64)
        # A character between two names (宁波市 市 江东区) is a slip.
        size = np.where((size > 1) & (number < used[rows]), size, 0)
        pieces.append(text.str.slice(pl.lit(pl.Series(begin)), pl.lit(pl.Series(size))))
    inside = texts.gather(rows).to_frame("text").select(inside=pl.concat_str(pieces)).to_series()
    there = np.flatnonzero(inside != "")
    return rows[there], inside.gather(there)


def _with(found: Heads, rows: Ints, others: Heads) -> Heads:
    """What was found, with other heads in some rows that had none."""
    which, taken = found.which.copy(), found.taken.copy()
    which[rows], taken[rows] = others.which + found.outcomes.height, others.taken
    where, inside = np.concatenate([found.inside[0], rows[others.inside[0]]]), pl.concat([found.inside[1], others.inside[1]])
    order = np.argsort(where)
    return Heads(found.texts, pl.concat([found.outcomes, others.outcomes]), which, taken, (where[order], inside.gather(order)))
