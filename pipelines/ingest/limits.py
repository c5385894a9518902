"""Bounds on what one file may ask of us: size, unfolding, row length, columns, memory."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds for reading one file; all sizes in bytes unless the name says otherwise.

    Attributes:
        max_file_bytes: a larger file is refused.
        max_workbook_bytes: a workbook is held in memory while it is read; a larger one is refused.
        max_unpacked_bytes: what an archive (or a workbook, which is one) may unfold to.
        max_ratio: how many times larger than itself an archive may unfold, where that is more than ``ratio_floor_bytes``.
        ratio_floor_bytes: below this size the ratio is not looked at.
        max_members: files in one archive.
        max_row_bytes: a longer row refuses the file.
        max_cell_chars: a longer value quarantines its row (a spreadsheet's cell holds 32,767 characters).
        max_columns: more columns refuse the file.
        batch_bytes: text is read in pieces of about this size.
        batch_rows: rows of workbooks and Parquet are taken in pieces of this many.
    """

    max_file_bytes: int = 8 * GIB
    max_workbook_bytes: int = 256 * MIB
    max_unpacked_bytes: int = 8 * GIB
    max_ratio: int = 200
    ratio_floor_bytes: int = 16 * MIB
    max_members: int = 1000
    max_row_bytes: int = 1 * MIB
    max_cell_chars: int = 32_767
    max_columns: int = 1000
    batch_bytes: int = 16 * MIB
    batch_rows: int = 131_072
