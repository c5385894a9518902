"""The head of an address to its division, in two ways that give the same.

The short way takes the text up to the last 省, 市, 区, 县 … before the street begins (浙江省杭州市余杭区|五常街道…). There are few
distinct ones; where all of such a head is read, down to the district, that is the answer. The long way looks for the words of
divisions in the text, whatever stands between them, and resolves each distinct row of words once.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import reference
from cleansing.addresses.gazetteer import FILLERS, words
from cleansing.addresses.points import code_points
from cleansing.addresses.resolving import resolve
from cleansing.divisions import whole_cities

_WINDOW = 32
_KINDS = "省市区县旗盟州"
_STOPS = "路街道巷弄号村镇乡园厂楼栋幢室层小大驾、，,;；( "

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
    "province_written": pl.Boolean(), "old": pl.Boolean(), "mismatch": pl.Boolean(), "province_as_written": pl.String(), "city_as_written": pl.String(),
}  # fmt: skip


def divide(addresses: pl.DataFrame) -> pl.DataFrame:
    """``row``, ``text`` to the same with the division's columns and ``left``, the text without the head.

    Division columns: adcode, candidates (where ambiguous), as_written, province_written, old, mismatch.
    """
    cut = _cut(addresses["text"])
    cuts = addresses.with_columns(cut=cut).with_columns(head=pl.col("text").str.slice(0, "cut"))
    heads = cuts.filter(pl.col("cut") > 0).select("head").unique(maintain_order=True)
    known = divide_long(heads.select(row=pl.int_range(pl.len(), dtype=pl.Int64), text="head"))
    deep = (
        (pl.col("adcode").str.slice(4) != "00") | pl.col("adcode").is_in(whole_cities().implode()) | (pl.col("candidates").list.len() > 1)
    )
    known = known.filter((pl.col("left") == "") & deep.fill_null(value=False)).rename({"text": "head"}).drop("row", "left")
    short = cuts.join(known.with_columns(read=pl.lit(value=True)), on="head", how="left", maintain_order="left")
    unread = short.filter(pl.col("read").is_null())
    short = short.with_columns(left=pl.col("text").str.slice(pl.col("cut"))).drop("cut", "head", "read")
    if unread.is_empty():
        return short
    long = divide_long(unread.select(addresses.columns))
    if unread.height == addresses.height:
        return long
    return pl.concat([short.join(long.select("row"), on="row", how="anti"), long.select(short.columns)]).sort("row")


def _cut(texts: pl.Series) -> pl.Series:
    """Characters up to the last ending of a division's name before the street begins; 0 where there is none."""
    if texts.is_empty():
        return pl.Series(dtype=pl.Int64)
    points, starts = code_points(texts)
    at = np.minimum(starts[:, None] + np.arange(_WINDOW), len(points) - 1)
    kinds = _kind_of()[np.minimum(points, 0xFFFF)][at]
    stops = kinds == _STOP
    first = np.where(stops.any(axis=1), stops.argmax(axis=1), _WINDOW)
    endings = (kinds == _ENDING) & (np.arange(_WINDOW) < first[:, None])
    last = np.where(endings.any(axis=1), _WINDOW - endings[:, ::-1].argmax(axis=1), 0)
    follows = points[np.minimum(starts + last, len(points) - 1)]
    return pl.Series(np.where(np.isin(follows, [ord(character) for character in "大小驾"]), 0, last))


_ENDING, _STOP = 1, 2


@functools.cache
def _kind_of() -> npt.NDArray[np.uint8]:
    table = np.zeros(0x10000, dtype=np.uint8)
    table[:0x80] = _STOP
    for characters, kind in ((_KINDS, _ENDING), (_STOPS, _STOP)):
        for character in characters:
            table[ord(character)] = kind
    return table


def divide_long(addresses: pl.DataFrame) -> pl.DataFrame:
    """:func:`divide` by looking for words."""
    found = _words_of(addresses)
    heads = found.group_by("row", maintain_order=True).agg(
        head=pl.concat_str(pl.when("gap").then(pl.lit("~")).otherwise(pl.lit("")), "word").str.join("|"),
        end=pl.col("end"),
        gapped=pl.col("gap").any(),
    )
    heads = heads.join(_resolved(heads.select("head").unique()), on="head", how="left")
    used = pl.col("used").fill_null(0)
    heads = heads.with_columns(taken=pl.when(used > 0).then(pl.col("end").list.get(used - 1, null_on_oob=True))).drop("end", "head")
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
