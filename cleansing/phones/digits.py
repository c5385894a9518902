"""What the digits of a number say: mobile, landline, service; or why it is none. Over all numbers of a column at once.

The rules are those of ``scan``, on integers; ``UNSURE`` leaves a number to it.

>>> found = judge(Digits.of(["8613917852046", "02158881234", "58881234", "13800138000", "12917852046"]))
>>> [TYPES[kind] for kind in found.kind[:2]], [REASONS[reason] for reason in found.reason]
(['mobile', 'landline'], [None, None, 'phone_needs_area_code', 'phone_placeholder', 'phone_invalid'])
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from cleansing.phones import grammar, prefixes
from cleansing.phones.parts import REASON, REASONS, TYPE, TYPES  # noqa: F401  (two are the doctest's)

NONE = 255
GOOD, UNSURE = REASON[None], 255

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
_POWERS = 10 ** np.arange(19, dtype=np.int64)
_DIALLED = np.array((*range(17_900, 18_000), *grammar.DIALLED))
_SIEVE = 997


@dataclass(frozen=True)
class Digits:
    """Numbers as they are written: value and count of digits, and how they lie (see ``layouts.Piece``)."""

    value: Ints
    count: Ints
    cuts: Ints
    plus: Bools
    bracket: Ints
    mobile: Bools
    tight: Bools
    extended: Bools

    @classmethod
    def of(cls, written: Sequence[str]) -> Digits:
        """Plain digits without anything between them."""
        none = np.zeros(len(written), dtype=np.int64)
        no = none.astype(np.bool_)
        return cls(np.array([int(w) for w in written]), np.array([len(w) for w in written]), none, no, none, no, ~no, no)

    def take(self, rows: Ints) -> Digits:
        """The numbers of ``rows``."""
        return Digits(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True)
class Judged:
    """Kind and reason of each number (places in ``TYPES`` and ``REASONS`` of :mod:`parts`; ``NONE`` and ``UNSURE`` beside them), ``count`` of its digits without country code and trunk 0.

    ``area`` is how many of them are the area code's; ``stripped``: a spreadsheet dropped the leading 0.
    """

    kind: Codes
    reason: Codes
    count: Ints
    area: Ints
    stripped: Bools


def judge(digits: Digits) -> Judged:
    """What each number is: mobiles first, they are most; the rules of the others over what is left."""
    value, count = digits.value, digits.count
    prefix = _country_code(value, count)
    length = count - prefix
    rest = value % _POWERS[length]
    trunk = (length == 12) & (prefix == 0)
    mobile = (rest >= 13 * _POWERS[9]) & (rest < 2 * _POWERS[10]) & ((length == 11) | trunk) & (~digits.plus | (prefix == 2))
    mobile &= _whole(digits, prefix + trunk) & _bracketed(digits, prefix + trunk, prefix)
    kind = np.where(mobile, np.uint8(TYPE["mobile"]), np.uint8(NONE))
    reason = np.where(mobile, np.uint8(GOOD), np.uint8(UNSURE))
    mobiles, others = np.flatnonzero(mobile), np.flatnonzero(~mobile)
    mobile_numbers = rest[mobiles]
    reason[mobiles[~prefixes.are_allocated(mobile_numbers // _POWERS[7])]] = REASON["phone_unallocated"]
    reason[mobiles[is_placeholder(mobile_numbers // _POWERS[8], mobile_numbers % _POWERS[8])]] = REASON["phone_placeholder"]
    found = Judged(kind, reason, length - trunk, np.full(len(value), 3), np.zeros(len(value), dtype=np.bool_))
    if len(others):
        _judge_others(found, others, digits.take(others), prefix[others], rest[others])
    kind[reason != GOOD] = NONE
    return found


def _country_code(value: Ints, count: Ints) -> Ints:
    """How many digits the country code or the code of a cheap call has at the beginning."""
    prefix = np.zeros(len(value), dtype=np.int64)
    long = np.flatnonzero(count >= 12)
    if len(long):
        value, count = value[long], count[long]
        found = np.zeros(len(long), dtype=np.int64)
        found[((count == 16) | (count == 17)) & np.isin(value // _POWERS[11], _DIALLED)] = 5
        found[(count == 17) & (found == 5)] = 6
        found[(count == 14) & (value // _POWERS[11] == 86)] = 3
        found[(count >= 14) & (count <= 16) & (value // _POWERS[count - 4] == 86)] = 4
        found[(count <= 14) & (value // _POWERS[count - 2] == 86)] = 2
        prefix[long] = found
    return prefix


def _judge_others(found: Judged, rows: Ints, digits: Digits, prefix: Ints, rest: Ints) -> None:
    """Landlines and service numbers among ``rows``, and what is certainly no number; written into ``found``."""
    value, count = digits.value, digits.count
    length = count - prefix
    zero = (rest < _POWERS[np.maximum(length - 1, 0)]) & (length > 0)
    signed = ~digits.plus | (prefix == 2)
    national_length = length - zero
    area = np.where(_leads_with_two(rest, national_length), 2, 3)
    local_length = np.clip(national_length - area, 0, 12)
    code, local = rest // _POWERS[local_length], rest % _POWERS[local_length]
    known = prefixes.shortest_by_area()[np.clip(code, 0, 999)] <= local_length
    first = local // _POWERS[np.maximum(local_length - 1, 0)]
    shaped = ((local_length == 7) | (local_length == 8)) & known & (first >= 2) & (first <= 8)
    shaped &= (code >= _POWERS[area - 1]) & (code < 1_000) & ~digits.mobile
    head = prefix + zero + area
    landline = shaped & signed & (prefix <= 4) & (zero | (prefix > 0)) & _whole(digits, head, but=prefix)
    landline &= _bracketed(digits, head, prefix)
    bare = (prefix == 0) & ~digits.plus & (digits.bracket == 0)
    stripped = shaped & bare & ~zero & (count == 10) & (area == 2) & (digits.cuts == 0)
    service = signed & (length == 10) & np.isin(rest // _POWERS[7], (400, 800)) & (prefix <= 4) & ~digits.mobile
    service &= _whole(digits, prefix) & _bracketed(digits, prefix, prefix)
    landline |= stripped

    kind = np.where(landline, np.uint8(TYPE["landline"]), np.where(service, np.uint8(TYPE["service"]), np.uint8(NONE)))
    reason = np.where(kind == NONE, np.uint8(UNSURE), np.uint8(GOOD))
    ran = (landline & _is_run(local, local_length)) | (service & np.isin(rest % _POWERS[7], _runs(7)))
    reason[ran] = REASON["phone_placeholder"]
    alone = (kind == NONE) & digits.tight & bare & ~digits.mobile & ~digits.extended
    lead = value // _POWERS[np.maximum(count - 1, 0)]
    wrong = ((count == 10) & (value >= 11 * _POWERS[8]) & (value < 2 * _POWERS[9])) | (
        (digits.cuts == 0) & (((count == 12) & (lead == 1)) | (count == 9) | ((count == 11) & (lead == 1) & (value < 13 * _POWERS[9])))
    )
    reason[alone & wrong] = REASON["phone_invalid"]
    in_one_or_two = (digits.cuts & (digits.cuts - 1)) == 0  # in three it may be a date
    reason[alone & in_one_or_two & ((count == 7) | (count == 8)) & (lead >= 2) & (lead <= 8)] = REASON["phone_needs_area_code"]
    reason[alone & _is_run(value, count)] = REASON["phone_placeholder"]
    found.kind[rows], found.reason[rows], found.count[rows], found.area[rows], found.stripped[rows] = (
        kind,
        reason,
        national_length,
        area,
        stripped,
    )


def _leads_with_two(rest: Ints, length: Ints) -> Bools:
    """Whether the area code has two digits: 10, 20 to 29."""
    lead = rest // _POWERS[np.maximum(length - 2, 0)]
    two: Bools = (lead == 10) | ((lead >= 20) & (lead <= 29))
    return two


def _whole(digits: Digits, head: Ints, but: Ints | None = None) -> Bools:
    """Whether no separator stands within the first ``head`` digits, except before digit ``but``."""
    inside = digits.cuts & ((np.int64(1) << head) - 1)
    if but is not None:
        inside &= ~(np.int64(1) << but)
    whole: Bools = inside == 0
    return whole


def _bracketed(digits: Digits, head: Ints, prefix: Ints) -> Bools:
    """Whether brackets, if there are any, are around the first ``head`` digits or around the country code."""
    around: Bools = (digits.bracket == 0) | (digits.bracket == head) | (digits.bracket == prefix)
    return around


def is_placeholder(network: npt.NDArray[np.integer], subscriber: npt.NDArray[np.integer]) -> Bools:
    """Whether mobiles, their first three and last eight digits, are what hurried people type."""
    found = np.zeros(len(network), dtype=np.bool_)
    runs, famous = _runs(8), np.array(sorted(int(number) for number in grammar.FAMOUS))
    sieve = np.zeros(_SIEVE, dtype=np.bool_)
    sieve[runs % _SIEVE] = True
    sieve[famous % _POWERS[8] % _SIEVE] = True
    suspects = np.flatnonzero(sieve[subscriber.astype(np.int32, copy=False) % np.int32(_SIEVE)])
    whole = network[suspects] * _POWERS[8] + subscriber[suspects]
    found[suspects] = np.isin(subscriber[suspects], runs) | np.isin(whole, famous)
    return found


def _is_run(value: Ints, count: Ints) -> Bools:
    found = np.zeros(len(value), dtype=np.bool_)
    for length in range(6, 13):
        these = count == length
        if these.any():
            found[these] = np.isin(value[these], _runs(length))
    return found


@functools.cache
def _runs(length: int) -> Ints:
    return np.array(sorted(int(run) for run in grammar.RUNS if len(run) == length), dtype=np.int64)
