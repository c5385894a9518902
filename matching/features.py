"""From a standardized table to what keys and comparisons read: one row a record, a number for each record, codes of values.

Records are numbered by the order of their ids (``rid`` from 1), so that whatever follows works on integers and does not
depend on the order of input. A *feature* is the code of one value (``matching.codes``; 0 where it is missing): joins and
comparisons carry integers, and a record's texts go along as one where likeness of characters counts. List columns
(phones, e-mails, and the cars of a whole cluster) become a few slots, a phone is its own code (E.164 has at most 15 digits), and names
get the pinyin of surname and given name apart.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching import organizations
from matching import words as free_text
from matching.codes import MISSING, all_as_one, codes, joined, letters
from matching.spec import ModelSpec

SLOTS = {"phone": 3, "email": 2}
NAME_PARTS = ("surname", "given", "pinyin")
NAME_SOUNDS = ("surname_sound", "given_sound")
SPOKEN_SURNAME = "surname_pinyin"
"""Companion of a name: the pinyin of a surname that stands alone (王先生), which sounds like Wang in Latin letters."""
ADDRESS_PARTS = ("adcode", "road", "road_no", "building", "unit", "room")
CODED_KINDS = frozenset({"phone", "vin", "plate", "seen"})
"""Kinds of which only the code is read; of all others, unless exclusive, texts are compared."""
TOKENS = {
    "given_name": ("start",),
    "surname": ("start",),
    "date": ("year", "either"),
    "identifier": ("head", "tail"),
    "postcode": ("area",),
}
"""Parts of a text that survive an error, for blocking keys."""
PARTED = frozenset({"given_name", "surname"})
"""Kinds beside which the parts of a date make a key."""
COMPANIONS = {"name": NAME_PARTS, "given_name": ("pinyin",), "surname": ("pinyin",), "address": ADDRESS_PARTS}
"""Columns ``<column>__<part>`` that a standardized table may bring along, by kind."""
BETWEEN = "\x1f"
"""Stands between the texts of a record."""
_YEAR = 366
_DAYS_BEFORE_1970 = 719_163
RECORDS_AT_ONCE = 65_536
CONTENT = "content"
"""One code of all features of a record: equal where everything that is compared is equal."""
GROUP = "group of the record"
"""Column that a record's group has on its way to ``apart``."""


def feature_names(spec: ModelSpec) -> list[str]:
    """The features of a spec, each a column of codes."""
    made = {"name": (*NAME_SOUNDS, "letters", "trade", "registered"), "address": ("city", "long")}
    found: list[str] = []
    for name, column in spec.columns.items():
        found += slots(name, column.kind) if column.kind in SLOTS else [name]
        found += [f"{name}__{part}" for of in (COMPANIONS, made) for part in of.get(column.kind, ())]
        found += [f"{name}__{part}" for part in tokens(spec, name)]
        found += free_text.features(spec, name)
    return found


def tokens(spec: ModelSpec, name: str) -> tuple[str, ...]:
    """The parts of a column that a key can have.

    An exclusive identifier is proven: where it has an error, it is not there. Parts of dates stand beside parts of names in columns of their own.
    """
    column = spec.columns[name]
    if column.exclusive or (column.kind == "date" and not spec.of_kind(*PARTED)):
        return ()
    return TOKENS.get(column.kind, ())


def text_names(spec: ModelSpec) -> list[str]:
    """Features that are compared by their characters, in the order in which their texts stand in ``texts``."""
    found: list[str] = []
    for name, column in spec.columns.items():
        if column.kind not in CODED_KINDS and not column.exclusive:
            found.append(slots(name, "email")[0] if column.kind == "email" else name)
        if column.kind == "name":
            found += [f"{name}__{part}" for part in ("given", *NAME_SOUNDS, "organization")]
    return found


