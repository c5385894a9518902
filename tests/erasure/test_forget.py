"""Erasure: after it nothing below the home or the inbox holds the person's values, nobody else lost anything, and it stays so."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines import faults
from pipelines.store import versions
from pipelines.store.decisions import Decisions, Wanted
from pipelines.store.home import Home
from tests.erasure.conftest import ALONE, FAMILY_PHONE, NAME, PHONE, PLATE, RESIDENT, VIN, customer_of, forget
from tests.erasure.scan import holding
from tests.published import chezhu, run, tables


def whole(home: Path) -> int:
    """The published version, every file of every version being there and readable."""
    place = Home(home)
    for version in versions.published(place):
        manifest = versions.load(place, version)
        for name, entries in manifest.tables.items():
            found = {entry.bucket: pl.read_parquet(place.tables / entry.path) for entry in entries}
            assert all(found[entry.bucket].height == entry.rows for entry in entries if entry.bucket != versions.WENT)
            assert versions.scan(place, manifest, name).select(pl.len()).collect().item() == manifest.rows(name)
    return versions.published(place)[-1]


def told(folder: Path, *words: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(forget(folder, *words, "--json").stdout)  # type: ignore[attr-defined]
    return found


def test_the_story_holds_the_values_everywhere_before(lived: Path) -> None:
    found = holding([lived / "home", lived / "inbox"], ALONE)
    assert {path.split("/")[1] for path in found if path.startswith("home/")} >= {"tables", "deliveries"}
    assert len([path for path in found if path.startswith("inbox/")]) == 9


def test_nothing_is_left_but_what_others_have(copy: Path) -> None:
    home = copy / "home"
    customer, wife = customer_of(home, NAME), customer_of(home, "林月华")
    records = tables(home)["records"].filter(pl.col("name") == NAME)["record_id"].to_list()
    other = tables(home)["records"].filter(pl.col("name") == "王小明")["record_id"].to_list()
    Decisions(Home(home)).enter([Wanted(records[0], records[1], same=True, why=f"{NAME} said so at {PHONE}")], who="li")
    Decisions(Home(home)).enter([Wanted(other[0], records[2], same=False, why=f"not {NAME}")], who="li")
    before = tables(home)
    chezhu("export", "customers", "--home", str(home), "--out", str(home / "mine.csv"))

    proof = told(copy, customer, "--why", f"letter of {NAME}, {PHONE}")

    (home / "mine.csv").unlink()  # whoever exports into the home is told of it
    assert proof["left"] == ["mine.csv"]
    assert holding([copy / "home", copy / "inbox"], ALONE) == {}
    assert whole(home) == 3
    after = tables(home)
    # nobody else lost a record, but for what his own rows said of his wife
    theirs = before["records"].filter(pl.col("name").is_null() | (pl.col("name") != NAME))
    gone = theirs.join(after["records"], on="record_id", how="anti")
    assert gone.select("source", "role", "name").rows() == [("service", "sender", "林月华")]
    assert proof["others_made_anew"] == [wife]
    assert proof["others_ended"] == []
    her = after["customers"].filter(pl.col("customer_id") == wife)
    assert her["vins"].to_list() == [[]] or VIN not in her["vins"].to_list()[0]
    shared = holding([copy / "home", copy / "inbox"], [FAMILY_PHONE])
    assert any(path.startswith("home/tables/records") for path in shared), "the family's phone is hers as well"
    assert any(path.startswith("inbox/") for path in shared)
    # the id resolves, the person is retired by erasure, the CRM is told to delete
    events = after["identity_events"].filter(pl.col("customer_id") == customer)
    assert events.filter(pl.col("kind") == "retired")["cause"].to_list() == ["erasure"]
    assert after["crosswalk"].filter(pl.col("customer_id") == customer)["valid_to"].null_count() == 0
    assert (
        after["crosswalk"].filter(pl.col("customer_id") == customer)["source_key"].null_count()
        == after["crosswalk"].filter(pl.col("customer_id") == customer).height
    )
    delta = pl.read_csv(home / "deliveries" / "000003" / "customers_delta.csv", infer_schema=False)
    assert ("delete", customer) in delta.select("operation", "customer_id").rows()
    # decisions stay, their texts do not
    assert [(each.kind, each.why) for each in Decisions(Home(home)).in_force()] == [("same", ""), ("not_same", "")]
    # the proof counts, and says nothing
    assert proof["why"] == "letter of ***, ***"
    kept = json.loads((home / "erasures" / f"{proof['erasure']}.json").read_text(encoding="utf-8"))
    assert kept == proof
    assert {each["target"] for each in proof["delivered_elsewhere"]} == {"CRM import deliveries/000001", "CRM import deliveries/000002"}  # type: ignore[attr-defined]
    assert proof["values"]["phone"]["shared_with_others"] >= 1  # type: ignore[index]
    # manifests of deliveries still describe their files
    for manifest in (home / "deliveries").glob("*/manifest.json"):
        for file in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
            content = (manifest.parent / file["name"]).read_bytes()
            assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_free_text_of_others_loses_values_however_they_are_written(copy: Path) -> None:
    home, inbox = copy / "home", copy / "inbox"
    written = [
        f"{PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}",
        f"86{PHONE}",
        f"{VIN[:8]} {VIN[8:].lower()}",
        f"{PLATE[:2]}·{PLATE[2:]}",
        f"{RESIDENT[:6]} {RESIDENT[6:]}",
    ]
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in PHONE)
    longer = f"{PHONE}7"
    lines = ["维修单号,维修日期,车主,车主手机,维修类型,备注"]
    lines += [f"RO9{n},2025-09-0{n + 1},王小明,13800138001,保养,介绍人{text}推荐" for n, text in enumerate([*written, wide, longer])]
    (inbox / "D902" / "转介绍.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    book = openpyxl.Workbook()
    for line in [lines[0], *(line.replace("RO9", "RO8") for line in lines[1:])]:
        book.active.append(line.split(","))
    book.save(inbox / "D902" / "转介绍.xlsx")
    run(inbox, home)

    told(copy, customer_of(home, NAME))

    left = holding([home, inbox], [*written, wide, *ALONE[:-2]])
    assert set(map(tuple, left.values())) == {(PHONE,)}, "the longer number alone, which is another one"
    remarks = tables(home)["records"].filter(pl.col("source_key").str.contains("^RO[89][0-9]$"))["remark"]
    assert sorted(remarks) == sorted(["介绍人***推荐"] * 12 + [f"介绍人{longer}推荐"] * 2)
    assert "Nothing new" in run(inbox, home).stdout


def test_who_is_erased_already_gets_no_further_proof(copy: Path) -> None:
    home = copy / "home"
    customer = customer_of(home, NAME)
    proof = told(copy, customer)
    kept = sorted((home / "erasures").iterdir())
    for words in ([], ["--dry-run"]):
        said = forget(copy, customer, *words).stdout  # type: ignore[attr-defined]
        assert said.startswith(f"{customer} was erased on {proof['at']}; nothing of the person is there")
    assert told(copy, customer) == proof
    assert sorted((home / "erasures").iterdir()) == kept
    assert list((home / "scratch").iterdir()) == []


def test_it_stays_so(copy: Path) -> None:
    """The rewritten files are known; a full run gives the same records; the same export brings nobody back; a new purchase is new data."""
    home, inbox = copy / "home", copy / "inbox"
    originals = copy / "originals"
    shutil.copytree(inbox, originals)
    customer = customer_of(home, NAME)
    told(copy, customer)
    erased = tables(home)
    assert "Nothing new" in run(inbox, home).stdout

    run(inbox, home, "--full")
    again = tables(home)
    columns = ["record_id", "row_id", "dealer_id", "file_id", "row_number", "name", "phone", "vin", "remark"]
    keyed = pl.col("source_key").is_not_null()
    assert_frame_equal(
        again["records"].filter(keyed).select(columns).sort("record_id"), erased["records"].filter(keyed).select(columns).sort("record_id")
    )
    counts = [name for name in again["files"].columns if name.startswith("rows_")]
    assert_frame_equal(
        again["files"].select("dealer_id", "file_id", *counts).sort("file_id"),
        erased["files"].select("dealer_id", "file_id", *counts).sort("file_id"),
    )

    for path in originals.rglob("*"):
        if path.is_file():
            target = inbox / path.relative_to(originals)
            shutil.copyfile(path, target.with_name("again_" + target.name))
    (inbox / "D902" / "同内容.csv").write_text(
        f"销售单号,销售日期,客户名称,手机号,车架号,车牌号,成交价,备注\nNEW9,2025-02-01,{NAME},{PHONE},{VIN},沪A7K93X,152300,\n",
        encoding="utf-8",
    )
    run(inbox, home)
    assert tables(home)["records"].filter(pl.col("name") == NAME).is_empty(), "the same export brought the person back"
    assert tables(home)["customers"].filter(pl.col("name") == NAME).is_empty()

    proof = told(copy, customer)
    assert proof["inbox"], "asked once more, what was sent again leaves the inbox too"
    assert "version" not in proof
    left = {path.name for path in inbox.rglob("*") if path.is_file() and holding([path.parent], [VIN]).get(str(path.relative_to(inbox)))}
    assert left <= {"again_维修.zip"}, "a row in quarantine has no id to be known by"
    assert "Nothing new" in run(inbox, home).stdout

    (inbox / "D902" / "新车.csv").write_text(
        f"销售单号,销售日期,客户名称,手机号,车架号\nXS0999,2026-06-20,{NAME},{PHONE},LFV3A23C9J3100001\n", encoding="utf-8"
    )
    run(inbox, home)
    found = tables(home)["records"].filter(pl.col("name") == NAME)
    assert found["source_key"].to_list() == ["XS0999"], "a new purchase of the same person is new data"
    assert len(customer_of(home, NAME)) == 17

    # rolled back, the old versions have nobody either
    chezhu("rollback", "1", "--why", "to see", "--home", str(home))
    assert tables(home)["customers"].filter(pl.col("name") == NAME).is_empty()
    assert whole(home) >= 6


def test_a_dry_run_changes_nothing(copy: Path) -> None:
    def state() -> dict[str, str]:
        files = (path for folder in ("home", "inbox") for path in (copy / folder).rglob("*") if path.is_file())
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.name not in {"LOCK", "inbox.sqlite", "ledger.sqlite", "key"}
        }

    (copy / "home" / "drafts" / "stopped").mkdir()
    (copy / "home" / "drafts" / "stopped" / "draft.json").write_text("{}")
    before = state()
    proof = told(copy, customer_of(copy / "home", NAME), "--dry-run")
    assert proof["dry_run"]
    assert proof["tables"]["customers"] == 2  # type: ignore[index]
    assert state() == before


def test_who_is_not_known_is_said(copy: Path) -> None:
    done = forget(copy, "CNOBODY", check=False)
    assert done.returncode == 1  # type: ignore[attr-defined]
    assert "no customer was ever called 'CNOBODY'" in done.stderr  # type: ignore[attr-defined]


def test_a_file_that_was_sent_anew_meanwhile_is_left_alone(copy: Path) -> None:
    home, path = copy / "home", copy / "inbox" / "D902" / "销售台账.csv"
    customer = customer_of(home, NAME)
    forget(copy, customer, kill_at="forget.committed", check=False)
    path.write_text("销售单号,销售日期,客户名称,手机号\nXS0777,2026-06-01,何新,13912345677\n", encoding="utf-8")
    sent = path.read_bytes()
    forget(copy, "--resume")
    assert path.read_bytes() == sent
    run(copy / "inbox", home)
    after = tables(home)["records"]
    assert after.filter(pl.col("name") == NAME).is_empty()
    assert "XS0777" in after["source_key"].to_list()


def test_originals_that_are_elsewhere_are_named(copy: Path) -> None:
    customer = customer_of(copy / "home", NAME)
    shutil.move(copy / "inbox" / "D901" / "满意度.xlsx", copy / "kept.xlsx")
    proof = told(copy, customer, "--dry-run")
    assert proof["originals_not_in_the_inbox"] == ["D901/满意度.xlsx"]
    shutil.rmtree(copy / "inbox")
    done = forget(copy, customer, check=False)
    assert done.returncode == 1  # type: ignore[attr-defined]
    assert "there is no inbox" in done.stderr  # type: ignore[attr-defined]
    assert whole(copy / "home") == 2


def test_a_run_and_an_erasure_do_not_meet(copy: Path) -> None:
    """Whoever comes second says so and leaves."""
    home = copy / "home"
    customer = customer_of(home, NAME)
    (copy / "inbox" / "D901" / "more.csv").write_text("客户编号,客户名称,手机号\nKH77,何新,13912345677\n", encoding="utf-8")
    with (home / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for done in (forget(copy, customer, check=False), run(copy / "inbox", home, check=False)):
            assert done.returncode == 1  # type: ignore[attr-defined]
            assert "another run works on" in done.stderr  # type: ignore[attr-defined]
    assert whole(home) == 2


@pytest.fixture(scope="module")
def undisturbed(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The story after an erasure that nobody disturbed, and how many steps it had."""
    folder = tmp_path_factory.mktemp("undisturbed") / "copy"
    shutil.copytree(lived, folder)
    customer = customer_of(folder / "home", NAME)
    killed = forget(folder, customer, kill_at="forget.committed", check=False)
    assert killed.returncode == -signal.SIGKILL  # type: ignore[attr-defined]
    (steps,) = (folder / "home" / "erasures").glob("*/steps.json")
    number = len(json.loads(steps.read_text(encoding="utf-8")))
    forget(folder, "--resume")
    return folder, number


