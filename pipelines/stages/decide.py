"""What a steward decides of customers he names: looked at against what is published, then entered.

Customers are named by an id that they have or had, or by one of their records. A value is tried out on the customer's records before it is
entered: it must be what the golden record then shows, and no other decision in force may lose its effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from engine.contract import Engine, Table
from matching import identity
from matching.survivorship import blocks, load_rules
from matching.survivorship.merging import merge_all
from pipelines.settings import Settings
from pipelines.stages import steward
from pipelines.store import versions
from pipelines.store.decision import masked
from pipelines.store.decisions import VALUES, Answer, Decision, DecisionError, Decisions, Wanted, WantedLock, WantedValue
from pipelines.store.home import Home
from pipelines.store.versions import Manifest
from pipelines.workbench import open_engine

_SHOWN = {"phone": "phones", "vin": "vins", "plate": "plates", "email": "emails"}
"""The column of CUSTOMERS that has a field's value, where it is called otherwise; of lists the first."""
_TOLD = ("party", "name", "id_number", "birth_date", "gender", "mobile", "email", "address")
_PENDING = 2**62


@dataclass(frozen=True)
class Decided:
    """What was entered: the number, or ``known`` before; whom it is about; its value, masked; fields of the golden record that change with it."""

    kind: str
    number: int | None
    known: bool
    customers: tuple[str, ...]
    records: tuple[str, ...]
    shown: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Published:
    engine: Engine
    home: Home
    manifest: Manifest
    decisions: Decisions
    settings: Settings

    def table(self, name: str) -> Table:
        return versions.read(self.home, self.engine, self.manifest, name)

    def members(self, name: str) -> tuple[str, list[str]]:
        try:
            return identity.members(self.engine, crosswalk=self.table("crosswalk"), name=name)
        except identity.UnknownCustomerError as error:
            message = f"there is neither a customer nor a record {name!r}; chezhu export crosswalk has them all"
            raise DecisionError(message) from error

    def values(self, customers: Sequence[str]) -> list[tuple[str, Decision]]:
        """Decisions in force about values of these customers."""
        every = {each.number: each for each in self.decisions.in_force() if each.kind in VALUES}
        about = steward.holders(self.engine, crosswalk=self.table("crosswalk"), decisions=list(every.values()))
        return [(owner, every[number]) for number, owner in about.sort("decision").iter_rows() if owner in customers]


def pair(settings: Settings, left: str, right: str, *, same: bool, why: str, who: str) -> Decided:
    """Enters that two customers, or two records, are the same or are not.

    Of a customer the record stands for him that is most alike one of the other's, else his first.

    Raises:
        DecisionError: one of them is unknown, or decisions in force stand against it.
    """
    with _published(settings) as known:
        (one, ours), (two, theirs) = known.members(left), known.members(right)
        if one == two and not {left, right} <= {*ours}:
            message = f"{left} and {right} are one customer, {one}; name two of its records"
            raise DecisionError(message)
        ends = _closest(known, [left] if left in ours else ours, [right] if right in theirs else theirs)
        if same and (clash := _clash(known.values([one, two]))) is not None:
            raise DecisionError(clash)
        (outcome,) = known.decisions.enter([Wanted(*ends, same, why)], who=who)
    if outcome.refused is not None:
        raise DecisionError(outcome.refused)
    return Decided("same" if same else "not_same", outcome.number, outcome.known, (one, two), ends)


def lock(settings: Settings, name: str, *, why: str, who: str) -> Decided:
    """Enters a lock: the records that the customer has now stay together, and no other joins them.

    Raises:
        DecisionError: the customer is unknown or has no records, or decisions in force stand against it.
    """
    with _published(settings) as known:
        customer, records = known.members(name)
        if not records:
            message = f"{customer} has no records now; there is nothing to lock"
            raise DecisionError(message)
        answer = _entered(known.decisions.lock(WantedLock(tuple(records), why), who=who))
    return Decided("lock", answer.number, answer.known, (customer,), tuple(records))


def value(settings: Settings, name: str, field: str, written: str, *, prefer: bool, why: str, who: str) -> Decided:
    """Enters a value of a customer: corrected, or one of his own put first.

    It hangs on the record that was named; else on the one that the golden value came from (or that has the preferred value); else on his first.

    Raises:
        DecisionError: the customer is unknown, the value is none or is not his, or decisions in force stand against it.
    """
    today = dt.datetime.now(ZoneInfo(settings.timezone)).date()
    stored = steward.standardized(field, written, as_of=today)
    kind = "prefer" if prefer else "correct"
    with _published(settings) as known:
        customer, records = known.members(name)
        if not records:
            message = f"{customer} has no records now; there is nothing to decide of"
            raise DecisionError(message)
        others = [decision for _, decision in known.values([customer])]
        anchor = name if name in records else None
        trial = _Trial(known, customer, records, others, today)
        before = trial.golden()
        anchor = anchor or _anchor(trial, before, field, stored, prefer=prefer)
        new = Decision(_PENDING, kind, anchor, None, None, who, why, today.isoformat(), field, stored)
        wanted = WantedValue(anchor, field, stored, prefer, why, frozenset(records) | {str(each.left_id) for each in others})
        changes: tuple[str, ...] = ()
        if all(each.field != field for each in others):  # else it is known, or refused with the other named
            after = trial.golden(new)
            _holds(before, after, new, others)
            changes = tuple(each for each in _TOLD if before[each] != after[each])
        answer = _entered(known.decisions.say(wanted, who=who))
    return Decided(kind, answer.number, answer.known, (customer,), (anchor,), masked(field, stored), changes)


