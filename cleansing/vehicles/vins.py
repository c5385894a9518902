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
import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import checkdigits, strings, text
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
Mask = npt.NDArray[np.bool_]
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
WIDTH = 17
_ALIKE = 12  # so many equal characters are no number
_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 1980 and 2010 are A
_LABEL = r"^[\s*#(\[【]*(?:VIN(?:码|号|CODE|NO)?|车架号码?|车架|底盘号码?|车辆识别代[号码]|车辆识别码|车辆识别号码?|大架号)[\s:：.#=】\])]*"
LOOK_LATIN = dict(zip("АВЕКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXABEZHIKMNOPTYX", strict=True))  # look like Latin capitals
# Placeholders of sequence: a run of digits or letters from the beginning.
_RUNS = (b"12345678901234567", b"01234567890123456", b"1234567890ABCDEFG", b"0123456789ABCDEFG", b"ABCDEFGHJKLMNPRST", b"ABCDEFGH123456789", b"98765432109876543")  # fmt: skip

# All that can be found of a cell, by number (see _outcomes).
_EMPTY, _VALID, _REPAIRED, _WARN, _CHECK_DIGIT, _PLACEHOLDER, _ILLEGAL, _LENGTH, _NOT_A_VIN, _MULTIPLE = range(10)


@functools.cache
def _outcomes() -> pl.DataFrame:
    """status, check_ok, reason and reasons of every outcome, in the order of its number."""
    rows = [
        ("empty", None, None, []),
        ("valid", True, None, []),
        ("repaired", True, None, ["vin_repaired"]),
        ("warn", False, "check_digit", ["vin_check_digit_warning"]),
        ("invalid", False, "check_digit", ["vin_check_digit"]),
        *(
            ("invalid", None, reason, [f"vin_{reason}"])
            for reason in ("placeholder", "illegal_characters", "length", "not_a_vin", "multiple")
        ),
    ]
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in ("status", "check_ok", "reason", "reasons")}, orient="row").rechunk()


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


def _reading_table() -> npt.NDArray[np.uint16]:
    """For each byte the capital it is read as, I, O, Q as 1, 0, 0, with its value in the high byte; 0 where it is in no VIN."""
    table = np.zeros(256, dtype=np.uint16)
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
        meant = ord(letter.translate(IOQ))
        table[[ord(letter), ord(letter.lower())]] = VALUES[meant] << 8 | meant
    return table


IOQ = str.maketrans("IOQ", "100")
_READ = _reading_table()
_CHECK_DIGITS = np.frombuffer(b"0123456789X", dtype=np.uint8)


def check_fits(codes: strings.Bytes) -> Mask:
    """Whether the ninth character of 17-character codes (of A-Z without I, O, Q, and 0-9) is the check digit of the others."""
    return _fits(np.take(_READ, codes.T))


def _fits(read: npt.NDArray[np.uint16]) -> Mask:
    """:func:`check_fits` of columns: whole columns at once are several times faster than row after row."""
    total = np.einsum("i,ij->j", np.array(WEIGHTS, dtype=np.uint16), read >> 8)
    fits: Mask = read[8].astype(np.uint8) == _CHECK_DIGITS[total % 11]
    return fits


