"""The forms in which people write a value: a phone, an identity number, a VIN, a plate is the same however its characters are set apart.

Between the characters of such a number may stand spaces, hyphens, dots, brackets; they may be of full width, letters large or small. A phone may have the
country's code or the long-distance 0 before it. A number in a longer number is another one. Names and addresses are found as they are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

NUMBERS = frozenset({"phone", "id_number", "vin", "plate"})
"""Kinds whose values are known by their characters."""
_SPACES, _HYPHENS = " \u00a0\u2000-\u200f\u202f\u2060\u3000\ufeff", "\u00ad\u2010-\u2015\u2212\ufe63\uff0d\\-"
_APART = f"[{_SPACES}{_HYPHENS}.\uff0e\u00b7\u2022\u2027\u30fb\uff65()\uff08\uff09_]"
_APART_IN_SHORT = f"[{_SPACES}{_HYPHENS}]"
_DIGIT, _ALPHANUMERIC, _HAN = "[0-9\uff10-\uff19]", "[0-9A-Za-z\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]", r"[\u3400-\u9fff]"
_SHORT = 10
"""Digits below which a number may be a date or an amount, if dots or brackets were passed over."""
_DATE = rf"(?:19|20){_DIGIT}{{2}}{_APART_IN_SHORT}{_DIGIT}{{1,2}}{_APART_IN_SHORT}{_DIGIT}{{1,2}}(?!{_DIGIT})"
_GROUP = f"(?<![1-9]{_DIGIT}{{3}}{_APART_IN_SHORT})"
_AN_ESCAPE = r"(?<=\\[nrt])"  # a line's end as JSON writes it
_REGEX_FORMS, _MOST_REGEXES = 50, 10  # what Polars compiles, and what is still faster than to fold every text


@dataclass(frozen=True)
class Form:
    """How a value may be written.

    Attributes:
        written: regular expression in the syntax of Python and of Polars alike, blind to what stands around.
        alone: in Python's syntax: the value by itself.
        core: what is left of it without all that people write in different ways; ``written`` finds nothing that lacks it.
        plain: whether the value is only found as it is: ``core``.
    """

    written: str
    alone: str
    core: str
    plain: bool = False


def form(kind: str, text: str) -> Form:
    """How a value of a kind is written.

    >>> re.fullmatch(form("phone", "13917852046").alone, "+86 139-1785-2046") is not None
    True
    >>> re.search(form("phone", "13917852046").alone, "213917852046") is None
    True
    """
    folded = _folded(text)
    bare = folded.removeprefix("+") if kind == "phone" else folded
    if kind == "phone" and bare.isascii() and bare.isdecimal():
        return _phone(folded)
    letters = bare if kind == "plate" else bare.encode("ascii", "replace").decode()
    if kind in NUMBERS and letters.isalnum():
        return _short(bare) if bare.isdecimal() and len(bare) < _SHORT else _long(bare)
    if kind == "email":
        written = "".join(map(_character, text))
        return Form(written, _bounded(written, text), folded)
    return Form(re.escape(text), _by_itself(text), text, plain=True)


@dataclass(frozen=True, eq=False)
class Forms:
    """Finds values however they are written; ``values``: kind and text of each."""

    values: frozenset[tuple[str, str]]
    _told: dict[Form, set[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for kind, text in sorted(self.values, key=lambda value: (-len(value[1]), value)):
            self._told.setdefault(form(kind, text), set()).add(text)

    def __bool__(self) -> bool:
        return bool(self.values)

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Any of the values standing by itself, the longest first; a group for each form. None without values."""
        return re.compile("|".join(f"({each.alone})" for each in self._told)) if self._told else None

    def maybe(self, texts: pl.Expr) -> pl.Expr:
        """Which texts may hold a value: all that do, and some in which it does not stand by itself. Null is no."""
        loose = [each for each in self._told if not each.plain]
        plain = [each.core for each in self._told if each.plain]
        tests = [pl.lit(value=False), *([texts.str.contains_any(plain)] if plain else [])]
        if len(loose) > _REGEX_FORMS * _MOST_REGEXES:
            bare = texts.str.normalize("NFKC").str.replace_all(_APART, "").str.to_uppercase()
            tests.append(bare.str.contains_any([each.core for each in loose]))
        else:
            parts = [loose[start : start + _REGEX_FORMS] for start in range(0, len(loose), _REGEX_FORMS)]
            tests += [texts.str.contains("|".join(each.written for each in part)) for part in parts]
        return pl.any_horizontal(tests).fill_null(value=False)

    def holds(self, texts: pl.Series) -> pl.Series:
        """Which of ``texts`` hold a value by itself."""
        found = pl.Series(texts.name, [False], dtype=pl.Boolean).new_from_index(0, len(texts))
        if self.pattern is None or texts.is_empty():
            return found
        places = self._places(texts)
        sure = [place for place, text in zip(places, texts.gather(places), strict=True) if self.pattern.search(text)]
        return found.scatter(sure, values=True)

    def without(self, texts: pl.Series) -> pl.Series:
        """``texts`` with three stars in the place of each value."""
        if self.pattern is None or texts.is_empty():
            return texts
        places = self._places(texts)
        return texts.clone().scatter(places, [self.cleared(text) for text in texts.gather(places)]) if places else texts

    def cleared(self, text: str) -> str:
        """A text with three stars in the place of each value."""
        if self.pattern is None:
            return text
        left = self.pattern.sub("***", text)
        while left != text:  # what now stands by itself where another value was beside it
            text, left = left, self.pattern.sub("***", left)
        return left

    def found(self, text: str) -> set[str]:
        """The values that a text holds, as they were given."""
        if self.pattern is None:
            return set()
        told = list(self._told.values())
        return set().union(*(told[match.lastindex - 1] for match in self.pattern.finditer(text) if match.lastindex))

    def anywhere(self, text: str) -> bool:
        """Whether a long text, also the decoded bytes of a file, holds a value, whatever stands around it."""
        return bool(self) and pl.select(self.maybe(pl.lit(text))).item()

    def _places(self, texts: pl.Series) -> list[int]:
        return pl.select(self.maybe(pl.lit(texts))).to_series().arg_true().to_list()


