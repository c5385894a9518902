"""The steward's last word: decisions of a filled-in sheet hold in every later run, full or not; what no longer holds is named, not guessed."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.sinks import review_sheet
from tests.published import chezhu, run, tables

CHOICES = ("同一人", "not the same", "跳过", None, "maybe")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decisions")
    chezhu("generate", "--out", str(folder / "made"), "--rows", "2500", "--dealers", "5", "--seed", "23")
    run(folder / "made" / "inbox", folder / "home")
    return folder


def together(folder: Path, pairs: list[tuple[str, str]]) -> list[bool]:
    now = tables(folder / "home")["crosswalk"].filter(pl.col("valid_to").is_null())
    owner = dict(now.select("record_id", "customer_id").iter_rows())
    return [owner[left] == owner[right] for left, right in pairs]


def test_the_way_of_a_sheet(made: Path) -> None:
    home, sheet = str(made / "home"), made / "review.xlsx"
    chezhu("review", "export", "--out", str(sheet), "--home", home)
    assert sheet.stat().st_mode & 0o077 == 0
    book = openpyxl.load_workbook(sheet)
    page = book[review_sheet.SHEET]
    assert page.data_validations.dataValidation[0].formula1 == '"同一人,不是同一人,跳过"'
    names = [cell.value for cell in page[2]]
    first = page.cell(2, names.index(review_sheet.HIDDEN[0]) + 1).column_letter
    hidden = page.column_dimensions[first]
    assert (hidden.hidden, hidden.max - hidden.min + 1) == (True, len(review_sheet.HIDDEN))
    wanted: dict[str, list[tuple[str, str]]] = {}
    stale = page.max_row
    for row in range(4, stale):
        choice = CHOICES[row % len(CHOICES)]
        page.cell(row, 1).value = choice
        pair = tuple(str(page.cell(row, names.index(name) + 1).value) for name in ("record_id_l", "record_id_r"))
        wanted.setdefault(str(choice), []).append((pair[0], pair[1]))
    page.cell(stale, 1).value = "same"
    page.cell(stale, names.index("seen") + 1).value = "0" * 16
    book.save(sheet)
    assert len(wanted["同一人"]) >= 2, "the queue is too short to test anything"

    said = json.loads(chezhu("review", "import", str(sheet), "--who", "Li Na", "--home", home, "--json").stdout)
    assert said["same"] == len(wanted["同一人"])
    assert said["not_same"] == len(wanted["not the same"])
    assert said["skipped"] == len(wanted["跳过"])
    reasons = dict(said["refused"])
    assert "changed since the sheet was made" in reasons.pop(stale)
    assert set(reasons.values()) == {"maybe is no decision; choose from the list"}

    run(made / "made" / "inbox", made / "home")
    assert all(together(made, wanted["同一人"]))
    assert not any(together(made, wanted["not the same"]))
    run(made / "made" / "inbox", made / "home", "--full")
    assert all(together(made, wanted["同一人"]))
    assert not any(together(made, wanted["not the same"]))
    listed = json.loads(chezhu("review", "list", "--home", home, "--json").stdout)
    assert {each["who"] for each in listed} == {"Li Na"}

    chezhu("review", "export", "--out", str(made / "second.xlsx"), "--home", home)
    left = review_sheet.read(_chosen(made / "second.xlsx"))
    decided = {frozenset(pair) for choice in ("同一人", "not the same") for pair in wanted[choice]}
    assert decided.isdisjoint(frozenset(pair) for pair in left.select("record_id_l", "record_id_r").iter_rows())

    nothing = run(made / "made" / "inbox", made / "home")
    assert "Nothing new" in nothing.stdout
    chezhu("review", "undo", str(listed[0]["number"]), "--why", "a slip", "--home", home)
    assert "published" in run(made / "made" / "inbox", made / "home").stdout


def _chosen(sheet: Path) -> Path:
    """The sheet with a choice in every row, so that all of them are read."""
    book = openpyxl.load_workbook(sheet)
    page = book[review_sheet.SHEET]
    for row in range(4, page.max_row + 1):
        page.cell(row, 1).value = "skip"
    book.save(sheet)
    return sheet


def test_both_languages_have_the_same_words() -> None:
    assert review_sheet.words("zh").keys() == review_sheet.words("en").keys()


def test_a_workbook_of_another_kind_is_refused(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(other)
    done = chezhu("review", "import", str(other), "--home", str(made / "home"), check=False)
    assert done.returncode == 1
    assert "cannot be read as a review sheet" in done.stderr
    wrong = chezhu("review", "export", "--out", "x.csv", "--home", str(made / "home"), check=False)
    assert "a review sheet is a workbook" in wrong.stderr
