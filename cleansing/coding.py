"""Words to codes: brand, model, event kind, gender, satisfaction.

Dictionaries are files of data/reference that a user extends (brands.csv, event_kinds.csv); an unknown word stays as it was
written, normalized, and is flagged, so that it can be counted and listed.

>>> brand(pl.Series(["一汽-大众", "BMW", "某新品牌", None])).rows()
[('大众', True), ('宝马', True), ('某新品牌', False), (None, None)]
>>> gender(pl.Series(["先生", "女", "F", "未知"])).to_list()
['M', 'F', 'F', None]
>>> satisfaction(pl.Series(["非常满意", "4.5", "9分", "85", "4/5"])).to_list()
[100.0, 90.0, 90.0, 85.0, 80.0]
"""

from __future__ import annotations

import functools
from pathlib import Path

import polars as pl

from cleansing import reference, text

_GENDERS = {
    "M": ("男", "男性", "男士", "先生", "m", "male", "man", "mr", "mr.", "1", "男的", "男人"),
    "F": ("女", "女性", "女士", "小姐", "太太", "f", "female", "woman", "ms", "ms.", "mrs", "mrs.", "miss", "2", "女的", "女人", "0"),
}
_SATISFACTION = {
    "非常满意": 100.0, "很满意": 95.0, "十分满意": 100.0, "满意": 85.0, "比较满意": 80.0, "较满意": 80.0, "基本满意": 70.0, "一般": 60.0, "还可以": 65.0,
    "不太满意": 40.0, "较不满意": 40.0, "不满意": 30.0, "很不满意": 10.0, "非常不满意": 0.0, "十分不满意": 0.0, "好": 85.0, "很好": 95.0, "差": 30.0, "很差": 10.0, "优": 95.0, "良": 80.0,
}  # fmt: skip
_DEFAULT_KIND = {
    "sale": "sale", "service": "service", "lead": "lead", "test_drive": "test_drive", "call_center": "call", "web": "web", "survey": "survey",
    "complaint": "complaint", "insurance": "insurance", "parts": "parts", "campaign": "campaign", "opt_out": "opt_out",
}  # fmt: skip
EVENT_SOURCES = tuple(_DEFAULT_KIND)
"""Sources whose rows tell of something that happened; customer and crm snapshots do not."""


def brand(values: pl.Series) -> pl.DataFrame:
    """Brand as coded (Chinese name) or as written, and whether it is in the dictionary (null where nothing was written)."""
    known = _brands(reference.path("brands.csv"))
    frame = values.cast(pl.String).alias("written").to_frame()
    flat = text.simplify(text.normalize(pl.col("written")))
    distinct = frame.unique().drop_nulls().with_columns(flat=flat).filter(pl.col("flat") != "", ~text.is_junk(pl.col("flat")))
    key = pl.col("flat").str.to_lowercase().str.replace_all(r"[\s·.()]+", " ").str.strip_chars()
    coded = distinct.with_columns(key=key).join(known, on="key", how="left").select(
        "written", brand=pl.coalesce("coded", "flat"), known=pl.col("coded").is_not_null()
    )  # fmt: skip
    return frame.join(coded, on="written", how="left", maintain_order="left").select("brand", "known")


def model(values: pl.Series, brands: pl.Series) -> pl.Series:
    """Model in one spelling (normalized, upper case, one space, without the brand in front); null where nothing was written."""
    frame = pl.DataFrame({"written": values.cast(pl.String), "brand": brands.cast(pl.String)})
    distinct = frame.unique().with_columns(flat=text.simplify(text.normalize(pl.col("written"))).str.to_uppercase())
    # A model is told apart from the brand only by the brand's coded name: synonyms may be part of a model's name.
    bare = pl.col("flat").str.strip_prefix(pl.col("brand").str.to_uppercase().fill_null("")).str.strip_chars(" -·")
    coded = distinct.select("written", "brand", model=pl.when(~text.is_junk(pl.col("flat")) & (pl.col("flat") != "")).then(
        pl.when(bare != "").then(bare).otherwise("flat")
    ))  # fmt: skip
    return frame.join(coded, on=["written", "brand"], how="left", maintain_order="left", nulls_equal=True)["model"]


