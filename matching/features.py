"""From a standardized table to what keys and comparisons read: one row a record, a number for each record, plain columns.

Records are numbered by the order of their ids (``rid`` from 1), so that whatever follows works on integers and does not
depend on the order of input. List columns (phones, e-mails, and the cars of a whole cluster) become a few slots, phones
are kept as integers (E.164 has at most 15 digits), and names get the pinyin of surname and given name apart.

Beside a value stand its *bits*: -log2 of its relative frequency in thousandths, at most ``RARE``. What is frequent says
little: 张伟 has about 11 bits, 欧阳靖宇 all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching.spec import ModelSpec

RARE = 17_000
"""Bits (in thousandths) of a value that is too rare to count: 1 in 131,072."""
UNIQUE = 22_000
"""The same for identifiers and cars, which are made to be unique."""
SLOTS = {"phone": 3, "email": 2}
FREQUENT_VALUES = 131_072
"""At most so many values a column have a frequency of their own; a value below 2**-17 is RARE anyway."""
UNIQUE_KINDS = frozenset({"identifier", "vin", "plate"})
NAME_PARTS = ("surname", "given", "pinyin")
ADDRESS_PARTS = ("adcode", "road", "road_no", "building", "unit", "room")

Frequencies = Mapping[str, pl.DataFrame]
"""Feature -> (value: String, bits: Int32), only values more frequent than the rare ones."""


def feature_schema(spec: ModelSpec) -> dict[str, pl.DataType]:
    """Names and types of the features of a spec, ``rid`` first; every column can be null."""
    text = pl.String()
    schema: dict[str, pl.DataType] = {"rid": pl.Int64()}
    for name, column in spec.columns.items():
        kind = column.kind
        if kind == "phone":
            schema |= {slot: pl.Int64() for slot in slots(name, kind)}
        elif kind == "email":
            schema |= dict.fromkeys(slots(name, kind), text)
        else:
            schema[name] = text
        if kind == "name":
            schema |= {f"{name}__{part}": text for part in (*NAME_PARTS, "surname_sound", "given_sound")}
        if kind in {"given_name", "surname"}:
            schema[f"{name}__pinyin"] = text
        if kind == "address":
            schema |= {f"{name}__{part}": text for part in ADDRESS_PARTS}
    return schema


def slots(name: str, kind: str) -> list[str]:
    """Feature columns that hold the values of a list column.

    >>> slots("tel", "phone")
    ['tel__1', 'tel__2', 'tel__3']
    """
    return [f"{name}__{number}" for number in range(1, SLOTS[kind] + 1)]


def weighed(spec: ModelSpec) -> dict[str, int]:
    """Features whose frequency counts, with the bits of a value that is too rare to have been counted."""
    found: dict[str, int] = {}
    for name, column in spec.columns.items():
        rare = UNIQUE if column.kind in UNIQUE_KINDS else RARE
        if column.kind in SLOTS:
            found |= dict.fromkeys(slots(name, column.kind), rare)
        elif column.kind == "name":
            found |= {name: rare, f"{name}__surname": rare, f"{name}__pinyin": rare}
        elif column.kind in {"given_name", "surname"}:
            found |= {name: rare, f"{name}__pinyin": rare}
        else:
            found[name] = rare
    return found


def number_records(engine: Engine, table: Table, spec: ModelSpec) -> Table:
    """What the spec reads, with ``record_id`` as text and ``rid``: the place of the record's id among all ids, from 1."""
    missing = [name for name in (spec.record_id, *spec.columns) if name not in table.schema]
    if missing:
        message = f"{spec.where or 'model'}: the table has no column {', '.join(missing)}; it has {', '.join(table.schema)}"
        raise ValueError(message)
    wanted = (*feature_schema(spec), *spec.columns, spec.source)
    rest = "".join(f', "{name}"' for name in table.schema if name in wanted and name not in {"rid", "record_id", spec.record_id})
    return engine.sql(
        f'select cast(row_number() over (order by cast("{spec.record_id}" as varchar) nulls last) as bigint) as rid, '
        f'cast("{spec.record_id}" as varchar) as record_id{rest} from input',
        input=table,
    )


