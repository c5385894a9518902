"""The candidates of each block: fields that survive together, what makes two of them equal, and how good they are.

Fields that belong together come from one record, so that an impossible mix cannot arise: the whole name; the number with birth
date and gender; the whole address. A resident id says birth date and gender itself (GB 11643), and they are read from it.
"""

from __future__ import annotations

import polars as pl

from matching.survivorship import fuller
from matching.survivorship.offers import OFFERED, are_there, of_records
from matching.survivorship.pick import UNDATED
from matching.survivorship.rules import Block, SurvivorshipRules
from matching.survivorship.steward import fitting, heard

PROBLEM_FIELDS: dict[Block, tuple[str, ...]] = {
    "party": ("name",),
    "name": ("name",),
    "identity": ("id_number", "name/id_number", "birth_date/id_number", "gender/id_number"),
    "birth_date": ("birth_date", "birth_date/id_number"),
    "gender": ("gender", "gender/id_number", "gender/name"),
    "phone": ("phone",),
    "email": ("email",),
    "address": ("address",),
    "vin": ("vin", "brand/vin"),
    "plate": ("plate",),
}
"""Fields (two where they contradict each other) whose problems put a block's value in doubt."""

ORGANIZATION_IDS = ("uscc", "org_code")
ID_WITH_BIRTH = ("resident_id", "hkmt_residence_permit")
"""Numbers in the form of GB 11643: digits 7 to 14 are the birth date, an odd digit 17 is male."""

PARTS = ("province", "city", "district", "town", "community", "road", "road_no", "estate", "building", "unit", "room")
COLUMNS = (
    "record_id", "dealer_id", "source", "party", "name", "surname", "given_name", "gender", "phones", "mobile", "emails",
    "id_type", "id_number", "birth_date", *PARTS, "adcode", "address", "postcode", "vin", "plate", "problems",
)  # fmt: skip
"""What survivorship reads of ``clean_records``, beside the event date."""


def prepare(frame: pl.DataFrame, rules: SurvivorshipRules) -> pl.DataFrame:
    """Adds what the blocks share: ``date``, ``recency``, and for each block ``trust_<block>`` and ``clean_<block>``; an offer's trust is its own."""
    doubted = pl.col("problems").list.eval(
        pl.element().struct.field("field").filter(~pl.element().struct.field("repaired").fill_null(value=False))
    )
    frame = frame.with_columns(
        date=pl.col("event_date"),
        recency=pl.col("event_date").to_physical().cast(pl.Int64).fill_null(UNDATED),
        doubted=doubted.fill_null([]),
    )
    own = pl.col("grade") if are_there(frame) else pl.lit(None, pl.Int64)
    return frame.with_columns(
        *(pl.coalesce(own, _trust(block, rules)).alias(f"trust_{block}") for block in PROBLEM_FIELDS),
        *(
            (~pl.any_horizontal(pl.col("doubted").list.contains(field) for field in fields)).cast(pl.Int64).alias(f"clean_{block}")
            for block, fields in PROBLEM_FIELDS.items()
        ),
    ).drop("doubted", "problems")


def party(frame: pl.DataFrame) -> pl.DataFrame:
    """Person or organization."""
    return _candidates(frame, "party", key=pl.col("party"))


def name(frame: pl.DataFrame) -> pl.DataFrame:
    """The whole name; a name of the other party does not count.

    Validity: a full name before a surname, Chinese characters before Latin letters, which do not tell them, a known surname before none (俊杰王).
    """
    chinese = pl.coalesce("name", "surname").str.contains(r"\p{Han}").fill_null(value=False)
    return _candidates(
        frame.filter(pl.col("party").is_null() | pl.col("is_party").is_null() | (pl.col("party") == pl.col("is_party"))),
        "name",
        key=pl.coalesce("name", "surname"),
        validity=pl.sum_horizontal(
            8 * pl.col("name").is_not_null().cast(pl.Int64),
            4 * chinese.cast(pl.Int64),
            2 * pl.col("surname").is_not_null().cast(pl.Int64),
            "clean_name",
        ),
        completeness=_filled("name", "surname", "given_name"),
        keep=("name", "surname", "given_name"),
    )


def identity(frame: pl.DataFrame) -> pl.DataFrame:
    """The number with its kind, and the birth date and gender that belong to it (an organization has neither); one of the other party does not count."""
    of_organization = pl.col("id_type").is_in(ORGANIZATION_IDS)
    fits = pl.col("is_party").is_null() | (of_organization == (pl.col("is_party") == "organization"))
    in_number = pl.col("id_type").is_in(ID_WITH_BIRTH) & pl.col("id_number").str.contains("^[0-9]{17}[0-9X]$")
    born = pl.col("id_number").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    of_person = ~of_organization.fill_null(value=False)
    male = pl.col("id_number").str.slice(16, 1).is_in(["1", "3", "5", "7", "9"])
    return (
        _candidates(
            frame.filter(fits.fill_null(value=True)),
            "identity",
            key=pl.col("id_number"),
            keep=("id_type", "id_number", "birth_date", "gender"),
        )
        .with_columns(
            in_number=in_number,
            birth_date=pl.when(in_number).then(born).when(of_person).then("birth_date"),
            gender=pl.when(in_number).then(pl.when(male).then(pl.lit("M")).otherwise(pl.lit("F"))).when(of_person).then("gender"),
        )
        .pipe(fitting, of_records(frame))
    )


