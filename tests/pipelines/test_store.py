"""Versions, pointer and ledger: whole or not at all, and two stores with one truth."""

from __future__ import annotations

import datetime as dt
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.contract import Engine
from pipelines import draft as drafts
from pipelines import faults
from pipelines.cli.options import CommandError
from pipelines.cli.report import find_version
from pipelines.draft import Selection
from pipelines.settings import Settings
from pipelines.stages import old_versions
from pipelines.store import versions
from pipelines.store.home import Home, HomeBusyError
from pipelines.store.ledger import Ledger
from pipelines.store.versions import Manifest, VersionError
from pipelines.workbench import open_engine

CLUSTERS = pl.DataFrame({"record_id": ["b", "a", "c"], "cluster_id": ["a", "a", "c"]})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.prepare()
    return place


def publish(home: Home, engine: Engine, version: int, frame: pl.DataFrame = CLUSTERS) -> Manifest:
    entries = versions.write_table(home, engine, "clusters", engine.from_frame(frame))
    manifest = Manifest(
        version, f"run{version}", "2026-01-01", version - 1 or None, None, {"clusters": entries}, {"started_at": "2026-01-01"}
    )
    versions.save(home, manifest)
    versions.point_to(home, version)
    return manifest


def test_nothing_is_published_at_first(home: Home) -> None:
    assert versions.current(home) is None
    assert versions.published(home) == []


def test_a_version_reads_back_as_written(home: Home, engine: Engine) -> None:
    manifest = publish(home, engine, 1)
    assert versions.current(home) == manifest
    assert_frame_equal(engine.collect(versions.read(home, engine, manifest, "clusters")), CLUSTERS.sort("record_id"))
    assert manifest.rows("clusters") == 3


def test_the_same_rows_make_the_same_files(home: Home, engine: Engine) -> None:
    first = versions.write_table(home, engine, "clusters", engine.from_frame(CLUSTERS))
    again = versions.write_table(home, engine, "clusters", engine.from_frame(CLUSTERS.reverse()))
    assert again == first
    assert len(list((home.tables / "clusters").iterdir())) == 1


def test_what_is_handed_on_is_no_table_of_the_version(home: Home, engine: Engine) -> None:
    draft = drafts.begin(home, run_id="r", as_of=dt.date(2026, 1, 1), started_at="2026-01-01", selection=Selection())
    with pytest.raises(VersionError, match="no table 'whose'"):
        draft.handed(engine, "whose")
    assert draft.hand_on(engine, "whose", engine.from_frame(CLUSTERS)) == 3
    assert_frame_equal(engine.collect(draft.handed(engine, "whose")), CLUSTERS, check_row_order=False)
    assert draft.tables() == {}


def test_only_buckets_that_change_are_written_again(home: Home, engine: Engine) -> None:
    schema = {"customer_id": pl.String(), "name": pl.String()}
    before = pl.DataFrame({"customer_id": [f"C{n}" for n in range(500)], "name": ["x"] * 500}, schema=schema)
    changed = before.with_columns(name=pl.when(pl.col("customer_id") == "C7").then(pl.lit("y")).otherwise("name"))
    first = versions.write_table(home, engine, "customers", engine.from_frame(before))
    second = versions.write_table(home, engine, "customers", engine.from_frame(changed))
    assert len(first) == 16
    assert len({entry.path for entry in second} - {entry.path for entry in first}) == 1


