"""A chunk of rows as text with all its errors, before the dealers' layouts are laid over it.

People are rendered once for all rows and roles of a chunk, so that the cost of an error is that of the cells it strikes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.activity import Activity
from generator.arrays import Ints, rng_of
from generator.columns import Column
from generator.dealers import Network
from generator.errors import Breaker, habits
from generator.facts import Facts
from generator.people import People, Who, named_people, render_people
from generator.rows import render_rows
from generator.world import World


@dataclass(frozen=True)
class Chunk:
    """Some dealers' rows.

    ``activity`` and ``cells``: what the rows are and their own cells by field. ``people``: whom they name. ``lines``: the rows in the order of
    the files, some twice; a blank line is ``~`` the row before it. ``errors``: row, role (-1: the row's own), error. ``expected``: how
    many of each the table promised.
    """

    activity: Activity
    cells: dict[str, Column]
    people: People
    lines: Ints
    errors: pl.DataFrame
    expected: dict[str, float]


def render(
    world: World, network: Network, facts: Facts, activity: Activity, *, level: str, seed: int, number: int, start: dt.date
) -> Chunk:
    """The chunk of these rows (whole dealers, or whole sources of one). ``number`` tells chunks apart for the seed."""
    rng = rng_of(seed, 6, number)
    manners = habits(rng_of(seed, 7), len(network.dealers) - 1)
    everyone = np.ones(len(activity), dtype=np.bool_)
    who = named_people(network, activity)
    of_rows = Breaker(rng, level, manners, activity.dealer)
    of_people = Breaker(rng, level, manners, activity.dealer[who.row])
    test = np.zeros(len(activity), dtype=np.bool_)
    test[of_rows.hit("test_record", everyone)] = True
    cells = render_rows(world, network, facts, activity, of_rows, start=start)
    people = render_people(world, facts, activity, who, of_people, test=test[who.row])
    lines = _lines(len(activity), twice=of_rows.hit("row_twice", everyone), blank=of_rows.hit("empty_row", everyone))
    of_real_people = _log(of_people, who)
    of_real_people = of_real_people.filter(pl.Series(~test[of_real_people["row"].to_numpy()]))
    errors = pl.concat([_log(of_rows), of_real_people])
    return Chunk(activity, cells, people, lines, errors, of_rows.expected | of_people.expected)


def _lines(rows: int, *, twice: Ints, blank: Ints) -> Ints:
    """Rows in order, those of ``twice`` twice, and ``~row`` after each row of ``blank``.

    >>> _lines(4, twice=np.array([1]), blank=np.array([1, 3])).tolist()
    [0, 1, 1, -2, 2, 3, -4]
    """
    order = np.sort(np.r_[np.arange(rows), twice])
    return np.insert(order, np.searchsorted(order, blank, side="right"), ~blank)


def _log(breaker: Breaker, who: Who | None = None) -> pl.DataFrame:
    schema = {"row": pl.Int64, "role": pl.Int64, "error": pl.Int64}
    number = np.repeat([n for n, _ in breaker.log], [where.size for _, where in breaker.log]).astype(np.int64)
    where = np.concatenate([where for _, where in breaker.log]).astype(np.int64)
    if who is None:
        return pl.DataFrame({"row": where, "role": np.full(where.size, -1), "error": number}, schema=schema)
    return pl.DataFrame({"row": who.row[where], "role": who.role[where], "error": number}, schema=schema)
