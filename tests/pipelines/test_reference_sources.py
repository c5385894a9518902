"""Reference sources are read strictly: every mistake is told, and values are cleansed as those of dealers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from pipelines.reference_sources import Source, SourceError, load_sources
from pipelines.reference_sources.reading import cleansed, read
from tests.conftest import ROOT

DAY = date(2026, 6, 1)
WRITTEN = """\
name: register
file: register.csv
trust: 8
date: day
keys: [[id_number], [name, phone]]
columns: {id_number: code, name: who, phone: tel, email: mail}
fields: {email: fill, name: update}
"""


def placed(folder: Path, text: str = WRITTEN, table: str = "code,who,tel,mail,day\n") -> Path:
    (folder / "register.yaml").write_text(text, encoding="utf-8")
    (folder / "register.csv").write_text(table, encoding="utf-8")
    return folder


# ------------------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("trust: 8", "trust: much", "register.yaml:3: trust: 'much' is no whole number"),
        ("file: register.csv", "file: other.csv", "there is no file"),
        ("name: register", "name: Our Register", "register.yaml:1: name: 'Our Register' does not match ^[a-z]"),
        ("trust: 8\n", "", "register.yaml:1: lacks trust"),
        (WRITTEN, "", "register.yaml:1: says nothing; it must say name, file, trust, date, keys, columns, fields"),
        ("trust: 8", "trusty: 8", "register.yaml:3: trusty: is no name that is known here"),
        ("email: fill", "email: guess", "register.yaml:7: fields: email: 'guess' is not 'fill', 'update' or 'verify'"),
        ("email: fill", "email: verify", "verify and verdict belong together"),
        ("[name, phone]", "[name, birth_date]", "keys has name, birth_date, which many people share"),
        ("[name, phone]", "[adcode]", "keys has adcode, which names a place, beside keys of customers"),
        ("[name, phone]", "[name, plate]", "columns does not say which column of the file is plate"),
        ("email: fill", "postcode: fill", "columns does not say which column of the file is postcode"),
        ("email: fill", "id_number: update", "id_number can be filled and never replaced"),
        ("email: mail", "email: mail, email: tel", "register.yaml:6: email: written twice"),
    ],
)
def test_errors_say_where_what_and_what_to_do(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(SourceError) as told:
        load_sources(placed(tmp_path, WRITTEN.replace(old, new)), tmp_path)
    assert message in str(told.value)


def test_a_table_without_a_column_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    sources = load_sources(placed(tmp_path, table="code,who\n"), tmp_path)
    assert sources is not None
    with (
        DuckDBEngine(memory_limit="1GB") as engine,
        pytest.raises(SourceError, match=r"has no column 'day', 'mail', 'tel'; it has: code, who"),
    ):
        read(engine, sources, as_of=DAY, folder=tmp_path)


def test_without_a_folder_there_are_none_and_a_named_one_must_be_there(tmp_path: Path) -> None:
    assert load_sources(None, tmp_path) is None
    with pytest.raises(SourceError, match="there is no such folder"):
        load_sources(tmp_path / "nowhere", tmp_path)


def test_other_content_is_another_digest(tmp_path: Path) -> None:
    found = []
    for table in ("code,who,tel,mail,day\n", "code,who,tel,mail,day\n,,,,\n"):
        sources = load_sources(placed(tmp_path, table=table), tmp_path)
        assert sources is not None
        found.append((sources.digest, sources.seen))
    assert all(one != other for one, other in zip(*found, strict=True))


def test_the_samples_can_be_read(tmp_path: Path) -> None:
    sources = load_sources(ROOT / "data" / "samples" / "reference", tmp_path)
    assert sources is not None
    assert [source.name for source in sources.listed] == ["calls", "post", "register"]
    with DuckDBEngine(memory_limit="1GB") as engine:
        rows = engine.collect(read(engine, sources, as_of=DAY + timedelta(days=60), folder=tmp_path))
    assert rows.filter(pl.col("good").list.len() == 0).is_empty()


# -------------------------------------------------------------------------------------------------------------------- cleansing


def test_values_are_read_as_those_of_dealers_and_what_cannot_be_gone_by_is_not_good() -> None:
    source = Source.model_validate(
        {
            "name": "calls", "file": "c.csv", "trust": 9, "date": DAY, "keys": [["id_number"]],
            "columns": {"id_number": "a", "phone": "b", "email": "c", "address": "d"},
            "fields": {"phone": "verify", "email": "fill", "address": "fill"},
            "verdict": {"column": "e", "right": ["对"], "wrong": ["错"]},
        }
    )  # fmt: skip
    written = {
        "row_number": [1, 2], "id_number": ["11010519491231002x", "110105194912310021"], "phone": ["139 1785 2046", "1391785"],
        "email": ["A@Mail.cn", "nobody"], "address": ["上海市静安区南京西路1266号", "无"], "verdict": [" 对", "?"],
    }  # fmt: skip
    rows = cleansed(pl.DataFrame(written), source=source, as_of=DAY)
    shown = rows.select("record_id", "id_number", "phones", "emails", "event_date", "written", "good", "verified").rows()
    assert shown == [
        ("reference:calls:1", "11010519491231002X", ["+8613917852046"], ["a@mail.cn"], DAY, ["phone", "email", "address"], ["phone", "email", "address"], True),
        ("reference:calls:2", None, [], [], DAY, ["phone", "email"], [], None),
    ]  # fmt: skip
