"""Which files a run reads, and whether schedule and sensor start one."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from click.testing import CliRunner

from engine.contract import Engine
from engine.tables import schema
from pipelines import draft as drafts
from pipelines.cli import quarantine
from pipelines.cli.main import chezhu
from pipelines.doctor import examine as doctor
from pipelines.draft import Selection
from pipelines.erasure import copies, forget
from pipelines.ingest.inbox import InboxFile
from pipelines.settings import Settings
from pipelines.stages import watch
from pipelines.stages.intake import plan, take_in
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger
from tests.pipelines import small_home


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


def test_the_inbox_of_the_last_run_is_known_to_those_who_look_back(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    home = small_home.make(tmp_path / "home")
    Ledger(home).reconcile()
    exports = tmp_path / os.fsdecode("导出".encode("gbk"))  # a name as Windows writes it
    (exports / "D001").mkdir(parents=True)
    draft = drafts.begin(home, run_id="r", as_of=dt.date(2026, 7, 1), started_at="2026-07-01", selection=Selection())
    take_in(engine, draft, Settings(home=home.root, inbox=exports))
    asked: list[Path] = []
    monkeypatch.delenv("INBOX", raising=False)
    monkeypatch.setattr(quarantine, "run", lambda values, *_, **__: asked.append(values.inbox_dir))
    monkeypatch.setattr(doctor, "examine", lambda values: asked.append(values.inbox_dir) or [])
    monkeypatch.setattr(forget, "forget", lambda values, *_, **__: asked.append(values.inbox_dir) or {})
    ways = (["doctor"], ["quarantine", "retry"], ["forget", "CAAAAAAAAAAAAAAAA", "--dry-run"])

    def looked_at(*words: str) -> set[Path]:
        asked.clear()
        for way in ways:
            CliRunner().invoke(chezhu, [*way, "--home", str(home.root), *words])
        assert len(asked) == len(ways)
        return set(asked)

    assert looked_at() == {exports}
    assert looked_at("--inbox", str(tmp_path)) == {tmp_path}
    assert home.last_inbox not in set(copies.strays(home, exports))
    monkeypatch.setenv("INBOX", str(tmp_path / "set"))
    assert looked_at() == {tmp_path / "set"}
    monkeypatch.delenv("INBOX")
    shutil.rmtree(exports)
    assert looked_at() == {exports}, "the folder that is missed is named"
    (home.root / "inbox").mkdir()
    assert looked_at() == {home.root / "inbox"}


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


def test_the_sensor_tries_a_failed_run_again_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.definitions import defs

    monkeypatch.setenv("CHEZHU_HOME", str(tmp_path))
    monkeypatch.setenv("CHEZHU_SETTLE_SECONDS", "0")
    repository = defs().get_repository_def()
    sensor, job = repository.get_sensor_def("inbox"), repository.get_job("chezhu_run")
    (tmp_path / "inbox" / "D1").mkdir(parents=True)
    path = tmp_path / "inbox" / "D1" / "a.csv"
    path.write_text("客户姓名,手机\n王伟,13917850001\n", encoding="utf-8")
    clock = [1_000_000.0]
    monkeypatch.setattr("pipelines.defs.automation.time", lambda: clock[0])
    monkeypatch.setattr("pipelines.stages.watch.fingerprint", lambda _: path.read_text(encoding="utf-8"))
    cursor: list[str | None] = [None]

    with dg.DagsterInstance.ephemeral() as instance:

        def tick(later: float = 60) -> str:
            """The run key asked for, else why not."""
            clock[0] += later
            with dg.build_sensor_context(instance=instance, cursor=cursor[0]) as sensing:
                done = sensor.evaluate_tick(sensing)
            cursor[0] = done.cursor
            return done.run_requests[0].run_key or "" if done.run_requests else done.skip_message or ""

        def begins(key: str, status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED) -> dg.DagsterRun:
            return instance.create_run_for_job(job, tags={"dagster/run_key": key}, status=status)

        first = tick()
        run = begins(first)
        assert tick(86_400) == "nothing new in the inbox", "it is still at work"
        instance.report_run_failed(run)
        cursor[0] = cursor[0] and cursor[0].replace('"at": 1000060.0', f'"at": {clock[0]}')
        assert "later" in tick()
        keys = [first]
        for wait in (300, 1_200, 4_800):
            keys.append(tick(wait))
            instance.report_run_failed(begins(keys[-1]))
        assert len(set(keys)) == 4
        assert "4 runs for these files failed" in tick(864_000)

        path.write_text("客户姓名,手机\n王伟,13917850002\n", encoding="utf-8")
        run = begins(tick())
        instance.report_run_failed(run)
        ledger = Ledger(Home(tmp_path))
        ledger.start(run.run_id)
        ledger.end(run.run_id, "stopped")
        assert "chezhu accept" in tick(864_000), "what the gate stopped is for people"

        path.write_text("客户姓名,手机\n王伟,13917850003\n", encoding="utf-8")
        begins(tick(), dg.DagsterRunStatus.SUCCESS)
        assert tick(864_000) == "nothing new in the inbox"


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
