"""A whole record, cleansed and explained: what `chezhu parse record` prints.

A line in is a JSON object with columns of RECORDS (name, phone, address, id_number, vin, source, …; others are named as unknown), a
line out the fields that were found, each problem with its meaning, the score and what it is made of.

>>> answer = parse(['{"name": "王伟先生", "phone": "13800138000", "event_date": "2025-05-03"}'], as_of=dt.date(2026, 1, 1))[0]
>>> answer["fields"]["surname"], answer["score"], answer["because"][:2]
('王', 75.0, ['phone_missing: completeness -38.89, score -11.67', 'address_missing: completeness -16.67, score -5'])
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import polars as pl

from cleansing import records, scores
from cleansing.reasons import DIMENSIONS, REASONS
from cleansing.score_weights import Weights
from engine.tables import schema

_HIDDEN = ("record_id", "row_id", "dealer_id", "source_key", "file_id", "row_number", "main", "problems", "score_raw", "score")


def parse(lines: Sequence[str], *, as_of: dt.date) -> list[dict[str, object]]:
    """Answers in the order of ``lines``, each with its ``input``.

    Beside it: ``fields``, ``problems``, ``score``, ``score_raw``, ``scores`` (by dimension), ``because`` (the costliest first; 100 and their
    points give the score); or ``error``, for a line that is no JSON object.
    """
    read = [_read(line) for line in lines]
    rows = [{**dict.fromkeys(schema("records")), **_given(cells)} for cells in read]
    frame = pl.DataFrame(rows, schema=schema("records"), orient="row")
    weights = scores.current()
    cleansed = records.clean(frame, as_of=as_of, weights=weights).with_columns(pl.col(pl.Date).cast(pl.String))
    return [
        {"input": line, "error": cells} if isinstance(cells, str) else _answer(line, cells, row, weights)
        for line, cells, row in zip(lines, read, cleansed.iter_rows(named=True), strict=True)
    ]


def _answer(line: str, cells: Mapping[str, object], row: Mapping[str, object], weights: Weights) -> dict[str, object]:
    problems: list[dict[str, object]] = list(row["problems"])  # type: ignore[call-overload]  # a list in every row of CLEAN_RECORDS
    told = [{**problem, "zh": REASONS[str(problem["reason"])].zh, "en": REASONS[str(problem["reason"])].en} for problem in problems]
    parts = scores.explain(
        [str(problem["reason"]) for problem in problems],
        missing=_missing(row),
        expected=[name for name in weights.fields if name != "vehicle" or _car_expected(row)],
        weights=weights,
    )
    answer: dict[str, object] = {
        "input": line,
        "fields": {
            name: value for name, value in row.items() if name not in _HIDDEN and not name.startswith("score_") and value not in (None, [])
        },
        "problems": told,
        "score": row["score"],
        "score_raw": row["score_raw"],
        "scores": {name: row[f"score_{name}"] for name in DIMENSIONS},
        "because": [f"{part.code}: {part.dimension} {-part.cost:g}, score {part.points:+g}" for part in parts],
    }
    unknown = sorted(set(cells) - set(schema("records")))
    return answer | {"unknown_columns": unknown} if unknown else answer


def _missing(row: Mapping[str, object]) -> list[str]:
    """The fields of completeness that are expected and not there."""
    there = {
        "name": row["name"] is not None,
        "phone": bool(row["phones"]),
        "address": row["adcode"] is not None,
        "id_number": row["id_number"] is not None,
        "vehicle": row["vin"] is not None or row["plate"] is not None or not _car_expected(row),
    }
    return [name for name, filled in there.items() if not filled]


def _car_expected(row: Mapping[str, object]) -> bool:
    return row["source"] in records.VEHICLE_SOURCES and bool(row["main"])


def _read(line: str) -> dict[str, object] | str:
    """The object of a line, or what is wrong with it."""
    try:
        cells = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    return cells if isinstance(cells, dict) else 'not a JSON object: write {"name": "王伟", "phone": "13917852046"}'


def _given(cells: dict[str, object] | str) -> dict[str, object]:
    """The cells that are columns of RECORDS, as text; a record of a person by itself is a main one."""
    known = schema("records")
    given: dict[str, object] = {"main": True}
    if isinstance(cells, dict):
        for name, value in cells.items():
            if known.get(name) == pl.String() and value is not None:
                written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                given[name] = written.encode("utf-8", "replace").decode()
        given["main"] = cells.get("main") is not False
    return given
