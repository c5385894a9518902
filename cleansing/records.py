"""Records to clean records: every field typed, every problem named, every record scored. A kernel.

Each row is judged by itself, so any split of the rows into batches gives the same result. A phone left in the name goes to the
phones; what a valid id says of birth and gender wins over the columns; an ambiguous place is decided by what else the record
tells: its plate, the dealer's place (dealers.csv), its phone, its id, the first of them that decides; a landline without its area
code gets that of the record's place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from cleansing import (
    amounts,
    coding,
    crosschecks,
    dates,
    dealers,
    divisions,
    emails,
    identities,
    lists,
    located,
    mileage,
    names,
    phones,
    scores,
    text,
)
from cleansing.phones import completing
from cleansing.phones.parts import Reading
from cleansing.reasons import REASONS
from cleansing.score_weights import Weights
from cleansing.vehicles import plates, vins
from engine.tables import schema

STALE_DAYS = 5 * 365
"""A record older than this may no longer be true."""
_PERSON_KINDS = ("person", "title_only", "multiple", "masked")
VEHICLE_SOURCES = ("sale", "service", "insurance")
_KEYS = ("record_id", "row_id", "dealer_id", "source", "role", "source_key", "file_id", "row_number", "main")
_PLAIN_AMOUNT, _PLAIN_MILEAGE = r"^[0-9]{1,9}(?:\.[0-9]{1,2})?$", "^[0-9]{1,6}$"
_ADDRESS_PARTS = ("town", "community", "road", "road_no", "estate", "building", "unit", "room")


@dataclass(frozen=True)
class Fields:
    """What each field's module found, row by row, beside the records themselves."""

    records: pl.DataFrame
    name: pl.DataFrame
    phone: Reading
    phone_place: pl.DataFrame
    identity: pl.DataFrame
    id_place: pl.DataFrame
    address: pl.DataFrame
    email: pl.DataFrame
    vin: pl.DataFrame
    plate: pl.DataFrame
    event_date: pl.DataFrame
    birth_date: pl.DataFrame
    brand: pl.DataFrame
    model: pl.DataFrame
    gender: pl.Series
    postcode: pl.DataFrame


def clean(records: pl.DataFrame, *, as_of: dt.date, hints: pl.DataFrame | None = None, weights: Weights | None = None) -> pl.DataFrame:
    """RECORDS to CLEAN_RECORDS, same height and order.

    Args:
        records: rows of engine.tables RECORDS.
        as_of: the date that dated rules use (birth dates, model years, future dates, stale records).
        hints: where dealers are: dealer_id, province, city (official names); default those of dealers.csv (:mod:`cleansing.dealers`).
        weights: weights of the scores; default those of the reference data (:func:`cleansing.scores.current`).
    """
    fields = _read(records, as_of=as_of, hints=hints)
    columns = _columns(fields)
    facts = _facts(fields, columns)
    problems = _problems(fields, crosschecks.problems(facts), as_of=as_of)
    scored = scores.score(problems, **_filled(fields, columns), weights=weights or scores.current())
    repaired = [reason.code for reason in REASONS.values() if reason.repaired]
    structs = problems.select(pl.struct("field", "reason", "value", repaired=pl.col("reason").is_in(repaired))).to_series()
    listed = lists.gather(structs, problems["row"], height=len(records)).alias("problems")
    wanted = schema("clean_records")
    return pl.concat([columns, listed.to_frame(), scored], how="horizontal").select(
        pl.col(name).cast(dtype) for name, dtype in wanted.items()
    )


def _read(records: pl.DataFrame, *, as_of: dt.date, hints: pl.DataFrame | None) -> Fields:
    """Every field by its own module."""
    name = names.clean(records["name"])
    cells = _with_leftover(records["phone"], name["leftover_phone"])
    phone = phones.read(cells)
    phone_place = located.of_phones(phone.numbers, height=len(records))
    identity = identities.clean(records["id_number"], as_of=as_of)
    brand = coding.brand(records["brand"])
    id_place = divisions.of_code(identity["region"])
    plate = plates.clean(records["plate"])
    dealer_place = dealers.places(records["dealer_id"], listed=hints)
    address = located.read(records, phone_place=phone_place, id_place=id_place, plate=plate, dealer_place=dealer_place)
    place = located.place(address, dealer_place=dealer_place, phone_place=phone_place, plate=plate)
    return Fields(
        records=records,
        name=name,
        phone=completing.complete(phone, cells, completing.codes_of(place)),
        phone_place=phone_place,
        identity=identity,
        id_place=id_place,
        address=address,
        email=emails.clean(records["email"]),
        vin=vins.clean(records["vin"], as_of=as_of),
        plate=plate,
        event_date=dates.clean(records["event_date"], as_of=as_of, earliest=dates.EARLIEST_EVENT),
        birth_date=dates.clean(records["birth_date"], as_of=as_of),
        brand=brand,
        model=coding.model(records["model"], brand["brand"]),
        gender=coding.gender(records["gender"]),
        postcode=_postcode(records["postcode"]),
    )


