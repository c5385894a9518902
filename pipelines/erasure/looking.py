"""Whether a file of any kind holds a value, also packed: for what no rule of ours reads."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

from pipelines.erasure.forms import Forms
from pipelines.erasure.person import Values

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le")


def searchable(values: Values) -> Forms:
    """Finds values that nobody writes by chance: without names of two characters, which are words as well."""
    return Forms(frozenset((kind, text) for kind, text in values.forms.values if len(text) > 2 or text.isascii()))


def held(path: Path, forms: Forms) -> bool:
    """Whether ``path`` holds what ``forms`` finds, in one of the encodings that exports have."""
    if not forms:
        return False
    try:
        return any(forms.anywhere(content.decode(encoding, "ignore")) for content in _contents(path) for encoding in _ENCODINGS)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return False  # locked or damaged: the proof names it as one that could not be read


def _contents(path: Path) -> list[bytes]:
    content = path.read_bytes()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            return [content, *(archive.read(info) for info in archive.infolist())]
    if content.startswith(b"\x1f\x8b"):
        return [gzip.decompress(content)]
    return [content]
