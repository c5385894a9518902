"""`chezhu doctor`: each thing that can be wrong is found and named, and what can be made anew is."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli.main import chezhu
from pipelines.doctor import examine as doctor
from pipelines.settings import Settings
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.ledger import Ledger
from tests.pipelines import small_home


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home that is well."""
    home = small_home.make(tmp_path / "home")
    (home.root / "inbox" / "D001").mkdir(parents=True, mode=0o700)
    Ledger(home).reconcile()
    for path in home.root.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (home.root / "inbox").chmod(0o700)
    return Settings(home=home.root)


def states(settings: Settings, environment: dict[str, str] | None = None) -> dict[str, str]:
    """The worst state of each check."""
    order = ("well", "note", "broken")
    found: dict[str, str] = {}
    for each in doctor.examine(settings, environment or {}):
        found[each.check] = max(found.get(each.check, "well"), each.state, key=order.index)
    return found


def test_a_home_that_is_well(settings: Settings) -> None:
    assert set(states(settings).values()) <= {"well", "note"}


def first_file(home: Home, table: str) -> Path:
    manifest = versions.current(home)
    assert manifest is not None
    return home.tables / manifest.tables[table][0].path


def damaged(home: Home) -> None:
    path = first_file(home, "customers")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def ledger_lost(home: Home) -> None:
    home.ledger.unlink()


def ledger_damaged(home: Home) -> None:
    home.ledger.write_bytes(b"no database" * 1000)


def never_ended(home: Home) -> None:
    Ledger(home).start("run-2")


def manifest_cut(home: Home) -> None:
    path = versions.manifest_path(home, 1)
    path.write_text(path.read_text(encoding="utf-8")[:200], encoding="utf-8")


def manifest_of_another_kind(home: Home) -> None:
    versions.manifest_path(home, 1).write_text('{"version": 1}', encoding="utf-8")


def pointer_lost(home: Home) -> None:
    home.pointer.unlink()


def pointer_nonsense(home: Home) -> None:
    home.pointer.write_text("seven")


def open_to_others(home: Home) -> None:
    first_file(home, "customers").chmod(0o644)


def draft(home: Home) -> None:
    (home.drafts / "run-9").mkdir(mode=0o700)


def unused(home: Home) -> None:
    path = home.tables / "customers" / "0123.parquet"
    path.write_bytes(b"x")
    path.chmod(0o600)


def erasing(home: Home) -> None:
    (home.erasures / "e1").mkdir(parents=True, mode=0o700)
    path = home.erasures / "e1" / "steps.json"
    path.write_text("[]")
    path.chmod(0o600)


def without_key(home: Home) -> None:
    home.erasures.mkdir(mode=0o700)
    path = home.erasures / "e1.tombstones.json"
    path.write_text('["00"]')
    path.chmod(0o600)


def no_inbox(home: Home) -> None:
    (home.root / "inbox" / "D001").rmdir()
    (home.root / "inbox").rmdir()


def homeless(home: Home) -> None:
    path = home.root / "inbox" / "sales.csv"
    path.write_text("x")
    path.chmod(0o600)


@pytest.mark.parametrize(
    ("harm", "check", "state", "mends"),
    [
        (damaged, "version", "broken", False),
        (lambda home: first_file(home, "records").unlink(), "version", "broken", False),
        (manifest_cut, "version", "broken", False),
        (manifest_of_another_kind, "version", "broken", False),
        (pointer_lost, "version", "broken", True),
        (pointer_nonsense, "version", "broken", True),
        (ledger_lost, "ledger", "broken", True),
        (ledger_damaged, "ledger", "broken", True),
        (never_ended, "ledger", "broken", True),
        (open_to_others, "rights", "broken", True),
        (draft, "drafts", "note", False),
        (unused, "leftovers", "note", True),
        (erasing, "erasures", "broken", False),
        (without_key, "erasures", "broken", False),
        (no_inbox, "inbox", "broken", False),
        (homeless, "inbox", "note", False),
    ],
)
def test_what_is_wrong_is_found_and_mended(
    settings: Settings, harm: Callable[[Home], None], check: str, state: str, *, mends: bool
) -> None:
    home = Home(settings.home)
    harm(home)
    assert states(settings)[check] == state
    findings = doctor.examine(settings, {})
    assert all(each.advice for each in findings if each.state != "well")
    mended = {each.check for each in doctor.repair(settings, findings)}
    assert (check in mended) == mends
    assert (states(settings)[check] == "well") == mends
    if check != "version" or mends:
        assert first_file(home, "customers").exists(), "what a version needs is never a leftover"


def test_a_run_that_works_now_is_no_damage(settings: Settings) -> None:
    home = Home(settings.home)
    never_ended(home)
    with home.lock():
        found = states(settings)
    assert (found["ledger"], found["lock"]) == ("well", "note")


def test_a_damaged_ledger_is_put_aside_and_not_thrown_away(settings: Settings) -> None:
    home = Home(settings.home)
    ledger_damaged(home)
    doctor.repair(settings, doctor.examine(settings, {}))
    assert home.ledger.with_name("ledger.sqlite.damaged").exists()
    with closing(sqlite3.connect(home.ledger)) as connection:
        assert connection.execute("select version, status from runs").fetchall() == [(1, "published")]


def test_variables_that_nobody_reads_are_named(settings: Settings) -> None:
    found = [each for each in doctor.examine(settings, {"CHEZHU_MEMORYLIMIT": "8GB", "CHEZHU_THREADS": "2"}) if each.check == "settings"]
    assert [(each.state, "CHEZHU_MEMORYLIMIT" in each.found, "CHEZHU_THREADS" in each.found) for each in found] == [("broken", True, False)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything: nothing is closed to it")
def test_a_closed_file_is_named(settings: Settings) -> None:
    path = settings.inbox_dir / "D001" / "closed.csv"
    path.write_text("x")
    path.chmod(0)
    assert states(settings)["inbox"] == "broken"


def test_the_command_says_it_with_its_exit_code(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHEZHU_")]:
        monkeypatch.delenv(name)
    words = ["doctor", "--home", str(settings.home), "--inbox", str(settings.inbox_dir)]
    assert CliRunner().invoke(chezhu, words).exit_code == 0
    ledger_lost(Home(settings.home))
    broken = CliRunner().invoke(chezhu, words)
    assert (broken.exit_code, "!!      ledger" in broken.output) == (1, True)
    mended = CliRunner().invoke(chezhu, [*words, "--repair"])
    assert (mended.exit_code, "mended  ledger" in mended.output) == (0, True)
    assert CliRunner().invoke(chezhu, ["doctor", "--home", str(settings.home / "nowhere")]).exit_code == 1
