"""What reference sources did, in numbers and in a sentence of each language."""

from __future__ import annotations

from datetime import date
from html import unescape
from pathlib import Path

import polars as pl
import pytest

from engine.tables import schema
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.report import build
from quality_reports.sources import source_numbers_of, source_sentences, sources_view
from tests.quality_reports.report_frames import sample_home

COUNTS = {
    ("register", "email", "filled"): 1200,
    ("register", "email", "invalid"): 3,
    ("calls", "phone", "struck"): 17,
    ("calls", "phone", "ambiguous"): 4,
}


def measured(run: str, as_of: date) -> pl.DataFrame:
    rows = [
        {"run_id": run, "as_of": as_of, "table": "reference_values", "dealer_id": "", "source": "", "field": field, "dimension": "business",
         "measure": f"{outcome}:{source}", "value": float(count)}
        for (source, field, outcome), count in COUNTS.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema("quality_history"))


def test_each_source_and_field_has_a_line() -> None:
    lines = source_numbers_of(measured("r1", date(2026, 6, 1)))
    assert [(line["source"], line["field"], line["filled"], line["struck"], line["ambiguous"]) for line in lines] == [
        ("calls", "phone", 0, 17, 4),
        ("register", "email", 1200, 0, 0),
    ]
    assert sources_view(lines, catalogue("en")).shown[1][:3] == ["register", "E-mail", "1,200"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_sentence_stands_in_the_report_and_none_without_sources(lang: Language, tmp_path: Path) -> None:
    words = catalogue(lang)
    home = sample_home(dealers=2, runs=2)
    now = home.quality.filter(pl.col("as_of") == home.quality["as_of"].max())
    added = pl.concat([home.quality, measured(now["run_id"][0], now["as_of"][0])])
    (sentence,) = source_sentences(source_numbers_of(measured("r1", date(2026, 6, 1))), words)
    assert "1,200" in sentence
    assert source_sentences([], words) == []
    for quality, told in ((added, True), (home.quality, False)):
        page = build(quality=quality, runs=home.runs, files=home.files, quarantine=home.quarantine, lang=lang, out=tmp_path / "r.html")
        text = unescape(page.read_text(encoding="utf-8"))
        assert (sentence in text, words["lead.reference"] in text) == (told, told)