def test_files_and_folders_are_closed_to_others(home: Home, engine: Engine) -> None:
    publish(home, engine, 1)
    assert home.root.stat().st_mode & 0o777 == 0o700
    open_files = [path for path in home.root.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert open_files == []


def test_an_unknown_version_or_table_says_what_there_is(home: Home, engine: Engine) -> None:
    manifest = publish(home, engine, 1)
    with pytest.raises(VersionError, match=r"there is no version 7.*there are: 1"):
        versions.load(home, 7)
    with pytest.raises(VersionError, match="no table 'golden'"):
        versions.read(home, engine, manifest, "golden")


@pytest.mark.parametrize(("harm", "says"), [(Path.unlink, "is gone"), (lambda path: path.write_bytes(b"PAR1 cut"), "is damaged")])
def test_a_file_that_is_gone_or_cut_is_told_with_version_table_and_the_way_back(
    home: Home, engine: Engine, harm: Callable[[Path], object], says: str
) -> None:
    manifest = publish(home, engine, 1)
    harm(home.tables / manifest.tables["clusters"][0].path)
    for read in (lambda: versions.read(home, engine, manifest, "clusters"), lambda: versions.scan(home, manifest, "clusters")):
        with pytest.raises(VersionError, match=rf"version 1 cannot be read: a file of its table clusters {says} .*chezhu doctor"):
            read()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"version": 1, "tables": {"customers": [7]}}'])
def test_a_damaged_manifest_says_which_and_the_way_back(home: Home, engine: Engine, content: str) -> None:
    publish(home, engine, 1)
    versions.manifest_path(home, 1).write_text(content, encoding="utf-8")
    with pytest.raises(VersionError, match=r"000001\.json is damaged.*older version into .*CURRENT"):
        versions.current(home)


def test_what_was_never_published_is_cleared_and_the_published_kept(home: Home, engine: Engine) -> None:
    manifest = publish(home, engine, 1)
    versions.save(home, Manifest(2, "killed", "2026-01-02", 1, None, {}))
    (home.deliveries / "000002").mkdir()
    (home.reports / "000001").mkdir()
    versions.remove_unpublished(home)
    assert versions.current(home) == manifest
    assert not versions.manifest_path(home, 2).exists()
    assert not (home.deliveries / "000002").exists()
    assert (home.reports / "000001").exists()


def test_old_versions_go_and_shared_files_stay(home: Home, engine: Engine) -> None:
    publish(home, engine, 1, pl.DataFrame({"record_id": ["old"], "cluster_id": ["old"]}))
    publish(home, engine, 2)
    last = publish(home, engine, 3)
    assert versions.remove_old(home, keep=2) == [1]
    assert versions.published(home) == [2, 3]
    assert engine.collect(versions.read(home, engine, last, "clusters")).height == 3
    assert len(list((home.tables / "clusters").iterdir())) == 1


def test_the_removal_spares_what_a_draft_has_written(home: Home, engine: Engine) -> None:
    """A run that the gate stopped may still be accepted; what nothing names goes."""
    publish(home, engine, 1)
    draft = drafts.begin(home, run_id="stopped", as_of=dt.date(2026, 1, 1), started_at="2026-01-01", selection=Selection())
    draft.write(engine, "clusters", engine.from_frame(pl.DataFrame({"record_id": ["new"], "cluster_id": ["new"]})))
    versions.write_table(home, engine, "clusters", engine.from_frame(pl.DataFrame({"record_id": ["lost"], "cluster_id": ["lost"]})))
    assert versions.remove_old(home, keep=2) == []
    assert engine.collect(draft.read(engine, "clusters")).rows() == [("new", "new")]
    assert len(list((home.tables / "clusters").iterdir())) == 2


