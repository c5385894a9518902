"""Identity numbers that are not 18 plain digits: labelled, spaced, damaged, of 15 digits, with letters, in words.

What is cut off: a label in front, separators, quotes, ``.0``. What is undone where the check digit proves it: letters that
look like digits, × for X. A cell of words with one number of 18 characters in it is that number.

The permits of mainland people for Hong Kong and Macau (往来港澳通行证: C and eight digits, since they were used up C, a letter other than I and O,
and seven digits; National Immigration Administration, 10 December 2018) and for Taiwan (往来台湾通行证: L and eight digits, the card since 2016) look
like many a passport, so their label must tell them.

>>> judge(pl.Series(["身份证:310106 19880715 2412", "1103010619880715241×"]), as_of=dt.date(2026, 1, 1))["type"].to_list()
['resident_id', 'unknown']
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl

from cleansing import strings, text
from cleansing.identities import eighteen, organization, regional, resident

_DIGITS_18 = "^[0-9]{17}[0-9X]$"
_ID = "居民身份证|身份证件|身份证|身分证|证件|ID(?: ?CARD| ?NO)?"
_COMPANY = "统一社会信用代码|社会信用代码|信用代码|组织机构代码|机构代码|营业执照|税号|纳税人识别号|USCC"
_PASSPORT = "中国护照|外国护照|护照|PASSPORT"
_TAIWAN = "台胞证|台湾居民来往大陆通行证|台湾通行证"
_TO_HONG_KONG, _TO_TAIWAN = "(?:因私)?(?:往来|往返|来往)港澳通行证", "(?:大陆居民)?(?:往来|往返|来往)台湾通行证"
_PERMIT = "港澳居民来往内地通行证|港澳居民居住证|台湾居民居住证|居住证|回乡证|港澳通行证|通行证|外国人永久居留身份证|外国人永久居留证|永久居留证|永居证"
_LABEL = rf"^[\[(【]?(?P<label>{_ID}|{_COMPANY}|{_PASSPORT}|{_TO_HONG_KONG}|{_TO_TAIWAN}|{_TAIWAN}|{_PERMIT})[\])】]?(?:号码|代码|证号|编号|号|NO)?[\])】]?[.:： ]*(?:是|为)?[.:： ]*"
_WORDS_BEHIND = r"^([0-9A-Z][0-9A-Z \-.]*?)[ ():,;]*\p{Han}+[ ()]*$"
_SCIENTIFIC = r"^[0-9](?:\.[0-9]+)?E\+?1[0-9]$"
_COMPLETE = r"^([0-9])\.([0-9]{14}|[0-9]{17})E\+?(14|17)$"
_DECIMAL = r"^([0-9]{15}|[0-9]{18})\.0+$"
_DECORATION = r"[\s\-‐‑‒–—―−_.,'`’‘\"“”=·()\[\]【】]"
_MASKED = r"[*×•●#?]{2,}|X{4,}|[0-9]X{3}[0-9]"
_LOST_X = r"^([0-9]{17})[×*Х✕]$"
_SHAPES = {  # kinds known by shape alone; the first that fits
    "foreigner_permit": r"^[A-Z]{3}[0-9]{4}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{2}$",
    "passport_cn": r"^(?:[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP][EP]?[0-9]{7,8}|1[45][0-9]{7})$",
    "hkm_travel_permit": r"^[HM][0-9]{8}(?:[0-9]{2})?$",
    "military_id": r"^(?:(?:军官|士官|士兵|警官|武警警官|文职干部|军人|义务兵)证?(?:号码|号)?:?)?\p{Han}{1,4}字第?[0-9]{4,12}号?$"
    r"|^(?:军官|士官|士兵|警官|武警警官|文职干部|军人|义务兵)证(?:号码|号)?:?\p{Han}{0,4}第?[0-9]{4,12}号?$",
}
_MILITARY_NUMBER = r"(\p{Han}字第?[0-9]{4,12}号?)$"  # without the words before it
_LABELLED = {
    "passport": (_PASSPORT, "^(?:[A-Z]{0,3}[0-9]{6,9}[A-Z]?|[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8})$"),
    "tw_travel_permit": (_TAIWAN, "^[0-9]{8}(?:[0-9]{2}[0-9A-Z]?)?$"),
    "hkm_exit_permit": (f"{_TO_HONG_KONG}|港澳通行证|通行证", "^C(?:[0-9]|[A-HJ-NP-Z])[0-9]{7}$"),
    "tw_exit_permit": (f"{_TO_TAIWAN}|台湾通行证|通行证", "^L[0-9]{8}$"),
}
_LOOKALIKES = str.maketrans("OILZSB", "011258")
_NOT_IN_USCC = str.maketrans("OIZS", "0125")  # letters that unified codes do not have


def judge(distinct: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged distinct cells: ``written`` and the columns of :func:`eighteen.judge`; an empty cell has type null."""
    frame = _compact(distinct.to_frame("written"))
    abroad = _regional(frame)
    frame = frame.join(abroad, on="written", how="anti")
    parts = [
        abroad,
        _part(frame, pl.col("compact").str.contains(_DIGITS_18), lambda codes: _eighteen(codes, as_of=as_of)),
        _part(frame, pl.col("compact").str.contains("^[0-9]{15}$"), lambda codes: _fifteen(codes, as_of=as_of)),
        _part(frame, _is_eighteen_letters(), lambda codes: _letters(codes, as_of=as_of)),
        _part(frame, pl.col("compact").str.contains("^[0-9A-Z]{8}[0-9X]$") & ~pl.col("junk") & ~_labelled(), _nine),
    ]
    others = frame.join(pl.concat(parts), on="written", how="anti")
    return pl.concat([*parts, _shapes(others)])


