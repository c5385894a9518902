"""One export in two dealers' folders, or in a folder that was renamed, is told of."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from engine.tables import schema
from pipelines.cli.main import chezhu
from pipelines.ingest import copies

FILE = st.fixed_dictionaries(
    {
        "dealer_id": st.sampled_from("ABC"),
        "file_id": st.sampled_from("123"),
        "file_name": st.sampled_from("xyz"),
        "rows_kept": st.integers(0, 1),
    }
)


def files(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema("files")).unique(["dealer_id", "file_id"], keep="first", maintain_order=True)


@given(st.lists(FILE, max_size=6), st.lists(FILE, max_size=6))
def test_a_new_file_is_a_copy_if_another_dealer_has_its_content(before: list[dict[str, object]], now: list[dict[str, object]]) -> None:
    known, read = files(before), files(now)
    told = [(one["dealer_id"], one["file_name"], one["dealer_id_there"]) for one in copies.found(known, read)]
    there = {(row["dealer_id"], row["file_id"]) for row in known.iter_rows(named=True)}
    wanted = []
    for row in read.sort("dealer_id", "file_name").iter_rows(named=True):
        if row["rows_kept"] == 0 or (row["dealer_id"], row["file_id"]) in there:
            continue
        after = {(file["dealer_id"], file["file_id"]): file for file in [*known.iter_rows(named=True), *read.iter_rows(named=True)]}
        same = [
            (key not in there, key[0])
            for key, file in after.items()
            if key[1] == row["file_id"] and file["rows_kept"] and (key in there or key[0] < row["dealer_id"])
        ]
        same = sorted(one for one in same if one[1] != row["dealer_id"])
        if same:
            wanted.append((row["dealer_id"], row["file_name"], same[0][1]))
    assert sorted(told) == sorted(wanted)


def test_a_renamed_folder_is_told_of(tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    (inbox / "D001").mkdir(parents=True)
    (inbox / "D001" / "service.csv").write_text(
        "工单号,进厂日期,车主,车主手机,结算金额\nW1,2026-05-01,王伟明,13917852046,500\n", encoding="utf-8"
    )
    command = ["run", "--inbox", str(inbox), "--home", str(home), "--as-of", "2026-07-01"]
    settled = {"CHEZHU_SETTLE_SECONDS": "0"}
    first = CliRunner().invoke(chezhu, command, env=settled)
    assert first.exit_code == 0, first.output
    assert "copies" not in first.output
    shutil.move(inbox / "D001", inbox / "D101")
    second = CliRunner().invoke(chezhu, command, env=settled)
    assert second.exit_code == 0, second.output
    assert "1 file of D101 is a file of D001, byte for byte (D101/service.csv is D001/service.csv)" in second.output
