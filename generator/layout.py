"""A dealer's layout laid over its rows: the dealer's columns and headers, and the files they go into by day, week, month or year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.activity import ROLES
from generator.arrays import Ints
from generator.dealers import Dealer, Layout
from generator.render import Chunk

_NUMBERS = ("amount", "amount_wan", "mileage", "satisfaction", "cost")


@dataclass(frozen=True)
class Export:
    """One dealer's lines of one source, ready to be cut into files.

    ``table``: the dealer's columns as text. ``row``: each line's row in the chunk, -1 for blank lines. ``names`` and ``starts``: the files
    and the first line of each. ``groups``: what the row above the headers says; ``date_column`` and ``number_columns``: what a workbook types.
    """

    table: pl.DataFrame
    row: Ints
    names: tuple[str, ...]
    starts: Ints
    groups: tuple[str, ...]
    date_column: str
    number_columns: tuple[str, ...]


class Layer:
    """Lays layouts over one chunk. A blank line, and a role in which nobody is named, have the position -1."""

    def __init__(self, chunk: Chunk, *, start: dt.date) -> None:
        self._chunk = chunk
        self._start = start
        self._line_rows = np.where(chunk.lines < 0, ~chunk.lines, chunk.lines)
        self._days = chunk.activity.day[self._line_rows]

    def export(self, dealer: Dealer, layout: Layout, *, group: tuple[int, int], first: int, end: int) -> Export:
        """The export of the rows from ``first`` to ``end``, which are all of one dealer and source (``group``)."""
        who = self._chunk.people.who
        low, high = np.searchsorted(self._line_rows, [first, end])
        lines = np.maximum(self._chunk.lines[low:high], -1)
        titles = dict(zip(layout.columns, layout.titles, strict=True))
        columns = {c: self._chunk.cells[c].at(lines) for c in layout.columns if "." not in c}
        for role in layout.roles:
            block = who.blocks[(*group, ROLES.index(role))]
            place = np.full(end - first + 1, -1, dtype=np.int64)
            place[who.row[block] - first] = np.arange(block.start, block.stop)
            of_people = place[np.where(lines < 0, -1, lines - first)]
            columns |= {c: self._chunk.people.cells[c.partition(".")[2]].at(of_people) for c in layout.columns if c.startswith(f"{role}.")}
        names, starts = self._files(self._days[low:high], dealer, layout)
        return Export(
            pl.DataFrame([columns[column].alias(title) for column, title in titles.items()]),
            lines, names, starts,
            tuple("客户信息" if "." in column else "业务信息" for column in layout.columns),
            titles["date"], tuple(titles[c] for c in _NUMBERS if c in titles),
        )  # fmt: skip

    def _files(self, days: Ints, dealer: Dealer, layout: Layout) -> tuple[tuple[str, ...], Ints]:
        """Names of the files and where each starts: lines are in order of days, so a file is a stretch of them.

        One file for all, or one a year, quarter or month; of late one a week or a day where the dealer's feed is new.
        """
        month = (np.datetime64(self._start) + days).astype("datetime64[M]").astype(np.int64)
        quarter, last = month // 3, int(days.max())
        period = {
            "once": np.zeros_like(days),
            "yearly": month // 12,
            "quarterly": quarter,
            "monthly": month,
            "weekly": np.where(days > last - 56, 10**6 + (days + self._start.weekday()) // 7, quarter),
            "daily": np.where(days > last - 30, 10**6 + days, quarter),
        }[layout.cadence]
        starts = np.flatnonzero(np.r_[True, period[1:] != period[:-1]])
        recent = period[starts] >= 10**6
        stamps = [self._stamp(day, layout.cadence, recent=new) for day, new in zip(days[starts].tolist(), recent.tolist(), strict=True)]
        return tuple("_".join(filter(None, (layout.file_word, stamp))) + dealer.suffix for stamp in stamps), starts

    def _stamp(self, day: int, cadence: str, *, recent: bool) -> str:
        date = self._start + dt.timedelta(days=day)
        if cadence == "weekly":
            date += dt.timedelta(days=6 - date.weekday())
        if cadence in {"once", "yearly", "monthly"}:
            return date.strftime({"once": "", "yearly": "%Y", "monthly": "%Y%m"}[cadence])
        return f"{date:%Y%m%d}" if recent else f"{date.year}Q{(date.month + 2) // 3}"
