"""Rows of cells to what becomes of them: blank, title, note, quarantine, or records, one for each person or organization named.

A record carries its own role's name, phones, address …; the car where the contract says the role has to do with it; the
date always; amounts, remarks and columns that no contract knows on the main role only. The main role always gets a record,
so that what happened to a car is kept even where nobody is named; another role only where something is written about it.

Identity (:mod:`pipelines.ingest.identity`): the contract's key where the row has one, else the hash of the row's content. A key
that a spreadsheet cut (2.02507E+17, 202507011234567000) is none: many rows have the same, and would be taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import polars as pl

from pipelines.ingest import identity, units
from pipelines.ingest.careful import BLANKS
from pipelines.ingest.contracts import EVENT_FIELDS, FIELDS, PARTY_FIELDS, VEHICLE_FIELDS, Contract
from pipelines.ingest.headers import Column, Layout
from pipelines.ingest.limits import Limits
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
_BEGINS_A_SENTENCE: Final = frozenset({"key", "ordinal", "name", "extra", "known", "unnamed"})
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
_EXPONENT = r"^[0-9](?:[.,]([0-9]+)[eE][+]?|[eE][+])([0-9]{1,3})$"
_ZEROS = r"^(?:[0-9]{13,14}|[0-9]{15}0*)000$"
"""More than 15 digits, of which a spreadsheet has kept 15; of zeros fewer than three prove nothing."""
_MAY_BE_CUT: Final = frozenset({"key", "phone", "id_number"})
_FIELDS_OF_RECORDS: Final = (*FIELDS, "extra")
_RATED: Final = ("_rated_in", "_rated_of")
DATA_KINDS: Final = ("blank", "title", "note", "quarantined", "data")


def sort_out(cells: pl.DataFrame, layout: Layout, limits: Limits) -> pl.DataFrame:
    """``cells`` with ``kind`` (blank, title, note, quarantined or data), ``fault`` (why, where quarantined) and ``cut`` (a spreadsheet cut one of its numbers).

    Args:
        cells: ``row_number``, ``fault``, ``raw``, ``padded``, ``c0`` … (String, null where blank).
        layout: how the table is read.
        limits: the longest value.
    """
    found, kind = _kinds(layout, limits)
    return cells.lazy().with_columns(found).with_columns(kind).drop("_filled", "_first").collect()


@lru_cache(maxsize=64)
def _kinds(layout: Layout, limits: Limits) -> tuple[tuple[pl.Expr, ...], pl.Expr]:
    """What tells the kind of a row (``fault``, ``_filled``, ``_first``), and its kind from these."""
    cells = pl.col("^c[0-9]+$")
    proof = [f"c{c.index}" for c in layout.columns if c.field in {"phone", "id_number", "vin", "plate", "email"}]
    foremost = pl.coalesce(cells)  # itself no proof: a count may stand below the column of VINs
    proven = (
        pl.any_horizontal((pl.col(proof).str.len_chars() >= _PROOF_CHARS) & (pl.col(proof) != foremost)) if proof else pl.lit(value=False)
    )
    unproven = ~proven.fill_null(value=False)
    who = [f"c{c.index}" for c in layout.columns if c.field in PARTY_FIELDS + VEHICLE_FIELDS or c.field == "key"]
    nobody = pl.all_horizontal(pl.col(who).is_null()) if who else pl.lit(value=True)
    too_long = pl.any_horizontal(cells.str.len_bytes() > limits.max_cell_chars * 3)
    found = (
        _any_cut(layout).alias("cut"),
        pl.when(pl.col("fault").is_not_null()).then("fault")
        .when(too_long).then(pl.lit("value_too_long"))
        .when(nobody).then(pl.lit("no_identity"))
        .alias("fault"),
        pl.sum_horizontal(cells.is_not_null()).alias("_filled"),
        pl.when(unproven).then(foremost).alias("_first"),  # null where no pattern needs to be looked for
    )  # fmt: skip
    filled, first = pl.col("_filled"), pl.col("_first")
    note = first.str.contains(_TOTAL) | pl.when(filled <= 2).then(first).str.contains(_NOTE)
    if layout.width >= 3 and {c.field for c in layout.columns if c.index == 0} <= _BEGINS_A_SENTENCE:
        note = note | ((filled == 1) & first.is_not_null() & pl.col("c0").str.contains(r"[:：。；！]"))
    kind = (
        pl.when((filled == 0) & pl.col("raw").is_null()).then(pl.lit("blank"))  # raw: at fault as it was read
        .when((pl.col("row_number") - 1 <= layout.last) | _is_header(layout)).then(pl.lit("title"))
        .when(note.fill_null(value=False)).then(pl.lit("note"))
        .when(pl.col("fault").is_not_null()).then(pl.lit("quarantined"))
        .otherwise(pl.lit("data"))
    )  # fmt: skip
    return found, kind.alias("kind")


def _any_cut(layout: Layout) -> pl.Expr:
    """Whether a key, phone or id number of the row is shown with an exponent, or a key ends in zeros as if it had been."""
    places = {c.index for c in layout.columns if c.field in _MAY_BE_CUT}
    keys = {c.index for c in layout.columns if c.field == "key"}
    told = [*(shortened(_bare(place)) for place in sorted(places)), *(zeroed(_bare(place)) for place in sorted(keys))]
    return pl.any_horizontal(told).fill_null(value=False) if told else pl.lit(value=False)


def shortened(text: pl.Expr) -> pl.Expr:
    """Whether a number is written with an exponent and fewer digits than it has (2.02507E+17); 7E12 is a code.

    >>> frame = pl.DataFrame({"k": ["2.02507E+17", "4E+07", "1.39e10", "1.3917852046E10", "7E12", "A1.5E+3", None]})
    >>> frame.select(shortened(pl.col("k"))).to_series().to_list()
    [True, True, True, False, False, False, False]
    """
    kept, digits = text.str.extract(_EXPONENT, 1), text.str.extract(_EXPONENT, 2)
    return (kept.str.len_bytes().fill_null(0) < digits.cast(pl.UInt32)).fill_null(value=False)


def zeroed(text: pl.Expr) -> pl.Expr:
    """Whether a number of more than 15 digits ends in zeros where a spreadsheet has no digits left, at least three of them.

    >>> frame = pl.DataFrame({"k": ["202507011234567000", "2025070112345670000", "2025070112345671000", "202507011234000", None]})
    >>> frame.select(zeroed(pl.col("k"))).to_series().to_list()
    [True, True, False, False, None]
    """
    return text.str.contains(_ZEROS)


def _bare(place: int) -> pl.Expr:
    return pl.col(f"c{place}").str.strip_chars(BLANKS)


def _is_header(layout: Layout) -> pl.Expr:
    """Rows that say the header once more, as every page of a print-out does."""
    again = pl.lit(value=False)
    for line in layout.headers:
        named = [(f"c{place}", header) for place, header in enumerate(line) if header]
        if named:
            equal = pl.sum_horizontal(pl.col(name).eq_missing(header) for name, header in named)
            again = again | (equal >= max(0.6 * len(named), min(2, len(named))))
    return again


def quarantine(rows: pl.DataFrame) -> pl.DataFrame:
    """``table``, ``row_number``, ``reason``, ``detail`` and ``text`` of the rows whose kind is ``quarantined``."""
    details = {code: f"{reason.en}; {reason.advice}" for code, reason in REASONS.items() if reason.scope == "row"}
    return rows.filter(pl.col("kind") == "quarantined").select(
        "table",
        "row_number",
        pl.col("fault").alias("reason"),
        pl.col("fault").replace_strict(details, return_dtype=pl.String).alias("detail"),
        pl.coalesce("raw", pl.concat_str(pl.col("^c[0-9]+$").fill_null(""), separator=" | ")).str.head(_TEXT_CHARS).alias("text"),
    )


def fields(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """What the rows whose kind is ``data`` say, under names that all layouts of a contract share.

    ``table``, ``row_number``, ``source_key``, ``extra``, what belongs to the row by field (``vin``), and what belongs to a
    role by role and field (``owner.phone``), what tells the scale of a rating (:func:`_rated`); a column only where the layout has one for it.
    """
    return rows.filter(pl.col("kind") == "data").select(_fields(layout))


@lru_cache(maxsize=64)
def _fields(layout: Layout) -> tuple[pl.Expr, ...]:
    unknown = [c for c in layout.columns if c.field in {"extra", "unnamed", "known"}] + _second_choices(layout)
    present = {(c.role, c.field) for c in layout.columns}
    named = [("", field, field) for field in VEHICLE_FIELDS + EVENT_FIELDS]
    named += [(role, field, f"{role}.{field}") for role in layout.contract.roles for field in PARTY_FIELDS]
    return (
        pl.col("table"),
        pl.col("row_number"),
        _key(layout).alias("source_key"),
        _extra(unknown).alias("extra"),
        *(_value(layout, role, field).alias(name) for role, field, name in named if (role, field) in present),
        *_rated(layout),
    )


def _rated(layout: Layout) -> tuple[pl.Expr, ...]:
    """``_rated_in``, the index of the column that the row's rating is from, and ``_rated_of``, the scale that its header says."""
    columns = [(pl.col(f"c{c.index}").is_not_null(), c) for c in layout.of("", "satisfaction")]
    if not columns:
        return ()
    place = pl.coalesce(pl.when(filled).then(pl.lit(c.index, pl.Int32)) for filled, c in columns)
    scale = pl.coalesce(pl.when(filled).then(pl.lit(c.scale, pl.Int32)) for filled, c in columns)
    return place.alias("_rated_in"), scale.alias("_rated_of")


