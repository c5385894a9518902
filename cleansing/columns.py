"""Columns of any table, standardized by kind, as matching compares them (`chezhu match`).

Every text: NFKC, lower case, one space, traditional to simplified; "nothing" (empty, 无, null, n/a …) is null. By kind:

- name: + ``__surname``, ``__given``, ``__pinyin`` where Chinese; given_name, surname: + ``__pinyin`` where Chinese;
- phone: List of E.164 where it can be read, else its digits (a number of another country is kept), by the plan of ``country``; email: List, lower case;
- date: YYYYMMDD where it can be read, else its digits as they are (a wrong date still tells people apart);
- identifier, vin, plate: upper case, letters and digits only, repaired and upgraded where the field's module proves it;
- address: + ``__adcode``, ``__road``, ``__road_no``, ``__building``, ``__unit``, ``__room`` where Chinese;
- street, number, city, postcode, category, text: the text.

Each distinct value is read once. Columns without a kind stay as they are.

>>> frame = pl.DataFrame({"n": ["Ann  LEE", "万俟雪"], "t": ["02 6123 4567", "139-1785-2046"], "d": ["1939-13-12", "5.3.1988"]})
>>> prepare(frame, {"n": "name", "t": "phone", "d": "date"}, as_of=dt.date(2026, 1, 1)).row(0)
('ann lee', None, None, None, ['0261234567'], '19391312')
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from cleansing import addresses, dates, emails, identities, names, phones, text
from cleansing.names import readings
from cleansing.phones import abroad, grammar
from cleansing.vehicles import plates, vins

KINDS = frozenset(
    "name given_name surname date phone email identifier address street number city postcode plate vin category text".split()  # noqa: SIM905  (one line reads better)
)
_HAN = r"\p{Han}"
CHINA = "CN"
_WORDS = ("no", "x", "xx", "aaa", "abc", "demo", "test")  # say nothing in a dealer's export, may be values of any other table
_ADDRESS_PARTS = ("adcode", "road", "road_no", "building", "unit", "room")
_CHINESE_PHONE = r"^(?:[48]00[0-9]{7}|0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}|[12][0-9]{9,10}|86[0-9]+)$"


class ColumnKindError(ValueError):
    """A column is asked for that is not there, or a kind that does not exist."""


def prepare(frame: pl.DataFrame, kinds: Mapping[str, str], *, as_of: dt.date, country: str = CHINA) -> pl.DataFrame:
    """The frame with the columns of ``kinds`` standardized and their parts behind each; same height and order.

    Args:
        frame: any table.
        kinds: column name to kind (see the module).
        as_of: settles years of two digits.
        country: whose phones are written without a country's code (ISO 3166, two letters).

    Raises:
        ColumnKindError: a column is missing or a kind unknown.
    """
    for name, kind in kinds.items():
        if name not in frame.columns:
            message = f"column {name!r} is not in the table; it has: {', '.join(frame.columns)}"
            raise ColumnKindError(message)
        if kind not in KINDS:
            message = f"column {name!r}: kind {kind!r} is unknown; known are: {', '.join(sorted(KINDS))}"
            raise ColumnKindError(message)
    columns: list[pl.Series] = []
    for column in frame.get_columns():
        columns.extend(_standard(column, kinds[column.name], as_of=as_of, country=country) if column.name in kinds else [column])
    return pl.DataFrame(columns)


def _standard(column: pl.Series, kind: str, *, as_of: dt.date, country: str) -> list[pl.Series]:
    """The column standardized, and its parts; every distinct value is read once."""
    written = _as_text(column).rename("written")
    distinct = written.unique().drop_nulls()
    match kind:
        case "name":
            read = _names(distinct)
        case "given_name" | "surname":
            read = _part_of_name(distinct, kind)
        case "phone":
            read = _phones(distinct) if country == CHINA else _phones_abroad(distinct, country)
        case "email":
            read = emails.clean(distinct).select(value=pl.when(pl.col("emails").list.len() > 0).then("emails"))
        case "date":
            read = _dates(distinct, as_of=as_of)
        case "identifier" | "vin" | "plate":
            read = _codes(distinct, kind, as_of=as_of)
        case "address":
            read = _addresses(distinct)
        case _:
            read = distinct.to_frame().select(value=_plain(pl.col("written")))
    rows = written.to_frame().join(read.with_columns(written=distinct), on="written", how="left", maintain_order="left").drop("written")
    return [part.rename(column.name if part.name == "value" else f"{column.name}__{part.name}") for part in rows]


def _as_text(column: pl.Series) -> pl.Series:
    """Any column as text: a date as YYYY-MM-DD, a whole number stored as a float without its .0."""
    if column.dtype.is_float():
        whole = ((column % 1 == 0) | column.is_null() | column.is_nan()).all()
        return column.fill_nan(None).cast(pl.Int64 if whole else pl.Float64).cast(pl.String)
    if column.dtype == pl.Datetime:
        return column.cast(pl.Date).cast(pl.String)
    return column.cast(pl.String)


def _plain(written: pl.Expr, *, person: bool = False) -> pl.Expr:
    """Standardized text; null where it says nothing. Digits say something, whatever they are (house 111, postcode 2222)."""
    flat = text.simplify(text.normalize(written)).str.to_lowercase()
    nothing = text.is_junk(flat) & ~flat.str.contains("^[0-9]+$") & ~flat.is_in(_WORDS)
    if person:  # there are people of this surname
        nothing = nothing & (flat != "na")
    return pl.when(~nothing & (flat != "")).then(flat)


def _names(distinct: pl.Series) -> pl.DataFrame:
    frame = distinct.to_frame().with_columns(plain=_plain(pl.col("written"), person=True))
    chinese = frame.filter(pl.col("plain").str.contains(_HAN))
    parsed = names.clean(chinese["written"]).select("name", "surname", "given", "pinyin").with_columns(written=chinese["written"])
    joined = frame.join(parsed, on="written", how="left", maintain_order="left")
    return joined.select(value=pl.coalesce(pl.col("name").str.to_lowercase(), "plain"), surname="surname", given="given", pinyin="pinyin")


def _part_of_name(distinct: pl.Series, kind: str) -> pl.DataFrame:
    frame = distinct.to_frame().select(value=_plain(pl.col("written"), person=True))
    chinese = frame["value"].str.contains(_HAN).fill_null(value=False)
    pinyin = readings.given_reading(frame["value"].filter(chinese))
    read = pl.DataFrame({"value": frame["value"].filter(chinese), "pinyin": pinyin}).unique("value")
    if kind == "surname":
        table = readings.surnames().unique("surname", keep="first", maintain_order=True)
        known = pl.col("value").replace_strict(table["surname"], table["reading"], default=None, return_dtype=pl.String)
        read = read.with_columns(pinyin=pl.coalesce(known, "pinyin"))
    return frame.join(read, on="value", how="left", maintain_order="left")


def _phones(distinct: pl.Series) -> pl.DataFrame:
    """E.164 of what reads as a Chinese or international number, else the digits of the cell."""
    frame = distinct.to_frame().with_columns(digits=text.normalize(pl.col("written")).str.replace_all("[^0-9]", ""))
    # Short digits that cannot be Chinese numbers are not sent through the reader: whole columns of foreign numbers are.
    local = (
        pl.col("written").str.contains(r"^[0-9 ().\-]+$")
        & (pl.col("digits").str.len_bytes() <= 10)
        & ~pl.col("digits").str.contains(_CHINESE_PHONE)
    )
    frame = frame.with_columns(local=local.fill_null(value=False))
    read_ = frame.filter(~pl.col("local"))
    cleaned = phones.clean(read_["written"]).select("status", "e164").with_columns(written=read_["written"])
    joined = frame.join(cleaned, on="written", how="left", maintain_order="left")
    nothing = pl.col("status").is_in(["placeholder", "masked", "empty"]) | _no_number(pl.col("digits"))
    digits = pl.when(~nothing.fill_null(value=False)).then(pl.concat_list("digits"))
    return joined.select(value=pl.when(pl.col("e164").list.len() > 0).then("e164").otherwise(digits))


def _phones_abroad(distinct: pl.Series, country: str) -> pl.DataFrame:
    """E.164 of what reads as a number of the country or an international one, else the digits of the cell."""
    plain = text.normalize(pl.col("written"))
    frame = distinct.to_frame().with_columns(digits=plain.str.replace_all("[^0-9]", ""), masked=plain.str.contains(r"[*]{2}"))
    nothing = pl.col("masked") | _no_number(pl.col("digits"))
    frame = frame.with_columns(said=pl.when(~nothing).then("written"))
    frame = frame.with_columns(e164=abroad.read(frame["said"], country=country))
    return frame.select(value=pl.coalesce("e164", pl.when(~nothing).then(pl.concat_list("digits"))))


def _no_number(digits: pl.Expr) -> pl.Expr:
    return digits.is_in(pl.Series(sorted(grammar.RUNS)).implode()) | (digits.str.len_bytes() < 3)


def _dates(distinct: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    read = dates.clean(distinct, as_of=as_of, earliest=dt.date.min)
    digits = text.normalize(pl.col("written")).str.replace_all("[^0-9]", "")
    frame = read.select("date").with_columns(written=distinct)
    return frame.select(value=pl.coalesce(pl.col("date").dt.strftime("%Y%m%d"), pl.when(digits.str.len_bytes() > 0).then(digits)))


def _codes(distinct: pl.Series, kind: str, *, as_of: dt.date) -> pl.DataFrame:
    """The normalized code where the field's module proves it, else its letters and digits."""
    match kind:
        case "identifier":
            proven = identities.clean(distinct, as_of=as_of)["normalized"]
        case "vin":
            proven = vins.clean(distinct, as_of=as_of)["normalized"]
        case _:
            proven = plates.clean(distinct)["normalized"]
    flat = text.simplify(text.normalize(pl.col("written"))).str.to_uppercase()
    bare = flat.str.replace_all(r"[^\p{L}\p{N}]", "")
    nothing = text.is_junk(flat) & ~flat.str.contains("^[0-9]*[1-9][0-9]*$")
    return distinct.to_frame().with_columns(proven=proven).select(value=pl.coalesce("proven", pl.when(~nothing & (bare != "")).then(bare)))


def _addresses(distinct: pl.Series) -> pl.DataFrame:
    frame = distinct.to_frame().with_columns(plain=_plain(pl.col("written")))
    chinese = frame.filter(pl.col("plain").str.contains(_HAN))
    parsed = addresses.clean(chinese["written"]).select(*_ADDRESS_PARTS, "normalized").with_columns(written=chinese["written"])
    joined = frame.join(parsed, on="written", how="left", maintain_order="left")
    # 522弄16号楼 is 522弄16号: behind a lane the number is the building's
    in_lane = (pl.col("road_no").str.ends_with("弄") & pl.col("building").is_not_null()).fill_null(value=False)
    joined = joined.with_columns(
        road_no=pl.when(in_lane).then(pl.concat_str("road_no", "building", pl.lit("号"))).otherwise("road_no"),
        building=pl.when(~in_lane).then("building"),
    )
    return joined.select(
        value=pl.coalesce(pl.col("normalized").str.to_lowercase(), "plain"), **{part: pl.col(part) for part in _ADDRESS_PARTS}
    )
