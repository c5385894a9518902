"""`chezhu train`: what it foretells is what the next run does; until then nothing changes, and afterwards nothing waits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from matching.model import load_model
from pipelines.settings import Settings
from pipelines.stages import train_waiting, watch
from pipelines.store import versions
from pipelines.store.decisions import Decisions, Wanted, WantedLock, WantedValue
from pipelines.store.home import Home
from tests.published import chezhu, run, tables


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a first run, which a steward has looked at. Read only."""
    folder = tmp_path_factory.mktemp("train")
    chezhu("generate", "--out", str(folder / "made"), "--rows", "1500", "--dealers", "4", "--seed", "31")
    run(folder / "made" / "inbox", folder / "home")
    return folder


def test_what_is_foretold_comes(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    home, inbox = Home(folder / "home"), folder / "made" / "inbox"
    edges = tables(folder / "home")["edges"].sort("weight")
    pairs = edges.select("record_id_l", "record_id_r")
    wanted = [Wanted(left, right, same=False, why="two people") for left, right in pairs.tail(40).iter_rows()]
    wanted += [Wanted(left, right, same=True, why="one person") for left, right in pairs.head(40).iter_rows()]
    entered = [each for each in Decisions(home).enter(wanted, who="li") if each.number is not None]
    said = {record for each in wanted for record in (each.left_id, each.right_id)}
    held = tables(home.root)["crosswalk"].filter(pl.col("valid_to").is_null()).sort("record_id")
    of_customers = held.group_by("customer_id", maintain_order=True).agg("record_id")["record_id"].to_list()
    locked = next(records for records in of_customers if len(records) == 4 and said.isdisjoint(records))
    assert Decisions(home).lock(WantedLock(tuple(locked)), who="li").number is not None
    assert Decisions(home).say(WantedValue(locked[0], "name", "王伟", prefer=False), who="li").number is not None
    before = versions.current(home)
    assert before is not None

    told = json.loads(chezhu("train", "--home", str(home.root), "--json").stdout)

    assert told["decisions"] == len(entered) + 1 > 1, "a lock is one decision, of three pairs; a value is no example"
    assert (told["decisions_in_force"], told["pairs"]) == (len(entered) + 2, len(entered) + 3)
    assert told["customers_before"] == before.rows("customers")
    assert versions.current(home) == before, "training alone publishes nothing"
    kept = json.loads((home.models / told["model"].replace(".yaml", ".summary.json")).read_text(encoding="utf-8"))
    assert kept == told
    names = set(tables(home.root)["clean_records"]["name"].drop_nulls())
    text = (home.models / told["model"]).read_text(encoding="utf-8") + json.dumps(kept, ensure_ascii=False)
    assert not any(name in text for name in names if len(name) > 2)
    assert train_waiting.waiting(home, before) == told["model"]
    assert watch.anything_new(Settings(home=home.root, inbox=inbox))

    run(inbox, home.root)
    after = versions.current(home)
    assert after is not None
    assert after.model == told["model"] != before.model
    assert after.rows("customers") == told["customers"]
    assert not train_waiting.path(home).exists()
    assert load_model(home.models / told["model"]).records == told["records"]
    changed = tables(home.root)["identity_events"].filter(pl.col("kind").is_in(["merged", "split"]))
    assert set(changed["cause"]) <= {"model_change", "steward", "new_evidence"}
    assert "Nothing new" in run(inbox, home.root).stdout


def test_a_full_run_trains_its_own(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(made, folder)
    home = Home(folder / "home")
    told = json.loads(chezhu("train", "--home", str(home.root), "--json").stdout)
    run(folder / "made" / "inbox", home.root, "--full")
    manifest = versions.current(home)
    assert manifest is not None
    assert manifest.model != told["model"]
    assert train_waiting.waiting(home, manifest) is None


def test_nothing_published_is_said(tmp_path: Path) -> None:
    done = chezhu("train", "--home", str(tmp_path), check=False)
    assert (done.returncode, "nothing is published" in done.stderr) == (1, True)