@pytest.mark.parametrize("point", faults.OF_REMOVAL)
def test_a_removal_that_is_killed_leaves_whole_versions_and_is_finished_by_the_next(home: Home, engine: Engine, point: str) -> None:
    for version in range(1, 6):
        publish(home, engine, version, pl.DataFrame({"record_id": [f"r{version}"], "cluster_id": [f"r{version}"]}))
    code = (
        f"from pathlib import Path; from pipelines.store import home, versions; versions.remove_old(home.Home(Path({str(home.root)!r})), 2)"
    )
    killed = subprocess.run([sys.executable, "-c", code], env={**os.environ, "CHEZHU_KILL_AT": point}, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = versions.published(home)
    assert left == list(range(left[0], 6)), "the oldest go first"
    for version in left:
        assert engine.collect(versions.read(home, engine, versions.load(home, version), "clusters")).height == 1
    versions.remove_old(home, 2)
    assert versions.published(home) == [4, 5]
    assert len(list((home.tables / "clusters").iterdir())) == 2


def test_a_run_keeps_as_many_versions_as_the_settings_say(home: Home, engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    for version in range(1, 6):
        publish(home, engine, version)
    with caplog.at_level(logging.INFO, "chezhu.progress"):
        assert old_versions.remove(home, Settings(keep_versions=3)) == [1, 2]
        assert old_versions.remove(home, Settings(keep_versions=1)) == [3], "the one before may be read at this moment"
    assert caplog.messages == ["removed 2 old versions, 1 to 2; keep_versions is 3", "removed old version 3; keep_versions is 1"]
    assert versions.published(home) == [4, 5]


def test_a_lost_ledger_is_made_again_from_the_manifests(home: Home, engine: Engine) -> None:
    publish(home, engine, 1)
    publish(home, engine, 2)
    ledger = Ledger(home)
    ledger.reconcile()
    assert [(run.run_id, run.status, run.version) for run in ledger.runs()] == [("run1", "published", 1), ("run2", "published", 2)]


def test_a_run_that_ended_before_the_pointer_is_failed(home: Home, engine: Engine) -> None:
    publish(home, engine, 1)
    ledger = Ledger(home)
    ledger.start("silent")
    ledger.start("almost")
    ledger.end("almost", "published", version=2)
    ledger.reconcile()
    assert {run.run_id: run.status for run in ledger.runs()} == {"silent": "failed", "almost": "failed", "run1": "published"}


def test_a_removed_version_stays_published_in_the_ledger(home: Home, engine: Engine) -> None:
    ledger = Ledger(home)
    for version in (1, 2):
        ledger.start(f"run{version}")
        publish(home, engine, version)
        ledger.end(f"run{version}", "published", version=version)
    versions.remove_old(home, keep=1)
    ledger.reconcile()
    assert [run.status for run in ledger.runs()] == ["published", "published"]


def _hold(root: Path, ready: object, done: object) -> None:
    with Home(root).lock():
        ready.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]


def test_two_runs_at_once_one_works_the_other_leaves(home: Home) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(home.root, ready, done))
    other.start()
    assert ready.wait(30)
    with pytest.raises(HomeBusyError, match="another run works"), home.lock():
        pass
    done.set()
    other.join(30)
    with home.lock():
        assert (home.root / "LOCK").exists()


def test_a_draft_is_known_to_other_processes(home: Home, engine: Engine) -> None:
    publish(home, engine, 1)
    draft = drafts.begin(
        home,
        run_id="r",
        as_of=dt.date(2026, 2, 1),
        started_at="2026-02-01T00:00:00+00:00",
        selection=Selection(dealers=("D1",), retry=True),
    )
    draft.write(engine, "clusters", engine.from_frame(CLUSTERS))
    draft.note("fact", {"n": 1})
    again = drafts.resume(home, "r")
    assert again == draft
    assert (again.version, again.noted("fact"), again.noted("nothing")) == (2, {"n": 1}, None)
    assert engine.collect(again.read(engine, "clusters")).height == 3
    with pytest.raises(VersionError, match="no table 'edges' yet"):
        again.read(engine, "edges")
    with pytest.raises(VersionError, match="has no draft"):
        drafts.resume(home, "other")


def test_an_engine_leaves_no_folder_however_its_work_ends(home: Home) -> None:
    with pytest.raises(KeyError), open_engine(Settings(home=home.root, threads=1), home):
        raise KeyError
    assert list(home.scratch.iterdir()) == []


def test_digits_are_a_version_and_other_beginnings_a_run(home: Home, engine: Engine) -> None:
    for number, run in ((1, "8643aa"), (2, "2026bb"), (3, "2043cc")):
        made = publish(home, engine, number)
        versions.save(home, replace(made, run_id=run))
    assert [find_version(home, wanted) for wanted in ("1", "2", "3", "8643a", "2026b", None)] == [1, 2, 3, 1, 2, 3]
    for wanted, says in (("8", "no published runs go by '8'"), ("20x", "no published"), ("2043", "no published"), ("", "3 published")):
        with pytest.raises(CommandError, match=says):
            find_version(home, wanted)