@dataclass(frozen=True)
class _Trial:
    """A customer's records, and what decisions make of them."""

    known: _Published
    customer: str
    records: list[str]
    others: list[Decision]
    as_of: dt.date

    def golden(self, more: Decision | None = None) -> dict[str, object]:
        """The golden record with the decisions in force, and with one more."""
        said = steward.rows([*self.others, *([] if more is None else [more])], as_of=self.as_of)
        columns = [*blocks.COLUMNS, "event_date", "decision", "prefers"]
        clean = self.clean().with_columns(decision=pl.lit(0, pl.Int64), prefers=pl.lit(value=False))
        frame = pl.concat([clean.select(columns), said.select(columns)]).with_columns(customer_id=pl.lit(self.customer))
        return merge_all(frame, rules=load_rules(self.known.settings.survivorship)).row(0, named=True)

    def clean(self) -> pl.DataFrame:
        """CLEAN_RECORDS of the customer."""
        named = self.known.engine.from_frame(pl.DataFrame({"record_id": self.records}))
        query = "select c.* from c join n on n.record_id = c.record_id"
        return self.known.engine.collect(self.known.engine.sql(query, c=self.known.table("clean_records"), n=named))


def _anchor(trial: _Trial, before: dict[str, object], field: str, stored: str, *, prefer: bool) -> str:
    if prefer:
        column = steward.FIELDS[field][0]
        rows = trial.clean()
        has = pl.col(column).list.contains(stored) if isinstance(rows.schema[column], pl.List) else pl.col(column).cast(pl.String) == stored
        found = rows.filter(has).sort("event_date", "record_id", descending=[True, False], nulls_last=True)
        if found.is_empty():
            message = f"no record of {trial.customer} has this {field}; `chezhu review decide correct` enters a value that none has"
            raise DecisionError(message)
        return str(found["record_id"].first())
    places = {"phone": ("mobile", "phones"), "vin": ("vins",), "plate": ("plates",)}.get(field, (field,))
    provenance = before["provenance"]
    came = [str(each["record_id"]) for each in provenance if each["field"] in places] if isinstance(provenance, list) else []
    return next((record for record in came if record in trial.records), trial.records[0])


def _holds(before: dict[str, object], after: dict[str, object], new: Decision, others: Sequence[Decision]) -> None:
    """Whether the new decision has its effect and takes that of none before it.

    Raises:
        DecisionError: it has not, or it does.
    """
    for each in others:
        if _shows(before, each) and not _shows(after, each):
            message = (
                f"{each.place} says of {each.field} {each.shown}, and both cannot be true; undo it first (chezhu review undo {each.number})"
            )
            raise DecisionError(message)
    if not _shows(after, new):
        kind = {"organization": "an organization", "person": "a person"}.get(str(after["party"]), "of no known kind")
        message = f"the customer is {kind}, and cannot have this {new.field}; correct the name or the number first"
        raise DecisionError(message)


def _shows(golden: dict[str, object], decision: Decision) -> bool:
    shown = golden[_SHOWN.get(str(decision.field), str(decision.field))]
    first = shown[0] if isinstance(shown, list) and shown else shown
    return str(first) == decision.value


def _closest(known: _Published, ours: list[str], theirs: list[str]) -> tuple[str, str]:
    """The pair of their records with the greatest weight, else the first of each."""
    if len(ours) == len(theirs) == 1:
        return ours[0], theirs[0]
    one, two = (known.engine.from_frame(pl.DataFrame({"record_id": each})) for each in (ours, theirs))
    query = """
        select x.record_id as l, y.record_id as r, e.weight from e join x on e.record_id_l = x.record_id join y on e.record_id_r = y.record_id
        union all
        select x.record_id, y.record_id, e.weight from e join x on e.record_id_r = x.record_id join y on e.record_id_l = y.record_id
    """
    found = known.engine.sql(f"select l, r from ({query}) p order by weight desc, l, r limit 1", e=known.table("edges"), x=one, y=two)
    return next(known.engine.collect(found).iter_rows(), (ours[0], theirs[0]))


def _clash(said: list[tuple[str, Decision]]) -> str | None:
    """Two customers of whom stewards say different things cannot be one."""
    first: dict[str, tuple[str, Decision]] = {}
    for owner, each in said:
        other, earlier = first.setdefault(str(each.field), (owner, each))
        if other != owner and earlier.value != each.value:
            return (
                f"of {each.field} {earlier.place} says {earlier.shown} for {other}, and {each.place} says {each.shown} for {owner}; "
                "undo one of them first"
            )
    return None


def _entered(answer: Answer) -> Answer:
    if answer.refused is not None:
        raise DecisionError(answer.refused)
    return answer


@contextmanager
def _published(settings: Settings) -> Iterator[_Published]:
    home = Home(settings.home)
    manifest = versions.current(home)
    if manifest is None:
        message = home.unpublished()
        raise DecisionError(message)
    with open_engine(settings, home) as engine:
        yield _Published(engine, home, manifest, Decisions(home, settings.ledger_url), settings)
