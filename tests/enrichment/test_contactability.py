"""How sure a value is, who may be contacted, over what and when."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.contactability.allowed import deceased, open_complaints
from enrichment.contactability.answers import best_days, channel_and_answer
from enrichment.contactability.build import reach
from enrichment.contactability.ways import confidence
from enrichment.conversations import conversations
from enrichment.members import numbered
from enrichment.settings import load
from generator.sounds import given_sounds, surname_sounds
from tests.happened import happened

RULES = load().reach
AS_OF = date(2026, 6, 30)
VALUES = {"customer_id": pl.String, "field": pl.String, "value": pl.String, "primary": pl.Boolean, "valid": pl.Boolean, "last_seen": pl.Date, "records": pl.Int64, "customers": pl.Int64}  # fmt: skip


def sure(**known: object) -> float:
    row = {
        "customer_id": "C",
        "field": "phone",
        "value": "+8613911110000",
        "primary": True,
        "valid": True,
        "last_seen": AS_OF,
        "records": 2,
        "customers": 1,
    }
    found: float = confidence(pl.DataFrame([{**row, **known}], schema=VALUES), as_of=AS_OF, settings=RULES)["confidence"].item()
    return found


def test_confidence_falls_by_the_rule() -> None:
    assert sure() == 1.0
    assert sure(last_seen=date(2019, 6, 30)) == pytest.approx(0.5, abs=0.001), "seven years are a mobile's half-life"
    assert sure(records=1) == RULES.one_record
    assert sure(customers=2) == 0.5
    assert sure(valid=False) == RULES.not_valid
    assert sure(last_seen=None) == RULES.undated
    assert sure(field="email", value="a@b.cn", last_seen=date(2022, 6, 30)) == pytest.approx(0.5, abs=0.001)
    assert sure(last_seen=date(2027, 1, 1)) == 1.0, "what comes later is no older than today"


@settings(max_examples=40)
@given(days=st.tuples(st.integers(0, 5000), st.integers(0, 5000)))
def test_the_later_proof_is_the_surer(days: tuple[int, int]) -> None:
    early, late = sorted(days, reverse=True)
    assert sure(last_seen=date.fromordinal(AS_OF.toordinal() - early)) <= sure(last_seen=date.fromordinal(AS_OF.toordinal() - late))


@pytest.mark.parametrize(
    ("remark", "found"),
    [
        ("车主已故", 1),
        ("客户去世，勿扰", 1),
        ("去世", 1),
        ("父亲去世，本人接听", 0),
        ("其母上月病故", 0),
        ("客户父亲去世", 0),
        ("等待配件", 0),
        ("王女士已去世", 1),
        ("车主张女士已故", 1),
        ("张先生已故", 1),
        ("刘子强已去世", 1),
        ("李大姐去世", 1),
        ("岳师傅病故", 1),
        ("女儿已去世", 0),
        ("车主太太病故", 0),
        ("老公于上月过世", 0),
        ("朋友去世改期", 0),
        ("父已故", 0),
        ("家里老人离世", 0),
        ("其妹去世", 0),
        ("孙女士已故", 1),
    ],
)
def test_only_the_customers_own_death_counts(remark: str, found: int) -> None:
    frame = pl.DataFrame({"record_id": ["r"], "remark": [remark]})
    assert deceased(frame, settings=RULES).height == found


def test_no_name_and_no_title_is_a_relative() -> None:
    """孙女士, 王亚子女士 and 孙子强 hold 孙女, 子女 and 孙子; only 孩 stands in no name beside 子 or 小."""
    surnames, given_names = (pl.DataFrame({"word": sorted({*words()} - {"孩"})}) for words in (surname_sounds, given_sounds))
    titles = pl.DataFrame({"title": ["", "先生", "女士", "小姐", "师傅", "总"]})
    whole = pl.concat_str("word", "word_right", "title", pl.lit("已去世"))
    said = [start.join(given_names, how="cross").join(titles, how="cross").select(remark=whole) for start in (surnames, given_names)]
    alone = surnames.join(titles, how="cross").select(remark=pl.concat_str("word", "title", pl.lit("已去世")))
    frame = pl.concat([*said, alone]).with_row_index("record_id")
    missed = frame.join(deceased(frame, settings=RULES), on="record_id", how="anti")
    assert missed["remark"].to_list() == []


def test_a_complaint_is_open_until_it_is_closed_or_old() -> None:
    rows = [("a", AS_OF, None), ("b", AS_OF, "已结案"), ("c", date(2026, 1, 1), None), ("d", date(2026, 6, 10), "处理中")]
    frame = pl.DataFrame(rows, schema={"customer_id": pl.String, "event_date": pl.Date, "response": pl.String}, orient="row")
    frame = frame.with_columns(dealer_id=pl.lit("D1"))
    assert open_complaints(frame, as_of=AS_OF, settings=RULES)["customer_id"].to_list() == ["a", "d"]


def test_channels_and_answers_as_dealers_write_them() -> None:
    rows = [("a", "短信群发", "是"), ("b", "电话外呼", "否"), ("c", "展厅", "是"), ("d", "直邮", "已到店")]
    frame = pl.DataFrame(rows, schema=["customer_id", "event_kind", "response"], orient="row")
    assert channel_and_answer(frame, settings=RULES).rows() == [("a", "sms", 1), ("b", "phone", 0), ("d", "post", 1)]


def test_days_of_visits_need_enough_of_them() -> None:
    saturday, monday = date(2026, 6, 27), date(2026, 6, 29)
    days = {
        "free": [saturday, date(2026, 6, 20), monday],
        "work": [monday, date(2026, 6, 22), saturday],
        "few": [saturday, date(2026, 6, 20)],
    }
    frame = pl.DataFrame([(c, day) for c, each in days.items() for day in each], schema=["customer_id", "event_date"], orient="row")
    assert best_days(frame, visits=3).rows() == [("free", "weekends"), ("work", "workdays")]


@pytest.fixture(scope="module")
def reached() -> dict[str, dict[str, Any]]:
    """a: plain. b: opted out. c: a child. d: complains. e: dead. f: nothing known. g: answered by phone, the mobile is surer. h: dead by the name cell."""
    customers = [{"customer_id": c, "birth_date": date(2015, 1, 1) if c == "c" else None} for c in "abcdefgh"]
    profile = [{"customer_id": c, "contact_allowed": c != "b", "reach_post": True} for c in "abcdefgh"]
    values = [
        {
            "customer_id": c,
            "field": "phone",
            "value": f"+86139111100{n:02d}",
            "primary": True,
            "valid": True,
            "last_seen": AS_OF,
            "records": 2,
        }
        for n, c in enumerate("abcdeg")
    ]
    values += [
        {"customer_id": "a", "field": "address", "value": "somewhere", "primary": True, "valid": True, "last_seen": AS_OF, "records": 1}
    ]
    values += [
        {
            "customer_id": "a",
            "field": "phone",
            "value": "+8613711110000",
            "primary": False,
            "valid": True,
            "last_seen": date(2015, 1, 1),
            "records": 1,
        }
    ]
    members = [{"record_id": f"r{c}", "customer_id": c, "valid_from": AS_OF} for c in "abcdefgh"]
    records = [{"record_id": "re", "remark": "车主去世"}, {"record_id": "rg", "event_kind": "电话"}]
    said = {"a": "title_removed", "h": "says_deceased"}
    clean = [
        {"record_id": f"r{c}", "problems": [{"field": "name", "reason": f"name_{what}", "value": "王强", "repaired": True}]}
        for c, what in said.items()
    ]
    events = [
        {"row_id": "1", "record_id": "rd", "source": "complaint", "event_date": date(2026, 6, 20)},
        {"row_id": "2", "record_id": "rg", "source": "campaign", "response": "是", "event_date": date(2026, 5, 1)},
    ]
    frames = {
        "customers": customers,
        "customer_values": values,
        "crosswalk": members,
        "records": records,
        "clean_records": clean,
        "events": events,
        "customer_profile": profile,
    }
    with DuckDBEngine(memory_limit="1GB") as engine:
        given_ = {name: engine.from_frame(pl.DataFrame(rows, schema=schema(name))) for name, rows in frames.items()}
        known = numbered(engine, given_["customers"])
        named, timeline = happened(engine, numbers=known, crosswalk=given_["crosswalk"], events=given_["events"], as_of=AS_OF)
        told = conversations(engine, events=given_["events"], named=named, numbers=known)
        made = reach(
            engine, members=given_["crosswalk"], customers=given_["customers"], values=given_["customer_values"], records=given_["records"],
            clean_records=given_["clean_records"], timeline=timeline, conversations=told, profile=given_["customer_profile"], as_of=AS_OF, version="1", settings=RULES,
        )  # fmt: skip
        assert dict(made.schema) == schema("customer_reach")
        return {row["customer_id"]: row for row in engine.collect(made).iter_rows(named=True)}


def test_why_somebody_is_not_contacted(reached: dict[str, dict[str, Any]]) -> None:
    assert {c: row["contact_reason"] for c, row in reached.items()} == {
        "a": None, "b": "opt_out", "c": "minor", "d": "complaint", "e": "deceased", "f": None, "g": None, "h": "deceased",
    }  # fmt: skip
    assert reached["d"]["blocked_until"] == date(2026, 7, 20)
    assert reached["c"]["blocked_until"] == date(2033, 1, 1)
    assert reached["b"]["best_channel"] is None


def test_the_best_way_is_the_surest_or_the_one_that_was_answered(reached: dict[str, dict[str, Any]]) -> None:
    assert (reached["a"]["sms"], reached["a"]["post"], reached["a"]["best_channel"]) == ("+8613911110000", "somewhere", "sms")
    assert (reached["g"]["best_channel"], reached["g"]["best_channel_reason"]) == ("phone", "answered")
    assert (reached["f"]["best_channel"], reached["f"]["best_channel_reason"]) == (None, "no_sure_way")
    assert (reached["a"]["best_days"], reached["a"]["best_days_reason"], reached["a"]["call_from"]) == (None, "too_few_visits", "09:00")
