"""The tables of reference sources, cleansed as dealers' exports are: the same columns, the same reasons.

A row is cleansed by the date of the run that read this file first, so that it says the same in every run.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import polars as pl

from cleansing import records, text
from cleansing.reasons import REASONS
from engine.contract import Engine, Table
from engine.tables import schema
from matching.survivorship.blocks import COLUMNS
from pipelines.reference_sources.settings import FieldName, Source, SourceError, Sources
from pipelines.stages.match_files import InputError, scan
from pipelines.stages.steward import AMBIGUOUS, DOUBTFUL

VALUE: dict[FieldName, pl.Expr] = {
    "name": pl.coalesce("name", "surname"),
    "id_number": pl.col("id_number"),
    "birth_date": pl.col("birth_date").cast(pl.String),
    "gender": pl.col("gender"),
    "phone": pl.col("phones").list.first(),
    "email": pl.col("emails").list.first(),
    "address": pl.col("address"),
    "postcode": pl.col("postcode"),
}
"""What a clean row says of a field; of several phones or e-mails the first counts."""
ROWS: dict[str, pl.DataType] = {
    "reference": pl.String(),
    **{name: schema("clean_records")[name] for name in COLUMNS},
    "event_date": pl.Date(),
    "written": pl.List(pl.String()),
    "good": pl.List(pl.String()),
    "verified": pl.Boolean(),
}
"""A row of a source: its clean columns (``record_id`` is reference:source:row), the fields that have text, those that can be gone by, and the verdict."""


def read(engine: Engine, sources: Sources, *, as_of: dt.date, folder: Path) -> Table:
    """``ROWS`` of all sources.

    Args:
        engine: runs the kernel.
        sources: what there is.
        as_of: the date that dated rules use.
        folder: for scratch files.

    Raises:
        SourceError: a table cannot be read, or lacks a column.
    """
    tables = {}
    for source in sources.listed:
        raw = engine.read(_texts(source, folder))
        tables[source.name] = engine.map_batches(raw, partial(cleansed, source=source, as_of=as_of), ROWS)
    return engine.materialize(engine.sql(" union all ".join(f"select * from {name}" for name in tables), **tables))


def _texts(source: Source, folder: Path) -> Path:
    """The columns of a source as text, by our names, with the row's number, in a Parquet file."""
    named: dict[str, str] = dict(source.columns.items())
    if isinstance(source.date, str):
        named["event_date"] = source.date
    if source.verdict is not None:
        named["verdict"] = source.verdict.column
    whole = folder / f"reference-{source.name}.parquet"
    try:
        wide = scan(source.file, sorted(set(named.values())))
        ours = wide.select(pl.col(column).alias(name) for name, column in named.items())
        ours.with_row_index("row_number", offset=1).with_columns(pl.col("row_number").cast(pl.Int64)).sink_parquet(whole)
    except InputError as error:
        message = f"{error}; name the right columns in {source.name}'s YAML file"
        raise SourceError(message) from error
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"{source.file} cannot be read as {'CSV in UTF-8' if source.file.suffix in {'.csv', '.txt'} else 'Parquet'}: {error}"
        raise SourceError(message) from error
    return whole


def cleansed(frame: pl.DataFrame, *, source: Source, as_of: dt.date) -> pl.DataFrame:
    """Kernel: rows of a source as written to ``ROWS``.

    Args:
        frame: ``row_number``, the columns of the source by our names as text, ``event_date`` where it has one, ``verdict`` where it verifies.
        source: what it says.
        as_of: the date that dated rules use.
    """
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in schema("records").items() if name not in frame.columns]
    written = frame.with_columns(empty).with_columns(record_id=pl.format("reference:{}:{}", pl.lit(source.name), "row_number"))
    if isinstance(source.date, dt.date):
        written = written.with_columns(event_date=pl.lit(source.date.isoformat()))
    clean = records.clean(written.select(*schema("records")), as_of=as_of)
    verdict = written["verdict"] if source.verdict is not None else pl.Series([None] * frame.height, dtype=pl.String)
    beside = written.select(
        written=pl.concat_list(
            pl.when(_says_something(name)).then(pl.lit(name)) for name in source.fields
        ).list.drop_nulls(),
        verdict=verdict.str.strip_chars(),
    )  # fmt: skip
    right = source.verdict.right if source.verdict is not None else ()
    wrong = source.verdict.wrong if source.verdict is not None else ()
    return (
        clean.select(*COLUMNS, "event_date")
        .with_columns(beside)
        .with_columns(
            reference=pl.lit(source.name),
            good=pl.concat_list(pl.when(_good(name)).then(pl.lit(name)) for name in source.fields).list.drop_nulls(),
            verified=pl.when(pl.col("verdict").is_in(list(right))).then(True).when(pl.col("verdict").is_in(list(wrong))).then(False),
        )
        .select(*ROWS)
    )


def _says_something(name: FieldName) -> pl.Expr:
    columns = ("province", "city", "district", "address") if name == "address" else (name,)
    flat = [text.normalize(pl.col(column)) for column in columns]
    return pl.any_horizontal(((each != "") & ~text.is_junk(each)).fill_null(value=False) for each in flat)


def _good(name: FieldName) -> pl.Expr:
    """Whether the value of a field is there and without a doubt that a steward would be asked about."""
    wrong = sorted(code for code, reason in REASONS.items() if reason.penalty >= DOUBTFUL or code in AMBIGUOUS)
    each = pl.element().struct
    about = each.field("field").str.split("/").list.contains(name)
    doubt = about & ~each.field("repaired").fill_null(value=False) & each.field("reason").is_in(wrong)
    return VALUE[name].is_not_null() & ~pl.col("problems").list.eval(doubt).list.any().fill_null(value=False)
