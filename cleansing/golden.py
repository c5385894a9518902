"""The quality of a golden record, by the measure of a single record: so that before and after can be compared.

A golden record holds surviving values only, and they are valid: what counts is what is still missing
(:mod:`cleansing.scores`) and how old it is. A car is expected of whoever bought, serviced or insured one.

>>> import datetime as dt
>>> known = {"name": ["王伟"], "phones": [["+8613917852046"]], "adcode": ["310106"], "id_number": [None], "vins": [["L"]], "plates": [[]]}
>>> frame = pl.DataFrame({**known, "last_seen": [dt.date(2026, 5, 1)], "vehicle_expected": [True]}, schema_overrides={"id_number": pl.String})
>>> score(frame, as_of=dt.date(2026, 6, 30)).to_list()
[97.0]
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from cleansing import scores
from cleansing.records import STALE_DAYS


def score(customers: pl.DataFrame, *, as_of: dt.date) -> pl.Series:
    """Quality of golden records, 0 to 100, one decimal.

    Args:
        customers: name, phones, adcode, id_number, vins, plates, last_seen of CUSTOMERS, and ``vehicle_expected`` (Boolean).
        as_of: the date of the run.
    """
    filled = customers.select(
        name=pl.col("name").is_not_null(),
        phone=pl.col("phones").list.len() > 0,
        address=pl.col("adcode").is_not_null(),
        id_number=pl.col("id_number").is_not_null(),
        vehicle=(pl.col("vins").list.len() > 0) | (pl.col("plates").list.len() > 0),
    )
    always = dict.fromkeys(("name", "phone", "address", "id_number"), pl.lit(value=True))
    expected = customers.select(**always, vehicle=pl.col("vehicle_expected"))
    age = (pl.lit(as_of) - pl.col("last_seen")).dt.total_days()
    aged = pl.when(pl.col("last_seen").is_null()).then(pl.lit("no_event_date")).when(age > STALE_DAYS).then(pl.lit("stale_record"))
    problems = customers.with_row_index("row").select("row", reason=aged).drop_nulls("reason")
    return scores.score(problems, filled=filled, filled_raw=filled, expected=expected, weights=scores.current())["score"]
