"""What engines share when they hand a kernel its batches: whole groups, and the promise about the result.

>>> frames = [pl.DataFrame({"g": [1, 1]}), pl.DataFrame({"g": [1, 2]})]
>>> [frame["g"].to_list() for frame in whole_groups(iter(frames), ["g"])]
[[1, 1, 1], [2]]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import polars as pl
import pyarrow as pa

from engine.contract import EngineError, Kernel, KernelSchemaError, Schema


def whole_groups(frames: Iterator[pl.DataFrame], keys: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Re-cuts batches that come sorted by ``keys`` so that no group is cut in two."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        tail = _last_group(frame, keys)
        head = frame.height - tail
        if head:
            yield pl.concat([*held, frame.head(head)])
            held = [frame.tail(tail)]
        else:
            held.append(frame)
    if held:
        yield pl.concat(held)


def unbroken(frames: Iterator[pl.DataFrame], keys: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The same frames, each a piece of a table whose rows of equal ``keys`` stand together.

    Raises:
        EngineError: a group comes again after another began. Two pieces are compared by the groups at their ends, which is where a table
            that is read in another order is cut.
    """
    ended: set[tuple[object, ...]] = set()
    last: tuple[object, ...] | None = None
    begins = (pl.int_range(pl.len()) == 0) | pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in keys)
    for frame in frames:
        groups = frame.select(keys).filter(begins)
        first, end = groups.row(0), groups.row(-1)
        if last is not None and first != last:
            ended.add(last)
        again = [border for border in (first, end) if border in ended] or groups.filter(groups.is_duplicated()).head(1).rows()
        if again:
            message = (
                f"rows of {dict(zip(keys, again[0], strict=True))} do not stand together, as map_groups was told: leave out together=True"
            )
            raise EngineError(message)
        if end != first:
            ended.add(first)
        last = end
        yield frame


def _last_group(frame: pl.DataFrame, keys: Sequence[str]) -> int:
    """How many rows at the end have the keys of the last one: groups are mostly small, so it looks a little way back first."""
    last = zip(keys, frame.select(keys).row(-1), strict=True)
    is_last = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value, dtype=frame.schema[name])) for name, value in last)
    looked_at = 64
    while True:
        looked_at = min(8 * looked_at, frame.height)
        found = frame.tail(looked_at).select(is_last.sum()).item()
        if found < looked_at or looked_at == frame.height:
            return int(found)


def series_of(array: pa.Array, name: str = "") -> pl.Series:
    """An Arrow array as a column, without a copy.

    Polars takes single arrays as well, but imports all that pyarrow can compute before it does; so does pyarrow with pandas where it is
    asked for an array of numpy's (``pyarrow.array``), to see what it is. Together that is most of a second.
    """
    table = pa.Table.from_arrays([array], names=[name])
    return cast("pl.DataFrame", pl.from_arrow(table)).to_series()


def keeps_promise(result: pl.DataFrame, schema: Schema, kernel: Kernel) -> pl.DataFrame:
    """``result``, if it has exactly ``schema``.

    Raises:
        KernelSchemaError: with the kernel's name and each column that differs.
    """
    if dict(result.schema) != dict(schema):
        name = getattr(kernel, "__qualname__", repr(kernel))
        wrong = {column: (result.schema.get(column), schema.get(column)) for column in {*result.schema, *schema}}
        differing = {column: pair for column, pair in wrong.items() if pair[0] != pair[1]} or "the order of columns"
        message = f"kernel {name} broke its promise; column: (given, promised): {differing}"
        raise KernelSchemaError(message)
    return result
