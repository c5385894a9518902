"""Vehicle identification numbers (ISO 3779, GB 16735-2019).

17 characters of A-Z and 0-9 without I, O, Q. The ninth is a check digit (weighted sum modulo 11, 10 written X): mandatory
for cars made in China (WMI with L), so a wrong one is *invalid* there; elsewhere many makers do not use it, so it is *warn*.
The tenth is the model year, in a cycle of 30 years; the newest year that is not after next year is meant.

I, O, Q are read as 1, 0, 0 only where the check digit then fits (*repaired*). Labels, stars, hyphens and spaces are no part of it.

>>> cells = pl.Series(["*LFV3A23C0F3027419*", "LFV3A23C0F3O27419", "LFV3A23CGF3027419", "沪A12345"])
>>> clean(cells, as_of=dt.date(2026, 1, 1)).select("status", "normalized", "model_year", "reason").rows()
[('valid', 'LFV3A23C0F3027419', 2015, None), ('repaired', 'LFV3A23C0F3027419', 2015, None), ('invalid', None, 2015, 'check_digit'), ('invalid', None, None, 'not_a_vin')]
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import checkdigits, text
from cleansing.vehicles import makers

SCHEMA = {
    "status": pl.String(),
    "normalized": pl.String(),
    "check_ok": pl.Boolean(),
    "wmi": pl.String(),
    "maker": pl.String(),
    "country": pl.String(),
    "model_year": pl.Int64(),
    "reason": pl.String(),
    "reasons": pl.List(pl.String()),
}
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 1980 and 2010 are A
_WHOLE = "^[A-HJ-NPR-Z0-9]{17}$"
_LABEL = r"^(?:VIN(?:码|号|CODE|NO)?|车架号码?|车架|底盘号码?|车辆识别代[号码]|车辆识别码|大架号)[\s:：.#]*"


def _value_table() -> checkdigits.Ints:
    table = np.full(256, -1_000_000, dtype=np.int64)
    for values, characters in (
        (range(10), "0123456789"),
        (range(1, 9), "ABCDEFGH"),
        (range(1, 6), "JKLMN"),
        ((7, 9), "PR"),
        (range(2, 10), "STUVWXYZ"),
    ):
        for value, character in zip(values, characters, strict=True):
            table[ord(character)] = value
    return table


VALUES = _value_table()


def check_fits(codes: checkdigits.Bytes) -> npt.NDArray[np.bool_]:
    """Whether the ninth character of 17-character codes is the check digit of the others."""
    total = checkdigits.weighted_sum(codes, values=VALUES, weights=WEIGHTS)
    wanted = np.frombuffer(b"0123456789X", dtype=np.uint8)[total % 11]
    fits: npt.NDArray[np.bool_] = (total >= 0) & (codes[:, 8] == wanted)
    return fits


def clean(values: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Status, normalized VIN (valid, repaired and warn only) and what it says: ``SCHEMA``, same height and order.

    Reasons: placeholder, not_a_vin, length, illegal_characters, check_digit (also of a *warn*), multiple.
    An empty cell has status empty.
    """
    written = values.cast(pl.String).rename("written")
    plain = written.str.contains(_WHOLE).fill_null(value=False)
    rows = plain.arg_true()
    easy = _judge(pl.DataFrame({"row": rows, "code": written.gather(rows)}).with_columns(altered=pl.lit(value=False)))
    rest = pl.DataFrame({"row": (~plain).arg_true(), "written": written.filter(~plain)})
    odd = _odd(rest["written"].drop_nulls().unique())
    hard = rest.join(odd, on="written", how="left").with_columns(pl.col("status").fill_null("empty")).select(easy.columns)
    judged = pl.concat([easy, hard]).sort("row")
    ok = pl.col("status").is_in(["valid", "repaired", "warn"])
    known = judged["check_ok"].is_not_null()
    wmi = judged.select(pl.when(known).then(pl.col("code").str.slice(0, 3))).to_series().alias("wmi")
    flagged = pl.when(pl.col("status") == "warn").then(pl.lit("vin_check_digit_warning")).when(pl.col("status") == "repaired").then(
        pl.lit("vin_repaired")
    ).otherwise(pl.concat_str(pl.lit("vin_"), "reason"))  # fmt: skip
    return judged.hstack([wmi, *makers.describe(wmi)]).select(
        status="status", normalized=pl.when(ok).then("code"), check_ok="check_ok", wmi="wmi", maker="maker", country="country",
        model_year=pl.when(known).then(_model_year(pl.col("code").str.slice(9, 1), newest=as_of.year + 1)),
        reason="reason", reasons=pl.concat_list(flagged).list.drop_nulls(),
    ).select(*SCHEMA)  # fmt: skip


