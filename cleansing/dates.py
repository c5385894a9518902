"""Dates as dealers and spreadsheets write them, to days that exist.

Read: ``2023-5-3``, ``2023/05/03 10:20``, ``2023.5.3``, ``20230503``, ``20230503102030``, ``2023年5月3日``, ``二〇二三年五月三日``, ``23-5-3`` (two
digits: the latest such year not after ``as_of``), ``5/3/2023`` (month first, unless the first is above 12), ``03-May-2023``,
``May 3, 2023``, ``民国112年5月3日`` (year + 1911), spreadsheet serials (45049, days since 1899-12-30). A time behind the day is cut.

Not a date: a day that does not exist (impossible), after ``as_of`` (in_future), before ``earliest`` (too_old), what
systems write for "none" (placeholder: 1900-01-01, 1970-01-01, 9999-12-31, 0000-00-00), anything else (unreadable).

>>> cells = pl.Series(["2023年5月3日", "45049", "民国112年5月3日", "2023-02-30", "1900-01-01", "2031-01-01"])
>>> clean(cells, as_of=dt.date(2026, 1, 1)).select("date", "reason").rows()[2:]
[(datetime.date(2023, 5, 3), None), (None, 'impossible'), (None, 'placeholder'), (None, 'in_future')]
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from cleansing import text

SCHEMA = {"status": pl.String(), "date": pl.Date(), "reason": pl.String(), "reasons": pl.List(pl.String())}
EARLIEST = dt.date(1900, 1, 2)
EARLIEST_EVENT = dt.date(1980, 1, 1)
"""No dealer has customer data from before."""
_MONTHS = {m: str(i) for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TAIL = r"(?:日|号)?(?:[ t,，]*(?:上午|下午|am|pm)?[ ]?[0-9]{1,2}[:时点].*|[ ]?00000.*|[ ]?(?:星期|周)[一二三四五六日天].*)?$"
_PLACEHOLDERS = (
    dt.date(1900, 1, 1),
    dt.date(1899, 12, 30),
    dt.date(1899, 12, 31),
    dt.date(1970, 1, 1),
    dt.date(1, 1, 1),
)
_NONE_LIKE = "^(?:0000[-/.]?00[-/.]?00|1900[-/.]0?1[-/.]0+|9999[-/.]?12[-/.]?31|2999[-/.]?12[-/.]?31|2099[-/.]?12[-/.]?31|0001[-/.]0?1[-/.]0?1|0)(?:[ t].*)?$"
# Year, month, day by shape; the names of the groups say which is which. The first shape that fits counts.
_SHAPES = (
    rf"^(?P<y>[0-9]{{4}})(?:年|[-/.\\_ ])(?P<m>[0-9]{{1,2}})(?:月|[-/.\\_ ])(?P<d>[0-9]{{1,2}}){_TAIL}",
    r"^(?P<y>(?:1[89]|20|21|99|00)[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:[0-9]{4,6}|[ t][0-9]{1,2}:.*|\.0+)?$",
    rf"^(?:民国|民國)(?P<roc>[0-9]{{1,3}})(?:年|[-/.])(?P<m>[0-9]{{1,2}})(?:月|[-/.])(?P<d>[0-9]{{1,2}}){_TAIL}",
    rf"^(?P<yy>[0-9]{{2}})(?:年|[-/.])(?P<m>[0-9]{{1,2}})(?:月|[-/.])(?P<d>[0-9]{{1,2}}){_TAIL}",
    rf"^(?P<a>[0-9]{{1,2}})[-/.](?P<b>[0-9]{{1,2}})[-/.](?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?P<d>[0-9]{{1,2}})[-/. ]?{_MONTH}[-/., ]*(?P<y>[0-9]{{4}}){_TAIL}",
    rf"^(?P<d>[0-9]{{1,2}})[-/. ]{_MONTH}[-/., ]*(?P<yy>[0-9]{{2}}){_TAIL}",
    rf"^{_MONTH}[. ]*(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[, ]+(?P<y>[0-9]{{4}}){_TAIL}",
    r"^(?P<yy>[0-9]{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12][0-9]|3[01])$",
)
_SERIAL = r"^([1-6][0-9]{4})(?:\.[0-9]+)?$"
_FAST = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def clean(values: pl.Series, *, as_of: dt.date, earliest: dt.date = EARLIEST) -> pl.DataFrame:
    """Status (valid, placeholder, invalid, empty), date and reason of each cell: ``SCHEMA``, same height and order."""
    written = values.cast(pl.String).alias("written")
    judged = _judge(written.drop_nulls().unique(), as_of=as_of, earliest=earliest)
    frame = written.to_frame().join(judged, on="written", how="left", maintain_order="left")
    reasons = pl.concat_list(pl.concat_str(pl.lit("date_"), "reason")).list.drop_nulls()
    return frame.select(pl.col("status").fill_null("empty"), "date", "reason", reasons=reasons)


def _judge(distinct: pl.Series, *, as_of: dt.date, earliest: dt.date) -> pl.DataFrame:
    """Judged distinct cells: those of ISO form at once, the others by shape after shape."""
    iso = distinct.str.contains(_FAST)
    easy = distinct.filter(iso).to_frame("written").select(
        "written", flat="written", y=pl.col("written").str.slice(0, 4).cast(pl.Int32), m=pl.col("written").str.slice(5, 2).cast(pl.Int32),
        d=pl.col("written").str.slice(8, 2).cast(pl.Int32), serial=pl.lit(None, dtype=pl.Int32),
    )  # fmt: skip
    frame = pl.concat([easy, _shaped(distinct.filter(~iso), as_of=as_of)])
    y, m, d = pl.col("y"), pl.col("m"), pl.col("d")
    leap = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    last = pl.when(m.is_in([4, 6, 9, 11])).then(30).when(m != 2).then(31).when(leap).then(29).otherwise(28)
    real = (y.is_between(1, 9999) & m.is_between(1, 12) & (d >= 1) & (d <= last)).fill_null(value=False)
    day = pl.when(real).then(
        pl.date(pl.when(real).then(y).otherwise(2000), pl.when(real).then(m).otherwise(1), pl.when(real).then(d).otherwise(1))
    )
    frame = frame.with_columns(date=pl.coalesce(day, pl.lit(dt.date(1899, 12, 30)) + pl.duration(days=pl.col("serial"))))
    date = pl.col("date")
    reason = (
        pl.when(pl.col("flat") == "").then(None)
        .when(date.is_in(list(_PLACEHOLDERS)) | pl.col("flat").str.contains(_NONE_LIKE)).then(pl.lit("placeholder"))
        .when(date.is_null() & y.is_not_null()).then(pl.lit("impossible"))
        .when(date.is_null() & text.is_junk(pl.col("flat"))).then(pl.lit("placeholder"))
        .when(date.is_null()).then(pl.lit("unreadable"))
        .when(date > as_of).then(pl.lit("in_future"))
        .when(date < earliest).then(pl.lit("too_old"))
    )  # fmt: skip
    status = (
        pl.when(pl.col("flat") == "").then(pl.lit("empty"))
        .when(pl.col("reason").is_null()).then(pl.lit("valid"))
        .when(pl.col("reason") == "placeholder").then(pl.lit("placeholder"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    judged = frame.with_columns(reason=reason).with_columns(status=status)
    return judged.select("written", "status", pl.when(pl.col("status") == "valid").then("date"), "reason")


def _shaped(distinct: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Year, month, day (null where no shape fits) and serial of distinct cells."""
    flat = text.normalize(pl.col("written")).str.to_lowercase().str.strip_chars("'\"` ")
    frame = distinct.to_frame("written").with_columns(flat=_chinese_numerals(flat))
    todo, done = frame, []
    for shape in _SHAPES:
        part = todo.filter(pl.col("flat").str.contains(shape))
        if part.is_empty():
            continue
        todo = todo.filter(~pl.col("flat").str.contains(shape))
        groups = part.select("written", "flat", g=pl.col("flat").str.extract_groups(shape)).unnest("g")
        done.append(_year_month_day(groups, as_of=as_of))
    serial = pl.col("flat").str.extract(_SERIAL).cast(pl.Int32)
    nothing = pl.lit(None, dtype=pl.Int32)
    return pl.concat([*done, todo.select("written", "flat", y=nothing, m=nothing, d=nothing, serial=serial)])


