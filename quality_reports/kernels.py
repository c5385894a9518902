"""Counting, batch by batch: pure functions of a frame of *facts* whose results add up, however rows are split.

A frame of facts has one row per record: ``dealer_id``, ``source``, ``customer_id`` (null: not known), the flags
``in_records``, ``main`` (the record of its row's main role) and ``in_clean_records``, for each field the flags ``raw_<field>`` and ``clean_<field>``, ``phone`` and ``model`` as they came, ``problems`` as cleansing wrote them, the scores, and the flags
``mobile_written``, ``email_written`` (the text as it came is exactly the valid value) and ``address_deep`` (a house,
estate or village is known).

- A value is *valid as it came* where it was written, still stands after cleansing, and no problem names its field.
- A value is *valid after cleansing* where it stands and every problem that names its field was repaired.
- A record is *sound* in a dimension where no problem (after cleansing: no unrepaired problem) belongs to it.

So nothing is ever worse after than before, unless cleansing itself says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from quality_reports.fields import FIELDS
from quality_reports.forms import FORMS, count_forms, has_form
from quality_reports.reasons import DIMENSIONS, known

CELL: dict[str, pl.DataType] = {
    "dealer_id": pl.String(),
    "source": pl.String(),
    "table": pl.String(),
    "field": pl.String(),
    "dimension": pl.String(),
    "measure": pl.String(),
    "total": pl.Int64(),
}
"""One partial count: whole numbers only, so that sums agree on every engine and in any order."""

WRITTEN: dict[str, pl.DataType] = {
    "dealer_id": pl.String(),
    "customer_id": pl.String(),
    "mobile": pl.Int64(),
    "post": pl.Int64(),
    "email": pl.Int64(),
}

SCORE_SCALE = 1000
"""Scores are added up in thousandths of a point."""


@dataclass(frozen=True)
class _Count:
    table: str
    field: str
    dimension: str
    measure: str
    expr: pl.Expr


def tally(facts: pl.DataFrame) -> pl.DataFrame:
    """Partial counts of a batch of facts, by dealer and source.

    Returns:
        Rows of ``CELL``; scores appear as ``score_sum`` (thousandths of a point) and ``score_count``.
    """
    keys = ["dealer_id", "source"]
    counts = _counts()
    facts = _with_problem_bits(facts)
    sums = facts.group_by(keys).agg(count.expr.cast(pl.Int64).sum().alias(str(place)) for place, count in enumerate(counts))
    names = pl.DataFrame(
        {
            "place": [str(place) for place in range(len(counts))],
            "table": [count.table for count in counts],
            "field": [count.field for count in counts],
            "dimension": [count.dimension for count in counts],
            "measure": [count.measure for count in counts],
        }
    )
    long = sums.unpivot(index=keys, variable_name="place", value_name="total").join(names, on="place", how="inner")
    return pl.concat([long.select(list(CELL)), _reasons(facts), *(_forms(facts, field) for field in FORMS)]).filter(pl.col("total") != 0)


def written(facts: pl.DataFrame) -> pl.DataFrame:
    """Which customers could have been reached with what was written, as it was written, by dealer (0 or 1)."""
    return (
        _with_problem_bits(facts)
        .filter(pl.col("customer_id").is_not_null())
        .select(
            "dealer_id",
            "customer_id",
            mobile=pl.col("mobile_written"),
            post=_post_written(),
            email=pl.col("email_written"),
        )
        .with_columns(pl.col("mobile", "post", "email").cast(pl.Int64))
    )


def _post_written() -> pl.Expr:
    return pl.col("address_deep") & pl.col("raw_address") & _without("found", "address")


def _bits() -> dict[str, int]:
    """One bit a field, one a dimension."""
    names = [*(field.name for field in FIELDS), *DIMENSIONS]
    return {name: 1 << place for place, name in enumerate(names)}


def _without(bits: str, name: str) -> pl.Expr:
    """No problem (``found``), or no unrepaired problem (``open``), belongs to the field or dimension."""
    return (pl.col(bits) & _bits()[name]) == 0


def _with_problem_bits(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with two sets of bits: fields and dimensions with a problem, and with a problem that is not repaired."""
    bits = _bits()
    field_bit = {field.name: bits[field.name] for field in FIELDS}
    reason_bit = {code: bits[about.dimension] for code, about in known().items()}
    facts = facts.with_row_index("row")
    found = (
        facts.select("row", "problems")
        .filter(pl.col("problems").list.len() > 0)
        .explode("problems")
        .unnest("problems")
        .select(
            "row",
            bit=pl.col("field").replace_strict(field_bit, default=0, return_dtype=pl.Int64())
            | pl.col("reason").replace_strict(reason_bit, default=bits["conformity"], return_dtype=pl.Int64()),
            still=~pl.col("repaired").fill_null(value=False),
        )
        .group_by("row")
        .agg(found=pl.col("bit").bitwise_or(), open=pl.col("bit").filter("still").bitwise_or())
    )
    return facts.join(found, on="row", how="left").with_columns(pl.col("found", "open").fill_null(0))


