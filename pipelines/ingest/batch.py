"""Many files taken in side by side: most are small, and what costs is Python between the kernels, so processes, not threads.

A file's result does not depend on what else is read, nor on the number of workers; results come in the order of the files.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult, ingest
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import Limits

FEW_FILES: Final = 100
FEW_BYTES: Final = 20_000_000
"""Below these a second process costs more (about a second of imports) than it saves."""

_settings: list[tuple[Contracts, Limits]] = []


def ingest_all(
    files: Sequence[InboxFile], contracts: Contracts, limits: Limits, out: Callable[[InboxFile], Path], *, workers: int = 2
) -> Iterator[FileResult]:
    """:func:`pipelines.ingest.files.ingest` for each of ``files``, in their order.

    Args:
        files: what to take in.
        contracts: what is known.
        limits: what is allowed for each file.
        out: the folder for a file's result.
        workers: processes; 1 reads in this one, as a few files are always.

    Raises:
        OSError: our own disk cannot be written, or a file vanished.
    """
    if workers < 2 or (len(files) < FEW_FILES and sum(file.size for file in files) < FEW_BYTES):
        for file in files:
            yield ingest(file, contracts, limits, out(file))
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of Polars in mid-step
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(contracts, limits)) as pool:
        yield from pool.map(_ingest, files, [out(file) for file in files], chunksize=8)


def _prepare(contracts: Contracts, limits: Limits) -> None:
    _settings[:] = [(contracts, limits)]


def _ingest(file: InboxFile, out: Path) -> FileResult:
    contracts, limits = _settings[0]
    return ingest(file, contracts, limits, out)
