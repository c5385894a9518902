"""The assessment: what it says of each dealer is that dealer's, its examples show nobody, and cells are inert."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import PROBLEMS
from quality_reports.assessment import build_assessment
from quality_reports.examples import collect_examples, shown
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.prices import Prices

sys.path.insert(0, str(Path(__file__).parent))
from report_frames import Home, empty_home, sample_home

NO_EXAMPLES = pl.DataFrame(schema=dict.fromkeys(("dealer_id", "field", "reason", "example"), pl.String()))
FIELDS = ["name", "phone", "email", "id_number", "address", "vin", "plate", "gender", "event_date", ""]


def inputs(home: Home, examples: pl.DataFrame = NO_EXAMPLES) -> dict[str, Any]:
    return {"quality": home.quality, "runs": home.runs, "files": home.files, "quarantine": home.quarantine, "examples": examples}


@given(
    name=st.sampled_from(["王伟", "欧阳靖宇", "李小明"]),
    phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    field=st.sampled_from(FIELDS),
    gap=st.sampled_from(["", " ", "/"]),
    turned=st.booleans(),
)
def test_no_example_shows_a_whole_name_or_phone_in_any_field(name: str, phone: str, field: str, gap: str, *, turned: bool) -> None:
    for value in (name, phone, f"{phone}{gap}{name}" if turned else f"{name}{gap}{phone}"):
        text = shown(value, field)
        assert name not in text
        assert phone not in text
        assert set(re.findall("[1-9]{5,}", text)) == set()


@pytest.mark.parametrize("address", ["浙江省杭州市西湖区", "上海市浦东新区", "海淀区", "杭州市"])
def test_no_example_shows_a_whole_address(address: str) -> None:
    assert address not in shown(address, "address")


def test_examples_are_the_same_however_rows_are_ordered() -> None:
    values = [f"1391785{number:04d}" for number in range(40)]
    problems = [[{"field": "phone", "reason": "phone_invalid", "value": value, "repaired": False}] for value in values]
    frame = pl.DataFrame({"dealer_id": ["A", "B"] * 20, "problems": pl.Series(problems, dtype=PROBLEMS)})
    with DuckDBEngine() as engine:
        first = collect_examples(engine, engine.from_frame(frame))
        again = collect_examples(engine, engine.from_frame(frame.reverse()))
    assert first.rows() == again.rows()
    assert first.rows()[0] == ("A", "phone", "phone_invalid", "139****0000")
    assert first.height == 4


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_dealers_own_page_says_its_numbers_and_examples(tmp_path: Path, lang: Language) -> None:
    home = sample_home(dealers=3, runs=1)
    examples = pl.DataFrame(
        [("BJ01", "phone", "phone_placeholder", "000****0000"), ("SH02", "phone", "phone_placeholder", "111****1111")],
        schema=NO_EXAMPLES.schema,
        orient="row",
    )
    whole = build_assessment(**inputs(home, examples), lang=lang, out=tmp_path / "all.html")
    own = build_assessment(**inputs(home, examples), lang=lang, out=tmp_path / "own.html", dealer="BJ01")
    assert "000****0000 · 111****1111" in whole.read_text("utf-8")
    assert "111****1111" not in own.read_text("utf-8")
    numbers = json.loads(own.with_suffix(".json").read_text("utf-8"))
    assert numbers["scopes"][""] == json.loads(whole.with_suffix(".json").read_text("utf-8"))["scopes"]["BJ01"]
    assert {line["dealer"] for line in numbers["dealers"]} | {line["dealer"] for line in numbers["files"]} <= {"BJ01"}
    assert own.stat().st_mode & 0o077 == 0


def test_an_unknown_dealer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dealer XX has no measures"):
        build_assessment(**inputs(sample_home(dealers=2, runs=1)), lang="zh", out=tmp_path / "a.html", dealer="XX")


def test_money_is_what_the_prices_say(tmp_path: Path) -> None:
    home = sample_home(dealers=2, runs=1)
    page = build_assessment(**inputs(home), lang="en", out=tmp_path / "a.html", prices=Prices(sms=2.0, post=0.0))
    sheet = openpyxl.load_workbook(page.with_suffix(".xlsx"))[catalogue("en")["section.costs"]]
    told = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(2, sheet.max_row + 1)}
    words = catalogue("en")
    assert told[words["cost.sms_money"].format(price="2.00")] == 2 * told[words["cost.sms_wasted"]] > 0
    assert told[words["cost.post_money"].format(price="0.00")] == 0


def test_names_are_inert_and_nothing_measured_is_a_page(tmp_path: Path) -> None:
    evil = "=1+1</script><script>alert(1)</script>"
    home = sample_home(dealers=1, runs=1)
    home = Home(
        home.quality.with_columns(pl.col("dealer_id").replace({"BJ01": evil})), home.runs, home.files, home.quarantine, home.identity
    )
    page = build_assessment(**inputs(home), lang="zh", out=tmp_path / "a.html")
    assert evil not in page.read_text("utf-8")
    cell = openpyxl.load_workbook(page.with_suffix(".xlsx"))[catalogue("zh")["section.assessed_dealers"]]["A2"]
    assert (cell.value, cell.data_type) == (evil, "s")
    empty = build_assessment(**inputs(empty_home()), lang="zh", out=tmp_path / "e.html").read_text("utf-8")
    assert catalogue("zh")["summary.headline_none"] in empty
