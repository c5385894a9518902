"""Settings: the later over the earlier, and errors that say where."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import settings
from pipelines.settings import SettingsError


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
        ("threads = ", {}, "chezhu.toml"),
        ("", {"CHEZHU_EXECUTOR": "fast"}, "environment variable CHEZHU_EXECUTOR"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(tmp_path: Path, content: str, environment: dict[str, str], message: str) -> None:
    file = tmp_path / "chezhu.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=message):
        settings.load(file=file, environment=environment)


def test_the_committed_settings_load() -> None:
    assert settings.load(environment={}).engine == "duckdb"