def _year_month_day(groups: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Year, month and day from the named groups of one shape."""
    number = {name: pl.col(name).cast(pl.Int32) for name in ("y", "m", "d", "yy", "roc", "a", "b") if name in groups.columns}
    if "yy" in number:
        century = as_of.year - as_of.year % 100
        year = pl.when(number["yy"] > as_of.year % 100).then(number["yy"] + century - 100).otherwise(number["yy"] + century)
    else:
        year = number["roc"] + 1911 if "roc" in number else number["y"]
    if "a" in number:
        day_first = number["a"] > 12
        month = pl.when(day_first).then(number["b"]).otherwise(number["a"])
        day = pl.when(day_first).then(number["a"]).otherwise(number["b"])
    else:
        month = number.get("m", pl.col("flat").str.extract(_MONTH).replace_strict(_MONTHS, default=None).cast(pl.Int32))
        day = number["d"]
    return groups.select("written", "flat", y=year, m=month, d=day, serial=pl.lit(None, dtype=pl.Int32))


def _chinese_numerals(flat: pl.Expr) -> pl.Expr:
    """二〇二三年十二月三十一日 as 2023年12月31日."""
    ones = "一二三四五六七八九"
    words = {tens + one: str(ten * 10 + place) for ten, tens in ((3, "三十"), (2, "二十"), (1, "十")) for place, one in enumerate(ones, 1)}
    words |= {"三十": "30", "二十": "20", "十": "10", "元年": "1年"}
    digits = {character: str(value) for value, character in enumerate("零" + ones)} | {"〇": "0", "○": "0"}
    converted = flat.str.replace_many(list(words), list(words.values()), leftmost=True).str.replace_many(
        list(digits), list(digits.values())
    )
    return pl.when(flat.str.contains("[〇○零一二三四五六七八九十元]+年")).then(converted).otherwise(flat)
