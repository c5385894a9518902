"""Where the reference data is: ``data/reference`` of the checkout, or the folder that ``CHEZHU_REFERENCE`` names.

The setting is read at each call, and each file once for each folder, so that a test or a user can put other data in place.

>>> path("divisions.parquet").name
'divisions.parquet'
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

import polars as pl


class ReferenceDataError(Exception):
    """A reference file is missing; the message says which, where it was sought, and what to do."""


def folder() -> Path:
    """The folder of the reference data: ``CHEZHU_REFERENCE``, else ``data/reference`` beside the packages."""
    named = os.environ.get("CHEZHU_REFERENCE")
    return Path(named) if named else _beside()


@functools.cache
def _beside() -> Path:
    return Path(__file__).resolve().parents[1] / "data" / "reference"


def path(name: str) -> Path:
    """Path of one reference file (it need not exist)."""
    return folder() / name


def digest() -> str:
    """A hash of all tables, dictionaries and settings there: another one means that records must be cleansed again."""
    files = sorted(file for file in folder().glob("*") if file.suffix in {".csv", ".parquet", ".yaml"})
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name}\x1f".encode() + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def load(name: str) -> pl.DataFrame:
    """One reference table (Parquet), read once.

    Raises:
        ReferenceDataError: there is no such file.
    """
    return _load(path(name))


@functools.cache
def _load(file: Path) -> pl.DataFrame:
    if not file.is_file():
        message = f"reference data {file.name} not found in {file.parent}: run data/reference/update_*.py, or set CHEZHU_REFERENCE"
        raise ReferenceDataError(message)
    return pl.read_parquet(file)
