"""`chezhu match` with labels: decided pairs from a file, known entities from a column, and errors that say file and row."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from matching import words
from matching.labels import LABEL_SCHEMA, LabelError
from pipelines.cli.main import chezhu
from pipelines.stages.label_files import DECISIONS, read_labels
from pipelines.stages.match_files import InputError

MODEL = "record_id: id\ncolumns:\n  who: {kind: name}\n  tel: {kind: phone}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [(str(n), f"Ann{n // 2 * 7919 % 97} Lee{n // 2 * 31 % 89}", f"139{n // 2 * 104_729 % 10**8:08}", "") for n in range(120)]
    frame = pl.DataFrame(rows, schema=["id", "who", "tel", "customer"], orient="row")
    known = pl.when(pl.col("id").is_in(["10", "30"])).then(pl.lit("K1")).when(pl.col("id") == "11").then(pl.lit("K2")).otherwise("customer")
    frame.with_columns(customer=known).write_csv(tmp_path / "people.csv")
    (tmp_path / "model.yaml").write_text(MODEL)
    return tmp_path


def run(folder: Path, *options: str) -> tuple[dict[str, str], str]:
    words = ["match", str(folder / "people.csv"), "--model", str(folder / "model.yaml"), "--out", str(folder / "out"), *options]
    done = CliRunner().invoke(chezhu, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return dict(pl.read_parquet(folder / "out" / "clusters.parquet").iter_rows()), done.output


def test_labels_and_known_entities(folder: Path) -> None:
    (folder / "decided.csv").write_text("left_id,right_id,same,why\n0,1,no,brothers\n2,50,是,moved\n")
    before, _ = run(folder)
    assert before["0"] == before["1"]
    assert before["10"] == before["11"]
    cluster, said = run(folder, "--labels", str(folder / "decided.csv"), "--entity", "customer")
    assert cluster["0"] != cluster["1"]
    assert cluster["2"] == cluster["50"]
    assert cluster["10"] == cluster["30"] != cluster["11"]
    assert "labels: 1 pairs are the same, 1 are not, 3 records of known entities; weights stay as they are" in said
    written = yaml.safe_load((folder / "out" / "model.yaml").read_text())
    assert (written["labels"]["same"], written["labels"]["not_same"], written["labels"]["records_of_known_entities"]) == (1, 1, 3)
    told = json.loads(run(folder, "--labels", str(folder / "decided.csv"), "--json")[1])
    assert told["labels"]["same"] == 1


def test_records_that_are_joined_as_equal_are_told(folder: Path) -> None:
    """They are in no pair: without them, 0 links beside fewer clusters than records would be a riddle."""
    (folder / "people.csv").write_text(
        "id,who,tel,customer\n1,王伟明,13917852046,\n2,王伟明,13917852046,\n3,李娜,13800138001,\n4,李娜,13800138001,\n5,陈晨,13666666661,\n"
    )
    clusters, said = run(folder)
    assert len(set(clusters.values())) == 3
    assert "5 records, 2 joined as equal, 0 pairs compared, 0 links: 3 clusters" in said
    assert json.loads(run(folder, "--json")[1])["equal"] == 2


def test_the_model_file_may_name_the_column(folder: Path) -> None:
    (folder / "model.yaml").write_text(f"{MODEL}entity: customer\n")
    cluster, _ = run(folder)
    assert cluster["10"] == cluster["30"] != cluster["11"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("left,right_id,same\n1,2,true\n", "has no column left_id; labels need left_id, right_id and same (true or false), and this file has: left, right_id, same"),
        ("left_id,right_id,same\n1,2,true\n1,3,perhaps\n", "row 3: 'perhaps' is no decision; write true (the same) or false (not the same)"),
        ("left_id,right_id,same\n1,2,true\n1,999,no\n", "decided.csv row 3: the table has no record '999'; correct the id or leave the row out"),
        ("left_id,right_id,same\n7,7,true\n", "decided.csv row 2: a record is compared with itself"),
        ("left_id,right_id,same\n1,,true\n", "decided.csv row 2: an id or the decision is missing"),
        (
            "left_id,right_id,same\n1,2,true\n3,2,true\n3,1,false\n",
            "'3' = '2' (decided.csv row 3), '2' = '1' (decided.csv row 2), but '3' ≠ '1' (decided.csv row 4); correct one of them",
        ),
    ],
)  # fmt: skip
def test_errors_say_file_and_row(folder: Path, text: str, said: str) -> None:
    (folder / "decided.csv").write_text(text)
    with pytest.raises(LabelError) as error:
        run(folder, "--labels", str(folder / "decided.csv"))
    assert said in str(error.value)


def test_a_column_of_entities_that_is_not_there(folder: Path) -> None:
    with pytest.raises(Exception, match="has no column 'customers'; it has: id, who, tel, customer"):
        run(folder, "--entity", "customers")


def test_parquet_with_names_as_in_edges(tmp_path: Path) -> None:
    pl.DataFrame({"record_id_l": [1, 2], "record_id_r": [3, 4], "same": [True, False]}).write_parquet(tmp_path / "l.parquet")
    found = read_labels(tmp_path / "l.parquet")
    assert found.rows() == [("1", "3", True, "l.parquet", 1), ("2", "4", False, "l.parquet", 2)]
    assert {name: found.schema[name] for name in LABEL_SCHEMA} == LABEL_SCHEMA
    (tmp_path / "no.parquet").write_text("no parquet")
    with pytest.raises(LabelError, match="cannot be read as Parquet"):
        read_labels(tmp_path / "no.parquet")


def test_every_spelling_of_a_decision(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text(
        "left_id,right_id,same\n" + "".join(f"{n}a,{n}b, {said.upper()} \n" for n, said in enumerate(DECISIONS))
    )
    assert read_labels(tmp_path / "l.csv")["same"].to_list() == list(DECISIONS.values())


def test_a_table_in_utf_16_is_named_so(folder: Path) -> None:
    (folder / "people.csv").write_text("id,who,tel\n1,王伟,13917852046\n", encoding="utf-16")
    asked = ["match", str(folder / "people.csv"), "--model", str(folder / "model.yaml"), "--out", str(folder / "out")]
    with pytest.raises(InputError, match=r"people\.csv is UTF-16"):
        CliRunner().invoke(chezhu, asked, catch_exceptions=False)


def test_whether_a_column_is_free_text_does_not_depend_on_the_order_of_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the names are of one word: which rows decide must not follow from where they stand."""
    monkeypatch.setattr(words, "SAMPLE", 20)
    people = pl.DataFrame({"id": [f"{n:03}" for n in range(60)], "who": ["ann lee" if n < 20 else "ann" for n in range(60)], "tel": "1"})
    found = []
    for frame in (people, people.reverse()):
        frame.write_csv(folder / "people.csv")
        run(folder)
        found.append(yaml.safe_load((folder / "out" / "model.yaml").read_text())["spec"]["columns"]["who"]["words"])
    assert found == [True, True]
