"""The whole way, once, on generated exports: counts reconcile, people are found, ids stay, nothing personal leaks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from generator.answers import entities
from matching.evaluate import evaluate
from matching.model import load_model
from pipelines.stages import sureness
from pipelines.store.home import Home
from tests.published import chezhu, run, tables

ROWS = 6_000


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "made"
    chezhu("generate", "--out", str(folder), "--rows", str(ROWS), "--dealers", "8", "--seed", "11")
    return folder


@pytest.fixture(scope="session")
def home(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one run over all exports; what the run said lies beside it."""
    folder = tmp_path_factory.mktemp("whole") / "home"
    done = run(exports / "inbox", folder)
    (folder.parent / "said").write_text(done.stdout + done.stderr)
    return folder


def test_every_row_is_accounted_for(home: Path, exports: Path) -> None:
    files = tables(home)["files"]
    skipped = pl.col("rows_blank") + pl.col("rows_title") + pl.col("rows_note")
    assert files.filter(pl.col("rows_in") != pl.col("rows_kept") + pl.col("rows_quarantined") + skipped).is_empty()
    sent = {str(path.relative_to(exports / "inbox")) for path in (exports / "inbox").rglob("*") if path.is_file()}
    assert set(files.select(pl.concat_str("dealer_id", pl.lit("/"), "file_name")).to_series()) == sent
    assert files.filter(pl.col("status") != "ingested").is_empty()
    assert files["rows_kept"].sum() >= 0.97 * ROWS


def test_people_are_found(home: Path, exports: Path) -> None:
    read = tables(home)
    truth = pl.read_parquet(exports / "truth" / "records.parquet")
    right = entities(read["records"], files=read["files"], truth=truth)
    assert right.height >= 0.95 * truth.height, "records are missing, or their keys and places do not fit the truth"
    crosswalk = read["crosswalk"].filter(pl.col("valid_to").is_null()).select("record_id", cluster_id="customer_id")
    found = evaluate(crosswalk.join(right, on="record_id", how="semi"), right)
    assert found.precision >= 0.985
    assert found.recall >= 0.88


