"""Dagster's event log: what one process writes, another reads while the first still holds it; threads write beside each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from pipelines.cli.launch import prepare_instance
from pipelines.settings import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepare_instance(load(options={"home": tmp_path / "home"}))


def instance(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return dg.DagsterInstance.get()


def report(holder: dg.DagsterInstance, number: int) -> None:
    holder.report_runless_asset_event(dg.AssetMaterialization("customers", metadata={"rows": number}))


def rows_told(holder: dg.DagsterInstance) -> list[object]:
    found = holder.fetch_materializations(dg.AssetKey("customers"), limit=1000).records
    return sorted(record.asset_materialization.metadata["rows"].value for record in found if record.asset_materialization)


def test_the_instance_of_a_home_uses_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.store.event_log import EventLog

    with instance(folder, monkeypatch) as holder:
        assert isinstance(holder.event_log_storage, EventLog)
        assert (folder / "event_log.db").exists()


def test_another_process_reads_while_one_writes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance(folder, monkeypatch) as writer, instance(folder, monkeypatch) as reader:
        for number in range(3):
            report(writer, number)
            assert rows_told(reader) == list(range(number + 1))
        report(reader, 3)
        assert rows_told(writer) == [0, 1, 2, 3]


def test_threads_write_beside_each_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance(folder, monkeypatch) as holder, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: report(holder, number), range(60)))
        assert rows_told(holder) == list(range(60))


def test_what_was_written_is_there_after_the_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance(folder, monkeypatch) as holder:
        report(holder, 7)
    with instance(folder, monkeypatch) as holder:
        assert rows_told(holder) == [7]
