r"""The ways a day is written: text to year, month and day, by shape after shape; the first that fits counts.

Numbers are Arabic, full-width (normalized before) or Chinese (二〇二三年十二月廿五日, 贰零贰叁年伍月叁日). What is left over is read once
more without its wrapping: brackets and what is in them, weekdays, 公元, labels (生日:), a full stop at the end, doubled or spaced
separators, the letter O for a zero.

An instant is told in China's time: ``…T16:00:00Z`` is the next day here, as are seconds and milliseconds since 1970 in UTC+8.

``doubtful`` marks a day whose other reading is a day as well: 5/3/2023 (month first here, as spreadsheets write it, unless that is a day after ``as_of`` and
the other one is not), 3.5.2023 (day first, as those write who put dots between: DIN 5008, ГОСТ Р 7.0.97; with the same exception), 05/03/23.

>>> read(pl.Series(["5/3/2023", "Wed, 03 May 2023 10:20:30 GMT"]), as_of=dt.date(2026, 1, 1)).select("y", "m", "d", "doubtful").rows()
[(2023, 5, 3, True), (2023, 5, 3, False)]
>>> read(pl.Series(["3/2/2023", "4/2/2023"]), as_of=dt.date(2023, 3, 31)).select("y", "m", "d", "doubtful").rows()
[(2023, 3, 2, True), (2023, 2, 4, True)]
>>> read(pl.Series(["03.05.2023", "13.05.2023", "03.05.80"]), as_of=dt.date(2026, 1, 1)).select("y", "m", "d", "doubtful").rows()
[(1980, 5, 3, True), (2023, 5, 3, True), (2023, 5, 13, False)]
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from cleansing import text

SCHEMA = {
    "written": pl.String(), "flat": pl.String(), "y": pl.Int32(), "m": pl.Int32(), "d": pl.Int32(), "days": pl.Int32(), "doubtful": pl.Boolean(),
}  # fmt: skip
_MONTHS = {m: str(i) for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TAIL = r"(?:日|号)?(?P<tail>[ t,，]*(?:上午|下午|凌晨|中午|晚上|am|pm)?[ ]?[0-9]{1,2}[:时点].*|[ ,]*(?:上午|下午|am|pm)|[ ]?00000.*|[ ]?(?:星期|周)[一二三四五六日天].*)?$"
_DATE = r"(?P<m>[0-9]{1,2})(?:月|[-/.\\_ ])(?P<d>[0-9]{1,2})"
_DOTTED = r"^(?P<b>[0-9]{1,2})\.(?P<a>[0-9]{1,2})\."
_SHAPES = (
    rf"^(?P<y>[0-9]{{4}})(?:年|[-/.\\_ ]){_DATE}{_TAIL}",
    r"^(?P<y>(?:1[89]|20|21|99|00)[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|(?P<tail>[ t][0-9].*)|\.0+)?$",
    rf"^(?:民国|民國)(?P<roc>[0-9]{{1,3}})(?:年|[-/.]){_DATE}{_TAIL}",
    rf"^(?P<roc>1[0-9]{{2}})(?:年|[-/.]){_DATE}{_TAIL}",
    rf"{_DOTTED}(?P<yy>3[2-9]|[4-9][0-9]){_TAIL}",  # more than a day can be: the year comes last
    rf"^(?P<yy>[0-9]{{2}})(?:年|[-.]){_DATE}{_TAIL}",
    rf"^(?P<one>[0-9]{{1,2}})/(?P<two>[0-9]{{1,2}})/(?P<three>[0-9]{{2}}){_TAIL}",
    rf"^(?P<yy>[0-9]{{2}})/(?P<m>[0-9]{{1,2}})/(?P<d>[0-9]){_TAIL}",
    rf"{_DOTTED}(?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?P<a>[0-9]{{1,2}})[-/.](?P<b>[0-9]{{1,2}})[-/.](?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?P<d>[0-9]{{1,2}})[-/ ]?(?P<m>[0-9]{{1,2}})月[ ]?[-/ ](?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?P<d>[0-9]{{1,2}})[-/ ](?P<m>[0-9]{{1,2}})月[ ]?[-/ ](?P<yy>[0-9]{{2}}){_TAIL}",
    rf"^(?:[a-z]{{3,9}}[, ]+)?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[-/. ]?{_MONTH}[-/., ]*(?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?P<d>[0-9]{{1,2}})[-/. ]{_MONTH}[-/., ]*(?P<yy>[0-9]{{2}}){_TAIL}",
    rf"^(?:[a-z]{{3,9}}[, ]+)?{_MONTH}[-. ]*(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[-, ]+(?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?:[a-z]{{3}} )?{_MONTH} (?P<d>[0-9]{{1,2}}) [0-9:]{{7,8}}(?: [a-z]{{2,4}}(?:[+][0-9:]{{4,5}})?)? (?P<y>[0-9]{{4}})$",
    rf"^(?P<y>[0-9]{{4}})[-/. ]{_MONTH}[-/. ](?P<d>[0-9]{{1,2}}){_TAIL}",
    r"^(?P<yy>[0-9]{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12][0-9]|3[01])$",
    r"^(?P<y>(?:19|20)[0-9]{2})[-/.]?(?P<m>[0-9]{2})[-/.]?(?P<d>[0-9]{2})$",
)
"""Year, month, day by shape. The names of the groups say which is which: ``yy`` two digits, ``roc`` 民国, ``a`` and ``b`` month and day,
or day and month, ``one`` to ``three`` numbers in an order to be told."""
_SPACED_DOTS = r"^([0-9]{1,2})[ ]*\.[ .]*([0-9]{1,2})[ ]*\.[ .]*([0-9]{4}|3[2-9]|[4-9][0-9])([^0-9].*)?$"
_SERIAL = r"^([1-6][0-9]{4})(?:[.,][0-9]+)?$"
_EPOCH = r"^(?:/date\()?(1[0-8][0-9]{8})(?:[0-9]{3})?(?:\.0+)?(?:\)/)?$"
_SCIENTIFIC = r"^[1-9]\.[0-9]{4,7}e[+]?0?[47]$"
_BEIJING_SECONDS = 8 * 3600
_SHEET_EPOCH = 25_569
"""1970-01-01 as a spreadsheet's serial."""
_ONES = "一二三四五六七八九"
_FORMAL = dict(zip("壹贰叁肆伍陆柒捌玖拾貳參陸", "一二三四五六七八九十二三六", strict=True))


