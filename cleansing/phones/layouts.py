"""How the digits of a cell lie: read once for each distinct layout, whatever the digits are.

A layout is the cell with 9 for each digit, W for each byte of a Chinese word, o for letters that look like digits and A for
other letters (e, t and x stay: they may be an exponent or lead an extension). From it comes which digits make up which number
(``Piece``: their columns, where separators stand between them, what is an extension), not what they say: that is
:mod:`cleansing.phones.digits`. A layout that this module does not know is null, and its cells go through ``scan``.

>>> read("999-9999-9999").pieces[0].columns
(0, 1, 2, 4, 5, 6, 7, 9, 10, 11, 12)
>>> [(len(piece.columns), piece.extension) for piece in read("WWW999-99999999-999/99999999999").pieces]
[(11, (16, 17, 18)), (11, ())]
>>> read("9.9999999999E99").kind, read("999****9999").kind, read("99:99:99").pieces
('scientific', 'masked', ())
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["numbers", "decimal", "scientific", "lost", "masked", "unknown"]


@dataclass(frozen=True)
class Piece:
    """The digits of one number.

    Attributes:
        columns: where its digits are.
        cuts: bit k is set where a separator stands before digit k.
        plus: a plus sign leads it.
        bracket: how many of its digits are in brackets at its beginning.
        extension: where the digits of its extension are.
        mobile: it can only be a mobile.
        tight: no more than one character stands between two digits.
    """

    columns: tuple[int, ...]
    cuts: int = 0
    plus: bool = False
    bracket: int = 0
    extension: tuple[int, ...] = ()
    mobile: bool = False
    tight: bool = True


@dataclass(frozen=True)
class Layout:
    """What a layout is: its pieces, and columns that must hold ``wanted`` (zeros behind a decimal point, an exponent)."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()
    fixed: tuple[int, ...] = ()
    wanted: bytes = b""


MOST_DIGITS = 17
"""Digits of the longest number: 17951 with a trunk 0, and a mobile."""
_UNKNOWN = Layout("unknown")
_S = r"[ \-._]{0,3}"
_PIECE = re.compile(
    rf"[ ()\-._]*(?P<number>(?:(?P<lead>\(\+?9+\)){_S}9+|\+?9+)(?:[ \-._]{{1,3}}9+)*)(?:{_S}\(?x{_S}:?(?P<ext>9{{1,6}})\)?)?[ ()\-._]*"
)
_SEPARATORS = re.compile(r"(?:[;,/\\|W\n]|(?<!x):)+")
_EXTENSION_WORD = re.compile(r"(?i)ext\.?|[x#]")
_DOUBTFUL = re.compile(r"9[eE][+\-]?9|(?<![A-Za-z])o[o -]*9|9[o -]*o(?![A-Za-z])")
_CODE = re.compile(r"9[Aet]+9+A?")
_DECIMAL = re.compile(r"9{7,13}\.(9{1,6})")
_SCIENTIFIC = re.compile(r"9(?:\.9{1,10})?[eE]\+?(99)")
_MASKED = re.compile(r"9{2,4}[ -]?[*xX#]{3,}[ -]?9{2,4}")
_QUOTES = " '\"=`"


@functools.lru_cache(maxsize=20_000)
def read(layout: str) -> Layout:
    """The layout of cells (ASCII, at most a hundred characters)."""
    text = layout.strip(_QUOTES)
    start = len(layout) - len(layout.lstrip(_QUOTES))
    if match := _SCIENTIFIC.fullmatch(text):
        digits = tuple(start + at for at in range(match.start(1)) if text[at] == "9")
        fixed = tuple(range(start + match.start(1), start + match.end(1)))
        return Layout("scientific" if len(digits) == 11 else "lost", (Piece(digits),) if len(digits) == 11 else (), fixed, b"10")
    if match := _DECIMAL.fullmatch(text):
        fixed = tuple(range(start + match.start(1), start + match.end(1)))
        return Layout("decimal", (Piece(tuple(range(start, start + match.start(1) - 1))),), fixed, b"0" * len(fixed))
    if _MASKED.fullmatch(text):
        return Layout("masked")
    return _numbers(text, start)


def _numbers(text: str, start: int) -> Layout:
    """Pieces between separators; unknown where one of them is no number by its layout."""
    if _DOUBTFUL.search(text) or _CODE.search(text):
        return _UNKNOWN
    text = _EXTENSION_WORD.sub(lambda match: "x".rjust(len(match[0])), text)
    text = re.sub("[A-Za-wyz]", "W", text)
    pieces: list[Piece] = []
    at = 0
    for separator in [*_SEPARATORS.finditer(text), None]:
        end = separator.start() if separator else len(text)
        part = text[at:end]
        if part.strip(" ()-._"):
            if part.count("9") > 2 or "x" in part:
                match = _PIECE.fullmatch(part)
                found = _piece(match, start + at) if match else ()
                if not found:
                    return _UNKNOWN
                pieces.extend(found)
            elif part.strip(" ()-._9"):
                return _UNKNOWN
        at = separator.end() if separator else at
    return Layout("numbers", tuple(pieces))


def _piece(match: re.Match[str], start: int) -> tuple[Piece, ...]:
    """The piece of a match that begins at column ``start`` of the cell; several where whole numbers stand side by side."""
    number, first = match["number"], start + match.start("number")
    runs = [(first + run.start(), first + run.end()) for run in re.finditer("9+", number)]
    tight = not re.search(r"[^9]{2}", number.lstrip("+("))
    extension = tuple(range(start + match.start("ext"), start + match.end("ext"))) if match["ext"] else ()
    lengths = [end - begin for begin, end in runs]
    total, last = sum(lengths), lengths[-1]
    plus, bracket = "+" in number, lengths[0] if match["lead"] else 0
    if len(runs) == 1 and total == 22:  # two mobiles written without a gap
        both = tuple(range(*runs[0]))
        return Piece(both[:11], mobile=True), Piece(both[11:], extension=extension, mobile=True)
    if len(runs) > 1 and min(lengths) >= 10 and max(lengths) <= MOST_DIGITS and not plus and not bracket:
        alone = [Piece(tuple(range(*run))) for run in runs]
        return (*alone[:-1], Piece(alone[-1].columns, extension=extension))
    must_be_mobile = False
    if total >= 12 and total - last >= 10 and last <= 5 and not extension and number[-last - 1] == "-" and number[-last - 2] == "9":
        extension = tuple(range(*runs.pop()))
        must_be_mobile = total == 12 and last == 1  # a landline would rather have eight digits than an extension of one
        total -= last
    if total > MOST_DIGITS:
        return ()
    columns = [column for run in runs for column in range(*run)]
    cuts = sum(1 << columns.index(begin) for begin, _ in runs[1:])
    return (Piece(tuple(columns), cuts, plus, bracket, extension, must_be_mobile, tight),)
