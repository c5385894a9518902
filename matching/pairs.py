"""From keys to pairs: what a key costs is known before a pair is made, and a pair comes out once.

A block of n records costs n(n-1)/2 pairs. Blocks above ``BLOCK_RECORDS`` (one phone in 20,000 records) are oversized: they
are sorted by everything else that the key's records have in common with each other (the split key) and each record meets
only its ``NEIGHBOURS`` next ones, so they cost n pairs times a constant, and are reported with their size. Weak keys are
taken in the order of their cost until the budget is spent; what is left out is reported as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from engine.batches import series_of
from engine.contract import Engine, Table
from matching.features import slots
from matching.keys import KEY_SCHEMA, Key
from matching.spec import ModelSpec

BLOCK_SCHEMA: dict[str, pl.DataType] = {"which": pl.Int16(), "key": pl.Int64(), "n": pl.Int64(), "rids": pl.List(pl.Int64())}
PAIR_SCHEMA: dict[str, pl.DataType] = {"which": pl.Int16(), "rid_l": pl.Int64(), "rid_r": pl.Int64()}
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
    """Blocks of the chosen keys and what was decided about each key.

    ``blocks``: which, key, n, rids, a row a block of two records and more; ``large``: which, key, rid, the records of the oversized ones.
    """

    blocks: Table
    large: Table
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
    blocks = engine.map_groups(keyed, ["which", "key"], gather_kernel, BLOCK_SCHEMA)
    costs = engine.collect(
        engine.sql(
            f"select which, cast(sum(n) as bigint) as records, cast(sum(case when n <= {BLOCK_RECORDS} then n * (n - 1) / 2 else n * {NEIGHBOURS} end) "
            "as bigint) as pairs from b group by which",
            b=blocks,
        )
    )
    cost = {which: (in_blocks, pairs) for which, in_blocks, pairs in costs.iter_rows()}
    taken = _choose(keys, cost, records) if chosen is None else [which for which, key in enumerate(keys) if key.name in set(chosen)]
    of_taken = f"which in ({', '.join(str(which) for which in taken) or '-1'})"
    oversized = engine.sql(f"select which, key, rids from b where n > {BLOCK_RECORDS} and {of_taken}", b=blocks)
    large = engine.map_batches(oversized, members_kernel, KEY_SCHEMA, batch_rows=LARGE_BLOCKS_AT_ONCE)
    largest = engine.collect(
        engine.sql(
            """
            select l.which, l.key, cast(sum(f.n) as bigint) as records from l join f on l.rid = f.rid
            group by l.which, l.key order by records desc nulls last, l.which nulls last, l.key nulls last limit 1000
            """,
            l=large, f=first,
        )
    )  # fmt: skip
    return Blocking(
        engine.sql(f"select which, key, n, rids from b where {of_taken}", b=blocks),
        large,
        tuple(KeyReport(key.name, *cost.get(which, (0, 0)), which in taken) for which, key in enumerate(keys)),
        tuple(OversizedBlock(keys[which].name, in_it, key) for which, key, in_it in largest.iter_rows()),
    )


def gather_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Blocks of two records and more, a row each, from keyed records that stand in the order of their keys."""
    which, key, rid = (frame[name].to_numpy() for name in ("which", "key", "rid"))
    starts = np.flatnonzero(np.append(frame.height > 0, (key[1:] != key[:-1]) | (which[1:] != which[:-1])))
    size = np.diff(starts, append=frame.height)
    kept = size > 1
    starts, of_block = starts[kept], size[kept]
    return pl.DataFrame(
        [
            pl.Series("which", which[starts], dtype=pl.Int16),
            pl.Series("key", key[starts], dtype=pl.Int64),
            pl.Series("n", of_block, dtype=pl.Int64),
            _listed(rid[np.repeat(kept, size)], of_block).alias("rids"),
        ]
    )


def members_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """The records of blocks: schema ``KEY_SCHEMA``."""
    return frame.select("which", "key", rid="rids").explode("rid", empty_as_null=False)


def pairs_kernel(frame: pl.DataFrame) -> pl.DataFrame:
    """Every pair of two records of a block: schema ``PAIR_SCHEMA``. Blocks name their key (which) and list their records (rids).

    >>> pairs_kernel(pl.DataFrame({"which": [1], "rids": [[7, 3, 5]]}, schema_overrides={"which": pl.Int16})).rows()
    [(1, 3, 7), (1, 5, 7), (1, 3, 5)]
    """
    size = frame["rids"].list.len().to_numpy().astype(np.int64)
    rid = frame["rids"].explode().to_numpy()
    behind = np.repeat(np.cumsum(size), size) - 1 - np.arange(len(rid))  # how many of the block come after each
    # the partners of each record are those behind it, one after the other
    other = np.arange(behind.sum()) + np.repeat(np.arange(1, len(rid) + 1) - (np.cumsum(behind) - behind), behind)
    left, right = np.repeat(rid, behind), rid[other]
    pairs = pl.DataFrame(
        {
            "which": np.repeat(frame["which"].to_numpy(), size * (size - 1) // 2),
            "rid_l": np.minimum(left, right),
            "rid_r": np.maximum(left, right),
        },
        schema=PAIR_SCHEMA,
    )
    same = left == right  # two values of one record may have one key
    return pairs.filter(pl.Series(~same)) if same.any() else pairs


def _listed(values: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> pl.Series:
    """Values as lists of these sizes."""
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    numbers = pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
    return series_of(pa.Array.from_buffers(pa.large_list(pa.int64()), len(sizes), [None, pa.py_buffer(ends)], children=[numbers]))


def _choose(keys: Sequence[Key], cost: dict[int, tuple[int, int]], records: int) -> list[int]:
    spent, taken = 0, []
    order = sorted(range(len(keys)), key=lambda which: (not keys[which].strong, cost.get(which, (0, 0))[1], which))
    for which in order:
        pairs = cost.get(which, (0, 0))[1]
        affordable = pairs <= max(KEY_PAIRS_PER_RECORD * records, CHEAP_KEY) and spent + pairs <= max(
            PAIRS_PER_RECORD * records, CHEAP_TABLE
        )
        if keys[which].strong or affordable:
            taken.append(which)
            spent += pairs
    return sorted(taken)


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
