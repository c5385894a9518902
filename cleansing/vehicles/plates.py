"""Licence plates of mainland China (GA 36-2018), with those of the police, embassies, Hong Kong and Macau, the army.

- ordinary: province character, agency letter, 5 characters of A-Z (without I, O) and 0-9, at most two of them letters
  in most series (not enforced: personal series differ by city);
- new energy, small (8 characters): third character D A B C E (electric) or F G H J K (other), then one letter or digit and
  four digits; large: five digits, then that letter;
- 警 police, 学 training, 挂 trailer, 领 consulate, 港 and 澳 (with 粤Z), 应急 emergency, 临 试 超 temporary, 使 embassy,
  WJ armed police, army (two letters, five digits).

The province may be spelled out (上海A12345) or traditional (滬). O and I are never part of a serial: they are read as 0 and 1
(*repaired*); the agency may be O, never I.

>>> cells = pl.Series(["沪a·12345", "沪A·D12345", "粤Z1234港", "沪112345", "沪A1234O"])
>>> clean(cells).select("status", "normalized", "type", "reason").rows()
[('valid', '沪A12345', 'ordinary', None), ('valid', '沪AD12345', 'nev_small_bev', None), ('valid', '粤Z1234港', 'hong_kong', None), ('invalid', None, None, 'agency_letter'), ('repaired', '沪A12340', 'ordinary', None)]
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import strings
from cleansing.vehicles import plate_cells
from cleansing.vehicles.plate_kinds import BEV, EMPTY, PHEV, PROVINCE, PROVINCES, TRADITIONAL, outcomes, valid

SCHEMA = {
    "status": pl.String(),
    "normalized": pl.String(),
    "type": pl.String(),
    "province": pl.String(),
    "reason": pl.String(),
    "reasons": pl.List(pl.String()),
}
_WIDTH = 15  # province 3, agency 1, separator up to 3, serial up to 7 (4 and a Chinese character), and one to see that it ends
_LONGEST = 11
_SUFFIXES = {"警": "police", "学": "training", "挂": "trailer", "领": "consulate", "港": "hong_kong", "澳": "macau"}
_DIGIT, _LETTER, _BEV, _PHEV, _MISREAD = 1, 2, 4, 8, 16
_UNREAD = 255
_NOWHERE = len(PROVINCES)
_NOT_HAN = 0xFFFF  # no code point of a letter


def clean(values: pl.Series) -> pl.DataFrame:
    """Status, normalized plate, type, province (official name): ``SCHEMA``, same height and order.

    Reasons: agency_letter, province, length, serial, not_a_plate, placeholder, multiple. An empty cell has status empty.
    """
    written = values.cast(pl.String).rename("written")
    height = len(written)
    outcome, province, changed, codes, counts = np.empty(height, dtype=np.uint8), np.empty(height, dtype=np.uint8), [], [], []
    for part in strings.parts(height):
        some = written[part]
        sizes = strings.lengths(some).astype(np.int64)
        given = np.ascontiguousarray(strings.matrix(some, width=_WIDTH).T)
        plates, count, province[part], outcome[part] = _read(given, sizes)
        told = (outcome[part] != _UNREAD) & (outcome[part] != EMPTY)
        rows = np.flatnonzero(told & ((plates != given[:_LONGEST]).any(axis=0) | (sizes != count)))
        changed.append(part.start + rows)
        codes.append(plates[:, rows].T)
        counts.append(count[rows])
    plate = written
    if height:
        rows = np.concatenate(changed)
        plate = strings.put(written, rows, strings.short(np.concatenate(codes), np.concatenate(counts)))
    rest = np.flatnonzero(outcome == _UNREAD)
    if rest.size:
        odd = written.gather(rest).to_frame()
        found = odd.join(plate_cells.read(odd["written"].unique()), on="written", how="left", maintain_order="left")
        mark = pl.col("plate").str.extract(f"({PROVINCE})").replace_strict(list(PROVINCES), range(_NOWHERE), default=_NOWHERE)
        outcome[rest], province[rest] = found["outcome"].to_numpy(), found.select(mark.fill_null(_NOWHERE)).to_series().to_numpy()
        plate = strings.put(plate, rest, found["plate"])
    told = pl.DataFrame({"plate": plate, "said": outcome != EMPTY})
    normalized = told.select(normalized=pl.when("said").then("plate")).to_series()
    return outcomes()[outcome].with_columns(normalized, _provinces().gather(province)).select(*SCHEMA)


def _read(given: strings.Bytes, sizes: strings.Ints) -> tuple[strings.Bytes, strings.Ints, strings.Bytes, strings.Bytes]:
    """Plates by columns of bytes: their columns, lengths, provinces and outcomes (``_UNREAD`` where the form is another)."""
    provinces, suffixes = _han()
    first = _code_points(given[:3])
    province = np.take(provinces, first)
    agency = np.take(_AGENCY, given[3])
    sign = given[4]
    shift = ((sign == ord(" ")) | (sign == ord("-")) | (sign == ord("."))).astype(np.int64)
    shift[(sign == 0xC2) & (given[5] == 0xB7)] = 2  # ·
    shift[(sign == 0xE2) & (given[5] == 0x80) & (given[6] == 0xA2)] = 3  # •
    serial = given[4:_LONGEST].copy()
    for step in (1, 2, 3):
        shifted = np.flatnonzero(shift == step)
        serial[:, shifted] = given[4 + step : _LONGEST + step, shifted]
    count = sizes - shift
    packed = np.take(_SERIAL, serial)
    outcome = _kind(packed, count - 4, np.take(suffixes, _code_points(serial[4:7])))
    border = np.isin(outcome, [valid(kind) + repaired for kind in ("hong_kong", "macau") for repaired in (0, 1)])
    of_z = border & ((first != ord("粤")) | (agency != ord("Z")))
    outcome[(province == _NOWHERE) | (agency == 0) | of_z] = _UNREAD
    outcome[sizes == 0] = EMPTY
    province[outcome == _UNREAD] = _NOWHERE
    plates = np.vstack([np.take(_province_bytes(), province, axis=1), agency, packed.astype(np.uint8)])
    return plates, count, province, outcome


def _kind(packed: npt.NDArray[np.uint16], count: strings.Ints, suffix: strings.Bytes) -> strings.Bytes:
    """The outcome of serials of ``count`` bytes; ``suffix``: what the Chinese character behind four of them would make it."""
    marks = (packed >> 8).astype(np.uint8)
    digit = (marks & _DIGIT).astype(np.bool_)
    any_, six, four_digits = marks > 0, count == 6, digit[2] & digit[3] & digit[4]
    small, large = six & any_[1] & four_digits & digit[5], six & digit[0] & digit[1] & four_digits
    outcome = np.full(len(count), _UNREAD, dtype=np.uint8)
    outcome[(count == 5) & any_[:5].all(axis=0)] = valid("ordinary")
    for when, mark, kind in (
        (small, marks[0] & _BEV, "nev_small_bev"),
        (small, marks[0] & _PHEV, "nev_small_phev"),
        (large, marks[5] & _BEV, "nev_large_bev"),
        (large, marks[5] & _PHEV, "nev_large_phev"),
    ):
        outcome[when & (mark > 0)] = valid(kind)
    ended = (count == 7) & any_[:4].all(axis=0) & (suffix > 0)
    outcome[ended] = suffix[ended]
    outcome += ((outcome != _UNREAD) & (np.bitwise_or.reduce(marks, axis=0) & _MISREAD > 0)).astype(np.uint8)
    return outcome


def _code_points(columns: strings.Bytes) -> npt.NDArray[np.uint16]:
    """Code points of characters of three bytes in UTF-8; ``_NOT_HAN`` where there is no such character."""
    first, second, third = columns.astype(np.uint16)
    return np.where(first >> 4 == 0xE, (first << 12) | ((second & 0x3F) << 6) | (third & 0x3F), _NOT_HAN).astype(np.uint16)


def _serial_table() -> npt.NDArray[np.uint16]:
    """For each byte the character it is read as in a serial, O and I as 0 and 1, and in the high byte what it can be."""
    table = np.arange(256, dtype=np.uint16)
    for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        meant = {"O": "0", "I": "1"}.get(character, character)
        mark = _DIGIT if meant.isdigit() else _LETTER
        mark |= (_MISREAD if meant != character else 0) | (_BEV if character in BEV else 0) | (_PHEV if character in PHEV else 0)
        table[[ord(character), ord(character.lower())]] = mark << 8 | ord(meant)
    return table


def _agency_table() -> strings.Bytes:
    """For each byte the agency's letter, 0 where it is none."""
    table = np.zeros(256, dtype=np.uint8)
    for letter in "ABCDEFGHJKLMNOPQRSTUVWXYZ":
        table[[ord(letter), ord(letter.lower())]] = ord(letter)
    return table


_SERIAL = _serial_table()
_AGENCY = _agency_table()


@functools.cache
def _han() -> tuple[strings.Bytes, strings.Bytes]:
    """For each code point the number of its province (``_NOWHERE``: none), and the outcome of a serial that ends with it (0: none)."""
    provinces, suffixes = np.full(65_536, _NOWHERE, dtype=np.uint8), np.zeros(65_536, dtype=np.uint8)
    for place, mark in enumerate(PROVINCES):
        provinces[ord(mark)] = place
    for mark, kind in _SUFFIXES.items():
        suffixes[ord(mark)] = valid(kind)
    for old, new in TRADITIONAL.items():
        provinces[ord(old)] = provinces[ord(new)]
    return provinces, suffixes


@functools.cache
def _province_bytes() -> strings.Bytes:
    """The three bytes of each province's character, a column each."""
    return np.frombuffer("".join([*PROVINCES, "　"]).encode(), dtype=np.uint8).reshape(-1, 3).T.copy()


@functools.cache
def _provinces() -> pl.Series:
    return pl.Series("province", [*PROVINCES.values(), None])
