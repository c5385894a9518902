"""The truth of exports beside the records that somebody read from them.

A keyed record is found by its key, wherever its row was read; one of an export without keys by the place of its row.

>>> truth = pl.DataFrame({"dealer_id": ["D1", "D1"], "source": ["sale", "web"], "source_key": ["k", None], "role": ["buyer", "contact"],
...     "file": ["a.csv", "b.csv"], "row_number": [2, 3], "person_id": ["p", "q"]})
>>> records = pl.DataFrame({"record_id": ["r1", "r2"], "dealer_id": ["D1", "D1"], "source": ["sale", "web"], "source_key": ["k", None],
...     "role": ["buyer", "contact"], "file_id": ["f1", "f2"], "row_number": [9, 3]})
>>> files = pl.DataFrame({"dealer_id": ["D1", "D1"], "file_id": ["f1", "f2"], "file_name": ["a.csv", "b.csv"]})
>>> entities(records, files=files, truth=truth).rows()
[('r1', 'p'), ('r2', 'q')]
"""

from __future__ import annotations

import polars as pl

KEY = ("dealer_id", "source", "source_key", "role")
PLACE = ("dealer_id", "file", "row_number", "role")


def entities(records: pl.DataFrame, *, files: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Who each record is.

    Args:
        records: ``record_id``, ``dealer_id``, ``source``, ``source_key``, ``role``, ``file_id``, ``row_number``.
        files: ``dealer_id``, ``file_id``, ``file_name``.
        truth: ``truth/records.parquet`` of the exports.

    Returns:
        ``record_id``, ``entity_id`` (the person or company), one row a record; records that the truth does not know are left out.
    """
    whose = pl.col("person_id").alias("entity_id")
    keyed = records.join(truth.select(*KEY, whose), on=KEY)
    names = files.select("dealer_id", "file_id", file="file_name").unique()
    placed = records.filter(pl.col("source_key").is_null()).join(names, on=["dealer_id", "file_id"])
    keyless = placed.join(truth.filter(pl.col("source_key").is_null()).select(*PLACE, whose), on=PLACE)
    found = [frame.select("record_id", "entity_id") for frame in (keyed, keyless)]
    return pl.concat(found).unique("record_id", keep="first", maintain_order=True)
