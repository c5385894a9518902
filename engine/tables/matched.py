"""Who is the same person: edges, clusters, what matching keeps of records, crosswalk and events of identity."""

from __future__ import annotations

import polars as pl

from engine.tables.column import DATE, FLAG, INT, REAL, TEXT, TableSpec, column

EDGES = TableSpec(
    "edges",
    "pairs in the review and link zones, each by itself, and why; of records alike in all that is compared one stands for all, and each other one has an edge to it alone",
    ("record_id_l", "record_id_r"),
    (),
    (
        column("record_id_l", TEXT, "the smaller record_id"),
        column("record_id_r", TEXT, "the larger record_id"),
        column("weight", REAL, "match weight, log2 odds, a whole number of thousandths"),
        column(
            "probability",
            REAL,
            "2**weight / (1 + 2**weight); `chezhu match` adds what clusters say (column collective, bits) to the weight first",
        ),
        # one more column a comparison: its part of the weight, same unit
    ),
)

CLUSTERS = TableSpec(
    "clusters",
    "which records are one customer in this run",
    ("record_id",),
    (),
    (column("record_id", TEXT, "record"), column("cluster_id", TEXT, "smallest record_id of the cluster")),
)

MATCH_RECORDS = TableSpec(
    "match_records",
    "what matching keeps of each record for the next run, in codes",
    ("record_id",),
    (),
    (
        column("record_id", TEXT, "record"),
        column("code", INT, "code of its id"),
        column("content", INT, "code of all that is compared of it: equal where two records are alike", personal=True),
        column("first", FLAG, "whether it is compared for all that are alike (the smallest id)"),
        column("marked", FLAG, "whether a steward's decision is about it"),
        column(
            "part", INT, "code of the smallest record of its cluster before the entity pass; its own where it is alone or not the first"
        ),
        column("cluster", INT, "code of the smallest record of its cluster"),
    ),
)

MATCH_KEYS = TableSpec(
    "match_keys",
    "blocking keys of the records that are compared",
    ("code", "which", "key"),
    (),
    (
        column("code", INT, "code of the record's id"),
        column("which", pl.Int16(), "place of the key among those that the columns bring, from 0"),
        column("key", INT, "code of the values that agree", personal=True),
    ),
)

MATCH_PAIRS = TableSpec(
    "match_pairs",
    "compared pairs from the weight on that clusters are made of, more than edges has",
    ("code_l", "code_r"),
    (),
    (
        column("code_l", INT, "code of the record with the smaller id"),
        column("code_r", INT, "code of the record with the larger id"),
        column("weight", pl.Int32(), "match weight, log2 odds in thousandths"),
        column("personal", pl.Int32(), "evidence about the person, the same unit"),
        # one more column a comparison, and household: its part of the weight, same unit
    ),
)

CROSSWALK = TableSpec(
    "crosswalk",
    "record to customer, with validity in time; valid_to null = now",
    ("record_id", "valid_from", "customer_id"),
    ("record_id",),
    (
        column("dealer_id", TEXT, "dealer"),
        column("source", TEXT, "kind of export"),
        column("source_key", TEXT, "the source's own key"),
        column("role", TEXT, "role in the row"),
        column("record_id", TEXT, "record"),
        column("customer_id", TEXT, "customer"),
        column("valid_from", DATE, "as-of date of the run that said so first"),
        column("valid_to", DATE, "as-of date of the run that ended it; null while it holds"),
        column("run_id", TEXT, "run that said so first"),
        column("merged_into", TEXT, "the id that took this customer's place when it ended in a merge; null otherwise"),
    ),
)

IDENTITY_EVENTS = TableSpec(
    "identity_events",
    "what became of customer ids",
    ("event_id",),
    (),
    (
        column("event_id", TEXT, "hash of run, kind and ids"),
        column("run_id", TEXT, "run"),
        column("date", DATE, "as-of date of the run"),
        column("kind", TEXT, "created | merged | split | retired | restored"),
        column("customer_id", TEXT, "the customer it happened to (merged: the id that ended)"),
        column("other_customer_id", TEXT, "merged: the surviving id; split: the id it came from"),
        column("cause", TEXT, "new_evidence | model_change | source_correction | source_deletion | steward | erasure"),
        column("records", INT, "number of records concerned"),
    ),
)
