"""Nightly files of generated exports, and drifts planted in their bytes.

A night's file is a stretch of rows of one dealer's export of one kind, under that export's own head, in its own encoding. How many rows it has
is drawn: the dealer's size, fewer on weekends, a day's ups and downs, and Poisson.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks._nights import Export, exports, send
from generator.dealers import Dealer, build_network

START = date(2026, 7, 6)
"""A Monday behind the last day of the exports, so that no date of theirs lies in the future."""
WEEKEND = 0.6
UPS_AND_DOWNS = 0.1
"""Standard deviation of a dealer's day beside the mean."""
LEAST, MOST = 200, 600
"""Rows a dealer sends on a working day."""

FIELD_OF = {"phone2": "phone", "detail": "address", "date": "event_date"}
"""Columns of the generator whose field has another name."""
MEASURED = (
    "name", "phone", "email", "id_number", "birth_date", "gender", "province", "city", "district", "address", "postcode", "vin", "plate", "brand",
    "model", "event_date",
)  # fmt: skip

Rows = list[list[str]]
Change = Callable[["Feed", list[str], Rows], Rows]
"""Of a feed, its header (changed in place) and its rows of cells: the rows of cells that it sends instead."""


@dataclass(frozen=True)
class Feed:
    """One dealer's export of one kind: columns are the generator's (``buyer.phone``, ``vin``), and how many of its rows each night has."""

    dealer: Dealer
    source: str
    columns: tuple[str, ...]
    export: Export
    ends: list[int]
    """The row behind the last one of each night."""

    def lines(self, night: int) -> list[bytes]:
        """The rows of a night, as they are written."""
        since = self.ends[night - 1] if night else 0
        return [self.export.rows[number] for number in range(since, self.ends[night])]

    def fields(self) -> dict[str, list[int]]:
        """Places of the columns of each field, of all roles."""
        found: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            found.setdefault(_field(column), []).append(place)
        return found


def _field(column: str) -> str:
    name = column.rpartition(".")[2]
    return FIELD_OF.get(name, name)


def day_of(night: int) -> date:
    """The date of a night; 0 is a Monday."""
    return START + timedelta(days=night)


def feeds(folder: Path, *, dealers: int, most: int, nights: int, seed: int) -> list[Feed]:
    """What the first ``most`` dealers send that are large enough: lists only, for customer files are sent whole.

    Args:
        folder: generated exports of ``dealers`` dealers, without workbooks.
        dealers: as generated.
        most: so many of them at most.
        nights: so many files each.
        seed: as generated; draws how many rows a night has as well.
    """
    pick = np.random.default_rng(seed)
    sent: dict[tuple[str, str], list[Export]] = {}
    truth = pl.read_parquet(folder / "truth" / "records.parquet")
    kinds = {(dealer, file): source for dealer, file, source in truth.select("dealer_id", "file", "source").unique().iter_rows()}
    for export in exports(folder, truth):
        if not export.snapshot:
            sent.setdefault((export.dealer, kinds[export.dealer, export.name]), []).append(export)
    network = {dealer.dealer_id: dealer for dealer in build_network(dealers=dealers, workbooks=0, seed=seed).dealers}
    usual = np.array([WEEKEND if day_of(night).weekday() >= 5 else 1.0 for night in range(nights)])
    found: list[Feed] = []
    chosen = 0
    for name, dealer in network.items():
        of_dealer = {source: parts for (whose, source), parts in sorted(sent.items()) if whose == name}
        there = sum(len(part.rows) for parts in of_dealer.values() for part in parts)
        size = min(0.93 * there / usual.sum(), MOST)
        if size < LEAST or chosen == most:
            continue
        chosen += 1
        days = usual * pick.gamma(UPS_AND_DOWNS**-2, UPS_AND_DOWNS**2, nights)
        for source, parts in of_dealer.items():
            rows = [line for part in parts for line in part.rows.values()]
            ends = pick.poisson(days * size * len(rows) / there).cumsum().clip(max=len(rows))
            layout = dealer.layouts[source]
            whole = Export(
                name, layout.file_word + dealer.suffix, parts[0].head, dict(enumerate(rows)), snapshot=False, keyed=not layout.keyless
            )
            found.append(Feed(dealer, source, layout.columns, whole, ends.tolist()))
    return found