def feature_schema(spec: ModelSpec) -> dict[str, pl.DataType]:
    """Names and types of the columns of features: ``rid``, codes, ``content``, and ``texts`` with ``BETWEEN`` between them; none is ever null."""
    return {"rid": pl.Int64(), **dict.fromkeys((*feature_names(spec), CONTENT), pl.Int64()), "texts": pl.String()}


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
    source = f', cast("{spec.source}" as string) as source' if spec.source in table.schema else ""
    return engine.sql(
        f"select cast(row_number() over (order by record_id) as bigint) as rid, record_id{', source' if source else ''} "
        f'from (select cast("{spec.record_id}" as string) as record_id{source} from input) ids where record_id is not null',
        input=table,
    )


def build(engine: Engine, table: Table, numbered: Table, spec: ModelSpec, groups: Table | None = None) -> Table:
    """The features of every record: schema ``feature_schema(spec)``.

    Args:
        engine: the engine.
        table: the table that is matched.
        numbered: its records (record_id, rid).
        spec: what the columns mean.
        groups: rid, grp (text) of records whose content is that of their group alone (``apart``).
    """
    companions = (f"{name}__{part}" for name, column in spec.columns.items() for part in (*COMPANIONS.get(column.kind, ()), SPOKEN_SURNAME))
    listed = "".join(f', i."{name}"' for name in dict.fromkeys((*spec.columns, *(name for name in companions if name in table.schema))))
    named, group = engine.sql("select rid, record_id from t", t=numbered), ""
    if groups is not None:
        named = engine.sql("select t.rid, t.record_id, g.grp from t left join g on t.rid = g.rid", t=numbered, g=groups)
        group = f', n.grp as "{GROUP}"'
    rows = engine.sql(f'select n.rid{listed}{group} from i join n on cast(i."{spec.record_id}" as string) = n.record_id', i=table, n=named)
    return engine.map_batches(rows, partial(feature_kernel, spec=spec), feature_schema(spec), batch_rows=RECORDS_AT_ONCE)


