"""What a weak key's blocks gain: how many matches they show that no other key shows, for each pair that they cost. Nothing of it needs labels.

The larger a block of a common name in one district, the fewer of its pairs are one person. So blocks of a costly key are classed by their size, some of
each class are drawn, and of their pairs is asked in which other columns keys agree. How many matches agree in none follows from how many agree in the column that tells
most (a phone), in others, and in both, as the number of animals never caught does from those caught at one place, at another and at both (Lincoln and Petersen;
Chapman, Some properties of the hypergeometric distribution with applications to zoological sample censuses, 1951). Classes that show less than ``LEAST`` of them for each pair
that nobody else shows are left out, with all larger ones. A key of which too few pairs agree in two other columns (there are none, or they are empty) cannot be judged, and
keeps all of its blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table
from matching.blocks import PAIR_SCHEMA, pairs_kernel
from matching.keys import Key

ASKED = 2_000_000
"""Pairs from which on a key is asked what it gains: what costs less is compared sooner than asked for."""
SIZES = (8, 16, 32, 64)
"""Classes of blocks, by their largest; what is larger is the last class."""
LEAST = 0.025
"""New matches for each new pair. What is estimated is two to three times what can be linked: of who agrees in nothing else, little can be told."""
DRAWN_PAIRS = 20_000
"""Of each class, about."""
LEAST_SHOWN = 100
"""Drawn pairs that agree in two other columns, below which nothing is said of a key."""
BLOCKS_AT_ONCE = 256
_FROM = 1_000_003
_CLASSES = len(SIZES) + 1
_BITS = 62
"""Columns that stand in one number; where there are more, some count as one."""


def largest_blocks(
    engine: Engine, keyed: Table, blocks: Table, keys: Sequence[Key], *, asked: Sequence[int], most: int
) -> Mapping[int, int]:
    """The largest blocks that are worth their pairs, by key; 1 where none is. Keys whose blocks all are, up to ``most`` records, are not named.

    Args:
        engine: the engine.
        keyed: which, key, rid: all keys of all records.
        blocks: which, key, n, rids.
        keys: the keys that ``which`` counts.
        asked: keys (which) that are costly.
        most: blocks of more records are no question of gain.
    """
    if not asked:
        return {}
    size = " ".join(f"when n <= {largest} then {place}" for place, largest in enumerate(SIZES))
    listed = ", ".join(str(which) for which in asked)
    sized = f"select which * {_CLASSES} + case {size} else {len(SIZES)} end as which, key, n, rids from b where which in ({listed}) and n <= {most}"
    cost = engine.sql(
        f"with s as ({sized}) select which, {float(_FROM * DRAWN_PAIRS)} / sum(n * (n - 1) / 2) as share from s group by which", b=blocks
    )
    some = f"""
        with s as ({sized})
        select cast(s.which as smallint) as which, s.rids from s join c on s.which = c.which where ((s.key % {_FROM}) + {_FROM}) % {_FROM} < c.share
    """
    drawn = engine.sql(some, b=blocks, c=engine.materialize(cost))
    made = engine.map_batches(drawn, pairs_kernel, PAIR_SCHEMA, batch_rows=BLOCKS_AT_ONCE)
    pairs = engine.materialize(engine.sql("select distinct which, rid_l, rid_r from m", m=made))
    theirs = engine.materialize(
        engine.sql(
            "with r as (select rid_l as rid from p union select rid_r from p) select k.which, k.key, k.rid from k join r on k.rid = r.rid",
            p=pairs,
            k=keyed,
        )
    )
    columns = sorted({column for key in keys for column in key.columns})
    bits = [
        (which, other, 1 << columns.index(column) % _BITS)
        for which in asked
        for other, key in enumerate(keys)
        for column in key.columns - keys[which].columns
    ]
    told = engine.from_frame(pl.DataFrame(bits, schema={"asked": pl.Int64(), "which": pl.Int64(), "bit": pl.Int64()}, orient="row"))
    counted = engine.sql(
        f"""
        with a as (
            select p.which, p.rid_l, p.rid_r, cast(sum(distinct s.bit) as bigint) as agree
            from p join t x on p.rid_l = x.rid join t y on p.rid_r = y.rid and x.which = y.which and x.key = y.key
            join s on s.which = x.which and s.asked = floor(p.which / {_CLASSES})
            group by p.which, p.rid_l, p.rid_r
        )
        select which, agree, count(*) as pairs from a group by which, agree
        union all
        select which, cast(0 as bigint) as agree, count(*) as pairs from p group by which
        """,
        p=pairs, t=theirs, s=told,
    )  # fmt: skip
    found = engine.collect(counted)
    gains = {
        which: _gain(dict(found.filter(pl.col("which") == which).select("agree", "pairs").iter_rows()))
        for which in found["which"].unique().to_list()
    }
    shown = {which: sum(gains.get(which * _CLASSES + place, _NONE).both for place in range(_CLASSES)) for which in asked}
    limits = {which: _largest(which, gains, most) for which in asked if shown[which] >= LEAST_SHOWN}
    return {which: largest for which, largest in limits.items() if largest < most}


def never_seen(one: float, other: float, both: float) -> float:
    """How many neither of two has seen, of which so many one alone saw, the other alone, and both (Lincoln and Petersen, as Chapman corrects it).

    >>> never_seen(81, 1, 8)
    9.0
    """
    return one * other / (both + 1)


@dataclass(frozen=True)
class _Gain:
    """Of the drawn pairs of a class: how many no other key shows, how many matches are among these, and how many agree in the best column and in others."""

    new: int
    matches: float
    both: int


_NONE = _Gain(0, 0.0, 0)


def _gain(agree: dict[int, int]) -> _Gain:
    """``agree``: pairs by the columns (bits) in which other keys agree, all of them at 0."""
    pairs = agree.pop(0)
    best = max((1 << place for place in range(_BITS)), key=lambda bit: sum(count for bits, count in agree.items() if bits & bit))
    alone, shown = agree.get(best, 0), sum(agree.values())
    both = sum(count for bits, count in agree.items() if bits & best) - alone
    return _Gain(pairs - shown, never_seen(alone, shown - alone - both, both), both)


def _largest(which: int, gains: Mapping[int, _Gain], most: int) -> int:
    largest = 1
    for place, upto in enumerate((*SIZES, most)):
        gain = gains.get(which * _CLASSES + place, _NONE)
        if gain.matches < LEAST * gain.new:
            return largest
        largest = upto
    return most
