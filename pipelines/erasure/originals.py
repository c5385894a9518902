"""Which rows of the inbox are an erased person's: read as a run reads them, every file, also those that a later one replaced.

A row is found by its id or its content (``tombstones``), as in the tables. Rows that are no records (in quarantine, titles, notes) are found by values
that are the person's alone. In rows of others three stars stand for such a value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from pipelines.erasure.person import Person, Values
from pipelines.erasure.tombstones import Tombstones
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import read_files
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import Limits
from pipelines.ingest.reasons import RefusedError
from pipelines.ingest.sinks import Sink

MENTION = "(mention)"
"""In the place of a role: values of the person go from whatever cell of the row holds one."""
Rows = dict[int, frozenset[str] | None]
"""Rows by number: the roles whose cells go, or None where the whole row goes."""


@dataclass(frozen=True)
class Found:
    """What is to be erased in one file of the inbox.

    Attributes:
        file: the file.
        rows: by table (the label of a sheet or member, None for a plain file).
        quarantined: of them, how many were in quarantine.
        unread: members, sheets or the file itself that could not be read.
    """

    file: InboxFile
    rows: dict[str | None, Rows]
    quarantined: int = 0
    unread: bool = False

    @property
    def number(self) -> int:
        """How many rows."""
        return sum(map(len, self.rows.values()))


@dataclass
class _Marks:
    whole: set[tuple[int, int]] = field(default_factory=set)
    roles: dict[tuple[int, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    quarantined: dict[int, int] = field(default_factory=lambda: defaultdict(int))


class Finder(Sink):
    """Takes what files give, and keeps where an erased person stands."""

    def __init__(self, files: Sequence[InboxFile], stones: Tombstones, person: Person | None, values: Values | None) -> None:
        super().__init__(files)
        self._stones, self._person, self._values = stones, person, values
        self._marks = _Marks()
        self._unread: set[int] = set()

    def count(self, rows: pl.DataFrame) -> Counter[str]:
        """Counts rows, and finds those that are no records by what they hold."""
        counted = super().count(rows)
        if self._values is not None and self._values.forms:
            filled = rows.filter(pl.col("kind") != "blank")
            if filled.height:
                texts = filled.select(
                    pl.concat_str(
                        pl.col("raw").fill_null(""), pl.concat_str(pl.col("^c[0-9]+$").fill_null(""), separator=" | "), separator=" | "
                    )
                ).to_series()
                for table, row, kind in filled.filter(self._values.within(texts)).select("table", "row_number", "kind").iter_rows():
                    if kind == "data":
                        self._marks.roles[table, row].add(MENTION)
                        continue
                    self._marks.whole.add((table, row))
                    self._marks.quarantined[table] += kind == "quarantined"
        return counted

    def records(self, frame: pl.DataFrame) -> None:
        """Finds the records of an erased person."""
        super().records(frame)
        mine = self._stones.erased(frame)
        if self._person is not None:
            mine = (
                mine
                | frame["record_id"].is_in(list(self._person.records))
                | (frame["main"] & frame["row_id"].is_in(list(self._person.rows)))
            )
        for table, row, main, role in frame.filter(mine).select("table", "row_number", "main", "role").iter_rows():
            if main:
                self._marks.whole.add((table, row))
            else:
                self._marks.roles[table, row].add(role)

    def quarantine(self, frame: pl.DataFrame) -> None:
        """Nothing is kept: rows were looked at when they were counted."""

    def refuse_rows(self, table: int, refusal: RefusedError, rows: pl.DataFrame) -> None:
        """Takes note of what could not be read."""
        del refusal, rows
        self._unread.add(self._table_files[table])

    def notice(self, file: int, code: str, number: int) -> None:
        """Takes note of sheets that are no tables."""
        super().notice(file, code, number)
        if code == "sheet_skipped":
            self._unread.add(file)

    def found(self) -> list[Found]:
        """What was found, a file each."""
        rows: dict[int, dict[str | None, Rows]] = defaultdict(lambda: defaultdict(dict))
        for (table, row), roles in self._marks.roles.items():
            rows[self._table_files[table]][self._labels[table]][row] = frozenset(roles)
        for table, row in self._marks.whole:
            rows[self._table_files[table]][self._labels[table]][row] = None
        quarantined: dict[int, int] = defaultdict(int)
        for table, number in self._marks.quarantined.items():
            quarantined[self._table_files[table]] += number
        return [
            Found(file, {label: dict(found) for label, found in rows[number].items()}, quarantined[number], number in self._unread)
            for number, file in enumerate(self._files)
        ]


def find(
    files: Sequence[InboxFile], contracts: Contracts, limits: Limits, stones: Tombstones, person: Person | None, values: Values | None
) -> list[Found]:
    """Where an erased person stands in ``files``: those in which anything is to be erased, or that could not be read."""
    found: list[Found] = []
    for start in range(0, len(files), 100):
        finder = Finder(files[start : start + 100], stones, person, values)
        read_files(files[start : start + 100], contracts, limits, finder)
        found += [each for each in finder.found() if each.rows or each.unread]
    return found
