"""The review sheet: what it shows is what there is, formulas are inert, and what comes back is what was chosen."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import polars as pl
import pytest
import yaml

from pipelines.sinks import review_sheet
from pipelines.sinks.review_sheet import SheetError
from pipelines.stages.review import FIELDS, seen
from tests.conftest import ROOT


def queue(**values: tuple[str, str]) -> pl.DataFrame:
    pairs = pl.DataFrame({"record_id_l": ["a"], "record_id_r": ["b"], "probability": [0.5], "worth": [1.0]})
    records = pl.DataFrame({"record_id": ["a", "b"], **{field: list(values.get(field, ("", ""))) for field in FIELDS}})
    return seen(pairs, records)


def page(path: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(path)[review_sheet.SHEET]


def test_formulas_are_inert_and_phones_keep_their_plus(tmp_path: Path) -> None:
    out = tmp_path / "r.xlsx"
    review_sheet.write(
        queue(name=('=cmd|"/c calc"!A1', "@sum"), phones=("+8613917852046 +8613817852046", "+1+2-3")), FIELDS, out, lang="en"
    )
    names = [cell.value for cell in page(out)[2]]
    shown = {name: page(out).cell(4, place + 1) for place, name in enumerate(names)}
    assert all(cell.data_type != "f" for cell in shown.values())
    assert shown["name_l"].value == '\'=cmd|"/c calc"!A1'
    assert shown["name_r"].value == "'@sum"
    assert shown["phones_l"].value == "+8613917852046 +8613817852046"
    assert shown["phones_r"].value == "'+1+2-3"


def test_what_differs_is_marked_where_both_sides_know_it(tmp_path: Path) -> None:
    out = tmp_path / "r.xlsx"
    review_sheet.write(queue(name=("王伟", "王玮"), vin=("", "LFV3A23C0F3027419"), plate=("沪A12345", "沪A12345")), FIELDS, out, lang="zh")
    names = [cell.value for cell in page(out)[2]]
    bold = {name for place, name in enumerate(names) if page(out).cell(4, place + 1).font.bold}
    assert bold == {"name_l", "name_r"}


@pytest.mark.parametrize(("lang", "says"), [("zh", ["售后工单", "销售", "男", "女"]), ("en", ["Service order", "Sale", "male", "female"])])
def test_codes_are_told_in_words(tmp_path: Path, lang: review_sheet.Language, says: list[str]) -> None:
    out = tmp_path / "r.xlsx"
    review_sheet.write(queue(source=("service", "sale"), gender=("M", "F"), name=("M", "sale")), FIELDS, out, lang=lang)
    names = [cell.value for cell in page(out)[2]]
    shown = {name: page(out).cell(4, place + 1).value for place, name in enumerate(names)}
    assert [shown[name] for name in ("source_l", "source_r", "gender_l", "gender_r")] == says
    assert (shown["name_l"], shown["name_r"]) == ("M", "sale"), "a name is no code"


def test_every_kind_of_export_has_its_word() -> None:
    folder = ROOT / "data" / "contracts"
    sources = {yaml.safe_load(path.read_text(encoding="utf-8")).get("source") for path in folder.glob("*.yaml")} - {None}
    assert "service" in sources
    for lang in ("zh", "en"):
        assert {f"source.{source}" for source in sources} <= set(review_sheet.words(lang))


def test_missing_folders_are_made(tmp_path: Path) -> None:
    review_sheet.write(queue(), FIELDS, tmp_path / "no" / "dir" / "r.xlsx", lang="zh")
    assert (tmp_path / "no" / "dir" / "r.xlsx").exists()


def test_a_place_where_nothing_can_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file" / "r.xlsx", Path("/proc/r.xlsx"), tmp_path):
        with pytest.raises(SheetError, match="cannot be written") as raised:
            review_sheet.write(queue(), FIELDS, out, lang="zh")
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("choice", "meant"), [("同一人", "same"), ("not the same", "not_same"), (" skip ", "skip"), ("?", "?")])
def test_what_comes_back_is_what_was_chosen(tmp_path: Path, choice: str, meant: str) -> None:
    out = tmp_path / "r.xlsx"
    made = queue(name=("a", "b"))
    review_sheet.write(made, FIELDS, out, lang="zh")
    assert review_sheet.read(out).is_empty()
    book = openpyxl.load_workbook(out)
    book[review_sheet.SHEET].cell(4, 1).value = choice
    book[review_sheet.SHEET].cell(4, 2).value = "because"
    book.save(out)
    assert review_sheet.read(out).rows() == [(4, meant, "because", "a", "b", made["seen"][0])]


@pytest.mark.parametrize("content", [b"", b"broken", b"PK\x03\x04"])
def test_what_is_no_workbook_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(content)
    with pytest.raises(SheetError, match="cannot be read as a review sheet") as raised:
        review_sheet.read(path)
    assert "\n" not in str(raised.value)


def test_a_workbook_without_our_columns_is_named(tmp_path: Path) -> None:
    path, book = tmp_path / "r.xlsx", openpyxl.Workbook()
    book.active.title = review_sheet.SHEET  # type: ignore[union-attr]
    for row in range(1, 4):
        book.active.append([f"x{row}", "y"])  # type: ignore[union-attr]
    book.save(path)
    with pytest.raises(SheetError, match="row 2 lacks decision, why, record_id_l, record_id_r, seen"):
        review_sheet.read(path)
