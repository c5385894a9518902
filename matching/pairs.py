"""From keys to pairs: what a key costs is known before a pair is made, and a pair comes out once.

A block of n records costs n(n-1)/2 pairs. Blocks above ``BLOCK_RECORDS`` (one phone in 20,000 records) are oversized: they
are sorted by everything else that the key's records have in common with each other (the split key) and each record meets
only its ``NEIGHBOURS`` next ones, so they cost n pairs times a constant, and are reported with their size. Weak keys are
taken in the order of their cost until the budget is spent; what is left out is reported as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from engine.contract import Engine, Table
from matching.keys import Key

BLOCK_RECORDS = 150
NEIGHBOURS = 8
PAIRS_PER_RECORD = 30
KEY_PAIRS_PER_RECORD = 8
WORTH_A_KEY = 2_000
DRAWN_FROM = 1_000_003


@dataclass(frozen=True)
class KeyReport:
    """One key: what it was estimated to cost in pairs, and whether it was taken."""

    key: str
    records: int
    estimated_pairs: int
    chosen: bool


@dataclass(frozen=True)
class OversizedBlock:
    """A block that was too large to compare every record with every other; the value itself is personal and not told."""

    key: str
    records: int
    block: int


@dataclass(frozen=True)
class Blocking:
    """Keyed records of the blocks that make pairs, and what was decided about each key."""

    blocks: Table
    keys: tuple[KeyReport, ...]
    oversized: tuple[OversizedBlock, ...]


def block(
    engine: Engine, keyed: Table, keys: Sequence[Key], first: Table, *, records: int, chosen: Sequence[str] | None = None
) -> Blocking:
    """Estimates every key and keeps the blocks of the chosen ones.

    Args:
        engine: the engine.
        keyed: which, key, rid.
        keys: the keys that ``which`` counts.
        first: rid and how many records (n) it stands for; an oversized block is reported with all of them.
        records: how many are compared, for the budget.
        chosen: names of keys a trained model has chosen; None to choose by cost.
    """
    sizes = engine.materialize(
        engine.sql("select which, key, cast(count(*) as bigint) as n from k group by which, key having count(*) > 1", k=keyed)
    )
    costs = engine.collect(
        engine.sql(
            f"select which, cast(sum(n) as bigint) as records, cast(sum(case when n <= {BLOCK_RECORDS} then n * (n - 1) / 2 else n * {NEIGHBOURS} end) "
            "as bigint) as pairs from s group by which",
            s=sizes,
        )
    )
    cost = {which: (in_blocks, pairs) for which, in_blocks, pairs in costs.iter_rows()}
    taken = _choose(keys, cost, records) if chosen is None else [which for which, key in enumerate(keys) if key.name in set(chosen)]
    largest = engine.collect(
        engine.sql(
            f"""
            with l as (select which, key, n from s where n > {BLOCK_RECORDS} order by n desc nulls last, which nulls last, key nulls last limit 1000)
            select l.which, l.key, cast(sum(f.n) as bigint) as records from l join k on l.which = k.which and l.key = k.key join f on k.rid = f.rid
            group by l.which, l.key order by records desc nulls last, l.which nulls last, l.key nulls last
            """,
            s=sizes, k=keyed, f=first,
        )
    )  # fmt: skip
    only = ", ".join(str(which) for which in taken) or "-1"
    blocks = engine.materialize(
        engine.sql(
            f"select k.which, k.key, k.rid, s.n from k join s on k.which = s.which and k.key = s.key where k.which in ({only})",
            k=keyed,
            s=sizes,
        )
    )
    return Blocking(
        blocks,
        tuple(KeyReport(key.name, *cost.get(which, (0, 0)), which in taken) for which, key in enumerate(keys)),
        tuple(OversizedBlock(keys[which].name, in_it, key) for which, key, in_it in largest.iter_rows() if which in taken),
    )


def _choose(keys: Sequence[Key], cost: dict[int, tuple[int, int]], records: int) -> list[int]:
    spent, taken = 0, []
    order = sorted(range(len(keys)), key=lambda which: (not keys[which].strong, cost.get(which, (0, 0))[1], which))
    for which in order:
        pairs = cost.get(which, (0, 0))[1]
        affordable = pairs <= max(KEY_PAIRS_PER_RECORD * records, WORTH_A_KEY) and spent + pairs <= max(
            PAIRS_PER_RECORD * records, WORTH_A_KEY
        )
        if keys[which].strong or affordable:
            taken.append(which)
            spent += pairs
    return sorted(taken)


def keyed_pairs(engine: Engine, blocking: Blocking, split: Table) -> Table:
    """Every pair of every chosen key: which, rid_l < rid_r. A pair that shares several keys is there several times.

    ``split`` (rid, place) orders oversized blocks: neighbours in it are alike in more than the block's key.
    """
    small = engine.sql(f"select which, key, rid from blocks where n <= {BLOCK_RECORDS}", blocks=blocking.blocks)
    pairs = "select a.which, a.rid as rid_l, b.rid as rid_r from a join b on a.which = b.which and a.key = b.key and a.rid < b.rid"
    if not blocking.oversized:
        return engine.sql(pairs, a=small, b=small)
    large = engine.materialize(
        engine.sql(
            f"""
            select which, key, blocks.rid, row_number() over (partition by which, key order by split.place nulls last, blocks.rid nulls last) as place
            from blocks join split on blocks.rid = split.rid where n > {BLOCK_RECORDS}
            """,
            blocks=blocking.blocks, split=split,
        )
    )  # fmt: skip
    # each neighbour by its distance: a range of places would look at every pair of the block
    steps = engine.from_frame(pl.DataFrame({"step": range(1, NEIGHBOURS + 1)}, schema={"step": pl.Int64()}))
    return engine.sql(
        f"""
        {pairs}
        union all
        select one.which, case when one.rid < two.rid then one.rid else two.rid end, case when one.rid < two.rid then two.rid else one.rid end
        from (select which, key, rid, place + step as place from l cross join s) one
        join r two on one.which = two.which and one.key = two.key and one.place = two.place where one.rid <> two.rid
        """,
        a=small, b=small, l=large, s=steps, r=large,
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
