"""Delimited text: encoding and delimiter are those that make the headers known; then rows in pieces of bounded size."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from pipelines.ingest import encodings
from pipelines.ingest.careful import read_carefully
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.headers import HEADER_SEARCH_ROWS, Layout, find_layout
from pipelines.ingest.limits import Limits
from pipelines.ingest.lines import LineReader
from pipelines.ingest.reasons import RefusedError

DELIMITERS: Final = (",", "\t", ";", "|", "，", "^")
_HEAD = 256 * 1024
_JUDGED_BYTES = 16_384
_SURE_HEADERS = 4
_HEADER_LINES = 4 * HEADER_SEARCH_ROWS
_CONTROLS = bytes(set(range(32)) - {0, 8, 9, 10, 11, 12, 13, 26, 27})


@dataclass(frozen=True)
class TextTable:
    """One text file that is understood: where, how it is written, and what its columns mean.

    ``content`` holds the bytes of a file that is no longer than one piece; tables of such files are read together
    (:func:`read_together`), others piece by piece.
    """

    path: Path
    content: bytes | None
    encoding: str
    shown_encoding: str
    delimiter: str
    line_end: bytes
    skip_bytes: int
    layout: Layout
    limits: Limits
    notices: set[str]

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows, titles and headers included, as frames of cells (see :mod:`pipelines.ingest.lines`; ``table`` is 0).

        Raises:
            RefusedError: row_too_long.
        """
        reader = LineReader(delimiter=self.delimiter, width=self.layout.width)
        waiting = pl.DataFrame()
        formulas = False  # of the lines that wait as well: they are read with the next piece
        first_row = 1
        with _stream(self.path, self.content) as stream:
            stream.seek(self.skip_bytes)
            for piece, last in _pieces(stream, self.line_end, self.limits):
                text = self._text(piece)
                formulas = text.formulas or (formulas and waiting.height > 0)
                lines = pl.concat([waiting, text.lines(0)]) if waiting.height else text.lines(0)
                longest = lines["line"].str.len_bytes().max()
                if isinstance(longest, int) and longest > self.limits.max_row_bytes:
                    raise _too_long(longest, self.limits)
                frame, taken = reader.read(lines, [lines.height], first_row=first_row, more=not last)
                waiting = lines.slice(taken)
                first_row += frame.height
                if frame.height:
                    yield without_formulas(frame) if formulas else frame

    def text(self) -> Text:
        """The whole of a table whose ``content`` is held.

        Raises:
            RefusedError: row_too_long.
        """
        text = self._text((self.content or b"")[self.skip_bytes :].removesuffix(self.line_end))
        if 4 * len(text.text) > self.limits.max_row_bytes:
            longest = max(len(line.rstrip("\r").encode()) for line in text.text.split(text.end))
            if longest > self.limits.max_row_bytes:
                raise _too_long(longest, self.limits)
        return text

    def _text(self, piece: bytes) -> Text:
        if b"\x00" in piece:
            self.notices.add("nul_removed")
            piece = piece.replace(b"\x00", b"")
        end = self.line_end.decode()
        try:
            text, bad = piece.decode(self.encoding), frozenset[int]()
        except UnicodeDecodeError:
            text, bad = _line_by_line(piece.split(self.line_end), self.encoding, end)
        return Text(text, end, bad, formulas='="' in text)


@dataclass(frozen=True)
class Text:
    """Decoded lines: as one text, what ends each, which hold bytes that are no character, and whether any field may be ``="…"``."""

    text: str
    end: str
    bad: frozenset[int]
    formulas: bool

    def lines(self, number: int) -> pl.DataFrame:
        """``table``, ``line`` and ``bad`` of each line."""
        return _lines([number], [self], self.end).with_columns(
            bad=pl.int_range(pl.len()).is_in(sorted(self.bad)) if self.bad else pl.lit(value=False)
        )


def read_together(numbers: Sequence[int], texts: Sequence[Text], *, delimiter: str, width: int) -> pl.DataFrame:
    """All rows of tables of one delimiter, width and line end, as :meth:`TextTable.batches` gives them, ``table`` being their numbers."""
    end = texts[0].end
    lines = _lines(numbers, texts, end)
    ends = list(accumulate(text.text.count(end) + 1 for text in texts))
    starts = [0, *ends]
    bad = [start + line for start, text in zip(starts, texts, strict=False) for line in text.bad]
    if bad:
        lines = lines.with_columns(bad=pl.int_range(pl.len()).is_in(bad))
    frame, _ = LineReader(delimiter=delimiter, width=width).read(lines, ends)
    return without_formulas(frame) if any(text.formulas for text in texts) else frame


def _lines(numbers: Sequence[int], texts: Sequence[Text], end: str) -> pl.DataFrame:
    frame = pl.DataFrame({"table": numbers, "line": [text.text for text in texts]}, schema={"table": pl.UInt32(), "line": pl.String()})
    lines = frame.with_columns(pl.col("line").str.split(end)).explode("line", empty_as_null=False, keep_nulls=False)
    returns = end != "\r" and any("\r" in text.text for text in texts)
    return lines.with_columns(pl.col("line").str.strip_chars_end("\r")) if returns else lines


