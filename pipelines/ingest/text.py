"""Delimited text: encoding and delimiter are those that make the headers known; then rows in pieces of bounded size."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.ingest import encodings
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.headers import HEADER_SEARCH_ROWS, Layout, find_layout
from pipelines.ingest.limits import Limits
from pipelines.ingest.lines import LineReader, read_carefully
from pipelines.ingest.reasons import RefusedError

DELIMITERS: Final = (",", "\t", ";", "|", "，", "^")
_HEAD = 256 * 1024
_JUDGED_BYTES = 16_384
_SURE_HEADERS = 4
_CONTROLS = bytes(set(range(32)) - {0, 8, 9, 10, 11, 12, 13, 26, 27})


@dataclass(frozen=True)
class TextTable:
    """One text file that is understood: where, how it is written, and what its columns mean."""

    path: Path
    encoding: str
    shown_encoding: str
    delimiter: str
    line_end: bytes
    skip_bytes: int
    layout: Layout
    limits: Limits
    notices: set[str]

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows, titles and headers included, as frames of cells (see :mod:`pipelines.ingest.lines`).

        Raises:
            RefusedError: row_too_long.
        """
        reader = LineReader(delimiter=self.delimiter, width=self.layout.width, max_row_bytes=self.limits.max_row_bytes)
        waiting: list[pl.Series] = []
        for piece, last in _pieces(self.path, self.line_end, self.skip_bytes, self.limits):
            if b"\x00" in piece:
                self.notices.add("nul_removed")
                piece = piece.replace(b"\x00", b"")  # noqa: PLW2901 - the same piece, readable
            lines, bad = _lines(piece, self.encoding, self.line_end)
            if waiting:
                lines, bad = pl.concat([waiting[0], lines]), pl.concat([waiting[1], bad])
            frame, taken = reader.read(lines, bad if bad.any() else None, more=not last)
            waiting = [lines.slice(taken), bad.slice(taken)] if taken < lines.len() else []
            if b'="' in piece:  # how spreadsheets are told to leave digits alone: ="13800138000"
                frame = frame.with_columns(pl.col("^c[0-9]+$").str.replace(r'^="([^"]*)"$', "$1"))
            if frame.height:
                yield frame


