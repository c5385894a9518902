"""Who is meant by a customer_id: the ids that lead to it, the records, the rows, and the values that nobody else has.

The records are those that the customer holds now, and those that were gone before but held by no other customer since. A row is whose its main
record is (the role that its event hangs on): it goes as a whole, with what it says of others. Where the person has another role in somebody
else's row, only that role's record goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from matching import identity
from pipelines.erasure.forms import Forms
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

RAW = ("name", "phone", "email", "id_number", "address", "vin", "plate")
CLEAN = ("name", "phones", "emails", "id_number", "address", "vin", "plate")
FREE = ("remark", "extra")
"""Columns in which a record of somebody else may speak of the person."""
_TEXTS = (*RAW, *FREE)
_PARTS = re.compile(r"\s*[;；、/|]\s*")
_MOST_RECORDS = 1_000_000


@dataclass(frozen=True)
class Person:
    """Whom to forget.

    Attributes:
        customer_id: the id that stands.
        ids: it, and those that were merged into it.
        records: ids of the person's own records, and of others' records in the person's rows.
        rows: ids of the rows that go as a whole.
        others: customers that lose records with them.
        known: RECORDS rows of all versions of ``records``, each as each version says it.
        clean: CLEAN_RECORDS rows of them.
    """

    customer_id: str
    ids: frozenset[str]
    records: frozenset[str]
    rows: frozenset[str]
    others: frozenset[str]
    known: pl.DataFrame
    clean: pl.DataFrame

    @cached_property
    def named(self) -> frozenset[str]:
        """Every id that a table may name them by."""
        return self.ids | self.records | self.rows


@dataclass(frozen=True)
class Values:
    """Values of a person by kind.

    Attributes:
        own: those that nobody else has in a field of their own.
        shared: those that others have as well: a family's phone, a common name.
        mentions: records of others whose free text holds one of ``own``, and in which columns.
    """

    own: dict[str, frozenset[str]]
    shared: dict[str, frozenset[str]]
    mentions: dict[str, tuple[str, ...]]

    @cached_property
    def forms(self) -> Forms:
        """Finds the values that are the person's alone, standing by themselves: not inside a longer number or name."""
        return Forms(frozenset((kind, text) for kind, texts in self.own.items() for text in texts))

    def within(self, texts: pl.Series) -> pl.Series:
        """Which of ``texts`` hold a value that is the person's alone."""
        return self.forms.holds(texts)

    def without_any(self, name: str) -> pl.Expr:
        """A column with three stars for each value of the person."""
        return pl.col(name).map_batches(self.forms.without, return_dtype=pl.String)

    def without(self, text: str) -> str:
        """``text`` with three stars for each value of the person."""
        return self.forms.cleared(text)


def find(engine: Engine, home: Home, manifests: Sequence[Manifest], customer_id: str) -> Person:
    """Who ``customer_id`` is in the last of ``manifests``.

    Raises:
        UnknownCustomerError: no customer was ever called so.
    """
    crosswalk = _table(engine, home, manifests[-1:], "crosswalk")
    standing = identity.resolve_id(engine, crosswalk=crosswalk, customer_id=customer_id)
    asked = engine.from_frame(pl.DataFrame({"customer_id": [standing]}))
    ids = engine.sql(
        "select s.customer_id from s join a on a.customer_id = s.survivor_id", s=identity.survivors(engine, crosswalk=crosswalk), a=asked
    )
    held = engine.sql(_HELD, c=crosswalk, i=engine.materialize(ids))
    own = engine.materialize(held)
    records = _table(engine, home, manifests, "records")
    rows = engine.materialize(
        engine.sql("select distinct r.row_id from r join o on o.record_id = r.record_id where r.main", r=records, o=own)
    )
    every = engine.materialize(
        engine.sql("select record_id from o union select r.record_id from r join w on w.row_id = r.row_id", o=own, r=records, w=rows)
    )
    known = engine.sql("select distinct r.* from r join e on e.record_id = r.record_id", r=records, e=every)
    clean = engine.sql("select r.* from r join e on e.record_id = r.record_id", r=_table(engine, home, manifests, "clean_records"), e=every)
    others = engine.sql(
        "select distinct c.customer_id from c join e on e.record_id = c.record_id left join i on i.customer_id = c.customer_id "
        "where i.customer_id is null and c.valid_to is null",
        c=crosswalk,
        e=every,
        i=ids,
    )

    def texts(table: Table) -> frozenset[str]:
        return frozenset(engine.collect(table, max_rows=_MOST_RECORDS).to_series())

    return Person(
        standing,
        texts(ids),
        texts(every),
        texts(rows),
        texts(others),
        engine.collect(known, max_rows=_MOST_RECORDS),
        engine.collect(clean, max_rows=_MOST_RECORDS),
    )


# the customer of a record: the one that holds it now, else the one that held it last
_HELD = """
    select l.record_id from (
        select record_id, customer_id, row_number() over (
            partition by record_id
            order by case when valid_to is null then 0 else 1 end, valid_to desc nulls last, valid_from desc nulls last, customer_id
        ) as place from c
    ) l join i on i.customer_id = l.customer_id where l.place = 1
"""