def _with_leftover(phone: pl.Series, leftover: pl.Series) -> pl.Series:
    both = pl.DataFrame({"phone": phone.cast(pl.String), "leftover": leftover})
    return both.select(
        pl.when(pl.col("leftover").is_null())
        .then("phone")
        .otherwise(pl.concat_str("phone", "leftover", separator=" ; ", ignore_nulls=True))
    ).to_series()


def _postcode(values: pl.Series) -> pl.DataFrame:
    """The postcode (6 digits, the first of an existing zone) and its reasons."""
    frame = values.cast(pl.String).alias("written").to_frame()
    flat = text.normalize(pl.col("written")).str.replace(r"\.0+$", "").str.replace_all("[ -]", "")
    good = pl.col("flat").str.contains("^[0-8][0-9]{5}$") & ~pl.col("flat").is_in(["000000", "111111", "123456"])
    wrong = (pl.col("flat") != "") & ~good & ~text.is_junk(pl.col("flat"))
    return frame.with_columns(flat=flat).select(
        postcode=pl.when(good).then("flat"), reasons=pl.concat_list(pl.when(wrong).then(pl.lit("postcode_invalid"))).list.drop_nulls()
    )


def _columns(fields: Fields) -> pl.DataFrame:
    """Columns of CLEAN_RECORDS but problems and scores."""
    name, identity, address = fields.name, fields.identity, fields.address
    valid_id = identity["valid"] & identity["type"].is_not_null()
    frame = fields.records.select(_KEYS).with_columns(
        event_date=fields.event_date["date"],
        name_kind=name["kind"], name_test=name["reasons"].list.contains("name_test"), name=name["name"], surname=name["surname"], given_name=name["given"], honorific=name["title"],
        name_pinyin=name["pinyin"], name_gender=name["gender"], gender_column=fields.gender,
        phones=phones.e164_lists(fields.phone.numbers, height=len(name)),
        mobile=fields.phone_place["mobile"], phone_province=fields.phone_place["province"], phone_city=fields.phone_place["city"],
        emails=fields.email["emails"],
        id_type=identity["type"], id_number=identity["normalized"], id_birth=identity["birth"], id_gender=identity["gender"], id_valid=valid_id,
        birth_column=fields.birth_date["date"],
        province=address["province"], city=address["city"], district=address["district"], adcode=address["adcode"],
        **{part: address[part] for part in _ADDRESS_PARTS},
        address=address["normalized"],
        postcode=fields.postcode["postcode"], postcode_in_text=address["postcode_in_text"],
        vin=fields.vin["normalized"], plate=fields.plate["normalized"], brand=fields.brand["brand"],
        model=fields.model["model"],
    )  # fmt: skip
    by_title = pl.when(pl.col("honorific").is_not_null()).then("name_gender")
    organization_id = pl.col("id_type").is_in(crosschecks.ORGANIZATION_IDS)
    return frame.with_columns(
        id_type=pl.when("id_valid").then("id_type"),
        party=pl.when(pl.col("name_test")).then(pl.lit("test"))
        .when(pl.col("name_kind") == "company").then(pl.lit("organization"))
        .when(pl.col("name_kind").is_in(_PERSON_KINDS)).then(pl.lit("person"))
        .when(pl.col("id_valid") & organization_id).then(pl.lit("organization"))
        .when("id_valid").then(pl.lit("person")),
        gender=pl.when(pl.col("name_kind") != "company").then(pl.coalesce("id_gender", by_title, "gender_column", "name_gender")),
        birth_date=pl.coalesce("id_birth", "birth_column"),
        postcode=pl.coalesce("postcode", "postcode_in_text"),
    )  # fmt: skip


def _facts(fields: Fields, columns: pl.DataFrame) -> pl.DataFrame:
    """What the cross checks compare."""
    written = fields.records.select(pl.col("gender", "birth_date", "name", "brand", "address", "plate").name.suffix("_written"))
    return columns.select(
        "gender_column", gender_title=pl.when(pl.col("honorific").is_not_null()).then("name_gender"), gender_id="id_gender",
        birth_column="birth_column", birth_id="id_birth", name_kind="name_kind", id_type="id_type", brand="brand", province="province",
    ).with_columns(
        phone_province=fields.phone_place.select(pl.coalesce("province", "line_province")).to_series(),
        brand_known=fields.brand["known"], wmi=fields.vin["wmi"], plate_province=fields.plate["province"],
        id_province=fields.id_place["province"],
    ).hstack(written)  # fmt: skip


