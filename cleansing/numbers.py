"""Numbers as people write them: 1,234.50; 1.234,50; 12.8万; 12万8千; 3万5; 十二万八千; 壹万贰仟; 一百二十三点五; 1.28E5; (120) for minus 120.

- a comma stands before three digits, or, as China counts, four; 12,80 is no number;
- a unit multiplies (千 k, 万 w, 百万, 亿) and may be followed by smaller ones; a last digit without a unit is of the next smaller one
  (3万5 is 35,000, 三千五 is 3,500);
- formal numerals (壹贰叁 … 拾佰仟) and 两, 廿, 卅 are read as the others; 角 and 分 are parts of 元.

>>> read(pl.Series(["12万8", "壹万贰仟叁佰元伍角", "1.234,50", "(120)", "12-13万"]), around="元")["number"].to_list()
[128000.0, 12300.5, 1234.5, -120.0, None]
"""

from __future__ import annotations

import functools
import re

import polars as pl

from cleansing import text

_FAST = r"^[0-9]{1,15}(?:\.[0-9]{1,10})?$"
_DIGITS = {
    digit: value
    for value, digits in enumerate(("零〇○", "一壹", "二贰貳两", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖"))
    for digit in digits
}
_UNITS = {
    "十": 10,
    "拾": 10,
    "百": 100,
    "佰": 100,
    "千": 1_000,
    "仟": 1_000,
    "k": 1_000,
    "万": 10_000,
    "萬": 10_000,
    "w": 10_000,
    "亿": 100_000_000,
}
_TENS = {"廿": "二十", "卅": "三十"}
_COINS = {"角": 0.1, "毛": 0.1, "分": 0.01}
_WORD = re.compile(r"[0-9]+(?:\.[0-9]+)?|.")
_LONGEST = 40
_SEVERAL = "".join([*_DIGITS, *_UNITS, *_TENS, *_COINS])


def read(values: pl.Series, *, around: str) -> pl.DataFrame:
    """Normalized text (``flat``, lower case, "" where empty) and its ``number`` (Float64, null where it is none), row by row.

    Args:
        values: cells as written; each distinct one is read once.
        around: a pattern of what may stand before or behind a number in this column.
    """
    written = values.cast(pl.String).alias("written")
    distinct = written.drop_nulls().unique()
    plain = distinct.str.contains(_FAST)
    easy = distinct.filter(plain).to_frame().with_columns(flat="written", number=pl.col("written").cast(pl.Float64).round(2))
    flat = text.normalize(pl.col("written")).str.to_lowercase()
    hard = distinct.filter(~plain).to_frame().with_columns(flat=flat)
    judged = pl.concat([easy, hard.with_columns(number=_number(pl.col("flat"), around).round(2))])
    return written.to_frame().join(judged, on="written", how="left", maintain_order="left").select(pl.col("flat").fill_null(""), "number")


def _number(flat: pl.Expr, around: str) -> pl.Expr:
    sign = flat.str.replace_all("[−—–－]", "-").str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^([^-]*[0-9])-$", "-$1")
    negative = sign.str.contains(rf"^(?:{around})*-")
    bare = sign.str.replace(rf"^(?:{around}|[+-])+", "").str.replace(r"\([^()]*\)$", "").str.replace(rf"(?:{around}|[.])+$", "")
    spaced = bare.str.replace_all("([0-9])[ ']([0-9]{3})", "$1$2").str.replace_all("([0-9])[ ']([0-9]{3})", "$1$2")
    spaced = spaced.str.replace_all(f"([0-9])[ ]+([{_SEVERAL}])", "$1$2")
    european = spaced.str.contains(r"^[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,2}$")
    grouped = spaced.str.contains(
        r"^[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?" + f"[{_SEVERAL}]*$" + r"|^[0-9]{1,4}(?:,[0-9]{4})+(?:\.[0-9]*)?$"
    )
    plain = (
        pl.when(european).then(spaced.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .when(grouped).then(spaced.str.replace_all(",", "", literal=True))
        .otherwise(spaced)
    )  # fmt: skip
    digits = plain.str.contains(r"^(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,2})?$")
    few = pl.when(plain.str.contains(f"[{_SEVERAL}]") & (plain.str.len_chars() <= _LONGEST)).then(plain)
    number = pl.coalesce(pl.when(digits).then(plain).cast(pl.Float64, strict=False), few.map_batches(_worded, return_dtype=pl.Float64()))
    return pl.when(negative).then(-number).otherwise(number)


def _worded(texts: pl.Series) -> pl.Series:
    """Numbers with units or in Chinese numerals, read one by one: they are few."""
    return pl.Series([None if value is None else worded(value) for value in texts], dtype=pl.Float64())


@functools.lru_cache(maxsize=4096)
def worded(value: str) -> float | None:
    """One such number; None where it is none.

    >>> [worded(value) for value in ("十二万八千", "12.8万", "1百万", "一万零五百", "二〇二三", "三百五", "万", "八九万", "3万5亿")]
    [128000.0, 128000.0, 1000000.0, 10500.0, 2023.0, 350.0, None, None, None]
    """
    for tens, spelled in _TENS.items():
        value = value.replace(tens, spelled)
    coins = 0.0
    if coin := re.fullmatch(r"(.*?)[元圆块]?((?:.[角毛])?(?:.分)?)", value):
        value = coin[1]
        for digit, unit in zip(coin[2][::2], coin[2][1::2], strict=True):
            one = _digit(digit)
            if one is None:
                return None
            coins += one * _COINS[unit]
        if not value:
            return coins if coin[2] else None
    if "点" in value and value.count("点") == 1:
        whole, part = value.split("点")
        decimals = [_digit(one) for one in part]
        before = _whole(whole) if whole else 0.0
        if before is None or not decimals or None in decimals:
            return None
        return before + float("0." + "".join(str(one) for one in decimals))
    before = _whole(value)
    return None if before is None else before + coins


def _whole(value: str) -> float | None:
    if all(one in _DIGITS for one in value):  # figure by figure: 二〇二三
        return float("".join(str(_DIGITS[one]) for one in value)) if value else None
    total = section = 0.0
    number: float | None = None
    smallest, last = float("inf"), 1.0
    zero = False
    for word in _WORD.findall(value):
        if word[0].isascii() and word[0].isdigit():
            if number is not None:
                return None
            number = float(word)
        elif word in _DIGITS:
            if number is not None:
                return None
            zero = zero or word in "零〇○"
            number = float(_DIGITS[word]) if _DIGITS[word] else None
        elif word in _UNITS:
            unit = float(_UNITS[word])
            if unit >= 10_000:
                section += number or 0.0
                if section == 0 or (total and unit >= smallest):
                    return None
                total += section * unit
                section, number, smallest = 0.0, None, unit
            else:
                if number is None and (unit != 10 or section):
                    return None
                if section and unit >= last:
                    return None
                section += (1.0 if number is None else number) * unit
                number = None
            last = unit
        else:
            return None
    if number is not None:
        single = number < 10 and number == int(number)
        section += number * last / 10 if last >= 100 and single and not zero else number
    return total + section


def _digit(one: str) -> int | None:
    return int(one) if one.isascii() and one.isdigit() else _DIGITS.get(one)