def write(feed: Feed, inbox: Path, night: int) -> None:
    """The file of a night; none where it would have no rows."""
    since = feed.ends[night - 1] if night else 0
    if feed.ends[night] > since:
        send(feed.export, inbox, night=night, numbers=list(range(since, feed.ends[night])))


def write_changed(feed: Feed, inbox: Path, night: int, change: Change) -> None:
    """The file of a night after ``change``."""
    encoding = feed.dealer.encoding.removesuffix("-sig")
    *above, header = feed.export.head
    mark = b"\xef\xbb\xbf" if header.startswith(b"\xef\xbb\xbf") else b""
    titles = _cells([header.removeprefix(mark)], feed, encoding)[0]
    rows = change(feed, titles, _cells(feed.lines(night), feed, encoding))
    head = [*above, mark + _line(titles, feed, encoding)]
    lines = [_line(row, feed, encoding) for row in rows]
    changed = Export(feed.export.dealer, feed.export.name, head, dict(enumerate(lines)), snapshot=False, keyed=feed.export.keyed)
    send(changed, inbox, night=night, numbers=list(changed.rows))


def _cells(lines: Iterable[bytes], feed: Feed, encoding: str) -> Rows:
    return list(csv.reader((line.decode(encoding) for line in lines), delimiter=feed.dealer.delimiter))


def _line(cells: list[str], feed: Feed, encoding: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=feed.dealer.delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode(encoding)


def swap(one: int, two: int, *, header: bool) -> Change:
    """Two columns change places, without or with their titles."""

    def change(_feed: Feed, titles: list[str], rows: Rows) -> Rows:
        for row in [titles, *rows] if header else rows:
            row[one], row[two] = row[two], row[one]
        return rows

    return change


def empty(field: str, share: float, pick: np.random.Generator) -> Change:
    """Of each role's cells of a field so many are emptied."""

    def change(feed: Feed, _titles: list[str], rows: Rows) -> Rows:
        for role in sorted({column.rpartition(".")[0] for column in feed.columns}):
            places = [place for place in feed.fields().get(field, []) if feed.columns[place].rpartition(".")[0] == role]
            for row, lost in zip(rows, pick.random(len(rows)) < share, strict=True):
                for place in places if lost else []:
                    row[place] = ""
        return rows

    return change


def flood(share: float) -> Change:
    """Rows of the night once more, under keys of their own, for 测试."""

    def change(feed: Feed, _titles: list[str], rows: Rows) -> Rows:
        word = "測試" if feed.dealer.language == "zh_hant" else "测试"
        tests = [list(row) for row in rows[: round(share * len(rows))]]
        for number, row in enumerate(tests):
            for place in feed.fields()["name"]:
                row[place] = f"{word}{number}"
            for place in feed.fields().get("key", []):
                row[place] += f"T{number}"
        return [*rows, *tests]

    return change


def phones(form: Callable[[str], str]) -> Change:
    """Plain mobiles in another form."""

    def change(feed: Feed, _titles: list[str], rows: Rows) -> Rows:
        for row in rows:
            for place in feed.fields().get("phone", []):
                if len(row[place]) == 11 and row[place].isdecimal():
                    row[place] = form(row[place])
        return rows

    return change


def two_columns(feed: Feed, pick: np.random.Generator) -> tuple[int, int]:
    """Two columns of different kinds, one of them of a measured field: a name in place of a name would be none the worse in form."""
    kinds = [_field(column) for column in feed.columns]
    alike = ["name" if kind == "advisor" else kind for kind in kinds]
    pairs = [
        (one, two)
        for one, kind in enumerate(kinds)
        for two in range(len(kinds))
        if kind in MEASURED and kinds[two] != "key" and alike[two] != alike[one] and (two > one or kinds[two] not in MEASURED)
    ]
    return pairs[pick.integers(len(pairs))]
