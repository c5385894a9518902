"""Reads many files at once: each in one of a few worker processes, its result in the order asked for.

A file costs some 20 ms whatever its size, nearly all of it in Python, so threads would not help. Workers watch their
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

from pipelines.ingest import files
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import Limits

FEW = 200
"""Up to so many files are read in this process: workers take about a second to start."""


def read_all(
    todo: Sequence[tuple[InboxFile, Path]], contracts: Contracts, limits: Limits, *, workers: int
) -> Iterator[tuple[InboxFile, FileResult | None]]:
    """Each file with what became of it, in order; None where the file has vanished meanwhile.

    A folder that holds a whole result already, of a run that was killed, is taken as it is.

    Args:
        todo: files, and the folder of its own that each one's result goes to.
        contracts: what is known.
        limits: what is allowed.
        workers: processes at most.
    """
    if workers < 2 or len(todo) <= FEW or multiprocessing.current_process().daemon:
        for file, folder in todo:
            yield file, read_one(file, contracts, limits, folder)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with, initargs=(os.getpid(),)) as pool:
        futures = [pool.submit(read_one, file, contracts, limits, folder) for file, folder in todo]
        for (file, _), future in zip(todo, futures, strict=True):
            yield file, future.result()


def read_one(file: InboxFile, contracts: Contracts, limits: Limits, folder: Path) -> FileResult | None:
    """One file as tables below ``folder``."""
    if (folder / files.RESULT_FILE).exists():
        return FileResult.load(folder)
    try:
        return files.ingest(file, contracts, limits, folder)
    except FileNotFoundError:
        if file.path.exists():
            raise
        return None


def _end_with(parent: int) -> None:
    """Ends this worker when its parent is no more."""
    os.umask(0o077)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
