"""Settings: the later over the earlier, and errors that say where."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines import settings
from pipelines.cron import is_cron
from pipelines.settings import Settings, SettingsError
from pipelines.workbench import engine_memory


def test_file_then_environment_then_options(tmp_path: Path) -> None:
    file = tmp_path / "chezhu.toml"
    file.write_text('memory_limit = "1GB"\nthreads = 1\nhome = "here"\n')
    found = settings.load(file=file, environment={"CHEZHU_THREADS": "3", "INBOX": "/in"}, options={"memory_limit": "2GB", "inbox": None})
    assert (found.memory_limit, found.threads, found.home, found.inbox_dir) == ("2GB", 3, tmp_path / "here", Path("/in"))


def test_the_inbox_is_below_the_home_by_default(tmp_path: Path) -> None:
    assert settings.load(file=tmp_path / "none", environment={}, options={"home": tmp_path}).inbox_dir == tmp_path / "inbox"


@pytest.mark.parametrize(
    ("content", "environment", "message"),
    [
        ("threads = -1", {}, "setting 'threads' from .*chezhu.toml"),
        ("treads = 1", {}, "setting 'treads' from .*chezhu.toml"),
        ("treads = 1", {}, "there is no such setting; did you mean threads"),
        ("color = 1", {}, "there is no such setting; chezhu.toml lists all"),
        ("threads = ", {}, "chezhu.toml"),
        ("threads = \n", {}, r"chezhu.toml: Invalid value \(at line 1, column 11\), the value of 'threads': text stands in quotes"),
        ("threads = 1\nhome = secret/x", {}, "line 2, column 8.*, the value of 'home': text stands in quotes, a number does not$"),
        ("", {"CHEZHU_EXECUTOR": "fast"}, "environment variable CHEZHU_EXECUTOR"),
        ("", {"CHEZHU_MEMORY_LIMIT": "4"}, "variable CHEZHU_MEMORY_LIMIT: '4' is no amount of memory: .* 4GB or 800MB$"),
        ("", {"CHEZHU_MEMORY_LIMIT": "abc"}, "'abc' is no amount of memory"),
        ("", {"CHEZHU_MEMORY_LIMIT": "0GB"}, "'0GB' is no amount of memory"),
        ('memory_limit = "lots"', {}, "chezhu.toml: 'lots' is no amount of memory"),
        ("", {"CHEZHU_TIMEZONE": "Mars/X"}, "'Mars/X' is no time zone: .* Asia/Shanghai"),
        ("", {"CHEZHU_TIMEZONE": "Asia"}, "'Asia' is no time zone"),
        ("", {"CHEZHU_TIMEZONE": "../etc/passwd"}, "is no time zone"),
        ('[alerts]\nx = "foo://bar"', {}, "setting 'alerts' from .*chezhu.toml: x: alert channel 'foo://bar' is none of: a path, smtp://"),
        ("", {"CHEZHU_ALERTS": '{"x": "wecom+http:/bad"}'}, "variable CHEZHU_ALERTS: x: alert channel 'wecom\\+http://' is none of"),
        ("", {"CHEZHU_ALERTS": '{"x": "https://"}'}, "is none of"),
        ("", {"CHEZHU_ALERTS": '{"x": "smtp://host:25"}'}, "is none of: .* smtp://HOST/TO"),
        ("", {"CHEZHU_ALERTS": '{"x": "https://host:port/key"}'}, "x: alert channel: the address cannot be read"),
        ("", {"CHEZHU_ALERTS": "wecom"}, "variable CHEZHU_ALERTS"),
        ("", {"CHEZHU_NIGHTLY": "x y z"}, "'x y z' is no schedule: .* 30 1"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(tmp_path: Path, content: str, environment: dict[str, str], message: str) -> None:
    file = tmp_path / "chezhu.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=message):
        settings.load(file=file, environment=environment)


WHERE = {"home", "inbox", "survivorship", "reference_sources", "targets", "alerts"}
"""Settings whose line in chezhu.toml is an example: without one, they are not set, or are paths below the home."""


def test_the_committed_file_lists_every_setting_with_its_default(tmp_path: Path) -> None:
    """Every line taken at its word is what there is without any."""
    text = (settings.PROJECT_ROOT / "chezhu.toml").read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines() if re.match(r"# (\w+ = |\[\w+\])", line)]
    listed = tomllib.loads("\n".join(lines))
    assert sorted(listed) == sorted(Settings.model_fields)
    file = settings.PROJECT_ROOT / "none.toml"  # paths of a file count from its folder
    defaults = settings.load(file=file, environment={}).model_dump()
    (tmp_path / "chezhu.toml").write_text("\n".join(lines), encoding="utf-8")
    found = settings.load(file=tmp_path / "chezhu.toml", environment={}).model_dump()
    assert found["contracts"] == tmp_path / defaults["contracts"].relative_to(settings.PROJECT_ROOT)
    assert found["home"] == tmp_path / defaults["home"].relative_to(settings.PROJECT_ROOT)
    for name in found.keys() - WHERE - {"contracts"}:
        assert found[name] == defaults[name], name


def test_the_committed_settings_load() -> None:
    assert settings.load(environment={}).engine == "duckdb"


@pytest.mark.parametrize("limit", ["4GB", "1.5 GiB", "800mb", "100000KB", "4G", "80%"])
def test_every_memory_limit_that_the_settings_take_duckdb_takes(limit: str) -> None:
    from engine.duckdb import DuckDBEngine
    from engine.memory import memory_bytes

    found = settings.load(environment={"CHEZHU_MEMORY_LIMIT": limit})
    whole = memory_bytes()
    assert whole is not None
    bounds = []
    for taken in (found.memory_limit, f"{engine_memory(found)}B"):
        with DuckDBEngine(memory_limit=taken, threads=1) as engine:
            bounds.append(engine.collect(engine.sql("select current_setting('memory_limit') as bound")).item())
    if not limit.endswith("%"):  # the same to a byte; how much the whole is, DuckDB asks for itself
        assert bounds[0] == bounds[1]
    assert settings.bytes_of("80%", whole=whole) == int(whole * 0.8)


def test_a_run_has_a_quarter_of_the_memory_and_its_processes_side_by_side_have_four_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for machine, least in ((None, 4 * 10**9), (8 * 2**30, 4 * 10**9), (64 * 2**30, 16 * 2**30)):
        monkeypatch.setattr("pipelines.workbench.memory_bytes", lambda machine=machine: machine)
        assert engine_memory(settings.load(environment={})) == least
        assert engine_memory(settings.load(environment={"CHEZHU_EXECUTOR": "multiprocess"})) == 4 * 10**9
        assert engine_memory(settings.load(environment={"CHEZHU_MEMORY_LIMIT": "2GB"})) == 2 * 10**9


_NUMBER = st.integers(0, 70).map(str)
_NAME = st.sampled_from(["*", "jan", "MAR", "sun", "fri", "L", "?", "5#2", "x", ""])
_END = st.one_of(_NUMBER, _NAME)
_ITEM = st.one_of(_END, st.tuples(_END, _END).map("-".join), st.tuples(_END, _NUMBER).map("/".join))
_FIELD = st.one_of(_ITEM, st.lists(_ITEM, min_size=1, max_size=3).map(",".join))


@given(field=_FIELD, place=st.integers(0, 4))
@example(field="5-1", place=0)
@example(field="*/0", place=1)
def test_a_schedule_that_the_settings_take_dagster_takes(field: str, place: int) -> None:
    from dagster._utils.schedules import is_valid_cron_string

    fields = ["*"] * 5
    fields[place] = field
    if is_cron(" ".join(fields)):
        assert is_valid_cron_string(" ".join(fields))


@pytest.mark.parametrize("text", ["30 1 * * *", "*/15 8-18 * * mon-fri", "0 0 L * *", "0 3 1,15 jan-jun *", "0 0 * * 5#2", "0 0 ? * L5", "5/2 * * * *", "@daily", "@hourly"])  # fmt: skip
def test_what_people_write_as_a_schedule_is_taken(text: str) -> None:
    from dagster._utils.schedules import is_valid_cron_string

    assert is_valid_cron_string(text)
    assert settings.load(environment={"CHEZHU_NIGHTLY": text}).nightly == text
