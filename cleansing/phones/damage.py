"""Damage of a cell that loses no digit, undone: spreadsheets, full-width and Chinese digits, letters that look like digits.

>>> undo("1.3917852046E10"), undo("1.38E+10").lost, undo("张三:一三九1785二零四六").text
(Undone(text='13917852046', repaired=True, lost=False), True, '张三:13917852046')
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl

CHINESE_DIGITS = dict(zip("〇零洞一二三四五六七八九幺两兩拐勾壹贰叁肆伍陆柒捌玖", "00012345678912279123456789", strict=True))
"""As they are read aloud on the phone too: 幺 for 1, 两 for 2, 拐 for 7, 勾 for 9, 洞 for 0."""
LOOKALIKE = {"l": "1", "I": "1", "i": "1", "O": "0", "o": "0"}
DASHES = "‐‑‒–—―−─━ー~～﹣－⁃"
QUOTES = " '\"=`‘’“”"
MAX_CELL = 1_000
"""Characters of a cell that are read; no list of phones is longer."""
JOINT = " ; "
"""Between the columns of several phones, where intake joins them."""
UNSEEN = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u20e3]"
"""Zero width, direction marks and the like, which copied numbers bring along."""
COUNTED = "[①-⒛❶-❿]"
"""Beside plain digits they count the numbers (① 139… ② 138…); alone they are digits."""
OTHER_DIGITS = r"[\p{N}&&[^0-9〇]]"
"""Full-width digits and other forms of 0 to 9 (a pattern for expressions)."""

_DASHES = str.maketrans(dict.fromkeys(DASHES, "-"))
_CHINESE_RUN = re.compile(f"[{''.join(CHINESE_DIGITS)}0-9 -]{{7,}}")
_SPELLED = re.compile(r"(?:\+?86|0086)?1[3-9][0-9]{9}|0[0-9]{9,11}|[48]00[0-9]{7}|[2-8][0-9]{6,7}")
_LOOKALIKE_RUN = re.compile(r"(?<![A-Za-z0-9])(?=[0-9lIiOo -]*[lIiOo])[0-9lIiOo](?:[ -]?[0-9lIiOo]){6,15}(?![A-Za-z0-9])")
_SCIENTIFIC = re.compile(r"([0-9])(?:\.([0-9]+))?[Ee]\+?0*([0-9]{1,2})")
_DECIMAL = re.compile(r"\+?([0-9]{7,13})\.0{1,6}")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){3}(?:\.0{1,2})?")


@dataclass(frozen=True)
class Undone:
    """The text as it was meant, whether something was mended, whether digits are lost for good."""

    text: str
    repaired: bool = False
    lost: bool = False


def fold(text: str) -> Undone:
    """One form for each character, white space as one space, no quotes around; ``repaired`` where digits were no ASCII."""
    seen = re.sub(UNSEEN, "", text[:MAX_CELL].translate(_DASHES))
    if re.search("[0-9]", seen):
        seen = re.sub(COUNTED, ";", seen)
    folded = unicodedata.normalize("NFKC", seen).translate(_DASHES)
    other = any(unicodedata.category(c)[0] == "N" and not c.isascii() and c not in CHINESE_DIGITS for c in seen)
    return Undone(re.sub(r"\s+", " ", folded).strip(QUOTES), other)


def fold_all(texts: pl.Expr) -> pl.Expr:
    """The first part of :func:`fold` as an expression: dashes, unseen characters, NFKC."""
    return texts.str.replace_all(f"[{DASHES}]", "-").str.replace_all(UNSEEN, "").str.normalize("NFKC").str.replace_all(f"[{DASHES}]", "-")


def undo(text: str) -> Undone:
    """Folded text with provable damage undone, in each of the numbers that intake has joined."""
    if JOINT in text:
        parts = [undo(part) for part in text.split(JOINT)]
        return Undone(JOINT.join(part.text for part in parts), any(part.repaired for part in parts), all(part.lost for part in parts))
    if match := _SCIENTIFIC.fullmatch(text):
        digits = match[1] + (match[2] or "")
        size = int(match[3]) + 1
        complete = len(digits) >= size and not digits[size:].strip("0")
        return Undone(digits[:size] if complete else text, complete, not complete)
    if match := _DECIMAL.fullmatch(text):
        return Undone(match[1], repaired=True)
    if _THOUSANDS.fullmatch(text):
        return Undone(text.split(".", maxsplit=1)[0].replace(",", ""), repaired=True)
    spelled = _CHINESE_RUN.sub(lambda run: _read_aloud(run[0]), text) if any(c in CHINESE_DIGITS for c in text) else text
    changed = _LOOKALIKE_RUN.sub(lambda run: _translated(run[0], LOOKALIKE) if _mostly_digits(run[0]) else run[0], spelled)
    return Undone(changed, repaired=changed != text)


def _read_aloud(run: str) -> str:
    """Chinese digits as digits where they then are a phone number; 三 of 张三 before or behind it stays."""
    for start in range(3):
        for end in range(len(run), len(run) - 3, -1):
            middle, rest = run[start:end], run[:start] + run[end:]
            if any(c not in CHINESE_DIGITS and c not in " -" for c in rest) or not any(c in CHINESE_DIGITS for c in middle):
                continue
            if _SPELLED.fullmatch(re.sub("[ -]", "", _translated(middle, CHINESE_DIGITS))):
                return run[:start] + _translated(middle, CHINESE_DIGITS) + run[end:]
    return run


def _translated(run: str, table: dict[str, str]) -> str:
    return "".join(table.get(c, c) for c in run)


def _mostly_digits(run: str) -> bool:
    digits = sum(c.isdigit() for c in run)
    return digits * 2 > len(run) and digits + sum(c in LOOKALIKE for c in run) in range(10, 14)
