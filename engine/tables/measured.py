"""Quality in numbers: measures, worklists, alerts, and the ledger of runs."""

from __future__ import annotations

from engine.tables.column import DATE, FLAG, INT, REAL, TEXT, TIME, TableSpec, column

QUALITY_COUNTS = TableSpec(
    "quality_counts",
    "what the measures of this version are made of, for the next run: whole numbers that add up",
    ("part", "table", "dealer_id", "source", "field", "dimension", "measure"),
    (),
    (
        column("part", TEXT, "what it adds up over: records | copies (records alike) | cars | customers"),
        column("dealer_id", TEXT, "dealer; '' = all"),
        column("source", TEXT, "source; '' = all"),
        column("table", TEXT, "records | clean_records | customers | customer_profile"),
        column("field", TEXT, "field; '' = the record as a whole"),
        column("dimension", TEXT, "as in quality_history"),
        column("measure", TEXT, "as in quality_history; score_sum in thousandths, score_count"),
        column("total", INT, "the number"),
    ),
)

QUALITY_HISTORY = TableSpec(
    "quality_history",
    "measures of each run",
    ("run_id", "table", "dealer_id", "source", "field", "dimension", "measure"),
    (),
    (
        column("run_id", TEXT, "run"),
        column("as_of", DATE, "as-of date of the run"),
        column("table", TEXT, "records | clean_records | customers | customer_profile | crosswalk"),
        column("dealer_id", TEXT, "dealer; '' = all"),
        column("source", TEXT, "source; '' = all"),
        column("field", TEXT, "field; '' = the record as a whole"),
        column("dimension", TEXT, "conformity | completeness | accuracy | consistency | timeliness | uniqueness | business"),
        column("measure", TEXT, "rows, filled, problem:<reason>, score, id_churn:<what> (a share), …"),
        column("value", REAL, "the number"),
    ),
)

WORKLIST = TableSpec(
    "worklist",
    "what dealers are asked to repair: one row an item, open or closed; no values",
    ("item_id", "opened"),
    (),
    (
        column("item_id", TEXT, "hash of record, field and reason"),
        column("dealer_id", TEXT, "dealer who is asked"),
        column("record_id", TEXT, "the record to repair"),
        column("field", TEXT, "field to ask about"),
        column("reason", TEXT, "reason code of what is wrong"),
        column("opened", DATE, "as-of date of the run that asked first"),
        column("due", DATE, "day until which the dealer repairs it"),
        column("closed", DATE, "as-of date of the run whose exports no longer had it; null while open"),
        column("closed_by", TEXT, "repaired: the record no longer has the problem; removed: the record is gone; null while open"),
    ),
)

ALERTS = TableSpec(
    "alerts",
    "what of the nights' exports was not as usual: once when it begins, with its end; no values of persons",
    ("alert_id", "opened"),
    (),
    (
        column("alert_id", TEXT, "hash of dealer and series"),
        column("dealer_id", TEXT, "dealer; '' = all"),
        column("series", TEXT, "volume, null.<field>, unusable.<field>, junk, repeated, score, mix"),
        column("severity", TEXT, "critical | warning"),
        column(
            "value",
            REAL,
            "what the night brought: rows, a share in percent, a score; where only two nights in a row are unusual, their mean",
        ),
        column("low", REAL, "lower limit of what is usual"),
        column("high", REAL, "upper limit of what is usual"),
        column("opened", DATE, "as-of date of the run that saw it first"),
        column("run_id", TEXT, "that run"),
        column("ended", DATE, "as-of date of the first run without it; null while it lasts"),
    ),
)

RUNS = TableSpec(
    "runs",
    "what went in and what came out, reconciled",
    ("run_id",),
    (),
    (
        column("run_id", TEXT, "run"),
        column("version", INT, "published version it made, from 1"),
        column("as_of", DATE, "the date that dated rules used"),
        column("full", FLAG, "rebuilt from the inbox"),
        column("started_at", TIME, "UTC"),
        column("finished_at", TIME, "UTC"),
        column("files_new", INT, "files taken in by this run"),
        column("files_quarantined", INT, "of them, whole files in quarantine"),
        column("rows_in", INT, "rows of the new files"),
        column("rows_kept", INT, "of them, kept"),
        column("rows_quarantined", INT, "of them, in quarantine"),
        column("rows_skipped", INT, "of them, skipped (blank, title, note)"),
        column("records", INT, "records that are valid now"),
        column("customers", INT, "customers now"),
        column("duplicates_merged", INT, "records minus customers"),
        column("score_before", REAL, "mean score of the records as they came, 0 to 100"),
        column("score_after", REAL, "mean score of the golden records, 0 to 100"),
    ),
)
