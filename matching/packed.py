r"""Levels and bits of pairs, a few words a pair: what is compared before there is a model, and weighed when it is there.

A table of two small columns a comparison is written and read value by value, which costs more than what stands in it. Here a pair's bits (two bytes
each) and behind them its levels (one byte each) stand side by side in words of eight bytes.

>>> from matching.comparisons import comparisons_for
>>> from matching.spec import parse
>>> comparisons = comparisons_for(parse("record_id: id\ncolumns: {born: date, shop: text}\n", where="m"))
>>> levels = pl.DataFrame([(1, 2, 0, 9000, -1, 0), (1, 3, 3, 0, 1, -7)], schema=levels_schema(comparisons), orient="row")
>>> words = pack(levels, comparisons=comparisons)
>>> words.columns, unpack(words, comparisons=comparisons).equals(levels)
(['rid_l', 'rid_r', 'word_0'], True)
"""

from __future__ import annotations

import numpy as np
import polars as pl

from matching.comparisons import Comparison, levels_schema

_WORD = 8
_PAIR = 3
"""Bytes of a comparison: two for its bits, one for its level."""


def packed_schema(comparisons: list[Comparison]) -> dict[str, pl.DataType]:
    """Columns of ``pack``: rid_l, rid_r and words."""
    return {"rid_l": pl.Int64(), "rid_r": pl.Int64(), **dict.fromkeys(_words(comparisons), pl.Int64())}


def pack(levels: pl.DataFrame, *, comparisons: list[Comparison]) -> pl.DataFrame:
    """Levels (``levels_schema``) in words (``packed_schema``)."""
    words = _words(comparisons)
    rows = np.zeros((levels.height, len(words)), dtype=np.int64)
    bits, level = rows.view(np.int16), rows.view(np.int8)[:, 2 * len(comparisons) :]
    for place, comparison in enumerate(comparisons):
        bits[:, place] = levels[f"{comparison.name}#bits"].to_numpy()
        level[:, place] = levels[comparison.name].to_numpy()
    columns = (pl.Series(name, np.ascontiguousarray(rows[:, place])) for place, name in enumerate(words))
    return pl.DataFrame([levels["rid_l"], levels["rid_r"], *columns])


def unpack(packed: pl.DataFrame, *, comparisons: list[Comparison]) -> pl.DataFrame:
    """The levels that ``pack`` packed."""
    words = _words(comparisons)
    rows = np.empty((packed.height, len(words)), dtype=np.int64)
    for place, name in enumerate(words):
        rows[:, place] = packed[name].to_numpy()
    bits, level = rows.view(np.int16), rows.view(np.int8)[:, 2 * len(comparisons) :]
    columns = [packed["rid_l"], packed["rid_r"]]
    for place, comparison in enumerate(comparisons):
        columns.append(pl.Series(comparison.name, np.ascontiguousarray(level[:, place])))
        columns.append(pl.Series(f"{comparison.name}#bits", np.ascontiguousarray(bits[:, place])))
    return pl.DataFrame(columns, schema=levels_schema(comparisons))


def _words(comparisons: list[Comparison]) -> list[str]:
    return [f"word_{place}" for place in range(-(-_PAIR * len(comparisons) // _WORD))]
