"""The dictionaries of data/reference that a user extends: CSV files of a code and its spellings, ``|`` between them.

brands.csv (brand), series.csv (brand, series), channels.csv (channel), dealers.csv (dealer_id, name, province, city). A line more is
a word more; the next run cleanses all records anew. Spellings are compared in lower case, simplified, with one space.

>>> spellings("brands.csv", "brand").filter(pl.col("key") == "vw").rows()
[('大众', 'vw')]
"""

from __future__ import annotations

import functools
from pathlib import Path

import polars as pl

from cleansing import reference, text


def key(written: pl.Expr) -> pl.Expr:
    """How words are compared."""
    return text.simplify(text.normalize(written)).str.to_lowercase().str.replace_all(r"[\s·.()]+", " ").str.strip_chars()


def table(name: str, *columns: str) -> pl.DataFrame:
    """A dictionary as it stands in the file, every column text; read once.

    Raises:
        ReferenceDataError: there is no such file, or it lacks one of ``columns``.
    """
    return _table(reference.path(name), columns)


def spellings(name: str, *codes: str) -> pl.DataFrame:
    """``codes`` and ``key``, one row a spelling; the last of ``codes`` is a spelling itself; of two lines with one the first counts."""
    return _spellings(reference.path(name), codes)


@functools.cache
def _table(file: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    if not file.is_file():
        message = f"dictionary {file.name} not found in {file.parent}: set CHEZHU_REFERENCE, or put it there"
        raise reference.ReferenceDataError(message)
    read = pl.read_csv(file, infer_schema=False)
    if missing := [column for column in columns if column not in read.columns]:
        message = f"{file}:1: column {', '.join(missing)} is missing; the first line must be {','.join(columns)}"
        raise reference.ReferenceDataError(message)
    return read


@functools.cache
def _spellings(file: Path, codes: tuple[str, ...]) -> pl.DataFrame:
    listed = _table(file, (*codes, "synonyms")).select(
        *codes, key=pl.concat_list(codes[-1], pl.col("synonyms").fill_null("").str.split("|"))
    )
    return (
        listed.explode("key", empty_as_null=True)
        .with_columns(key=key(pl.col("key")))
        .filter(pl.col("key").fill_null("") != "")
        .unique([*codes[:-1], "key"], keep="first", maintain_order=True)
    )
