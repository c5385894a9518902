"""Which encoding a text file is in: a byte order mark, else strict UTF-8, else what makes the headers known.

A file that is not UTF-8 is GB18030 or Big5 here. Big5 bytes nearly always decode as GB18030 too, but into headers that
nobody knows; where headers are plain ASCII, the encoding whose characters are the everyday ones wins (level 1 of GB 2312,
level 1 of Big5).

>>> everyday("车主姓名".encode("gb18030").decode("gb18030"), "gb18030")
1.0
>>> everyday("車主姓名".encode("big5").decode("gb18030"), "gb18030") < 0.5
True
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from pipelines.ingest.reasons import RefusedError

CHINESE: Final = ("gb18030", "big5hkscs")
"""Big5 with the additions of Hong Kong, which hold those of Windows too: what Big5 files really use."""
_PIECE = 1 << 20
_JUDGED = 2000
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def by_mark(head: bytes) -> str | None:
    """The encoding that a byte order mark, or the place of NUL bytes, tells."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0:4096:2], head[1:4096:2]
    if len(odd) > 8:
        # ASCII in UTF-16 has a NUL in every other place: enough of it is in any table, be it delimiters and digits alone
        if odd.count(0) > 0.3 * len(odd) and even.count(0) < 0.05 * len(even):
            return "utf-16-le"
        if even.count(0) > 0.3 * len(even) and odd.count(0) < 0.05 * len(odd):
            return "utf-16-be"
    return None


def first_flaw(stream: BinaryIO) -> int | None:
    """The byte where strict UTF-8 fails first; None where it never does."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="strict")
    place = 0
    while piece := stream.read(_PIECE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            return place + error.start - (len(error.object) - len(piece))  # the decoder had kept bytes of the piece before
        place += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(place - 4, 0)
    return None


@cache
def _everyday_characters(encoding: str) -> frozenset[str]:
    codec, low, high = ("gb2312", 0xA1, 0xD7) if encoding == "gb18030" else ("big5", 0xA1, 0xC6)
    pairs = b"\n".join(bytes((lead, trail)) for lead in range(low, high + 1) for trail in range(0x40, 0xFF))
    return frozenset(pair for pair in pairs.decode(codec, "ignore").split("\n") if len(pair) == 1 and not pair.isascii())


def everyday(text: str, encoding: str) -> float:
    """The share of ``text``'s characters beyond ASCII that are everyday ones of ``encoding`` (1.0 where all are ASCII)."""
    beyond = "".join(_BEYOND_ASCII.findall(text))[:_JUDGED]
    if not beyond:
        return 1.0
    if encoding not in CHINESE:
        return 1 - beyond.count("\ufffd") / len(beyond)
    return sum(map(_everyday_characters(encoding).__contains__, beyond)) / len(beyond)


def to_utf8(path: Path, encoding: str, target: Path) -> None:
    """Writes the text of ``path`` in UTF-8 to ``target``, piece by piece.

    Raises:
        RefusedError: truncated or unknown_encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with path.open("rb") as source, target.open("wb") as sink:
        try:
            while piece := source.read(_PIECE):
                sink.write(decoder.decode(piece).encode("utf-8", "replace"))
            sink.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
        except UnicodeDecodeError as error:
            reason = "truncated" if error.reason in {"truncated data", "unexpected end of data"} else "unknown_encoding"
            message = f"not {encoding}: {error.reason}"
            raise RefusedError(reason, message) from error
