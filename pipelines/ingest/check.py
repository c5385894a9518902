"""What would happen to a file, without writing anything: for ``chezhu check FILE...``.

Shows kind, encoding, header, what each column means, how rows would be sorted, and every problem with what to do. Names of
columns are shown as written; of values nothing but masked shapes (a digit 9, a Chinese character 字, a letter a).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import TableSummary, read_files
from pipelines.ingest.inbox import InboxFile, content_id, readable
from pipelines.ingest.limits import Limits
from pipelines.ingest.reasons import REASONS
from pipelines.ingest.sinks import Sink

_SAMPLES = 3


@dataclass(frozen=True)
class FileCheck:
    """What would happen to one file.

    Attributes:
        name: the file's name.
        size: bytes.
        status: ingested or quarantined.
        reason: why the whole file would be quarantined.
        detail: what was found, without personal values.
        tables: each table: columns (header, role, field), rows by kind.
        problems: reason codes with how often.
        records: records that would be made.
        samples: masked samples of quarantined rows: reason and shape.
    """

    name: str
    size: int
    status: str
    reason: str | None
    detail: str | None
    tables: tuple[TableSummary, ...]
    problems: dict[str, int]
    records: int
    samples: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For people."""
        told = [f"{self.name}: {self.status}, {self.size:,} bytes"]
        if self.reason:
            reason = REASONS[self.reason]
            told.append(f"  {self.reason}: {reason.zh}; {reason.en} ({self.detail}). {reason.advice}")
        for table in self.tables:
            told += _table_lines(table)
        if self.records:
            told.append(f"  records: {self.records:,}")
        told += [
            f"  {code} × {count:,}: {REASONS[code].zh}; {REASONS[code].en}. {REASONS[code].advice}" for code, count in self.problems.items()
        ]
        told += [f"    for example ({code}): {shape}" for code, shape in self.samples]
        return told


def _table_lines(table: TableSummary) -> list[str]:
    if table.source is None:
        return [f"  {table.label}: not read ({table.problem}): {table.detail}"] if table.label else []
    written = ", ".join(part for part in (table.encoding, f"delimiter {table.delimiter!r}" if table.delimiter else None) if part)
    header = f"header in row {table.header_rows[0]}" if table.header_rows else "header in the schema"
    if table.header_rows and table.header_rows[1] > table.header_rows[0]:
        header = f"header in rows {table.header_rows[0]} to {table.header_rows[1]}"
    told = [f"  {f'{table.label}: ' if table.label else ''}{table.source} ({', '.join(part for part in (written, header) if part)})"]
    told += [f"    {name} -> {f'{role}.' if role else ''}{field}" for name, role, field in table.columns if field != "extra"]
    told += [f"    {name} -> unknown, kept in extra" for name in table.unknown_headers]
    told.append("    rows: " + ", ".join(f"{count:,} {kind}" for kind, count in table.rows.items() if count))
    return told


def masked(text: str) -> str:
    """The shape of ``text``: every digit 9, every Chinese character 字, every other letter a.

    >>> masked("王伟,13800138000,wang@a.cn")
    '字字,99999999999,aaaa@a.aa'
    """
    shape = re.sub(r"\d", "9", text[:120])
    shape = re.sub(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]", "字", shape)
    return re.sub(r"[^\W\d_字]", "a", shape)


class _Looker(Sink):
    def __init__(self, file: InboxFile) -> None:
        super().__init__([file])
        self.samples: list[tuple[str, str]] = []
        self._places: list[pl.Series] = []

    def quarantine(self, frame: pl.DataFrame) -> None:
        super().quarantine(frame)
        shown = Counter(code for code, _ in self.samples)
        for reason, text in frame.select("reason", "text").head(100).iter_rows():
            if shown[reason] < _SAMPLES:
                self.samples.append((reason, masked(text or "")))
                shown[reason] += 1

    def records(self, frame: pl.DataFrame) -> None:
        super().records(frame)
        self._places.append(frame["_place"])

    def record_count(self) -> int:
        replaced = self.settled().filter(pl.col("_number") == 0)["_place"]
        return sum(places.len() - int(places.is_in(replaced.implode()).sum()) for places in self._places)


def check(path: Path, contracts: Contracts, limits: Limits) -> FileCheck:
    """What would happen to the file at ``path``.

    Raises:
        OSError: it cannot be read.
    """
    size, name = path.stat().st_size, readable(path.name)
    file = InboxFile("check", name, path, size, 0.0, content_id(path))
    looker = _Looker(file)
    reading = read_files([file], contracts, limits, looker)[0]
    if reading is None:
        raise FileNotFoundError(path)
    if reading.refusal is not None:
        return FileCheck(name, size, "quarantined", reading.refusal.reason, reading.refusal.detail, (), {}, 0, ())
    count = looker.record_count()
    problems = dict(sorted(looker.reasons[0].items()))
    return FileCheck(name, size, "ingested", None, None, reading.tables, problems, count, tuple(looker.samples))