def _compact(frame: pl.DataFrame) -> pl.DataFrame:
    """Beside ``written``: flat, label, compact (only the number's characters), junk, altered (damage was undone)."""
    flat = frame.with_columns(flat=text.normalize(pl.col("written")).str.to_uppercase()).with_columns(
        label=pl.col("flat").str.extract(_LABEL), junk=text.is_junk(pl.col("flat"))
    )
    bare = flat.with_columns(bare=pl.col("flat").str.replace(_LABEL, "").str.replace(_WORDS_BEHIND, "$1").str.strip_chars(" '\"=`‘’“”()"))
    undone = pl.coalesce(
        pl.col("bare").str.extract(_DECIMAL),
        pl.when(pl.col("bare").str.extract(_COMPLETE, 2).str.len_bytes().cast(pl.String) == pl.col("bare").str.extract(_COMPLETE, 3))
        .then(pl.concat_str(pl.col("bare").str.extract(_COMPLETE, 1), pl.col("bare").str.extract(_COMPLETE, 2))),
        pl.concat_str(pl.col("bare").str.extract(_LOST_X), pl.lit("X")),
    )  # fmt: skip
    numbers = (
        pl.col("flat")
        .str.extract_all("[0-9A-Z]+")
        .list.eval(pl.element().filter(pl.element().str.contains("^[0-9A-Z]{18}$")))
        .list.unique()
    )
    bare = bare.with_columns(
        undone=undone,
        compact=pl.coalesce(
            undone, pl.when(pl.col("bare").str.contains(_SCIENTIFIC)).then("bare"), pl.col("bare").str.replace_all(_DECORATION, "")
        ),
        numbers=numbers,
    )
    inside = (pl.col("numbers").list.len() == 1) & ~pl.col("compact").str.contains("^[0-9A-Z]*$")
    return bare.select(
        "written", "flat", "label", junk=pl.col("junk") | text.is_junk(pl.col("bare")),
        compact=pl.when(inside).then(pl.col("numbers").list.first()).otherwise("compact"),
        altered=pl.col("undone").is_not_null() | pl.col("written").str.contains("[０-９Ａ-Ｚａ-ｚ]"),
    )  # fmt: skip


