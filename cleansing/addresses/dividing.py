"""The head of an address to its division: words found in one pass over the column, each distinct head resolved once."""

from __future__ import annotations

import functools

import polars as pl

from cleansing import reference
from cleansing.addresses.gazetteer import FILLERS, words
from cleansing.addresses.resolving import resolve

HEAD_LENGTH = 48
# A short name before one of these is part of a street's or an estate's name: 南京路, 北京东路, 宁海花园.
STREETISH = (
    "^(?:[东西南北中上下前后新老]?[一二三四五六七八九十]?(?:环?路(?:[^桥]|$)|大?街(?:[^道]|$)|大道|道[0-9]|巷|弄|里[0-9]|胡同|公路|国道|高速|花园|花苑|小区|新村|公寓|大厦|大楼|广场|家园|雅苑|苑|宾馆|酒店|饭店|大学|学院|银行|医院|中学|小学|商城|市场|名都|名城|人家|山庄|豪庭|会馆|小吃|菜馆|面馆|火车|大桥)"
    "|支路|镇(?:[^海江宁原平坪远]|$)|乡|街道|村|社区)"
)
# Even a full name is a street's before one of these: 鄞县大道.
ROADISH = "^(?:大道|小吃|驾校)"
_DIVISION_FIELDS = {
    "used": pl.Int32(), "adcode": pl.String(), "candidates": pl.List(pl.String()), "as_written": pl.String(),
    "province_written": pl.Boolean(), "old": pl.Boolean(), "mismatch": pl.Boolean(),
}  # fmt: skip


def divide(addresses: pl.DataFrame) -> pl.DataFrame:
    """``row``, ``text`` to the same with the division's columns and ``left``, the text without the head.

    Division columns: adcode, candidates (where ambiguous), as_written, province_written, old, mismatch.
    """
    found = _words_of(addresses)
    heads = found.group_by("row", maintain_order=True).agg(
        head=pl.concat_str(pl.when("gap").then(pl.lit("~")).otherwise(pl.lit("")), "word").str.join("|"),
        end=pl.col("end"),
        gapped=pl.col("gap").any(),
    )
    heads = heads.join(_resolved(heads.select("head").unique()), on="head", how="left")
    heads = heads.with_columns(taken=pl.col("end").list.get(pl.col("used") - 1, null_on_oob=True)).drop("end", "head")
    joined = addresses.join(
        heads.join(_skipped(addresses, found, heads), on="row", how="left"), on="row", how="left", maintain_order="left"
    )
    rest = pl.col("text").str.slice(pl.col("taken").fill_null(0))
    return joined.with_columns(left=pl.concat_str(pl.col("skipped").fill_null(""), rest)).drop("used", "taken", "skipped", "gapped")


def _words_of(addresses: pl.DataFrame) -> pl.DataFrame:
    """row, word, start, end (characters), gap (whether other text stands before it), of the words that may tell a division.

    Words side by side from the start are taken as they are; after other text only full names of three characters are.
    """
    patterns = _patterns(str(reference.folder()))
    head = pl.col("text").str.slice(0, HEAD_LENGTH)
    found = addresses.select(
        "row", "text", word=head.str.extract_many(patterns, leftmost=True), at=head.str.find_many(patterns, leftmost=True)
    )
    found = found.filter(pl.col("at").list.len() > 0).explode("word", "at")
    full = pl.col("word").is_in(_full_names(str(reference.folder())).implode())
    # Nearly all text at the head is Chinese, three bytes a character; where it is not, the prefix is counted.
    before = pl.col("text").cast(pl.Binary()).bin.slice(0, pl.col("at")).cast(pl.String()).str.len_chars()
    found = found.with_columns(full=full, start=pl.when(pl.col("at") == 0).then(0).otherwise(before).cast(pl.Int32()))
    found = found.with_columns(end=pl.col("start") + pl.col("word").str.len_chars().cast(pl.Int32()))
    following = pl.col("text").str.slice(pl.col("end"), 6)
    found = found.filter(~following.str.contains(ROADISH) & (pl.col("full") | ~following.str.contains(STREETISH)))
    gap = pl.col("start") != pl.when(pl.col("row") == pl.col("row").shift(1)).then(pl.col("end").shift(1)).otherwise(0)
    found = found.with_columns(gap=gap.fill_null(pl.col("start") > 0))
    # What follows a gap counts only where it is a full name, and with it what stands right behind it.
    run = pl.col("gap").cum_sum()
    led = pl.col("full").first() & (
        (pl.col("word").str.len_chars().first() >= 3) & pl.col("word").first().str.contains("[省市区县旗盟州]$")
    )
    found = found.with_columns(run=run).with_columns(kept=(led | ~pl.col("gap").first()).over("row", "run"))
    return found.filter("kept").select("row", "word", "start", "end", "gap")


def _skipped(addresses: pl.DataFrame, found: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """row, skipped: the text before and between the words used, where there is any worth keeping."""
    wanted = heads.filter("gapped").select("row", "taken")
    pieces = found.join(wanted, on="row", maintain_order="left").filter(pl.col("end") <= pl.col("taken"))
    previous = pl.when(pl.col("row") == pl.col("row").shift(1)).then(pl.col("end").shift(1)).fill_null(0)
    pieces = pieces.with_columns(previous=previous).join(addresses.select("row", "text"), on="row", maintain_order="left")
    pieces = pieces.with_columns(piece=pl.col("text").str.slice(pl.col("previous"), pl.col("start") - pl.col("previous")))
    # A character between two names (宁波市 市 江东区) is a slip.
    kept = pl.when(pl.col("piece").str.len_chars() > 1).then("piece").otherwise(pl.lit(""))
    return pieces.group_by("row").agg(skipped=kept.str.join(""))


def _resolved(heads: pl.DataFrame) -> pl.DataFrame:
    divisions = resolve(*heads["head"])
    columns = {name: [getattr(division, name) for division in divisions] for name in _DIVISION_FIELDS}
    return heads.with_columns(
        pl.Series(name, [list(v) if isinstance(v, tuple) else v for v in values], dtype=_DIVISION_FIELDS[name])
        for name, values in columns.items()
    )


@functools.cache
def _patterns(_folder: str) -> list[str]:
    """All words, the longest first: the leftmost and longest is found."""
    return sorted({*words(), *FILLERS}, key=lambda word: (-len(word), word))


@functools.cache
def _full_names(_folder: str) -> pl.Series:
    return pl.Series(sorted({word for word, places in words().items() if any(not place.short for place in places)} | set(FILLERS)))
