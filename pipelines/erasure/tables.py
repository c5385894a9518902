"""The tables of every version without a person: files that hold nothing of theirs stay, the others are written anew.

Whatever table a version has: a row goes where one of its columns that name a record, a row or a customer names what goes. Besides:

- ``files``: file ids, sizes and counts of inbox files that were written anew, in every table that names a file;
- ``crosswalk``: rows stay, so that the id resolves forever, but closed, without the source's key, and with a keyed hash for the record id;
- ``identity_events`` stay: ids and counts; ``clusters`` keep their smallest record as name;
- ``customers`` of others who lost records are made anew by the rules; whoever has none left ends too;
- ``customer_profile``: households are counted anew; a next service for a car that others no longer have goes;
- what else enrichment tells (``DERIVED``) goes of others who lost records as well, until the next run makes it anew; its histories
  (``HISTORIES``) go of those who have no record left;
- ``quarantine``: rows of the person go by what they hold; in free text of others' ``records`` three stars stand for a value of the person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from engine.tables import TABLES, schema
from matching.survivorship import SurvivorshipRules
from pipelines.erasure.person import FREE, Person, Values
from pipelines.erasure.tombstones import Tombstones
from pipelines.stages import resolve
from pipelines.store import versions
from pipelines.store.decisions import Decision
from pipelines.store.home import Home
from pipelines.store.versions import FileEntry, Manifest

NAMING = {
    "record_id": "records",
    "record_id_l": "records",
    "record_id_r": "records",
    "left_id": "records",
    "right_id": "records",
    "row_id": "rows",
    "lead_id": "rows",
    "customer_id": "ids",
    "from_customer_id": "ids",
    "to_customer_id": "ids",
    "company_id": "ids",
    "person_id": "ids",
    "main_person_id": "ids",
    "referrer_id": "ids",
    "top_id": "ids",
}
"""Columns that name what may go, and in which of the person's sets they are looked up."""
KEPT = frozenset({"crosswalk", "identity_events"})
DERIVED = frozenset(
    {
        "timeline", "car_roles", "car_transfers", "company_people", "fleets", "referrals", "customer_value", "customer_churn", "save_list",
        "customer_reach", "cars", "care_tasks", "leads", "call_list", "prospects", "reference_matches", "reference_values",
    }
)  # fmt: skip
"""What enrichment, and reference sources, make of others' records too: rows of those who lost records go, and the next run makes them anew."""
HISTORIES = frozenset({"value_grades", "segments", "campaign_lists"})
"""What no run could make anew: it stays with customers who lost records, and goes with those who have none left."""
FOR_THE_NEXT_RUN = ("match_", "quality_counts")
"""What matching keeps for the next run names people by codes, a phone by itself, and counts tell of rows that are no longer there: both go whole, and the next run
matches and counts everything."""
_MOST = 5_000_000


