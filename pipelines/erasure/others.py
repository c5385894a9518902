"""Others who lose something with a person: customers who lost records are made anew, households counted anew, cars looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import polars as pl

from engine.contract import Table
from engine.tables import schema
from matching.survivorship import SurvivorshipRules
from pipelines.erasure import kernels
from pipelines.erasure.naming import DERIVED, HISTORIES, NAMING
from pipelines.erasure.person import Person
from pipelines.erasure.table_files import TableFiles
from pipelines.stages import resolve
from pipelines.store import versions
from pipelines.store.decisions import Decision
from pipelines.store.versions import FileEntry, Manifest

_MOST = 5_000_000


@dataclass
class Others:
    """What is left of them; ``decisions``: those of stewards that are in force, but for the person's."""

    tables: TableFiles
    person: Person
    rules: SurvivorshipRules
    decisions: Sequence[Decision]

    def left(self, before: Manifest, made: Manifest) -> Manifest:
        """CUSTOMERS of others who lost records, by what is left of them."""
        engine, home = self.tables.engine, self.tables.home
        asked = engine.from_frame(pl.DataFrame({"customer_id": sorted(self._losers(before))}, schema={"customer_id": pl.String}))
        if engine.count(asked) == 0:
            return made
        crosswalk, records = (versions.read(home, engine, made, name) for name in ("crosswalk", "clean_records"))
        theirs = engine.materialize(
            engine.sql("select c.* from c join a on a.customer_id = c.customer_id where c.valid_to is null", c=crosswalk, a=asked)
        )
        survived = resolve.golden(
            engine,
            crosswalk=theirs,
            clean_records=engine.sql("select r.* from r join t on t.record_id = r.record_id", r=records, t=theirs),
            as_of=date.fromisoformat(made.as_of),
            rules=self.rules,
            decisions=[each for each in self.decisions if each.number <= made.decision],
        )
        golden = engine.materialize(survived.customers)
        left = set(engine.collect(engine.sql("select customer_id from g", g=golden), max_rows=_MOST).to_series())
        lost = set(engine.collect(asked, max_rows=_MOST).to_series()) - left
        self.tables.done.ended |= lost
        self.tables.done.remade |= left
        known = {"customers": golden, "customer_values": engine.materialize(survived.values)}
        anew = {name: [self._anew(name, entry, asked, known[name]) for entry in made.tables.get(name, [])] for name in known}
        gone = partial(kernels.without_customers, ids=sorted(lost))
        profiles = [self.tables.mapped("customer_profile", entry, gone, {"customer_id": lost}) for entry in made.tables["customer_profile"]]
        derived = {name: self._without_losers(name, made, lost | left) for name in DERIVED & made.tables.keys()}
        ended = {name: self._without_losers(name, made, lost) for name in HISTORIES & made.tables.keys()}
        anew = {name: entries for name, entries in anew.items() if entries}
        return replace(made, tables={**made.tables, **anew, **derived, **ended, "customer_profile": profiles})

    def _without_losers(self, name: str, made: Manifest, ids: set[str]) -> list[FileEntry]:
        named = {column: ids for column in schema(name) if NAMING.get(column) == "ids"}
        kernel = partial(kernels.naming_none, columns=list(named), ids=sorted(ids))
        return [self.tables.mapped(name, entry, kernel, named) for entry in made.tables[name]]

    def _anew(self, name: str, entry: FileEntry, asked: Table, now: Table) -> FileEntry:
        """A file of customers with what is left of those of ``asked``."""
        engine, home = self.tables.engine, self.tables.home
        columns = ", ".join(f"c.{column}" for column in schema(name))
        table = engine.read(home.tables / entry.path)
        query = f"""
            select {columns} from c left join a on a.customer_id = c.customer_id where a.customer_id is null
            union all select {columns.replace("c.", "g.")} from g join (select distinct customer_id from c) k on k.customer_id = g.customer_id
        """
        return self.tables.always(name, entry, engine.sql(query, c=table, a=asked, g=now), asked)

    def _losers(self, before: Manifest) -> set[str]:
        engine, home = self.tables.engine, self.tables.home
        gone = engine.from_frame(pl.DataFrame({"record_id": sorted(self.person.records)}, schema={"record_id": pl.String}))
        query = "select distinct c.customer_id from c join g on g.record_id = c.record_id where c.valid_to is null"
        found = engine.sql(query, c=versions.read(home, engine, before, "crosswalk"), g=gone)
        return set(engine.collect(found, max_rows=_MOST).to_series()) - self.person.ids

    def profiles(self, before: Manifest, made: Manifest) -> Manifest:
        """Households of those who are gone, counted anew; no next service of a car that is not theirs."""
        engine, home = self.tables.engine, self.tables.home
        was, now = (versions.read(home, engine, each, "customer_profile") for each in (before, made))
        asked = engine.from_frame(
            pl.DataFrame({"customer_id": sorted(self.person.ids | self.tables.done.ended)}, schema={"customer_id": pl.String})
        )
        homes = "select distinct p.household_id from p join a on a.customer_id = p.customer_id where p.household_id is not null"
        members = engine.collect(
            engine.sql(
                f"select n.customer_id, n.household_id from n join ({homes}) h on h.household_id = n.household_id", n=now, p=was, a=asked
            ),
            max_rows=_MOST,
        )
        households = members.with_columns(
            size=pl.len().over("household_id").cast(pl.Int64), first=pl.col("customer_id").min().over("household_id")
        )
        cars = self._cars(made)
        kernel = partial(kernels.profile, households=households, cars=cars)
        named = {"customer_id": {*members["customer_id"], *cars}}
        entries = [self.tables.mapped("customer_profile", entry, kernel, named) for entry in made.tables["customer_profile"]]
        return replace(made, tables={**made.tables, "customer_profile": entries})

    def _cars(self, made: Manifest) -> dict[str, list[str]]:
        """The cars of customers that were made anew."""
        engine, home = self.tables.engine, self.tables.home
        remade = engine.from_frame(pl.DataFrame({"customer_id": sorted(self.tables.done.remade)}, schema={"customer_id": pl.String}))
        found = engine.sql(
            "select c.customer_id, c.vins from c join r on r.customer_id = c.customer_id",
            c=versions.read(home, engine, made, "customers"),
            r=remade,
        )
        return {customer: list(vins or []) for customer, vins in engine.collect(found, max_rows=_MOST).iter_rows()}
