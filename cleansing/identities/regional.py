"""Identity cards of Hong Kong, Macau and Taiwan, and passports of Hong Kong.

- ``hk_id``: one or two letters, six digits, a check digit (0 to 9, A) in brackets: A123456(3). Sum of value times weight (9 to 1, a blank
  counts 36, A is 10 and so on) modulo 11. Without brackets only where the check digit fits and the letters are ones that are given.
- ``macau_id``: 1, 5, 7 or 8, six digits, a check digit in brackets or behind strokes: 1234567(8), 5/123456/7. Its rule was never published, so the
  form or a label must tell it.
- ``tw_id``: a letter, 1 or 2 (people of other countries: 8, 9, before 2021 A to D), eight digits, the last a check digit: the letter as two digits, weights
  1 9 8 7 6 5 4 3 2 1 1, modulo 10.
- ``tw_travel_permit``: ten digits and a letter in brackets, 0012345678(B), the form until 2015; the eight digits since only with a label.
``PASSPORT`` is the form of Hong Kong's passports, K and eight digits or KJ and seven, that is no other number's; those of other countries
(TK1234567) look like many a number, so their label must tell them.

None of them is a resident id of the mainland, and none is taken for one.

>>> judge(pl.Series("bare", ["A123456(3)", "A123456(4)", "1234567(8)", "A123456789", "12345678"])).select("bare", "type", "reason").rows()
[('A123456(3)', 'hk_id', None), ('A123456(4)', 'hk_id', 'check_digit'), ('1234567(8)', 'macau_id', None), ('A123456789', 'tw_id', None)]
"""

from __future__ import annotations

import re

import polars as pl

LABEL = r"^(?:(?:香港|澳门|澳門|台湾|臺灣|台灣|港|澳|台)(?:特别行政区|特別行政區)?(?:永久性?)?(?:居民)?(?:身份证|身分证|身份證|身分證|证件)|HKID|HK ID|HKIC)(?:号码|號碼|号|號|NO)?[.:： ]*"
"""What may stand before them (of normalized text in upper case)."""
_HONG_KONG = re.compile(r"([A-Z]{1,2})([0-9]{6}) ?(?:\(([0-9A])\)|([0-9A]))")
_HONG_KONG_PAIRS = frozenset("EC WX XA XB XC XD XE XF XG XH".split())  # noqa: SIM905  (names read better as words of a text)
_MACAU = re.compile(r"([1578])([0-9]{6})\(([0-9])\)|([1578])/([0-9]{6})/([0-9])")
_MACAU_LABELLED = re.compile(r"[1578][0-9]{7}")
_TAIWAN = re.compile(r"([A-Z])([1289A-D])([0-9]{8})")
_TAIWAN_LETTERS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_TAIWAN_PERMIT = re.compile(r"([0-9]{10})\(([A-Z])\)")
PASSPORT = "^(?:KJ[0-9]{7}|K[0-9]{8})$"
_FORM = r"^(?:[A-Z]{1,2}[0-9]{6} ?\(?[0-9A]\)?|[1578]/?[0-9]{6}[/(]?[0-9]\)?|[A-Z][1289A-D][0-9]{8}|[0-9]{10}\([A-Z]\)|[0-9]{8})$"
"""One of the forms; a cheap gate."""
_PASSPORT_CN = re.compile("[DSP][EP]?[0-9]{7,8}")


def judge(cells: pl.Series) -> pl.DataFrame:
    """The cells that are one of these documents (normalized, upper case; a label of theirs may stand in front).

    Returns:
        The cell in a column of its name, type, gender, normalized, reason (check_digit: the form is certain and the number is wrong; null: valid).
    """
    gate = cells.to_frame().filter(pl.col(cells.name).str.replace(LABEL, "").str.contains(_FORM))
    found = [(cell, *read) for cell in gate[cells.name].unique(maintain_order=True) if (read := _read(cell)) is not None]
    names = (cells.name, "type", "gender", "normalized", "reason")
    return pl.DataFrame(found, schema=dict.fromkeys(names, pl.String()), orient="row")


def _read(cell: str) -> tuple[str, str | None, str, str | None] | None:
    """type, gender, normalized, reason."""
    bare = re.sub(LABEL, "", cell)
    labelled = bare != cell
    if match := _HONG_KONG.fullmatch(bare):
        letters, digits, check = match[1], match[2], match[3] or match[4]
        fits = hong_kong_check(letters, digits) == check
        given = (len(letters) == 1 or letters in _HONG_KONG_PAIRS) and not _PASSPORT_CN.fullmatch(bare)
        if match[3] or (labelled and "澳" not in cell[:2]) or (fits and given):
            return "hk_id", None, f"{letters}{digits}({check})", None if fits else "check_digit"
    if match := _MACAU.fullmatch(bare):
        return "macau_id", None, f"{match[1] or match[4]}{match[2] or match[5]}({match[3] or match[6]})", None
    if labelled and cell.startswith("澳") and _MACAU_LABELLED.fullmatch(bare):
        return "macau_id", None, f"{bare[:7]}({bare[7]})", None
    if match := _TAIWAN.fullmatch(bare):
        fits = taiwan_sum(bare) % 10 == 0
        if fits or labelled:
            return "tw_id", ("M" if match[2] in "18AC" else "F") if fits else None, bare, None if fits else "check_digit"
    if match := _TAIWAN_PERMIT.fullmatch(bare):
        return "tw_travel_permit", None, f"{match[1]}({match[2]})", None
    return None


def hong_kong_check(letters: str, digits: str) -> str:
    """The check digit of a card of Hong Kong.

    >>> hong_kong_check("A", "123456"), hong_kong_check("G", "123456"), hong_kong_check("WX", "123456")
    ('3', 'A', '9')
    """
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters] + [int(digit) for digit in digits]
    rest = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if rest == 10 else str(rest)


def taiwan_sum(number: str) -> int:
    """The weighted sum of a card of Taiwan, a multiple of ten where it is right.

    >>> taiwan_sum("A123456789"), taiwan_sum("A123456788")
    (130, 129)
    """
    first = _TAIWAN_LETTERS[number[0]]
    second = _TAIWAN_LETTERS[number[1]] % 10 if number[1].isalpha() else int(number[1])
    values = [first // 10, first % 10, second, *map(int, number[2:])]
    return sum(value * weight for value, weight in zip(values, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True))
