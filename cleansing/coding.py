"""Words to codes: brand, series and model, channel, dealer, province, event kind, gender, satisfaction.

Dictionaries are files of data/reference that a user extends (:mod:`cleansing.dictionaries`, event_kinds.csv); an unknown word stays as
it was written, normalized, and is flagged, so that it can be counted (reasons brand_unknown, model_unknown, province_unknown) and
listed (`chezhu words`, channels and dealers too).

>>> brand(pl.Series(["一汽-大众", "BMW", "某新品牌", None])).rows()
[('大众', True), ('宝马', True), ('某新品牌', False), (None, None)]
>>> model(pl.Series(["MAGOTAN 330TSI豪华型", "2023款 Camry", "大众 某车"]), pl.Series(["大众", None, "大众"])).rows()
[('迈腾 330TSI豪华型', '迈腾', True), ('凯美瑞 2023款', '凯美瑞', True), ('某车', None, False)]
>>> gender(pl.Series(["先生", "女", "F", "未知"])).to_list()
['M', 'F', 'F', None]
>>> satisfaction(pl.Series(["非常满意", "4.5/5", "9分/10", "85/100", "8分/10分", "四星"])).to_list()
[100.0, 90.0, 90.0, 85.0, 80.0, 80.0]
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import polars as pl

from cleansing import addresses, dictionaries, divisions, reference, text

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
_SCORE = r"[0-9]{1,4}(?:\.[0-9]+)?"
_MODEL_YEAR = "^((?:(?:19|20)?[0-9]{2}款|全新|新款|新一代|第.代|新)+)[ -]*"
EVENT_SOURCES = tuple(_DEFAULT_KIND)
"""Sources whose rows tell of something that happened; customer and crm snapshots do not."""


def brand(values: pl.Series) -> pl.DataFrame:
    """Brand as coded (Chinese name) or as written, and whether it is in the dictionary (null where nothing was written)."""
    return _coded(values, dictionaries.spellings("brands.csv", "brand"), "brand")


def channel(values: pl.Series) -> pl.DataFrame:
    """Channel as coded or as written (a campaign has its own name), and whether it is in the dictionary."""
    return _coded(values, dictionaries.spellings("channels.csv", "channel"), "channel")


def dealer(values: pl.Series) -> pl.DataFrame:
    """``dealer_id`` of dealers' names by dealers.csv, as written where it is not there, and whether it is."""
    named = dictionaries.table("dealers.csv", "dealer_id", "name").select("dealer_id", key=dictionaries.key(pl.col("name")))
    return _coded(values, pl.concat([dictionaries.spellings("dealers.csv", "dealer_id"), named]).unique("key", keep="first"), "dealer_id")


def province(values: pl.Series) -> pl.DataFrame:
    """Official name of today and code (GB/T 2260) of provinces, by provinces.csv or in any Chinese spelling (上海, 沪, 廣東省, Guangdong).

    ``known`` is false where something is written that is none, null where nothing is.
    """
    frame = values.cast(pl.String).alias("written").to_frame()
    distinct = frame.unique().drop_nulls()
    coded = _coded(distinct["written"], _provinces(reference.path("provinces.csv")), "province")
    left = coded["known"].not_().fill_null(value=False)
    read = addresses.divisions(coded["province"].filter(left))
    official = coded["province"].scatter(left.arg_true(), read["province"])
    codes = divisions.current().filter(pl.col("level") == 1).select(province="name", adcode="adcode")
    judged = distinct.with_columns(official.alias("province"), known=pl.when(coded["known"].is_not_null()).then(official.is_not_null()))
    judged = judged.join(codes, on="province", how="left")
    return frame.join(judged, on="written", how="left", maintain_order="left").select("province", "adcode", "known")


@functools.cache
def _provinces(_file: Path) -> pl.DataFrame:
    """Spellings of provinces; also without what kind of division they are (Guangdong Province, 上海 市)."""
    listed = dictionaries.spellings("provinces.csv", "province")
    latin = listed.filter(pl.col("key").str.contains("^[a-z ]{3,}$"))
    longer = [latin.with_columns(key=pl.col("key") + f" {kind}") for kind in ("province", "city", "municipality", "sheng", "shi")]
    return pl.concat([listed, *longer]).unique("key", keep="first")


def _coded(values: pl.Series, known: pl.DataFrame, name: str) -> pl.DataFrame:
    """Each value by the dictionary ``known`` (columns ``name``, key), else normalized; and whether it is there. Each distinct one once."""
    frame = values.cast(pl.String).alias("written").to_frame()
    flat = text.simplify(text.normalize(pl.col("written")))
    distinct = frame.unique().drop_nulls().with_columns(flat=flat).filter(pl.col("flat") != "", ~text.is_junk(pl.col("flat")))
    coded = (
        distinct.with_columns(key=dictionaries.key(pl.col("flat")))
        .join(known.select("key", coded=name), on="key", how="left")
        .select("written", pl.coalesce("coded", "flat").alias(name), known=pl.col("coded").is_not_null())
    )
    return frame.join(coded, on="written", how="left", maintain_order="left").select(name, "known")


