"""Hard cases written by hand, each with the rule that makes its answer, and the examples of the interface."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cleansing import amounts, dates, emails, mileage, parse

AS_OF = dt.date(2026, 1, 1)
CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "parse_examples.jsonl"


def lines(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def holds(expected: Any, actual: Any) -> bool:
    """Whether the answer has all that is expected of it; it may have more."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(holds(value, actual.get(key)) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(holds, expected, actual))
    return bool(expected == actual)


@pytest.mark.parametrize(("kind", "file"), [("phone", "phones"), ("id", "identities"), ("vin", "vins"), ("plate", "plates")])
def test_parse_answers_every_hard_case(kind: str, file: str) -> None:
    cases = lines(CASES / f"{file}.jsonl")
    answers = parse.parse(kind, [case["input"] for case in cases], as_of=AS_OF)
    wrong = [(case, answer) for case, answer in zip(cases, answers, strict=True) if not holds(case["expected"], answer)]
    assert len(cases) >= 30
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "clean"),
    [("dates", lambda cells: dates.clean(cells, as_of=AS_OF).with_columns(pl.col("date").cast(pl.String))), ("emails", emails.clean),
     ("amounts", amounts.clean), ("mileage", mileage.clean)],
)  # fmt: skip
def test_a_field_answers_every_hard_case(file: str, clean: Callable[[pl.Series], pl.DataFrame]) -> None:
    cases = lines(CASES / f"{file}.jsonl")
    found = clean(pl.Series([case["input"] for case in cases])).to_dicts()
    wrong = [(case, row) for case, row in zip(cases, found, strict=True) if not holds(case["expected"], row)]
    assert len(cases) >= 30
    assert wrong == []


@pytest.mark.skipif(not EXAMPLES.is_file(), reason="the shared examples are not beside this checkout")
@pytest.mark.parametrize("kind", ["phone", "name", "address", "id", "vin", "plate"])
def test_parse_answers_the_examples_of_the_interface(kind: str) -> None:
    cases = [case for case in lines(EXAMPLES) if case["kind"] == kind]
    answers = parse.parse(kind, [case["input"] for case in cases], as_of=AS_OF)
    wrong = [(case, answer) for case, answer in zip(cases, answers, strict=True) if not holds(case["expected"], answer)]
    assert cases
    assert wrong == []
