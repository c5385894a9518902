"""The review queue: pairs of customers that may be one, the most worthwhile first, and what the sheets of stewards say of them.

A pair stands for two customers: of all their pairs of records in the review zone the likeliest. It is worth what a decision is worth: how
unsure the model is, times what the two customers spent. A record that a lock keeps out of a customer it is most alike counts as unsure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import polars as pl

from engine.contract import Engine, Table
from matching.model import load_model
from pipelines.store import versions
from pipelines.store.decisions import LOCK, PAIRS, VALUES, Decision
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

FIELDS = ("name", "phones", "id_number", "birth_date", "gender", "address", "vin", "plate", "emails", "source", "dealer_id", "event_date")
"""What a steward sees of each record."""
WORTH = 10_000.0
"""Yuan that make a pair twice as worthwhile."""
_MOST = 10_000_000


def queue(engine: Engine, home: Home, manifest: Manifest, decisions: list[Decision], *, limit: int) -> pl.DataFrame:
    """The first ``limit`` pairs of the queue.

    Returns:
        record_id_l, record_id_r, customer_id_l, customer_id_r, probability, monetary (yuan that the two spent), worth, seen, and each of
        ``FIELDS`` as text with ``_l`` and ``_r``; the most worthwhile first. ``seen`` is a fingerprint of what is shown.
    """

    def table(name: str) -> Table:
        return versions.read(home, engine, manifest, name)

    pairs = engine.sql(
        """
        select e.record_id_l, e.record_id_r, a.customer_id as customer_id_l, b.customer_id as customer_id_r, e.probability, e.weight
        from e join c a on a.record_id = e.record_id_l join c b on b.record_id = e.record_id_r
        where a.valid_to is null and b.valid_to is null and a.customer_id <> b.customer_id
        """,
        e=table("edges"),
        c=table("crosswalk"),
    )
    spent = "select customer_id, coalesce(monetary, 0) as monetary from p"
    valued = engine.sql(
        "select f.*, coalesce(l.monetary, 0) + coalesce(r.monetary, 0) as monetary from f "
        "left join m l on l.customer_id = f.customer_id_l left join m r on r.customer_id = f.customer_id_r "
        "order by probability desc, record_id_l, record_id_r",
        f=pairs,
        m=engine.sql(spent, p=table("customer_profile")),
    )
    found = _collective(engine.collect(valued, max_rows=_MOST), _sizes(engine, pairs, table("crosswalk")), home, manifest)
    shut = sorted({record for each in decisions if each.kind == LOCK for record in each.records})
    open_ = _undecided(found, decisions, _customers_of(engine, table("crosswalk"), decisions))
    ordered = _worthwhile(open_.with_columns(kept_out=pl.col("record_id_l").is_in(shut) | pl.col("record_id_r").is_in(shut)), limit)
    return seen(ordered, shown(engine, table("clean_records"), ordered))


def _sizes(engine: Engine, pairs: Table, crosswalk: Table) -> pl.DataFrame:
    """customer_id of customers of several records, of those that pairs name."""
    several = engine.sql(
        """
        with n as (select customer_id_l as customer_id from p union select customer_id_r from p)
        select c.customer_id from c join n on n.customer_id = c.customer_id where c.valid_to is null group by c.customer_id having count(*) > 1
        """,
        p=pairs,
        c=crosswalk,
    )
    return engine.collect(several, max_rows=_MOST)


def _collective(pairs: pl.DataFrame, several: pl.DataFrame, home: Home, manifest: Manifest) -> pl.DataFrame:
    """Pairs with the probability that clusters leave them (``matching.collective``): customers of several records would have been joined by others."""
    if manifest.model is None or pairs.is_empty():
        return pairs.drop("weight")
    model = load_model(home.models / manifest.model)
    ids = several["customer_id"].implode()
    both = pl.col("customer_id_l").is_in(ids) & pl.col("customer_id_r").is_in(ids) & (pl.col("weight") < model.link / 1000)
    less = 1 / (1 + 2 ** -(pl.col("weight") + model.apart / 1000))
    return (
        pairs.with_columns(probability=pl.when(both).then(less).otherwise("probability"))
        .drop("weight")
        .sort(["probability", "record_id_l", "record_id_r"], descending=[True, False, False])
    )


def _customers_of(engine: Engine, crosswalk: Table, decisions: list[Decision]) -> pl.DataFrame:
    """record_id, customer_id of the records that decisions name."""
    ids = {record for each in decisions if each.kind in PAIRS for record in each.named}
    named = engine.from_frame(pl.DataFrame({"record_id": sorted(ids)}, schema={"record_id": pl.String}))
    rows = engine.sql(
        "select c.record_id, c.customer_id from c join n on n.record_id = c.record_id where c.valid_to is null", c=crosswalk, n=named
    )
    return engine.collect(rows, max_rows=max(len(ids), 1))


def _undecided(pairs: pl.DataFrame, decisions: list[Decision], customer_of: pl.DataFrame) -> pl.DataFrame:
    """Without pairs of customers that a decision in force is about already."""
    rows = [(each.left_id, each.right_id) for each in decisions if each.kind in PAIRS]
    known = pl.DataFrame(rows, schema={"l": pl.String, "r": pl.String}, orient="row")
    for side in ("l", "r"):
        known = known.join(customer_of.rename({"record_id": side, "customer_id": f"customer_{side}"}), on=side)
    both = pl.concat(
        [
            known.select(customer_id_l="customer_l", customer_id_r="customer_r"),
            known.select(customer_id_l="customer_r", customer_id_r="customer_l"),
        ]
    )
    return pairs.join(both, on=["customer_id_l", "customer_id_r"], how="anti", maintain_order="left")


def _worthwhile(pairs: pl.DataFrame, limit: int) -> pl.DataFrame:
    """One pair of each two customers, by worth."""
    one, two = pl.min_horizontal("customer_id_l", "customer_id_r"), pl.max_horizontal("customer_id_l", "customer_id_r")
    best = pairs.with_columns(one=one, two=two).unique(["one", "two"], keep="first", maintain_order=True).drop("one", "two")
    likely = pl.col("kept_out") & (pl.col("probability") > 0.5)  # a lock and not the model keeps them apart
    unsure = pl.when(likely).then(1.0).otherwise(4 * pl.col("probability") * (1 - pl.col("probability")))
    return (
        best.with_columns(worth=(unsure * (1 + pl.col("monetary") / WORTH)).round(4))
        .sort(["worth", "record_id_l", "record_id_r"], descending=[True, False, False])
        .head(limit)
        .drop("kept_out")
    )


def shown(engine: Engine, clean_records: Table, pairs: pl.DataFrame) -> pl.DataFrame:
    """``record_id`` and ``FIELDS`` as text of the records that pairs name."""
    named = pl.concat([pairs["record_id_l"], pairs["record_id_r"].rename("record_id_l")]).unique().rename("record_id").to_frame()
    listed = ", ".join(f"r.{name}" for name in FIELDS)
    rows = engine.sql(
        f"select r.record_id, {listed} from r join n on n.record_id = r.record_id", r=clean_records, n=engine.from_frame(named)
    )
    found = engine.collect(rows, max_rows=max(named.height, 1))
    texts = [
        pl.col(name).list.join(" ") if dtype == pl.List(pl.String) else pl.col(name).cast(pl.String)
        for name, dtype in found.schema.items()
        if name in FIELDS
    ]
    return found.select("record_id", *(text.fill_null("") for text in texts))


def seen(pairs: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Pairs with what is shown of both records, and its fingerprint: a sheet whose records have changed since is not believed."""
    wide = pairs
    for side in ("l", "r"):
        named = records.rename({name: f"{name}_{side}" for name in records.columns})
        wide = wide.join(named, on=f"record_id_{side}", how="left", maintain_order="left")
    everything = wide.select(
        pl.concat_str([f"{name}_{side}" for side in ("l", "r") for name in FIELDS], separator="\x1f", ignore_nulls=True)
    )
    prints = [hashlib.sha256((text or "").encode()).hexdigest()[:16] for text in everything.to_series()]
    return wide.with_columns(seen=pl.Series(prints, dtype=pl.String))


def counts(decisions: list[Decision]) -> Mapping[str, int]:
    """Decisions in force by kind; every kind is there."""
    return {kind: sum(decision.kind == kind for decision in decisions) for kind in (*PAIRS, LOCK, *VALUES)}