def _folded(text: str) -> str:
    """In narrow capitals without what sets characters apart."""
    return re.sub(_APART, "", unicodedata.normalize("NFKC", text)).upper()


def _phone(folded: str) -> Form:
    digits = folded.removeprefix("+")
    abroad = folded.startswith("+") and not digits.startswith("86")
    if abroad:
        return _long(digits, before=f"(?:[+\uff0b]{_APART}*|{_spread('00')}{_APART}*)?", edge=_DIGIT)
    coded = digits.removeprefix("0086") if digits.startswith("0086") else digits
    if coded.startswith("86") and (folded.startswith("+") or len(coded) >= 12):
        coded = coded.removeprefix("86")
    national = coded.removeprefix("0")
    if len(national) < _SHORT:
        if national == digits:
            return _short(digits)
        national = digits
    code = f"(?:(?:[+\uff0b]{_APART}*|{_spread('00')}{_APART}*)?{_spread('86')}{_APART}*)?(?:{_character('0')}{_APART}*)?"
    return _long(national, before=code, edge=_DIGIT)


def _long(bare: str, *, before: str = "", edge: str = _ALPHANUMERIC) -> Form:
    written = _spread(bare)
    return Form(written, _bounded(before + written, bare, edge), bare)


def _short(digits: str) -> Form:
    """A few digits: together, or set apart by hyphens and spaces where that is neither a date nor a part of a longer number in groups of four."""
    together = "".join(map(_character, digits))
    apart = f"{_APART_IN_SHORT}?".join(map(_character, digits))
    after = f"(?!{_APART_IN_SHORT}{_DIGIT}{{4}})"
    return Form(apart, f"(?:{_bounded(together, digits)}|(?!{_DATE}){_GROUP}{_bounded(apart, digits)}{after})", digits)


def _spread(characters: str) -> str:
    return f"{_APART}*".join(map(_character, characters))


def _character(character: str) -> str:
    """One character, narrow or wide, large or small."""
    if not "!" <= character <= "~":
        return re.escape(character)
    narrow = sorted({character, character.upper(), character.lower()})
    return "[" + "".join(re.escape(each) for each in narrow) + "".join(chr(ord(each) + 0xFEE0) for each in narrow) + "]"


def _bounded(written: str, text: str, edge: str = _ALPHANUMERIC) -> str:
    before = f"(?:(?<!{edge})|{_AN_ESCAPE})" if text[0].isascii() else ""
    after = f"(?!{edge})" if text[-1].isascii() else ""
    return f"{before}{written}{after}"


def _by_itself(text: str) -> str:
    """A number stands in no longer number, a name of two characters in no longer name; of longer texts nobody writes a longer one by chance."""
    if len(text) > 2 and not text[0].isascii():
        return re.escape(text)
    before, after = (_ALPHANUMERIC if end.isascii() else _HAN for end in (text[0], text[-1]))
    return rf"(?<!{before}){re.escape(text)}(?!{after})"
