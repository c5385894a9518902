"""Distinct address cells to their parts: cleaned text, division, street, status, one canonical line, reasons."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import polars as pl

from cleansing import reference
from cleansing.addresses import street
from cleansing.addresses.concluding import choose
from cleansing.addresses.dividing import Heads, divide
from cleansing.addresses.points import Ints
from cleansing.addresses.preparing import prepared
from cleansing.divisions import current, history, towns, whole_cities

PARTS = ("town", "community", "road", "road_no", "estate", "building", "unit", "floor", "room", "rest")
COLUMNS = ("province", "city", "district", "adcode", "district_as_written", *PARTS, "status", "normalized", "postcode_in_text", "reasons")
HINTS = ("province", "city", "district")
HINTS_AS = tuple(f"hint_{name}" for name in HINTS)
TOWN = r"^(\p{Han}{1,9}?(?:[乡镇]?街道办事处|[乡镇]?街道|苏木|(?:回族|满族|苗族|瑶族|土家族|畲族|藏族|蒙古族|彝族|壮族|白族|侗族)乡|镇|乡))"
TOWN_INSIDE_NOT = "[路巷弄号村栋幢楼]|大道|小区|花园|公司|广场|大厦|市场|社区"
TOWN_AFTER_NOT = "^(?:[东西南北中]?[一二三四五六七八九十]?[路街巷弄](?:[^村社]|$)|[东西南北中]大?[路街]|大道|政府|中学|小学|医院|卫生院|派出所|村镇|企业|工业)"


def parse(cells: pl.DataFrame) -> pl.DataFrame:
    """``raw`` and the hints (distinct together) to the columns of the result, in the same order."""
    frame, heads = _decided(*_divided(cells))
    told = heads.told(*(name for name in heads.outcomes.columns if name != "candidates"))
    return _concluded(street.split(frame.drop("raw", *HINTS_AS).hstack(told).with_columns(heads.left()))).select(COLUMNS)


def locate(cells: pl.DataFrame) -> pl.DataFrame:
    """The division alone, as :func:`parse` finds it."""
    _, heads = _decided(*_divided(cells))
    return heads.told("province", "city", "district", "adcode", "as_written").rename({"as_written": "district_as_written"})


def as_written(values: pl.Series) -> pl.DataFrame:
    """The parts as they stand in the text, in its order: what annotated addresses are compared with."""
    frame, characters = prepared(values.cast(pl.String).alias("raw").to_frame())
    heads = divide(frame["text"], characters)
    frame = frame.hstack(heads.told()).with_columns(heads.left())
    return street.split(frame, written=True).select(
        "text", "left", "province_as_written", "city_as_written", district_as_written="as_written", town=pl.coalesce("town_written", "town"),
        community="community", road="road", number="number_written", house="house_written", building="building_written", room="room_written",
    )  # fmt: skip


def _divided(cells: pl.DataFrame) -> tuple[pl.DataFrame, Heads]:
    """The cells prepared, and what their heads and towns say."""
    frame, characters = prepared(cells)
    return frame, _since_split(_by_town(divide(frame["text"], characters)))


def _by_town(heads: Heads) -> Heads:
    """The district by the town, where the head left it open: among the candidates, in the city, or alone in the country."""
    told = heads.outcomes.with_columns(by_town=pl.lit(None, dtype=pl.String))
    heads = replace(heads, outcomes=told)
    rows = np.flatnonzero(told["adcode"].str.ends_with("00").fill_null(value=True).to_numpy()[heads.which])
    met = _towns_met(heads, rows)
    several = pl.col("candidates").list.len().fill_null(0) > 0
    among = pl.col("town_adcode").is_in("candidates")
    below = pl.col("town_adcode").str.starts_with(pl.col("adcode").str.strip_chars_end("0").str.pad_end(2, "0")) & ~several
    alone = pl.col("adcode").is_null() & ~several & (pl.col("town").str.len_chars() >= 4)
    met = (
        met.filter((among | below | alone) & pl.col("town_adcode").ne_missing(pl.col("adcode")))
        .unique(["row", "town_adcode"])
        .filter(pl.len().over("row") == 1)
    )
    if met.is_empty():
        return heads
    heads = heads.changed(met["row"].to_numpy(), adcode=met["town_adcode"], by_town=met["town_adcode"])
    return replace(heads, outcomes=heads.outcomes.with_columns(candidates=pl.when(pl.col("by_town").is_null()).then("candidates")))


def _towns_met(heads: Heads, rows: Ints) -> pl.DataFrame:
    """``row``, ``town``, where a town of that name is (``town_adcode``, a row each), and what the head says of those of ``rows`` that name one first."""
    written, left = pl.col("left").str.extract(TOWN, 1), heads.left(rows)
    follows = pl.col("left").str.slice(written.str.len_chars(), 6)
    plausible = ~written.str.contains(TOWN_INSIDE_NOT) & ~follows.str.contains(TOWN_AFTER_NOT)
    asked = pl.DataFrame({"row": rows, "left": left}).with_columns(town=written).filter(pl.col("town").is_not_null() & plausible)
    known = towns().rename({"name": "town", "adcode": "town_adcode"})
    return asked.hstack(heads.outcomes.select("adcode", "candidates", "old", "as_written")[heads.which[asked["row"]]]).join(
        known, on="town"
    )


def _since_split(heads: Heads) -> Heads:
    """The district of today by the town, where the one that is written gave the town away: 余杭区 临平街道 is of 临平区 since 2021.

    It did where it has no such town today, the only one of its city lies in a district that began after it, or the written one is no more.
    """
    began = _began(str(reference.folder()))
    divided = pl.col("adcode").is_in(_cities_with_younger(str(reference.folder())).implode(), nulls_equal=False)
    doubtful = heads.outcomes.with_columns(pl.col("adcode").str.slice(0, 4), whole=~pl.col("adcode").str.ends_with("00"))
    rows = np.flatnonzero(
        doubtful.select(((divided | pl.col("old")) & pl.col("whole")).fill_null(value=False)).to_series().to_numpy()[heads.which]
    )
    if not len(rows):
        return heads
    met = _towns_met(heads, rows).unique(["row", "town_adcode"])
    met = met.filter((pl.col("town_adcode").str.slice(0, 4) == pl.col("adcode").str.slice(0, 4)) & ~pl.col("town").str.starts_with("城关"))
    met = met.filter((pl.len().over("row") == 1) & (pl.col("town_adcode") != pl.col("adcode")) & ~pl.col("town_adcode").str.ends_with("00"))
    met = met.join(began.rename({"began": "since"}), on="adcode", how="left")
    met = met.join(began.rename({"adcode": "town_adcode", "began": "town_since"}), on="town_adcode", how="left")
    met = met.join(current().select("adcode", "name"), on="adcode", how="left")
    gone = pl.col("old") & ~pl.col("name").str.starts_with(pl.col("as_written"))  # the district, not only its city
    met = met.filter((gone | (pl.col("town_since") > pl.col("since"))).fill_null(value=False)).sort("row")
    if met.is_empty():
        return heads
    return heads.changed(met["row"].to_numpy(), adcode=met["town_adcode"], old=pl.Series([True] * len(met)))


@functools.cache
def _began(_folder: str) -> pl.DataFrame:
    """The first year of each district of today, under whatever name and code: what was renamed began with its first name."""
    return history().filter(pl.col("level") == 3).group_by(adcode="today").agg(began=pl.col("first_year").min())


@functools.cache
def _cities_with_younger(folder: str) -> pl.Series:
    """The first four digits of cities whose districts did not all begin at the same time."""
    years = _began(folder).group_by(pl.col("adcode").str.slice(0, 4)).agg(pl.col("began").n_unique())
    return years.filter(pl.col("began") > 1)["adcode"]


def _decided(frame: pl.DataFrame, heads: Heads) -> tuple[pl.DataFrame, Heads]:
    """Ambiguous places by the hints; then the names of the division."""
    told = heads.outcomes.with_columns(by_hint=pl.lit(None, dtype=pl.String))
    heads = replace(heads, outcomes=told)
    several = (told["candidates"].list.len() > 1).fill_null(value=False)
    rows = np.flatnonzero(several.to_numpy()[heads.which])
    asked = frame.select(HINTS_AS)[rows].with_columns(candidates=told["candidates"][heads.which[rows]], row=pl.Series(rows))
    asked = asked.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in HINTS_AS))
    if len(asked):
        key = ["candidates", *HINTS_AS]
        distinct = asked.select(key).unique()
        chosen = [choose(tuple(row[0]), (row[1], row[2], row[3])) for row in distinct.iter_rows()]
        by_hint = pl.Series("by_hint", chosen, dtype=pl.String())
        found = asked.join(distinct.with_columns(by_hint), on=key, how="left", maintain_order="left", nulls_equal=True)
        found = found.filter(pl.col("by_hint").is_not_null())
        heads = heads.changed(found["row"].to_numpy(), adcode=found["by_hint"], by_hint=found["by_hint"])
    return frame, replace(heads, outcomes=_named(heads.outcomes))


def _named(outcomes: pl.DataFrame) -> pl.DataFrame:
    """The names of the divisions, as one ``place``, and whether they are the ``whole`` of one; the district's is known, too, where all candidates share it."""
    ambiguous = (pl.col("candidates").list.len() > 1).fill_null(value=False) & pl.col("by_hint").is_null()
    named = outcomes.with_columns(ambiguous=ambiguous).with_row_index("outcome")
    named = named.join(current().select("adcode", "level", *HINTS), on="adcode", how="left", maintain_order="left")
    same = current().select(pl.col("adcode").alias("one"), one_name=pl.col("district"))
    shared = named.filter("ambiguous").select("outcome", one="candidates").explode("one").join(same, on="one", how="left")
    shared = shared.group_by("outcome").agg(shared=pl.when(pl.col("one_name").n_unique() == 1).then(pl.col("one_name").first()))
    named = named.join(shared, on="outcome", how="left", maintain_order="left").with_columns(district=pl.coalesce("district", "shared"))
    city = pl.when(pl.col("city") != pl.col("province")).then("city")
    return named.drop("outcome", "shared").with_columns(
        place=pl.concat_str("province", city, "district", ignore_nulls=True),
        whole=((pl.col("level") == 3) | pl.col("adcode").is_in(whole_cities().implode())).fill_null(value=False),
    )


