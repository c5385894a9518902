"""Reads many files at once: each in one of a few worker processes, its result in the order asked for.

A file costs some 30 ms whatever its size, nearly all of it in Python, so threads would not help. Workers watch their
parent and end with it, also when it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import RESULT_FILE, FileResult, ingest
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import Limits

FEW_FILES: Final = 150
FEW_BYTES: Final = 20_000_000
"""Below these a second process costs more (about a second of imports) than it saves."""

_settings: list[tuple[Contracts, Limits]] = []


def ingest_all(
    files: Sequence[tuple[InboxFile, Path]], contracts: Contracts, limits: Limits, *, workers: int = 2
) -> Iterator[FileResult | None]:
    """:func:`pipelines.ingest.files.ingest` for each of ``files``, in their order; None for one that has vanished meanwhile.

    Args:
        files: what to take in, each with the folder of its own that its result goes to. A folder that holds a whole result
            already, of a run that was killed, is taken as it is.
        contracts: what is known.
        limits: what is allowed for each file.
        workers: processes; 1 reads in this one, as a few files are always.

    Raises:
        OSError: our own disk cannot be written.
    """
    few = len(files) < FEW_FILES and sum(file.size for file, _ in files) < FEW_BYTES
    if workers < 2 or few or multiprocessing.current_process().daemon:
        for file, out in files:
            yield _one(file, contracts, limits, out)
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of Polars in mid-step
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(contracts, limits, os.getpid())) as pool:
        yield from pool.map(_ingest, files, chunksize=4)


def _one(file: InboxFile, contracts: Contracts, limits: Limits, out: Path) -> FileResult | None:
    if (out / RESULT_FILE).exists():
        return FileResult.load(out)
    try:
        return ingest(file, contracts, limits, out)
    except FileNotFoundError:
        if file.path.exists():
            raise
        return None


def _ingest(task: tuple[InboxFile, Path]) -> FileResult | None:
    file, out = task
    contracts, limits = _settings[0]
    return _one(file, contracts, limits, out)


def _prepare(contracts: Contracts, limits: Limits, parent: int) -> None:
    """In a worker: keeps what all files need, and ends the worker when its parent is no more."""
    os.umask(0o077)
    _settings[:] = [(contracts, limits)]

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