def _regional(frame: pl.DataFrame) -> pl.DataFrame:
    """Judged cells that are cards of Hong Kong, Macau or Taiwan; a label that says something else rules it out."""
    plain = pl.col("label").is_null() | pl.col("label").str.contains(f"^(?:{_ID}|{_TAIWAN}|{_PERMIT})$")
    open_ = frame.filter(plain & ~pl.col("junk")).with_columns(
        bare=pl.col("flat").str.replace(_LABEL, "").str.replace_all(r"[ '\"=`‘’“”.·\-]", "")
    )
    joined = open_.join(regional.judge(open_["bare"]), on="bare")
    return joined.select(
        "type", "gender", "reason", "normalized", "written", birth=pl.lit(None, dtype=pl.Date), region=pl.lit(None, dtype=pl.String),
        fix=pl.when(pl.col("altered") & pl.col("reason").is_null()).then(pl.lit("repaired")),
    ).select("type", "birth", "gender", "region", "reason", "normalized", "fix", "written")  # fmt: skip


def _labelled() -> pl.Expr:
    """Whether the cell's own label says which kind its shape alone would not tell."""
    return pl.any_horizontal(
        (pl.col("label").str.contains(f"^(?:{label})$") & pl.col("compact").str.contains(shape)).fill_null(value=False)
        for label, shape in _LABELLED.values()
    )


def _is_eighteen_letters() -> pl.Expr:
    compact = pl.col("compact")
    return compact.str.contains("^[0-9A-Z]{18}$") & ~compact.str.contains(_DIGITS_18) & ~compact.str.contains(_MASKED)


