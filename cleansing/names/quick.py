"""The most frequent cell, two to four plain Chinese characters that no rule but the surname's applies to, in a few steps.

What it gives is what :mod:`cleansing.names.parse` would give (a test holds the two against each other); it only leaves out
the steps that cannot find anything.
"""

from __future__ import annotations

import functools

import polars as pl

from cleansing import text
from cleansing.names import rules
from cleansing.names.readings import given_reading, surnames

_ENDINGS = "".join((*rules.TITLES_SHORT_M, *rules.TITLES_SHORT_F, *rules.TITLES_SHORT_N))


def is_plain(cell: pl.Expr) -> pl.Expr:
    """Whether a cell holds two to four common characters, and no word that the other rules look for."""
    # A first character of this class may be UTF-8 read as GBK; 某 masks; 小 and 老 make a nickname of two characters.
    shape = cell.str.contains("^[\u4e00-\u9fff]{2,4}$") & ~cell.str.contains(f"某|[{_ENDINGS}]$|^[小老].$") & ~text.may_be_mojibake(cell)
    unsplit = (cell.str.len_chars() == 4) & cell.str.contains(rules.UNSPLIT)
    return (shape & ~cell.str.contains_any(_words()) & ~unsplit).fill_null(value=False)


@functools.cache
def _words() -> list[str]:
    listed = f"{rules.TITLE}|{rules.ROLES}|{rules.NOBODY}|{rules.COMPANY_ANYWHERE}|代办|代签".split("|")
    return sorted({*listed, *text.JUNK_WORDS, "测试", "锟斤", "斤拷", "烫烫", "屯屯屯"})


def parse_plain(cells: pl.DataFrame) -> pl.DataFrame:
    """``raw`` (distinct, all plain) to ``raw`` and the columns of the result."""
    table = surnames()
    frame = cells.with_columns(core=text.simplify(pl.col("raw")))
    core, length = pl.col("core"), pl.col("core").str.len_chars()
    frame = frame.with_columns(
        s1=core.str.slice(0, 1), s2=pl.when(length > 2).then(core.str.slice(0, 2)), s3=pl.when(length > 3).then(core.str.slice(0, 3))
    )
    for size in (1, 2, 3):
        known = table.filter(pl.col("surname").str.len_chars() == size)
        known = known.select(pl.col("surname").alias(f"s{size}"), pl.col("reading").alias(f"r{size}"), pl.col("rank").alias(f"k{size}"))
        frame = frame.join(known, on=f"s{size}", how="left", maintain_order="left")
    single = pl.col("r1").is_not_null() & ((length < 4) | pl.col("k1").is_not_null())
    found = pl.when(pl.col("r3").is_not_null()).then(3).when(pl.col("r2").is_not_null()).then(2).when(single).then(1).otherwise(0)
    frame = frame.with_columns(size=found.cast(pl.UInt32()))
    known_size = pl.col("size") > 0
    frame = frame.with_columns(
        surname=pl.when(known_size).then(core.str.slice(0, pl.col("size"))),
        # Without a known surname nothing is split: the whole is the name.
        given=pl.when(known_size).then(core.str.slice(pl.col("size"))),
        reading=pl.when(pl.col("size") == 3).then("r3").when(pl.col("size") == 2).then("r2").when(pl.col("size") == 1).then("r1"),
    )
    given = pl.col("given")
    female, male = given.str.contains(f"[{rules.FEMALE}]"), given.str.contains(f"[{rules.MALE_AT_END}]$")
    frame = frame.with_columns(given_reading(frame.select(pl.coalesce("given", "core")).to_series()).alias("read"))
    read = pl.col("read")
    codes = (
        (core != pl.col("raw"), pl.lit("name_traditional")),
        (~known_size, pl.lit("name_surname_unknown")),
    )
    return frame.select(
        "raw",
        kind=pl.lit("person"),
        name=core,
        names=pl.concat_list("core"),
        surname="surname",
        given="given",
        title=pl.lit(None, dtype=pl.String()),
        gender=pl.when(female & ~male).then(pl.lit("F")).when(male & ~female).then(pl.lit("M")),
        pinyin=pl.when(known_size).then(pl.concat_str("reading", pl.lit(" "), read)).otherwise(read),
        leftover_phone=pl.lit(None, dtype=pl.String()),
        reasons=pl.concat_list(pl.when(when).then(code) for when, code in codes).list.drop_nulls(),
    )
