"""Reads many files: in batches, each by one of a few processes, with results in the order asked for.

Most of the work is Python's, so threads would not help; and a process of its own takes a second to begin, in which this one
has read many small files already. So the others take batches from the front, this one those that nobody has begun from the
end. They watch their parent and end with it, also when it is killed.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Final

from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult, ingest, load
from pipelines.ingest.inbox import InboxFile
from pipelines.ingest.limits import MIB, Limits

BATCH_FILES: Final = 100
BATCH_BYTES: Final = 2 * MIB
"""Files are read together up to these; which ones, does not depend on the number of processes."""
FEW_BATCHES: Final = 4
"""Below these a second process costs more (about a second of imports) than it saves."""

_settings: list[tuple[Contracts, Limits]] = []


def ingest_all(
    files: Sequence[InboxFile], contracts: Contracts, limits: Limits, staged: Path, *, workers: int = 2
) -> Iterator[FileResult | None]:
    """:func:`pipelines.ingest.files.ingest` for ``files``, with results in their order; None for one that has vanished or changed meanwhile.

    Args:
        files: what to take in, each once.
        contracts: what is known.
        limits: what is allowed for each file.
        staged: the folder for results. A whole result that is there already, of a run that was killed, is taken as it is
            if all its files are asked for.
        workers: processes; 1 reads in this one, as a few files are always.

    Raises:
        OSError: our own disk cannot be written.
    """
    results = _found(files, contracts, staged)
    batches = [(batch, staged / _name(batch, contracts)) for batch in _batches([file for file in files if _key(file) not in results])]
    read: Iterator[list[FileResult | None]]
    if workers < 2 or len(batches) < FEW_BATCHES or multiprocessing.current_process().daemon:
        read = (ingest(batch, contracts, limits, out) for batch, out in batches)
    else:
        read = _side_by_side(batches, contracts, limits, workers)
    pending = zip(batches, read, strict=True)
    for file in files:
        while _key(file) not in results:
            (batch, _), found = next(pending)
            results.update(zip(map(_key, batch), found, strict=True))
        yield results[_key(file)]


def _side_by_side(
    batches: Sequence[tuple[Sequence[InboxFile], Path]], contracts: Contracts, limits: Limits, workers: int
) -> Iterator[list[FileResult | None]]:
    context = multiprocessing.get_context("spawn")  # a fork would inherit the threads of Polars in mid-step
    with ProcessPoolExecutor(workers - 1, mp_context=context, initializer=_prepare, initargs=(contracts, limits, os.getpid())) as pool:
        read: list[Future[list[FileResult | None]] | list[FileResult | None]] = [pool.submit(_ingest, *batch) for batch in batches]
        try:
            for place in reversed(range(len(batches))):
                future = read[place]
                if isinstance(future, Future) and future.cancel():
                    batch, out = batches[place]
                    read[place] = ingest(batch, contracts, limits, out)
            for found in read:
                yield found.result() if isinstance(found, Future) else found
        finally:
            pool.shutdown(cancel_futures=True)


def _batches(files: Sequence[InboxFile]) -> Iterator[list[InboxFile]]:
    batch: list[InboxFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) >= BATCH_FILES or size + file.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch


def _key(file: InboxFile) -> tuple[str, str, str]:
    return (file.dealer_id, file.file_id, file.file_name)


def _name(batch: Sequence[InboxFile], contracts: Contracts) -> str:
    told = "\x1e".join([contracts.digest, *("\x1f".join(_key(file)) for file in batch)])
    return hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:32]


def _found(files: Sequence[InboxFile], contracts: Contracts, staged: Path) -> dict[tuple[str, str, str], FileResult | None]:
    """Results that lie in ``staged``, of batches of which every file is asked for."""
    wanted = set(map(_key, files))
    found: dict[tuple[str, str, str], FileResult | None] = {}
    for folder in sorted(staged.iterdir()) if staged.is_dir() else []:
        results = {(r.row["dealer_id"], r.row["file_id"], r.row["file_name"]): r for r in load(folder, contracts)}
        if results and results.keys() <= wanted and results.keys().isdisjoint(found):
            found.update(results)
    return found


def _ingest(files: Sequence[InboxFile], out: Path) -> list[FileResult | None]:
    contracts, limits = _settings[0]
    return ingest(files, contracts, limits, out)


def _prepare(contracts: Contracts, limits: Limits, parent: int) -> None:
    """In a worker: keeps what all files need, and ends the worker when its parent is no more."""
    os.umask(0o077)
    gc.freeze()  # what was imported stays
    _settings[:] = [(contracts, limits)]

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