def _problems(fields: Fields, contradictions: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """All problems, one row each, in the order of rows and fields: row, field, reason, value."""
    records = fields.records
    sources = {
        "name": (fields.name["reasons"], records["name"]),
        "phone": (fields.phone.cells["reasons"], records["phone"]),
        "id_number": (fields.identity["reasons"], records["id_number"]),
        "address": (fields.address["reasons"], records["address"]),
        "email": (fields.email["reasons"], records["email"]),
        "vin": (fields.vin["reasons"], records["vin"]),
        "plate": (fields.plate["reasons"], records["plate"]),
        "event_date": (fields.event_date["reasons"], records["event_date"]),
        "birth_date": (fields.birth_date["reasons"], records["birth_date"]),
        "postcode": (fields.postcode["reasons"], records["postcode"]),
        "gender": (_flags(_says_something(records["gender"]) & fields.gender.is_null(), "gender_invalid"), records["gender"]),
        "province": (_flags(coding.province(records["province"])["known"].not_(), "province_unknown"), records["province"]),
        "brand": (_flags(fields.brand["known"].not_(), "brand_unknown"), records["brand"]),
        "model": (_flags(fields.model["known"].not_(), "model_unknown"), records["model"]),
    }
    parts = [
        pl.DataFrame({"row": pl.arange(len(records), eager=True, dtype=pl.UInt32), "reason": reasons, "value": value})
        .filter(pl.col("reason").list.len() > 0)
        .explode("reason")
        .select("row", pl.lit(field).alias("field"), "reason", "value")
        for field, (reasons, value) in sources.items()
    ]
    parts += [_unreadable(records, "amount", _PLAIN_AMOUNT, amounts.clean), _unreadable(records, "mileage", _PLAIN_MILEAGE, mileage.clean)]
    dated = fields.event_date.select("date").with_row_index("row").with_columns(age=(pl.lit(as_of) - pl.col("date")).dt.total_days())
    timely = dated.select(
        "row", field=pl.lit("event_date"),
        reason=pl.when(pl.col("date").is_null()).then(pl.lit("no_event_date")).when(pl.col("age") > STALE_DAYS).then(pl.lit("stale_record")),
        value=records["event_date"],
    ).drop_nulls("reason")  # fmt: skip
    return pl.concat([*parts, timely, contradictions]).sort("row", maintain_order=True)


def _unreadable(records: pl.DataFrame, field: str, plain: str, clean: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """Problems of a column of numbers that hang on the main records; the plain ones need no look."""
    written = pl.DataFrame({"row": pl.arange(len(records), eager=True, dtype=pl.UInt32), "value": records[field].cast(pl.String)})
    doubtful = written.filter(records["main"] & written["value"].str.contains(plain).not_())
    return (
        doubtful.with_columns(reason=clean(doubtful["value"])["reasons"])
        .filter(pl.col("reason").list.len() > 0)
        .explode("reason")
        .select("row", pl.lit(field).alias("field"), "reason", "value")
    )


def _flags(wrong: pl.Series, reason: str) -> pl.Series:
    """The reason in a list where ``wrong`` is true, else an empty list."""
    flagged = pl.when(pl.col("wrong")).then(pl.lit(reason))
    return wrong.alias("wrong").to_frame().select(pl.concat_list(flagged).list.drop_nulls()).to_series()


def _says_something(values: pl.Series) -> pl.Series:
    """Whether a cell has text that is no word for "none"; looked at once for each distinct value."""
    flat = text.normalize(pl.col("written"))
    distinct = values.cast(pl.String).alias("written").unique().drop_nulls().to_frame()
    words = distinct.filter((flat != "") & ~text.is_junk(flat))["written"]
    return values.cast(pl.String).is_in(words.implode()).fill_null(value=False)


def _filled(fields: Fields, columns: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Which fields of completeness a record has after cleansing, had as it came, and should have."""
    usable = columns.select(
        name=pl.col("name").is_not_null(),
        phone=pl.col("phones").list.len() > 0,
        address=pl.col("adcode").is_not_null(),
        id_number=pl.col("id_number").is_not_null(),
        vehicle=pl.col("vin").is_not_null() | pl.col("plate").is_not_null(),
    )
    written = fields.records.select(
        name=_is_written("name"), phone=_is_written("phone"), address=_is_written("address"), id_number=_is_written("id_number"),
        vehicle=_is_written("vin") | _is_written("plate"),
    )  # fmt: skip
    repaired = {"phone": fields.phone.cells["status"], "id_number": fields.identity["status"]}
    raw = usable.select(
        pl.Series(column.name, column & written[column.name] & (repaired[column.name] != "repaired") if column.name in repaired else column & written[column.name])
        for column in usable
    )  # fmt: skip
    expected = columns.select(
        name=pl.lit(value=True), phone=pl.lit(value=True), address=pl.lit(value=True), id_number=pl.lit(value=True),
        vehicle=(pl.col("source").is_in(VEHICLE_SOURCES) & pl.col("main")).fill_null(value=False),
    )  # fmt: skip
    return {"filled": usable, "filled_raw": raw, "expected": expected}


def _is_written(column: str) -> pl.Expr:
    return (pl.col(column).str.strip_chars().str.len_bytes() > 0).fill_null(value=False)
