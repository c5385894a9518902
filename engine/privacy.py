"""The one place that says how a personal value is shown where plain values do not belong (law 9).

Logs, Dagster metadata, alerts and reports show masked values or none. ``PLAIN_VALUES_BELONG_IN`` is the closed list of
what may carry plain ones. Which columns are personal is said in ``engine.tables``; each of them has a mask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from engine.tables import TABLES

PLAIN_VALUES_BELONG_IN: tuple[str, ...] = (
    "published tables below CHEZHU_HOME",
    "quarantine rows below CHEZHU_HOME",
    "files written by `chezhu export`",
    "CRM deliveries below CHEZHU_HOME/deliveries",
    "standard output of `chezhu parse`, asked for value by value",
    "standard output of `chezhu explain --plain`, asked for record by record",
    "standard output of `chezhu find --plain`, asked for one by one",
    "targets of `chezhu publish`",
    "sheets written by `chezhu review export`",
    "pages of `chezhu review serve`, for stewards",
    "decisions about values in the SQL store, and standard output of `chezhu review list --plain`",
    "tables written by `chezhu match`",
    "worklists of dealers written by `chezhu worklist`",
    "letters and labels written by `chezhu letters`",
)

_KEEP_ENDS = {"phone": (3, 4), "id_number": (3, 2), "vin": (3, 4), "plate": (2, 2), "email": (1, 4), "name": (1, 0), "address": (6, 0)}

_KIND_OF_COLUMN: Mapping[str, str] = MappingProxyType(
    {
        "name": "name",
        "surname": "name",
        "given_name": "all",
        "name_pinyin": "all",
        "phone": "phone",
        "phones": "phone",
        "mobile": "phone",
        "email": "email",
        "emails": "email",
        "id_number": "id_number",
        "birth_date": "all",
        "town": "all",
        "community": "all",
        "road": "all",
        "road_no": "all",
        "estate": "all",
        "building": "all",
        "unit": "all",
        "room": "all",
        "address": "address",
        "vin": "vin",
        "vins": "vin",
        "next_service_vin": "vin",
        "current_vin": "vin",
        "sms": "phone",
        "post": "address",
        "due_date": "all",
        "do_date": "all",
        "plate": "plate",
        "plates": "plate",
        "remark": "all",
        "extra": "all",
        "text": "all",
        "problems": "all",
        "provenance": "all",
        "value": "all",
        "content": "all",
        "key": "all",
        "old_value": "all",
        "new_value": "all",
    }
)

_KIND_OF_MATCHING: Mapping[str, str] = MappingProxyType(
    {"name": "name", "surname": "name", "phone": "phone", "email": "email", "identifier": "id_number", "vin": "vin", "plate": "plate", "address": "address"}
)  # fmt: skip
_OPEN_TO_ALL = frozenset({"category", "city"})
"""Column kinds whose values tell nobody apart: party, gender, occupation; a city has thousands of people."""


def mask_of_kind(value: str, kind: str) -> str:
    """A value of a column kind (``chezhu match``) as it may be shown; several stand with ``; `` between them.

    >>> mask_of_kind("+8613917852046; 02161234567", "phone"), mask_of_kind("ann", "given_name"), mask_of_kind("M", "category")
    ('+86*******2046; 021****4567', '***', 'M')
    """
    if kind in _OPEN_TO_ALL:
        return value
    return "; ".join(mask(each, _KIND_OF_MATCHING.get(kind, "all")) for each in value.split("; "))


def mask(value: str, kind: str) -> str:
    """One value as it may be shown: its ends kept by kind, the rest as many stars (at most eight).

    ``kind`` is phone, id_number, vin, plate, email, name, address or all. A value too short to hide a good part of it is hidden whole, and of a
    phone without its area code the first half.

    >>> mask("13917852046", "phone"), mask("44225062", "phone"), mask("王晓明", "name"), mask("secret", "all")
    ('139****2046', '****5062', '王**', '******')
    """
    head, tail = _KEEP_ENDS.get(kind, (0, 0))
    hidden = len(value) - head - tail
    if kind == "phone" and hidden * 3 < len(value):
        head, tail = 0, min(len(value) // 2, 4)
        hidden = len(value) - tail
    if hidden * 2 < len(value) and kind not in {"phone", "plate"} and hidden < 2:
        head, tail, hidden = 0, 0, len(value)
    if hidden <= 0:
        return "*" * min(len(value), 8)
    return value[:head] + "*" * min(hidden, 8) + (value[-tail:] if tail else "")


def masked(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """A small frame of rows of ``table`` with every personal column masked (lists and structures become a count).

    Raises:
        KeyError: ``table`` is not one of ours.
    """
    personal = TABLES[table].personal
    return frame.with_columns(_masked(frame[name], _KIND_OF_COLUMN[name]) for name in frame.columns if name in personal)


def unmasked_columns() -> list[str]:
    """Personal columns that have no mask: must be empty.

    >>> unmasked_columns()
    []
    """
    return sorted({name for spec in TABLES.values() for name in spec.personal} - set(_KIND_OF_COLUMN))


def _masked(values: pl.Series, kind: str) -> pl.Series:
    if values.dtype == pl.String():
        return pl.Series(values.name, [None if value is None else mask(value, kind) for value in values], dtype=pl.String())
    if isinstance(values.dtype, pl.List):
        return values.list.len().cast(pl.Int64).alias(values.name)
    return pl.Series(values.name, [None if value is None else "***" for value in values], dtype=pl.String())
