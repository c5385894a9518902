"""The measures of a run: what was there, what was wrong with it, what became of it. One pass over the data.

Records, clean records and the crosswalk are joined once into narrow *facts* (flags, problems, scores), which kernels
count; whole-number partial counts are merged in SQL. Dimensions are those of GB/T 36344-2018, with uniqueness and the
business measures beside them. docs/reports.md lists every measure.

A measure is a count (of rows of its table and scope) unless it is ``score``, a mean from 0 to 100. A missing row is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from engine.contract import Engine, Table
from engine.tables import QUALITY_HISTORY, schema
from quality_reports.customers import customer_cells
from quality_reports.fields import FIELDS
from quality_reports.forms import FORMS
from quality_reports.kernels import CELL, SCORE_SCALE, WRITTEN, tally, written
from quality_reports.reasons import DIMENSIONS

MAX_CELLS = 5_000_000
"""Dealers times sources times measures: bounded by what is measured, not by the number of records."""

COUNT: dict[str, pl.DataType] = {"part": pl.String(), **CELL}

_OWNERS = "('owner', 'buyer', 'customer')"

_WHERE = frozenset({"record_id", "row_id", "source_key", "file_id", "row_number", "main", "sheet", "extra"})
"""Columns of ``records`` that tell where a record stands, not what it says."""
CONTENT = ", ".join(name for name in schema("records") if name not in _WHERE)

OF_FACTS: dict[str, tuple[str, ...]] = {
    "records": ("record_id", "dealer_id", "source", "role", "main", *sorted({field.name for field in FIELDS} | set(FORMS))),
    "clean_records": (
        "record_id", "dealer_id", "source", "role", "phones", "emails", *(field.name for field in FIELDS if field.name not in {"phone", "email"}),
        "road_no", "estate", "community", "problems", "score_raw", "score", *(f"score_{dimension}" for dimension in DIMENSIONS),
    ),
    "crosswalk": ("record_id", "customer_id", "valid_to"),
}  # fmt: skip
"""The columns that ``facts_of`` reads, by table: what is copied to be counted needs no more of them."""


def measure(
    engine: Engine,
    *,
    records: Table,
    clean_records: Table,
    customers: Table,
    customer_profile: Table,
    crosswalk: Table,
    run_id: str,
    as_of: date,
) -> Table:
    """Measures of a run, per table, dealer, source, field and overall.

    Args:
        engine: where the tables live.
        records: text as it came.
        clean_records: the same records, typed, with problems and scores.
        customers: golden records.
        customer_profile: enrichment of the customers; who can be reached.
        crosswalk: which record is which customer; rows without ``valid_to`` hold now.
        run_id: names the run.
        as_of: date of the run.

    Returns:
        Rows of QUALITY_HISTORY.
    """
    tables = Tables(records, clean_records, customers, customer_profile, crosswalk)
    return engine.from_frame(history(count(engine, tables), run_id=run_id, as_of=as_of))


@dataclass(frozen=True)
class Tables:
    """What is measured; see ``measure``."""

    records: Table
    clean_records: Table
    customers: Table
    customer_profile: Table
    crosswalk: Table


def count(engine: Engine, tables: Tables) -> pl.DataFrame:
    """Rows of ``COUNT``: all that is counted, in parts that add up each over something of its own.

    ``records`` adds up over records, ``copies`` over what is alike in content, ``cars`` over cars, ``customers`` over customers: so what all tables give is
    what some whole records, contents, cars or customers give and what the others give (``quality_reports.counts_of_change``).
    """
    facts = engine.materialize(facts_of(engine, tables.records, tables.clean_records, tables.crosswalk))
    parts = {
        "records": of_records(engine, facts),
        "copies": engine.collect(copies_of(engine, tables.records), max_rows=MAX_CELLS),
        "cars": collect_cars(engine, facts),
        "customers": of_customers(engine, facts, tables.customers, tables.customer_profile),
    }
    return pl.concat(frame.select(pl.lit(part).alias("part"), *CELL) for part, frame in parts.items())


def of_records(engine: Engine, facts: Table) -> pl.DataFrame:
    """What adds up over records, by dealer and source: rows of ``CELL``."""
    return engine.collect(engine.sql(_MERGE, cells=engine.map_batches(facts, tally, CELL)), max_rows=MAX_CELLS)


def of_customers(engine: Engine, facts: Table, customers: Table, customer_profile: Table) -> pl.DataFrame:
    """What adds up over customers, overall and by dealer: rows of ``CELL``. ``facts``: of all their records."""
    columns = "dealer_id, customer_id, mobile_written, email_written, address_deep, raw_address, problems"
    reached = engine.map_batches(engine.sql(f"select {columns} from facts", facts=facts), written, WRITTEN)
    return customer_cells(engine, written=reached, customers=customers, customer_profile=customer_profile)


def history(counts: pl.DataFrame, *, run_id: str, as_of: date) -> pl.DataFrame:
    """Rows of QUALITY_HISTORY from rows of ``COUNT``."""
    by_source = pl.col("part").is_in(["records", "copies"])
    counted = pl.concat([_scopes(counts.filter(by_source).select(*CELL)), counts.filter(~by_source).select(*CELL)])
    return _history(counted, run_id=run_id, as_of=as_of)


def facts_of(engine: Engine, records: Table, clean_records: Table, crosswalk: Table) -> Table:
    """A row a record with all that counts over records, cars and customers look at."""
    flags = ",\n".join(
        f"coalesce({field.raw_sql}, false) as {field.raw}, coalesce({field.clean_sql}, false) as {field.clean}" for field in FIELDS
    )
    scores = ", ".join(f"c.score_{dimension}" for dimension in DIMENSIONS)
    mobile = " or ".join(
        f"(split_part(trim(r.phone), ' ; ', {part}) like '1__________' and array_contains(c.phones, '+86' || split_part(trim(r.phone), ' ; ', {part})))"
        for part in (1, 2)
    )
    return engine.sql(
        f"""
        select coalesce(r.record_id, c.record_id) as record_id, coalesce(r.dealer_id, c.dealer_id) as dealer_id, coalesce(r.source, c.source) as source, x.customer_id,
               r.record_id is not null as in_records, c.record_id is not null as in_clean_records,
               {flags}, {", ".join(f"r.{field}" for field in FORMS)}, coalesce(r.main, false) as main,
               coalesce({mobile}, false) as mobile_written,
               coalesce(array_contains(c.emails, lower(trim(r.email))), false) as email_written,
               c.road_no is not null or c.estate is not null or c.community is not null as address_deep,
               c.vin,
               coalesce(trim(r.vin) = c.vin and trim(r.name) <> '' and r.role in {_OWNERS}, false) as owner_written,
               coalesce(c.name is not null and c.role in {_OWNERS}, false) as owner_known,
               c.problems, c.score_raw, c.score, {scores}
        from records r
        full join clean_records c on r.record_id = c.record_id
        left join (select record_id, customer_id from crosswalk where valid_to is null) x on x.record_id = coalesce(c.record_id, r.record_id)
        """,
        records=records,
        clean_records=clean_records,
        crosswalk=crosswalk,
    )


_MERGE = """
    select dealer_id, source, "table", field, dimension, measure, cast(sum(total) as bigint) as total
    from cells
    group by dealer_id, source, "table", field, dimension, measure
