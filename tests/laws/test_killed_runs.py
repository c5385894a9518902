"""Law 8: a run killed at any point leaves the published version whole, and the next run ends as if nothing had happened."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from pipelines import faults
from pipelines.store import versions
from pipelines.store.home import Home
from tests.conftest import ROOT
from tests.published import run, tables

SAMPLES = ROOT / "data" / "samples" / "inbox"


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a first run over one half of two dealers' files."""
    folder = tmp_path_factory.mktemp("first")
    first_half(folder)
    run(folder / "inbox", folder / "home")
    return folder


@pytest.fixture(scope="session")
def undisturbed(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same home after a second run over the rest."""
    folder = tmp_path_factory.mktemp("undisturbed") / "copy"
    shutil.copytree(first, folder)
    second_half(folder)
    run(folder / "inbox", folder / "home")
    return folder


def dealers() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.is_dir())[:2]


def first_half(folder: Path) -> None:
    for dealer in dealers():
        files = sorted(path for path in dealer.rglob("*") if path.is_file())
        (folder / "inbox" / dealer.name).mkdir(parents=True)
        for file in files[: (len(files) + 1) // 2]:
            shutil.copy(file, folder / "inbox" / dealer.name / file.name)


def second_half(folder: Path) -> None:
    for dealer in dealers():
        for file in dealer.rglob("*"):
            if file.is_file():
                shutil.copy(file, folder / "inbox" / dealer.name / file.name)


LAST = "publish.pointer"
"""After it the new version is the published one."""


@pytest.mark.parametrize("points", [[*faults.POINTS[:-1:2]], [*faults.POINTS[1:-1:2]], [LAST]], ids=["even", "odd", "last"])
def test_runs_that_are_killed_leave_no_trace(first: Path, undisturbed: Path, tmp_path: Path, points: list[str]) -> None:
    """One run after the other is killed at another point; the one that lives ends as if there had been none of them."""
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    home = tmp_path / "home"
    before = versions.current(Home(home))
    assert before is not None
    whole = tables(home)
    second_half(tmp_path)

    for point in points:
        killed = run(tmp_path / "inbox", home, kill_at=point, check=False)
        assert killed.returncode == -9, f"the run was not killed at {point}:\n{killed.stderr}"
        after = versions.current(Home(home))
        if point == LAST:
            assert after is not None
            assert after.version == before.version + 1
        else:
            assert after == before, f"after a kill at {point} another version is published"
            for name, frame in tables(home).items():
                assert_frame_equal(frame, whole[name])

    run(tmp_path / "inbox", home)

    expected = tables(undisturbed / "home")
    found = tables(home)
    assert found.keys() == expected.keys()
    for name, frame in found.items():
        assert_frame_equal(frame, expected[name], check_exact=True)
    assert list((home / "drafts").iterdir()) == []
    assert list((home / "scratch").iterdir()) == []


def test_every_point_is_tried() -> None:
    assert faults.POINTS[-1] == LAST
