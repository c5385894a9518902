"""Reference sources in a run: read once for the golden records, their outcomes counted and told."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from cleansing import records
from engine.changes import within, without
from engine.contract import Engine, Table
from engine.tables import schema
from matching import survivorship
from matching.survivorship import Survived, SurvivorshipRules
from pipelines.draft import Draft
from pipelines.reference_sources import Sources, finding, load_sources
from pipelines.reference_sources.finding import Reference, with_keys
from pipelines.reference_sources.reading import read
from pipelines.settings import Settings
from pipelines.store.versions import Manifest

NOTE = "reference"


@dataclass(frozen=True)
class Asked:
    """The records of customers, and what stewards say of them: all that golden records are made of."""

    engine: Engine
    crosswalk: Table
    clean_records: Table
    said: Table | None
    as_of: dt.date
    rules: SurvivorshipRules

    def of(self, ids: Table) -> Asked:
        """Those of some customers (customer_id)."""
        engine = self.engine
        crosswalk = engine.materialize(within(engine, engine.sql("select * from c where valid_to is null", c=self.crosswalk), ids))
        theirs = engine.materialize(engine.sql("select record_id from t", t=crosswalk))
        columns = ", ".join(dict.fromkeys((*survivorship.COLUMNS, "event_date", "main")))  # ``main``: for who is expected to have a car
        narrow = engine.sql(f"select {columns} from c", c=self.clean_records)
        clean_records = engine.materialize(within(engine, narrow, theirs))
        said = None if self.said is None else engine.materialize(within(engine, self.said, ids))
        return replace(self, crosswalk=crosswalk, clean_records=clean_records, said=said)

    def survive(self, offered: Table | None = None) -> Survived:
        """Their golden records."""
        return survivorship.survive(
            self.engine, crosswalk=self.crosswalk, clean_records=self.clean_records, as_of=self.as_of, rules=self.rules, said=self.said,
            offered=offered,
        )  # fmt: skip


@dataclass(frozen=True)
class Golden:
    """Tables CUSTOMERS, CUSTOMER_VALUES, REFERENCE_MATCHES and REFERENCE_VALUES; ``ids``: customer_id of those that were made, None for all."""

    customers: Table
    values: Table
    matches: Table
    told: Table
    ids: Table | None = None


def load(settings: Settings) -> Sources | None:
    """The reference sources of the settings; None where there are none."""
    return load_sources(settings.reference_sources, settings.home)


def changed(settings: Settings, manifest: Manifest | None) -> bool:
    """Whether there are other sources than the published version has heard, by their sizes and times."""
    sources = load(settings)
    told = None if manifest is None else manifest.run.get(NOTE)
    before = told.get("seen") if isinstance(told, dict) else None
    return manifest is not None and before != (None if sources is None else sources.seen)


def depends_on(rules: str, sources: Sources | None) -> str:
    """What golden records depend on beside the records: rules of survivorship and sources."""
    return rules if sources is None else f"{rules} {sources.digest}"


def heard(engine: Engine, draft: Draft, sources: Sources | None) -> Reference | None:
    """The sources' rows, cleansed by the date of the run that heard these sources first; noted in the draft."""
    if sources is None:
        draft.note(NOTE, None)
        return None
    before = None if draft.previous is None else draft.previous.run.get(NOTE)
    same = isinstance(before, dict) and before.get("digest") == sources.digest
    first = dt.date.fromisoformat(str(before["as_of"])) if isinstance(before, dict) and same else draft.as_of
    draft.note(NOTE, {"digest": sources.digest, "as_of": first.isoformat(), "seen": sources.seen})
    with tempfile.TemporaryDirectory(dir=draft.folder) as folder:
        rows = read(engine, sources, as_of=first, folder=Path(folder))
    return with_keys(engine, sources.listed, rows)


