"""Words that no dictionary knows are counted by how many records and dealers have them."""

from pathlib import Path
from typing import Any

import polars as pl

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
        table = engine.from_frame(frame)
        assert engine.collect(unknown.words(engine, table, limit=9)).rows() == [("brand", "某牌", 2, 2), ("model", "某车", 1, 1)]
        assert engine.collect(unknown.words(engine, table, limit=1)).rows() == [("brand", "某牌", 2, 2)]
