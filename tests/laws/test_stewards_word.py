"""The steward's word about values and whole customers holds in every later run, full or not, until it is taken back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.published import chezhu, run, tables

PHONE, NUMBER, NAME = "13917852046", "11010519491231002X", "欧阳靖宇"
WHY = ("--why", "asked on the phone", "--who", "Li Na", "--json")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    chezhu("generate", "--out", str(folder / "made"), "--rows", "2000", "--dealers", "4", "--seed", "29")
    run(folder / "made" / "inbox", folder / "home")
    return folder


@pytest.fixture
def made(published: Path, tmp_path: Path) -> Path:
    """A copy of its own: what a test decides is nobody else's business."""
    return Path(shutil.copytree(published, tmp_path / "words"))


def people(folder: Path, *, phones: int = 1) -> list[dict[str, Any]]:
    """Customers that are persons with a number, several records and so many phones, in the order of ids."""
    golden = tables(folder / "home")["customers"].sort("customer_id")
    known = (pl.col("party") == "person") & pl.col("id_number").is_not_null() & (pl.col("records") > 3)
    return golden.filter(known & pl.col("mobile").is_not_null() & (pl.col("phones").list.len() >= phones)).to_dicts()


def decide(folder: Path, *words: str, check: bool = True) -> Any:
    done = chezhu("review", "decide", *words, *WHY, "--home", str(folder / "home"), check=check)
    return json.loads(done.stdout) if check else done.stderr


def golden(folder: Path, customer: str) -> dict[str, Any]:
    row = tables(folder / "home")["customers"].filter(pl.col("customer_id") == customer).row(0, named=True)
    return row | {"why": {entry["field"]: entry for entry in row["provenance"]}}


def owner(folder: Path, records: list[str]) -> set[str]:
    now = tables(folder / "home")["crosswalk"].filter(pl.col("valid_to").is_null())
    return set(now.filter(pl.col("record_id").is_in(records))["customer_id"])


def visitors(folder: Path, *rows: dict[str, Any]) -> None:
    """A new dealer's customer file that names people whom others know."""
    lines = [f"V{place},{row['name']},{row['mobile'].removeprefix('+86')},{row['id_number']}" for place, row in enumerate(rows)]
    path = folder / "made" / "inbox" / "X001" / "客户档案.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["客户编号,姓名,手机,证件号码", *lines]) + "\n", encoding="utf-8")


