"""Where matching's own reference tables are: ``data/reference`` of the checkout, or the folder that ``CHEZHU_REFERENCE`` names.

>>> table("nicknames.csv").columns
['name', 'nickname']
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import polars as pl


class ReferenceDataError(Exception):
    """A reference file is missing; the message says which, where it was sought, and what to do."""


def table(name: str) -> pl.DataFrame:
    """One reference table (CSV, every column text, or Parquet), read once for each folder.

    Raises:
        ReferenceDataError: there is no such file.
    """
    named = os.environ.get("CHEZHU_REFERENCE")
    folder = Path(named) if named else Path(__file__).resolve().parents[1] / "data" / "reference"
    return _read(folder / name)


@cache
def _read(file: Path) -> pl.DataFrame:
    if not file.is_file():
        message = f"reference data {file.name} not found in {file.parent}: run data/reference/update_*.py, or set CHEZHU_REFERENCE"
        raise ReferenceDataError(message)
    return pl.read_csv(file, infer_schema=False) if file.suffix == ".csv" else pl.read_parquet(file)
