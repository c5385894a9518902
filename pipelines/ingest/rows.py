"""Rows of cells to what becomes of them: blank, title, note, quarantine, or records, one for each person or organization named.

A record carries its own role's name, phones, address …; the car where the contract says the role has to do with it; the
date always; amounts, remarks and columns that no contract knows on the main role only. The main role always gets a record,
so that what happened to a car is kept even where nobody is named; another role only where something is written about it.

Identity (:mod:`pipelines.ingest.identity`): the contract's key where the row has one, else the hash of the row's content.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from engine.tables import RECORDS
from pipelines.ingest import identity
from pipelines.ingest.contracts import EVENT_FIELDS, PARTY_FIELDS, VEHICLE_FIELDS
from pipelines.ingest.headers import Column, Layout
from pipelines.ingest.limits import Limits
from pipelines.ingest.lines import BLANKS
from pipelines.ingest.reasons import REASONS

SEPARATOR: Final = " ; "
_JOINED: Final = frozenset({"phone", "email"})
_TEXT_CHARS: Final = 4000
_PROOF_CHARS: Final = 6
"""A phone, id, plate or e-mail has at least so many characters; a count or sum below such a column is shorter."""
_TOTAL = r"(?i)^[\s\u3000]*(?:本[页月日表年店]|全[部店年])?[\s\u3000]*(?:合[\s\u3000]*计|总[\s\u3000]*计|小[\s\u3000]*计|共[\s\u3000]*计|累[\s\u3000]*计|合計|總計|小計|sub[ -]?total|grand total|total)(?:[\s\u3000:：(（0-9].*)?$"
_NOTE = (
    r"(?i)^[\s\u3000]*(?:[*※#★●]+|[(（]?(?:备注|備註|注意|说明|說明|附注|提示|制表|製表|填表|审核|審核|打印|列印|导出|導出|报表|報表|统计|統計|数据来源|以上|以下|注)[^,，]{0,4}[:：]"
    r"|(?:以上|以下|本表|本报表|数据来源|导出时间|打印时间|制表人|第[\s0-9]+页|共[\s0-9]+[条行页户人笔])"
    r"|(?:notes?|remarks?|printed|exported|generated|created|page|source|end of)\b.{0,4}[:0-9 ]|-{3,}|={3,}|_{3,})"
)
_PLACEHOLDER_KEYS = frozenset(
    {
        "无",
        "無",
        "-",
        "--",
        "/",
        "\\",
        ".",
        "0",
        "00",
        "n/a",
        "na",
        "null",
        "none",
        "nan",
        "不详",
        "未知",
        "待补",
        "暂无",
        "空",
        "#n/a",
        "x",
        "?",
    }
)
DATA_KINDS: Final = ("blank", "title", "note", "quarantined", "data")


@dataclass(frozen=True)
class Origin:
    """Where rows come from: dealer, file, and the sheet or archive member (None for a plain file)."""

    dealer_id: str
    file_id: str
    sheet: str | None


def sort_out(cells: pl.DataFrame, layout: Layout, limits: Limits) -> pl.DataFrame:
    """``cells`` with ``kind`` (blank, title, note, quarantined or data) and ``fault`` (why, where quarantined).

    Args:
        cells: ``row_number``, ``fault``, ``raw``, ``padded``, ``c0`` … (String, null where blank).
        layout: how the table is read.
        limits: the longest value.
    """
    names = [name for name in cells.columns if re.fullmatch(r"c[0-9]+", name)]
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in names)
    first = pl.coalesce(names)
    proof = [f"c{c.index}" for c in layout.columns if c.field in {"phone", "id_number", "vin", "plate", "email"}]
    unproven = (
        pl.all_horizontal(pl.col(name).is_null() | (pl.col(name).str.len_chars() < _PROOF_CHARS) for name in proof)
        if proof
        else pl.lit(value=True)
    )
    c0_fields = {c.field for c in layout.columns if c.index == 0}
    sentence = pl.lit(value=False)
    if len(names) >= 3 and c0_fields <= {"key", "ordinal", "name", "extra", "known", "unnamed"}:
        sentence = (filled == 1) & pl.col("c0").str.contains(r"[:：。；！]")
    note = unproven & (first.str.contains(_TOTAL) | ((filled <= 2) & first.str.contains(_NOTE)) | sentence)
    who = [f"c{c.index}" for c in layout.columns if c.field in PARTY_FIELDS + VEHICLE_FIELDS or c.field == "key"]
    nobody = pl.all_horizontal(pl.col(name).is_null() for name in who) if who else pl.lit(value=True)
    too_long = pl.any_horizontal(pl.col(name).str.len_bytes() > limits.max_cell_chars * 3 for name in names)
    fault = (
        pl.when(pl.col("fault").is_not_null()).then("fault")
        .when(too_long).then(pl.lit("value_too_long"))
        .when(nobody).then(pl.lit("no_identity"))
    )  # fmt: skip
    data_row = pl.col("row_number") - 1 > layout.last
    return cells.with_columns(
        kind=pl.when((filled == 0) & pl.col("fault").is_null()).then(pl.lit("blank"))
        .when(~data_row | _is_header(layout, names)).then(pl.lit("title"))
        .when(note.fill_null(value=False)).then(pl.lit("note"))
        .when(fault.is_not_null()).then(pl.lit("quarantined"))
        .otherwise(pl.lit("data")),
        fault=fault,
    )  # fmt: skip


def _is_header(layout: Layout, names: Sequence[str]) -> pl.Expr:
    """Rows that say the header once more, as every page of a print-out does."""
    again = pl.lit(value=False)
    for line in layout.headers:
        named = [(name, header) for name, header in zip(names, line, strict=False) if header]
        if named:
            equal = pl.sum_horizontal((pl.col(name) == header).fill_null(value=False) for name, header in named)
            again = again | (equal >= max(0.6 * len(named), min(2, len(named))))
    return again


def quarantine(rows: pl.DataFrame, origin: Origin, file_name: str) -> pl.DataFrame:
    """Quarantine rows (schema of QUARANTINE) of the rows whose kind is ``quarantined``."""
    names = [name for name in rows.columns if re.fullmatch(r"c[0-9]+", name)]
    details = {code: f"{reason.en}; {reason.advice}" for code, reason in REASONS.items() if reason.scope == "row"}
    return rows.filter(pl.col("kind") == "quarantined").select(
        pl.lit(origin.file_id).alias("file_id"),
        pl.lit(origin.dealer_id).alias("dealer_id"),
        pl.lit(file_name).alias("file_name"),
        pl.lit(origin.sheet, pl.String).alias("sheet"),
        "row_number",
        pl.col("fault").alias("reason"),
        pl.col("fault").replace_strict(details, return_dtype=pl.String).alias("detail"),
        pl.coalesce("raw", pl.concat_str([pl.col(name).fill_null("") for name in names], separator=" | "))
        .str.head(_TEXT_CHARS)
        .alias("text"),
    )


def records(rows: pl.DataFrame, layout: Layout, origin: Origin, *, first_place: int) -> pl.DataFrame:
    """Records (schema of RECORDS, with ``_place`` and ``_content``) of the rows whose kind is ``data``.

    Args:
        rows: result of :func:`sort_out`.
        layout: how the table is read.
        origin: where the rows come from.
        first_place: number of rows of this file that were kept before; ``_place`` counts on from it.

    Returns:
        One row a record; ``_content`` is the content's hash where the row has no key, else null.
    """
    contract = layout.contract
    unknown = [c for c in layout.columns if c.field in {"extra", "unnamed", "known"}] + _second_choices(layout)
    own = {(role, field): f"{role}.{field}" for role in contract.roles for field in PARTY_FIELDS if layout.of(role, field)}
    shared = [field for field in VEHICLE_FIELDS + EVENT_FIELDS if layout.of("", field)]
    kept = rows.filter(pl.col("kind") == "data").select(
        pl.int_range(first_place, first_place + pl.len(), dtype=pl.Int64).alias("_place"),
        "row_number",
        _key(layout).alias("source_key"),
        _extra(unknown).alias("extra"),
        *(_value(layout, "", field).alias(field) for field in shared),
        *(_value(layout, role, field).alias(name) for (role, field), name in own.items()),
    )
    kept = identity.with_row_ids(kept, dealer_id=origin.dealer_id, source=contract.source, roles=tuple(contract.roles))
    made: list[pl.DataFrame] = []
    for role, terms in contract.roles.items():
        written = {field: name for (whose, field), name in own.items() if whose == role}
        if not terms.main and not written:
            continue
        mine = kept if terms.main else kept.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in written.values()))
        carried = [
            field
            for field in shared
            if (field in VEHICLE_FIELDS and terms.vehicle) or (field in EVENT_FIELDS and (terms.main or field == "event_date"))
        ]
        made.append(
            mine.select(
                "_place", "_content", "_identity", "row_id", "row_number", "source_key", *carried, *(["extra"] if terms.main else []),
                *(pl.col(name).alias(field) for field, name in written.items()),
                role=pl.lit(role), main=pl.lit(terms.main),
            )
        )  # fmt: skip
    together = identity.with_record_ids(pl.concat(made, how="diagonal")).with_columns(
        dealer_id=pl.lit(origin.dealer_id),
        source=pl.lit(contract.source),
        file_id=pl.lit(origin.file_id),
        sheet=pl.lit(origin.sheet, pl.String),
    )
    whole = pl.concat([pl.DataFrame(schema=RECORDS.schema), together.sort("_place", maintain_order=True)], how="diagonal")
    return whole.select(*RECORDS.schema, "_place", "_content")


def _key(layout: Layout) -> pl.Expr:
    columns = layout.of("", "key")
    if not columns:
        return pl.lit(None, pl.String)
    key = pl.coalesce(pl.col(f"c{c.index}") for c in columns).str.strip_chars(BLANKS)
    return pl.when(~key.str.to_lowercase().is_in(list(_PLACEHOLDER_KEYS))).then(key)


def _value(layout: Layout, role: str, field: str) -> pl.Expr:
    """All phones and e-mails of a role in one text; of another field the best column that has a value."""
    columns = [pl.col(f"c{c.index}") for c in layout.of(role, field)]
    if not columns:
        return pl.lit(None, pl.String)
    if len(columns) == 1:
        return columns[0]
    if field in _JOINED:
        joined = pl.concat_str(columns, separator=SEPARATOR, ignore_nulls=True)
        return pl.when(joined != "").then(joined)
    return pl.coalesce(columns)


def _second_choices(layout: Layout) -> list[Column]:
    """Columns whose field another column fills where it can: their own values are kept as they are."""
    spare: list[Column] = []
    for role, field in dict.fromkeys((c.role, c.field) for c in layout.columns):
        if field not in _JOINED | {"extra", "known", "unnamed", "ordinal"}:
            spare += layout.of(role, field)[1:]
    return spare


def _extra(columns: Sequence[Column]) -> pl.Expr:
    """A JSON object of the columns that have a value; null where none has."""
    if not columns:
        return pl.lit(None, pl.String)
    seen: dict[str, int] = {}
    members: list[pl.Expr] = []
    for column in columns:
        seen[column.header] = seen.get(column.header, 0) + 1
        name = column.header if seen[column.header] == 1 else f"{column.header} ({seen[column.header]})"
        cell = pl.col(f"c{column.index}")
        plain = (
            cell.str.replace_all("\\", "\\\\", literal=True)
            .str.replace_all('"', '\\"', literal=True)
            .str.replace_all("\n", "\\n", literal=True)
            .str.replace_all("\t", "\\t", literal=True)
            .str.replace_all(r"[\x00-\x1f]", "")
        )
        members.append(pl.format("{}{}{}", pl.lit(f"{_json_text(name)}:" + '"'), plain, pl.lit('"')))
    body = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(body != "").then(pl.format("{}{}{}", pl.lit("{"), body, pl.lit("}")))


def _json_text(text: str) -> str:
    import json  # noqa: PLC0415

    return json.dumps(text, ensure_ascii=False)
