"""`chezhu parse`: every kind answers line by line; a record's score is the sum of what is told of it."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleansing import parse, parse_record, score_weights, scores
from pipelines.cli import parse as command

AS_OF = dt.date(2026, 1, 1)
CELLS = ("王伟先生", "13800138000", "13917852046", "310106198807152420", "静安区南京西路1266号", "同上", "沪112345", "LFV3A23C0F3027418", "2031-01-01", "5/3/2023", "ww8@qq.con", "")  # fmt: skip
COLUMNS = ("name", "phone", "id_number", "address", "plate", "vin", "event_date", "birth_date", "email", "gender", "source", "amount")


def test_the_command_knows_all_kinds() -> None:
    assert command.KINDS == parse.KINDS


@pytest.mark.parametrize("kind", parse.KINDS)
def test_answers_come_in_the_order_of_the_lines_whatever_they_are(kind: str) -> None:
    lines = ["", "x\x00y", "\ud800", "王" * 1_000_000, '{"name": 3, "phone": ["1"], "x": {}}', "[]", "{" * 5_000, "\U0001f697"]
    answers = parse.parse(kind, lines, as_of=AS_OF)
    assert [answer["input"] for answer in answers] == lines
    json.dumps(answers, default=str)


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        ("email", "Wang@gmial.com", {"status": "repaired", "emails": ["wang@gmail.com"], "reasons": ["email_typo_domain"]}),
        ("date", "二〇二三年五月三日", {"status": "valid", "date": "2023-05-03", "reason": None}),
        ("amount", "壹万贰仟元整", {"status": "valid", "yuan": 12000.0, "reason": None}),
        ("mileage", "3万5", {"status": "valid", "km": 35000, "reason": None}),
    ],
)
def test_the_smaller_fields_are_kinds_too(kind: str, line: str, expected: dict[str, Any]) -> None:
    assert parse.parse(kind, [line], as_of=AS_OF) == [{"input": line, **expected}]


def test_a_line_that_is_no_object_is_named_and_an_unknown_column_too() -> None:
    answers = parse_record.parse(["王伟", '["王伟"]', '{"名字": "王伟"}'], as_of=AS_OF)
    assert [set(answer) & {"error", "unknown_columns"} for answer in answers] == [{"error"}, {"error"}, {"unknown_columns"}]
    assert answers[2]["unknown_columns"] == ["名字"]


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from((*CELLS, "service")), max_size=9), max_size=4))
def test_a_hundred_and_the_parts_give_the_score(rows: list[dict[str, str]]) -> None:
    for answer in parse_record.parse([json.dumps(row) for row in rows], as_of=AS_OF):
        points = [float(said.rsplit(" ", 1)[1]) for said in answer["because"]]  # type: ignore[attr-defined]
        assert answer["score"] == pytest.approx(100 + sum(points), abs=0.1)
        assert points == sorted(points)


def test_a_dimension_cannot_lose_more_than_it_has() -> None:
    parts = scores.explain(["id_check_digit"] * 6)
    assert sum(part.points for part in parts) == -score_weights.DEFAULT.dimensions["accuracy"]
