"""From keys to pairs: what a key costs is known before a pair is made, and a pair comes out once.

A block of n records costs n(n-1)/2 pairs. Blocks above ``BLOCK_RECORDS`` (one phone in 20,000 records) are oversized: they
are sorted by everything else that the key's records have in common with each other (the split key) and each record meets
only its ``NEIGHBOURS`` next ones, so they cost n pairs times a constant, and are reported with their size. Weak keys are
taken in the order of their cost until the budget is spent, then with their smallest blocks, and costly ones only with blocks that gain enough
(``matching.gain``); what is left out is reported as well.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table
from matching import gain
from matching.blocks import BLOCK_SCHEMA, PAIR_SCHEMA, gather_kernel, members_kernel, pairs_kernel
from matching.features import slots
from matching.keys import KEY_SCHEMA, Key
from matching.spec import ModelSpec

BLOCK_RECORDS = 150
BLOCKS_AT_ONCE = ((8, 131_072), (40, 4_096), (BLOCK_RECORDS, 256))
"""Blocks of up to so many records, and how many of them a kernel gets: at most about four million pairs."""
LARGE_BLOCKS_AT_ONCE = 16
NEIGHBOURS = 8
PAIRS_PER_RECORD = 30
KEY_PAIRS_PER_RECORD = 8
CHEAP_KEY, CHEAP_TABLE = 100_000, 500_000
"""Pairs of one key, and of all, that are taken however few the records are: they cost a second, and small tables are the dirty ones."""
DRAWN_FROM = 1_000_003


@dataclass(frozen=True)
class KeyReport:
    """One key: what it was estimated to cost in pairs, whether it was taken, and the largest of its blocks that were (None: all were).

    Larger ones the budget does not allow, or they are not worth their pairs (``matching.gain``).
    """

    key: str
    records: int
    estimated_pairs: int
    chosen: bool
    largest: int | None = None


@dataclass(frozen=True)
class OversizedBlock:
    """A block that was too large to compare every record with every other; the value itself is personal and not told."""

    key: str
    records: int
    block: int


@dataclass(frozen=True)
class Blocking:
    """Blocks of the chosen keys and what was decided about each key.

    ``blocks``: which, key, n, rids, a row a block of two records and more; ``large``: which, key, rid, the records of the oversized ones.
    """

    blocks: Table
    large: Table
    keys: tuple[KeyReport, ...]
    oversized: tuple[OversizedBlock, ...]


def block(
    engine: Engine, keyed: Table, keys: Sequence[Key], first: Table, *, records: int, chosen: Mapping[str, int | None] | None = None
) -> Blocking:
    """Estimates every key and keeps the blocks of the chosen ones.

    Args:
        engine: the engine.
        keyed: which, key, rid.
        keys: the keys that ``which`` counts.
        first: rid and how many records (n) it stands for; an oversized block is reported with all of them.
        records: how many are compared, for the budget.
        chosen: keys a trained model has chosen, by name, with the largest blocks that it takes (None: all); None to choose by cost and gain.
    """
    blocks = engine.map_groups(keyed, ["which", "key"], gather_kernel, BLOCK_SCHEMA)
    costs = engine.collect(
        engine.sql(
            f"select which, n, cast(count(*) * n as bigint) as records, cast(count(*) * case when n <= {BLOCK_RECORDS} then n * (n - 1) / 2 else "
            f"n * {NEIGHBOURS} end as bigint) as pairs from b group by which, n order by which, n",
            b=blocks,
        )
    )
    cost = {
        which: (in_blocks, pairs) for which, in_blocks, pairs in costs.group_by("which").agg(pl.col("records", "pairs").sum()).iter_rows()
    }
    if chosen is None:
        limits = _choose(keys, costs, records)
        costly = [which for which in limits if not keys[which].strong and cost.get(which, (0, 0))[1] >= gain.ASKED]
        worth = gain.largest_blocks(engine, keyed, blocks, keys, asked=costly, most=BLOCK_RECORDS)
        limits = {which: _least(limit, worth.get(which)) for which, limit in limits.items() if worth.get(which) != 1}
    else:
        limits = {which: chosen[key.name] for which, key in enumerate(keys) if key.name in chosen}
    taken = sorted(limits)
    of_taken = " or ".join(f"which = {which} and n <= {limits[which] or sys.maxsize}" for which in taken) or "false"
    oversized = engine.sql(f"select which, key, rids from b where n > {BLOCK_RECORDS} and ({of_taken})", b=blocks)
    large = engine.map_batches(oversized, members_kernel, KEY_SCHEMA, batch_rows=LARGE_BLOCKS_AT_ONCE)
    largest = engine.collect(
        engine.sql(
            """
            select l.which, l.key, cast(sum(coalesce(f.n, 1)) as bigint) as records from l left join f on l.rid = f.rid
            group by l.which, l.key order by records desc nulls last, l.which nulls last, l.key nulls last limit 1000
            """,
            l=large, f=engine.sql("select rid, n from f where n > 1", f=first),
        )
    )  # fmt: skip
    return Blocking(
        engine.sql(f"select which, key, n, rids from b where {of_taken}", b=blocks),
        large,
        tuple(KeyReport(key.name, *cost.get(which, (0, 0)), which in limits, limits.get(which)) for which, key in enumerate(keys)),
        tuple(OversizedBlock(keys[which].name, in_it, key) for which, key, in_it in largest.iter_rows()),
    )


def _choose(keys: Sequence[Key], costs: pl.DataFrame, records: int) -> dict[int, int | None]:
    """The keys that are taken, the cheapest first, with the largest blocks that can be afforded (None: all).

    Of a key that costs too much its smallest blocks are taken, in which each pair is likeliest a match.
    """
    total = dict(costs.group_by("which").agg(pl.col("pairs").sum()).iter_rows())
    whole, table = max(KEY_PAIRS_PER_RECORD * records, CHEAP_KEY), max(PAIRS_PER_RECORD * records, CHEAP_TABLE)
    spent, taken = 0, dict[int, int | None]()
    for which in sorted(range(len(keys)), key=lambda which: (not keys[which].strong, total.get(which, 0), which)):
        pairs, left = total.get(which, 0), min(whole, table - spent)
        if keys[which].strong or pairs <= left:
            taken[which] = None
            spent += pairs
            continue
        of_key = costs.filter(pl.col("which") == which).sort("n")
        some = of_key.filter(pl.col("pairs").cum_sum() <= left, pl.col("n") <= BLOCK_RECORDS)
        if some.height:
            taken[which] = some["n"][-1]
            spent += int(some["pairs"].sum())
    return taken


def _least(one: int | None, other: int | None) -> int | None:
    """The smaller of two limits, of which None is none."""
    return min((each for each in (one, other) if each is not None), default=None)


def keyed_pairs(engine: Engine, blocking: Blocking, split: Table) -> Table:
    """Every pair of every chosen key: which, rid_l < rid_r. A pair that shares several keys is there several times.

    ``split`` (of ``places``) orders oversized blocks: neighbours in it are alike in more than the block's key.
    """
    pairs = []
    above = 1
    for size, at_once in BLOCKS_AT_ONCE:
        some = engine.sql(f"select which, rids from b where n > {above} and n <= {size}", b=blocking.blocks)
        pairs.append(engine.map_batches(some, pairs_kernel, PAIR_SCHEMA, batch_rows=at_once))
        above = size
    if blocking.oversized:
        pairs.append(neighbours(engine, blocking.large, split))
    named = {f"p{place}": table for place, table in enumerate(pairs)}
    return engine.sql(" union all ".join(f"select which, rid_l, rid_r from {name}" for name in named), **named)


def places(engine: Engine, known: Table, spec: ModelSpec) -> Table:
    """rid, place: what orders an oversized block: texts, names before the rest, then what has no text; records alike in more than the key stand together."""
    coded = [*(slots(name, "phone")[0] for name in spec.of_kind("phone")), *spec.of_kind("vin", "plate")]
    listed = ["texts", *(f'cast("{name}" as string)' for name in coded)]
    return engine.sql("select rid, " + " || '|' || ".join(listed) + " as place from f", f=known)


def neighbours(engine: Engine, large: Table, split: Table) -> Table:
    """Pairs (which, rid_l, rid_r) of oversized blocks (which, key, rid): each record with its next ones in the order of ``split``."""
    placed = engine.materialize(
        engine.sql(
            """
            select which, key, l.rid, row_number() over (partition by which, key order by split.place nulls last, l.rid nulls last) as place
            from l join split on l.rid = split.rid
            """,
            l=large, split=split,
        )
    )  # fmt: skip
    # each neighbour by its distance: a range of places would look at every pair of the block
    steps = engine.from_frame(pl.DataFrame({"step": range(1, NEIGHBOURS + 1)}, schema={"step": pl.Int64()}))
    return engine.materialize(
        engine.sql(
            """
            select one.which, case when one.rid < two.rid then one.rid else two.rid end as rid_l, case when one.rid < two.rid then two.rid else one.rid end as rid_r
            from (select which, key, rid, place + step as place from l cross join s) one
            join r two on one.which = two.which and one.key = two.key and one.place = two.place where one.rid <> two.rid
            """,
            l=placed, s=steps, r=placed,
        )
    )  # fmt: skip


def distinct_pairs(engine: Engine, keyed: Table) -> Table:
    """Each pair once, with how many keys it shares: rid_l, rid_r."""
    return engine.sql("select rid_l, rid_r from p where rid_l <> rid_r group by rid_l, rid_r", p=keyed)


def across_sources(engine: Engine, pairs: Table, sources: Table) -> Table:
    """Only pairs of records of different sources (``sources``: rid, source)."""
    return engine.sql(
        "select p.* from p join s a on p.rid_l = a.rid join s b on p.rid_r = b.rid where a.source <> b.source", p=pairs, s=sources
    )


def random_pairs(engine: Engine, records: Table, *, count: int, wanted: int) -> Table:
    """About ``wanted`` pairs of records that have nothing to do with each other: rid_l < rid_r.

    Of a sample of the records (``records``: rid; ``count``: how many), each with the one that stands a long way further in their order, at a few distances that depend on their number only.
    """
    share = min(1.0, wanted / max(count, 1))
    some = engine.materialize(
        engine.sql(
            f"select rid, cast(row_number() over (order by rid nulls last) as bigint) as place from r where {drawn('rid', 'rid')} < {round(share * DRAWN_FROM)}",
            r=records,
        )
    )
    number = engine.count(some)
    if number < 2:
        return engine.from_frame(pl.DataFrame(schema={"rid_l": pl.Int64(), "rid_r": pl.Int64()}))
    golden = 0.618_033_988_75
    times = min(max(1, -(-wanted // number)), number - 1)
    distances = sorted({1 + int((golden * (place + 1)) % 1 * (number - 1)) for place in range(times)})
    shifts = engine.from_frame(pl.DataFrame({"d": pl.Series(distances, dtype=pl.Int64)}))
    return engine.sql(
        f"""
        with moved as (select rid, (place - 1 + d) % {number} + 1 as place from a, s)
        select distinct case when a.rid < b.rid then a.rid else b.rid end as rid_l, case when a.rid < b.rid then b.rid else a.rid end as rid_r
        from moved a join b on a.place = b.place where a.rid <> b.rid
        """,
        a=some, b=some, s=shifts,
    )  # fmt: skip


def drawn(left: str, right: str) -> str:
    """SQL of a number from 0 to ``DRAWN_FROM`` - 1 that looks random and follows from the pair alone."""
    return f"(({left} * 48271 + {right} * 69621 + ({left} % 1009) * ({right} % 2003)) % {DRAWN_FROM})"
