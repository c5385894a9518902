"""`chezhu match` on a table of another country: phones in national form are those of that country, in matches and in explanations."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from click.testing import CliRunner

from pipelines.cli.main import chezhu


def test_national_and_international_form_agree(tmp_path: Path) -> None:
    rows = []
    for n in range(60):
        name, born, digits = f"ann{n * 7919 % 97} lee{n * 31 % 89}", f"19{40 + n}-0{1 + n % 9}-1{n % 10}", f"{n * 104_729 + 20_000_000:08}"
        rows += [(f"p{n:02}", name, born, f"0176 {digits}"), (f"q{n:02}", name, born, f"+49 (0)176/{digits}")]
    pl.DataFrame(rows, schema=["id", "who", "born", "tel"], orient="row").write_csv(tmp_path / "people.csv")
    model, out = tmp_path / "model.yaml", tmp_path / "out"
    words = ["match", str(tmp_path / "people.csv"), "--model", str(model), "--out", str(out)]
    levels = {}
    for country in ("CN", "DE"):
        model.write_text(f"record_id: id\ncolumns: {{who: name, born: date, tel: phone}}\ncountry: {country}\n")
        assert CliRunner().invoke(chezhu, words, catch_exceptions=False).exit_code == 0
        told = CliRunner().invoke(chezhu, ["explain", "p07", "q07", "--from", str(out), "--json"], catch_exceptions=False).output
        levels[country] = next(each["level"] for each in json.loads(told)["parts"] if each["comparison"] == "tel")
    assert levels["DE"] == "shared"
    assert levels["CN"] != "shared"


def test_a_country_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,tel\na,1\n")
    (tmp_path / "model.yaml").write_text("record_id: id\ncolumns: {tel: phone}\ncountry: XX\n")
    words = ["match", str(tmp_path / "people.csv"), "--model", str(tmp_path / "model.yaml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(chezhu, words)
    assert done.exit_code == 1
    assert "country is 'XX'" in str(done.exception)