def test_the_way_of_a_word(made: Path) -> None:
    first, locked, free = people(made)[:3]
    several = next(
        row for row in people(made, phones=2) if row["customer_id"] not in {each["customer_id"] for each in (first, locked, free)}
    )
    corrected, put_first = first["customer_id"], several["customer_id"]
    other = next(phone for phone in several["phones"] if phone != several["mobile"])
    number = decide(made, "correct", corrected, "id_number", NUMBER)
    assert "id_number" in number["changes"]
    assert NUMBER not in json.dumps(number)
    phone = decide(made, "correct", corrected, "phone", f"+86 {PHONE[:3]}-{PHONE[3:]}")
    again = decide(made, "correct", corrected, "phone", PHONE)
    assert (again["known"], again["number"]) == (True, None)
    decide(made, "prefer", put_first, "phone", other)
    held = decide(made, "lock", locked["customer_id"])["records"]
    visitors(made, locked, free)

    for words in ((), ("--full",)):
        run(made / "made" / "inbox", made / "home", *words)
        now = golden(made, corrected)
        assert (now["id_number"], now["birth_date"].isoformat(), now["gender"]) == (NUMBER, "1949-12-31", "F")
        assert (now["mobile"], now["phones"][0]) == (f"+86{PHONE}", f"+86{PHONE}")
        assert {(now["why"][each]["rule"], now["why"][each]["record_id"]) for each in ("id_number", "mobile")} == {
            ("steward", f"decision:{number['number']}"),
            ("steward", f"decision:{phone['number']}"),
        }
        values = tables(made / "home")["customer_values"].filter(pl.col("field") == "phone")
        mine = values.filter((pl.col("customer_id") == corrected) & pl.col("primary"))
        assert mine.select("value", "records", "decision").rows() == [(f"+86{PHONE}", 0, phone["number"])]
        assert golden(made, put_first)["phones"][0] == other
        assert owner(made, held) == {locked["customer_id"]}
        records = tables(made / "home")["crosswalk"].filter(pl.col("valid_to").is_null())
        joined = records.filter(pl.col("dealer_id") == "X001")
        assert locked["customer_id"] not in set(joined["customer_id"]), "a record joined a locked customer"
        assert free["customer_id"] in set(joined["customer_id"]), "the one without a lock must be joined, else this tests nothing"
        assert records.filter(pl.col("customer_id") == locked["customer_id"])["record_id"].sort().to_list() == held
    _in_the_queue(made, locked["customer_id"])

    listed = chezhu("review", "list", "--home", str(made / "home")).stdout
    assert (PHONE in listed, NUMBER in listed) == (False, False)
    plain = json.loads(chezhu("review", "list", "--home", str(made / "home"), "--plain", "--json").stdout)
    assert f"+86{PHONE}" in {each["value"] for each in plain}
    for each in plain:
        chezhu("review", "undo", str(each["number"]), "--why", "over", "--home", str(made / "home"))
    run(made / "made" / "inbox", made / "home")
    assert golden(made, corrected)["id_number"] == first["id_number"]
    assert "steward" not in {entry["rule"] for entry in golden(made, put_first)["provenance"]}
    assert tables(made / "home")["customer_values"]["decision"].null_count() == tables(made / "home")["customer_values"].height


def _in_the_queue(made: Path, customer: str) -> None:
    from pipelines.settings import Settings
    from pipelines.stages import review
    from pipelines.store import versions
    from pipelines.store.decisions import Decisions
    from pipelines.store.home import Home
    from pipelines.workbench import open_engine

    home = Home(made / "home")
    manifest = versions.current(home)
    assert manifest is not None
    with open_engine(Settings(home=home.root), home) as engine:
        queue = review.queue(engine, home, manifest, Decisions(home).in_force(), limit=1_000)
    pairs = queue.filter((pl.col("customer_id_l") == customer) | (pl.col("customer_id_r") == customer))
    assert pairs["probability"].max() > 0.9  # type: ignore[operator]  # a number
    assert pairs.sort("probability")["worth"][-1] >= 1.0


def test_what_cannot_be_entered_says_why(made: Path) -> None:
    home = made / "home"
    person = people(made)[3]["customer_id"]
    for words, said in (
        ((person, "phone", "1391234"), "not a phone number"),
        ((person, "id_number", "110105194912310021"), "wrong check digit"),
        ((person, "birth_date", "5/3/1980"), "day and month may be the other way round"),
        ((person, "shoe_size", "42"), "cannot say anything of 'shoe_size'; of these: name, gender"),
        (("CNONE", "name", NAME), "neither a customer nor a record 'CNONE'"),
    ):
        assert said in decide(made, "correct", *words, check=False)
    assert "no record of" in decide(made, "prefer", person, "email", "wang.wei8812@163.com", check=False)
    assert "one customer" in decide(made, "same", person, person, check=False)
    entered = decide(made, "correct", person, "id_number", NUMBER)["number"]
    refused = decide(made, "correct", person, "birth_date", "1980-01-02", check=False)
    assert f"decision {entered} by Li Na" in refused
    assert "both cannot be true" in refused
    stands = decide(made, "correct", person, "id_number", "110105198001010016", check=False)
    assert f"decision {entered} by Li Na" in stands
    assert NUMBER not in stands
    chezhu("review", "undo", str(entered), "--why", "over", "--home", str(home))
