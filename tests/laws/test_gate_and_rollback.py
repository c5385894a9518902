"""A run that changes too much stops unpublished until a person accepts it; a rollback is delivered, and the next run gives records their ids back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.store import versions
from pipelines.store.home import Home
from tests.published import AS_OF, chezhu, run, tables


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home that has published half of each dealer's files, and the inbox with all of them."""
    folder = tmp_path_factory.mktemp("gate")
    chezhu("generate", "--out", str(folder / "made"), "--rows", "1500", "--dealers", "4", "--seed", "5")
    inbox, home = folder / "inbox", folder / "home"
    files = sorted(path for path in (folder / "made" / "inbox").rglob("*") if path.is_file())
    for path in (*files[::2], None, *files[1::2]):
        if path is None:
            run(inbox, home)
            continue
        target = inbox / path.relative_to(folder / "made" / "inbox")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


@pytest.fixture
def history(begun: Path, tmp_path: Path) -> tuple[Home, Path]:
    """A copy of both for one test: whatever the order of the tests, each begins at version 1."""
    for name in ("home", "inbox"):
        shutil.copytree(begun / name, tmp_path / name)
    return Home(tmp_path / "home"), tmp_path / "inbox"


def customers(home: Home) -> pl.DataFrame:
    return tables(home.root)["customers"].sort("customer_id")


def delivered(home: Home, name: str, version: int) -> pl.DataFrame:
    return pl.read_parquet(home.deliveries / f"{version:06d}" / f"{name}.parquet")


def stopped(history: tuple[Home, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs with tight limits; the id of the run that was stopped."""
    home, inbox = history
    monkeypatch.setenv("CHEZHU_GATE_FROM", "1")
    monkeypatch.setenv("CHEZHU_GATE_CUSTOMERS", "0.01")
    done = run(inbox, home.root, check=False)
    monkeypatch.delenv("CHEZHU_GATE_FROM")
    assert done.returncode == 1
    assert "change of the number of customers" in done.stderr
    assert "(limit 1 %)" in done.stderr
    assert "chezhu accept" in done.stderr
    listed = json.loads(chezhu("runs", "--home", str(home.root), "--json").stdout)
    assert listed[-1]["status"] == "stopped"
    return str(listed[-1]["run_id"])


def test_the_way_of_a_run_that_changes_too_much(history: tuple[Home, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home, inbox = history
    first = customers(home)
    run_id = stopped(history, monkeypatch)
    assert versions.published(home) == [1]
    assert_frame_equal(customers(home), first)

    accepted = chezhu("accept", run_id[:8], "--why", "they sent what they had kept back", "--home", str(home.root))
    assert "Version 2 published" in accepted.stdout
    manifest = versions.load(home, 2)
    assert manifest.run["decision"]["why"] == "they sent what they had kept back"  # type: ignore[index]
    assert [measure["name"] for measure in manifest.run["accepted"]] == ["change of the number of customers"]  # type: ignore[union-attr,index]
    second, known = customers(home), tables(home.root)["crosswalk"]
    assert second.height > first.height

    chezhu("rollback", "1", "--why", "it was a mistake", "--as-of", AS_OF, "--home", str(home.root))
    assert versions.published(home) == [1, 2, 3]
    assert_frame_equal(customers(home), first)
    delta, full = delivered(home, "customers_delta", 3), delivered(home, "customers_full", 3)
    kept = delivered(home, "customers_full", 2).join(delta, on="customer_id", how="anti")
    changed = delta.filter(pl.col("operation").is_in(["insert", "update"])).select(full.columns)
    assert_frame_equal(pl.concat([kept, changed]).sort("customer_id"), full.sort("customer_id"))
    chezhu("report", "--home", str(home.root), "--out", str(home.root.parent / "again"))
    told = pl.read_parquet(next((home.root.parent / "again").rglob("quality.parquet")))
    rows = told.filter(pl.col("table") == "customers", pl.col("measure") == "rows", pl.col("dealer_id") == "", pl.col("source") == "")
    assert rows["value"].to_list() == [first.height], "a report tells of what is published, not of what was undone"
    now = tables(home.root)["crosswalk"]
    assert set(known["customer_id"]) == set(now["customer_id"]), "an id was forgotten"
    events = versions.scan(home, versions.load(home, 3), "identity_events").collect()
    retired = events.filter((pl.col("kind") == "retired") & (pl.col("cause") == "steward"))
    assert set(retired["customer_id"]) == set(second["customer_id"]) - set(first["customer_id"])

    run(inbox, home.root)
    assert_frame_equal(customers(home), second)
    assert "restored" in set(tables(home.root)["identity_events"]["kind"])


def test_a_version_that_is_not_there_says_what_to_do(history: tuple[Home, Path]) -> None:
    home, _ = history
    unknown = chezhu("rollback", "99", "--why", "x", "--home", str(home.root), check=False)
    assert (unknown.returncode, "there is no version 99" in unknown.stderr) == (1, True)
    nothing = chezhu("accept", "zzz", "--why", "x", "--home", str(home.root), check=False)
    assert (nothing.returncode, "no stopped runs begin with 'zzz'" in nothing.stderr) == (1, True)


def test_a_stopped_run_that_is_not_whole_is_not_accepted(history: tuple[Home, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home, inbox = history
    (inbox / "D999").mkdir()
    (inbox / "D999" / "more.csv").write_text("客户姓名,手机,车架号,日期\n王伟,13917852046,LFV3A23C0F3027419,2026-05-01\n", encoding="utf-8")
    monkeypatch.setenv("CHEZHU_GATE_LARGEST", "1")
    monkeypatch.setenv("CHEZHU_GATE_FROM", "1")
    monkeypatch.setenv("CHEZHU_GATE_LOST", "0")
    monkeypatch.setenv("CHEZHU_GATE_CUSTOMERS", "0")
    assert run(inbox, home.root, check=False).returncode == 1
    run_id = json.loads(chezhu("runs", "--home", str(home.root), "--json").stdout)[-1]["run_id"]
    published = versions.published(home)
    shutil.rmtree(home.drafts / run_id / "delivery")
    done = chezhu("accept", run_id, "--why", "x", "--home", str(home.root), check=False)
    assert (done.returncode, "did not get as far as delivery" in done.stderr) == (1, True)
    shutil.rmtree(home.drafts / run_id)
    done = chezhu("accept", run_id, "--why", "x", "--home", str(home.root), check=False)
    assert (done.returncode, "was cleared when a later run began" in done.stderr) == (1, True)
    assert versions.published(home) == published
