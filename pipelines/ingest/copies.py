"""Files that another dealer sent before: a folder that was renamed, or one export that lies in two folders. What is in them counts twice.

A file is known by its content within a dealer (:mod:`pipelines.ingest.inbox`), since two dealers may well send the same empty form.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

_FILE = ("dealer_id", "file_id")


def found(known: pl.DataFrame, read: pl.DataFrame) -> list[dict[str, str]]:
    """New files with rows whose content another dealer's file has, byte for byte.

    Args:
        known: table ``files`` before the run.
        read: rows of table ``files`` that the run read, also those it knew.

    Returns:
        dealer_id, file_name of each, once; dealer_id_there, file_name_there of the file that was first (of two new ones: by dealer).
    """
    columns = [*_FILE, "file_name", "rows_kept", "old"]
    old = known.select(*_FILE, old=True)
    now = read.join(old, on=_FILE, how="left").with_columns(pl.col("old").fill_null(value=False))
    before = known.join(read, on=_FILE, how="anti").with_columns(old=True)
    there = pl.concat([now.select(columns), before.select(columns)]).filter(pl.col("rows_kept") > 0)
    pairs = there.filter(~pl.col("old")).join(there, on="file_id", suffix="_there")
    later = pl.col("old_there") | (pl.col("dealer_id_there") < pl.col("dealer_id"))
    copied = pairs.filter(later & (pl.col("dealer_id") != pl.col("dealer_id_there")))
    first = copied.sort("dealer_id", "file_name", ~pl.col("old_there"), "dealer_id_there").unique(_FILE, keep="first", maintain_order=True)
    return first.select("dealer_id", "file_name", "dealer_id_there", "file_name_there").to_dicts()


def lines(noted: object) -> Iterator[str]:
    """What :func:`found` gave, for people: a line for each two dealers.

    >>> one = {"dealer_id": "D9", "file_name": "a.csv", "dealer_id_there": "D1", "file_name_there": "b.csv"}
    >>> for line in lines([one, {**one, "file_name": "c.csv"}]):
    ...     print(line)
    2 files of D9 are files of D1, byte for byte (D9/a.csv is D1/b.csv): what is in them counts twice; is D9 a new name of D1?
    """
    pairs: dict[tuple[str, str], list[dict[str, str]]] = {}
    for one in noted if isinstance(noted, list) else []:
        pairs.setdefault((one["dealer_id"], one["dealer_id_there"]), []).append(one)
    for (dealer, other), files in pairs.items():
        number = f"{len(files):,} files of {dealer} are files" if len(files) > 1 else f"1 file of {dealer} is a file"
        example = f"{dealer}/{files[0]['file_name']} is {other}/{files[0]['file_name_there']}"
        yield f"{number} of {other}, byte for byte ({example}): what is in them counts twice; is {dealer} a new name of {other}?"