def _judge(frame: pl.DataFrame) -> pl.DataFrame:
    """Status, check and reason of 17-character codes in ``code``; those ``altered`` count as repaired where the check fits."""
    codes = checkdigits.matrix(frame["code"], width=17)
    placeholder = (codes == codes[:, :1]).mean(axis=1) > 0.7 if len(codes) else np.zeros(0, dtype=np.bool_)
    run = frame["code"].is_in(["12345678901234567", "ABCDEFGH123456789"])
    judged = frame.with_columns(
        placeholder=pl.Series(placeholder, dtype=pl.Boolean) | run, check_ok=pl.Series(check_fits(codes), dtype=pl.Boolean)
    )
    china = pl.col("code").str.starts_with("L")
    check_ok, none = pl.col("check_ok"), pl.lit(None, dtype=pl.String)
    return judged.with_columns(
        status=pl.when("placeholder").then(pl.lit("invalid"))
        .when(check_ok & pl.col("altered")).then(pl.lit("repaired"))
        .when(check_ok).then(pl.lit("valid"))
        .when(china).then(pl.lit("invalid"))
        .otherwise(pl.lit("warn")),
        reason=pl.when("placeholder").then(pl.lit("placeholder")).when(check_ok).then(none).otherwise(pl.lit("check_digit")),
        check_ok=pl.when(~pl.col("placeholder")).then("check_ok"),
    ).select("row", "status", "code", "check_ok", "reason")  # fmt: skip


def _odd(distinct: pl.Series) -> pl.DataFrame:
    """Judged distinct cells of any other form."""
    frame = distinct.to_frame("written").with_columns(flat=text.normalize(pl.col("written")).str.to_uppercase().str.replace(_LABEL, ""))
    frame = frame.with_columns(
        compact=pl.col("flat").str.replace_all(r"[\s*\-–—_.,;:'`’·#/()\[\]\"=]", ""),
        found=pl.col("flat")
        .str.extract_all(r"[A-Z0-9]{17,}")
        .list.eval(pl.element().filter(pl.element().str.len_bytes() == 17))
        .list.unique(),
        wide=pl.col("written").str.contains("[０-９Ａ-Ｚａ-ｚ]"),
    )
    several = frame.filter(pl.col("found").list.len() > 1)
    single = frame.join(several, on="written", how="anti").with_columns(
        whole=pl.when(pl.col("compact").str.contains("^[A-Z0-9]{17}$")).then("compact").otherwise(pl.col("found").list.first())
    )
    seventeen = single.filter(pl.col("whole").is_not_null()).with_columns(
        code=pl.col("whole").str.replace_many(["I", "O", "Q"], ["1", "0", "0"])
    )  # fmt: skip
    letters = pl.col("whole") != pl.col("code")
    judged = _judge(seventeen.select(row="written", code="code", altered=letters | pl.col("wide")))
    unproven = seventeen.select("whole", "code")["whole"].ne(seventeen["code"]) & judged["reason"].eq("check_digit").fill_null(value=False)
    judged = judged.with_columns(unproven=unproven).select(
        written="row",
        status=pl.when("unproven").then(pl.lit("invalid")).otherwise("status"),
        code=pl.when(~pl.col("unproven")).then("code"),
        check_ok=pl.when(~pl.col("unproven")).then("check_ok"),
        reason=pl.when("unproven").then(pl.lit("illegal_characters")).otherwise("reason"),
    )
    short = single.filter(pl.col("whole").is_null())
    why = (
        pl.when(pl.col("flat") == "").then(None)
        .when(text.is_junk(pl.col("flat"))).then(pl.lit("placeholder"))
        .when(pl.col("compact").str.contains("^[A-Z0-9]{8,24}$") & pl.col("compact").str.contains("[0-9]")).then(pl.lit("length"))
        .otherwise(pl.lit("not_a_vin"))
    )  # fmt: skip
    nothing = pl.lit(None, dtype=pl.String)
    unknown = pl.lit(None, dtype=pl.Boolean)
    return pl.concat(
        [
            judged,
            several.select("written", status=pl.lit("invalid"), code=nothing, check_ok=unknown, reason=pl.lit("multiple")),
            short.with_columns(reason=why).select(
                "written", pl.when(pl.col("reason").is_null()).then(pl.lit("empty")).otherwise(pl.lit("invalid")).alias("status"),
                code=nothing, check_ok=unknown, reason="reason",
            ),
        ]
    )  # fmt: skip


def _model_year(character: pl.Expr, *, newest: int) -> pl.Expr:
    """The newest year not after ``newest`` that the character stands for; null for 0, U and Z."""
    years = [newest - (newest - 1980 - place) % 30 for place in range(30)]
    return character.replace_strict(list(_YEARS), years, default=None, return_dtype=pl.Int64)
