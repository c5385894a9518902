"""An independent look into every file below some folders: packed, columnar, databases, any encoding that exports have."""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import polars as pl

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


def holding(folders: Iterable[Path], texts: Iterable[str]) -> dict[str, list[str]]:
    """Which of ``texts`` stand in which file."""
    wanted = list(texts)
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                contents = list(_contents(path.read_bytes(), path))
                hits = [text for text in wanted if any(_within(text, content) for content in contents)]
                if hits:
                    found[str(path.relative_to(folder.parent))] = hits
    return found


def _within(text: str, content: bytes | str) -> bool:
    if isinstance(content, str):
        return text in content
    return any(text.encode(encoding) in content for encoding in ENCODINGS)


def _contents(content: bytes, path: Path | None = None) -> Iterator[bytes | str]:
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                yield from _contents(archive.read(info))
    elif content.startswith(b"\x1f\x8b"):
        yield from _contents(gzip.decompress(content))
    elif content.startswith(b"PAR1"):
        yield str(pl.read_parquet(io.BytesIO(content)).to_dicts())
    elif content.startswith(b"SQLite format 3\x00") and path is not None:
        with closing(sqlite3.connect(path)) as connection:
            yield "\n".join(connection.iterdump())
