"""Which files a run reads, and whether schedule and sensor start one."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from engine.tables import schema
from pipelines.draft import Selection
from pipelines.ingest.inbox import InboxFile
from pipelines.stages import watch
from pipelines.stages.intake import plan


def file(dealer: str, name: str, file_id: str, state: str = "ready") -> InboxFile:
    return InboxFile(dealer, name, Path(name), 1, 86_400.0, file_id, state, None if state == "ready" else "being_uploaded")  # type: ignore[arg-type]


def known(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    found = [{"dealer_id": dealer, "file_id": file_id, "status": status, "rows_quarantined": bad} for dealer, file_id, status, bad in rows]
    return pl.DataFrame(found, schema=schema("files"))


FOUND = [
    file("D2", "b.csv", "2"),
    file("D1", "a.csv", "1"),
    file("D1", "again.csv", "1"),
    file("D3", "c.csv", "3"),
    file("D3", "up.part", "", "waiting"),
]
KNOWN = known(("D1", "1", "ingested", 0), ("D2", "2", "ingested", 4))


@pytest.mark.parametrize(
    ("selection", "read"),
    [
        (Selection(), ["D3/c.csv"]),
        (Selection(full=True), ["D1/a.csv", "D2/b.csv", "D3/c.csv"]),
        (Selection(dealers=("D1",)), ["D1/a.csv", "D3/c.csv"]),
        (Selection(day="1970-01-02"), ["D1/a.csv", "D2/b.csv", "D3/c.csv"]),
        (Selection(day="1970-01-03"), ["D3/c.csv"]),
        (Selection(retry=True), ["D2/b.csv", "D3/c.csv"]),
    ],
)
def test_new_files_are_read_and_known_ones_when_asked(selection: Selection, read: list[str]) -> None:
    found = plan(FOUND, KNOWN, selection)
    assert [f"{chosen.dealer_id}/{chosen.file_name}" for chosen in found.read] == read
    assert [waiting.file_name for waiting in found.waiting] == ["up.part"]
    assert found.known + len(found.read) + len(found.waiting) == len(FOUND)


def test_schedule_and_sensor_start_a_run_only_for_something_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.definitions import defs

    monkeypatch.setenv("CHEZHU_HOME", str(tmp_path))
    monkeypatch.setenv("CHEZHU_SETTLE_SECONDS", "0")
    repository = defs().get_repository_def()
    schedule, sensor = repository.get_schedule_def("nightly"), repository.get_sensor_def("inbox")

    def requests() -> tuple[int, int]:
        with dg.build_schedule_context() as at_night, dg.build_sensor_context(cursor=None) as sensing:
            by_schedule = schedule.evaluate_tick(at_night).run_requests or []
            by_sensor = sensor.evaluate_tick(sensing).run_requests or []
            return len(by_schedule), len(by_sensor)

    assert requests() == (0, 0)
    (tmp_path / "inbox" / "D1").mkdir(parents=True)
    (tmp_path / "inbox" / "D1" / "a.csv").write_text("客户姓名,手机\n王伟,13917850001\n", encoding="utf-8")
    assert requests() == (1, 1)


def test_the_fingerprint_of_an_inbox_changes_with_its_files(tmp_path: Path) -> None:
    from pipelines import settings

    values = settings.load(environment={"CHEZHU_SETTLE_SECONDS": "0"}, options={"home": tmp_path})
    before = watch.fingerprint(values)
    (tmp_path / "inbox" / "D1").mkdir(parents=True)
    path = tmp_path / "inbox" / "D1" / "a.csv"
    path.write_text("a")
    first = watch.fingerprint(values)
    os.utime(path, (1, 1))
    assert len({before, first, watch.fingerprint(values)}) == 3
