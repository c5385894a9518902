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
    """Lays layouts over one chunk. Cells are looked up by position; the position after the last is an empty cell."""

    def __init__(self, chunk: Chunk, *, start: dt.date) -> None:
        self._chunk = chunk
        self._start = start
        self._rows = _with_empty_end(chunk.rows)
        self._people = _with_empty_end(chunk.people)
        self._line_rows = np.where(chunk.lines < 0, ~chunk.lines, chunk.lines)
        self._place = np.empty(chunk.rows.height, dtype=np.int64)
        self._days = chunk.rows["day"].to_numpy()

    def export(self, dealer: Dealer, layout: Layout, *, group: tuple[int, int], first: int, end: int) -> Export:
        """The export of the rows from ``first`` to ``end``, which are all of one dealer and source (``group``)."""
        low, high = np.searchsorted(self._line_rows, [first, end])
        lines = self._chunk.lines[low:high]
        of_rows = np.where(lines < 0, self._chunk.rows.height, lines)
        titles = dict(zip(layout.columns, layout.titles, strict=True))
        columns = {t.name: t for t in _gather(self._rows, {t: c for c, t in titles.items() if "." not in c}, of_rows)}
        for role in layout.roles:
            block = self._chunk.who.blocks[(*group, ROLES.index(role))]
            self._place[first:end] = self._chunk.people.height
            self._place[self._chunk.who.row[block]] = np.arange(block.start, block.stop)
            of_people = np.where(lines < 0, self._chunk.people.height, self._place[self._line_rows[low:high]])
            wanted = {t: c.partition(".")[2] for c, t in titles.items() if c.startswith(f"{role}.")}
            columns |= {t.name: t for t in _gather(self._people, wanted, of_people)}
        names, starts = self._files(self._days[self._line_rows[low:high]], dealer, layout)
        return Export(
            pl.DataFrame([columns[title] for title in layout.titles]),
            np.where(lines < 0, -1, lines), names, starts,
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


def _with_empty_end(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.clear(1)])


def _gather(frame: pl.DataFrame, wanted: dict[str, str], index: Ints) -> list[pl.Series]:
    """Columns of ``frame`` at ``index``; ``wanted`` maps the new name to the column."""
    at = pl.lit(pl.Series(index, dtype=pl.UInt32))
    return frame.select(pl.col(column).gather(at).alias(title) for title, column in wanted.items()).get_columns()