def records(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The records that ``rows`` name.

    Args:
        rows: results of :func:`fields` for tables of one contract, with ``dealer_id`` and ``_place`` (the row's place among
            all rows that are read).
        contract: of all these tables.

    Returns:
        One row a record, sorted by ``_place``: the columns of RECORDS but for ``file_id`` and ``sheet``, with ``table``,
        ``_place``, ``_content`` (the content's hash where the row has no key, else null), ``_rated_in`` and ``_rated_of``.
    """
    kept = identity.with_row_ids(rows, source=contract.source, roles=tuple(contract.roles))
    shared = [field for field in VEHICLE_FIELDS + EVENT_FIELDS if field in rows.columns]
    made: list[pl.DataFrame] = []
    for role, terms in contract.roles.items():
        written = {field: name for field in PARTY_FIELDS if (name := f"{role}.{field}") in rows.columns}
        if not terms.main and not written:
            continue
        mine = kept if terms.main else kept.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in written.values()))
        carried = {
            field
            for field in shared
            if (field in VEHICLE_FIELDS and terms.vehicle) or (field in EVENT_FIELDS and (terms.main or field == "event_date"))
        }
        values = {
            **dict.fromkeys(_FIELDS_OF_RECORDS, pl.lit(None, pl.String)),
            **{field: pl.col(field) for field in carried | ({"extra"} if terms.main else set())},
            **{field: pl.col(name) for field, name in written.items()},
            **{name: pl.col(name) if terms.main and name in rows.columns else pl.lit(None, pl.Int32) for name in _RATED},
            "source": pl.lit(contract.source),
            "role": pl.lit(role),
            "main": pl.lit(terms.main),
        }
        made.append(mine.select("table", "_place", "_content", "_identity", "row_id", "dealer_id", "row_number", "source_key", **values))
    together = pl.concat(made)
    return identity.with_record_ids(together.sort("_place", maintain_order=True) if len(made) > 1 else together)


def _key(layout: Layout) -> pl.Expr:
    columns = layout.of("", "key")
    if not columns:
        return pl.lit(None, pl.String)
    key = pl.coalesce(pl.col(f"c{c.index}") for c in columns).str.strip_chars(BLANKS)
    none = key.str.to_lowercase().is_in(list(_PLACEHOLDER_KEYS)) | shortened(key) | zeroed(key)
    return pl.when(~none).then(key)


def _value(layout: Layout, role: str, field: str) -> pl.Expr:
    """All phones and e-mails of a role in one text; of another field the best column that has a value."""
    columns = [units.completed(pl.col(f"c{c.index}"), c.unit, field) for c in layout.of(role, field)]
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
