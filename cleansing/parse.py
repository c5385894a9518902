"""One value in, one JSON-ready answer out: what `chezhu parse` prints.

>>> parse("plate", ["沪a·12345"], as_of=dt.date(2026, 1, 1))[0]["normalized"]
'沪A12345'
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import polars as pl

KINDS = ("phone", "name", "address", "id", "vin", "plate", "email", "date", "amount", "mileage", "record")

_FIELDS = {
    "phone": ("status", "numbers"),
    "name": ("kind", "name", "names", "surname", "given", "title", "gender", "pinyin", "leftover_phone"),
    "address": (
        "province", "city", "district", "adcode", "district_as_written", "town", "community", "road", "road_no", "estate", "building",
        "unit", "floor", "room", "rest", "status",
    ),
    "id": ("type", "valid", "normalized", "birth", "gender", "region", "reason"),
    "vin": ("status", "normalized", "check_ok", "wmi", "maker", "country", "model_year", "reason"),
    "plate": ("status", "normalized", "type", "province", "reason"),
    "email": ("status", "emails", "reasons"),
    "date": ("status", "date", "reason"),
    "amount": ("status", "yuan", "reason"),
    "mileage": ("status", "km", "reason"),
}  # fmt: skip


def parse(kind: str, values: Sequence[str], *, as_of: dt.date) -> list[dict[str, object]]:
    """Answers in the order of ``values``: ``input`` and the fields of the kind, dates as YYYY-MM-DD.

    A ``record`` is a JSON object; its answer is that of :mod:`cleansing.parse_record`.

    Raises:
        ValueError: ``kind`` is none of ``KINDS``.
    """
    if kind not in KINDS:
        message = f"cannot parse {kind!r}; known kinds are {', '.join(KINDS)}"
        raise ValueError(message)
    if kind == "record":
        from cleansing import parse_record  # noqa: PLC0415  (all fields: loaded when it is asked for)

        return parse_record.parse(values, as_of=as_of)
    # Lone surrogates are no text in any encoding; Polars could not hold them.
    safe = [value.encode("utf-8", "replace").decode() for value in values]
    cleaned = _cleaner(kind, as_of)(pl.Series("value", safe, dtype=pl.String)).select(_FIELDS[kind])
    rows = cleaned.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()
    return [{"input": value, **row} for value, row in zip(values, rows, strict=True)]


def _cleaner(kind: str, as_of: dt.date) -> Callable[[pl.Series], pl.DataFrame]:
    """The field's module, loaded when it is asked for: `chezhu parse` must start fast."""
    match kind:
        case "phone":
            from cleansing import phones  # noqa: PLC0415

            return phones.clean
        case "name":
            from cleansing import names  # noqa: PLC0415

            return names.clean
        case "address":
            from cleansing import addresses  # noqa: PLC0415

            return addresses.clean
        case "id":
            from cleansing import identities  # noqa: PLC0415

            return lambda values: identities.clean(values, as_of=as_of)
        case "vin":
            from cleansing.vehicles import vins  # noqa: PLC0415

            return lambda values: vins.clean(values, as_of=as_of)
        case "plate":
            from cleansing.vehicles import plates  # noqa: PLC0415

            return plates.clean
        case "email":
            from cleansing import emails  # noqa: PLC0415

            return emails.clean
        case "date":
            from cleansing import dates  # noqa: PLC0415

            return lambda values: dates.clean(values, as_of=as_of)
        case "amount":
            from cleansing import amounts  # noqa: PLC0415

            return amounts.clean
        case _:
            from cleansing import mileage  # noqa: PLC0415

            return mileage.clean
