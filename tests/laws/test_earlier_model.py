"""A new version of Chezhu on a home of an earlier one: the nightly run goes on, with a model that it trains, and ids stay."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from matching.model import MODEL_VERSION
from pipelines.stages import train_waiting
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest
from tests.published import chezhu, run, send


def published(home: Home) -> Manifest:
    manifest = versions.current(home)
    assert manifest is not None
    assert manifest.model is not None
    return manifest


def age(model: Path) -> None:
    """Makes a model look as if an earlier version had written it."""
    text = model.read_text(encoding="utf-8")
    assert text.startswith(f"version: {MODEL_VERSION}\n")
    model.write_text(text.replace(f"version: {MODEL_VERSION}\n", f"version: {MODEL_VERSION - 1}\n", 1), encoding="utf-8")


def holders(home: Home, manifest: Manifest) -> dict[str, str]:
    """Which customer each record is of."""
    rows = versions.scan(home, manifest, "crosswalk").filter(pl.col("valid_to").is_null()).select("record_id", "customer_id").collect()
    return dict(rows.iter_rows())


def test_a_model_of_an_earlier_version_is_replaced_by_the_next_run(tmp_path: Path) -> None:
    chezhu("generate", "--out", str(tmp_path / "made"), "--rows", "900", "--dealers", "3", "--seed", "8", "--workbooks", "0")
    files = sorted(path for path in (tmp_path / "made" / "inbox").rglob("*") if path.is_file())
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    send(files[:-1], inbox, tmp_path)
    run(inbox, home.root)
    first = published(home)
    age(home.models / str(first.model))
    assert "the next run trains another" in chezhu("doctor", "--home", str(home.root)).stdout
    assert "customers" in chezhu("train", "--home", str(home.root)).stdout
    age(
        home.models / train_waiting.path(home).read_text(encoding="utf-8").strip()
    )  # one that waits is as old where it was trained before the upgrade

    send(files[-1:], inbox, tmp_path)
    said = run(inbox, home.root)
    assert "of an earlier Chezhu" in said.stderr
    now = published(home)
    assert (now.version, now.model) == (2, f"{now.run_id}.yaml")
    assert "Nothing new" in run(inbox, home.root).stdout, "what was trained too early waits no more"
    before, after = holders(home, first), holders(home, now)
    assert sum(after[record] == customer for record, customer in before.items()) > 0.98 * len(before)
