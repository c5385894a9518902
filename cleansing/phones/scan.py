"""Reads one cell: several numbers, words around them, foreign ones, letters for digits, damage.

This is the only Python per value; the fast paths leave it the few distinct hard cells, and are tested against it.

>>> read("张先生 139 1785 2046 / 021-58881234转801").numbers
(Number(value='13917852046', type='mobile', ext=None), Number(value='021-58881234', type='landline', ext='801'))
>>> read("l39l7852O46").status, read("1.38E+10").status
('repaired', 'invalid')
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cleansing.phones import damage, grammar, prefixes


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


_RANKED = ("phone_placeholder", "phone_masked", "phone_needs_area_code", "phone_unallocated", "phone_short_code")
_STRIPPED = "stripped"  # a number whose leading 0 a spreadsheet dropped was found


def read(text: str) -> Cell:
    """Reads one cell; never raises."""
    folded = damage.fold(text)
    if not folded.text:
        return Cell("empty")
    if is_run(re.sub(r"[ \-.]", "", folded.text)):
        return Cell("placeholder", (), ("phone_placeholder",))
    undone = damage.undo(folded.text)
    if undone.lost:
        return Cell("invalid", (), ("phone_digits_lost",))
    numbers, reasons, rest = _numbers(undone.text)
    repaired = folded.repaired or undone.repaired or _STRIPPED in reasons
    found = [reason for reason in reasons if reason != _STRIPPED] + _left(rest)
    if numbers:
        extra = ("phone_extra_unreadable",) if found else ()
        return Cell("repaired" if repaired else "valid", tuple(numbers), (("phone_repaired",) if repaired else ()) + extra)
    if not any(c.isdigit() for c in folded.text) and grammar.REFUSAL.search(folded.text):
        found.append("phone_placeholder")
    reason = next((reason for reason in _RANKED if reason in found), "phone_invalid")
    return Cell("invalid" if reason == "phone_unallocated" else reason.removeprefix("phone_"), (), (reason,))


def is_run(digits: str) -> bool:
    """Whether digits are one of ``grammar.RUNS``, or one digit repeated more often."""
    return digits in grammar.RUNS or (len(digits) > 12 and len(set(digits)) == 1 and digits.isdigit())


def is_placeholder_mobile(value: str) -> bool:
    """Whether the eight digits of the subscriber are one digit repeated or a keyboard run, or the number is a famous one."""
    return value[3:] in grammar.RUNS or value in grammar.FAMOUS


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
            reasons.append(_STRIPPED)
        return " ; " + " " * len(match[0])

    def keep_foreign(match: re.Match[str]) -> str:
        code = grammar.COUNTRY_CODES[match["place"][0]] if match["place"] else ""
        number = _foreign(code + (match["plus"] or match["near"] or match["bare"] or match["local"]))
        if number is None:
            return match[0]
        found.setdefault((number.value, None), (match.start(), number))
        return ";".ljust(len(match[0]))

    rest = grammar.FOREIGN.sub(keep_foreign, text)
    rest = grammar.SHARED_AREA.sub(_with_area, grammar.GLUED.sub(lambda glued: ";".join(grammar.ONE_OF_GLUED.findall(glued[0])), rest))
    rest = grammar.MOBILE_OR_OTHER.sub(keep, grammar.AREA_SLASH.sub(r"\1-", rest))
    return [number for _, number in sorted(found.values(), key=lambda item: item[0])], reasons, rest


def _with_area(match: re.Match[str]) -> str:
    """Landlines behind one area code, each with its own, where they have as many digits as the first."""
    area, first = match["area"], match["first"]
    more = re.sub("[2-8][0-9]{6,7}", lambda local: f"{area}-{local[0]}" if len(local[0]) == len(first) else local[0], match["more"])
    return f"{area}-{first}{more}"


def _number(match: re.Match[str]) -> Number | str | None:
    """The number of a match, the reason why it is none, or None where the digits may be something else."""
    ext = match["ext"] or match["ext2"] or match["ext3"]
    if match["mobile"]:
        value = _digits(match["mobile"])
        if is_placeholder_mobile(value):
            return "phone_placeholder"
        return Number(value, "mobile", ext) if prefixes.is_allocated(value) else "phone_unallocated"
    if match["service"]:
        value = _digits(match["service"])
        return "phone_placeholder" if is_run(value[3:]) else Number(f"{value[:3]}-{value[3:6]}-{value[6:]}", "service", ext)
    area = "0" + (match["area"] or match["bare"] or match["stripped"])
    local = _digits(match["local"] or match["bare_local"] or match["stripped_local"])
    shortest = prefixes.area_codes().get(area, 9)
    if len(local) < shortest or (match["stripped"] and shortest < 8):  # no such area, a digit too few, or no proof of the lost 0
        return None
    return "phone_placeholder" if is_run(local) else Number(f"{area}-{local}", "landline", ext)


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _foreign(written: str) -> Number | None:
    import phonenumbers  # noqa: PLC0415  (half a second to load, needed by few cells)

    try:
        parsed = phonenumbers.parse("+" + _digits(written), None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return Number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), "international")


def _left(text: str) -> list[str]:
    """Reasons of the digits that are no number."""
    reasons: list[str] = []
    rest, masked = grammar.MASKED.subn(";", text)
    reasons += ["phone_masked"] * masked
    rest, dates = grammar.DATE.subn(";", rest)
    rest, codes = grammar.CODE.subn(";", rest)
    reasons += ["phone_invalid"] * (dates + codes)
    rest, local = grammar.LOCAL_EXTENSION.subn(";", rest)
    reasons += ["phone_needs_area_code"] * local
    for match in grammar.LEFT_RUN.finditer(rest):
        digits = _digits(match[0])
        if len(digits) < 3:
            continue
        if is_run(digits):
            reasons.append("phone_placeholder")
        elif len(digits) in (7, 8) and digits[0] in "2345678":
            reasons.append("phone_needs_area_code")
        elif len(digits) <= 6 or grammar.SHORT_OF_EIGHT.fullmatch(digits):
            reasons.append("phone_short_code")
        else:
            reasons.append("phone_invalid")
    return reasons