def open_text(path: Path, contracts: Contracts, limits: Limits, *, hints: Sequence[str], scratch: Path) -> TextTable:
    """Finds encoding, delimiter and header of a text file.

    Raises:
        RefusedError: binary_file, unknown_encoding, row_too_long, no_header, no_contract, ambiguous_contract or too_many_columns.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    marked = encodings.by_mark(head)
    shown: str | None = None
    if marked is not None and marked != "utf-8-sig":
        target = scratch / "text.utf8"
        encodings.to_utf8(path, marked, target)
        shown, path = marked, target
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    if head and len(head.translate(None, _CONTROLS)) < 0.995 * len(head):
        message = "many control characters; this is not text"
        raise RefusedError("binary_file", message)
    skip = 3 if head.startswith(codecs.BOM_UTF8) else 0
    end = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
    sample = _whole_lines(head[skip:], end, size=path.stat().st_size, limits=limits)
    flaw = encodings.first_flaw(path)
    more = b"" if flaw is None else _around(path, flaw, end)
    plausible = {
        encoding: encodings.everyday((sample[:_JUDGED_BYTES] + more[:_JUDGED_BYTES]).decode(encoding, "replace"), encoding)
        for encoding in (("utf-8",) if flaw is None else ("utf-8", *encodings.CHINESE))
    }
    best: tuple[tuple[int, float], str, str, Layout] | None = None
    refusal: RefusedError | None = None
    for encoding in sorted(plausible, key=lambda encoding: -plausible[encoding]):
        try:
            layout, score, delimiter = _best_delimiter(sample.decode(encoding, "replace"), end.decode(), contracts, hints)
        except RefusedError as error:
            if refusal is None or error.reason != "no_header":
                refusal = error
            continue
        rank = (score, plausible[encoding])
        if best is None or rank > best[0]:
            best = (rank, encoding, delimiter, layout)
        if sum(not c.header.isascii() for c in layout.columns if c.field not in {"extra", "known", "unnamed"}) >= _SURE_HEADERS:
            break
    if best is None:
        raise refusal or RefusedError("no_header", "no row names columns of a contract")
    _, encoding, delimiter, layout = best
    if layout.width > limits.max_columns:
        message = f"{layout.width:,} columns; at most {limits.max_columns:,} are allowed"
        raise RefusedError("too_many_columns", message)
    return TextTable(
        path,
        encoding,
        shown or ("utf-8-sig" if skip else "big5" if encoding == "big5hkscs" else encoding),
        delimiter,
        end,
        skip,
        layout,
        limits,
        set(),
    )


def count_lines(path: Path) -> int:
    """Lines of a file, for a file that is refused as a whole."""
    count, last = 0, b"\n"
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            count += piece.count(b"\n")
            last = piece[-1:]
    return count + (last != b"\n")


def _best_delimiter(text: str, end: str, contracts: Contracts, hints: Sequence[str]) -> tuple[Layout, int, str]:
    """The layout that fits best, its score, and the delimiter that gave it; the commonest delimiters are tried first."""
    lines = [line.rstrip("\r") for line in text.split(end, 4 * HEADER_SEARCH_ROWS)[: 4 * HEADER_SEARCH_ROWS]]
    counts = {delimiter: sum(line.count(delimiter) for line in lines) for delimiter in DELIMITERS}
    tried = sorted((d for d in DELIMITERS if counts[d]), key=lambda d: -counts[d]) or [","]
    best: tuple[Layout, int, str] | None = None
    refusal: RefusedError | None = None
    for delimiter in tried:
        try:
            layout, score = _layout(lines, delimiter, contracts, hints)
        except RefusedError as error:
            if refusal is None or error.reason != "no_header":
                refusal = error
            continue
        if best is None or score > best[1]:
            best = (layout, score, delimiter)
        if sum(c.field not in {"extra", "known", "unnamed"} for c in layout.columns) >= _SURE_HEADERS:
            break
    if best is None:
        raise refusal or RefusedError("no_header", "no row names columns of a contract")
    return best


def _layout(lines: Sequence[str], delimiter: str, contracts: Contracts, hints: Sequence[str]) -> tuple[Layout, int]:
    rows: list[tuple[str | None, ...]] = []
    for row in read_carefully(lines, delimiter=delimiter, width=None):
        rows.append(row.cells)
        if len(rows) > HEADER_SEARCH_ROWS:
            break
    return find_layout(rows, contracts, hints)


def _whole_lines(head: bytes, end: bytes, *, size: int, limits: Limits) -> bytes:
    if size < _HEAD:
        return head
    place = head.rfind(end)
    if place < 0 and size > limits.max_row_bytes:
        message = f"no line break in the first {len(head):,} bytes of {size:,}"
        raise RefusedError("row_too_long", message)
    return head[: place + 1] if place >= 0 else head


def _around(path: Path, place: int, end: bytes) -> bytes:
    """Whole lines from the one where UTF-8 fails on."""
    before = min(place, _JUDGED_BYTES // 4)
    with path.open("rb") as stream:
        stream.seek(place - before)
        piece = stream.read(_JUDGED_BYTES)
    return piece[piece.rfind(end, 0, before) + 1 :]


def _pieces(path: Path, end: bytes, skip: int, limits: Limits) -> Iterator[tuple[bytes, bool]]:
    """Pieces of whole lines, each with whether it is the last."""
    rest = b""
    size = min(limits.batch_bytes, path.stat().st_size + 1)  # a buffer of this size is made for each piece
    with path.open("rb") as stream:
        stream.seek(skip)
        piece = stream.read(size)
        while piece:
            following = stream.read(size)
            data = rest + piece
            if not following:
                yield data.removesuffix(end), True
                return
            cut = data.rfind(end)
            if cut < 0:
                if len(data) > limits.max_row_bytes:
                    message = f"no line break within {len(data):,} bytes; at most {limits.max_row_bytes:,} are allowed in a row"
                    raise RefusedError("row_too_long", message)
                rest = data
            else:
                yield data[:cut], False
                rest = data[cut + 1 :]
            piece = following


def _lines(piece: bytes, encoding: str, end: bytes) -> tuple[pl.Series, pl.Series]:
    """The lines of a piece, and which of them hold bytes that the encoding does not know."""
    try:
        text = piece.decode(encoding)
    except UnicodeDecodeError:
        return _lines_one_by_one(piece.split(end), encoding)
    lines = pl.Series("line", [text]).str.split(end.decode()).explode(empty_as_null=False, keep_nulls=False)
    lines = lines.str.strip_chars_end("\r")
    return lines, pl.repeat(value=False, n=lines.len(), dtype=pl.Boolean(), eager=True)


def _lines_one_by_one(lines: Sequence[bytes], encoding: str) -> tuple[pl.Series, pl.Series]:
    texts: list[str] = []
    bad: list[bool] = []
    for line in lines:
        try:
            texts.append(line.decode(encoding).rstrip("\r"))
            bad.append(False)
        except UnicodeDecodeError:
            texts.append(line.decode(encoding, "replace").rstrip("\r"))
            bad.append(True)
    return pl.Series("line", texts, dtype=pl.String), pl.Series(bad, dtype=pl.Boolean)