@pytest.mark.parametrize(
    "point",
    [
        *faults.OF_ERASURE,
        "forget.step.1",
        "forget.step.23",
        "forget.step.40",
    ],
)
def test_killed_anywhere_it_is_finished_by_the_next_call(lived: Path, undisturbed: tuple[Path, int], tmp_path: Path, point: str) -> None:
    expected, number = undisturbed
    if point.startswith("forget.step."):
        assert int(point.rsplit(".", 1)[1]) < number
    shutil.copytree(lived, tmp_path / "copy")
    folder, home = tmp_path / "copy", tmp_path / "copy" / "home"
    customer = customer_of(home, NAME)
    killed = forget(folder, customer, kill_at=point, check=False)
    assert killed.returncode == -signal.SIGKILL, f"not killed at {point}: {killed.stderr}"  # type: ignore[attr-defined]
    assert whole(home) in {2, 3}
    if list((home / "erasures").glob("*/steps.json")):
        refused = chezhu("rollback", "1", "--why", "x", "--home", str(home), check=False)
        assert refused.returncode == 1
        assert "chezhu forget --resume" in refused.stderr
        forget(folder, customer)
    elif whole(home) == 2:
        forget(folder, customer)
    assert whole(home) == 3
    assert holding([home, folder / "inbox"], ALONE) == {}
    found, wanted = tables(home), tables(expected / "home")
    assert found.keys() == wanted.keys()
    for name in found.keys() - {"crosswalk"}:  # stand-ins for record ids are keyed, and each home has a key of its own
        assert_frame_equal(found[name], wanted[name])
    assert [path.name for path in (home / "erasures").iterdir() if path.is_dir()] == []
    assert {path.relative_to(folder): path.read_bytes() for path in (folder / "inbox").rglob("*") if path.is_file()} == {
        path.relative_to(expected): path.read_bytes() for path in (expected / "inbox").rglob("*") if path.is_file()
    }