def _part(frame: pl.DataFrame, chosen: pl.Expr, judge: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """The chosen rows, judged by ``judge``; a fix that normalization made is named unless the judge names one."""
    part = frame.filter(chosen)
    judged = judge(part["compact"])
    return judged.with_columns(written=part["written"], altered=part["altered"]).with_columns(
        fix=pl.coalesce("fix", pl.when("altered").then(pl.lit("repaired")))
    ).drop("altered")  # fmt: skip


def _eighteen(codes: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    return eighteen.judge(strings.matrix(codes, width=18), as_of=as_of)


def _fifteen(codes: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged numbers of 15 digits, upgraded."""
    upgraded = resident.upgrade(strings.matrix(codes, width=15))
    # The 18th digit is computed here, so 000 at the end is no spreadsheet's work.
    judged = resident.judge(upgraded, as_of=as_of, may_be_damaged=False)
    return judged.with_columns(normalized=strings.fixed(upgraded), fix=pl.lit("upgraded"))


def _letters(codes: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged 18 characters with letters among them: unified codes, or ids, both with lookalike letters read as digits."""
    as_code = pl.Series([code.translate(_NOT_IN_USCC) for code in codes], dtype=pl.String)
    as_id = pl.Series([code[:17].translate(_LOOKALIKES) + code[17:].translate(_LOOKALIKES) for code in codes], dtype=pl.String)
    judged = resident.judge(strings.matrix(as_id, width=18), as_of=as_of)
    frame = judged.with_columns(
        written=codes, as_code=as_code, as_id=as_id, uscc=organization.uscc_fits(strings.matrix(as_code, width=18)),
        looks=as_id.str.contains("^[1-8][0-9]{15,}") & codes.str.contains("^[1-8][0-9]{9}"),
    ).with_columns(person=pl.col("reason").is_null() & ~pl.col("uscc"))  # fmt: skip
    changed = pl.when("uscc").then(pl.col("as_code") != pl.col("written")).otherwise("person")
    return frame.select(
        type=pl.when(pl.col("person") | (pl.col("looks") & ~pl.col("uscc"))).then("type").otherwise(pl.lit("uscc")),
        birth=pl.when("person").then("birth"),
        gender=pl.when("person").then("gender"),
        region=pl.when("uscc").then(pl.col("as_code").str.slice(2, 6)).when("person").then("region"),
        reason=pl.when(~pl.col("uscc") & ~pl.col("person")).then(pl.when("looks").then("reason").otherwise(pl.lit("check_digit"))),
        normalized=pl.when("uscc").then("as_code").otherwise("as_id"),
        fix=pl.when(changed).then(pl.lit("repaired")),
    )


def _nine(codes: pl.Series) -> pl.DataFrame:
    """Judged 9 characters: organization codes whose check digit fits, else passports, else nothing we know."""
    fits = organization.org_fits(strings.matrix(codes, width=9))
    passport = codes.str.contains(_SHAPES["passport_cn"])
    travel = codes.str.contains(_SHAPES["hkm_travel_permit"])
    foreign = codes.str.contains(regional.PASSPORT)
    return pl.DataFrame({"normalized": codes, "fits": fits, "passport": passport, "travel": travel, "foreign": foreign}).select(
        type=pl.when(pl.col("passport") & ~pl.col("normalized").str.contains("^[0-9]")).then(pl.lit("passport_cn"))
        .when("travel").then(pl.lit("hkm_travel_permit"))
        .when("fits").then(pl.lit("org_code"))
        .when("passport").then(pl.lit("passport_cn"))
        .when(pl.col("normalized").str.contains("^(?:MA|L|7)")).then(pl.lit("org_code"))
        .when("foreign").then(pl.lit("passport"))
        .otherwise(pl.lit("unknown")),
        birth=pl.lit(None, dtype=pl.Date), gender=pl.lit(None, dtype=pl.String), region=pl.lit(None, dtype=pl.String),
        reason=pl.when(~(pl.col("fits") | pl.col("passport") | pl.col("travel") | pl.col("foreign")))
        .then(pl.when(pl.col("normalized").str.contains("^(?:MA|L|7)")).then(pl.lit("check_digit")).otherwise(pl.lit("unknown"))),
        normalized="normalized", fix=pl.lit(None, dtype=pl.String),
    )  # fmt: skip


def _shapes(frame: pl.DataFrame) -> pl.DataFrame:
    """Judged cells that are known by shape or label alone, or not at all; an empty cell has type null."""
    compact, flat = pl.col("compact"), pl.col("flat")
    by_shape = [pl.when(compact.str.contains(shape)).then(pl.lit(name)) for name, shape in _SHAPES.items()]
    by_label = [
        pl.when(pl.col("label").str.contains(f"^(?:{label})$") & compact.str.contains(shape)).then(pl.lit(name))
        for name, (label, shape) in _LABELLED.items()
    ]
    shaped = frame.with_columns(
        type=pl.coalesce(*by_shape, *by_label),
        why=pl.when("junk").then(pl.lit("placeholder"))
        .when(flat.str.contains(_SCIENTIFIC) | compact.str.contains(_SCIENTIFIC)).then(pl.lit("spreadsheet_damaged"))
        .when(flat.str.contains(_MASKED)).then(pl.lit("masked"))
        .when(compact.str.contains("^[0-9]{12,21}X?$")).then(pl.lit("length"))
        .otherwise(pl.lit("unknown")),
    )  # fmt: skip
    empty = flat == ""
    return shaped.select(
        type=pl.when(~empty).then(
            pl.coalesce("type", pl.when(pl.col("why") == "spreadsheet_damaged").then(pl.lit("resident_id")), pl.lit("unknown"))
        ),
        birth=pl.lit(None, dtype=pl.Date),
        gender=pl.lit(None, dtype=pl.String),
        region=pl.lit(None, dtype=pl.String),
        reason=pl.when(~empty & pl.col("type").is_null()).then("why"),
        normalized=pl.coalesce(compact.str.extract(_MILITARY_NUMBER), compact),
        fix=pl.when("altered").then(pl.lit("repaired")),
        written="written",
    )
