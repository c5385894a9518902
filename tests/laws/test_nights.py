"""Law 4, of whole runs: nights that take only what changed end as nights that go over everything do.

New files, corrected files, a snapshot from which customers are gone, decisions of a steward, locks that are undone again, and records that come back.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.store import versions
from pipelines.store.decisions import LOCK, Decisions, Wanted, WantedLock
from pipelines.store.home import Home
from pipelines.store.versions import CAME
from tests.published import chezhu, run_on, send, tables

NIGHTS = 3


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home after nights of increments, and one after nights over everything, with one model."""
    folder = tmp_path_factory.mktemp("nights")
    chezhu("generate", "--out", str(folder / "made"), "--rows", "2600", "--dealers", "5", "--seed", "31", "--workbooks", "0")
    inbox, quick, slow = folder / "inbox", folder / "quick", folder / "slow"
    sent = sorted(path for path in (folder / "made" / "inbox").rglob("*") if path.is_file())
    send([path for place, path in enumerate(sent) if place % 4], inbox, folder)
    run_on(inbox, quick, days=0, increments=True)
    shutil.copytree(quick, slow)
    for night in range(1, NIGHTS + 1):
        _happen(night, sent, inbox, folder)
        if night == 2:
            _decide(quick, slow)
        _lock(night, quick, slow)
        # far apart: records grow old between them
        run_on(inbox, quick, days=200 * night, increments=True)
        run_on(inbox, slow, days=200 * night, increments=False)
    return quick, slow


def _happen(night: int, sent: list[Path], inbox: Path, folder: Path) -> None:
    """New files; of some known ones a later file that lacks every fifth row and says what its neighbour says in every seventh."""
    send([path for place, path in enumerate(sent) if place % 12 == 4 * (night - 1)], inbox, folder)
    for path in [path for place, path in enumerate(sent) if place % 16 == 1 + night]:
        header, *rows = path.read_bytes().splitlines(keepends=True)
        cells = [row.split(b",") for row in rows]
        for place in range(7 * (night % 2), len(rows) - 1, 7):
            if len(cells[place]) == len(cells[place + 1]):
                rows[place] = b",".join([cells[place][0], *cells[place + 1][1:]])
        target = inbox / path.relative_to(folder / "made" / "inbox")
        target.with_name(f"zz{night}_{path.name}").write_bytes(
            b"".join([header, *(row for place, row in enumerate(rows) if place % 5 != night)])
        )


def _decide(*homes: Path) -> None:
    """Joins what is apart and parts what is together, the same in all homes."""
    found = tables(homes[0])
    cluster = dict(found["clusters"].iter_rows())
    edges = found["edges"].sort("record_id_l", "record_id_r").select("record_id_l", "record_id_r").rows()
    held = [record for each in Decisions(Home(homes[0])).in_force() for record in each.records]
    used = {cluster[record] for record in held if record in cluster}
    wanted: list[Wanted] = []
    for left, right in edges:
        apart = cluster[left] != cluster[right]
        if {cluster[left], cluster[right]} & used or sum(each.same == apart for each in wanted) >= 8:
            continue
        used |= {cluster[left], cluster[right]}
        wanted.append(Wanted(left, right, apart, "as they say"))
    assert {each.same for each in wanted} == {True, False}
    for home in homes:
        outcomes = Decisions(Home(home)).enter(wanted, who="li")
        assert all(outcome.refused is None for outcome in outcomes)


def _lock(night: int, *homes: Path) -> None:
    """Each night other customers are locked, and one of the night before is opened again."""
    crosswalk = tables(homes[0])["crosswalk"].filter(pl.col("valid_to").is_null())
    customers = crosswalk.group_by("customer_id").agg(pl.col("record_id").sort()).sort(pl.col("record_id").list.len(), "customer_id")
    for home in homes:
        store = Decisions(Home(home))
        before = [each.number for each in store.in_force() if each.kind == LOCK]
        for number in before[:1]:
            store.undo(number, who="li", why="over")
        answers = [store.lock(WantedLock(tuple(records)), who="li") for records in customers["record_id"][-3 * night :][:3]]
        assert any(answer.number is not None for answer in answers)


def test_nights_of_increments_end_as_nights_over_everything(homes: tuple[Path, Path]) -> None:
    quick, slow = (tables(home) for home in homes)
    assert set(slow) == {name for name in quick if not name.startswith("match_")}, "what matching keeps is for increments"
    for name, frame in slow.items():
        assert_frame_equal(quick[name], frame)


@pytest.mark.parametrize("name", ["customers_full", "customers_delta"])
def test_the_crm_gets_the_same_files(homes: tuple[Path, Path], name: str) -> None:
    for version in range(1, NIGHTS + 2):
        one, other = ((Home(home).deliveries / f"{version:06d}" / f"{name}.csv").read_bytes() for home in homes)
        assert one == other


def test_the_nights_were_increments_and_something_happened(homes: tuple[Path, Path]) -> None:
    changed = [
        {
            name
            for night in range(1, NIGHTS + 1)
            for name, entries in versions.load(Home(home), night + 1).tables.items()
            if any(entry.bucket == CAME for entry in entries)
        }
        for home in homes
    ]
    assert not changed[1]
    assert changed[0] >= {"records", "clean_records", "crosswalk", "match_keys"}
    kinds = set(tables(homes[0])["identity_events"]["kind"])
    assert {"created", "merged", "split", "retired"} <= kinds


def test_no_id_is_lost_and_every_event_has_a_cause(homes: tuple[Path, Path]) -> None:
    found = tables(homes[0])
    assert found["identity_events"]["cause"].null_count() == 0
    given = set(found["identity_events"].filter(pl.col("kind") == "created")["customer_id"])
    assert given <= set(found["crosswalk"]["customer_id"])
