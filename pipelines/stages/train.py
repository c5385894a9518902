"""A new model from the published records and the decisions so far; the next run applies it.

The records are matched by the new model as a full run would match them, so that it is known beforehand what will change. The model lies among
the home's models; the file NEXT beside them names it until a version made with it is published.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from engine.contract import Engine, Table
from matching import customers as customer_matching
from matching.model import EarlierModelError, Model, load_model
from pipelines.stages import resolve, train_waiting
from pipelines.store import versions
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home, write_whole
from pipelines.store.versions import Manifest, VersionError

_LARGE = 1.0
"""Bits by which a level's weight changes before it is told."""


@dataclass(frozen=True)
class LevelChange:
    """One level's weight in bits, before (None where it is new) and now."""

    comparison: str
    level: str
    before: float | None
    now: float


@dataclass(frozen=True)
class Training:
    """What a new model changes.

    Attributes:
        model: the file's name among the home's models.
        records: records it was trained on.
        decisions: steward decisions that it learned from: about records that are there; a value is no example.
        decisions_in_force: all that there are.
        pairs: pairs of records in the decisions that it learned from; that a customer is locked tells several.
        prior, link, review: bits, now.
        before: the same of the current model; None where there is none.
        levels: weights that changed by a bit and more.
        keys_added, keys_dropped: blocking keys.
        customers_before, customers: how many customers there are, and would be.
        joined, parted: customers of today that would go into others, or lose records to others.
        warnings: what could not be learned.
    """

    model: str
    records: int
    decisions: int
    decisions_in_force: int
    pairs: int
    prior: float
    link: float
    review: float
    before: tuple[float, float, float] | None
    levels: tuple[LevelChange, ...]
    keys_added: tuple[str, ...]
    keys_dropped: tuple[str, ...]
    customers_before: int
    customers: int
    joined: int
    parted: int
    warnings: tuple[str, ...]


def train(engine: Engine, home: Home, decisions: Decisions) -> Training:
    """Trains, keeps the model and its summary, and names it for the next run. Only while holding the lock.

    Raises:
        VersionError: nothing is published.
    """
    manifest = versions.current(home)
    if manifest is None:
        message = f"{home.unpublished()} trains a model of its own"
        raise VersionError(message)
    records = versions.read(home, engine, manifest, "clean_records")
    in_force = decisions.in_force()
    decided = resolve.decided(engine, records, in_force)
    result = customer_matching.match_customers(engine, records, labels=decided.labels, closed=decided.closed)
    name = f"trained-{datetime.now(UTC):%Y%m%dT%H%M%S}.yaml"
    current = _comparable(home, manifest)
    joined, parted, customers = _effect(engine, versions.read(home, engine, manifest, "crosswalk"), result.clusters)
    training = Training(
        model=name,
        records=result.model.records,
        decisions=decided.labels["source"].n_unique(),
        decisions_in_force=len(in_force),
        pairs=decided.labels.height,
        prior=result.model.prior / 1000,
        link=result.model.link / 1000,
        review=result.model.review / 1000,
        before=None if current is None else (current.prior / 1000, current.link / 1000, current.review / 1000),
        levels=_levels(current, result.model),
        keys_added=tuple(sorted(set(result.model.keys) - set(() if current is None else current.keys))),
        keys_dropped=tuple(sorted(set(() if current is None else current.keys) - set(result.model.keys))),
        customers_before=manifest.rows("customers"),
        customers=customers,
        joined=joined,
        parted=parted,
        warnings=result.model.warnings,
    )
    result.model.dump(home.models / name)
    write_whole(home.models / f"{name.removesuffix('.yaml')}.summary.json", json.dumps(asdict(training), ensure_ascii=False, indent=1))
    write_whole(train_waiting.path(home), name)
    return training


def _comparable(home: Home, manifest: Manifest) -> Model | None:
    """The model of the published version, if its levels are those of today."""
    try:
        return None if manifest.model is None else load_model(home.models / manifest.model)
    except EarlierModelError:
        return None


def _effect(engine: Engine, crosswalk: Table, clusters: Table) -> tuple[int, int, int]:
    """Customers of today that would be joined with others, that would be parted, and how many there would be."""
    both = engine.materialize(
        engine.sql(
            "select c.customer_id, coalesce(k.cluster_id, c.record_id) as cluster_id "
            "from c left join k on k.record_id = c.record_id where c.valid_to is null group by c.customer_id, coalesce(k.cluster_id, c.record_id)",
            c=crosswalk,
            k=clusters,
        )
    )
    joined = "select count(*) - count(distinct cluster_id) as n from (select min(cluster_id) as cluster_id from b group by customer_id) f"
    parted = "select count(*) as n from (select customer_id from b group by customer_id having count(*) > 1) p"
    every = "select count(distinct cluster_id) as n from b"
    found = [int(engine.collect(engine.sql(query, b=both)).item()) for query in (joined, parted, every)]
    return found[0], found[1], found[2]


def _levels(before: Model | None, now: Model) -> tuple[LevelChange, ...]:
    """Levels whose weight is another by a bit and more, the largest changes first."""
    known = {} if before is None else {(each.name, level.label): level.weight for each in before.comparisons for level in each.levels}
    found = []
    for comparison in now.comparisons:
        for level in comparison.levels:
            old = known.get((comparison.name, level.label))
            if old is None or abs(level.weight - old) >= 1000 * _LARGE:
                found.append(LevelChange(comparison.name, level.label, None if old is None else old / 1000, level.weight / 1000))
    return tuple(sorted(found, key=lambda change: -abs(change.now - (change.before or 0.0))))
