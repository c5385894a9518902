"""`chezhu find`: whatever way a value is typed, it finds the same; nothing is shown in plain unless asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

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


def test_values_are_masked_unless_asked_for(home: Path) -> None:
    plain = ("13917852046", "7K93X", "LGW367Y47JM759371", "王伟")
    hidden = json.dumps(find(home, WANG)["customers"], ensure_ascii=False)
    assert not any(text in hidden for text in plain)
    shown = json.dumps(find(home, WANG, "--plain")["customers"], ensure_ascii=False)
    assert all(text in shown for text in plain)
    words = CliRunner().invoke(chezhu, ["find", WANG, "--home", str(home)]).output
    assert not any(text in words for text in plain)


def test_more_than_asked_for_are_counted(home: Path) -> None:
    found = find(home, "021-62345678", "--limit", "1")
    assert (found["total"], len(found["customers"])) == (2, 1)  # type: ignore[arg-type]


def test_nothing_published_is_said(tmp_path: Path) -> None:
    from pipelines.store.versions import VersionError

    done = CliRunner().invoke(chezhu, ["find", "1", "--home", str(tmp_path)])
    assert isinstance(done.exception, VersionError)


def test_a_blank_text_is_wrong_usage(home: Path) -> None:
    assert CliRunner().invoke(chezhu, ["find", " ", "--home", str(home)]).exit_code == 2
