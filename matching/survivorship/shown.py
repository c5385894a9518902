"""How what survived is shown: provenance beside the golden record, the rows of ``customer_values``, and what became of offers."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from engine.tables import PROVENANCE, schema
from matching.survivorship.offers import TOLD
from matching.survivorship.rules import Block

VALUE = {name: dtype for name, dtype in schema("customer_values").items() if name != "customer_id"}
"""A row of ``customer_values`` without its customer."""
SEVERAL: tuple[Block, ...] = ("phone", "email", "address", "vin", "plate")
"""Of these a customer keeps all values."""


def values(every: Mapping[Block, pl.DataFrame]) -> pl.DataFrame:
    """The rows of ``customer_values`` of each customer in a list."""
    rows = [
        frame.select(
            "customer_id",
            pl.struct(
                pl.lit(block).alias("field"), pl.col("key").alias("value"), "primary", "valid", "first_seen", "last_seen", "records",
                pl.col("record_id").alias("source_record_id"), "rule", pl.when(pl.col("steward") > 0).then("steward").alias("decision"),
            ).alias("every"),
        )
        for block, frame in every.items()
    ]  # fmt: skip
    return pl.concat(rows).group_by("customer_id", maintain_order=True).agg(pl.col("every").cast(pl.Struct(VALUE)))


def unfold_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: one row for each value."""
    return frame.filter(pl.col("every").list.len() > 0).explode("every").unnest("every").select(*schema("customer_values"))


def unfold_told(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: one row for each offer."""
    return frame.filter(pl.col("told").list.len() > 0).explode("told").unnest("told").select("customer_id", *TOLD)


_SHOWN: Mapping[Block, str] = {
    "party": "party", "name": "name", "gender": "gender", "birth_date": "birth_date", "identity": "id_number", "phone": "phones",
    "email": "email", "address": "address", "vin": "vins", "plate": "plates",
}  # fmt: skip
"""The column of ``customers`` under which a block's provenance stands (a phone that is a mobile: ``mobile``)."""


def provenance(won: Mapping[Block, pl.DataFrame], postcodes: list[pl.DataFrame]) -> pl.DataFrame:
    """One list a customer; ``postcodes``: those that did not come with their address."""
    entries = []
    for place, (block, field) in enumerate(_SHOWN.items()):
        shown = pl.when("is_mobile").then(pl.lit("mobile")).otherwise(pl.lit(field)) if block == "phone" else pl.lit(field)
        entries.append(
            won[block].select(
                "customer_id", pl.struct(shown.alias("field"), "record_id", "rule", "date", "runner_up").alias("entry"), place=place
            )
        )
    entry = pl.struct(pl.lit("postcode").alias("field"), "record_id", "rule", "date", "runner_up").alias("entry")
    entries += [rows.select("customer_id", entry, place=len(_SHOWN)) for rows in postcodes]
    return (
        pl.concat(entries)
        .sort("customer_id", "place")
        .group_by("customer_id", maintain_order=True)
        .agg(provenance=pl.col("entry").cast(PROVENANCE.inner))
    )
