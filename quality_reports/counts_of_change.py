"""The counts of a run from those of the run before and what changed: what was there of it is taken off, what is there now is added.

Every count is a sum over records, contents, cars or customers (``measures.count``). So only of those that something happened to all that belongs to them
is counted, as it was and as it is. A new measure keeps this if it is such a sum of whole numbers, and if it looks at no more of a profile than ``customers.OF_PROFILES``.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from engine.changes import Change, applied, within
from engine.contract import Engine, Table
from engine.tables import TABLES
from quality_reports.customers import OF_PROFILES
from quality_reports.kernels import CELL
from quality_reports.measures import (
    CONTENT,
    COUNT,
    MAX_CELLS,
    OF_FACTS,
    Tables,
    collect_cars,
    copies_of,
    facts_of,
    of_customers,
    of_records,
)


@dataclass(frozen=True)
class Changes:
    """What changed in the tables; customer profiles are compared."""

    records: Change
    clean_records: Change
    customers: Change
    crosswalk: Change


@dataclass(frozen=True)
class _Touched:
    """record_id, vin, customer_id of what something happened to."""

    records: Table
    cars: Table
    customers: Table


def count_change(engine: Engine, *, before: Tables, now: Tables, changes: Changes, counts: pl.DataFrame) -> pl.DataFrame:
    """``measures.count`` of ``now``.

    Args:
        engine: where the tables live.
        before: what was measured in the run before.
        now: what is there now.
        changes: how ``now`` came from ``before``.
        counts: what ``measures.count`` gives for ``before``.
    """
    touched = _touched(engine, before, now, changes)
    concerned = engine.materialize(
        engine.sql(
            """
            select record_id from t union select c.record_id from c join v on c.vin = v.vin
            union select x.record_id from x join i on x.customer_id = i.customer_id where x.valid_to is null
            """,
            t=touched.records, c=before.clean_records, v=touched.cars, x=before.crosswalk, i=touched.customers,
        )
    )  # fmt: skip
    was = [engine.materialize(within(engine, _narrow(engine, name, getattr(before, name)), concerned)) for name in OF_FACTS]
    changed = [Change(_narrow(engine, name, getattr(changes, name).rows), getattr(changes, name).gone) for name in OF_FACTS]
    came = [applied(engine, table, change) for table, change in zip(was, changed, strict=True)]
    contents = _alike(engine, before.records, changes.records)
    return _tidy(
        pl.concat(
            [
                counts.select(*COUNT),
                _count(engine, was, contents, before, touched).with_columns(-pl.col("total")),
                _count(engine, came, applied(engine, contents, changes.records), now, touched),
            ]
        )
        .group_by(list(COUNT)[:-1])
        .agg(pl.col("total").sum())
        .select(*COUNT)
    )


def _narrow(engine: Engine, name: str, table: Table) -> Table:
    """The columns of a table of ``OF_FACTS`` that are counted, and its key, by which it changes."""
    columns = dict.fromkeys((*TABLES[name].key, *OF_FACTS[name]))
    return engine.sql(f"select {', '.join(columns)} from t", t=table)


def _count(engine: Engine, tables: list[Table], contents: Table, whole: Tables, touched: _Touched) -> pl.DataFrame:
    """Counts of what was touched, at one of the two times. ``tables``: records, clean_records, crosswalk of all that is concerned."""
    facts = engine.materialize(facts_of(engine, *tables))
    cars = within(engine, facts, touched.cars)
    customers, profiles = (within(engine, table, touched.customers) for table in (whole.customers, whole.customer_profile))
    parts = {
        "records": of_records(engine, within(engine, facts, touched.records)),
        "copies": engine.collect(copies_of(engine, contents), max_rows=MAX_CELLS),
        "cars": collect_cars(engine, cars),
        "customers": of_customers(engine, within(engine, facts, touched.customers), customers, profiles),
    }
    return pl.concat(frame.select(pl.lit(part).alias("part"), *CELL) for part, frame in parts.items())


def _touched(engine: Engine, before: Tables, now: Tables, changes: Changes) -> _Touched:
    records = engine.materialize(
        engine.sql(
            """
            select record_id from a union select record_id from b union select record_id from c union select record_id from d
            union select record_id from e union select record_id from f
            """,
            a=changes.records.rows, b=changes.records.gone, c=changes.clean_records.rows, d=changes.clean_records.gone, e=changes.crosswalk.rows,
            f=changes.crosswalk.gone,
        )
    )  # fmt: skip
    cars = engine.sql(
        "select vin from o where vin is not null union select vin from c where vin is not null",
        o=within(engine, engine.sql("select record_id, vin from b", b=before.clean_records), records), c=changes.clean_records.rows,
    )  # fmt: skip
    customers = engine.sql(
        """
        select customer_id from o union select customer_id from e union select customer_id from f union select customer_id from a
        union select customer_id from b union select customer_id from p
        """,
        o=within(engine, engine.sql("select record_id, customer_id from x where valid_to is null", x=before.crosswalk), records),
        e=changes.crosswalk.rows, f=changes.crosswalk.gone, a=changes.customers.rows, b=changes.customers.gone,
        p=_other_profiles(engine, before.customer_profile, now.customer_profile),
    )  # fmt: skip
    return _Touched(records, engine.materialize(cars), engine.materialize(customers))


def _other_profiles(engine: Engine, before: Table, now: Table) -> Table:
    """customer_id of profiles that differ in what is measured."""
    told = "select customer_id, " + ", ".join(f"{expression} as p{place}" for place, expression in enumerate(OF_PROFILES))
    differs = " or ".join(f"x.p{place} is distinct from y.p{place}" for place in range(len(OF_PROFILES)))
    return engine.sql(
        f"""
        select coalesce(x.customer_id, y.customer_id) as customer_id
        from ({told} from a) x full join ({told} from b) y on x.customer_id = y.customer_id
        where x.customer_id is null or y.customer_id is null or {differs}
        """,
        a=before, b=now,
    )  # fmt: skip


def _alike(engine: Engine, before: Table, change: Change) -> Table:
    """Records of before (record_id and content) that are alike to one that came or went."""
    touched = engine.materialize(
        engine.sql(f"select {CONTENT} from g union select {CONTENT} from r", g=within(engine, before, change.gone), r=change.rows)
    )
    same = " and ".join(f"b.{name} is not distinct from t.{name}" for name in CONTENT.split(", "))
    return engine.materialize(engine.sql(f"select b.record_id, {_listed('b')} from b join t on {same}", b=before, t=touched))


def _listed(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in CONTENT.split(", "))


def _tidy(counts: pl.DataFrame) -> pl.DataFrame:
    """Without what is no longer there, as ``measures.count`` leaves it out."""

    def there(part: str, table: str, measure: str, keys: list[str]) -> pl.DataFrame:
        named = (
            (pl.col("part") == part) & (pl.col("table") == table) & (pl.col("measure") == measure) & (pl.col("field").is_in(["", "vin"]))
        )
        return counts.filter(named & (pl.col("total") > 0)).select(keys)

    everywhere = counts.filter(pl.col("part").is_in(["cars", "customers"]) & (pl.col("dealer_id") == ""))
    dealers = counts.filter((pl.col("dealer_id") != "") | pl.col("dealer_id").is_null())
    by_source, dealer = ["dealer_id", "source"], ["dealer_id"]
    kept = [
        counts.filter(pl.col("part") == "records", pl.col("total") != 0),
        _join(counts.filter(pl.col("part") == "copies"), there("records", "records", "rows", by_source), by_source),
        _join(dealers.filter(pl.col("part") == "cars"), there("cars", "clean_records", "cars", dealer), dealer),
        _join(dealers.filter(pl.col("part") == "customers"), there("customers", "customers", "rows", dealer), dealer),
        everywhere,
    ]
    customers = pl.col("part") == "customers"
    return pl.concat(kept).filter(~customers | (pl.col("total") != 0) | (pl.col("measure") == "rows"))


def _join(rows: pl.DataFrame, there: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return rows.join(there, on=keys, how="semi", nulls_equal=True)