def _counts() -> list[_Count]:
    counts = [_Count("records", "", "", "rows", pl.col("in_records")), _Count("clean_records", "", "", "rows", pl.col("in_clean_records"))]
    counts.append(_Count("records", "", "", "file_rows", pl.col("main")))
    for field in FIELDS:
        raw, clean = pl.col(field.raw), pl.col(field.clean)
        counts += [
            _Count("records", field.name, "completeness", "filled", raw),
            _Count("clean_records", field.name, "completeness", "filled", clean),
            _Count("clean_records", field.name, "completeness", "derived", clean & ~raw),
            _Count("records", field.name, "conformity", "valid", raw & clean & _without("found", field.name)),
            _Count("clean_records", field.name, "conformity", "valid", clean & _without("open", field.name)),
        ]
    for dimension in DIMENSIONS:
        score = pl.col(f"score_{dimension}")
        counts += [
            _Count("records", "", dimension, "sound", _without("found", dimension)),
            _Count("clean_records", "", dimension, "sound", _without("open", dimension)),
            *_score("clean_records", dimension, score),
        ]
    return [
        *counts,
        *_score("records", "", pl.col("score_raw")),
        *_score("clean_records", "", pl.col("score")),
        _Count("records", "", "business", "reach_mobile", pl.col("mobile_written")),
        _Count("records", "", "business", "reach_email", pl.col("email_written")),
        _Count("records", "", "business", "reach_post", _post_written()),
        _Count("records", "", "business", "mailings_sms", pl.col("raw_phone")),
        _Count("records", "", "business", "mailings_post", pl.col("raw_address")),
    ]


def _score(table: str, dimension: str, score: pl.Expr) -> tuple[_Count, _Count]:
    return (
        _Count(table, "", dimension, "score_sum", (score * SCORE_SCALE).round()),
        _Count(table, "", dimension, "score_count", score.is_not_null()),
    )


def _reasons(facts: pl.DataFrame) -> pl.DataFrame:
    """Problems by reason, repaired ones apart, under ``clean_records``."""
    dimension_of = {code: about.dimension for code, about in known().items()}
    repaired = pl.col("repaired").fill_null(value=False)
    return (
        facts.select("dealer_id", "source", "problems")
        .filter(pl.col("problems").list.len() > 0)
        .explode("problems")
        .unnest("problems")
        .group_by("dealer_id", "source", "field", "reason", repaired)
        .agg(total=pl.len().cast(pl.Int64))
        .select(
            "dealer_id",
            "source",
            table=pl.lit("clean_records"),
            field=pl.col("field").fill_null(""),
            dimension=pl.col("reason").replace_strict(dimension_of, default="conformity", return_dtype=pl.String()),
            measure=pl.when("repaired").then(pl.lit("repaired:")).otherwise(pl.lit("problem:")) + pl.col("reason"),
            total="total",
        )
    )


def _forms(facts: pl.DataFrame, field: str) -> pl.DataFrame:
    """Cells of a field by how they are written."""
    counted = count_forms(facts.filter(has_form(field)).select("dealer_id", "source", field), field)
    return counted.select(
        "dealer_id",
        "source",
        table=pl.lit("records"),
        field=pl.lit(field),
        dimension=pl.lit("conformity"),
        measure=pl.lit("form:") + pl.col("form"),
        total="total",
    )
