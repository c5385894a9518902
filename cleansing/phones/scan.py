"""Reads one cell that the fast path left: several numbers, words around them, foreign ones, letters for digits, damage.

This is the only Python per value; the fast path leaves it the few distinct hard cells.

>>> read("张先生 139 1785 2046 / 021-58881234转801").numbers
(Number(value='13917852046', type='mobile', ext=None), Number(value='021-58881234', type='landline', ext='801'))
>>> read("l39l7852O46").status, read("1.38E+10").status
('repaired', 'invalid')
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from cleansing.phones import prefixes


@dataclass(frozen=True)
class Number:
    """One number: ``value`` as it is printed, ``type`` mobile | landline | service | international, ``ext`` digits."""

    value: str
    type: str
    ext: str | None = None

    @property
    def e164(self) -> str:
        """The number in E.164, without extension."""
        match self.type:
            case "international":
                return self.value
            case "landline":
                return "+86" + self.value.replace("-", "").removeprefix("0")
            case _:
                return "+86" + self.value.replace("-", "")


@dataclass(frozen=True)
class Cell:
    """What a cell holds: its status, its numbers in the order written, and the reasons of what was wrong."""

    status: str
    numbers: tuple[Number, ...] = ()
    reasons: tuple[str, ...] = ()


_S = r"[ \-.·_]{0,3}"
_AREA = r"10|2[0-9]|[3-9][0-9]{2}"
_CHINA = rf"(?:\(?(?:\+|00)?\(?86\)?{_S})"
_TRUNK = rf"(?:{_CHINA}|(?:0?1790[0-9]|0?17951|0?17911|12593|10193|0){_S})"
SERVICE = rf"{_CHINA}?(?P<service>[48]00(?:{_S}[0-9]){{7}})"
MOBILE = rf"{_TRUNK}?(?P<mobile>1{_S}[3-9](?:{_S}[0-9]){{9}})"
LANDLINE = rf"(?:{_CHINA}\(?0?|\(?0)(?P<area>{_AREA})\)?{_S}(?P<local>[2-8](?:{_S}[0-9]){{6,7}})"
_BARE = rf"\(?(?P<bare>{_AREA})(?:\)|-) ?(?P<bare_local>[2-8](?:{_S}[0-9]){{6,7}})"
_STRIPPED = r"(?P<stripped>10|2[0-9])(?P<stripped_local>[2-8][0-9]{7})"
HAN_EXTENSION = "(?:转|轉)?分机号?|转|轉"
_EXT_WORD = r"(?:转|轉|分机号?|ext(?:ension)?\.?|x|#)"
_END = "(?![0-9])"
_EXT = rf"(?:{_S}\(?{_EXT_WORD}{_S}:?(?P<ext>[0-9]{{1,6}})\)?{_END}|-(?P<ext2>[0-9]{{1,5}}){_END})?"
_NUMBER = re.compile(rf"(?<![0-9])(?:{SERVICE}{_END}|{MOBILE}{_END}|{LANDLINE}{_END}|{_BARE}{_END}|{_STRIPPED}{_END}){_EXT}", re.IGNORECASE)
WHOLE = rf"^(?:{SERVICE}|{MOBILE}|{LANDLINE})(?:{_S}{_EXT_WORD}{_S}:?(?P<ext>[0-9]{{1,6}})|-(?P<ext2>[0-9]{{1,5}}))?$"
"""A whole piece of text that is one number: the same rules without look-around, for expressions."""
_FOREIGN = re.compile(
    r"(?:\+|(?<![0-9])00)[ (]*(?!86)(?P<plus>[1-9][0-9() .\-]{5,22}[0-9])|(?<![0-9])(?P<near>(?:852|853|886)[- ][0-9][0-9 \-]{6,11}[0-9])"
)
_MASKED = re.compile(r"[0-9]{2,}[ -]?[*×•●xX#]{2,}[ -]?[0-9]*|[*×•●xX#]{3,}[ -]?[0-9]{2,}")
CHINESE_DIGITS = dict(zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_CHINESE_RUN = re.compile(f"[{''.join(CHINESE_DIGITS)}0-9 -]{{7,}}")
LOOKALIKE = {"l": "1", "I": "1", "i": "1", "O": "0", "o": "0"}
_LOOKALIKE_RUN = re.compile(r"(?<![A-Za-z0-9])(?=[0-9lIiOo -]*[lIiOo])[0-9lIiOo](?:[ -]?[0-9lIiOo]){6,15}(?![A-Za-z0-9])")
_SCIENTIFIC = re.compile(r"^([0-9])(?:\.([0-9]+))?[Ee]\+?([0-9]{1,2})$")
_DECIMAL = re.compile(r"^([0-9]{7,13})\.0{1,6}$")
_GLUED = re.compile(r"(?<![0-9])(1[3-9][0-9]{9})(?=1[3-9][0-9]{9}(?![0-9]))")
_AREA_SLASH = re.compile(r"(?<![0-9])(0(?:10|2[0-9]|[3-9][0-9]{2}))[/\\] ?(?=[2-8][0-9]{6,7}(?![0-9]))")
_LEFT_RUN = re.compile(r"[0-9](?:[ \-.]?[0-9])*")
DASHES = "‐‑‒–—―−─━ー~～﹣－⁃"
_DASHES = str.maketrans(dict.fromkeys(DASHES, "-"))
_SEQUENCES = ("01234567890123456789", "98765432109876543210")
RUNS = frozenset(
    [str(digit) * length for digit in range(10) for length in range(6, 13)]
    + [run[at : at + length] for run in _SEQUENCES for length in range(6, 13) for at in range(21 - length)]
    + ["12345678900"]
)
"""One digit repeated, or digits in keyboard order, 6 to 12 of them: what hurried people type instead of a number."""
FAMOUS = frozenset({"13800138000"})  # China Mobile's own recharge line
_UNSEEN = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
"""Zero width, direction marks and the like, which copied numbers bring along."""
MAX_CELL = 1_000
"""Characters of a cell that are read; no list of phones is longer."""


def unseen_gone(text: pl.Expr) -> pl.Expr:
    """The text without characters that nobody sees, any white space as one space (a stretch of it as one)."""
    return text.str.replace_all(_UNSEEN, "")


def read(text: str) -> Cell:
    """Reads one cell; never raises."""
    folded = unicodedata.normalize("NFKC", text[:MAX_CELL].translate(_DASHES)).translate(_DASHES)
    folded = re.sub(r"\s+", " ", re.sub(_UNSEEN, "", folded)).strip(" '\"=`‘’“”")
    if not folded:
        return Cell("empty")
    if is_run(re.sub(r"[ \-.]", "", folded)):
        return Cell("placeholder", (), ("phone_placeholder",))
    plain, repaired, lost = _repair(folded)
    repaired = repaired or any(c in "０１２３４５６７８９" for c in text[:MAX_CELL])
    if lost:
        return Cell("invalid", (), ("phone_digits_lost",))
    numbers, reasons, rest = _numbers(plain)
    if "phone_repaired" in reasons:  # a landline whose leading 0 a spreadsheet dropped
        reasons = [reason for reason in reasons if reason != "phone_repaired"]
        repaired = True
    left = _left(rest)
    if numbers:
        extra = ("phone_extra_unreadable",) if reasons or left else ()
        return Cell("repaired" if repaired else "valid", tuple(numbers), (("phone_repaired",) if repaired else ()) + extra)
    found = [*reasons, *left]
    for reason in ("phone_placeholder", "phone_masked", "phone_needs_area_code", "phone_unallocated", "phone_short_code"):
        if reason in found:
            return Cell("invalid" if reason == "phone_unallocated" else reason.removeprefix("phone_"), (), (reason,))
    return Cell("invalid", (), ("phone_invalid",))


def is_run(digits: str) -> bool:
    """Whether digits are one of ``RUNS``, or one digit repeated more often."""
    return digits in RUNS or (len(digits) > 12 and len(set(digits)) == 1 and digits.isdigit())


def _repair(text: str) -> tuple[str, bool, bool]:
    """The text with provable damage undone; whether anything was; whether digits are lost for good."""
    if match := _SCIENTIFIC.match(text):
        digits = match[1] + (match[2] or "")
        if len(digits) == int(match[3]) + 1:
            return digits, True, False
        return text, False, True
    if match := _DECIMAL.match(text):
        return match[1], True, False
    repaired = text
    if any(c in CHINESE_DIGITS for c in text):
        repaired = _CHINESE_RUN.sub(lambda m: "".join(CHINESE_DIGITS.get(c, c) for c in m[0]), text)
    changed = _LOOKALIKE_RUN.sub(lambda m: "".join(LOOKALIKE.get(c, c) for c in m[0]) if _mostly_digits(m[0]) else m[0], repaired)
    return changed, changed != text, False


def _mostly_digits(run: str) -> bool:
    digits = sum(c.isdigit() for c in run)
    return digits * 2 > len(run) and digits + sum(c in LOOKALIKE for c in run) in (10, 11, 12, 13)


def _numbers(text: str) -> tuple[list[Number], list[str], str]:
    """Numbers in the order written, the reasons of what only looked like one, and the text that is left."""
    found: dict[tuple[str, str | None], tuple[int, Number]] = {}
    reasons: list[str] = []

    def keep(match: re.Match[str]) -> str:
        number = _number(match)
        if isinstance(number, str):
            reasons.append(number)
            return " ; "
        if number is None:
            return match[0]
        found.setdefault((number.value, number.ext), (match.start(), number))
        if match["stripped"]:
            reasons.append("phone_repaired")
        return " ; " + " " * len(match[0])

    def keep_foreign(match: re.Match[str]) -> str:
        number = _foreign(match["plus"] or match["near"])
        if number is None:
            return match[0]
        found.setdefault((number.value, None), (match.start(), number))
        return ";".ljust(len(match[0]))

    rest = _FOREIGN.sub(keep_foreign, text)
    rest = _AREA_SLASH.sub(r"\1-", _GLUED.sub(r"\1;", rest))
    rest = _NUMBER.sub(keep, rest)
    return [number for _, number in sorted(found.values(), key=lambda item: item[0])], reasons, rest


def _number(match: re.Match[str]) -> Number | str | None:
    """The number of a match, the reason why it is none, or None where the digits may be something else."""
    ext = match["ext"] or match["ext2"]
    if match["mobile"]:
        value = re.sub(r"[^0-9]", "", match["mobile"])
        if is_placeholder_mobile(value):
            return "phone_placeholder"
        return Number(value, "mobile", ext) if prefixes.is_allocated(value) else "phone_unallocated"
    if match["service"]:
        value = re.sub(r"[^0-9]", "", match["service"])
        return Number(f"{value[:3]}-{value[3:6]}-{value[6:]}", "service", ext)
    area = "0" + (match["area"] or match["bare"] or match["stripped"])
    local = re.sub(r"[^0-9]", "", match["local"] or match["bare_local"] or match["stripped_local"])
    if len(local) < prefixes.area_codes().get(area, 9):  # no such area, or a digit of its landlines is missing
        return None
    return "phone_placeholder" if is_run(local) else Number(f"{area}-{local}", "landline", ext)


def is_placeholder_mobile(value: str) -> bool:
    """Whether the eight digits of the subscriber are one digit repeated or a keyboard run, or the number is a famous one."""
    return value[3:] in RUNS or value in FAMOUS


def _foreign(written: str) -> Number | None:
    import phonenumbers  # noqa: PLC0415  (half a second to load, needed by few cells)

    try:
        parsed = phonenumbers.parse("+" + re.sub(r"[^0-9]", "", written), None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return Number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), "international")


def _left(text: str) -> list[str]:
    """Reasons of the digits that are no number."""
    reasons: list[str] = []
    rest, masked = _MASKED.subn(";", text)
    reasons += ["phone_masked"] * masked
    for match in _LEFT_RUN.finditer(rest):
        digits = re.sub(r"[^0-9]", "", match[0])
        if len(digits) < 3:
            continue
        if is_run(digits):
            reasons.append("phone_placeholder")
        elif len(digits) in (7, 8) and digits[0] in "2345678":
            reasons.append("phone_needs_area_code")
        elif len(digits) <= 6:
            reasons.append("phone_short_code")
        else:
            reasons.append("phone_invalid")
    return reasons