def listened(
    every: Asked, heard: Reference, *, only: Table | None, matched: Table | None
) -> tuple[Asked, Table | None, Survived, Table, Table]:
    """Golden records with what the sources know, in two goes: as the records have them, by which rows are found; then those again of whom a row was.

    Args:
        every: all customers.
        heard: the sources.
        only: customer_id of those that are to be made, None makes all.
        matched: REFERENCE_MATCHES of the version before.

    Returns:
        Who was made (more than ``only`` where a key came to be shared, or is no longer) as records and as ids, their golden records,
        REFERENCE_MATCHES and REFERENCE_VALUES.
    """
    engine = every.engine
    asked = every if only is None else every.of(only)
    survived = asked.survive()
    matches = found = finding.matches(engine, heard, survived.known)
    if only is not None and matched is not None:
        found = engine.materialize(engine.sql("select * from k union all select * from m", k=without(engine, matched, only), m=matches))
        others = finding.flipped(engine, heard, before=matched, now=found, only=only)
        if engine.count(others):
            only = engine.materialize(engine.sql("select customer_id from o union all select customer_id from f", o=only, f=others))
            asked = every.of(only)
            survived = asked.survive()
            matches = within(engine, found, only)
    judged = finding.offers(engine, heard, found=found, known=survived.known)
    none = "cast(null as string) as old_value, cast(null as string) as new_value"
    refused = f"select customer_id, {_SAID}, outcome, event_date as date, {none} from j where outcome is not null"
    told = engine.sql(refused, j=judged)
    offered = engine.materialize(engine.sql("select * from j where outcome is null", j=judged))
    ids = engine.materialize(engine.sql("select distinct customer_id from o", o=offered))
    again = asked.of(ids).survive(offered)
    return asked, only, _instead(engine, survived, again, ids), matches, _together(engine, told, again)


_SAID = "reference as source, field, record_id"


def _instead(engine: Engine, before: Survived, again: Survived, ids: Table) -> Survived:
    """Golden records, those of some customers made again."""

    def both(old: Table, new: Table) -> Table:
        listed = ", ".join(f'"{name}"' for name in old.schema)
        return engine.sql(f"select {listed} from k union all select {listed} from n", k=without(engine, old, ids), n=new)

    return Survived(both(before.customers, again.customers), both(before.values, again.values), before.known)


def _together(engine: Engine, told: Table, again: Survived) -> Table:
    """REFERENCE_VALUES: what was not offered, and what became of what was."""
    if again.told is None:
        return told
    query = f"select * from t union all select customer_id, {_SAID}, outcome, date, old_value, new_value from a"
    return engine.materialize(engine.sql(query, t=told, a=again.told))


def history(engine: Engine, draft: Draft, told: Table) -> Table | None:
    """Rows of QUALITY_HISTORY: how often each source's word on a field had which outcome (measure ``<outcome>:<source>``); None without sources."""
    if draft.noted(NOTE) is None:
        return None
    query = "select source, field, outcome, cast(count(*) as double) as value from t group by source, field, outcome"
    counted = engine.collect(engine.sql(query, t=told)).sort("source", "field", "outcome")
    rows = counted.select(
        run_id=pl.lit(draft.run_id),
        as_of=pl.lit(draft.as_of),
        table=pl.lit("reference_values"),
        dealer_id=pl.lit(""),
        source=pl.lit(""),
        field="field",
        dimension=pl.lit("business"),
        measure=pl.format("{}:{}", "outcome", "source"),
        value="value",
    )
    return engine.from_frame(rows.select(*schema("quality_history")))


def with_addresses(engine: Engine, draft: Draft, clean_records: Table) -> Table:
    """CLEAN_RECORDS with a row for each address that a source gave, for whoever looks up where a golden address came from."""
    if draft.noted(NOTE) is None:
        return clean_records
    taken = "select distinct record_id, new_value from t where field = 'address' and outcome in ('filled', 'updated')"
    given = engine.sql(taken, t=draft.read(engine, "reference_values"))
    words = engine.map_batches(given, partial(_as_records, as_of=draft.as_of), schema("clean_records"))
    columns = ", ".join(schema("clean_records"))
    return engine.sql(f"select {columns} from c union all select {columns} from w", c=clean_records, w=words)


def _as_records(given: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    columns = {name: pl.lit(None, dtype) for name, dtype in schema("records").items()}
    rows = given.select(**{**columns, "record_id": pl.col("record_id"), "address": pl.col("new_value")})
    return records.clean(rows, as_of=as_of)
