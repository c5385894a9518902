"""`chezhu find`: whatever way a value is typed, it finds the same; nothing is shown in plain unless asked for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from engine.tables import CROSSWALK, CUSTOMERS
from pipelines.cli.main import chezhu
from tests.pipelines import small_home

WANG, LI = "CAAAAAAAAAAAAAAAA", "CBBBBBBBBBBBBBBBB"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_home.make(tmp_path_factory.mktemp("find") / "home").root


def find(home: Path, *words: str) -> dict[str, object]:
    done = CliRunner().invoke(chezhu, ["find", *words, "--home", str(home), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.output)
    return found


@pytest.mark.parametrize(
    ("text", "ids", "as_what"),
    [
        ("13917852046", [WANG], "phones"),
        ("+86 139-1785-2046", [WANG], "phones"),
        ("１３９１７８５２０４６", [WANG], "phones"),
        ("1.3917852046E10", [WANG], "phones"),
        ("021-62345678", [WANG, LI], "phones"),
        ("沪a·7K93x", [WANG], "plates"),
        ("lgw367y47jm759371", [WANG], "vins"),
        ("11010519491231002x", [LI], "id_number"),
        ("Li.Na@QQ.com", [LI], "emails"),
        ("王 伟", [WANG], "name"),
        ("王伟先生", [WANG], "name"),
        ("王先生", ["CCCCCCCCCCCCCCCCC"], "surname"),
        (WANG.lower(), [WANG], "customer_id"),
        ("COLDOLDOLDOLDOLD2", [WANG], "customer_id"),
        ("13999999999", [], "phones"),
        ("谁也不是", [], "name"),
    ],
)
def test_a_text_finds_whom_it_names(home: Path, text: str, ids: list[str], as_what: str) -> None:
    found = find(home, text)
    assert [each["customer_id"] for each in found["customers"]] == ids  # type: ignore[attr-defined]
    assert as_what in found["taken_for"] or not ids  # type: ignore[operator]


@pytest.fixture(scope="module")
def crm_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers whose ids are their CRM's own (docs/identity.md), one of them with an alias."""
    people = [
        {"customer_id": "K000123", "name": "王伟", "phones": ["+8613917852046"]},
        {"customer_id": "13917852046", "name": "李娜", "phones": ["+8613800138001"]},
        {"customer_id": "88123456", "name": "周强", "phones": []},
        {"customer_id": "k-7", "name": "K000123", "phones": []},
        {"customer_id": "张伟", "name": "赵敏", "phones": []},
        {"customer_id": "CAAAAAAAAAAAAAAAA", "name": "张伟", "phones": []},
    ]
    ids = [
        {"record_id": f"r{place}", "valid_from": date(2026, 1, 1), "customer_id": each["customer_id"]} for place, each in enumerate(people)
    ]
    alias = {
        "record_id": "r0",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 1, 1),
        "customer_id": "OLD 9",
        "merged_into": "K000123",
    }
    more = {"customers": pl.DataFrame(people, schema=CUSTOMERS.schema), "crosswalk": pl.DataFrame([*ids, alias], schema=CROSSWALK.schema)}
    return small_home.make(tmp_path_factory.mktemp("crm") / "home", more).root


@pytest.mark.parametrize(
    ("text", "ids", "as_what"),
    [
        ("K000123", ["K000123", "k-7"], ["name", "customer_id"]),
        ("k000123", ["K000123"], ["name", "customer_id"]),
        (" 88123456 ", ["88123456"], ["name", "customer_id"]),
        ("K-7", ["k-7"], ["name", "customer_id"]),
        ("OLD 9", ["K000123"], ["name", "customer_id"]),
        ("13917852046", ["13917852046", "K000123"], ["phones", "customer_id"]),
        ("139-1785-2046", ["K000123"], ["phones"]),
        ("赵敏", ["张伟"], ["name"]),
        ("张伟", ["CAAAAAAAAAAAAAAAA", "张伟"], ["name", "customer_id"]),
        ("K000124", [], ["name"]),
    ],
)
def test_an_id_of_the_crm_is_found_in_any_form(crm_home: Path, text: str, ids: list[str], as_what: list[str]) -> None:
    found = find(crm_home, text)
    assert sorted(each["customer_id"] for each in found["customers"]) == ids  # type: ignore[attr-defined]
    assert found["taken_for"] == as_what


def test_values_are_masked_unless_asked_for(home: Path) -> None:
    plain = ("13917852046", "7K93X", "LGW367Y47JM759371", "王伟")
    hidden = json.dumps(find(home, WANG)["customers"], ensure_ascii=False)
    assert not any(text in hidden for text in plain)
    shown = json.dumps(find(home, WANG, "--plain")["customers"], ensure_ascii=False)
    assert all(text in shown for text in plain)
    words = CliRunner().invoke(chezhu, ["find", WANG, "--home", str(home)]).output
    assert not any(text in words for text in plain)


def test_columns_are_named_and_stand_below_their_names(home: Path) -> None:
    """A Chinese character takes two columns of a terminal."""
    names, *rows = CliRunner().invoke(chezhu, ["find", "021-62345678", "--home", str(home)]).output.splitlines()
    assert names.split() == ["customer_id", "name", "mobile", "city", "plates", "records", "last_seen", "matched"]
    wide = {"name": 1, "mobile": 2}
    for row in rows:
        cells = row.split()
        for name, place in wide.items():
            before = row[: row.index(cells[place], len(cells[0]))]
            assert len(before) + len([each for each in before if ord(each) > 0x2E80]) == names.index(name)
    assert len(rows) == 2


def test_more_than_asked_for_are_counted(home: Path) -> None:
    found = find(home, "021-62345678", "--limit", "1")
    assert (found["total"], len(found["customers"])) == (2, 1)  # type: ignore[arg-type]


def test_nothing_published_is_said(tmp_path: Path) -> None:
    from pipelines.store.versions import VersionError

    done = CliRunner().invoke(chezhu, ["find", "1", "--home", str(tmp_path)])
    assert isinstance(done.exception, VersionError)


def test_a_blank_text_is_wrong_usage(home: Path) -> None:
    assert CliRunner().invoke(chezhu, ["find", " ", "--home", str(home)]).exit_code == 2
