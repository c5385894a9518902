"""The command: every command documented with an example, exit codes, and imports only where they are used."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import run
from pipelines.cli.main import COMMANDS, chezhu
from pipelines.draft import Selection
from pipelines.store import versions
from pipelines.store.ledger import Ledger
from tests.conftest import ROOT
from tests.pipelines import small_home
from tests.published import run as run_chezhu

HEAVY = {"dagster", "great_expectations", "polars", "duckdb", "pandas", "pydantic"}


def imported_by(*words: str, stdin: str = "") -> set[str]:
    """Top-level modules that a call of the command imports."""
    code = f"""
import sys
from pathlib import Path
sys.argv = {["chezhu", *words]!r}
from pipelines.cli.main import main
try:
    main()
except SystemExit:
    pass
sys.stderr.write("\\n".join(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run([sys.executable, "-c", code], input=stdin, capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    assert imported_by("--help").isdisjoint(HEAVY)


def test_parse_imports_neither_dagster_nor_great_expectations() -> None:
    assert imported_by("parse", "phone", stdin="13917852046\n").isdisjoint({"dagster", "great_expectations", "duckdb"})


def test_all_commands_of_the_interface_are_listed() -> None:
    listed = CliRunner().invoke(chezhu, ["--help"]).output
    for name in (
        "generate",
        "run",
        "check",
        "quarantine",
        "parse",
        "match",
        "explain",
        "evaluate",
        "export",
        "report",
        "runs",
        "accept",
        "rollback",
        "train",
        "forget",
        "publish",
        "doctor",
        "find",
        "letters",
    ):
        assert f"\n  {name} " in listed


@pytest.mark.parametrize(
    "name", [*COMMANDS, "generate", "quarantine list", "quarantine retry", "review export", "review import", "review list", "review undo"]
)
def test_each_command_has_help_with_an_example(name: str) -> None:
    done = CliRunner().invoke(chezhu, [*name.split(), "--help"], prog_name="chezhu")
    assert done.exit_code == 0
    assert "chezhu" in done.output
    if name not in {"quarantine", "review"}:
        assert "Example" in done.output


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--nonsense"],
        ["parse", "shoe"],
        ["nothing"],
        ["evaluate", "README.md", "--truth", "x"],
        ["export", "customers", "--out", "x.docx"],
        ["review", "export", "--out", "x.csv"],
        ["export", "customers", "--out", "x.xlsx", "--bom"],
        ["letters", "--list", "save_list", "--campaign", "x", "--out", "x.html"],
    ],
)
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    assert CliRunner().invoke(chezhu, words).exit_code == 2


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pipelines.cli", *words], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--inbox", "/nowhere", "--home", "{home}"], "there is no inbox at /nowhere"),
        (["export", "customers", "--out", "x.csv", "--home", "{home}"], "nothing is published"),
        (["report", "--home", "{home}"], "nothing is published"),
        (["quarantine", "list", "--home", "{home}"], "nothing is published"),
        (["explain", "a", "b", "--home", "{home}"], "nothing is published"),
        (["find", "13917852046", "--home", "{home}"], "nothing is published"),
        (["forget", "CAAAAAAAAAAAAAAAA", "--home", "{home}"], "nothing is published"),
        (["train", "--home", "{home}"], "nothing is published"),
        (["publish", "/tmp/x", "--home", "{home}"], "nothing is published"),
        (["letters", "--list", "save_list", "--out", "x.html", "--home", "{home}"], "nothing is published"),
        (["find", "13917852046", "--home", "{home}/nowhere"], "there is no folder {home}/nowhere"),
        (["report", "--home", "{home}/nowhere"], "there is no folder {home}/nowhere"),
        (["export", "customers", "--out", "x.csv", "--home", "{home}/nowhere"], "there is no folder {home}/nowhere"),
        (["run", "--inbox", "{home}", "--home", "{home}/file/home"], "the home {home}/file/home cannot be made (Not a directory"),
        (["explain", "a", "b", "--from", "{home}"], "there is no model.yaml"),
        (["evaluate", "README.md", "--truth", "missing.csv:a:b"], "there is no file missing.csv"),
    ],
)
def test_failed_work_is_exit_code_1_with_one_clear_line(tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "file").write_text("no folder")
    done = command(*(word.replace("{home}", str(tmp_path)) for word in words))
    assert done.returncode == 1
    assert message.replace("{home}", str(tmp_path)) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_broken_contract_is_told_also_when_nothing_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inbox").mkdir()
    contracts = tmp_path / "contracts"
    shutil.copytree(ROOT / "data" / "contracts", contracts)
    monkeypatch.setenv("CHEZHU_CONTRACTS", str(contracts))
    assert command("run", "--home", str(tmp_path)).returncode == 0
    for name in ("sales", "spare"):
        (contracts / f"{name}.yaml").write_text("source: [\n", encoding="utf-8")
    done = command("run", "--home", str(tmp_path))
    assert done.returncode == 1
    assert re.search(r"sales\.yaml:\d+: not YAML: .*; /.*/spare\.yaml:\d+: not YAML", done.stderr)
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_empty_inbox_is_not_an_error(tmp_path: object) -> None:
    (tmp_path / "inbox").mkdir()  # type: ignore[operator]
    done = command("run", "--home", str(tmp_path))
    assert done.returncode == 0
    assert "Nothing in the inbox" in done.stdout


