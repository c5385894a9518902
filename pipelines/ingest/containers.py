"""What a file is by its content, whatever its name says, and what archives hold.

Archives are unfolded member by member into a scratch folder, counting bytes as they come, so that one that unfolds
beyond the limits is stopped on the way; members' names are only shown, never used as paths.
"""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from pipelines.ingest.limits import Limits
from pipelines.ingest.reasons import RefusedError

Kind = Literal["text", "workbook", "parquet", "zip", "gz"]

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PIECE = 1 << 20
_PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"GIF8": "GIF", b"II*\x00": "TIFF", b"MM\x00*": "TIFF"}
_DOCUMENTS = {b"%PDF": "PDF", b"{\\rtf": "RTF"}
_ARCHIVES = {b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7z", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "Zstandard"}
_CELL = re.compile(rb'<c r="([A-Z]{1,4})([0-9]{1,8})"')
_LAST_ROW = re.compile(rb'<row [^>]*?r="([0-9]{1,8})"')
_MAX_CELLS: Final = 100_000_000
"""A sheet is laid out densely in memory when it is read: cells of its bounding rectangle."""


@dataclass(frozen=True)
class Part:
    """One readable file: the export itself, or a member of an archive (``label`` is its name there)."""

    path: Path
    label: str | None
    kind: Literal["text", "workbook", "parquet"]
    renamed: bool


def parts(path: Path, name: str, limits: Limits, scratch: Path) -> Iterator[Part | tuple[str, RefusedError]]:
    """The readable files of ``path``; of an archive, each member in turn, or its name with why it cannot be read.

    Raises:
        RefusedError: the file cannot be read as a whole.
    """
    kind = sniff(path, limits)
    if kind == "zip":
        yield from _members(path, limits, scratch)
        return
    if kind == "gz":
        target = scratch / "unpacked"
        inner = name.removesuffix(".gz")
        with path.open("rb") as raw:
            _unfold(gzip.GzipFile(fileobj=raw), target, limits, packed=path.stat().st_size, before=0)
        inner_kind = sniff(target, limits)
        if inner_kind in {"zip", "gz"}:
            message = f"a {inner_kind} file inside a .gz file"
            raise RefusedError("nested_archive", message)
        yield Part(target, None, _readable(inner_kind), renamed=_renamed(inner, inner_kind))
        return
    yield Part(path, None, _readable(kind), renamed=_renamed(name, kind))


def _readable(kind: Kind) -> Literal["text", "workbook", "parquet"]:
    if kind == "zip" or kind == "gz":  # noqa: PLR1714 - narrows the literal for the type checker
        message = "an archive within an archive"
        raise RefusedError("nested_archive", message)
    return kind


def _renamed(name: str, kind: Kind) -> bool:
    endings = {
        "text": (".csv", ".txt", ".tsv", ".dat"),
        "workbook": (".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ods"),
        "parquet": (".parquet", ".pq"),
    }
    return not name.lower().endswith(endings.get(kind, ()))


def sniff(path: Path, limits: Limits) -> Kind:
    """The kind of a file by its first bytes.

    Raises:
        RefusedError: empty, too large, protected, or of a kind that holds no table.
    """
    size = path.stat().st_size
    if size == 0:
        raise RefusedError("empty_file", "0 bytes")
    if size > limits.max_file_bytes:
        message = f"{size:,} bytes; at most {limits.max_file_bytes:,} are allowed"
        raise RefusedError("too_large", message)
    with path.open("rb") as stream:
        head = stream.read(8192)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        if size <= len(head):
            raise RefusedError("empty_file", "nothing but blanks")
        if not head.strip(b"\x00"):
            raise RefusedError("binary_file", "begins with thousands of NUL bytes; the disk it came from may have been full")
    if head.startswith(b"PK"):
        return _zip_kind(path, limits)
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(OLE):
        return _ole_kind(path, limits)
    for table, reason in ((_PICTURES, "image_file"), (_DOCUMENTS, "document_file"), (_ARCHIVES, "binary_file")):
        for magic, what in table.items():
            if head.startswith(magic):
                raise RefusedError(reason, f"the content is {what}")
    _refuse_markup(head)
    return "text"


def _refuse_markup(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<style")) or (
        start.startswith(b"<") and b"<table" in start
    ):
        raise RefusedError("html_file", "the content is HTML")
    if start.startswith((b"mime-version:", b"from: <saved")):
        raise RefusedError("html_file", "the content is a saved web page (MHTML)")
    if start.startswith(b"<?xml"):
        raise RefusedError("xml_file", "the content is XML")


def _zip_kind(path: Path, limits: Limits) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if names & {"xl/workbook.xml", "xl/workbook.bin"}:
                _check_workbook(path, archive, limits)
                return "workbook"
            if "word/document.xml" in names or "ppt/presentation.xml" in names:
                raise RefusedError("document_file", "the content is a document or a presentation")
            if "content.xml" in names and "mimetype" in names:
                _check_workbook(path, archive, limits)
                return "workbook"
            return "zip"
    except zipfile.BadZipFile as error:
        raise RefusedError("truncated", "the end of the archive (or .xlsx, which is one) is missing") from error
    except (zlib.error, EOFError, NotImplementedError, struct.error, ValueError, OSError) as error:
        message = f"the archive (or .xlsx, which is one) cannot be unfolded: {type(error).__name__}"
        raise RefusedError("damaged_archive", message) from error


def _check_workbook(path: Path, archive: zipfile.ZipFile, limits: Limits) -> None:
    """Unfolds a workbook once without keeping it: proves it whole, within the limits, and its sheets of a readable size."""
    size = path.stat().st_size
    if size > limits.max_workbook_bytes:
        message = f"a workbook of {size:,} bytes; at most {limits.max_workbook_bytes:,} are allowed"
        raise RefusedError("too_large", message)
    total = 0
    for info in archive.infolist():
        if info.flag_bits & 1:
            raise RefusedError("password", "the workbook's parts are encrypted")
        sheet = info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml")
        columns: set[bytes] = set()
        rows, tail = 0, b""
        with archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                total += len(piece)
                _check_size(total, size, limits)
                if sheet:
                    text = tail + piece
                    last = _LAST_ROW.findall(text, max(text.rfind(b"<row "), 0))
                    rows = max([rows, *(int(row) for row in last)])
                    if b'r="A' in text:
                        columns.update(re.findall(rb'<c r="([A-Z]{3})[0-9]', text))
                    tail = text[-64:]
        width = max((_column_number(letters) for letters in columns), default=0)
        if width > limits.max_columns:
            message = f"a sheet with {width:,} columns; at most {limits.max_columns:,} are allowed"
            raise RefusedError("too_many_columns", message)
        if rows * 702 > _MAX_CELLS:
            with archive.open(info) as stream:
                width = _widest(stream)
            if rows * width > _MAX_CELLS:
                message = f"a sheet of {rows:,} rows and {width:,} columns, mostly blank"
                raise RefusedError("too_large", message)


def _widest(stream: IO[bytes]) -> int:
    tail, letters = b"", set[bytes]()
    while piece := stream.read(_PIECE):
        letters.update(match[0] for match in _CELL.findall(tail + piece))
        tail = piece[-64:]
    return max((_column_number(found) for found in letters), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _ole_kind(path: Path, limits: Limits) -> Kind:
    size = path.stat().st_size
    if size > limits.max_workbook_bytes:
        message = f"a workbook of {size:,} bytes; at most {limits.max_workbook_bytes:,} are allowed"
        raise RefusedError("too_large", message)
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content or "EncryptionInfo".encode("utf-16-le") in content:
        raise RefusedError("password", "an encrypted Office file")
    if "WordDocument".encode("utf-16-le") in content or "PowerPoint Document".encode("utf-16-le") in content:
        raise RefusedError("document_file", "the content is a document or a presentation")
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise RefusedError("damaged_workbook", "an OLE file without a workbook in it")
    return "workbook"


def _members(path: Path, limits: Limits, scratch: Path) -> Iterator[Part | tuple[str, RefusedError]]:
    packed, total = path.stat().st_size, 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not _is_clutter(info)]
            if len(members) > limits.max_members:
                message = f"{len(members):,} files; at most {limits.max_members:,} are allowed"
                raise RefusedError("too_many_members", message)
            if any(info.flag_bits & 1 for info in members):
                raise RefusedError("password", "the archive is encrypted")
            if not members:
                raise RefusedError("empty_file", "the archive holds no file")
            for info in members:
                label = _label(info)
                target = scratch / "member"
                with archive.open(info) as stream:
                    total += _unfold(stream, target, limits, packed=packed, before=total)
                try:
                    kind = sniff(target, limits)
                    part = Part(target, label, _readable(kind), renamed=_renamed(label, kind))
                except RefusedError as error:
                    yield label, error
                    continue
                yield part
    except zipfile.BadZipFile as error:
        raise RefusedError("damaged_archive", "a member's checksum or header is wrong") from error
    except (zlib.error, EOFError, NotImplementedError, struct.error) as error:
        message = f"a member cannot be unfolded: {type(error).__name__}"
        raise RefusedError("damaged_archive", message) from error


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    name = info.filename.rsplit("/", 1)[-1]
    return info.is_dir() or info.filename.startswith("__MACOSX/") or name in {".DS_Store", "Thumbs.db", "desktop.ini"}


def _label(info: zipfile.ZipInfo) -> str:
    name = info.filename
    if not info.flag_bits & 0x800:  # no UTF-8 flag: Windows wrote the name in its own code page
        try:
            name = name.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            name = info.filename
    return "".join(character if character.isprintable() else "_" for character in name)[-200:]


def _unfold(stream: IO[bytes] | io.BufferedIOBase, target: Path, limits: Limits, *, packed: int, before: int) -> int:
    """Writes ``stream`` to ``target``; returns its bytes.

    Raises:
        RefusedError: archive_bomb, truncated or damaged_archive.
    """
    written = 0
    with target.open("wb") as sink:
        while True:
            try:
                piece = stream.read(_PIECE)
            except EOFError as error:
                raise RefusedError("truncated", "the compressed data ends too early") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise RefusedError("damaged_archive", "the compressed data is damaged") from error
            if not piece:
                return written
            written += len(piece)
            _check_size(before + written, packed, limits)
            sink.write(piece)


def _check_size(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.max_unpacked_bytes:
        message = f"unfolds beyond {limits.max_unpacked_bytes:,} bytes"
        raise RefusedError("archive_bomb", message)
    if unpacked > limits.ratio_floor_bytes and unpacked > limits.max_ratio * max(packed, 1):
        message = f"unfolds to more than {limits.max_ratio} times its size"
        raise RefusedError("archive_bomb", message)
