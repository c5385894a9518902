"""Versions beyond ``keep_versions`` go when a run has published, or has nothing to do; those that are kept stay whole."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pipelines.store import versions
from pipelines.store.home import Home
from tests.published import chezhu, run


def test_old_versions_go_after_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    (inbox / "D1").mkdir(parents=True)
    (inbox / "D1" / "broken.xlsx").write_bytes(b"PK\x03\x04 is no workbook")
    first = run(inbox, home.root).stdout
    assert "nothing to score" in first
    assert "None" not in first
    for number in (2, 3):
        (inbox / "D1" / f"{number}.csv").write_text(
            f"客户编号,客户名称,手机号\nKH{number},王小{number},1380013800{number}\n", encoding="utf-8"
        )
        assert "removed" not in run(inbox, home.root).stdout
    assert versions.published(home) == [1, 2, 3]

    monkeypatch.setenv("CHEZHU_KEEP_VERSIONS", "2")
    done = run(inbox, home.root, "--json")
    assert json.loads(done.stdout)["versions_removed"] == [1], "where nothing is new as well"
    (inbox / "D1" / "4.csv").write_text("客户编号,客户名称,手机号\nKH4,王小四,13800138004\n", encoding="utf-8")
    assert "removed old version 2" in run(inbox, home.root).stdout

    assert versions.published(home) == [3, 4]
    named = set()
    for version in (3, 4):
        manifest = versions.load(home, version)
        named |= {entry.path for entries in manifest.tables.values() for entry in entries}
        assert versions.scan(home, manifest, "customers").select(pl.len()).collect().item() == manifest.rows("customers") > 0
    assert {str(path.relative_to(home.tables)) for path in home.tables.glob("*/*.parquet")} == named
    assert "1" in chezhu("runs", "--home", str(home.root)).stdout
    chezhu("rollback", "3", "--why", "to see", "--home", str(home.root))
    assert "there is no version 1" in chezhu("rollback", "1", "--why", "to see", "--home", str(home.root), check=False).stderr


def test_dagsters_job_removes_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.definitions import defs

    home = Home(tmp_path / "home")
    home.prepare()
    for version in (1, 2, 3):
        versions.save(home, versions.Manifest(version, f"run{version}", "2026-01-01", version - 1 or None, None, {}))
        versions.point_to(home, version)
    monkeypatch.setenv("CHEZHU_KEEP_VERSIONS", "2")
    job = defs().resolve_job_def("remove_old_versions")
    assert job.execute_in_process(run_config={"resources": {"workshop": {"config": {"home": str(home.root)}}}}).success
    assert versions.published(home) == [2, 3]
