"""Identity numbers of people and organizations: which kind, valid or why not, and what the number says.

Kinds, by shape and check digits: ``resident_id`` (GB 11643, 18 and 15 digits), ``hkmt_residence_permit`` (81 82 83),
``foreigner_permit`` (9…, or three letters and 12 digits), ``uscc`` (GB 32100), ``org_code`` (GB 11714), ``passport_cn``,
``hkm_travel_permit``, ``military_id``, ``unknown``.

Repairs, each proved by the check digit: O and I for 0 and 1, full-width digits, ``.0`` behind; 15 digits become 18.
A number that a spreadsheet cut to 15 significant digits (…000, 3.10106198807152E+17) is named so and is never a proof.

>>> cells = pl.Series(["31010619880715241２", "914403001922038216", "E12345678", "111111111111111111"])
>>> clean(cells, as_of=dt.date(2026, 1, 1)).select("type", "valid", "status", "reason").rows()
[('resident_id', True, 'repaired', None), ('uscc', True, 'valid', None), ('passport_cn', True, 'valid', None), ('resident_id', False, 'invalid', 'checksum_or_date')]
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl

from cleansing import checkdigits, text
from cleansing.identities import organization, resident

SCHEMA = {
    "status": pl.String(),
    "type": pl.String(),
    "valid": pl.Boolean(),
    "normalized": pl.String(),
    "birth": pl.Date(),
    "gender": pl.String(),
    "region": pl.String(),
    "reason": pl.String(),
    "reasons": pl.List(pl.String()),
}
_JUDGED = {name: SCHEMA[name] for name in ("type", "birth", "gender", "region", "reason")}
_DIGITS_18 = "^[0-9]{17}[0-9X]$"
_LABEL = r"^(?:居民)?(?:身份证|证件|统一社会信用代码|信用代码|护照|组织机构代码|营业执照|ID)(?:号码|号|代码)?[:： ]*"
_SCIENTIFIC = r"^[0-9](?:\.[0-9]+)?E\+?1[0-9]$"
_MASKED = r"[*×•●]{2,}|X{4,}"
_SHAPES = {  # kinds known by shape alone; the first that fits
    "passport_cn": r"^(?:[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP][EP]?[0-9]{7,8}|1[45][0-9]{7})$",
    "hkm_travel_permit": r"^[HM][0-9]{8}(?:[0-9]{2})?$",
    "military_id": r"^.?[军士文武海空].{0,3}字第?[0-9]{4,9}号?$",
}
_FOREIGNER_15 = r"^[A-Z]{3}[0-9]{4}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{2}$"


def clean(values: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Status, type, validity and content of each cell: ``SCHEMA``, same height and order; ``birth`` is a Date.

    ``as_of`` bounds birth dates. ``normalized`` is set for valid numbers only; an empty cell has type null.
    """
    written = values.cast(pl.String).rename("written")
    # 18 plain characters are nearly all: they need no normalization and are judged without looking for duplicates.
    plain = (written.str.len_bytes() == 18).fill_null(value=False) & written.str.contains(_DIGITS_18).fill_null(value=False)
    plain_rows = plain.arg_true()
    easy = _eighteen(written.gather(plain_rows), as_of=as_of).with_columns(row=plain_rows)
    rest = pl.DataFrame({"row": (~plain).arg_true(), "written": written.filter(~plain)})
    odd = _odd(rest["written"].drop_nulls().unique(), as_of=as_of)
    hard = rest.join(odd, on="written", how="left").select(*easy.columns)
    judged = pl.concat([easy, hard]).sort("row")
    valid = pl.col("type").is_not_null() & pl.col("reason").is_null()
    status = (
        pl.when(pl.col("type").is_null()).then(pl.lit("empty"))
        .when(valid & pl.col("fix").is_not_null()).then(pl.lit("repaired"))
        .when(valid).then(pl.lit("valid"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    codes = pl.concat_list(pl.concat_str(pl.lit("id_"), pl.coalesce("reason", pl.when(valid).then("fix")))).list.drop_nulls()
    return judged.select(
        status=status, type="type", valid=valid, normalized=pl.when(valid).then("normalized"), birth="birth", gender="gender", region="region",
        reason="reason", reasons=codes,
    ).select(*SCHEMA)  # fmt: skip


def _eighteen(codes: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged 18-character all-digit numbers (the last may be X): resident ids, or unified codes made of digits."""
    bytes_ = checkdigits.matrix(codes, width=18)
    judged = resident.judge(bytes_, as_of=as_of).with_columns(normalized=codes, fix=pl.lit(None, dtype=pl.String))
    failed = (judged["reason"].is_not_null() | judged["type"].eq("foreigner_permit")).to_numpy()
    uscc = np.zeros(len(codes), dtype=np.bool_)
    uscc[failed] = organization.uscc_fits(bytes_[failed])
    looks_uscc = (bytes_[:, 0] == ord("9")) & judged["reason"].is_not_null().to_numpy()
    return (
        judged.with_columns(uscc=uscc, looks=looks_uscc)
        .select(
            type=pl.when(pl.col("uscc") | pl.col("looks")).then(pl.lit("uscc")).otherwise("type"),
            birth=pl.when(~pl.col("uscc")).then("birth"),
            gender=pl.when(~pl.col("uscc")).then("gender"),
            region=pl.when("uscc").then(pl.col("normalized").str.slice(2, 6)).otherwise("region"),
            reason=pl.when(~pl.col("uscc")).then(pl.when("looks").then(pl.lit("check_digit")).otherwise("reason")),
            normalized="normalized",
            fix="fix",
        )
        .with_columns(row=pl.lit(None, dtype=pl.UInt32))
    )


def _odd(distinct: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged distinct cells of any other form."""
    frame = distinct.to_frame("written").with_columns(flat=text.normalize(pl.col("written")).str.to_uppercase())
    frame = frame.with_columns(
        compact=pl.col("flat").str.replace(_LABEL, "").str.replace(r"^([0-9]{15,18})\.0+$", "$1").str.replace_all(r"[\s\-–—_.,'`’·()]", "")
    ).with_columns(
        digits=pl.col("compact").str.replace_all("O", "0").str.replace_all("I", "1"),
        altered=pl.col("written").str.contains(r"[０-９Ａ-Ｚａ-ｚ]|^\s*[0-9]{15,18}\.0+\s*$"),
    )
    parts = [
        _part(frame, pl.col("compact").str.contains(_DIGITS_18), "compact", lambda codes: _eighteen(codes, as_of=as_of)),
        _part(frame, pl.col("compact").str.contains("^[0-9]{15}$"), "compact", lambda codes: _fifteen(codes, as_of=as_of)),
        _part(frame, _is_eighteen_letters(), "digits", lambda codes: _letters(codes, as_of=as_of)),
        _part(frame, pl.col("compact").str.contains("^[0-9A-Z]{8}[0-9X]$"), "compact", _nine),
    ]
    done = pl.concat(parts)
    others = frame.join(done, on="written", how="anti")
    return pl.concat([done, _shapes(others)])


def _is_eighteen_letters() -> pl.Expr:
    return (
        pl.col("compact").str.contains("^[0-9A-Z]{18}$")
        & ~pl.col("compact").str.contains(_DIGITS_18)
        & ~pl.col("compact").str.contains(_MASKED)
    )


def _part(frame: pl.DataFrame, chosen: pl.Expr, column: str, judge: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """The chosen rows, judged by ``judge``; a fix that normalization made is named unless the judge names one."""
    part = frame.filter(chosen)
    judged = judge(part[column])
    return judged.with_columns(written=part["written"], altered=part["altered"]).with_columns(
        fix=pl.coalesce("fix", pl.when("altered").then(pl.lit("repaired")))
    ).drop("altered")  # fmt: skip


def _fifteen(codes: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged numbers of 15 digits, upgraded."""
    upgraded = checkdigits.text(resident.upgrade(checkdigits.matrix(codes, width=15)))
    judged = resident.judge(checkdigits.matrix(upgraded, width=18), as_of=as_of)
    # The 18th digit is computed here, so "000" behind it is no spreadsheet's work.
    return judged.select(
        "type", "birth", "gender", "region", "reason", normalized=upgraded, fix=pl.lit("upgraded"), row=pl.lit(None, dtype=pl.UInt32)
    )  # fmt: skip


def _letters(codes: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Judged 18 characters with letters among them, O and I already read as 0 and 1: unified codes, or ids so repaired."""
    bytes_ = checkdigits.matrix(codes, width=18)
    uscc = organization.uscc_fits(bytes_)
    resident_ = resident.judge(bytes_, as_of=as_of).with_columns(uscc=uscc)
    person = pl.col("reason").is_null() & ~pl.col("uscc")
    looks = codes.str.contains("^[1-8][0-9]{15,}")
    return resident_.with_columns(normalized=codes, looks=looks).select(
        type=pl.when(person | (pl.col("looks") & ~pl.col("uscc"))).then("type").otherwise(pl.lit("uscc")),
        birth=pl.when(person).then("birth"),
        gender=pl.when(person).then("gender"),
        region=pl.when("uscc").then(pl.col("normalized").str.slice(2, 6)).when(person).then("region"),
        reason=pl.when(~pl.col("uscc") & ~person).then(pl.when("looks").then("reason").otherwise(pl.lit("check_digit"))),
        normalized="normalized",
        fix=pl.when(person).then(pl.lit("repaired")),
        row=pl.lit(None, dtype=pl.UInt32),
    )


def _nine(codes: pl.Series) -> pl.DataFrame:
    """Judged 9 characters: organization codes whose check digit fits, else passports, else nothing we know."""
    fits = organization.org_fits(checkdigits.matrix(codes, width=9))
    passport = codes.str.contains(_SHAPES["passport_cn"])
    travel = codes.str.contains(_SHAPES["hkm_travel_permit"])
    return pl.DataFrame({"normalized": codes, "fits": fits, "passport": passport, "travel": travel}).select(
        type=pl.when(pl.col("passport") & ~pl.col("normalized").str.contains("^[0-9]")).then(pl.lit("passport_cn"))
        .when("fits").then(pl.lit("org_code"))
        .when("passport").then(pl.lit("passport_cn"))
        .when("travel").then(pl.lit("hkm_travel_permit"))
        .when(pl.col("normalized").str.contains("^(?:MA|L|7)")).then(pl.lit("org_code"))
        .otherwise(pl.lit("unknown")),
        birth=pl.lit(None, dtype=pl.Date), gender=pl.lit(None, dtype=pl.String), region=pl.lit(None, dtype=pl.String),
        reason=pl.when(~(pl.col("fits") | pl.col("passport") | pl.col("travel")))
        .then(pl.when(pl.col("normalized").str.contains("^(?:MA|L|7)")).then(pl.lit("check_digit")).otherwise(pl.lit("unknown"))),
        normalized="normalized", fix=pl.lit(None, dtype=pl.String), row=pl.lit(None, dtype=pl.UInt32),
    )  # fmt: skip


def _shapes(frame: pl.DataFrame) -> pl.DataFrame:
    """Judged cells that are known by shape alone, or not at all; an empty cell has type null."""
    compact, flat = pl.col("compact"), pl.col("flat")
    shapes = {"foreigner_permit": _FOREIGNER_15, **_SHAPES}
    kind = pl.coalesce(*(pl.when(compact.str.contains(shape)).then(pl.lit(name)) for name, shape in shapes.items()))
    shaped = frame.with_columns(
        type=kind,
        why=pl.when(text.is_junk(flat)).then(pl.lit("placeholder"))
        .when(flat.str.contains(_SCIENTIFIC)).then(pl.lit("spreadsheet_damaged"))
        .when(compact.str.contains(_MASKED)).then(pl.lit("masked"))
        .when(compact.str.contains("^[0-9]{12,21}X?$")).then(pl.lit("length"))
        .otherwise(pl.lit("unknown")),
    )  # fmt: skip
    empty = flat == ""
    return shaped.select(
        type=pl.when(~empty).then(
            pl.coalesce("type", pl.when(pl.col("why").is_in(["spreadsheet_damaged"])).then(pl.lit("resident_id")), pl.lit("unknown"))
        ),
        birth=pl.lit(None, dtype=pl.Date),
        gender=pl.lit(None, dtype=pl.String),
        region=pl.lit(None, dtype=pl.String),
        reason=pl.when(~empty & pl.col("type").is_null()).then("why"),
        normalized="compact",
        fix=pl.when("altered").then(pl.lit("repaired")),
        row=pl.lit(None, dtype=pl.UInt32),
        written="written",
    )
