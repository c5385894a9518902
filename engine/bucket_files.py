"""A table that comes sorted by bucket, as one Parquet file a bucket: compressed by a thread of its own, while the next rows are computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from engine.contract import BucketFile, Schema
from engine.kept import ROW_GROUP_ROWS
from engine.kernel_pool import arrow_schema

_BEHIND = 2
"""Pieces that wait to be written while the next are computed: each may be as large as a batch."""


def write_frames(
    frames: Iterable[pl.DataFrame], bucket: str, schema: Schema, paths: Iterator[Path], writer: ThreadPoolExecutor
) -> list[BucketFile]:
    """Writes one file for each value of the text column ``bucket`` (which is left out); none where there are no rows.

    Args:
        frames: the rows, those of one bucket together.
        bucket: the column.
        schema: the other columns.
        paths: where the files go, one after the other.
        writer: one thread, so that the pieces of a file are written in their order.
    """
    written_as = arrow_schema(schema)
    pieces = (piece for frame in frames for piece in _pieces(frame, bucket))
    files: list[BucketFile] = []
    behind: deque[Future[None]] = deque()
    for name, group in groupby(pieces, key=itemgetter(0)):
        path, rows = next(paths), 0
        file = pq.ParquetWriter(path, written_as, compression="zstd", compression_level=1)
        for _, piece in group:
            behind.append(writer.submit(file.write_table, piece.to_arrow().cast(written_as), ROW_GROUP_ROWS))
            rows += piece.height
            while len(behind) > _BEHIND:
                behind.popleft().result()
        behind.append(writer.submit(file.close))
        files.append(BucketFile(name, path, rows))
    for written in behind:
        written.result()
    return files


def _pieces(frame: pl.DataFrame, bucket: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each bucket, which stand together in the frame: slices of it, not copies."""
    at, rows = 0, frame.drop(bucket)
    for length, name in frame[bucket].rle().struct.unnest().iter_rows():
        yield str(name), rows.slice(at, length)
        at += length