def without_formulas(cells: pl.DataFrame) -> pl.DataFrame:
    """``cells`` without what tells spreadsheets to leave digits alone: ``="13800138000"``."""
    return cells.with_columns(pl.col("^c[0-9]+$").str.replace(r'^="([^"]*)"$', "$1"))


def _too_long(longest: int, limits: Limits) -> RefusedError:
    return RefusedError("row_too_long", f"a row of {longest:,} bytes; at most {limits.max_row_bytes:,} are allowed")


def _stream(path: Path, content: bytes | None) -> BinaryIO:
    return path.open("rb") if content is None else BytesIO(content)


def open_text(path: Path, contracts: Contracts, limits: Limits, *, hints: Sequence[str], scratch: Path) -> TextTable:
    """Finds encoding, delimiter and header of a text file.

    Raises:
        RefusedError: binary_file, unknown_encoding, row_too_long, no_header, no_contract, ambiguous_contract or too_many_columns.
    """
    content, head = _begin(path, limits)
    marked = encodings.by_mark(head)
    shown: str | None = None
    if marked is not None and marked != "utf-8-sig":
        target = scratch / "text.utf8"
        encodings.to_utf8(path, marked, target)
        shown, path = marked, target
        content, head = _begin(path, limits)
    if head and len(head.translate(None, _CONTROLS)) < 0.995 * len(head):
        message = "many control characters; this is not text"
        raise RefusedError("binary_file", message)
    skip = 3 if head.startswith(codecs.BOM_UTF8) else 0
    end = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
    sample = _whole_lines(head[skip:], end, size=path.stat().st_size, limits=limits)
    with _stream(path, content) as stream:
        flaw = encodings.first_flaw(stream)
        more = b"" if flaw is None else _around(stream, flaw, end)
    judged = sample[:_JUDGED_BYTES] + more[:_JUDGED_BYTES]
    plausible = {"utf-8": 1.0}
    if flaw is not None:
        plausible = {
            encoding: encodings.everyday(judged.decode(encoding, "replace"), encoding) for encoding in ("utf-8", *encodings.CHINESE)
        }
    sample = end.join(sample.split(end, _HEADER_LINES)[:_HEADER_LINES])
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
        content,
        encoding,
        shown or ("utf-8-sig" if skip else "big5" if encoding == "big5hkscs" else encoding),
        delimiter,
        end,
        skip,
        layout,
        limits,
        set(),
    )


def _begin(path: Path, limits: Limits) -> tuple[bytes | None, bytes]:
    """The content of a file that is no longer than one piece, and the first bytes of any."""
    size = min(path.stat().st_size, max(limits.batch_bytes, _HEAD)) + 1  # a buffer of this size is made
    with path.open("rb") as stream:
        content = stream.read(size)
    return (content if len(content) <= limits.batch_bytes else None), content[:_HEAD]


def _best_delimiter(text: str, end: str, contracts: Contracts, hints: Sequence[str]) -> tuple[Layout, int, str]:
    """The layout that fits best, its score, and the delimiter that gave it; the commonest delimiters are tried first."""
    lines = [line.rstrip("\r") for line in text.split(end)]
    joined = "\n".join(lines)
    counts = {delimiter: joined.count(delimiter) for delimiter in DELIMITERS}
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
    return find_layout((row.cells for row in read_carefully(lines, delimiter=delimiter, width=None)), contracts, hints)


def _whole_lines(head: bytes, end: bytes, *, size: int, limits: Limits) -> bytes:
    if size < _HEAD:
        return head
    place = head.rfind(end)
    if place < 0 and size > limits.max_row_bytes:
        message = f"no line break in the first {len(head):,} bytes of {size:,}"
        raise RefusedError("row_too_long", message)
    return head[: place + 1] if place >= 0 else head


def _around(stream: BinaryIO, place: int, end: bytes) -> bytes:
    """Whole lines from the one where UTF-8 fails on."""
    before = min(place, _JUDGED_BYTES // 4)
    stream.seek(place - before)
    piece = stream.read(_JUDGED_BYTES)
    return piece[piece.rfind(end, 0, before) + 1 :]


def _pieces(stream: BinaryIO, end: bytes, limits: Limits) -> Iterator[tuple[bytes, bool]]:
    """Pieces of whole lines, each with whether it is the last."""
    rest = b""
    piece = stream.read(limits.batch_bytes)
    while piece:
        following = stream.read(limits.batch_bytes)
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


def _line_by_line(lines: Sequence[bytes], encoding: str, end: str) -> tuple[str, frozenset[int]]:
    """The text of lines of which some hold bytes that the encoding does not know, and which."""
    texts: list[str] = []
    bad: set[int] = set()
    for place, line in enumerate(lines):
        try:
            texts.append(line.decode(encoding))
        except UnicodeDecodeError:
            texts.append(line.decode(encoding, "replace"))
            bad.add(place)
    return end.join(texts), frozenset(bad)
