"""Erasure where tables have changes beside their files, and matching keeps what it knows (``increments``): both hold the person, and neither does after it.

The story's second run (``lived``) is an increment, as runs are by default.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from matching.codes import codes
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import CAME, WENT
from tests.erasure.conftest import ALONE, NAME, PHONE, VIN, customer_of, forget
from tests.erasure.scan import holding
from tests.published import chezhu, run, tables

KEPT = {"match_records", "match_keys", "match_pairs"}


@pytest.fixture(scope="module")
def erased(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story after an erasure, with the exports of before in ``originals``. Read only."""
    folder = tmp_path_factory.mktemp("erased") / "copy"
    shutil.copytree(lived, folder)
    shutil.copytree(folder / "inbox", folder / "originals")
    forget(folder, customer_of(folder / "home", NAME))
    return folder


@pytest.fixture(scope="module")
def nights(erased: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two nights after the erasure, taken by increments, and over everything: new rows, then the exports of before once more."""
    folder = tmp_path_factory.mktemp("nights") / "quick"
    shutil.copytree(erased, folder)
    slow = folder.with_name("slow")
    shutil.copytree(folder / "home", slow)
    with pytest.MonkeyPatch.context() as patch:
        for night in (1, 2):
            _send(folder, night)
            for home, increments in ((folder / "home", "true"), (slow, "false")):
                patch.setenv("CHEZHU_INCREMENTS", increments)
                run(folder / "inbox", home)
    return folder, slow


def _send(folder: Path, night: int) -> None:
    if night == 1:
        rows = "留资时间,客户姓名,移动电话,意向车型\n2025-09-06,何新,13912345677,H6\n2025-09-06,李雪梅,13900139002,H6\n"
        (folder / "inbox" / "D901" / "线索_2.csv").write_text(rows, encoding="utf-8")
        return
    for path in (folder / "originals").rglob("*"):
        if path.is_file():
            shutil.copyfile(path, (folder / "inbox" / path.relative_to(folder / "originals")).with_name(f"again_{path.name}"))


def _files(home: Path, bucket: str) -> dict[str, pl.DataFrame]:
    place = Home(home)
    manifest = versions.current(place)
    assert manifest is not None
    return {
        name: pl.read_parquet(place.tables / entry.path)
        for name, entries in manifest.tables.items()
        for entry in entries
        if entry.bucket == bucket
    }


def _his_codes(home: Path) -> set[int]:
    """What matching calls his records, and the values that are his alone."""
    place = Home(home)
    records: set[str] = set()
    for version in versions.published(place):
        found = versions.scan(place, versions.load(place, version), "clean_records").filter(pl.col("name") == NAME)
        records |= set(found.select("record_id").collect().to_series())
    return set(codes(pl.Series([*sorted(records), *ALONE])).tolist())


def _named_by_codes(home: Path, wanted: set[int]) -> set[str]:
    """Tables of which a file, of whatever version or of none, has one of the codes."""
    found = set()
    for path in (home / "tables").rglob("*.parquet"):
        numbers = pl.scan_parquet(path).select(pl.selectors.by_dtype(pl.Int64)).collect()
        if any(numbers[name].is_in(list(wanted)).any() for name in numbers.columns):
            found.add(path.parent.name)
    return found


def test_the_second_run_left_the_person_in_changes_and_in_what_matching_keeps(lived: Path) -> None:
    came, went = _files(lived / "home", CAME), _files(lived / "home", WENT)
    assert came.keys() == went.keys()
    assert came.keys() >= {"records", "clean_records"}
    assert NAME in came["records"]["name"].to_list()
    assert set(came["clean_records"]["record_id"]) & set(went["clean_records"]["record_id"])
    assert _named_by_codes(lived / "home", _his_codes(lived / "home")) >= {"match_records", "match_keys"}


def test_no_change_and_no_code_is_left_in_any_file(lived: Path, erased: Path) -> None:
    home = erased / "home"
    assert holding([home, erased / "inbox"], ALONE) == {}
    assert _named_by_codes(home, _his_codes(lived / "home")) == set()
    place = Home(home)
    for version in versions.published(place):
        manifest = versions.load(place, version)
        assert not (KEPT | {"quality_counts"}) & manifest.tables.keys()
        assert not {entry.bucket for entries in manifest.tables.values() for entry in entries} & {CAME, WENT}
    listed = {
        place.tables / entry.path
        for version in versions.published(place)
        for each in versions.load(place, version).tables.values()
        for entry in each
    }
    assert set(place.tables.glob("*/*")) == listed, "a file that no version names"


def test_others_are_as_a_home_without_increments_has_them(lived: Path, erased: Path, tmp_path: Path) -> None:
    """The same story with every table whole: the same is left of it."""
    shutil.copytree(lived, tmp_path / "copy")
    home = Home(tmp_path / "copy" / "home")
    for version in versions.published(home):
        _make_whole(home, version)
    forget(tmp_path / "copy", customer_of(home.root, NAME))
    found, wanted = tables(home.root), tables(erased / "home")
    for name in wanted.keys() - {"crosswalk"}:  # stand-ins for record ids are keyed, and each home has a key of its own
        assert_frame_equal(found[name], wanted[name])


def _make_whole(home: Home, version: int) -> None:
    manifest = versions.load(home, version)
    for name in manifest.tables:
        whole = versions.scan(home, manifest, name).collect()
        part = home.tables / name / "whole.part"
        whole.write_parquet(part)
        manifest.tables[name][:] = [versions.FileEntry("all", versions.named_by_content(part, name), whole.height)]
    versions.save(home, manifest)


def test_the_next_nights_bring_nobody_back(lived: Path, nights: tuple[Path, Path]) -> None:
    home = nights[0] / "home"
    found = tables(home)
    for name, column in (("records", "name"), ("clean_records", "name"), ("customers", "name")):
        assert found[name].filter(pl.col(column) == NAME).is_empty(), name
    assert "何新" in found["customers"]["name"].to_list()
    assert _named_by_codes(home, _his_codes(lived / "home")) == set()
    hits = holding([home], [NAME, PHONE, VIN])
    left = {tuple(path.split("/")[1:3]) for path in hits}
    assert left <= {("tables", "quarantine"), ("tables", "records")}, hits  # rows in quarantine have no id to be known by
    others = found["records"].drop("remark").select(pl.all().cast(pl.String, strict=False)).to_dicts()
    assert not any(value in str(others) for value in (NAME, PHONE, VIN)), "only in what others' rows say in free text, which was sent again"


def test_the_night_after_keeps_matching_again_and_the_second_is_an_increment(nights: tuple[Path, Path]) -> None:
    place = Home(nights[0] / "home")
    first, second = (versions.load(place, version) for version in versions.published(place)[-2:])
    assert first.tables.keys() >= KEPT
    assert second.tables.keys() >= KEPT
    assert second.model == first.model
    assert CAME in {entry.bucket for entries in first.tables.values() for entry in entries}


def test_the_next_nights_end_as_nights_over_everything(nights: tuple[Path, Path]) -> None:
    quick, slow = tables(nights[0] / "home"), tables(nights[1])
    assert set(slow) == quick.keys() - KEPT
    for name, frame in slow.items():
        assert_frame_equal(quick[name], frame)


def test_whoever_reads_sees_changes(lived: Path, tmp_path: Path) -> None:
    """find, export, doctor, the review queue, the removal of old versions, a way back, and a night after it: with changes beside the tables."""
    shutil.copytree(lived, tmp_path / "copy")
    home, inbox = tmp_path / "copy" / "home", tmp_path / "copy" / "inbox"
    at = ("--home", str(home))
    customer = customer_of(home, NAME)
    assert customer in chezhu("find", PHONE, *at).stdout
    assert customer not in chezhu("find", "13512340010", *at).stdout
    for name in ("customers", "clean_records"):
        out = tmp_path / f"{name}.parquet"
        chezhu("export", name, "--out", str(out), *at)
        assert pl.read_parquet(out).height == tables(home)[name].height
    chezhu("review", "export", "--out", str(tmp_path / "review.xlsx"), *at)
    doctor = chezhu("doctor", "--inbox", str(inbox), *at, check=False)
    assert "has not" not in doctor.stdout
    assert "broken" not in doctor.stdout, doctor.stdout
    before, first = tables(home), versions.load(Home(home), 1)
    versions.remove_old(Home(home), 1)
    for name, frame in tables(home).items():
        assert_frame_equal(frame, before[name])
    shutil.copytree(lived / "home" / "versions", home / "versions", dirs_exist_ok=True)
    shutil.copytree(lived / "home" / "tables", home / "tables", dirs_exist_ok=True)
    chezhu("rollback", "1", "--why", "to see", *at)
    assert tables(home)["records"].height == first.rows("records")
    run(inbox, home)
    again = tables(home)
    for name in ("records", "clean_records", "customers", "clusters", "edges", *KEPT):
        assert_frame_equal(again[name], before[name])
