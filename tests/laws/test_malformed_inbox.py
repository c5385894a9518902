"""An inbox full of broken files: the run ends well, each is named with its reason, all good rows are kept."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tests.ingest.test_malformed import GOOD, ROW_FAULTS, WHOLE
from tests.published import chezhu, run, tables


def test_broken_files_cost_only_themselves(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    expected = {}
    for number, (content, name, reason) in enumerate(WHOLE.values()):
        path = inbox / "D1" / f"{number:02d}-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        expected[f"{number:02d}-{name}"] = reason
    (inbox / "D2").mkdir()
    (inbox / "D2" / "维修.csv").write_bytes(GOOD)
    header, *rows = GOOD.decode().splitlines(keepends=True)
    faulty = {kind: line for kind, (line, reason) in ROW_FAULTS.items() if reason}
    for number, line in enumerate(faulty.values()):
        (inbox / "D3").mkdir(exist_ok=True)
        renamed = [row.replace("W", f"V{number}-") for row in rows]
        (inbox / "D3" / f"{number}.csv").write_text("".join([header, *renamed[:10], line, *renamed[10:]]), encoding="utf-8")
    (inbox / "not in a folder.csv").write_bytes(GOOD)
    assert len(set(expected)) >= 30

    done = run(inbox, tmp_path / "home")

    found = tables(tmp_path / "home")
    whole = found["quarantine"].filter(pl.col("row_number").is_null())
    assert dict(whole.select("file_name", "reason").iter_rows()) == expected
    assert f"{len(expected)} of them in quarantine" in done.stdout
    assert "no_dealer" in done.stderr
    kept = set(found["records"].select(pl.concat_str("dealer_id", pl.lit(":"), "source_key")).to_series())
    good = {f"D2:W{n}" for n in range(20)} | {f"D3:V{number}-{n}" for number in range(len(faulty)) for n in range(20)}
    assert kept == good
    assert found["quarantine"].filter(pl.col("row_number").is_not_null()).height == len(faulty)
    listed = json.loads(chezhu("quarantine", "list", "--home", str(tmp_path / "home"), "--json").stdout)
    assert {row["file_name"]: row["reason"] for row in listed if row["row_number"] is None} == expected
    assert "text" not in listed[0]
    again = run(inbox, tmp_path / "home")
    assert "Nothing new" in again.stdout


def test_retry_reads_only_what_is_in_quarantine(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "D1").mkdir(parents=True)
    (inbox / "D1" / "维修.csv").write_bytes(GOOD)
    (inbox / "D1" / "x.csv").write_bytes(b"foo,bar\n1,2\n")
    run(inbox, tmp_path / "home")
    done = json.loads(chezhu("quarantine", "retry", "--home", str(tmp_path / "home"), "--inbox", str(inbox), "--json").stdout)
    assert (done["files_new"], done["files_quarantined"], done["version"]) == (1, 1, 2)
    assert tables(tmp_path / "home")["records"].height == 20


def test_the_same_file_of_two_dealers_is_counted_once_for_each(tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    for dealer in ("D1", "D2"):
        (inbox / dealer).mkdir(parents=True)
        (inbox / dealer / "维修.csv").write_bytes(GOOD)
        (inbox / dealer / "leer.csv").write_bytes(b"")
    (inbox / "D1" / "once more.csv").write_bytes(GOOD)
    done = json.loads(run(inbox, home, "--json").stdout)
    counted = {"files_new": 4, "files_quarantined": 2, "rows_in": 42, "rows_kept": 40, "rows_quarantined": 0, "rows_skipped": 2}
    assert {name: done[name] for name in counted} == counted
    assert tables(home)["files"].height == 4
    (entry,) = json.loads(chezhu("runs", "--home", str(home), "--json").stdout)
    assert {name: entry["detail"][name] for name in counted} == counted
    retried = json.loads(chezhu("quarantine", "retry", "--home", str(home), "--inbox", str(inbox), "--json").stdout)
    assert (retried["files_new"], retried["files_quarantined"], retried["rows_in"]) == (2, 2, 0)
    one = json.loads(run(inbox, home, "--dealer", "D2", "--json").stdout)
    assert (one["files_new"], one["rows_in"], one["records"]) == (2, 21, done["records"])