def values(engine: Engine, home: Home, manifests: Sequence[Manifest], person: Person) -> Values:
    """The values of a person, told apart by whether anybody else has them, in any version."""
    found = _values_of(person)
    forms = Forms(frozenset((kind, text) for kind, texts in found.items() for text in texts))
    hits = pl.concat(
        [
            _hits(engine, _table(engine, home, manifests, "records"), _TEXTS, person, forms),
            _hits(engine, _table(engine, home, manifests, "clean_records"), CLEAN, person, forms),
        ]
    )
    free = pl.col("field").is_in(FREE)
    elsewhere = set(hits.filter(~free)["value"])
    elsewhere |= {text for _, text in forms.values if text.upper() in elsewhere}
    mentions: dict[str, set[str]] = {}
    for record, field in hits.filter(free & ~pl.col("value").is_in(list(elsewhere))).select("record_id", "field").iter_rows():
        mentions.setdefault(record, set()).add(field)
    return Values(
        {kind: frozenset(every - elsewhere) for kind, every in found.items()},
        {kind: frozenset(every & elsewhere) for kind, every in found.items()},
        {record: tuple(sorted(fields)) for record, fields in sorted(mentions.items())},
    )


_HITS = {"record_id": pl.String(), "field": pl.String(), "value": pl.String()}


def _hits(engine: Engine, records: Table, columns: Sequence[str], person: Person, forms: Forms) -> pl.DataFrame:
    """Which values stand in records of others, and in which field."""
    kernel = partial(_found, columns=columns, own=person.records, forms=forms)
    wanted = engine.sql(f"select record_id, {', '.join(columns)} from r", r=records)
    return engine.collect(engine.map_batches(wanted, kernel, _HITS), max_rows=_MOST_RECORDS).unique()


def _found(records: pl.DataFrame, *, columns: Sequence[str], own: frozenset[str], forms: Forms) -> pl.DataFrame:
    if not forms:
        return pl.DataFrame(schema=_HITS)
    plain = records.with_columns(
        pl.col(name).list.join(" ; ").alias(name) for name, dtype in records.schema.items() if dtype == pl.List(pl.String)
    )
    found: list[tuple[str, str, str]] = []
    for name in columns:
        maybe = plain.filter(forms.maybe(pl.col(name))).select("record_id", name)
        found += [(record, name, value) for record, text in maybe.iter_rows() if record not in own for value in forms.found(text)]
    return pl.DataFrame(found, schema=_HITS, orient="row")


def _values_of(person: Person) -> dict[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {kind: set() for kind in RAW}
    named = person.clean.filter(pl.col("name").is_not_null())["record_id"].implode()
    for kind in RAW:
        # what reads as no name (女士, VIP客户) is nobody's
        told = person.known.filter(pl.col("record_id").is_in(named)) if kind == "name" else person.known
        for text in told[kind].drop_nulls().unique():
            kinds[kind] |= {
                text.strip(),
                *(part.strip() for part in _PARTS.split(text) if kind in {"phone", "email", "vin", "plate", "id_number"}),
            }
    for kind, name in zip(RAW, CLEAN, strict=True):
        column = person.clean[name].drop_nulls()
        column = column.explode(empty_as_null=False) if column.dtype == pl.List(pl.String) else column
        for text in column.drop_nulls().unique():
            kinds[kind] |= {text, *([text.removeprefix("+86")] if kind == "phone" else [])}
            if kind in {"vin", "plate", "id_number", "email"}:
                kinds[kind] |= {text.lower(), text.upper()}
    return {kind: frozenset(text for text in texts if _says_something(kind, text)) for kind, texts in kinds.items()}


def _says_something(kind: str, text: str) -> bool:
    if kind == "name":
        return len(text) >= 2 and any(character.isalpha() for character in text)
    digits = sum(character.isdigit() for character in text)
    if kind == "phone":
        return digits >= 7
    if kind == "address":
        return len(text) >= 6
    return len(text) >= 6 and (digits >= 3 or "@" in text)


def _table(engine: Engine, home: Home, manifests: Sequence[Manifest], name: str) -> Table:
    """A table of several versions, each file once; of versions that have changes beside their files, all rows."""
    paths: dict[Path, None] = {}
    changed = []
    for manifest in manifests:
        entries = manifest.tables.get(name, [])
        if any(entry.bucket == versions.WENT for entry in entries):
            changed.append(versions.read(home, engine, manifest, name))
        else:
            paths |= dict.fromkeys(home.tables / entry.path for entry in entries)
    each = [*([engine.read(list(paths))] if paths else []), *changed]
    names = [f"t{place}" for place in range(len(each))]
    listed = ", ".join(f'"{column}"' for column in each[0].schema)
    query = " union all ".join(f"select {listed} from {one}" for one in names)
    return each[0] if len(each) == 1 else engine.sql(query, **dict(zip(names, each, strict=True)))
