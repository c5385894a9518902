"""The publish gate: a run is compared with the published version, and stops where customers would change more than a night should change them.

Measures: how many customers the dealers known before have (a new dealer brings new ones), which of the ids in force before are in force no more (and of them, those that went into another
customer), which customers lost records to others, the records of the largest customer, the mean score of the golden records; per dealer the
records that are gone and the score. Limits are settings (``gate_…``). A stopped run stays as a draft until it is accepted or the next run begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from engine.contract import Engine, Table
from pipelines.draft import Draft
from pipelines.settings import Settings

NOTE = "gate"
LARGEST = "records of the largest customer"
"""The one measure that needs nothing to compare with."""
SCORED_DEALER = 100
"""Records that a dealer has at least before his numbers count."""
_GROWTH = 2
_TOLD = 5


@dataclass(frozen=True)
class Measure:
    """One comparison: its name, what was found and the limit in one unit, and the dealer where it is about one."""

    name: str
    value: float
    limit: float
    unit: str
    dealer: str | None = None

    @property
    def broken(self) -> bool:
        """Whether the limit is passed."""
        return self.value > self.limit

    def line(self) -> str:
        """For people.

        >>> Measure("ids no longer in force", 0.071, 0.05, "share").line()
        'ids no longer in force: 7.1 % (limit 5 %)'
        """
        where = f" of dealer {self.dealer}" if self.dealer else ""
        return f"{self.name}{where}: {_shown(self.value, self.unit)} (limit {_shown(self.limit, self.unit)})"


@dataclass(frozen=True)
class Verdict:
    """All measures of a run; it may be published where none is broken."""

    measures: tuple[Measure, ...]

    @property
    def broken(self) -> tuple[Measure, ...]:
        """Those whose limit is passed."""
        return tuple(measure for measure in self.measures if measure.broken)

    def why(self) -> str:
        """The broken limits in one line; empty where there are none."""
        lines = [measure.line() for measure in self.broken]
        more = [f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
        return "; ".join([*lines[:_TOLD], *more])


def judge(engine: Engine, draft: Draft, settings: Settings) -> Verdict:
    """Compares the draft with the version it builds upon, and keeps the verdict in the draft."""
    verdict = Verdict(tuple(_measures(engine, draft, settings)))
    draft.note(NOTE, [asdict(measure) for measure in verdict.measures])
    return verdict


def noted(draft: Draft) -> Verdict:
    """The verdict that ``judge`` kept; without any measures where it was not asked."""
    kept = draft.noted(NOTE)
    return Verdict(tuple(Measure(**each) for each in kept) if isinstance(kept, list) else ())


def compared(noted: object) -> bool:
    """Whether a verdict as a manifest keeps it compares anything with the version before."""
    return isinstance(noted, list) and any(measure["name"] != LARGEST for measure in noted)


def _measures(engine: Engine, draft: Draft, settings: Settings) -> Sequence[Measure]:
    now, customers = draft.read(engine, "crosswalk"), draft.read(engine, "customers")
    before, customers_before = draft.previous_table(engine, "crosswalk"), draft.previous_table(engine, "customers")
    largest = _largest(engine, now)
    if before is None or customers_before is None:
        return [Measure(LARGEST, largest, settings.gate_largest, "records")]
    limit = max(settings.gate_largest, _GROWTH * _largest(engine, before))
    found = [Measure(LARGEST, largest, limit, "records")]
    ids = engine.count(customers_before)
    if ids < settings.gate_from:
        return found
    lost = engine.sql(
        "select b.customer_id from b left join n on n.customer_id = b.customer_id where n.customer_id is null",
        b=customers_before,
        n=customers,
    )
    events = engine.sql(f"select * from e where run_id = '{draft.run_id}'", e=draft.read(engine, "identity_events"))
    merged, split = (
        engine.count(
            engine.sql(
                f"select distinct e.{column} from e join b on e.{column} = b.customer_id where e.kind = '{kind}'",
                e=events,
                b=customers_before,
            )
        )
        for column, kind in (("customer_id", "merged"), ("other_customer_id", "split"))
    )
    found += [
        Measure("change of the number of customers", abs(_of_dealers(engine, now, before) - ids) / ids, settings.gate_customers, "share"),
        Measure("ids no longer in force", engine.count(lost) / ids, settings.gate_lost, "share"),
        Measure("customers merged into others", merged / ids, settings.gate_merged, "share"),
        Measure("customers split", split / ids, settings.gate_split, "share"),
    ]
    scores = [_score(engine, table) for table in (customers_before, customers)]
    found.append(Measure("mean score lost", scores[0] - scores[1], settings.gate_score, "points"))
    return [*found, *_by_dealer(engine, before, now, customers_before, customers, settings)]


def _by_dealer(engine: Engine, before: Table, now: Table, customers_before: Table, customers: Table, settings: Settings) -> list[Measure]:
    each = """
        select c.dealer_id, count(*) as records, cast(sum(cast(round(g.score * 10) as bigint)) as bigint) as tenths, count(g.score) as scored
        from c join g on g.customer_id = c.customer_id where c.valid_to is null group by c.dealer_id
    """
    both = engine.collect(
        engine.sql(
            f"select b.dealer_id, b.records, b.tenths, b.scored, coalesce(n.records, 0) as records_now, n.tenths as tenths_now, n.scored as scored_now "
            f"from b left join n on n.dealer_id = b.dealer_id where b.records >= {SCORED_DEALER} order by b.dealer_id",
            b=engine.sql(each, c=before, g=customers_before),
            n=engine.sql(each, c=now, g=customers),
        )
    )
    found = []
    for row in both.iter_rows(named=True):
        gone = 1 - row["records_now"] / row["records"]
        found.append(Measure("records gone", gone, settings.gate_dealer_records, "share", row["dealer_id"]))
        if row["scored"] and row["scored_now"]:
            lost = (row["tenths"] / row["scored"] - row["tenths_now"] / row["scored_now"]) / 10
            found.append(Measure("mean score lost", lost, settings.gate_dealer_score, "points", row["dealer_id"]))
    return found


def _of_dealers(engine: Engine, crosswalk: Table, before: Table) -> int:
    """Customers now of dealers that had records in force before."""
    query = """
        select count(distinct n.customer_id) as n from n
        join (select distinct dealer_id from b where valid_to is null) d on d.dealer_id = n.dealer_id where n.valid_to is null
    """
    return int(engine.collect(engine.sql(query, n=crosswalk, b=before)).item())


def _largest(engine: Engine, crosswalk: Table) -> int:
    query = "select max(n) as n from (select count(*) as n from c where valid_to is null group by customer_id) sizes"
    return int(engine.collect(engine.sql(query, c=crosswalk)).item() or 0)


def _score(engine: Engine, customers: Table) -> float:
    query = "select cast(sum(cast(round(score * 10) as bigint)) as bigint) as tenths, count(score) as n from c"
    tenths, scored = engine.collect(engine.sql(query, c=customers)).row(0)
    return float(tenths) / 10 / scored if scored else 0.0


def _shown(value: float, unit: str) -> str:
    return f"{100 * value:.3g} %" if unit == "share" else f"{value:,.4g} {unit}"
