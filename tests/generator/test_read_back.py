"""The product's intake reads the exports whole: each record stands where the truth says, and is of the source and role it says."""

import time
from pathlib import Path

import polars as pl
import pytest

from generator.dealers import SOURCES
from generator.exports import generate
from generator.plan import Plan
from pipelines.ingest import batch, contracts, inbox
from pipelines.ingest.limits import Limits
from pipelines.settings import Settings

ROOT = Path(__file__).parents[2]
PLACE = ["dealer_id", "file", "row_number", "role"]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records as read, with the file's name, and the truth."""
    out = tmp_path_factory.mktemp("read")
    generate(Plan(out=out, rows=9_000, dealers=40, workbooks=0.1, seed=3))
    settings = Settings()
    limits = Limits(
        max_file_bytes=settings.max_file_bytes, max_unpacked_bytes=settings.max_unpacked_bytes, max_row_bytes=settings.max_row_bytes
    )
    files = inbox.scan(out / "inbox", settle_seconds=0, now=time.time() + 60)
    results = batch.ingest_all(files, contracts.load(ROOT / "data" / "contracts"), limits, out / "staged")
    names = pl.DataFrame(
        [(file.dealer_id, file.file_id, file.file_name) for file in files], schema=["dealer_id", "file_id", "file"], orient="row"
    )
    paths = dict.fromkeys(result.records for result in results if result is not None)
    records = pl.concat([pl.read_parquet(path) for path in paths]).join(names, on=["dealer_id", "file_id"])
    return records, pl.read_parquet(out / "truth" / "records.parquet")


def test_sources_are_recognized_with_and_without_keys(read: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    records, truth = read
    files = truth.group_by("dealer_id", "file").agg(pl.col("source").first(), keyless=pl.col("source_key").is_null().all())
    seen = records.group_by("dealer_id", "file").agg(seen=pl.col("source").unique())
    wrong = files.join(seen, on=["dealer_id", "file"], how="left").filter(pl.col("seen") != pl.concat_list("source"))
    assert wrong.is_empty(), wrong
    assert set(files["source"]) == set(SOURCES)
    assert files["keyless"].sum() > 10


def test_records_are_found_by_their_place(read: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    records, truth = read
    found = truth.join(records.select(*PLACE, "record_id", key="source_key"), on=PLACE)
    keyless = pl.col("source_key").is_null()
    assert found.filter(keyless).height >= 0.99 * truth.filter(keyless).height
    assert found.filter(~keyless).height >= 0.96 * truth.filter(~keyless).height, (
        "a keyed row that is written twice is read where it stands last"
    )
    assert (found["key"].fill_null("-") == found["source_key"].fill_null("-")).all()
    assert not found["record_id"].is_duplicated().any()
