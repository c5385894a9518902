"""Identity numbers of people and organizations: which kind, valid or why not, and what the number says.

Kinds, by shape and check digits: ``resident_id`` (GB 11643, 18 and 15 digits), ``hkmt_residence_permit`` (81 82 83),
``foreigner_permit`` (9…, or three letters and 12 digits), ``uscc`` (GB 32100), ``org_code`` (GB 11714), ``passport_cn``,
``hkm_travel_permit``, ``military_id``; ``hk_id``, ``macau_id``, ``tw_id`` (:mod:`cleansing.identities.regional`); ``passport`` (of
another country) and ``tw_travel_permit`` where the form is certain or the cell says so in words; ``hkm_exit_permit`` and ``tw_exit_permit`` where
the cell says so (:mod:`cleansing.identities.written`); ``unknown``.

Repairs, each proved by the check digit: letters that look like digits, full-width digits, ``.0`` behind, a number in
scientific notation that lost no digit; 15 digits become 18. A number that a spreadsheet cut to 15 significant digits
(…000, 3.10106198807152E+17) is named so and is never a proof.

>>> cells = pl.Series(["31010619880715241２", "914403001922038216", "E12345678", "111111111111111111"])
>>> clean(cells, as_of=dt.date(2026, 1, 1)).select("type", "valid", "status", "reason").rows()
[('resident_id', True, 'repaired', None), ('uscc', True, 'valid', None), ('passport_cn', True, 'valid', None), ('resident_id', False, 'invalid', 'checksum_or_date')]
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from cleansing import lists, strings
from cleansing.identities import eighteen, written

SCHEMA = {
    "status": pl.String(),
    "type": pl.String(),
    "valid": pl.Boolean(),
    "normalized": pl.String(),
    "birth": pl.Date(),
    "gender": pl.String(),
    "region": pl.String(),
    "reason": pl.String(),
    "reasons": pl.List(pl.String()),
}


def clean(values: pl.Series, *, as_of: dt.date) -> pl.DataFrame:
    """Status, type, validity and content of each cell: ``SCHEMA``, same height and order; ``birth`` is a Date.

    ``as_of`` bounds birth dates. ``normalized`` is set for valid numbers only; an empty cell has type null.
    """
    cells = values.cast(pl.String).rename("written")
    # 18 plain characters are nearly all: they need no normalization and are judged without looking for duplicates.
    rows = np.flatnonzero(strings.lengths(cells) == eighteen.WIDTH)
    codes = strings.matrix(cells if len(rows) == len(cells) else cells.gather(rows), width=eighteen.WIDTH)
    plain = eighteen.is_plain(codes)
    if not plain.all():
        rows, codes = rows[plain], codes[plain]
    judged = eighteen.judge(codes, as_of=as_of)
    if len(rows) < len(cells):
        judged = _with_others(judged, rows, cells, as_of=as_of)
    valid = pl.col("type").is_not_null() & pl.col("reason").is_null()
    status = (
        pl.when(pl.col("type").is_null()).then(pl.lit("empty"))
        .when(valid & pl.col("fix").is_not_null()).then(pl.lit("repaired"))
        .when(valid).then(pl.lit("valid"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    found = judged.select(
        status=status, type="type", valid=valid, normalized=pl.when(valid).then("normalized"), birth="birth", gender="gender",
        region="region", reason="reason", code=pl.coalesce("reason", pl.when(valid).then("fix")),
    )  # fmt: skip
    named = found["code"].is_not_null()
    codes_named = "id_" + found["code"].filter(named)
    return found.with_columns(reasons=lists.gather(codes_named, named.arg_true(), height=len(cells))).select(*SCHEMA)


def _with_others(
    judged: pl.DataFrame, rows: np.ndarray[tuple[int], np.dtype[np.int64]], cells: pl.Series, *, as_of: dt.date
) -> pl.DataFrame:
    """The judged plain cells of ``rows`` and all other cells, in the order of the cells."""
    other = np.ones(len(cells), dtype=np.bool_)
    other[rows] = False
    other_rows = np.flatnonzero(other)
    rest = cells.gather(other_rows)
    distinct = rest.drop_nulls().unique()
    odd = rest.to_frame().join(written.judge(distinct, as_of=as_of), on="written", how="left", maintain_order="left")
    order = np.empty(len(cells), dtype=np.int64)
    order[np.concatenate([rows, other_rows])] = np.arange(len(cells))
    return pl.concat([judged, odd.select(judged.columns)])[order]
