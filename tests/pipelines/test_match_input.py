"""What `chezhu match` says of tables that it cannot take."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.stages.match_files import InputError, scan


def test_a_column_of_lists_is_named(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"id": [1], "tel": [["13917852046", "02162345678"]], "age": [timedelta(days=3)], "who": ["王伟"]}).write_parquet(path)
    with pytest.raises(InputError, match=r"no single values in 'tel' \(List\(String\)\), 'age' \(Duration.*write several as columns"):
        scan(path, ["id", "tel", "age", "who"])
    assert scan(path, ["id", "who"]).collect().rows() == [("1", "王伟")]