def read(distinct: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Year, month and day of distinct cells (null where no shape fits), else ``days`` (a spreadsheet's serial): ``SCHEMA``.

    Args:
        distinct: cells as written, each once, none null.
        as_of: two-digit years are the latest that are not after it; of two readings one after it does not count.
    """
    flat = _plain_number(text.normalize(pl.col("written")).str.to_lowercase().str.strip_chars("='\"` "))
    frame = distinct.to_frame("written").with_columns(flat=_chinese_numerals(flat))
    done, todo = _shaped(frame, as_of=as_of)
    if todo.is_empty():
        return done
    loose = todo.with_columns(flat=_unwrapped(pl.col("flat")))
    again, _ = _shaped(loose.filter(pl.col("flat").str.contains("[0-9]")), as_of=as_of)
    read_again = again.drop("flat").join(todo, on="written").select(*SCHEMA)
    days = pl.coalesce(
        pl.col("flat").str.extract(_SERIAL).cast(pl.Int32),
        ((pl.col("flat").str.extract(_EPOCH).cast(pl.Int64) + _BEIJING_SECONDS) // 86_400 + _SHEET_EPOCH).cast(pl.Int32),
    )
    rest = todo.join(read_again, on="written", how="anti")
    unread = rest.select("written", "flat", _null("y"), _null("m"), _null("d"), days=days)
    return pl.concat([done, read_again, unread.with_columns(doubtful=pl.lit(value=False))])


def _shaped(frame: pl.DataFrame, *, as_of: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What a shape fits, read; and the rest."""
    done = [pl.DataFrame(schema=SCHEMA)]
    for shape in _SHAPES:
        if frame.is_empty():
            break
        fits = frame.select(pl.col("flat").str.contains(shape)).to_series()
        if fits.any():
            groups = frame.filter(fits).select("written", "flat", g=pl.col("flat").str.extract_groups(shape)).unnest("g")
            done.append(_year_month_day(groups, as_of=as_of))
            frame = frame.filter(~fits)
    return pl.concat(done), frame


def _year_month_day(groups: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Year, month and day from the named groups of one shape, moved to China's day where the time is told in UTC."""
    names = [name for name in ("y", "m", "d", "yy", "roc", "a", "b", "one", "two", "three") if name in groups.columns]
    numbers = groups.with_columns(pl.col(name).cast(pl.Int32) for name in names)
    if "one" in names:
        read = _three_numbers(numbers, as_of=as_of)
    elif "a" in names:
        a, b = pl.col("a"), pl.col("b")
        today = pl.lit(as_of.year * 10_000 + as_of.month * 100 + as_of.day)
        year = _century(pl.col("yy"), as_of) if "yy" in names else pl.col("y")
        y = year * 10_000
        swapped = (a > 12) | ((y + a * 100 + b > today) & (y + b * 100 + a <= today))
        month, day = pl.when(swapped).then(b).otherwise(a), pl.when(swapped).then(a).otherwise(b)
        read = numbers.with_columns(y=year, m=month, d=day, doubtful=(a <= 12) & (b <= 12) & (a != b))
    else:
        month = pl.col("m") if "m" in names else pl.col("flat").str.extract(_MONTH).replace_strict(_MONTHS, default=None).cast(pl.Int32)
        year = _century(pl.col("yy"), as_of) if "yy" in names else pl.col("roc") + 1911 if "roc" in names else pl.col("y")
        read = numbers.with_columns(y=year, m=month, doubtful=pl.lit(value=False))
    if "tail" in read.columns:
        read = _in_china(read)
    return read.with_columns(days=_null("days")).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _three_numbers(numbers: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """23/05/03: year first, as in China, unless one digit or the years tell otherwise; doubtful where month first gives a day as well."""
    one, two, three = pl.col("one"), pl.col("two"), pl.col("three")
    short = pl.col("flat").str.contains("^[0-9]/")
    now = as_of.year % 100
    day_first = (one > 12) & (one <= 31) & (one > now) & (three <= now) & (two <= 12)
    year_last = short | day_first | (two > 12)
    month_first = year_last & ~day_first
    return numbers.with_columns(
        y=_century(pl.when(year_last).then(three).otherwise(one), as_of),
        m=pl.when(month_first & (one <= 12)).then(one).otherwise(two),
        d=pl.when(month_first & (one <= 12)).then(two).when(year_last).then(one).otherwise(three),
        doubtful=day_first | (short & (two <= 12) & (one != two)) | (~year_last & (one <= 12)),
    )


def _in_china(read: pl.DataFrame) -> pl.DataFrame:
    """The next day where the time behind a day is told in UTC and is 16:00 or later."""
    hour = pl.col("tail").str.extract(r"([0-9]{1,2}):?[0-9]{2}(?::?[0-9]{2}(?:\.[0-9]+)?)?[ ]?(?:z|gmt|utc|[+]00:?00)$").cast(pl.Int32)
    late = (hour >= 16).fill_null(value=False)
    if not read.select(late.any()).item():
        return read
    day = pl.concat_str(
        pl.col("y").cast(pl.String), pl.col("m").cast(pl.String).str.zfill(2), pl.col("d").cast(pl.String).str.zfill(2), separator="-"
    )
    after = pl.when(late).then(day.str.to_date("%Y-%m-%d", strict=False).dt.offset_by("1d"))
    moved = read.with_columns(after=after)
    return moved.with_columns(
        y=pl.coalesce(pl.col("after").dt.year(), "y"),
        m=pl.coalesce(pl.col("after").dt.month().cast(pl.Int32), "m"),
        d=pl.coalesce(pl.col("after").dt.day().cast(pl.Int32), "d"),
    )


def _century(year: pl.Expr, as_of: dt.date) -> pl.Expr:
    """Two digits as the latest such year that is not after ``as_of``."""
    century = as_of.year - as_of.year % 100
    return pl.when(year > as_of.year % 100).then(year + century - 100).otherwise(year + century)


def _plain_number(flat: pl.Expr) -> pl.Expr:
    """4.5049e4 and 1.9880715e7 as whole numbers, where no digit is lost."""
    whole = flat.str.contains(_SCIENTIFIC)
    number = pl.when(whole).then(flat).cast(pl.Float64, strict=False)
    return pl.when(whole & (number == number.floor())).then(number.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(flat)


def _unwrapped(flat: pl.Expr) -> pl.Expr:
    """The text without what is no part of a day (see the module); 农历 is left, for its days are others."""
    bare = (
        flat.str.replace_all(r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】", "")
        .str.replace_all("[oо]", "0")
        .str.replace(r"^(?:公元|西元|ad )|^(?:出生)?(?:日期|时间|生日|出生)[ ]?[::]?[ ]?|^(?:星期|周|礼拜)[一二三四五六日天][ ,]*", "")
        .str.replace(r"(?:出生|生|[。.,;/])$", "")
        .str.strip_chars(" -")
    )
    return (
        pl.when(bare.str.contains(_SPACED_DOTS))  # between these numbers dots say which comes first
        .then(bare.str.replace(_SPACED_DOTS, "$1.$2.$3$4"))
        .otherwise(bare.str.replace_all(r"[ ]*[,、。/.\-–—][ ]*(?:[,、。/.\-–—][ ]*)*", "-"))
        .str.replace_all("[ ]*([年月])[ ]*", "$1")
        .str.replace_all(r"^(民国|民國)[ ]+", "$1")
        .str.replace_all("([0-9])[ ]+([日号])", "$1$2")
        .str.strip_chars(" -")
    )  # fmt: skip


def _chinese_numerals(flat: pl.Expr) -> pl.Expr:
    """二〇二三年十二月三十一日 as 2023年12月31日."""
    words = {
        tens + one: str(ten * 10 + place)
        for ten, marks in (
            (3, ("三十", "卅")),
            (2, ("二十", "廿")),
            *((n, (one + "十",)) for n, one in enumerate(_ONES, 1) if n > 3),
            (1, ("十",)),
        )
        for tens in marks
        for place, one in enumerate(_ONES, 1)
    }
    words |= {one + "十": f"{ten}0" for ten, one in enumerate(_ONES, 1) if ten > 1}
    words |= {"卅": "30", "廿": "20", "十": "10", "元年": "1年"}
    digits = {character: str(value) for value, character in enumerate("零" + _ONES)} | {"〇": "0", "○": "0", "◯": "0"}
    formal = flat.str.replace_many(list(_FORMAL), list(_FORMAL.values()))
    converted = formal.str.replace_many(list(words), list(words.values()), leftmost=True).str.replace_many(
        list(digits), list(digits.values())
    )
    # The weekday keeps its numeral, and 初三 is a day of the moon's calendar.
    weekday = r"(?:星期|周)[一二三四五六日天]"
    with_weekday = pl.concat_str(converted.str.replace(r"(?:星期|周)[0-9日天].*$", ""), formal.str.extract(f"({weekday}.*)$").fill_null(""))
    chinese = formal.str.contains("[〇○◯零一二三四五六七八九十元廿卅]+(?:年|月|日|号)") & ~formal.str.contains("初")
    return pl.when(chinese).then(with_weekday).otherwise(flat)


def _null(name: str) -> pl.Expr:
    return pl.lit(None, dtype=SCHEMA[name]).alias(name)