def build(engine: Engine, numbered: Table, spec: ModelSpec) -> Table:
    """The features of every record: schema ``feature_schema(spec)``."""
    schema = feature_schema(spec)
    companions = [name for name in numbered.schema if name in schema and name not in spec.columns and name != "rid"]
    chosen = ", ".join(f'"{name}"' for name in dict.fromkeys(("rid", *spec.columns, *companions)))
    return engine.map_batches(engine.sql(f"select {chosen} from t", t=numbered), partial(feature_kernel, spec=spec), schema)


def feature_kernel(frame: pl.DataFrame, *, spec: ModelSpec) -> pl.DataFrame:
    """One row in, one row out; see the module. Empty text is missing."""
    schema = feature_schema(spec)
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
    frame = frame.select(made)
    sounds = [expr for name in spec.of_kind("name") for expr in _sounds(name)]
    return frame.with_columns(sounds).select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def count_frequencies(engine: Engine, features: Table, spec: ModelSpec) -> dict[str, pl.DataFrame]:
    """How many bits each frequent value of each weighed feature says; slots of one column are counted together."""
    found: dict[str, pl.DataFrame] = {}
    rares = weighed(spec)
    for name, members in _frequency_groups(spec).items():
        rows = " union all ".join(f'select cast("{member}" as varchar) as v from f where "{member}" is not null' for member in members)
        counts = engine.collect(
            engine.sql(
                f"with v as ({rows}), c as (select v, count(*) as n from v group by v), t as (select cast(sum(n) as bigint) as total from c) "
                f"select v as value, n, total from c, t where n > 1 and n * 131072 > total order by n desc, v limit {FREQUENT_VALUES}",
                f=features,
            )
        )
        # the chance that another record has the value; n / total would count the record itself, which in a small table is half of what is seen
        share = (counts["n"].to_numpy() - 1) / np.maximum(counts["total"].to_numpy() - 1, 1)
        bits = np.minimum(np.rint(-1000 * np.log2(np.maximum(share, 2.0**-40))), rares[members[0]]).astype(np.int32)
        found[name] = pl.DataFrame({"value": counts["value"].cast(pl.String), "bits": pl.Series(bits, dtype=pl.Int32)})
    return found


def with_bits(engine: Engine, features: Table, spec: ModelSpec, frequencies: Frequencies) -> Table:
    """Features with ``<feature>__bits`` (Int32, thousandths; null where the value is missing) for every weighed feature."""
    schema = {**features.schema, **{f"{name}__bits": pl.Int32() for name in weighed(spec)}}
    return engine.map_batches(features, partial(_bits_kernel, spec=spec, frequencies=frequencies), schema)


def _bits_kernel(frame: pl.DataFrame, *, spec: ModelSpec, frequencies: Frequencies) -> pl.DataFrame:
    rares = weighed(spec)
    group_of = {member: name for name, members in _frequency_groups(spec).items() for member in members}
    exprs = []
    for name, rare in rares.items():
        known = frequencies.get(group_of[name])
        value = pl.col(name).cast(pl.String)
        bits = pl.lit(rare, dtype=pl.Int32)
        if known is not None and known.height:
            bits = value.replace_strict(known["value"], known["bits"], default=rare, return_dtype=pl.Int32)
        exprs.append(pl.when(pl.col(name).is_not_null()).then(bits).alias(f"{name}__bits"))
    return frame.with_columns(exprs)


def _frequency_groups(spec: ModelSpec) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in weighed(spec):
        column = name.rsplit("__", 1)[0]
        listed = column in spec.columns and spec.columns[column].kind in SLOTS
        groups.setdefault(column if listed else name, []).append(name)
    return groups


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