def test_killed_at_random_moments(lived: Path, tmp_path: Path) -> None:
    """By the clock: wherever it is then."""
    rng = random.Random()
    shutil.copytree(lived, tmp_path / "copy")
    folder, home = tmp_path / "copy", tmp_path / "copy" / "home"
    customer = customer_of(home, NAME)
    command = [sys.executable, "-m", "pipelines.cli", "forget", customer, "--home", str(home), "--inbox", str(folder / "inbox")]
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(1.0, 6.0))
        process.kill()
        process.wait()
        assert whole(home) in {2, 3}
    if whole(home) == 2 or list((home / "erasures").glob("*/steps.json")):
        forget(folder, customer)
    assert whole(home) == 3
    assert holding([home, folder / "inbox"], ALONE) == {}


def test_a_review_sheet_in_the_home_loses_the_rows(copy: Path) -> None:
    home = copy / "home"
    done = chezhu("review", "export", "--out", str(home / "review.xlsx"), "--home", str(home))
    customer = customer_of(home, NAME)
    proof = told(copy, customer)
    assert proof["left"] == []
    assert holding([home], ALONE) == {}
    if "queue is empty" not in done.stdout:
        chezhu("review", "import", str(home / "review.xlsx"), "--home", str(home))


def test_other_bytes_of_a_text_file_stay(copy: Path) -> None:
    path = copy / "inbox" / "D902" / "销售台账.csv"
    before = path.read_bytes().split(b"\n")
    told(copy, customer_of(copy / "home", NAME))
    after = path.read_bytes().split(b"\n")
    assert [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [1, 8]
    assert after[1] == b",,,,,,,"
    assert b"\xef\xbb\xbf" in after[0]
    lead = gzip.decompress((copy / "inbox" / "D901" / "线索.csv.gz").read_bytes()).decode()
    assert lead.splitlines() == ["留资时间,客户姓名,移动电话,意向车型", ",,,", "2025-01-03,王小明,13800138001,H6"]
