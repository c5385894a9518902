"""What a steward at a screen needs of one published version, kept ready: the queue, its records, and why each pair is in it.

Built once a version. The queue's customers and their records stand in memory, up to ``MOST_RECORDS``; everything else is read from the
version's files when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from engine.contract import Engine, Table
from matching import customers as customer_matching
from matching.explain import PairExplanation, UnknownRecordError, Weigher, every_pair, explained, weighed
from matching.explain_cluster import ClusterExplanation, explain_cluster
from matching.model import Model, load_model
from pipelines.stages import explain, review
from pipelines.stages.explain import Published
from pipelines.stages.review_customers import Customers
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

MOST_RECORDS = 100_000
"""Records kept in memory."""
DRAWN = 60
"""Records of a customer up to which all their pairs are weighed for a picture (1,770 pairs, about 50 ms)."""


@dataclass(frozen=True)
class Desk:
    """One version. ``pairs`` is the queue (see ``review.queue``) without regard to decisions; ``standardized`` and ``rows`` are its records."""

    published: Published
    pairs: pl.DataFrame
    rows: pl.DataFrame
    standardized: pl.DataFrame
    weigher: Weigher
    weights: pl.DataFrame
    customer_of: Mapping[str, str]
    records_of: Mapping[str, list[str]]
    customers: Customers
    name_of: Mapping[str, str]
    """Names of the queue's customers by their golden records, of those that have one."""
    _places: dict[str, int] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Number of the version."""
        return self.manifest.version

    @property
    def manifest(self) -> Manifest:
        """The version's manifest."""
        return self.published.manifest

    @property
    def model(self) -> Model:
        """The model that was applied; with ``records`` and ``members`` what an explanation needs (``explain.Source``)."""
        return self.published.model

    @cached_property
    def place_of(self) -> dict[tuple[str, str], int]:
        """The place in the queue of a pair, the smaller record id first."""
        return _places(self.pairs)

    @cached_property
    def _weight_at(self) -> dict[tuple[str, str], int]:
        return _places(self.weights)

    @cached_property
    def dealers(self) -> list[str]:
        """Dealers of the queue's records."""
        both = pl.concat([self.pairs["dealer_id_l"], self.pairs["dealer_id_r"].rename("dealer_id_l")])
        return both.drop_nulls().unique().sort().to_list()

    def clean(self, ids: Sequence[str]) -> pl.DataFrame:
        """CLEAN_RECORDS rows of these ids, in their order.

        Raises:
            UnknownRecordError: one of them is not there.
        """
        found = self._kept(self.rows, ids)
        if found is None:
            published = self.published
            asked = published.engine.from_frame(pl.DataFrame({"record_id": list(ids)}, schema={"record_id": pl.String}))
            some = published.engine.sql(
                "select r.* from r join asked on r.record_id = asked.record_id", r=published.table("clean_records"), asked=asked
            )
            found = _in_order(published.engine.collect(some), ids)
        return found

    def records(self, ids: Sequence[str]) -> pl.DataFrame:
        """The standardized records of these ids that are there."""
        found = self._kept(self.standardized, ids)
        return self.published.records(ids) if found is None else found

    def members(self, name: str) -> tuple[str, list[str]]:
        """The customer that ``name`` (a customer, also one that ended, or a record) is now, and its records.

        Raises:
            UnknownRecordError: it is neither.
        """
        customer = self.customer_of.get(name, name)
        if customer in self.records_of:
            return customer, self.records_of[customer]
        return self.published.members(name)

    def pair(self, left: str, right: str) -> PairExplanation:
        """The waterfall of two records.

        Raises:
            UnknownRecordError: one of them is not there.
            ExplainError: they are the same.
        """
        place = self._weight_at.get((min(left, right), max(left, right)))
        if place is None:
            return explain.pair(self, left, right)
        return explained(self.records([left, right]), self.weights[place], self.model)[0]

    def cluster(self, name: str, ids: Sequence[str]) -> ClusterExplanation | None:
        """What holds these records together; None where they are more than can be drawn."""
        if len(ids) > DRAWN:
            return None
        ready = self.weigher if all(record in self.weigher.places for record in ids) else None
        return explain_cluster(self.records(ids), name, self.model, weigher=ready)

    def likeliest(self, left: Sequence[str], right: Sequence[str]) -> tuple[str, str]:
        """The pair of records between two customers that speaks the most for one (of each at most ``DRAWN`` records)."""
        one, two = list(left[:DRAWN]), list(right[:DRAWN])
        pairs = every_pair([*one, *two])
        across = pairs.filter(pl.col("record_id_l").is_in(one) != pl.col("record_id_r").is_in(one))
        rows = weighed(self.records([*one, *two]), across, self.model)
        best = rows.sort("weight", "record_id_l", "record_id_r", descending=[True, False, False]).row(0, named=True)
        return best["record_id_l"], best["record_id_r"]

    def seen(self, left: str, right: str) -> str:
        """Fingerprint of what a steward sees of two records (``review.seen``).

        Raises:
            UnknownRecordError: one of them is not there.
        """
        place = self.place_of.get((min(left, right), max(left, right)))
        if place is not None:
            return str(self.pairs["seen"][place])
        ends = sorted((left, right))
        pair = pl.DataFrame({"record_id_l": ends[:1], "record_id_r": ends[1:]})
        engine = self.published.engine
        shown = review.shown(engine, engine.from_frame(self.clean(ends)), pair)
        return str(review.seen(pair, shown)["seen"][0])

    def customers_of(self, records: Iterable[str]) -> dict[str, str]:
        """The customers of these records; those that are not there are left out."""
        asked = set(records)
        known = {record: self.customer_of[record] for record in asked if record in self.customer_of}
        others = sorted(asked - known.keys())
        if not others:
            return known
        return known | dict(_customers_of(self.published, pl.DataFrame({"record_id": others})).iter_rows())

    def _kept(self, frame: pl.DataFrame, ids: Sequence[str]) -> pl.DataFrame | None:
        places = [place for name in ids if (place := self._places.get(name)) is not None]
        return frame[places] if len(places) == len(ids) else None


