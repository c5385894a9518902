"""What the tests of ingest share: the project's contracts, a way to put a file into an inbox, and to take it in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipelines.ingest import contracts as contracts_module
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult, ingest
from pipelines.ingest.inbox import InboxFile, content_id
from pipelines.ingest.limits import Limits

ROOT = Path(__file__).parents[2]
TakeIn = Callable[..., FileResult]


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return contracts_module.load(ROOT / "data" / "contracts")


@pytest.fixture
def take_in(tmp_path: Path, contracts: Contracts) -> TakeIn:
    """Takes in bytes under a file name; counts of every result are checked on the way (law 1)."""

    def take(content: bytes, name: str = "维修.csv", *, dealer: str = "D1", limits: Limits | None = None) -> FileResult:
        path = tmp_path / "inbox" / dealer / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        file = InboxFile(dealer, name, path, len(content), 0.0, content_id(path))
        result = ingest([file], contracts, limits or Limits(), tmp_path / "out" / dealer / file.file_id)[0]
        assert result is not None
        row = result.row
        assert row["rows_in"] == row["rows_kept"] + row["rows_quarantined"] + row["rows_blank"] + row["rows_title"] + row["rows_note"]
        assert pl.read_parquet(result.records).height == row["records"]
        return result

    return take
