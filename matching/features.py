"""From a standardized table to what keys and comparisons read: one row a record, a number for each record, codes of values.

Records are numbered by the order of their ids (``rid`` from 1), so that whatever follows works on integers and does not
depend on the order of input. A *feature* is the code of one value (``matching.codes``; 0 where it is missing): joins and
comparisons carry integers only, and a text (``<feature>__text``) goes along where likeness of characters counts. List columns
(phones, e-mails, and the cars of a whole cluster) become a few slots, a phone is its own code (E.164 has at most 15 digits), and names
get the pinyin of surname and given name apart.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from engine.contract import Engine, Table
from matching.codes import codes
from matching.spec import ModelSpec

SLOTS = {"phone": 3, "email": 2}
NAME_PARTS = ("surname", "given", "pinyin")
NAME_SOUNDS = ("surname_sound", "given_sound")
ADDRESS_PARTS = ("adcode", "road", "road_no", "building", "unit", "room")
CODED_KINDS = frozenset({"phone", "vin", "plate"})
"""Kinds of which only the code is read; of all others, unless exclusive, texts are compared."""


def feature_names(spec: ModelSpec) -> list[str]:
    """The features of a spec, each a column of codes."""
    found: list[str] = []
    for name, column in spec.columns.items():
        found += slots(name, column.kind) if column.kind in SLOTS else [name]
        parts = {
            "name": (*NAME_PARTS, *NAME_SOUNDS),
            "given_name": ("pinyin",),
            "surname": ("pinyin",),
            "address": (*ADDRESS_PARTS, "city", "long"),
        }.get(column.kind, ())
        found += [f"{name}__{part}" for part in parts]
    return found


def text_names(spec: ModelSpec) -> list[str]:
    """Features whose text goes along, in ``<feature>__text``."""
    found: list[str] = []
    for name, column in spec.columns.items():
        if column.kind in CODED_KINDS or (column.exclusive and column.kind == "category"):
            continue
        found.append(slots(name, "email")[0] if column.kind == "email" else name)
        if column.kind == "name":
            found += [f"{name}__{part}" for part in ("given", *NAME_SOUNDS)]
    return found


def feature_schema(spec: ModelSpec) -> dict[str, pl.DataType]:
    """Names and types of the columns of features: ``rid``, codes (never null), texts (null where missing)."""
    texts = dict.fromkeys((f"{name}__text" for name in text_names(spec)), pl.String())
    return {"rid": pl.Int64(), **dict.fromkeys(feature_names(spec), pl.Int64()), **texts}


def slots(name: str, kind: str) -> list[str]:
    """Features that hold the values of a list column.

    >>> slots("tel", "phone")
    ['tel__1', 'tel__2', 'tel__3']
    """
    return [f"{name}__{number}" for number in range(1, SLOTS[kind] + 1)]


def number_records(engine: Engine, table: Table, spec: ModelSpec) -> Table:
    """``record_id`` as text, ``rid``: its place among all ids, from 1; and the spec's ``source`` where the table has it.

    Raises:
        ValueError: a column of the spec is missing.
    """
    missing = [name for name in (spec.record_id, *spec.columns) if name not in table.schema]
    if missing:
        message = f"{spec.where or 'model'}: the table has no column {', '.join(missing)}; it has {', '.join(table.schema)}"
        raise ValueError(message)
    source = f', cast("{spec.source}" as varchar) as source' if spec.source in table.schema else ""
    return engine.sql(
        f"select cast(row_number() over (order by record_id) as bigint) as rid, record_id{', source' if source else ''} "
        f'from (select cast("{spec.record_id}" as varchar) as record_id{source} from input) ids where record_id is not null',
        input=table,
    )


def build(engine: Engine, table: Table, numbered: Table, spec: ModelSpec) -> Table:
    """The features of every record: schema ``feature_schema(spec)``."""
    companions = (f"{name}__{part}" for name in spec.columns for part in (*NAME_PARTS, *ADDRESS_PARTS))
    listed = "".join(f', i."{name}"' for name in (*spec.columns, *(name for name in companions if name in table.schema)))
    rows = engine.sql(
        f'select n.rid{listed} from i join n on cast(i."{spec.record_id}" as varchar) = n.record_id',
        i=table, n=engine.sql("select rid, record_id from t", t=numbered),
    )  # fmt: skip
    return engine.map_batches(rows, partial(feature_kernel, spec=spec), feature_schema(spec))


def feature_kernel(frame: pl.DataFrame, *, spec: ModelSpec) -> pl.DataFrame:
    """One row in, one row out; see the module. Empty text is missing."""
    made: list[pl.Expr] = [pl.col("rid")]
    for name, column in spec.columns.items():
        if column.kind in SLOTS:
            made += _slot_exprs(frame, name, column.kind)
        else:
            made.append(_text(pl.col(name)).alias(name))
        parts = {"name": NAME_PARTS, "address": ADDRESS_PARTS, "given_name": ("pinyin",), "surname": ("pinyin",)}.get(column.kind, ())
        for part in parts:
            companion = f"{name}__{part}"
            made.append((_text(pl.col(companion)) if companion in frame.columns else pl.lit(None, dtype=pl.String)).alias(companion))
    plain = frame.select(made)
    plain = plain.with_columns(
        *(expr for name in spec.of_kind("name") for expr in _sounds(name)),
        *(pl.col(f"{name}__adcode").str.slice(0, 4).alias(f"{name}__city") for name in spec.of_kind("address")),
        *((pl.col(name).str.len_chars() >= 8).cast(pl.Int64).alias(f"{name}__long") for name in spec.of_kind("address")),
    )
    columns = [plain["rid"]]
    for name in feature_names(spec):
        values = plain[name]
        columns.append(values.fill_null(0) if values.dtype == pl.Int64 else pl.Series(name, codes(values)))
    columns += [plain[name].alias(f"{name}__text") for name in text_names(spec)]
    return pl.DataFrame(columns)


def _text(column: pl.Expr) -> pl.Expr:
    text = column.cast(pl.String)
    return pl.when(text.str.len_bytes() > 0).then(text)


def _slot_exprs(frame: pl.DataFrame, name: str, kind: str) -> list[pl.Expr]:
    values = pl.col(name)
    if not isinstance(frame.schema[name], pl.List):
        values = pl.concat_list(values.cast(pl.String))
    values = values.list.drop_nulls()
    if kind == "phone":  # digits only, at most 15: an integer compares faster than its text
        number = pl.element().cast(pl.String).str.replace_all("[^0-9]", "").str.slice(0, 15).cast(pl.Int64, strict=False)
        values = values.list.eval(number).list.drop_nulls()
    values = values.list.unique(maintain_order=True)
    return [values.list.get(place, null_on_oob=True).alias(slot) for place, slot in enumerate(slots(name, kind))]


def _sounds(name: str) -> list[pl.Expr]:
    """Pinyin of surname and given name apart; Latin names sound as they are written."""
    syllables = pl.col(f"{name}__pinyin").str.split(" ")
    length = pl.col(f"{name}__surname").str.len_chars()
    whole = pl.col(f"{name}__pinyin").is_not_null() & pl.col(f"{name}__surname").is_not_null()
    surname = pl.when(whole).then(syllables.list.head(length).list.join(" ")).otherwise(pl.col(f"{name}__surname"))
    given = pl.when(whole).then(syllables.list.slice(length).list.join(" ")).otherwise(pl.col(f"{name}__given"))
    return [surname.alias(f"{name}__surname_sound"), _text(given).alias(f"{name}__given_sound")]
