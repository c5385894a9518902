"""Labelled pairs from a file: two record ids and a decision a row.

CSV (UTF-8, with a header) or Parquet, with the columns ``left_id``, ``right_id`` and ``same``; ids may also be called ``record_id_l`` and
``record_id_r``, as in edges.parquet. A decision is true or false in one of the spellings of ``DECISIONS``. Other columns are left alone.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from matching.labels import LABEL_SCHEMA, LabelError

DECISIONS = {
    **dict.fromkeys(("true", "1", "yes", "y", "same", "match", "是", "同"), True),
    **dict.fromkeys(("false", "0", "no", "n", "not same", "different", "non-match", "否", "不同"), False),
}
_ALSO = {"record_id_l": "left_id", "record_id_r": "right_id"}


def read_labels(path: Path) -> pl.DataFrame:
    """The labelled pairs of a file: ``LABEL_SCHEMA`` and ``row``, counted as a table shows them (the header of a CSV is row 1).

    Raises:
        LabelError: the file cannot be read, lacks a column, or a decision is none; the message names file and row.
    """
    text = path.suffix.lower() in {".csv", ".txt"}
    try:
        frame = pl.read_csv(path, infer_schema=False) if text else pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"{path} cannot be read as {'CSV in UTF-8' if text else 'Parquet'}: {error}"
        raise LabelError(message) from error
    frame = frame.rename({old: new for old, new in _ALSO.items() if old in frame.columns and new not in frame.columns})
    missing = [name for name in ("left_id", "right_id", "same") if name not in frame.columns]
    if missing:
        message = (
            f"{path} has no column {', '.join(missing)}; labels need left_id, right_id and same (true or false), "
            f"and this file has: {', '.join(frame.columns)}"
        )
        raise LabelError(message)
    said = pl.col("same").cast(pl.String).str.strip_chars().str.to_lowercase()
    found = frame.select(
        pl.col("left_id", "right_id").cast(pl.String).str.strip_chars(),
        said=said,
        same=said.replace_strict(DECISIONS, default=None, return_dtype=pl.Boolean),
        source=pl.lit(path.name),
        row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64) + int(text),
    )
    unknown = found.filter(pl.col("same").is_null())
    if unknown.height:
        row, value = unknown.select("row", "said").row(0)
        message = f"{path} row {row}: {value!r} is no decision; write true (the same) or false (not the same)"
        raise LabelError(message)
    return found.select(*LABEL_SCHEMA, "row")
