"""Words that no dictionary knows are counted by how many records and dealers have them."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cleansing import unknown
from engine.duckdb import DuckDBEngine
from engine.tables import schema


def test_unknown_words_come_most_frequent_first(tmp_path: Path) -> None:
    def problem(field: str, value: str) -> dict[str, Any]:
        return {"field": field, "reason": f"{field}_unknown", "value": value, "repaired": False}

    other = {"field": "phone", "reason": "phone_invalid", "value": "1", "repaired": False}
    rows = [
        ("d1", [problem("brand", "某牌"), other]),
        ("d2", [problem("brand", "某牌"), problem("model", "某车")]),
        ("d2", []),
        ("d1", [other]),
    ]
    blank: dict[str, Any] = dict.fromkeys(schema("clean_records"))
    frame = pl.DataFrame(
        [blank | {"dealer_id": dealer, "problems": problems, "score_conformity": 100.0 - 3 * bool(problems)} for dealer, problems in rows],
        schema=schema("clean_records"),
        orient="row",
    )
    with DuckDBEngine(threads=1, scratch=tmp_path) as engine:
        table, events = engine.from_frame(frame), engine.from_frame(pl.DataFrame(schema=schema("events")))
        listed = [("dealer", "d1", 2, 1), ("dealer", "d2", 2, 1)]
        assert engine.collect(unknown.words(engine, table, events, limit=9)).rows() == [
            ("brand", "某牌", 2, 2),
            ("model", "某车", 1, 1),
            *listed,
        ]
        assert engine.collect(unknown.words(engine, table, events, limit=1)).rows() == [("brand", "某牌", 2, 2)]
        assert engine.collect(unknown.words(engine, table, events, limit=9, field="model")).rows() == [("model", "某车", 1, 1)]


def test_channels_of_events_and_dealers_are_listed_where_their_dictionaries_lack_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "channels.csv").write_text("channel,synonyms\n抖音,douyin\n", encoding="utf-8")
    (tmp_path / "dealers.csv").write_text("dealer_id,name,synonyms,province,city\nd1,一号店,,上海,上海\n", encoding="utf-8")
    monkeypatch.setenv("CHEZHU_REFERENCE", str(tmp_path))
    blank: dict[str, Any] = dict.fromkeys(schema("events"))
    happened = [("d1", "抖音"), ("d1", "春季购车节"), ("d2", "春季购车节"), ("d2", None)]
    frame = pl.DataFrame(
        [blank | {"dealer_id": dealer, "campaign": campaign} for dealer, campaign in happened], schema=schema("events"), orient="row"
    )
    blank = dict.fromkeys(schema("clean_records")) | {"problems": [], "score_conformity": 100.0}
    records = pl.DataFrame(
        [blank | {"dealer_id": dealer} for dealer in ("d1", "d2", "一号店")], schema=schema("clean_records"), orient="row"
    )
    with DuckDBEngine(threads=1, scratch=tmp_path) as engine:
        found = engine.collect(unknown.words(engine, engine.from_frame(records), engine.from_frame(frame), limit=9))
    assert found.rows() == [("channel", "春季购车节", 2, 2), ("dealer", "d2", 1, 1)]
