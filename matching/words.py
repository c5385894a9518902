r"""Free text by its words: names, addresses and texts of which no parts are known (12 High Street, Leeds; Acme Tools Ltd).

A *word* is a run of letters or digits, of Chinese text two neighbouring characters. Words stand in a few features, in the order
written, so that two texts are held against each other by codes. What a word says follows from its frequency: street is
everywhere, and a key is made of a record's rarest words only.

Whether a column is free text is seen from its values (:func:`chosen`), unless the model file says ``words: true`` or ``false``.

>>> listed = words(pl.Series(["12 High Street, HIGH Wycombe", "王府井大街", None]), count=4)
>>> [column.to_list() for column in listed][:2]
[['12', '王府', None], ['high', '井大', None]]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from matching.codes import Codes
from matching.spec import ModelSpec

if TYPE_CHECKING:
    from matching.frequencies import Rarity

COUNT = {"name": 8, "address": 10, "text": 10}
"""Kinds whose columns may be free text, and how many of the words are looked at."""
KEYED = 4
"""So many words of a record, its rarest ones, make keys."""
SAMPLE = 10_000
_WORD = r"[\p{L}\p{N}--\p{Han}]+|\p{Han}{2}"
_NUMBER = r"([0-9]+)"
_PARSED = 0.5  # from this share of values with parts on, an address column is compared by its parts
_WORDS_EACH = 1.8  # words that a value of free text has on average, at least


def slots(name: str, kind: str) -> list[str]:
    """Features that hold the words of a column.

    >>> slots("who", "name")[:2]
    ['who__word1', 'who__word2']
    """
    return [f"{name}__word{number}" for number in range(1, COUNT[kind] + 1)]


def free(spec: ModelSpec, *kinds: str) -> list[str]:
    """Columns of these kinds (of any, without one) that are compared by their words."""
    return [name for name, column in spec.columns.items() if column.words and (not kinds or column.kind in kinds)]


def features(spec: ModelSpec, name: str) -> list[str]:
    """The features that free text has beside its own code: its words, and the first number in it."""
    column = spec.columns[name]
    return [*slots(name, column.kind), f"{name}__number"] if column.words else []


def words(texts: pl.Series, *, count: int) -> list[pl.Series]:
    """The first ``count`` distinct words of each text, in lower case, one column each; null where there is no such word."""
    text = texts.cast(pl.String).str.to_lowercase()
    found = text.str.extract_all(_WORD)
    if text.str.contains(r"\p{Han}{3}").any():
        # The other neighbours: those of each run without its first character.
        shifted = text.str.replace_all(r"\p{Han}(\p{Han}*)", " $1 ").str.extract_all(r"\p{Han}{2}")
        found = pl.DataFrame({"a": found, "b": shifted}).select(pl.col("a").list.concat("b")).to_series()
    found = found.list.unique(maintain_order=True)
    return [found.list.get(place, null_on_oob=True) for place in range(count)]


def numbers(texts: pl.Series) -> pl.Series:
    """The first number in each text."""
    return texts.cast(pl.String).str.extract(_NUMBER, 1)


def chosen(spec: ModelSpec, sample: pl.DataFrame) -> ModelSpec:
    """The spec with ``words`` decided for each column: by the model file, else by the values of a standardized sample.

    A text is free where its values have several words; an address where most have no parsed road; a name where it has no parsed surname.
    """
    columns = {}
    for name, column in spec.columns.items():
        decided = column.words
        if column.kind not in COUNT or column.exclusive:
            decided = False
        elif decided is None:
            decided = _is_free(sample, name, column.kind)
        columns[name] = replace(column, words=decided)
    return replace(spec, columns=columns)


def _is_free(sample: pl.DataFrame, name: str, kind: str) -> bool:
    values = sample[name].cast(pl.String).drop_nulls()
    if not len(values):
        return False
    part = {"address": f"{name}__road", "name": f"{name}__surname"}.get(kind)
    parsed = sample[part].count() / len(values) if part in sample.columns else 0.0
    each = float(values.str.count_matches(_WORD).mean() or 0.0)  # type: ignore[arg-type]
    return parsed < _PARSED and each >= _WORDS_EACH


def rarest(codes: Sequence[Codes], feature: str, rarity: Rarity, *, count: int) -> list[Codes]:
    """Of each record's words the ``count`` that say most, in the order of their codes; a record with fewer has ``MISSING`` behind them."""
    found = np.stack(codes, axis=1)
    bits = np.stack([rarity.bits(feature, each) for each in codes], axis=1)
    # Equal bits are told apart by the code: which words are taken must not depend on their order in the text.
    order = np.lexsort((found, -bits), axis=1)[:, :count]
    kept = np.sort(np.take_along_axis(found, order, axis=1).view(np.uint64), axis=1)[:, ::-1]
    return [np.ascontiguousarray(column).view(np.int64) for column in kept.T]
