"""What goes wrong and why: false links and missed links by their kind, with a few of each to look at.

A *false link* is a pair of two entities in one cluster, by what the two say: ``same phone, other name``; or ``joined by others`` where the pair is no
link by itself. A *missed link* is a pair of one entity in two clusters, by where it was lost:

- ``never compared: other phone``: no key found it although its weight would have sufficed to be written down;
- ``too little in common: …``: its weight is below the review threshold;
- ``for review: …``: between review and link;
- ``cut: …``: it is a link, and the clusters part it.

What the two say is told by the comparisons that weigh most: at least a bit for or against, at most two of each. Pairs are drawn by a hash of
their ids, so that the same files give the same sample; at most ``MEMBERS`` records of one cluster or entity are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from matching.codes import codes

FALSE, MISSED = "false", "missed"
DRAWN = 10_000
"""Pairs of each sort that are looked at."""
MEMBERS = 60
SAID = 1.0
"""Bits from which a comparison says something."""
TOLD = 2
NOT_COMPARISONS = frozenset({"record_id_l", "record_id_r", "weight", "probability", "household", "personal", "collective"})
Weigh = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class ErrorPair:
    """Two records, the weight of their pair in bits, and what each comparison says of it."""

    record_id_l: str
    record_id_r: str
    weight: float
    parts: dict[str, float]


@dataclass(frozen=True)
class ErrorKind:
    """Errors of one kind. ``sort``: false or missed; ``share``: of the pairs of that sort that were looked at; ``pairs``: how many that were."""

    sort: str
    kind: str
    pairs: int
    share: float
    examples: tuple[ErrorPair, ...]


def error_kinds(
    edges: pl.DataFrame, clusters: pl.DataFrame, truth: pl.DataFrame, *, link: float, review: float, weigh: Weigh, examples: int = 3
) -> list[ErrorKind]:
    """Kinds of errors, false links first, the most frequent first.

    Args:
        edges: record_id_l, record_id_r, weight, and bits of each comparison: what was written down.
        clusters: record_id, cluster_id.
        truth: record_id, entity_id; records that are not in both are left out.
        link: weight (bits) from which a pair is a link.
        review: weight from which it is written down.
        weigh: pairs (record_id_l, record_id_r) to columns of ``edges``: of pairs that are not written down.
        examples: pairs of each kind that are listed.
    """
    known = clusters.join(truth, on="record_id").select("record_id", "cluster_id", "entity_id")
    found: list[ErrorKind] = []
    for sort, same, other in ((FALSE, "cluster_id", "entity_id"), (MISSED, "entity_id", "cluster_id")):
        pairs = drawn_pairs(known, same=same, other=other)
        if pairs.height:
            written = edges.join(pairs, on=["record_id_l", "record_id_r"], how="semi")
            rest = pairs.join(written, on=["record_id_l", "record_id_r"], how="anti")
            fresh = weigh(rest).select(written.columns) if rest.height else written.clear()
            rows = pl.concat([written.with_columns(compared=True), fresh.with_columns(compared=False)])
            found += _kinds(rows, sort=sort, link=link, review=review, examples=examples)
    return found


def drawn_pairs(known: pl.DataFrame, *, same: str, other: str) -> pl.DataFrame:
    """At most ``DRAWN`` pairs (record_id_l < record_id_r) with one ``same`` and two ``other``."""
    mixed = known.group_by(same).agg(kinds=pl.col(other).n_unique()).filter(pl.col("kinds") > 1)
    some = known.join(mixed, on=same, how="semi").with_columns(at=_shuffled("record_id")).sort(same, "at", "record_id")
    some = some.filter(pl.int_range(pl.len()).over(same) < MEMBERS).select("record_id", same, other)
    groups = some.select(same).unique().with_columns(at=_shuffled(same)).sort("at", same)
    taken, pairs = pl.DataFrame(schema={"record_id_l": pl.String, "record_id_r": pl.String}), []
    for part in groups.iter_slices(DRAWN // 4):  # groups until there are pairs enough
        members = some.join(part, on=same, how="semi")
        both = members.join(members, on=same, suffix="_r").filter(
            (pl.col("record_id") < pl.col("record_id_r")) & (pl.col(other) != pl.col(f"{other}_r"))
        )
        pairs.append(both.select(record_id_l="record_id", record_id_r="record_id_r"))
        if sum(each.height for each in pairs) >= DRAWN:
            break
    found = pl.concat([taken, *pairs])
    order = pl.concat_str("record_id_l", pl.lit("\x1f"), "record_id_r").alias("pair")
    found = found.with_columns(order).with_columns(at=_shuffled("pair"))
    return found.sort("at", "record_id_l", "record_id_r").head(DRAWN).select("record_id_l", "record_id_r")


def _shuffled(name: str) -> pl.Expr:
    """An order that looks random and follows from the text, on every machine."""
    return pl.col(name).cast(pl.String).map_batches(lambda values: pl.Series(values.name, codes(values)), return_dtype=pl.Int64)


def _kinds(rows: pl.DataFrame, *, sort: str, link: float, review: float, examples: int) -> list[ErrorKind]:
    names = [name for name in rows.columns if name not in {*NOT_COMPARISONS, "compared"}]
    by_kind: dict[str, list[ErrorPair]] = {}
    for row in rows.sort(pl.col("weight").abs(), "record_id_l", "record_id_r", descending=[True, False, False]).iter_rows(named=True):
        parts = {name: round(float(row[name]), 3) for name in names}
        kind = false_kind(row["weight"], parts, link=link) if sort == FALSE else ""
        kind = kind or missed_kind(row["weight"], parts, compared=row["compared"], link=link, review=review)
        by_kind.setdefault(kind, []).append(ErrorPair(row["record_id_l"], row["record_id_r"], round(float(row["weight"]), 3), parts))
    order = sorted(by_kind, key=lambda kind: (-len(by_kind[kind]), kind))
    return [ErrorKind(sort, kind, len(by_kind[kind]), len(by_kind[kind]) / rows.height, tuple(by_kind[kind][:examples])) for kind in order]


def false_kind(weight: float, parts: dict[str, float], *, link: float) -> str:
    """The kind of a false link.

    >>> false_kind(9.0, {"phone": 16.0, "name": -4.0, "car": 0.0}, link=3.2)
    'same phone, other name'
    >>> false_kind(-9.0, {"phone": 0.0, "name": -4.0}, link=3.2)
    'joined by others: other name'
    """
    return said(parts) if weight >= link else f"joined by others: {said(parts)}"


def missed_kind(weight: float, parts: dict[str, float], *, compared: bool, link: float, review: float) -> str:
    """The kind of a missed link.

    >>> missed_kind(5.0, {"name": 9.0, "phone": -2.0}, compared=True, link=3.2, review=-2.0)
    'cut: same name, other phone'
    """
    if weight < review:
        where = "too little in common"
    elif not compared:
        where = "never compared"
    else:
        where = "cut" if weight >= link else "for review"
    return f"{where}: {said(parts)}"


def said(parts: dict[str, float]) -> str:
    """What agrees and what differs, that which weighs most first.

    >>> said({"phone": 16.0, "name": 0.2})
    'same phone'
    >>> said({})
    'nothing known'
    """
    order = sorted(parts, key=lambda name: (-abs(parts[name]), name))
    same = [f"same {name}" for name in order if parts[name] >= SAID][:TOLD]
    other = [f"other {name}" for name in order if parts[name] <= -SAID][:TOLD]
    return ", ".join([*same, *other]) or "nothing known"
