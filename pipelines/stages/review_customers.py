"""What a version says of a customer: the golden record, the crosswalk's rows, the events. Those of the queue stand in memory, others are read when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from engine.contract import Table
from pipelines.stages.explain import Published
from pipelines.store import versions
from pipelines.store.versions import CAME, WENT

_QUERIES = {
    "customers": "select e.* from e join asked on e.customer_id = asked.id",
    "customer_profile": "select e.* from e join asked on e.customer_id = asked.id",
    "crosswalk": "select e.* from e join asked on e.customer_id = asked.id",
    "identity_events": "select e.* from e where e.customer_id in (select id from asked) or e.other_customer_id in (select id from asked)",
}
_BUCKETED = ("customers", "customer_profile")
"""Tables of which only the file is read that may have the customer (``versions.BUCKETS``), and the changes beside it."""


@dataclass(frozen=True)
class Customers:
    """Of one version. ``kept``: the customers that ``tables`` have the rows of."""

    published: Published
    kept: Collection[str]
    tables: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, published: Published, kept: Sequence[str]) -> Customers:
        """With the rows of some customers in memory."""
        there = [name for name in _QUERIES if name in published.manifest.tables]
        return cls(published, frozenset(kept), {name: _read(published, name, published.table(name), kept) for name in there})

    def golden(self, customer_id: str) -> dict[str, object] | None:
        """The CUSTOMERS row of a customer in force, with monetary and value_segment of its profile."""
        row, profile = self._rows("customers", customer_id), self._rows("customer_profile", customer_id)
        if row.is_empty():
            return None
        more = (
            profile.select("monetary", "value_segment").row(0, named=True) if profile.height else {"monetary": None, "value_segment": None}
        )
        return row.row(0, named=True) | more

    def identity_events(self, customer_id: str) -> pl.DataFrame:
        """What became of an id, the earliest first (IDENTITY_EVENTS in which it is either of the two)."""
        return self._rows("identity_events", customer_id).sort("date", "kind", "customer_id", "other_customer_id", nulls_last=True)

    def stays(self, customer_id: str) -> pl.DataFrame:
        """CROSSWALK rows of a customer, ended ones included."""
        return self._rows("crosswalk", customer_id).sort("valid_from", "record_id")

    def _rows(self, table: str, customer_id: str) -> pl.DataFrame:
        if customer_id in self.kept and table in self.tables:
            ids = ["customer_id", *(["other_customer_id"] if table == "identity_events" else [])]
            return self.tables[table].filter(pl.any_horizontal(pl.col(name) == customer_id for name in ids))
        published = self.published
        entries = published.manifest.tables.get(table)
        if table in _BUCKETED:
            if not entries:
                return pl.DataFrame()
            bucket = hashlib.md5(customer_id.encode(), usedforsecurity=False).hexdigest()[0]
            some = [entry for entry in entries if entry.bucket in {bucket, "all", CAME, WENT}]
            entries = some if any(entry.bucket in {bucket, "all"} for entry in some) else entries
        rows = versions.read_entries(published.place, published.engine, table, entries, version=published.manifest.version)
        return _read(published, table, rows, [customer_id])


def _read(published: Published, name: str, table: Table, ids: Sequence[str]) -> pl.DataFrame:
    engine = published.engine
    asked = engine.from_frame(pl.DataFrame({"id": ids}, schema={"id": pl.String}))
    return engine.collect(engine.sql(_QUERIES[name], e=table, asked=asked), max_rows=100_000_000)
