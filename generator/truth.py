"""The truth beside the exports, as Arrow tables: whom each record names, and what was broken where.

Words that repeat (dealers, sources, roles, files) are codes with their words, as Parquet stores them anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl
import pyarrow as pa

from generator.activity import ROLES
from generator.arrays import Flags, Ints, put
from generator.dealers import SOURCES
from generator.errors import ERRORS
from generator.relations import person_ids
from generator.render import Chunk
from generator.world import World

if TYPE_CHECKING:
    import pyarrow.parquet as pq


@dataclass
class Places:
    """The file and line of each row of a chunk: of its first line, and of the line that repeats it (``again``, 0: none).

    ``files``: the names, each once (dealers may use the same), in the order of ``file_of``; ``written``: how many files there are.
    """

    numbers: Ints
    again: Ints
    file_of: Ints
    files: dict[str, int]
    written: int = 0

    @classmethod
    def empty(cls, rows: int) -> Self:
        """Nothing written yet."""
        numbers, again, file_of = np.zeros((3, rows), dtype=np.int64)
        return cls(numbers, again, file_of, {})

    def add(self, rows: Ints, *, name: str, above: int) -> None:
        """One file: the row of each of its lines (-1: blank), and how many lines stand above them."""
        line = np.flatnonzero(rows >= 0)
        row = rows[line]
        repeats = np.flatnonzero(row[1:] == row[:-1]) + 1
        self.again[row[repeats]] = above + 1 + line[repeats]
        self.numbers[row[::-1]] = above + 1 + line[::-1]
        self.file_of[row] = self.files.setdefault(name, len(self.files))
        self.written += 1


def truth_table(chunk: Chunk, world: World, dealer_ids: Sequence[str], places: Places, *, keyed: Flags) -> pa.Table:
    """One row per person a row names; ``keyed``: which rows' exports show a key.

    A keyed row that is written twice is one and the same, a keyless one two.
    """
    who, entity = chunk.people.who, chunk.people.entity
    twice = np.flatnonzero(((places.again > 0) & ~keyed)[who.row])
    some = np.r_[np.arange(entity.size), twice]
    row, role, entity = who.row[some], who.role[some], entity[some]
    numbers = places.numbers[row]
    numbers[who.row.size :] = places.again[who.row[twice]]
    dealer, source = chunk.activity.dealer[row], chunk.activity.source[row]
    person = person_ids(np.maximum(entity, 0), world.people)
    house = "h" + pl.Series(world.household[np.maximum(entity, 0)]).cast(pl.String)
    tests = np.flatnonzero(entity < 0)
    numbered = {"dealer": dealer[tests], "source": source[tests], "key": chunk.cells["key"].at(row[tests]), "role": role[tests]}
    own = pl.DataFrame(numbered).select(pl.format("t-{}-{}-{}-{}", *numbered)).to_series()  # every test person is one of a kind
    return pa.table(
        {
            "dealer_id": coded(dealer, dealer_ids), "source": coded(source, SOURCES), "source_key": _keys(chunk, row, keyed), "role": coded(role, ROLES),
            "person_id": put(person, tests, own).to_arrow(), "household_id": put(house, tests, own).to_arrow(),
            "file": coded(places.file_of[row], list(places.files)), "row_number": numbers,
        }
    )  # fmt: skip


def errors_table(chunk: Chunk, dealer_ids: Sequence[str], places: Places, *, keyed: Flags) -> pa.Table:
    """One row per error made; role null where it struck a cell of the row itself."""
    row, error = chunk.errors["row"].to_numpy(), chunk.errors["error"].to_numpy()
    activity, fields = chunk.activity, sorted({e.field for e in ERRORS})
    return pa.table(
        {
            "dealer_id": coded(activity.dealer[row], dealer_ids), "source": coded(activity.source[row], SOURCES),
            "source_key": _keys(chunk, row, keyed), "role": coded(chunk.errors["role"].to_numpy(), ROLES),
            "field": coded(np.array([fields.index(e.field) for e in ERRORS])[error], fields), "error": coded(error, [e.name for e in ERRORS]),
            "file": coded(places.file_of[row], list(places.files)), "row_number": places.numbers[row],
        }
    )  # fmt: skip


def _keys(chunk: Chunk, row: Ints, keyed: Flags) -> pa.Array:
    return chunk.cells["key"].at(np.where(keyed[row], row, -1)).to_arrow()


def coded(codes: Ints, words: Sequence[str]) -> pa.DictionaryArray:
    """The word of each code; null for -1."""
    if codes.size and codes.min() < 0:
        index = pa.array(codes.astype(np.int32), mask=codes < 0)
    else:
        index = pa.Array.from_buffers(pa.int32(), codes.size, [None, pa.py_buffer(np.ascontiguousarray(codes, dtype=np.int32))])
    return pa.DictionaryArray.from_arrays(index, pa.array(words, pa.string()))


class Growing:
    """A Parquet file that grows table by table."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def write(self, table: pa.Table) -> None:
        """Adds a table."""
        if self._writer is None:
            import pyarrow.parquet as pq  # noqa: PLC0415  # while the first chunk is made, not before

            repeating = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
            # without the Arrow schema codes are read back as the words they stand for; zstd, because snappy's bytes vary from run to run
            self._writer = pq.ParquetWriter(
                self._path, table.schema, use_dictionary=repeating, store_schema=False, write_statistics=False,
                compression="zstd", compression_level=1,
            )  # fmt: skip
        self._writer.write_table(table)

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
