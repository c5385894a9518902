"""What the rows found for a customer say together: an offer for each field, or why there is none. A kernel.

Of several rows those with the latest date count. A field is *ambiguous* where they differ, where the row was found by a key that
another customer has too, or where it names another number than the customer has; it is *invalid* where something is written that cleansing cannot go by.
Verifications are judged for each value by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from engine.tables import schema
from matching.survivorship.blocks import COLUMNS
from matching.survivorship.offers import OFFERED
from pipelines.reference_sources.reading import ROWS, VALUE
from pipelines.reference_sources.settings import FieldName, Rule, Source
from pipelines.stages.steward import FIELDS

FOUND: dict[str, pl.DataType] = {
    "customer_id": pl.String(), "shared": pl.Boolean(), "number": pl.String(), "place": pl.String(), **ROWS,
}  # fmt: skip
"""A row of a source found for a customer: whether others have its key too, and the customer's own id_number and address."""
JUDGED: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    **{name: schema("clean_records")[name] for name in COLUMNS},
    "event_date": pl.Date(),
    **OFFERED,
    "outcome": pl.String(),
}
"""An offer as survivorship takes it (``outcome`` null), or a field that offers nothing: ``outcome`` ambiguous or invalid."""
_OWN: dict[FieldName, tuple[str, ...]] = {
    "name": FIELDS["name"], "id_number": FIELDS["id_number"], "birth_date": FIELDS["birth_date"], "gender": FIELDS["gender"],
    "phone": FIELDS["phone"], "email": FIELDS["email"], "address": FIELDS["address"], "postcode": ("postcode",),
}  # fmt: skip
"""What of a clean row belongs to a field."""
_GROUP = ["customer_id", "reference", "field", "about_value"]


def judge(found: pl.DataFrame, *, sources: Sequence[Source]) -> pl.DataFrame:
    """Kernel: ``FOUND`` rows of any number of customers to ``JUDGED``, one row for each customer, source and field (each value of it that was verified)."""
    rows = pl.concat(_said(found, source, field, rule) for source in sources for field, rule in source.fields.items())
    usable = rows.filter(~pl.col("flagged") & pl.col("is_good"))
    newest = usable.with_columns(day=pl.col("event_date").to_physical().fill_null(-(1 << 30))).filter(
        pl.col("day") == pl.col("day").max().over(_GROUP)
    )
    agreed = newest.group_by(_GROUP).agg(
        ways=pl.col("claim").n_unique(), record_id=pl.col("record_id").min(), offer=pl.col("offer").first()
    )
    every = rows.group_by(_GROUP).agg(first=pl.col("record_id").min(), clear=(~pl.col("flagged")).any())
    judged = every.join(agreed, on=_GROUP, how="left", nulls_equal=True).with_columns(
        outcome=pl.when(~pl.col("clear") | (pl.col("ways") > 1)).then(pl.lit("ambiguous"))
        .when(pl.col("ways").is_null()).then(pl.lit("invalid")),
    )  # fmt: skip
    judged = judged.with_columns(record_id=pl.coalesce("record_id", "first"))
    return _offers(judged, found, sources)


def _said(found: pl.DataFrame, source: Source, field: FieldName, rule: Rule) -> pl.DataFrame:
    """What each row says of one field; ``claim`` is what rows must agree in."""
    rows = found.filter((pl.col("reference") == source.name) & pl.col("written").list.contains(field))
    other = (pl.col("number") != pl.col("id_number")).fill_null(value=False)
    good = pl.col("good").list.contains(field)
    verified = rule == "verify"
    offer = (
        pl.when(pl.col("verified")).then(pl.lit("update")).when(~pl.col("verified")).then(pl.lit("strike")) if verified else pl.lit(rule)
    )
    value = VALUE[field]
    return rows.select(
        "customer_id",
        "reference",
        pl.lit(field).alias("field"),
        (value if verified else pl.lit(None, pl.String)).alias("about_value"),
        "record_id",
        "event_date",
        flagged=pl.col("shared") | other,
        is_good=good & offer.is_not_null(),
        offer=offer,
        claim=offer if verified else value,
    )


def _offers(judged: pl.DataFrame, found: pl.DataFrame, sources: Sequence[Source]) -> pl.DataFrame:
    """The columns of each offer's row that belong to its field."""
    grades = {source.name: source.trust for source in sources}
    rows = judged.join(found.drop("reference"), on=["customer_id", "record_id"], how="left", maintain_order="left")
    offered = pl.col("outcome").is_null()
    kept = []
    for name in COLUMNS:
        if name in {"record_id", "problems"}:
            continue
        value = pl.col(name).list.head(1) if name in {"phones", "emails"} else pl.col(name)
        belongs = pl.col("field").is_in([field for field, own in _OWN.items() if name in own])
        kept.append(pl.when(offered & belongs).then(value).alias(name))
    return (
        rows.select(
            "customer_id",
            "record_id",
            *kept,
            "problems",
            "event_date",
            "reference",
            "field",
            "offer",
            grade=pl.col("reference").replace_strict(grades, return_dtype=pl.Int64),
            about=pl.when(pl.col("field") == "postcode").then("place"),
            outcome="outcome",
        )
        .select(*JUDGED)
        .sort("customer_id", "reference", "field", "record_id")
    )