def _concluded(frame: pl.DataFrame) -> pl.DataFrame:
    some = pl.any_horizontal(pl.col(part).is_not_null() for part in ("town", "community", "road", "estate"))
    status = (
        pl.when("blank").then(pl.lit("empty"))
        .when("junk").then(pl.lit("junk"))
        .when("ambiguous").then(pl.lit("ambiguous"))
        .when(pl.col("whole") & some).then(pl.lit("valid"))
        .otherwise(pl.lit("partial"))
    )  # fmt: skip
    frame = frame.rename({"as_written": "district_as_written"}).with_columns(status=status)
    # Cells that say nothing have no text, so no parts.
    return frame.with_columns(_line().alias("normalized"), _reasons(frame))


def _line() -> pl.Expr:
    """One line that reads back to the same parts."""
    number = [pl.col(part) + pl.lit(word) for part, word in (("building", "号楼"), ("unit", "单元"), ("floor", "层"), ("room", "室"))]
    joined = pl.concat_str("place", "town", "community", "road", "road_no", "estate", *number, "rest", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _reasons(frame: pl.DataFrame) -> pl.Series:
    """The reasons of each row: a bit for each, and a table of the lists that bits make."""
    said = ~pl.col("status").is_in(["empty", "junk"])
    known = pl.col("adcode").is_not_null()
    codes = {
        "address_junk": (pl.col("status") == "junk") & ~pl.col("mojibake"),
        "address_mojibake": pl.col("mojibake"),
        "address_traditional": said & pl.col("traditional"),
        "address_division_unknown": said & ~known & ~pl.col("ambiguous"),
        "address_province_missing": said & known & ~pl.col("province_written").fill_null(value=False),
        "address_historic": said & pl.col("old"),
        "address_ambiguous": said & pl.col("ambiguous"),
        "address_resolved_by_hint": pl.col("by_hint").is_not_null(),
        "address_resolved_by_town": pl.col("by_town").is_not_null(),
        "address_mismatch": said & pl.col("mismatch"),
    }
    bits = frame.select(when.fill_null(value=False).alias(code) for code, when in codes.items())
    mask = sum((bits[code].to_numpy().astype(np.int64) << bit for bit, code in enumerate(codes)), np.zeros(len(frame), np.int64))
    return _lists(tuple(codes)).gather(mask)


@functools.cache
def _lists(codes: tuple[str, ...]) -> pl.Series:
    """The list of codes that each sum of bits means."""
    lists = [[code for bit, code in enumerate(codes) if mask >> bit & 1] for mask in range(1 << len(codes))]
    return pl.Series("reasons", lists, dtype=pl.List(pl.String))
