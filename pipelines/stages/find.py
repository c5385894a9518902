"""Customers by what a person types: a phone, a plate, a VIN, an identity number, an e-mail, a name, an id of today or of before.

The text is cleansed as ``chezhu parse`` cleanses it, and means whatever it can be read as; only what is nothing else is a name. The golden
records are scanned by column, which takes tenths of a second for a million of them: nothing is kept beside them, and nothing can be stale.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from engine.privacy import mask
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

SHOWN = ("customer_id", "party", "name", "mobile", "province", "city", "vins", "plates", "records", "dealers", "last_seen", "matched")
_MASKS = {"name": "name", "mobile": "phone", "vins": "vin", "plates": "plate"}
_OURS = re.compile(r"C[A-Z2-7]{16,}")
"""The form of ids that are given here; a CRM's own have any form."""


@dataclass(frozen=True)
class Wanted:
    """What a text may mean: values by the kind of field they are looked for in. ``customer_id`` is the text itself: any word may be a CRM's id."""

    phones: tuple[str, ...] = ()
    vins: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    id_number: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    surname: tuple[str, ...] = ()
    customer_id: tuple[str, ...] = ()

    def by_field(self) -> Mapping[str, tuple[str, ...]]:
        """Those that have values."""
        return {name: values for name, values in vars(self).items() if values}


@dataclass(frozen=True)
class Found:
    """``rows`` (columns ``SHOWN``; lists joined), at most as many as asked for, of ``total``; and what the text was taken for."""

    rows: pl.DataFrame
    total: int
    taken_for: tuple[str, ...]


def read(text: str, *, as_of: dt.date) -> Wanted:
    """What ``text`` may mean.

    >>> read("+86 139-1785-2046", as_of=dt.date(2026, 1, 1)).phones
    ('+8613917852046',)
    >>> read("沪a·12345", as_of=dt.date(2026, 1, 1)).plates
    ('沪A12345',)
    """
    from cleansing import emails, identities, phones  # noqa: PLC0415 - dictionaries are read when they are asked
    from cleansing.vehicles import plates, vins  # noqa: PLC0415

    text = text.strip()
    if _OURS.fullmatch(text.upper()):
        return Wanted(customer_id=(text.upper(),))
    values = pl.Series("value", [text], dtype=pl.String)
    phone = tuple(phones.clean(values)["e164"].to_list()[0] or ())
    vin, plate = vins.clean(values, as_of=as_of)["normalized"].item(), plates.clean(values)["normalized"].item()
    identity = identities.clean(values, as_of=as_of)["normalized"].item()
    mails = tuple(emails.clean(values)["emails"].to_list()[0] or ())
    found = Wanted(phone, _one(vin), _one(plate), mails, _one(identity))
    if found.by_field():
        return replace(found, customer_id=_one(text))
    from cleansing import names  # noqa: PLC0415

    name = names.clean(values).select("name", "surname", "kind").row(0, named=True)
    if name["name"] is None and name["surname"] is not None:
        return Wanted(surname=_one(name["surname"]), customer_id=_one(text))
    return Wanted(name=tuple(dict.fromkeys(each for each in (name["name"], text) if each)), customer_id=_one(text))


def find(home: Home, wanted: Wanted, *, limit: int) -> Found:
    """Customers of the published version that have one of the values; the latest seen first.

    An id that a customer has or had is looked up beside what else the text may be.

    Raises:
        VersionError: nothing is published.
    """
    manifest = versions.current(home)
    if manifest is None:
        message = home.unpublished()
        raise versions.VersionError(message)
    by_field = _with_ids(home, manifest, dict(wanted.by_field()))
    customers = versions.scan(home, manifest, "customers")
    schema = customers.collect_schema()
    tests = {
        name: pl.col(name).list.set_intersection(list(values)).list.len() > 0
        if isinstance(schema[name], pl.List)
        else pl.col(name).is_in(values)
        for name, values in by_field.items()
    }
    matched = pl.concat_list(pl.when(test).then(pl.lit(name)) for name, test in tests.items()).list.drop_nulls().list.join(" ")
    columns = [name for name in SHOWN if name != "matched"]
    found = customers.filter(pl.any_horizontal(*tests.values())).select(*columns, matched=matched).collect()
    lists = [name for name in columns if isinstance(schema[name], pl.List)]
    rows = found.with_columns(pl.col(name).list.join(" ") for name in lists)
    ordered = rows.sort(["last_seen", "customer_id"], descending=[True, False], nulls_last=True)
    return Found(ordered.head(limit), found.height, tuple(by_field))


def masked(rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` as they may be shown to anybody."""
    return rows.with_columns(
        pl.Series(
            name, [None if text is None else " ".join(mask(each, kind) for each in text.split(" ")) for text in rows[name]], dtype=pl.String
        )
        for name, kind in _MASKS.items()
    )


def _with_ids(home: Home, manifest: Manifest, by_field: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What to look for, ``customer_id`` being the ids of today of whoever was ever called so; without it where nobody was and the text may be something else."""
    asked = by_field.pop("customer_id", ())
    ids = tuple(dict.fromkeys(today for text in asked for today in _today(home, manifest, text)))
    if ids:
        return {**by_field, "customer_id": ids}
    return by_field or {"customer_id": asked}


def _today(home: Home, manifest: Manifest, text: str) -> list[str]:
    """The ids by which those go now who were ever called ``text``, followed through merges: as it is written, else in large or small letters."""
    crosswalk = versions.scan(home, manifest, "crosswalk").select("customer_id", "merged_into")
    customers = versions.scan(home, manifest, "customers").select("customer_id")
    alike = pl.col("customer_id").str.to_uppercase() == text.upper()
    named = (
        pl.concat([crosswalk.filter(alike).select("customer_id"), customers.filter(alike)]).unique().collect().to_series().sort().to_list()
    )
    if not named:
        return []
    into = dict(crosswalk.filter(pl.col("merged_into").is_not_null()).unique().collect().iter_rows())
    found = []
    for name in [text] if text in named else named:
        while name in into:
            name = into[name]  # noqa: PLW2901 - the next of the chain
        found.append(name)
    return found


def _one(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()
