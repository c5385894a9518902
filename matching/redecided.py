"""What is decided of records (``matching.labels``, closed records), and whom it touches where it is decided otherwise than in the version before.

Records that labels tie, of whichever kind, are judged together: what a group is called and which of its records are there makes what its contents are.
So where one of them is decided otherwise, changed, came or went, all of them are touched, and nobody else, however many decisions there are.

>>> pair = {"left_id": ["a", "c"], "right_id": ["b", "d"], "same": [True, True]}
>>> then = Decided(pl.DataFrame({name: values[:1] for name, values in pair.items()}))
>>> touched(Decided(pl.DataFrame(pair)), then, moved=pl.Series([], dtype=pl.String)).to_list()
['c', 'd']
>>> touched(then, then, moved=pl.Series(["b"])).to_list()
['a', 'b']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from engine.changes import within
from engine.contract import Engine, Table
from matching import labels as known_labels
from matching.components import contract_kernel
from matching.labels import LABEL_SCHEMA, Labels
from matching.spec import ModelSpec


@dataclass(frozen=True)
class Decided:
    """``labels``: pairs of records that are there (``LABEL_SCHEMA``), ``closed``: ids of records that are there and that only labels join with others."""

    labels: pl.DataFrame
    closed: Sequence[str] = ()


NOTHING = Decided(pl.DataFrame(schema=LABEL_SCHEMA))


def about(decided: Decided) -> pl.Series:
    """The ids of all records that something is decided of, each once."""
    ends = [decided.labels["left_id"], decided.labels["right_id"], pl.Series(decided.closed, dtype=pl.String)]
    return pl.concat([each.alias("record_id") for each in ends]).unique()


def touched(now: Decided, before: Decided, *, moved: pl.Series) -> pl.Series:
    """The ids of records of which something is decided otherwise, or of which one that they are tied with is, in their order.

    Args:
        now: what is decided of the records that are there.
        before: what was decided of those that were there.
        moved: ids of records that changed, came or went; those that nothing is decided of do not count.
    """
    pairs = [each.labels.select("left_id", "right_id", "same") for each in (now, before)]
    other = pl.concat([one.join(two, on=one.columns, how="anti") for one, two in (pairs, pairs[::-1])])
    shut = pl.Series(sorted(set(now.closed) ^ set(before.closed)), dtype=pl.String)
    every = pl.concat([about(now), about(before)]).unique().sort()
    seeds = every.is_in(pl.concat([other["left_id"], other["right_id"].alias("left_id"), shut, moved]).implode())
    places = pl.DataFrame({"record_id": every, "place": range(len(every))}, schema={"record_id": pl.String, "place": pl.Int64})
    ties = (
        pl.concat(pairs)
        .join(places.rename({"record_id": "left_id", "place": "rid_l"}), on="left_id")
        .join(places.rename({"record_id": "right_id", "place": "rid_r"}), on="right_id")
    )
    stars = contract_kernel(ties.select("rid_l", "rid_r"))
    tied = places.join(stars, left_on="place", right_on="x", how="left", maintain_order="left").select(root=pl.coalesce("y", "place"))[
        "root"
    ]
    return every.filter(tied.is_in(tied.filter(seeds).unique().implode()))


def read(engine: Engine, rows: Table, numbered: Table, spec: ModelSpec, decided: Decided, *, there: Table) -> Labels | None:
    """What is decided of records of a part of the table (``matching.labels.read``): labels of which both records are ``there`` (record_id)."""
    named = about(decided).to_frame()
    ids = engine.collect(
        within(engine, engine.sql("select record_id from t", t=there), engine.from_frame(named)), max_rows=max(named.height, 1)
    )
    inside = pl.col("left_id").is_in(ids["record_id"].implode()) & pl.col("right_id").is_in(ids["record_id"].implode())
    return known_labels.read(engine, rows, numbered, spec, decided.labels.filter(inside), closed=decided.closed)
