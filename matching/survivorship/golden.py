"""The golden record: one row per customer, beside each value where it came from.

A relation brings each customer's current records together; a kernel decides all customers of a batch at once (``merging``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from engine.changes import within, without
from engine.contract import Engine, Table
from engine.tables import schema
from matching.survivorship import blocks, merging, shown
from matching.survivorship.offers import OFFERED, TOLD
from matching.survivorship.rules import SurvivorshipRules


@dataclass(frozen=True)
class Survived:
    """Tables ``customers`` and ``customer_values``.

    ``known``: the columns of customers with road, road_no and estate of the address, for whoever looks a customer up. ``told``: customer_id and
    ``offers.TOLD``, what became of each offer; None where nothing was offered.
    """

    customers: Table
    values: Table
    known: Table
    told: Table | None = None


def golden(engine: Engine, *, crosswalk: Table, clean_records: Table, as_of: date, rules: SurvivorshipRules) -> Table:
    """Table ``customers``: one row per customer with a current row in ``crosswalk``, without anything that a steward says. See ``survive``."""
    return survive(engine, crosswalk=crosswalk, clean_records=clean_records, as_of=as_of, rules=rules).customers


def survive(
    engine: Engine,
    *,
    crosswalk: Table,
    clean_records: Table,
    as_of: date,
    rules: SurvivorshipRules,
    said: Table | None = None,
    offered: Table | None = None,
) -> Survived:
    """One golden record per customer with a current row in ``crosswalk``, and all values of its fields that have several.

    Args:
        engine: runs the relation and the kernel.
        crosswalk: table ``crosswalk``; rows that ended do not count.
        clean_records: table ``clean_records``.
        as_of: dates after it count as unknown.
        rules: see ``load_rules``.
        said: what stewards say: ``customer_id``, ``decision`` (number), ``prefers`` (Boolean) and the columns of ``clean_records``, of which those
            of its field have a value. Rows of a customer without a current row must not be there.
        offered: what reference sources say: ``customer_id``, ``blocks.COLUMNS``, ``event_date`` and ``OFFERED``, one row for each customer, source and
            field, with values in the columns of the field only. As with ``said``, every customer has a record.
    """
    every = _Records(engine, clean_records, as_of, rules)
    if said is None or offered is not None:
        return every.merged(crosswalk, said=said, offered=offered)
    # those of whom a steward says something are made apart: to weigh his words costs nobody else anything
    current, about = (
        engine.sql("select * from c where valid_to is null", c=crosswalk),
        engine.sql("select distinct customer_id from s", s=said),
    )
    about = engine.materialize(about)
    others = every.merged(without(engine, current, about))
    theirs = every.merged(engine.materialize(within(engine, current, about)), said=said)
    both = (
        engine.sql("select * from o union all select * from t", o=getattr(others, name), t=getattr(theirs, name))
        for name in ("customers", "values", "known")
    )
    return Survived(*both)


@dataclass(frozen=True)
class _Records:
    """Of what golden records are made, and how; see ``survive``."""

    engine: Engine
    clean_records: Table
    as_of: date
    rules: SurvivorshipRules

    def merged(self, crosswalk: Table, *, said: Table | None = None, offered: Table | None = None) -> Survived:
        """Those of the customers with a current row in ``crosswalk``, all in one go."""
        engine = self.engine
        rows = self._rows(crosswalk, said, offered)
        made = engine.map_groups(
            rows, "customer_id", partial(merging.merge_all, rules=self.rules), merging.MERGED if offered is None else merging.OFFERED
        )
        customers = engine.sql("select " + ", ".join(schema("customers")) + " from m", m=made)
        values = engine.map_batches(engine.sql("select customer_id, every from m", m=made), shown.unfold_values, schema("customer_values"))
        known = engine.sql("select " + ", ".join([*schema("customers"), *merging.PLACE]) + " from m", m=made)
        if offered is None:
            return Survived(customers, values, known)
        told = engine.sql("select customer_id, told from m", m=made)
        return Survived(customers, values, known, engine.map_batches(told, shown.unfold_told, {"customer_id": pl.String(), **TOLD}))

    def _rows(self, crosswalk: Table, said: Table | None, offered: Table | None) -> Table:
        """Records with customer_id, and behind them what else is told of the customers."""
        engine = self.engine
        columns = ", ".join(f"r.{column}" for column in blocks.COLUMNS)
        dated = "case when r.event_date <= asked.as_of then r.event_date end as event_date"
        none = (
            "" if offered is None else "".join(f", cast(null as {'bigint' if name == 'grade' else 'string'}) as {name}" for name in OFFERED)
        )
        query = (
            f"select x.customer_id, {columns}, {dated}, cast(0 as bigint) as decision, false as prefers{none}"
            " from crosswalk x join clean_records r on x.record_id = r.record_id cross join asked where x.valid_to is null"
        )
        tables = {
            "crosswalk": crosswalk,
            "clean_records": self.clean_records,
            "asked": engine.from_frame(pl.DataFrame({"as_of": [self.as_of]})),
        }
        if said is not None:
            query += f" union all select r.customer_id, {columns}, {dated}, r.decision, r.prefers{none} from said r cross join asked"
            tables["said"] = said
        if offered is not None:
            told = ", ".join(OFFERED)
            query += f" union all select r.customer_id, {columns}, r.event_date, cast(0 as bigint), false, {told} from offered r"
            tables["offered"] = offered
        return engine.sql(query, **tables)
