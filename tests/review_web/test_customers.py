"""What a version says of a customer, whether he is of the queue or not, and where a night has left its changes beside the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import polars as pl

from engine.changes import Change
from engine.duckdb import DuckDBEngine
from matching.model import load_model
from pipelines.review_web.call import Call
from pipelines.review_web.views.golden import facts
from pipelines.stages.explain import Published
from pipelines.stages.review_customers import Customers
from pipelines.store import versions
from pipelines.store.changed import write_change
from pipelines.store.home import Home
from tests.review_web.desk_home import make, read


def test_of_the_queue_or_not_and_after_a_night(tmp_path: Path) -> None:
    home = Home(make(tmp_path / "home"))
    manifest = versions.current(home)
    assert manifest is not None
    assert manifest.model is not None
    with DuckDBEngine() as engine:
        before = Published(engine, home, manifest, load_model(home.models / manifest.model))
        rows = engine.collect(versions.read(home, engine, manifest, "customers")).sort("customer_id")
        ids = rows["customer_id"].head(8).to_list()
        renamed = rows.head(8).with_columns(name=pl.lit("欧阳靖宇"))
        change = Change(engine.from_frame(renamed), engine.from_frame(renamed.select("customer_id")))
        files = write_change(home, engine, "customers", manifest.tables["customers"], change)
        assert versions.CAME in {entry.bucket for entry in files}
        after = replace(before, manifest=replace(manifest, tables={**manifest.tables, "customers": files}))
        for published, names in ((before, rows["name"].head(8).to_list()), (after, renamed["name"].to_list())):
            kept, read = Customers.of(published, ids), Customers.of(published, [])
            for customer, name in zip(ids, names, strict=True):
                golden = read.golden(customer)
                assert golden is not None
                assert golden["name"] == name
                assert kept.golden(customer) == golden
                assert kept.stays(customer).equals(read.stays(customer))
                assert kept.identity_events(customer).equals(read.identity_events(customer))
            assert read.golden("CNONE") is None


def test_every_value_has_its_rule(home: Path) -> None:
    steward = cast("Call", SimpleNamespace(plain=True))
    golden = read(home, "customers").filter(pl.col("mobile").is_not_null()).sort("customer_id").row(0, named=True)
    mail = {"field": "email", "record_id": "r1", "rule": "recency", "date": None, "runner_up": None}
    found = facts(
        {**golden, "monetary": None, "value_segment": None, "emails": ["li@example.cn"], "provenance": [*golden["provenance"], mail]},
        steward,
    )
    rules = {fact.field: (fact.record_id, fact.rule) for fact in found.values}
    mobile = next(each for each in golden["provenance"] if each["field"] == "mobile")
    assert rules["phones"] == (mobile["record_id"], mobile["rule"])
    assert rules["emails"] == ("r1", "recency")
    assert all(rule for _, rule in rules.values())