def lay_out(engine: Engine, home: Home, manifest: Manifest, *, most_pairs: int) -> Desk:
    """Makes a version ready: the first ``most_pairs`` pairs of its queue, decided or not.

    Raises:
        ExplainError: the version has no model.
    """
    if manifest.model is None:
        message = f"version {manifest.version} has no model: chezhu run"
        raise explain.ExplainError(message)
    published = Published(engine, home, manifest, load_model(home.models / manifest.model))
    pairs = review.queue(engine, home, manifest, [], limit=most_pairs)
    members = _members(published, pairs)
    named = engine.from_frame(members.select("record_id").head(MOST_RECORDS))
    rows = engine.collect(
        engine.sql("select r.* from r join n on n.record_id = r.record_id", r=published.table("clean_records"), n=named)
    ).sort("record_id")
    standardized = engine.collect(customer_matching.features(engine, engine.from_frame(rows))).sort("record_id")
    records_of: dict[str, list[str]] = {}
    for record, customer in members.sort("record_id").iter_rows():
        records_of.setdefault(customer, []).append(record)
    places = {record: place for place, record in enumerate(rows["record_id"])}
    known = pairs.filter(
        pl.col("record_id_l").is_in(rows["record_id"].implode()) & pl.col("record_id_r").is_in(rows["record_id"].implode())
    )
    weigher = Weigher.of(standardized, published.model)
    weights = weigher.weigh(known) if known.height else known
    customer_of, name_of = dict(members.iter_rows()), dict(_names(published, members).iter_rows())
    about = Customers.of(published, list(records_of))
    return Desk(published, pairs, rows, standardized, weigher, weights, customer_of, records_of, about, name_of, places)


def _places(pairs: pl.DataFrame) -> dict[tuple[str, str], int]:
    """The place of each pair, the smaller record id first."""
    ends = pairs.select("record_id_l", "record_id_r").iter_rows()
    return {(min(left, right), max(left, right)): place for place, (left, right) in enumerate(ends)}


def _members(published: Published, pairs: pl.DataFrame) -> pl.DataFrame:
    """record_id, customer_id of all records of the queue's customers, those of the most worthwhile pairs first."""
    both = pl.concat([pairs.select(customer_id=f"customer_id_{side}").with_row_index("place") for side in "lr"])
    asked = both.group_by("customer_id").agg(pl.col("place").min())
    engine = published.engine
    rows = engine.sql(
        "select c.record_id, c.customer_id, a.place from c join a on a.customer_id = c.customer_id where c.valid_to is null",
        c=published.table("crosswalk"),
        a=engine.from_frame(asked),
    )
    return engine.collect(rows, max_rows=100_000_000).sort("place", "record_id").select("record_id", "customer_id")


def _names(published: Published, members: pl.DataFrame) -> pl.DataFrame:
    """customer_id, name of these customers; of a name that is not known, the surname."""
    engine = published.engine
    named = engine.sql(
        "select c.customer_id, coalesce(c.name, c.surname) as name from c join a on a.customer_id = c.customer_id "
        "where coalesce(c.name, c.surname) is not null",
        c=published.table("customers"),
        a=engine.from_frame(members.select("customer_id").unique()),
    )
    return engine.collect(named, max_rows=100_000_000)


def _customers_of(published: Published, asked: pl.DataFrame) -> pl.DataFrame:
    engine = published.engine
    rows: Table = engine.sql(
        "select c.record_id, c.customer_id from c join a on a.record_id = c.record_id where c.valid_to is null",
        c=published.table("crosswalk"),
        a=engine.from_frame(asked),
    )
    return engine.collect(rows)


def _in_order(rows: pl.DataFrame, ids: Sequence[str]) -> pl.DataFrame:
    places = {record: place for place, record in enumerate(rows["record_id"])}
    for name in ids:
        if name not in places:
            message = f"there is no record {name!r}"
            raise UnknownRecordError(message)
    return rows[[places[name] for name in ids]]