def test_files_of_no_dealer_are_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEZHU_SETTLE_SECONDS", "0")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "客户档案.csv").write_text("姓名,手机\n王伟,13917852046\n", encoding="utf-8")
    done = CliRunner().invoke(chezhu, ["run", "--home", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stderr.strip() == ("refused (no_dealer): 客户档案.csv: the file lies in no dealer's folder; move it to INBOX/<dealer_id>/")
    assert "Nothing to read in the inbox: 1 refused" in done.stdout
    counted = json.loads(CliRunner().invoke(chezhu, ["run", "--home", str(tmp_path), "--json"]).stdout)
    assert (counted["files_known"], counted["files_refused"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--dealer", "D001", "--dealer", "D999"], 1, "no folder in the inbox for D999; there are: D001"),
        (["--day", "2026-13-45"], 2, "'2026-13-45' does not match"),
    ],
)
def test_a_selection_that_nothing_can_match_is_refused(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    (tmp_path / "inbox" / "D001").mkdir(parents=True)
    done = CliRunner().invoke(chezhu, ["run", "--home", str(tmp_path), *words])
    assert done.exit_code == code
    assert says in (str(done.exception) if code == 1 else done.output)


def test_a_day_is_handed_on_as_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Selection] = []
    monkeypatch.setattr(run, "run", lambda _, selection, **__: asked.append(selection))
    assert CliRunner().invoke(chezhu, ["run", "--home", str(tmp_path), "--day", "2026-06-30"]).exit_code == 0
    assert asked == [Selection(day="2026-06-30")]


def test_files_written_just_now_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes exports and runs at once need not be told to come back later."""
    folder = tmp_path / "inbox" / "D001"
    folder.mkdir(parents=True)
    (folder / "sales.csv").write_text("姓名,手机\n王伟,13917852046\n", encoding="utf-8")
    launched: list[Selection] = []
    monkeypatch.setenv("CHEZHU_SETTLE_SECONDS", "3")
    monkeypatch.setattr(run, "_launch", lambda _, selection, __: launched.append(selection))
    done = CliRunner().invoke(chezhu, ["run", "--inbox", str(tmp_path / "inbox"), "--home", str(tmp_path / "home"), "--quiet"])
    assert re.search(r"waiting [123] s", done.output)
    assert len(launched) == 1


def test_a_home_whose_file_is_gone_is_told_in_one_line_without_sql_and_classes(tmp_path: Path) -> None:
    home = small_home.make(tmp_path / "home")
    manifest = versions.current(home)
    assert manifest is not None
    for table in ("customers", "files"):
        (home.tables / manifest.tables[table][0].path).unlink()
    folder = tmp_path / "inbox" / "D001"
    folder.mkdir(parents=True)
    (folder / "sales.csv").write_text("姓名,手机\n王伟,13917852046\n", encoding="utf-8")
    exported = command("export", "customers", "--out", str(tmp_path / "x.csv"), "--home", str(home.root))
    ran = run_chezhu(tmp_path / "inbox", home.root, "--quiet", check=False)
    for done, table in ((exported, "customers"), (ran, "files")):
        assert done.returncode == 1
        assert f"version 1 cannot be read: a file of its table {table} is gone" in done.stderr
        assert "chezhu doctor" in done.stderr
        assert not re.search(r"select|read_parquet|\w+\.\w*Error", done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_run_that_fails_is_entered_as_failed_at_once(tmp_path: Path) -> None:
    """It showed as running until the next one began."""
    home = small_home.make(tmp_path / "home")
    manifest = versions.current(home)
    assert manifest is not None
    (home.tables / manifest.tables["records"][0].path).unlink()
    folder = tmp_path / "inbox" / "D001"
    folder.mkdir(parents=True)
    (folder / "sales.csv").write_text("姓名,手机\n王伟,13917852046\n", encoding="utf-8")
    done = run_chezhu(tmp_path / "inbox", home.root, "--quiet", check=False)
    assert done.returncode == 1
    assert re.search(r"^chezhu: \w+: version 1 cannot be read: a file of its table records is gone", done.stderr)
    (failed,) = [each for each in Ledger(home).runs() if each.status != "published"]
    assert (failed.status, failed.version) == ("failed", None)
    assert failed.finished_at is not None
    said = command("runs", "--home", str(home.root)).stdout
    assert "failed" in said
    assert re.search(r"^  \d{4}-\d\d-\d\d \d\d:\d\d UTC\+8  failed", said, re.MULTILINE)  # by the setting's clock
    assert "running" not in said