"""


def copies_of(engine: Engine, records: Table) -> Table:
    """Records whose whole content was seen before, at the same dealer in the same kind of export."""
    return engine.sql(
        f"""
        select dealer_id, source, 'records' as "table", '' as field, 'uniqueness' as dimension, 'exact_duplicates' as measure,
               cast(sum(copies) - count(*) as bigint) as total
        from (select dealer_id, source, count(*) as copies from records group by {CONTENT}) contents
        group by dealer_id, source
        """,
        records=records,
    )


def collect_cars(engine: Engine, facts: Table) -> pl.DataFrame:
    """Distinct cars (valid VINs), and those with an owner's name beside them, before and after; a car may be at several dealers."""
    seen = engine.materialize(
        engine.sql(
            """
            select dealer_id, vin,
                   max(case when owner_written then 1 else 0 end) as before, max(case when owner_known then 1 else 0 end) as after
            from facts where vin is not null group by dealer_id, vin
            """,
            facts=facts,
        )
    )
    counted = engine.collect(
        engine.sql(
            """
            select dealer_id, cast(count(*) as bigint) as cars, cast(sum(before) as bigint) as before, cast(sum(after) as bigint) as after
            from seen group by dealer_id
            union all
            select '' as dealer_id, cast(count(*) as bigint) as cars, cast(sum(before) as bigint) as before, cast(sum(after) as bigint) as after
            from (select vin, max(before) as before, max(after) as after from seen group by vin) cars
            """,
            seen=seen,
        )
    )
    long = counted.unpivot(index="dealer_id", value_name="total").with_columns(pl.col("total").fill_null(0))
    names = {"cars": "cars", "before": "cars_with_owner", "after": "cars_with_owner"}
    return long.select(
        "dealer_id",
        source=pl.lit(""),
        table=pl.when(pl.col("variable") == "before").then(pl.lit("records")).otherwise(pl.lit("clean_records")),
        field=pl.lit("vin"),
        dimension=pl.lit("business"),
        measure=pl.col("variable").replace_strict(names, return_dtype=pl.String()),
        total="total",
    )


def _scopes(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells of dealer and source added up: per dealer, per source, and overall."""
    keys = [name for name in CELL if name != "total"]
    # a field is expected where its dealer's export of that kind carries it at all
    rows = cells.filter((pl.col("measure") == "rows") & (pl.col("table") == "records")).select("dealer_id", "source", rows="total")
    carried = cells.filter((pl.col("measure") == "filled") & (pl.col("table") == "records") & (pl.col("total") > 0))
    expected = (
        carried.join(rows, on=["dealer_id", "source"], nulls_equal=True)
        .with_columns(measure=pl.lit("expected"), total="rows")
        .select(list(CELL))
    )
    cells = pl.concat([cells, expected]).with_columns(pl.col("dealer_id", "source").fill_null("?"))
    everywhere = pl.lit("")
    scopes = [
        cells.with_columns(source=everywhere),
        cells.with_columns(dealer_id=everywhere),
        cells.with_columns(dealer_id=everywhere, source=everywhere),
    ]
    return pl.concat(scopes).group_by(keys).agg(pl.col("total").sum()).select(list(CELL))


def _history(counted: pl.DataFrame, *, run_id: str, as_of: date) -> pl.DataFrame:
    """Counts as QUALITY_HISTORY rows; sums of scores become means."""
    keys = [name for name in CELL if name not in {"total", "measure"}]
    sums = counted.filter(pl.col("measure") == "score_sum")
    means = sums.join(counted.filter(pl.col("measure") == "score_count"), on=keys, suffix="_count").select(
        *keys, measure=pl.lit("score"), value=pl.col("total") / pl.col("total_count") / SCORE_SCALE
    )
    plain = counted.filter(~pl.col("measure").is_in(["score_sum", "score_count"])).select(
        *keys, "measure", value=pl.col("total").cast(pl.Float64)
    )
    columns = list(QUALITY_HISTORY.schema)
    return (
        pl.concat([plain, means])
        .with_columns(run_id=pl.lit(run_id), as_of=pl.lit(as_of, dtype=pl.Date))
        .select(columns)
        .sort(columns[2:-1])
    )
