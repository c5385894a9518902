"""The address of a record: from its address and division columns, and from whatever else decides between places of one name.

Ambiguous places (朝阳区, 鼓楼区) are decided by the plate, the dealer's place, the landline, the mobile or the id: the first that decides.
"""

from __future__ import annotations

import polars as pl

from cleansing import addresses, coding, phones, text

_LEVELS = ("province", "city", "district")


def read(
    records: pl.DataFrame, *, phone_place: pl.DataFrame, id_place: pl.DataFrame, plate: pl.DataFrame, dealer_place: pl.DataFrame
) -> pl.DataFrame:
    """What ``addresses.clean`` gives, one row a record.

    Args:
        records: dealer_id, province, city, district, address as written.
        phone_place: what :func:`of_phones` gives.
        id_place: province and city of the region of a valid id; null where unknown.
        plate: ``province`` of a valid plate.
        dealer_place: province and city of the dealer; null where unknown.
    """
    written = with_divisions(records.select(*_LEVELS, "address"))
    told = [
        plate.select("province"),
        dealer_place.select("province", "city"),
        phone_place.select(province="line_province", city="line_city"),
        phone_place.select("province", "city"),
        id_place.select("province", "city"),
    ]
    return _decided(written, addresses.clean(written), told)


def of_phones(numbers: pl.DataFrame, *, height: int) -> pl.DataFrame:
    """Row by row: ``mobile`` (E.164 of the first), its ``province`` and ``city``, ``line_province`` and ``line_city`` of the first landline.

    ``numbers``: those of a :class:`cleansing.phones.parts.Reading` of ``height`` cells.
    """
    rows = pl.DataFrame({"row": pl.arange(height, dtype=pl.UInt32, eager=True)})
    mobiles, lines = (
        numbers.filter(pl.col("type") == kind).unique("row", keep="first", maintain_order=True) for kind in ("mobile", "landline")
    )
    mobile_places = mobiles.select("row", mobile="e164").hstack(phones.places(mobiles).select("province", "city"))
    line_places = lines.select("row").hstack(phones.places(lines).select(line_province="province", line_city="city"))
    return rows.join(mobile_places, on="row", how="left", maintain_order="left").join(
        line_places, on="row", how="left", maintain_order="left"
    )


def place(address: pl.DataFrame, *, dealer_place: pl.DataFrame, phone_place: pl.DataFrame, plate: pl.DataFrame) -> pl.DataFrame:
    """The province and city that a record's landlines are of, as far as that is sure; null where it is not.

    The city of the address, unless the dealer is in another; else that of the dealer, unless mobile or plate are of another province: people
    come from afar. A county below its province counts as a city; an address that is in doubt tells nothing.
    """
    doubtful = pl.any_horizontal(pl.col("reasons").list.contains(reason) for reason in ("address_ambiguous", "address_mismatch"))
    home = address.select(
        home_province=pl.when(~doubtful).then("province"), home=pl.when(~doubtful).then(pl.coalesce("city", "district"))
    ).hstack(dealer_place.select("province", "city"))
    home = home.with_columns(mobile=phone_place["province"], plate=plate["province"])
    by_home = pl.col("home").is_not_null() & (pl.col("home") == pl.col("city")).fill_null(value=True)
    afar = pl.any_horizontal((pl.col(sign) != pl.col("province")).fill_null(value=False) for sign in ("home_province", "mobile", "plate"))
    by_dealer = pl.col("home").is_null() & ~afar
    return home.select(
        province=pl.when(by_home).then("home_province").when(by_dealer).then("province"),
        city=pl.when(by_home).then("home").when(by_dealer).then("city"),
    )


def with_divisions(columns: pl.DataFrame) -> pl.Series:
    """The address, behind those of the columns province, city and district that it does not name itself.

    A province may be written in English (provinces.csv); a municipality stands in two columns; an address that says nothing is left out where the columns say something.

    >>> with_divisions(pl.DataFrame({"province": ["上海市"], "city": ["上海市"], "district": ["静安区"], "address": ["静安区康定路8号"]})).item()
    '上海市静安区康定路8号'
    """
    columns = columns.cast(pl.String)
    places = columns.select(_LEVELS).unique()
    places = places.hstack(places.select(_said(level).alias(f"named_{level}") for level in _LEVELS))
    coded = coding.province(places["province"])["province"]
    foreign = pl.col("named_province").str.contains(r"^[A-Za-z .]+$") & pl.col("coded").is_not_null()
    places = places.with_columns(coded=coded).with_columns(named_province=pl.when(foreign).then("coded").otherwise("named_province"))
    twice = pl.col("named_city") == pl.col("named_province")
    places = places.with_columns(named_city=pl.when(twice).then(pl.lit("")).otherwise("named_city"))
    rows = columns.with_row_index("row").join(places, on=_LEVELS, how="left", nulls_equal=True, maintain_order="left")
    named = rows.filter(pl.concat_str(f"named_{level}" for level in _LEVELS) != "")
    named = named.hstack(named.select(_said("address").alias("said")))
    front = [
        pl.when(~pl.col("said").str.contains(pl.col(f"named_{level}"), literal=True)).then(f"named_{level}").otherwise(pl.lit(""))
        for level in _LEVELS
    ]
    longer = named.select("row", longer=pl.concat_str(*front, "said"))
    return rows.join(longer, on="row", how="left", maintain_order="left").select(pl.coalesce("longer", "address")).to_series()


def _decided(written: pl.Series, found: pl.DataFrame, told: list[pl.DataFrame]) -> pl.DataFrame:
    """Ambiguous addresses read again with what else is told; the first hint that decides counts, the others stay as they are."""
    ambiguous = found["reasons"].list.contains("address_ambiguous").fill_null(value=False)
    tries = pl.concat(
        hint.select("province", city=pl.col("city") if "city" in hint.columns else pl.lit(None, dtype=pl.String))
        .with_columns(row=pl.arange(len(found), eager=True, dtype=pl.UInt32), turn=turn)
        .filter(ambiguous & pl.col("province").is_not_null())
        for turn, hint in enumerate(told)
    )  # all hints in one reading: each reading of a few addresses costs as much as thousands
    if tries.is_empty():
        return found
    again = addresses.clean(written.gather(tries["row"]), hints=tries.select("province", "city")).with_columns(
        row=tries["row"], turn=tries["turn"]
    )
    decided = again.filter(~pl.col("reasons").list.contains("address_ambiguous")).sort("turn").unique("row", keep="first").drop("turn")
    kept = found.with_columns(row=pl.arange(len(found), eager=True, dtype=pl.UInt32)).join(decided, on="row", how="anti")
    return pl.concat([kept, decided.select(kept.columns)]).sort("row").drop("row")


def _said(column: str) -> pl.Expr:
    """The column's text, empty where it says nothing."""
    flat = text.normalize(pl.col(column))
    return pl.when(text.is_junk(flat)).then(pl.lit("")).otherwise(flat).fill_null("")