def trait(frame: pl.DataFrame, field: Block) -> pl.DataFrame:
    """Birth date or gender where no number says it: of persons only, and never from a record with another number."""
    same = pl.col("id_number").is_null() | (pl.col("id_number") == pl.col("won_id")).fill_null(value=True)
    person = pl.col("is_party").ne_missing("organization")
    return _candidates(frame.filter(same & person), field, key=pl.col(field).cast(pl.String), keep=(field,))


def phone(frame: pl.DataFrame) -> pl.DataFrame:
    """Each number of each record. Validity: a mobile before a landline."""
    numbers = frame.filter(pl.col("phones").list.len() > 0).explode("phones")
    mobile = (pl.col("phones") == pl.col("mobile")).fill_null(value=False) | pl.col("phones").str.contains(r"^\+861[3-9][0-9]{9}$")
    return _candidates(
        numbers.with_columns(is_mobile=mobile),
        "phone",
        key=pl.col("phones"),
        validity=2 * mobile.cast(pl.Int64) + pl.col("clean_phone"),
        keep=("is_mobile",),
    )


def email(frame: pl.DataFrame) -> pl.DataFrame:
    """Each e-mail of each record."""
    return _candidates(frame.filter(pl.col("emails").list.len() > 0).explode("emails"), "email", key=pl.col("emails"))


def address(frame: pl.DataFrame) -> pl.DataFrame:
    """The whole address, with ``fuller.pieces``. Validity: one that reaches a house, then one that ends at the district or town."""
    return _candidates(
        frame.with_columns(fuller.pieces()),
        "address",
        key=pl.coalesce("address", pl.concat_str("province", "city", "district", ignore_nulls=True).replace("", None)),
        validity=2 * _depth() + pl.col("clean_address"),
        completeness=fuller.completeness(),
        keep=("province", "city", "district", "adcode", "road", "road_no", "estate", "address", "postcode", "depth", "pieces"),
    )


def car(frame: pl.DataFrame, field: Block, rules: SurvivorshipRules) -> pl.DataFrame:
    """Each VIN or plate, but not of exports that name cars of others."""
    return _candidates(frame.filter(~pl.col("source").is_in(rules.cars_not_from)), field, key=pl.col(field))


def _candidates(
    frame: pl.DataFrame,
    block: Block,
    *,
    key: pl.Expr,
    validity: pl.Expr | None = None,
    completeness: pl.Expr | None = None,
    keep: tuple[str, ...] = (),
) -> pl.DataFrame:
    offered = tuple(OFFERED) if are_there(frame) else ()
    candidates = frame.with_columns(depth=_depth() if "depth" in keep else pl.lit(0)).select(
        "customer_id",
        "place",
        "record_id",
        "date",
        *keep,
        *offered,
        key=key,
        trust=f"trust_{block}",
        validity=pl.col(f"clean_{block}") if validity is None else validity,
        clean=f"clean_{block}",
        recency="recency",
        completeness=pl.lit(0, pl.Int64) if completeness is None else completeness,
        steward="decision",
        prefers="prefers",
    ).filter(pl.col("key").is_not_null())  # fmt: skip
    if not offered:
        return heard(candidates)
    offers = candidates.filter(pl.col("reference").is_not_null()).drop("prefers").with_columns(by_record=pl.lit(value=False))
    return pl.concat([heard(of_records(candidates)), offers])


def _trust(block: Block, rules: SurvivorshipRules) -> pl.Expr:
    grades = rules.of(block).trust or {}
    return pl.col("source").replace_strict(list(grades), list(grades.values()), default=rules.other, return_dtype=pl.Int64)


def _depth() -> pl.Expr:
    """2 where the post finds it (a house on a road, an estate, a village), 1 where it ends at a district, town or road, else 0."""
    house = (
        (pl.col("road").is_not_null() & pl.col("road_no").is_not_null())
        | pl.col("estate").is_not_null()
        | pl.col("community").is_not_null()
    )
    area = pl.any_horizontal(pl.col(part).is_not_null() for part in ("district", "town", "road"))
    return pl.when(house).then(2).when(area).then(1).otherwise(0).cast(pl.Int64)


def _filled(*columns: str) -> pl.Expr:
    return pl.sum_horizontal(pl.col(column).is_not_null().cast(pl.Int64) for column in columns)
