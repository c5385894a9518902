"""Scales of ratings: what a bare number in a column of satisfaction is out of.

A 7 says nothing without its scale, and no cell tells it: 5 is the best of five points and below the middle of ten. What tells it is the
column: its header (满意度(5分制), 百分制, 0-10), what its header asks (the vocabulary's ``scales``: NPS is asked from 0 to 10, Reichheld, "The
One Number You Need to Grow", Harvard Business Review, December 2003), else its values in that table: the first of 5, 10 and 100 points that
holds nearly all of them. A header's scale that its values do not fit gives way to the next. So a column of ten points in which nobody gave
more than five is read as five points, unless its header says otherwise.

The rating of a record is completed with its scale once a file is known whole, after the ids, which are hashes of what is written: the same
row is the same record in every file. Only the file decides, never what else is known.

>>> stated("满意度(5分制)", {}), stated("评分（百分制）", {}), stated("NPS", {"nps": 10}), stated("满意度", {"nps": 10})
(5, 100, 10, 0)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from pipelines.ingest.words import normalize

BARE: Final = r"^\s*([0-9]{1,4}(?:\.[0-9]+)?)\s*分?\s*$"
"""A number that does not say what it is out of."""
SCALES: Final = (5, 10, 100)
HELD_PERCENT: Final = 95
"""So many of a hundred numbers must lie within a scale: a slip of the pen does not make five points a hundred."""
_STATED: Final = re.compile(
    r"([0-9]{1,4}|五|十|百)分制|满分[:为是]?([0-9]{1,4})|(?<![0-9])[01]分?[-~—–至到]([0-9]{1,4})(?![0-9])|outof([0-9]{1,4})"
)
_WORDED: Final = {"五": 5, "十": 10, "百": 100}

Scales = dict[tuple[int, int], int]
"""The scale of each table's rated columns, by the table's number and the column's."""


def stated(header: str, asked: Mapping[str, int]) -> int:
    """The highest points that ``header`` says, in figures or by what it asks (``asked``: normalized words); 0 where it says none."""
    found = _STATED.search(re.sub(r"\s", "", unicodedata.normalize("NFKC", header)).casefold())
    if found:
        said = next(group for group in found.groups() if group)
        return _WORDED.get(said) or int(said)
    plain = normalize(header)
    return next((points for word, points in asked.items() if word in plain), 0)


def counted(records: pl.DataFrame) -> pl.DataFrame:
    """How many bare numbers each rated column holds, and how many within each scale.

    Args:
        records: ``table``, ``satisfaction``, ``_rated_in`` (the column's index, null where none is rated), ``_rated_of`` (:func:`stated`).
    """
    number = _number().cast(pl.Float64)
    within = {f"within_{points}": (pl.col("number") <= points).sum() for points in SCALES}
    bare = records.filter(pl.col("_rated_in").is_not_null()).with_columns(number=number).filter(pl.col("number").is_not_null())
    return bare.group_by("table", "_rated_in", "_rated_of").agg(numbers=pl.len(), **within)


def decided(counts: Sequence[pl.DataFrame]) -> Scales:
    """The scale of each rated column, from all that :func:`counted` told of it; the same in whatever pieces it was counted."""
    if not counts:
        return {}
    total = pl.concat(counts).group_by("table", "_rated_in", "_rated_of").sum()
    return {(row["table"], row["_rated_in"]): _scale(row) for row in total.iter_rows(named=True)}


def _scale(row: Mapping[str, int]) -> int:
    said = row["_rated_of"]
    if said not in {0, *SCALES}:  # a scale that only a header can say
        return said
    held = (points for points in SCALES if points >= said and row[f"within_{points}"] * 100 >= row["numbers"] * HELD_PERCENT)
    return next(held, SCALES[-1])


def completed(records: pl.DataFrame, scales: Scales) -> pl.DataFrame:
    """``records`` with the scale behind every bare number of a rating: 7 is 7/10."""
    if not scales:
        return records
    known = pl.DataFrame(
        [(table, column, points) for (table, column), points in scales.items()],
        schema={"table": pl.UInt32(), "_rated_in": pl.Int32(), "_scale": pl.Int32()}, orient="row",
    )  # fmt: skip
    joined = records.join(known, on=["table", "_rated_in"], how="left", maintain_order="left")
    whole = pl.format("{}/{}", _number(), pl.col("_scale"))
    return joined.with_columns(satisfaction=pl.coalesce(whole, "satisfaction")).drop("_scale")


def _number() -> pl.Expr:
    return pl.col("satisfaction").str.normalize("NFKC").str.extract(BARE)
