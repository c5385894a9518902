"""Ids of rows and records that stay the same from run to run and from file to file.

``row_id`` is the hash of dealer, source and the source's own key; ``record_id`` adds the role. A row without a key is
known by the hash of its content and its occurrence in the file: the same row in a newer file is the same record, and the
same row twice in one file is two records, in every file that has it twice.

>>> hashed(pl.Series(["a"])).item()
'ca978112ca1bbdcafac231b39a23dc4d'
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import polars as pl

from pipelines.ingest.contracts import EVENT_FIELDS, PARTY_FIELDS, VEHICLE_FIELDS

ID_CHARS: Final = 32
_BETWEEN: Final = "\x1f"
_KEYLESS: Final = "\x1e"


def hashed(texts: pl.Series) -> pl.Series:
    """The first 32 hexadecimal digits of each text's SHA-256 (String); about a microsecond a text."""
    digests = [sha256(text).digest() for text in texts.cast(pl.Binary).to_list()]
    return pl.Series(texts.name, digests, dtype=pl.Binary).bin.head(ID_CHARS // 2).bin.encode("hex")


def with_row_ids(rows: pl.DataFrame, *, source: str, roles: Sequence[str]) -> pl.DataFrame:
    """``rows`` with ``_content`` (hash of the content, null where there is a key), ``_identity`` and ``row_id``.

    A column that is missing counts as one that is blank: which columns an export has does not change what its rows are.

    Args:
        rows: ``dealer_id``, ``source_key``, ``_place`` (of its own for each row) and the content of rows of ``source``.
        source: what the rows come from.
        roles: all roles of that source.
    """
    keyless = rows.filter(pl.col("source_key").is_null())
    if keyless.is_empty():
        known = rows.with_columns(_content=pl.lit(None, pl.String))
    else:
        fields = [*VEHICLE_FIELDS, *EVENT_FIELDS, "extra", *(f"{role}.{field}" for role in sorted(roles) for field in PARTY_FIELDS)]
        values = [pl.col(name).fill_null("").str.strip_chars() if name in rows.columns else pl.lit("") for name in fields]
        content = hashed(keyless.select(_content=pl.concat_str(values, separator=_BETWEEN)).to_series())
        known = rows.join(keyless.select("_place", content), on="_place", how="left", maintain_order="left")
    own = pl.coalesce("source_key", occurrence(pl.col("_content"), pl.lit("1")))
    known = known.with_columns(_identity=pl.concat_str("dealer_id", pl.lit(source), own, separator=_BETWEEN))
    return known.with_columns(hashed(known["_identity"]).alias("row_id"))


def occurrence(content: pl.Expr, number: pl.Expr) -> pl.Expr:
    """What stands for the key of a keyless row: its content's hash and which of its equals it is."""
    return pl.concat_str(pl.lit(_KEYLESS), content, pl.lit(_KEYLESS), number)


def with_record_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` (with ``_identity`` and ``role``) with ``record_id``, without ``_identity``."""
    texts = rows.select(pl.concat_str("_identity", "role", separator=_BETWEEN)).to_series()
    return rows.with_columns(hashed(texts).alias("record_id")).drop("_identity")


def settle(mains: pl.DataFrame) -> pl.DataFrame:
    """Which rows of a file stand where an id occurs more than once in it.

    Args:
        mains: one row a row of the files: ``row_id``, ``_content``, ``_place`` (in the order of each file's rows), ``_file``.

    Returns:
        ``_place`` and ``_number`` of the rows concerned: 0 for a keyed row that a later one replaces, else the occurrence.
    """
    repeated = mains.filter(pl.len().over("_file", "row_id") > 1).sort("_place")
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("_file", "row_id")
    last = pl.col("_place") == pl.col("_place").max().over("_file", "row_id")
    return repeated.select(
        "_place",
        _number=pl.when(pl.col("_content").is_not_null()).then(number).when(last).then(pl.lit(1, pl.Int64)).otherwise(pl.lit(0, pl.Int64)),
    )


def renumber(records: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """``records`` without those of replaced rows, and with ids of their own for the second and later equal keyless rows."""
    if settled.is_empty():
        return records
    known = records.join(settled, on="_place", how="left", maintain_order="left").filter(
        pl.col("_number").is_null() | (pl.col("_number") > 0)
    )
    again = known.filter(pl.col("_number") > 1)
    if again.is_empty():
        return known.drop("_number")
    identity = pl.concat_str("dealer_id", "source", occurrence(pl.col("_content"), pl.col("_number").cast(pl.String)), separator=_BETWEEN)
    again = with_record_ids(again.with_columns(_identity=identity).pipe(lambda f: f.with_columns(hashed(f["_identity"]).alias("row_id"))))
    rest = known.filter(pl.col("_number").is_null() | (pl.col("_number") <= 1))
    return pl.concat([rest, again.select(rest.columns)]).sort("_place", maintain_order=True).drop("_number")