def feature_kernel(frame: pl.DataFrame, *, spec: ModelSpec) -> pl.DataFrame:
    """One row in, one row out; see the module. Empty text is missing."""
    plain = [frame["rid"]]
    for name, column in spec.columns.items():
        plain += _slots(frame[name], column.kind) if column.kind in SLOTS else [frame[name].cast(pl.String)]
        for companion in (f"{name}__{part}" for part in COMPANIONS.get(column.kind, ())):
            there = companion in frame.columns
            plain.append(
                frame[companion].cast(pl.String) if there else pl.repeat(None, frame.height, dtype=pl.String, eager=True).alias(companion)
            )
    values = pl.DataFrame(plain)
    values = values.with_columns(
        expr
        for name, column in spec.columns.items()
        if column.kind == "address" or tokens(spec, name)
        for expr in _token_exprs(name, column.kind)
    )
    for name in spec.of_kind("name"):
        if spec.columns[name].organizations:  # no part of it is a person's
            values = values.with_columns(pl.lit(None, dtype=pl.String).alias(f"{name}__{part}") for part in NAME_PARTS)
        alone = f"{name}__{SPOKEN_SURNAME}"
        values = _with_sounds(values, name, frame[alone].cast(pl.String) if alone in frame.columns else None)
        values = values.with_columns(_organization(values, name, throughout=bool(spec.columns[name].organizations)))
    values = values.with_columns(part for name in free_text.free(spec) for part in _words(values[name], spec.columns[name].kind))
    for name in spec.of_kind("seen"):
        values = values.with_columns(_day(pl.col(name)))
    coded = [_coded(values[name]) for name in feature_names(spec)]
    # records alike in all but the day are copies if they are of one year
    alike = [part // _YEAR if part.name in spec.of_kind("seen") else part for part in coded]
    content = _content(alike)
    if GROUP in frame.columns:
        content = apart(content, frame[GROUP])
    return pl.DataFrame([frame["rid"], *coded, content, _texts(values, text_names(spec))])


def apart(content: pl.Series, groups: pl.Series) -> pl.Series:
    """Contents (``CONTENT``), those of records that have a group (text) other than all of other groups or of none."""
    rows = groups.is_not_null().arg_true()
    own = joined([content.gather(rows).to_numpy(), codes(groups.gather(rows))])
    return content.scatter(rows, pl.Series(own, dtype=pl.Int64)) if len(rows) else content


def _day(text: pl.Expr) -> pl.Expr:
    """YYYYMMDD or YYYY-MM-DD as a number of days, above 0 in all years from 1 on."""
    date = text.str.replace_all("-", "", literal=True).str.to_date("%Y%m%d", strict=False)
    return date.cast(pl.Int32).cast(pl.Int64) + _DAYS_BEFORE_1970


def _coded(values: pl.Series) -> pl.Series:
    return values.fill_null(MISSING) if values.dtype == pl.Int64 else pl.Series(values.name, codes(values))


def _content(coded: list[pl.Series]) -> pl.Series:
    return pl.Series(CONTENT, all_as_one([part.to_numpy() for part in coded]))


def _slots(values: pl.Series, kind: str) -> list[pl.Series]:
    """The first values of a list, each once."""
    names = slots(values.name, kind)
    read = _numbers if kind == "phone" else _written
    listed = values.dtype == pl.List
    first = read(values.list.get(0, null_on_oob=True) if listed else values)
    found = [first, *(pl.repeat(None, len(first), dtype=first.dtype, eager=True) for _ in names[1:])]
    rows = (values.list.len() > 1).fill_null(value=False).arg_true() if listed else pl.Series(dtype=pl.UInt32)
    if len(rows):  # most lists have one value and need no looking at
        some = values.gather(rows)
        flat = pl.DataFrame({"row": np.repeat(rows.to_numpy(), some.list.len().to_numpy()), "value": read(some.explode())})
        several = flat.drop_nulls("value").group_by("row").agg(pl.col("value").unique(maintain_order=True))
        found = [slot.scatter(several["row"], several["value"].list.get(place, null_on_oob=True)) for place, slot in enumerate(found)]
    return [slot.alias(name) for slot, name in zip(found, names, strict=True)]


def _written(values: pl.Series) -> pl.Series:
    return values.cast(pl.String)


def _numbers(values: pl.Series) -> pl.Series:
    """Phones as integers: their digits, at most 15. An integer compares faster than its text."""
    plain = values.cast(pl.String).str.strip_prefix("+")
    number = plain.cast(pl.Int64, strict=False)
    short = plain.str.len_bytes() <= 15  # 0000000000000001 has more digits than its number
    if number.null_count() == plain.null_count() and (short & (number >= 0)).all():  # E.164 throughout
        return number
    return plain.str.replace_all("[^0-9]", "").str.slice(0, 15).cast(pl.Int64, strict=False)


def _token_exprs(name: str, kind: str) -> list[pl.Expr]:
    text = pl.col(name)
    if kind == "given_name":
        found = {"start": text.str.slice(0, 3)}
    elif kind == "surname":
        found = {"start": text.str.slice(0, 4)}
    elif kind == "date":
        month, day = text.str.slice(4, 2), text.str.slice(6, 2)
        year = text.str.slice(0, 4)
        found = {"year": year, "either": pl.concat_str(year, pl.min_horizontal(month, day), pl.max_horizontal(month, day))}
    elif kind == "identifier":
        half = pl.max_horizontal(text.str.len_chars() // 2, pl.lit(2))
        found = {"head": _long(text.str.slice(0, half)), "tail": _long(text.str.slice(half))}
    elif kind == "postcode":
        bare = text.str.replace_all(" ", "", literal=True)
        found = {"area": _long(bare.str.slice(0, pl.max_horizontal(bare.str.len_chars() - 3, pl.lit(2))))}
    elif kind == "address":
        found = {"city": pl.col(f"{name}__adcode").str.slice(0, 4), "long": (text.str.len_chars() >= 8).cast(pl.Int64)}
    else:
        return []
    return [expr.alias(f"{name}__{part}") for part, expr in found.items()]


def _words(values: pl.Series, kind: str) -> list[pl.Series]:
    slots_of = free_text.slots(values.name, kind)
    listed = free_text.words(values, count=len(slots_of))
    return [
        *(word.alias(slot) for word, slot in zip(listed, slots_of, strict=True)),
        free_text.numbers(values).alias(f"{values.name}__number"),
    ]


def _long(part: pl.Expr) -> pl.Expr:
    return pl.when(part.str.len_chars() > 1).then(part)


def _with_sounds(values: pl.DataFrame, name: str, alone: pl.Series | None) -> pl.DataFrame:
    """Pinyin of surname and given name apart, a syllable for each character; Latin names sound as they are written. And the letters of the whole, in any order."""
    surname, given, pinyin = (values[f"{name}__{part}"] for part in NAME_PARTS)
    length = surname.str.len_chars()
    whole = pinyin.is_not_null() & surname.is_not_null()
    first, rest = pinyin.str.splitn(" ", 2).struct.unnest().get_columns()
    heard = surname if alone is None else pl.select(pl.coalesce(alone, surname)).to_series()
    sounds = [pl.select(pl.when(whole).then(spoken).otherwise(written)).to_series() for spoken, written in ((first, heard), (rest, given))]
    rows = (whole & (length != 1) & (surname.str.len_bytes() > length)).arg_true()
    if len(rows):  # Chinese surnames of two characters and more; a Latin one is the first word
        some = pl.DataFrame({"syllables": pinyin.gather(rows).str.split(" "), "length": length.gather(rows)})
        syllables = pl.col("syllables").list
        parts = some.select(syllables.head("length").list.join(" "), rest=syllables.slice("length").list.join(" "))
        sounds = [whole_column.scatter(rows, part) for whole_column, part in zip(sounds, parts, strict=True)]
    spoken = values.select(pl.coalesce(f"{name}__pinyin", name)).to_series()
    return values.with_columns(
        pl.Series(f"{name}__letters", letters(spoken)),
        *(column.alias(f"{name}__{part}") for column, part in zip(sounds, NAME_SOUNDS, strict=True)),
    )


def _organization(values: pl.DataFrame, name: str, *, throughout: bool) -> list[pl.Series]:
    """Of names that are not read as persons': trade names, registered names, and all parts as one text (``matching.organizations``)."""
    nothing = pl.repeat(None, values.height, dtype=pl.String, eager=True)
    found = [nothing.alias(f"{name}__{part}") for part in ("trade", "registered", "organization")]
    rows = (values[f"{name}__surname"].is_null() & values[name].is_not_null()).arg_true()
    if len(rows):
        parts = organizations.parse(values[name].gather(rows), throughout=throughout)
        made = (parts["trade"], organizations.registered(parts), organizations.packed(parts))
        found = [column.scatter(rows, part) for column, part in zip(found, made, strict=True)]
    return found


def _texts(values: pl.DataFrame, names: list[str]) -> pl.Series:
    """The texts of each row, ``BETWEEN`` them."""
    if not names:
        return pl.repeat("", values.height, eager=True).alias("texts")
    texts = [pl.col(name).fill_null("") for name in names]
    found = values.select(texts=pl.concat_str(texts, separator=BETWEEN)).to_series()
    if found.str.count_matches(BETWEEN, literal=True).sum() != found.len() * (len(texts) - 1):  # it stands in a text itself
        texts = [text.str.replace_all(BETWEEN, " ", literal=True) for text in texts]
        found = values.select(texts=pl.concat_str(texts, separator=BETWEEN)).to_series()
    return found
