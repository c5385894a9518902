"""Linking tables when a record has at most one partner: which of the links stand.

``one_to_one``: no entity has two records of one table. Between two tables the links of a component are the assignment with
the largest sum of weights (the most probable one, for weights are log odds), found by shortest augmenting paths (Kuhn, 1955;
Jonker and Volgenant, 1987) up to ``EXACT_RECORDS`` records, and greedily above. Among three tables and more that problem is NP-hard:
links are taken by weight, the heaviest first, where no table is met twice (at least half of the best sum for two tables).

``many_to_one``: each record of the other tables goes to its best partner in the last one, which may have many.

Ties fall to the smaller records, so the order of input changes nothing.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.contract import Engine, Table
from matching.components import components

EXACT_RECORDS = 120
"""Records of a component up to which the best assignment is found; beyond, links are taken by their weight."""
LINK_SCHEMA: dict[str, pl.DataType] = {"rid_l": pl.Int64(), "rid_r": pl.Int64()}
Ints = npt.NDArray[np.int64]


def assign(engine: Engine, scored: Table, sources: Table, *, rule: str, link: int) -> Table:
    """(rid, cluster) of every record that keeps a link.

    Args:
        engine: the engine.
        scored: rid_l, rid_r, weight.
        sources: rid, source; the last source in order of name is the one that ``many_to_one`` means by "one".
        rule: one of ``matching.spec.ASSIGNMENTS``.
        link: weight from which a pair may be linked (thousandths of a bit).
    """
    links = engine.materialize(
        engine.sql(
            f"""
            select s.rid_l, s.rid_r, s.weight, a.source as source_l, b.source as source_r
            from s join n a on s.rid_l = a.rid join n b on s.rid_r = b.rid where s.weight >= {link} and a.source <> b.source
            """,
            s=scored, n=sources,
        )
    )  # fmt: skip
    if rule == "many_to_one":
        kept = engine.sql(
            """
            with one as (select max(source) as last from n),
            p as (select case when source_l = last then rid_r else rid_l end as many, case when source_l = last then rid_l else rid_r end as one, weight
                from l, one where source_l = last or source_r = last),
            ranked as (select many, one, row_number() over (partition by many order by weight desc nulls last, one nulls last) as place from p)
            select many as rid_l, one as rid_r from ranked where place = 1
            """,
            l=links, n=sources,
        )  # fmt: skip
    else:
        labels = engine.materialize(components(engine, links))
        grouped = engine.sql("select c.component, l.* from l join c on l.rid_l = c.rid", l=links, c=labels)
        kept = engine.map_groups(grouped, "component", partial(assign_kernel, base=min(0, link - 1)), LINK_SCHEMA)
    return engine.sql("select rid, component as cluster from c", c=components(engine, engine.materialize(kept)))


def assign_kernel(frame: pl.DataFrame, *, base: int = 0) -> pl.DataFrame:
    """The links that stand one to one.

    Args:
        frame: component, rid_l, rid_r, weight, source_l, source_r: all links of whole components.
        base: what a link weighs more than is its gain; below every weight.

    Returns:
        rid_l, rid_r of the links that stand.
    """
    frame = frame.sort("component", "rid_l", "rid_r")
    alone = frame.filter(pl.len().over("component") == 1)
    kept = [alone.select("rid_l", "rid_r")]
    for _, links in frame.join(alone, on="component", how="anti").group_by("component", maintain_order=True):
        ends = links["rid_l"].to_numpy(), links["rid_r"].to_numpy()
        gain = links["weight"].to_numpy().astype(np.int64) - base
        places = by_weight(*ends, gain, links["source_l"].to_numpy(), links["source_r"].to_numpy())
        tables = set(links["source_l"]) | set(links["source_r"])
        if len(tables) == 2 and len(np.unique(np.concatenate(ends))) <= EXACT_RECORDS:
            first = min(tables)
            left = np.where(links["source_l"].to_numpy() == first, *ends)
            right = np.where(links["source_l"].to_numpy() == first, *reversed(ends))
            if not _surely_best(left, right, gain, places):
                places = best(left, right, gain)
        kept.append(links[places].select("rid_l", "rid_r"))
    return pl.concat(kept)


def by_weight(left: Ints, right: Ints, gain: Ints, source_l: npt.NDArray[np.str_], source_r: npt.NDArray[np.str_]) -> list[int]:
    """Places of links taken by gain, the largest first, as long as no group of records meets a table twice."""
    tables = {
        int(rid): frozenset({source})
        for rids, sources in ((left, source_l), (right, source_r))
        for rid, source in zip(rids, sources, strict=True)
    }
    above = {rid: rid for rid in tables}

    def root(rid: int) -> int:
        while above[rid] != rid:
            above[rid] = rid = above[above[rid]]
        return rid

    kept = []
    for place in np.lexsort((right, left, -gain)).tolist():
        one, two = root(int(left[place])), root(int(right[place]))
        if one != two and not tables[one] & tables[two]:
            above[two] = one
            tables[one] |= tables.pop(two)
            kept.append(place)
    return sorted(kept)


def best(left: Ints, right: Ints, gain: Ints) -> list[int]:
    """Places of the links between two tables whose gains (positive) add up to the most, no record in two of them."""
    rows, columns = np.unique(left), np.unique(right)
    if len(rows) > len(columns):
        return best(right, left, gain)
    matrix = np.zeros((len(rows), len(columns)), dtype=np.int64)
    at = np.searchsorted(rows, left), np.searchsorted(columns, right)
    matrix[at] = gain
    column_of = _augmented(-matrix)
    chosen = column_of[at[0]] == at[1]
    return np.flatnonzero(chosen).tolist()


def _augmented(cost: Ints) -> Ints:
    """For each row its column in the cheapest assignment of all rows (at least as many columns), by shortest augmenting paths."""
    rows, columns = cost.shape
    potential_row, potential_column = np.zeros(rows + 1, dtype=np.int64), np.zeros(columns + 1, dtype=np.int64)
    row_of = np.full(columns + 1, rows, dtype=np.int64)  # the last place of each is nobody
    for row in range(rows):
        row_of[columns] = row
        column, came_from = columns, np.full(columns, columns, dtype=np.int64)
        shortest, done = np.full(columns, np.iinfo(np.int64).max), np.zeros(columns + 1, dtype=bool)
        while row_of[column] != rows:
            done[column] = True
            here = int(row_of[column])
            open_ = np.flatnonzero(~done[:columns])
            reduced = cost[here, open_] - potential_row[here] - potential_column[open_]
            shorter = reduced < shortest[open_]
            shortest[open_[shorter]] = reduced[shorter]
            came_from[open_[shorter]] = column
            nearest = int(open_[shortest[open_].argmin()])
            step = shortest[nearest]
            passed = np.flatnonzero(done)
            potential_row[row_of[passed]] += step
            potential_column[passed] -= step
            shortest[open_] -= step
            column = nearest
        while column != columns:
            before = int(came_from[column])
            row_of[column] = row_of[before]
            column = before
    found = np.full(rows, columns, dtype=np.int64)
    taken = np.flatnonzero(row_of[:columns] != rows)
    found[row_of[taken]] = taken
    return found


def _surely_best(left: Ints, right: Ints, gain: Ints, places: list[int]) -> bool:
    """Whether every record of one side has the best of its links: then nothing can be better."""
    total = int(gain[places].sum())
    for side in (left, right):
        _, at = np.unique(side, return_inverse=True)
        most = np.zeros(at.max() + 1, dtype=np.int64)
        np.maximum.at(most, at, gain)
        if int(most.sum()) == total:
            return True
    return False