@dataclass
class Erased:
    """What was done: rows that went by table, over all versions; customers of others that ended, or were made anew; files of tables written anew."""

    rows: Counter[str] = field(default_factory=Counter)
    ended: set[str] = field(default_factory=set)
    remade: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class Eraser:
    """Makes the tables of versions without a person. ``files``: dealer_id, old, and the FILES row of inbox files written anew; ``decisions``: those of stewards that are in force, but for the person's."""

    engine: Engine
    home: Home
    person: Person
    values: Values
    stones: Tombstones
    files: pl.DataFrame
    rules: SurvivorshipRules
    decisions: Sequence[Decision]
    done: Erased = field(default_factory=Erased)
    _made: dict[tuple[str, str], FileEntry] = field(default_factory=dict)

    def version(self, manifest: Manifest) -> Manifest:
        """The manifest of a version without the person; its new files are there."""
        manifest = self._whole(manifest)
        kept = {name: entries for name, entries in manifest.tables.items() if name not in KEPT and not name.startswith(FOR_THE_NEXT_RUN)}
        tables = {name: [self._entry(name, entry) for entry in entries] for name, entries in kept.items()}
        tables = {name: [each for each in entries if each.rows or len(entries) == 1] or entries[:1] for name, entries in tables.items()}
        crosswalk = partial(_closed, stones=self.stones, person=self.person, as_of=manifest.as_of)
        tables["crosswalk"] = [
            self._mapped("crosswalk", entry, crosswalk, {"record_id": set(self.person.records)}) for entry in manifest.tables["crosswalk"]
        ]
        tables["identity_events"] = manifest.tables["identity_events"]
        made = replace(manifest, tables=tables)
        made = self._others(manifest, made)
        return self._profiles(manifest, made)

    def _whole(self, manifest: Manifest) -> Manifest:
        """The manifest with each table in buckets: what changed since they were written stands in them."""
        beside = {versions.CAME, versions.WENT}
        anew = {
            name: versions.write_table(self.home, self.engine, name, versions.read(self.home, self.engine, manifest, name))
            for name, entries in manifest.tables.items()
            if not name.startswith(FOR_THE_NEXT_RUN) and any(entry.bucket in beside for entry in entries)
        }
        return replace(manifest, tables={**manifest.tables, **anew})

    def _entry(self, name: str, entry: FileEntry) -> FileEntry:
        """One file of a table, the same for all versions."""
        key = (name, entry.path)
        if key not in self._made:
            self._made[key] = self._without(name, entry)
        return self._made[key]

    def _without(self, name: str, entry: FileEntry) -> FileEntry:
        if not self._concerned(name, entry):
            return entry
        table = self.engine.read(self.home.tables / entry.path)
        names_files = not self.files.is_empty() and {"file_id", "dealer_id"} <= table.schema.keys()
        kernel = partial(self._rows, name=name)
        plain = self.engine.map_batches(table, kernel, table.schema)
        if not self.files.is_empty() and name == "files":
            plain = self._new_files(plain)
        elif names_files:
            renamed = ", ".join(
                "coalesce(n.file_id, t.file_id) as file_id" if column == "file_id" else f't."{column}"' for column in table.schema
            )
            names = self.engine.from_frame(self.files.select("dealer_id", "old", "file_id"))
            plain = self.engine.sql(
                f"select {renamed} from t left join n on n.dealer_id = t.dealer_id and n.old = t.file_id", t=plain, n=names
            )
        if name == "clusters":
            plain = self.engine.sql("select record_id, min(record_id) over (partition by cluster_id) as cluster_id from t", t=plain)
        return self._written(name, entry, table, plain)

    def _sets(self) -> dict[str, frozenset[str]]:
        return {"records": self.person.records, "rows": self.person.rows, "ids": self.person.ids}

    def _concerned(self, name: str, entry: FileEntry) -> bool:
        """Whether a file names anything of the person: most do not, and are only looked at by the columns that name."""
        if name == "quarantine":
            return True
        path, sets = self.home.tables / entry.path, self._sets()
        columns = set(pl.read_parquet_schema(path))
        named = {column: set(sets[kind]) for column, kind in NAMING.items() if column in columns}
        if name == "records":
            named["record_id"] |= self.values.mentions.keys()
        if {"file_id", "dealer_id"} <= columns:
            named["file_id"] = set(self.files["old"])
        return _has(path, named)

    def _rows(self, frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
        """Kernel: rows that name nothing of the person."""
        sets = self._sets()
        gone = pl.Series([False] * frame.height, dtype=pl.Boolean)
        for column, kind in NAMING.items():
            if column in frame.columns:
                gone = gone | frame[column].is_in(list(sets[kind])).fill_null(value=False)
        if name == "quarantine":
            gone = gone | self.values.within(frame["text"])
        left = frame.filter(~gone)
        return left.with_columns(map(self.values.without_any, FREE)) if name == "records" else left

    def _new_files(self, files: Table) -> Table:
        """FILES, those that were written anew as they are now."""
        taken = {"file_id", "size", "status", "reason", "records", *(name for name in schema("files") if name.startswith("rows_"))}
        columns = ", ".join(
            f"case when n.old is null then t.{name} else n.{name} end as {name}" if name in taken else f"t.{name}"
            for name in schema("files")
        )
        query = f"select {columns} from t left join n on n.dealer_id = t.dealer_id and n.old = t.file_id"
        return self.engine.sql(query, t=files, n=self.engine.from_frame(self.files))

    def _mapped(self, name: str, entry: FileEntry, kernel: partial[pl.DataFrame], named: dict[str, set[str]]) -> FileEntry:
        """The entry of a file after ``kernel``, which changes only rows that have one of the values ``named`` by column."""
        if not _has(self.home.tables / entry.path, named):
            return entry
        table = self.engine.read(self.home.tables / entry.path)
        return self._written(name, entry, table, self.engine.map_batches(table, kernel, table.schema))

    def _written(self, name: str, entry: FileEntry, before: Table, after: Table) -> FileEntry:
        """The entry as it was where nothing changed; else that of a new file."""
        after = self.engine.materialize(after)
        columns = [column for column, dtype in before.schema.items() if not dtype.is_nested()]
        rows = self.engine.count(after)
        if rows == entry.rows:
            listed = ", ".join(f'"{column}"' for column in columns)
            changed = self.engine.sql(f"select {listed} from b except select {listed} from a", b=before, a=after)
            if self.engine.count(changed) == 0:
                return entry
        self.done.rows[name] += entry.rows - rows
        made = write(self.home, self.engine, name, after, entry.bucket)
        self.done.files[entry.path] = made.path
        return made

    def _others(self, before: Manifest, made: Manifest) -> Manifest:
        """CUSTOMERS of others who lost records, by what is left of them."""
        asked = self.engine.from_frame(pl.DataFrame({"customer_id": sorted(self._losers(before))}, schema={"customer_id": pl.String}))
        if self.engine.count(asked) == 0:
            return made
        crosswalk, records = (versions.read(self.home, self.engine, made, name) for name in ("crosswalk", "clean_records"))
        theirs = self.engine.materialize(
            self.engine.sql("select c.* from c join a on a.customer_id = c.customer_id where c.valid_to is null", c=crosswalk, a=asked)
        )
        survived = resolve.golden(
            self.engine,
            crosswalk=theirs,
            clean_records=self.engine.sql("select r.* from r join t on t.record_id = r.record_id", r=records, t=theirs),
            as_of=date.fromisoformat(made.as_of),
            rules=self.rules,
            decisions=[each for each in self.decisions if each.number <= made.decision],
        )
        golden = self.engine.materialize(survived.customers)
        left = set(self.engine.collect(self.engine.sql("select customer_id from g", g=golden), max_rows=_MOST).to_series())
        lost = set(self.engine.collect(asked, max_rows=_MOST).to_series()) - left
        self.done.ended |= lost
        self.done.remade |= left
        known = {"customers": golden, "customer_values": self.engine.materialize(survived.values)}
        anew = {name: [self._anew(name, entry, asked, known[name]) for entry in made.tables.get(name, [])] for name in known}
        gone = partial(_without_customers, ids=sorted(lost))
        profiles = [self._mapped("customer_profile", entry, gone, {"customer_id": lost}) for entry in made.tables["customer_profile"]]
        derived = {name: self._without_losers(name, made, lost | left) for name in DERIVED & made.tables.keys()}
        ended = {name: self._without_losers(name, made, lost) for name in HISTORIES & made.tables.keys()}
        anew = {name: entries for name, entries in anew.items() if entries}
        return replace(made, tables={**made.tables, **anew, **derived, **ended, "customer_profile": profiles})

    def _without_losers(self, name: str, made: Manifest, ids: set[str]) -> list[FileEntry]:
        named = {column: ids for column in schema(name) if NAMING.get(column) == "ids"}
        kernel = partial(_naming_none, columns=list(named), ids=sorted(ids))
        return [self._mapped(name, entry, kernel, named) for entry in made.tables[name]]

    def _anew(self, name: str, entry: FileEntry, asked: Table, now: Table) -> FileEntry:
        """A file of customers with what is left of those of ``asked``."""
        columns = ", ".join(f"c.{column}" for column in schema(name))
        table = self.engine.read(self.home.tables / entry.path)
        query = f"""
            select {columns} from c left join a on a.customer_id = c.customer_id where a.customer_id is null
            union all select {columns.replace("c.", "g.")} from g join (select distinct customer_id from c) k on k.customer_id = g.customer_id
        """
        return self._always(name, entry, self.engine.sql(query, c=table, a=asked, g=now), asked)

    def _always(self, name: str, entry: FileEntry, after: Table, asked: Table) -> FileEntry:
        """A new file where the entry names one of ``asked``."""
        table = self.engine.read(self.home.tables / entry.path)
        if self.engine.count(self.engine.sql("select 1 from t join a on a.customer_id = t.customer_id", t=table, a=asked)) == 0:
            return entry
        made = write(self.home, self.engine, name, after, entry.bucket)
        self.done.files[entry.path] = made.path
        self.done.rows[name] += entry.rows - made.rows
        return made

    def _losers(self, before: Manifest) -> set[str]:
        gone = self.engine.from_frame(pl.DataFrame({"record_id": sorted(self.person.records)}, schema={"record_id": pl.String}))
        query = "select distinct c.customer_id from c join g on g.record_id = c.record_id where c.valid_to is null"
        found = self.engine.sql(query, c=versions.read(self.home, self.engine, before, "crosswalk"), g=gone)
        return set(self.engine.collect(found, max_rows=_MOST).to_series()) - self.person.ids

    def _profiles(self, before: Manifest, made: Manifest) -> Manifest:
        """Households of those who are gone, counted anew; no next service of a car that is not theirs."""
        was, now = (versions.read(self.home, self.engine, each, "customer_profile") for each in (before, made))
        asked = self.engine.from_frame(
            pl.DataFrame({"customer_id": sorted(self.person.ids | self.done.ended)}, schema={"customer_id": pl.String})
        )
        homes = "select distinct p.household_id from p join a on a.customer_id = p.customer_id where p.household_id is not null"
        members = self.engine.collect(
            self.engine.sql(
                f"select n.customer_id, n.household_id from n join ({homes}) h on h.household_id = n.household_id", n=now, p=was, a=asked
            ),
            max_rows=_MOST,
        )
        households = members.with_columns(
            size=pl.len().over("household_id").cast(pl.Int64), first=pl.col("customer_id").min().over("household_id")
        )
        cars = self._cars(made)
        kernel = partial(_profile, households=households, cars=cars)
        named = {"customer_id": {*members["customer_id"], *cars}}
        entries = [self._mapped("customer_profile", entry, kernel, named) for entry in made.tables["customer_profile"]]
        return replace(made, tables={**made.tables, "customer_profile": entries})

    def _cars(self, made: Manifest) -> dict[str, list[str]]:
        """The cars of customers that were made anew."""
        remade = self.engine.from_frame(pl.DataFrame({"customer_id": sorted(self.done.remade)}, schema={"customer_id": pl.String}))
        found = self.engine.sql(
            "select c.customer_id, c.vins from c join r on r.customer_id = c.customer_id",
            c=versions.read(self.home, self.engine, made, "customers"),
            r=remade,
        )
        return {customer: list(vins or []) for customer, vins in self.engine.collect(found, max_rows=_MOST).iter_rows()}


def write(home: Home, engine: Engine, name: str, table: Table, bucket: str) -> FileEntry:
    """One bucket file of a table, named by its content."""
    folder = home.tables / name
    folder.mkdir(exist_ok=True, mode=0o700)
    part = folder / f"{bucket}.erasing.part"
    order = TABLES[name].key if name in TABLES else ()
    rows = engine.write(table, part, order_by=order)
    return FileEntry(bucket, versions.named_by_content(part, name), rows)


def contents(manifest: Manifest) -> dict[str, list[dict[str, object]]]:
    """The files of a manifest, as a draft keeps them."""
    return {name: [asdict(entry) for entry in entries] for name, entries in manifest.tables.items()}


def used(home: Home, manifests: Sequence[Manifest]) -> set[Path]:
    """Files that versions need."""
    return {home.tables / entry.path for manifest in manifests for entries in manifest.tables.values() for entry in entries}


def _has(path: Path, named: dict[str, set[str]]) -> bool:
    """Whether a file has a row with one of the values ``named`` by column."""
    tests = [pl.col(column).is_in(list(values)) for column, values in named.items() if values]
    return bool(tests) and not pl.scan_parquet(path).select(list(named)).filter(pl.any_horizontal(tests)).head(1).collect().is_empty()


def _closed(crosswalk: pl.DataFrame, *, stones: Tombstones, person: Person, as_of: str) -> pl.DataFrame:
    """Kernel: rows of records that are gone closed, without what leads to the source."""
    gone = pl.col("record_id").is_in(list(person.records))
    stand_ins = {record: stones.stand_in(record) for record in crosswalk["record_id"] if record in person.records}
    today = pl.lit(as_of).str.to_date()
    return crosswalk.with_columns(
        record_id=pl.col("record_id").replace(stand_ins),
        source_key=pl.when(~gone).then("source_key"),
        valid_to=pl.when(gone).then(pl.coalesce("valid_to", pl.max_horizontal("valid_from", today))).otherwise("valid_to"),
    )


def _without_customers(frame: pl.DataFrame, *, ids: list[str]) -> pl.DataFrame:
    return frame.filter(~pl.col("customer_id").is_in(ids))


def _naming_none(frame: pl.DataFrame, *, columns: list[str], ids: list[str]) -> pl.DataFrame:
    return frame.filter(~pl.any_horizontal(pl.col(column).is_in(ids).fill_null(value=False) for column in columns))


def _profile(profile: pl.DataFrame, *, households: pl.DataFrame, cars: dict[str, list[str]]) -> pl.DataFrame:
    """Kernel: see ``Eraser._profiles``."""
    alone = pl.col("size") == 1
    sized = profile.join(households.select("customer_id", "size", "first"), on="customer_id", how="left", maintain_order="left")
    sized = sized.with_columns(
        household_id=pl.when(pl.col("size").is_null()).then("household_id").when(~alone).then("first"),
        household_size=pl.coalesce("size", "household_size"),
        household_reason=pl.when(~alone.fill_null(value=False)).then("household_reason"),
    ).drop("size", "first")
    strange = [
        vin is not None and customer in cars and vin not in cars[customer]
        for customer, vin in sized.select("customer_id", "next_service_vin").iter_rows()
    ]
    return sized.with_columns(next_service_vin=pl.when(~pl.Series(strange, dtype=pl.Boolean)).then("next_service_vin")).select(
        profile.columns
    )
