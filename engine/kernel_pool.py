"""Kernels over batches of rows: as many at once as there are threads, what they give in the order of the batches.

>>> pool = KernelPool(2)
>>> frames = iter([pl.DataFrame({"n": [1, 2]}), pl.DataFrame({"n": [3]})])
>>> [rows["n"].to_pylist() for rows in pool.run(frames, lambda frame: frame.with_columns(pl.col("n") * 2), {"n": pl.Int64()})]
[[2, 4], [6]]
>>> pool.close()
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl
import pyarrow as pa

from engine.batches import keeps_promise
from engine.contract import Kernel, Schema


def arrow_schema(schema: Schema) -> pa.Schema:
    """The schema as Polars writes it in Arrow."""
    return pl.DataFrame(schema=dict(schema)).to_arrow().schema


class KernelPool:
    """One for all kernels of an engine: threads that come and go would each leave a heap of their own behind."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kernel")

    def run(self, frames: Iterator[pl.DataFrame], kernel: Kernel, schema: Schema) -> Iterator[pa.Table]:
        """What ``kernel`` gives of each frame, as ``arrow_schema(schema)``. What still runs where one fails is called off.

        Raises:
            KernelSchemaError: a kernel gives other columns than ``schema``.
        """
        wanted = arrow_schema(schema)

        def in_arrow(result: pl.DataFrame) -> pa.Table:
            rows = keeps_promise(result, schema, kernel).to_arrow()
            return rows if rows.schema.equals(wanted) else rows.cast(wanted)  # to cast, pyarrow imports all that it can compute

        running: deque[Future[pl.DataFrame]] = deque()
        try:
            for frame in frames:
                running.append(self._pool.submit(kernel, frame))
                if len(running) > self._threads:
                    yield in_arrow(running.popleft().result())
            while running:
                yield in_arrow(running.popleft().result())
        finally:
            for future in running:
                future.cancel()

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()