def test_merges_are_as_right_as_the_run_says(home: Path, exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate, which knows no truth, is near it; one from a sample of clusters is near the whole one."""
    read = tables(home)
    truth = pl.read_parquet(exports / "truth" / "records.parquet")
    crosswalk = read["crosswalk"].filter(pl.col("valid_to").is_null()).select("record_id", cluster_id="customer_id")
    right = entities(read["records"], files=read["files"], truth=truth)
    found = evaluate(crosswalk.join(right, on="record_id", how="semi"), right)
    told = dict(read["quality_history"].filter(pl.col("table") == "crosswalk").select("measure", "value").iter_rows())
    assert told["merge_precision"] == pytest.approx(found.precision, abs=0.03)
    assert told["merge_recall"] == pytest.approx(found.recall, abs=0.10)
    with DuckDBEngine(threads=1) as engine:
        held = {name: engine.from_frame(read[name]) for name in ("edges", "clusters")}
        model = load_model(next(Home(home).models.glob("*.yaml")))
        whole = sureness.estimated(engine, model, **held)
        monkeypatch.setattr(sureness, "SAMPLED_CLUSTERS", read["clusters"]["cluster_id"].n_unique() // 3)
        part = sureness.estimated(engine, model, **held)
    assert whole.precision == pytest.approx(told["merge_precision"])
    assert 0 < part.pairs < 0.6 * whole.pairs
    assert part.precision == pytest.approx(whole.precision, abs=0.02)
    assert part.recall == pytest.approx(whole.recall, abs=0.05)


def test_each_record_belongs_to_one_customer_and_each_customer_has_one(home: Path) -> None:
    found = tables(home)
    now = found["crosswalk"].filter(pl.col("valid_to").is_null())
    assert now["record_id"].n_unique() == now.height == found["clean_records"].height == found["records"].height
    assert set(now["customer_id"]) == set(found["customers"]["customer_id"]) == set(found["customer_profile"]["customer_id"])


def test_cleansing_makes_the_score_better(home: Path) -> None:
    found = tables(home)
    assert found["clean_records"]["score"].mean() > found["clean_records"]["score_raw"].mean()  # type: ignore[operator]
    assert found["customers"]["score"].is_between(0, 100).all()


def test_the_delivery_holds_every_customer(home: Path) -> None:
    delivery = Home(home).deliveries / "000001"
    manifest = json.loads((delivery / "manifest.json").read_text(encoding="utf-8"))
    customers = tables(home)["customers"].filter(pl.col("party").ne_missing("test")).height  # tests of systems are nobody
    assert manifest["operations"] == {"insert": customers}
    assert pl.read_csv(delivery / "customers_full.csv", infer_schema=False).height == customers


def test_a_second_run_adds_nothing_and_says_so(home: Path, exports: Path) -> None:
    before = tables(home)
    done = run(exports / "inbox", home)
    assert "Nothing new" in done.stdout
    for name, frame in tables(home).items():
        assert_frame_equal(frame, before[name])


def test_a_full_run_keeps_every_id(home: Path, exports: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    run(exports / "inbox", copy, "--full")
    before, after = tables(home), tables(copy)
    key = ["record_id", "customer_id"]
    assert_frame_equal(before["crosswalk"].select(key).sort(key), after["crosswalk"].select(key).sort(key))
    assert_frame_equal(before["customers"], after["customers"])


def test_dealers_may_come_in_any_order(home: Path, exports: Path, tmp_path: Path) -> None:
    """Law 2: with the same model, one dealer a run or all at once give the same records, clean and events."""
    dealers = sorted(path.name for path in (exports / "inbox").iterdir())
    for batch in (dealers[4:], dealers[:4]):
        for dealer in batch:
            shutil.copytree(exports / "inbox" / dealer, tmp_path / "inbox" / dealer)
        run(tmp_path / "inbox", tmp_path / "home")
    once, twice = tables(home), tables(tmp_path / "home")
    for name in ("files", "records", "clean_records", "events", "quarantine"):
        assert_frame_equal(once[name], twice[name])


def test_a_corrected_file_replaces_its_rows(home: Path, exports: Path, tmp_path: Path) -> None:
    copy, inbox = tmp_path / "home", tmp_path / "inbox"
    shutil.copytree(home, copy)
    shutil.copytree(exports / "inbox", inbox)
    files = tables(home)["files"].filter((pl.col("source") == "service") & (pl.col("encoding") == "utf-8") & (pl.col("records") > 5))
    chosen = files.row(0, named=True)
    path = inbox / chosen["dealer_id"] / chosen["file_name"]
    corrected = path.with_name("zz_" + path.name)
    corrected.write_bytes(path.read_bytes() + b"\n")
    done = run(inbox, copy)
    assert "1 new" in done.stdout
    before, after = tables(home)["records"], tables(copy)["records"]
    assert_frame_equal(before.drop("file_id", "row_number"), after.drop("file_id", "row_number"))
    assert after.filter(pl.col("file_id") == chosen["file_id"]).is_empty()


def test_nothing_personal_in_logs_metadata_and_reports(home: Path) -> None:
    """Law 9: what a run leaves beside the published tables holds no phone, id, address or name of the input."""
    records = tables(home)["records"]
    secrets = {
        *records["phone"].drop_nulls().str.extract_all(r"1[3-9][0-9]{9}").explode().drop_nulls(),
        *records["id_number"].drop_nulls().str.extract_all(r"[0-9]{17}[0-9X]").explode().drop_nulls(),
        *records["address"].drop_nulls().filter(records["address"].drop_nulls().str.len_chars() >= 8),
        *records["name"].drop_nulls().filter(records["name"].drop_nulls().str.contains(r"^\p{Han}{3}$")),
        *records["vin"].drop_nulls().str.extract_all(r"[A-HJ-NPR-Z0-9]{17}").explode().drop_nulls(),
    }
    places = [path for folder in ("dagster", "reports") for path in (home / folder).rglob("*") if path.is_file()]
    places += [home / "ledger.sqlite", home.parent / "said", *(home / "versions").iterdir()]
    places += list((home / "deliveries").rglob("manifest.json"))
    needles = sorted(secrets)
    assert len(needles) > 1_000
    for path in places:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found = pl.DataFrame({"text": [text]}).select(pl.col("text").str.extract_many(needles).list.unique()).item().to_list()
        assert found == [], f"{path.relative_to(home.parent)} holds {found[:3]}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_can_be_rendered_again(home: Path, tmp_path: Path, lang: str) -> None:
    done = chezhu("report", "--lang", lang, "--home", str(home), "--out", str(tmp_path))
    page = Path(done.stdout.strip())
    assert page.read_text(encoding="utf-8").startswith("<!")


def test_published_tables_can_be_exported(home: Path, tmp_path: Path) -> None:
    for table, suffix in (("customers", "csv"), ("crosswalk", "parquet"), ("customer_profile", "xlsx")):
        out = tmp_path / f"{table}.{suffix}"
        done = json.loads(chezhu("export", table, "--home", str(home), "--out", str(out), "--json").stdout)
        assert done["rows"] == tables(home)[table].height
        assert out.exists()
    failed = chezhu("export", "golden", "--home", str(home), "--out", str(tmp_path / "x.csv"), check=False)
    assert failed.returncode == 1
    assert "there is no table 'golden'" in failed.stderr


def test_the_ledger_tells_what_ran(home: Path) -> None:
    (only,) = json.loads(chezhu("runs", "--home", str(home), "--json").stdout)
    assert (only["status"], only["version"]) == ("published", 1)