def clean(values: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Status, normalized VIN (valid, repaired and warn only) and what it says: ``SCHEMA``, same height and order.

    Reasons: placeholder, not_a_vin, length, illegal_characters, check_digit (also of a *warn*), multiple.
    An empty cell has status empty.
    """
    written = values.cast(pl.String)
    height = len(written)
    outcome, year, maker = np.empty(height, dtype=np.uint8), np.empty(height, dtype=np.uint8), np.empty(height, dtype=np.uint16)
    rows, codes = [], []  # of the cells that are read as other characters
    for part in strings.parts(height):
        sizes = strings.lengths(written[part])
        read = _read(strings.matrix(written[part], width=WIDTH))
        whole = (sizes == WIDTH) & read.whole
        outcome[part] = np.where(whole, read.outcome, np.where(sizes == 0, _EMPTY, _NOT_A_VIN))
        year[part], maker[part] = read.codes[9], makers.numbers(read.codes[:3])
        changed = np.flatnonzero(whole & read.changed)
        rows.append(part.start + changed)
        codes.append(read.codes[:, changed].T)
    rest = np.flatnonzero(outcome == _NOT_A_VIN)
    if rest.size:
        found = _found(written.gather(rest))
        outcome[rest] = found["unread"].to_numpy()
        coded = found["code"].is_not_null()
        places, sought = rest[coded.to_numpy()], found.filter(coded)
        read = _read(strings.matrix(sought["code"], width=WIDTH), wide=sought["wide"].to_numpy())
        outcome[places], year[places], maker[places] = read.outcome, read.codes[9], makers.numbers(read.codes[:3])
        rows.append(places)
        codes.append(read.codes.T)
    texts = strings.put(written, np.concatenate(rows), strings.fixed(np.concatenate(codes))) if rows else written
    return _described(texts, outcome, year, maker, newest=as_of.year + 1)


@dataclass(frozen=True)
class _Read:
    """Texts of 17 bytes as they are read."""

    codes: strings.Bytes
    """Columns: a VIN's characters."""
    whole: Mask
    """Whether each can be of a VIN."""
    changed: Mask
    """Whether any was read as another."""
    outcome: strings.Bytes


def _read(given: strings.Bytes, *, wide: Mask | bool = False) -> _Read:
    """Reads a matrix of 17 bytes a row; ``wide``: other characters were replaced before."""
    columns = np.ascontiguousarray(given.T)  # whole columns at once are several times faster than row after row
    read = np.take(_READ, columns)
    codes = read.astype(np.uint8)
    other = codes != columns
    letters = (other & (codes <= ord("9"))).any(axis=0)
    return _Read(codes, read.min(axis=0) > 0, other.any(axis=0), _judged(read, codes, letters=letters, wide=wide))


def _judged(read: npt.NDArray[np.uint16], codes: strings.Bytes, *, letters: Mask, wide: Mask | bool) -> strings.Bytes:
    """Outcomes of 17 columns of characters; ``letters``: I, O or Q were read as digits; ``wide``: other characters were replaced."""
    alike = np.maximum((codes == codes[0]).sum(axis=0, dtype=np.uint8), (codes == codes[-1]).sum(axis=0, dtype=np.uint8))
    nothing = alike >= _ALIKE
    for run in _RUNS:
        begins = np.flatnonzero((codes[0] == run[0]) & (codes[1] == run[1]) & (codes[2] == run[2]))
        nothing[begins] |= (codes[:, begins] == np.frombuffer(run, dtype=np.uint8)[:, None]).all(axis=0)
    failed = np.where(letters, _ILLEGAL, np.where((codes[0] == ord("L")) | (codes[0] == ord("H")), _CHECK_DIGIT, _WARN))
    outcome = np.where(_fits(read), np.where(letters | wide, _REPAIRED, _VALID), failed)
    return np.where(nothing, _PLACEHOLDER, outcome).astype(np.uint8)


def _described(texts: pl.Series, outcome: strings.Bytes, year: strings.Bytes, maker: makers.Numbers, *, newest: int) -> pl.DataFrame:
    """What each code says, by its tenth byte and its maker's number, where its outcome lets it say anything."""
    told = (outcome >= _VALID) & (outcome <= _CHECK_DIGIT)
    trusted = told & (outcome != _CHECK_DIGIT)
    normalized = pl.DataFrame({"code": texts, "ok": trusted}).select(normalized=pl.when("ok").then("code")).to_series()
    years = _model_years(newest=newest).gather(year * told)
    described = _outcomes()[outcome].with_columns(normalized, years)
    return described.hstack(makers.of_numbers(np.where(told, maker, np.uint16(makers.NO_CODE)))).select(*SCHEMA)


@functools.cache
def _model_years(*, newest: int) -> pl.Series:
    """For each byte, the newest year not after ``newest`` that it stands for; null for 0, U, Z and what is no letter."""
    years: list[int | None] = [None] * 256
    for place, character in enumerate(_YEARS):
        years[ord(character)] = newest - (newest - 1980 - place) % 30
    return pl.Series("model_year", years, dtype=pl.Int64)


def _found(written: pl.Series) -> pl.DataFrame:
    """Cells of any other form, row by row: ``code`` (17 letters and digits), whether it was ``wide``, else what is ``unread``."""
    distinct = written.unique().alias("written")
    return written.alias("written").to_frame().join(_sought(distinct), on="written", how="left", maintain_order="left")


def _sought(distinct: pl.Series) -> pl.DataFrame:
    flat = text.normalize(pl.col("written")).str.to_uppercase().str.replace(_LABEL, "")
    frame = distinct.to_frame().with_columns(
        flat=flat.str.replace_many(list(LOOK_LATIN), list(LOOK_LATIN.values())), wide=pl.col("written").str.contains("[０-９Ａ-Ｚａ-ｚА-ХΑ-Χа-хα-χ]")
    )  # fmt: skip
    runs = pl.col("flat").str.extract_all("[A-Z0-9]{17,}")
    frame = frame.with_columns(
        compact=pl.col("flat").str.replace_all(r"[\s*\-–—_.,;:'`’·#/\\|()\[\]\"=?]", ""),
        letters=pl.col("flat").str.replace_all("[^A-Z0-9]", ""),
        found=runs.list.eval(pl.element().filter(pl.element().str.len_bytes() == WIDTH)).list.unique(maintain_order=True),
    )
    whole = pl.col("compact").str.contains("^[A-Z0-9]{17}$")
    several = pl.col("found").list.len() > 1
    # Broken by other signs or words: only the check digit can tell that the pieces belong together.
    pieces = (pl.col("letters").str.len_bytes() == WIDTH) & _proven(frame["letters"])
    code = pl.when(several).then(None).when(whole).then("compact").when(pl.col("found").list.len() == 1).then(pl.col("found").list.first()).when(pieces).then("letters")  # fmt: skip
    unread = (
        pl.when(pl.col("flat") == "").then(_EMPTY)
        .when(several).then(_MULTIPLE)
        .when(text.is_junk(text.simplify(pl.col("flat")))).then(_PLACEHOLDER)
        .when(pl.col("compact").str.contains("^[A-Z0-9]{8,24}$") & pl.col("compact").str.contains("[0-9]")).then(_LENGTH)
        .otherwise(_NOT_A_VIN)
    )  # fmt: skip
    return frame.select("written", "wide", code=code, unread=unread.cast(pl.UInt8))


def _proven(letters: pl.Series) -> pl.Series:
    """Whether texts are of 17 characters whose check digit fits."""
    codes = strings.matrix(letters, width=WIDTH)
    return pl.Series((strings.lengths(letters) == WIDTH) & ~np.isin(codes, list(b"IOQ")).any(axis=1) & check_fits(codes), dtype=pl.Boolean)