def event_kind(values: pl.Series, sources: pl.Series) -> pl.Series:
    """Event kind: of a service order by the words of event_kinds.csv (the first that fits), else the source's own kind.

    maintenance, accident, recall, warranty, insurance, inspection, rescue, accessories, repair, service (a service order that
    does not say), sale, lead, test_drive, call, web, survey, complaint, parts, campaign, opt_out; null for snapshots.
    """
    frame = pl.DataFrame({"written": values.cast(pl.String), "source": sources.cast(pl.String)})
    flat = text.simplify(text.normalize(pl.col("written"))).str.to_lowercase()
    own = pl.col("source").replace_strict(_DEFAULT_KIND, default=None, return_dtype=pl.String)
    words = [
        pl.when(pl.col("flat").str.contains(pattern)).then(pl.lit(name))
        for pattern, name in _event_kinds(reference.path("event_kinds.csv"))
    ]
    kind = pl.when(pl.col("source") == "service").then(pl.coalesce(*words, own)).otherwise(own)
    coded = frame.unique().with_columns(flat=flat).with_columns(kind=kind)
    return frame.join(coded, on=["written", "source"], how="left", maintain_order="left", nulls_equal=True)["kind"]


def gender(values: pl.Series) -> pl.Series:
    """M or F; null where the cell says neither."""
    words = {word: code for code, listed in _GENDERS.items() for word in listed}
    flat = text.normalize(pl.col("written")).str.to_lowercase()
    frame = values.cast(pl.String).alias("written").to_frame()
    distinct = frame.unique().with_columns(gender=flat.replace_strict(words, default=None, return_dtype=pl.String))
    return frame.join(distinct, on="written", how="left", maintain_order="left", nulls_equal=True)["gender"]


def satisfaction(values: pl.Series) -> pl.Series:
    """Points from 0 to 100: words by their usual order, n/m as a share, numbers up to 5 in fifths, up to 10 in tenths."""
    frame = values.cast(pl.String).alias("written").to_frame()
    flat = text.simplify(text.normalize(pl.col("written"))).str.to_lowercase().str.replace("(?:分|颗?星|%)$", "").str.strip_chars()
    number = pl.col("flat").str.extract(r"^([0-9]{1,3}(?:\.[0-9]+)?)$").cast(pl.Float64)
    top, base = (pl.col("flat").str.extract(r"^([0-9]{1,3}(?:\.[0-9]+)?)[/／]([0-9]{1,3})$", i).cast(pl.Float64) for i in (1, 2))
    points = (
        pl.when(pl.col("written").str.contains("%")).then(number)
        .when(number <= 5).then(number * 20).when(number <= 10).then(number * 10).when(number <= 100).then(number)
        .when((base > 0) & (top <= base)).then(top / base * 100)
        .otherwise(pl.col("flat").replace_strict(_SATISFACTION, default=None, return_dtype=pl.Float64))
    )  # fmt: skip
    points = pl.when(points.is_between(0, 100)).then(points.round(1))
    distinct = frame.unique().with_columns(flat=flat).select("written", points=points)
    return frame.join(distinct, on="written", how="left", maintain_order="left", nulls_equal=True)["points"]


@functools.cache
def _brands(file: Path) -> pl.DataFrame:
    """Every spelling (lower case) and its coded brand."""
    table = pl.read_csv(file).select(
        coded="brand", key=pl.concat_str(pl.col("brand").str.to_lowercase(), pl.lit("|"), "synonyms").str.split("|")
    )
    # 哪吒 becomes 哪咤 where characters are simplified: the keys go the same way.
    return (
        table.explode("key", empty_as_null=True).with_columns(text.simplify(pl.col("key"))).unique("key", keep="first", maintain_order=True)
    )


@functools.cache
def _event_kinds(file: Path) -> list[tuple[str, str]]:
    return [(pattern, kind) for pattern, kind in pl.read_csv(file).rows()]