def model(values: pl.Series, brands: pl.Series) -> pl.DataFrame:
    """Model, its series, and whether the dictionary has the series.

    Args:
        values: model as written; each distinct one is read once.
        brands: brand as coded, of the same height; null where unknown.

    Returns:
        ``model`` (normalized, upper case, without the brand in front, the series in front as coded: MAGOTAN 330TSI is 迈腾 330TSI),
        ``series`` (null where unknown), ``known`` (false where the brand is one whose series are listed, and none of them is there; null where
        nothing was written or the brand is not listed).
    """
    frame = pl.DataFrame({"written": values.cast(pl.String), "brand": brands.cast(pl.String)})
    distinct = frame.unique().drop_nulls("written").with_columns(flat=text.simplify(text.normalize(pl.col("written"))).str.to_uppercase())
    distinct = distinct.filter((pl.col("flat") != "") & ~text.is_junk(pl.col("flat")))
    # A model is told apart from the brand only by the brand's coded name: synonyms may be part of a model's name.
    bare = pl.col("flat").str.strip_prefix(pl.col("brand").str.to_uppercase().fill_null("")).str.strip_chars(" -·")
    listed = dictionaries.spellings("series.csv", "brand", "series")
    words = distinct.with_columns(bare=pl.when(bare != "").then(bare).otherwise("flat")).with_columns(
        year=pl.col("bare").str.extract(_MODEL_YEAR), body=pl.col("bare").str.replace(_MODEL_YEAR, "")
    )
    found = words.with_columns(key=pl.col("body").str.to_lowercase().str.extract(_series_pattern(reference.path("series.csv"))))
    coded = (
        found.join(listed, on=["brand", "key"], how="left")
        .join(_only_one_brand(listed), on="key", how="left")
        .with_columns(series=pl.coalesce("series", pl.when(pl.col("brand").is_null()).then("lone")))
        .with_columns(rest=pl.col("body").str.slice(pl.col("key").str.len_chars()).str.strip_chars(" -·"))
    )
    whole = pl.concat_str(pl.col("series").str.to_uppercase(), _not_empty("year"), _not_empty("rest"), separator=" ", ignore_nulls=True)
    judged = coded.select(
        "written", "brand", model=pl.when(pl.col("series").is_null()).then("bare").otherwise(whole), series="series",
        known=pl.when(pl.col("series").is_not_null()).then(pl.lit(value=True))
        .when(pl.col("brand").is_in(listed["brand"].unique().implode())).then(pl.lit(value=False)),
    )  # fmt: skip
    return frame.join(judged, on=["written", "brand"], how="left", maintain_order="left", nulls_equal=True).select(
        "model", "series", "known"
    )


def _not_empty(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column).str.strip_chars())


def _only_one_brand(listed: pl.DataFrame) -> pl.DataFrame:
    """Spellings that are of one series only: they tell it without the brand."""
    return (
        listed.group_by("key")
        .agg(lone=pl.col("series").first(), several=pl.col("series").n_unique() > 1)
        .filter(~pl.col("several"))
        .drop("several")
    )


@functools.cache
def _series_pattern(_file: Path) -> str:
    """One spelling at the head, the longest; a Latin one ends where its letters and digits do."""
    words = sorted(set(dictionaries.spellings("series.csv", "brand", "series")["key"]), key=len, reverse=True)
    return "^(" + "|".join(re.escape(word) + (r"\b" if word[-1].isascii() else "") for word in words) + ")"


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
    """Points from 0 to 100: words by their usual order, n/m as a share, stars of five, percent as they are.

    Ingest puts a column's scale behind its bare numbers (7/10). A number without one, as records have that were read before it did, is of the
    first of 5, 10 and 100 points that reaches so far: no order between cells follows from that.
    """
    frame = values.cast(pl.String).alias("written").to_frame()
    flat = (
        text.simplify(text.normalize(pl.col("written"))).str.to_lowercase().str.replace_all(" ", "").str.replace_all("([0-9])[分%]", "$1")
    )
    for figure, word in enumerate("一二三四五", 1):
        flat = flat.str.replace(f"^{word}(颗?星)$", f"{figure}$1")
    flat = flat.str.replace(r"^([0-4](?:\.[0-9]+)?|5)颗?星$", "$1/5").str.replace("([0-9])颗?星$", "$1")
    number = pl.col("flat").str.extract(f"^({_SCORE})$").cast(pl.Float64)
    top, base = (pl.col("flat").str.extract(f"^({_SCORE})/([0-9]{{1,4}})$", i).cast(pl.Float64) for i in (1, 2))
    points = (
        pl.when(pl.col("written").str.contains("[%％]")).then(number)
        .when(number <= 5).then(number * 20).when(number <= 10).then(number * 10).when(number <= 100).then(number)
        .when((base > 0) & (top <= base)).then(top / base * 100)
        .otherwise(pl.col("flat").replace_strict(_SATISFACTION, default=None, return_dtype=pl.Float64))
    )  # fmt: skip
    points = pl.when(points.is_between(0, 100)).then(points.round(1))
    distinct = frame.unique().with_columns(flat=flat).select("written", points=points)
    return frame.join(distinct, on="written", how="left", maintain_order="left", nulls_equal=True)["points"]


@functools.cache
def _event_kinds(file: Path) -> list[tuple[str, str]]:
    return [(pattern, kind) for pattern, kind in pl.read_csv(file).rows()]
