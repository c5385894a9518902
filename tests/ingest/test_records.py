"""Records: ids that stay, keys that replace, snapshots that delete, and Law 1 for any file."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.changes import applied
from engine.contract import Engine
from engine.duckdb import DuckDBEngine
from engine.tables import FILES, RECORDS
from pipelines.ingest import batch, current, inbox, sinks
from pipelines.ingest.check import check
from pipelines.ingest.contracts import Contracts
from pipelines.ingest.files import FileResult, ingest, load
from pipelines.ingest.limits import Limits

TakeIn = Callable[..., FileResult]
HEADER = "工单号,车主,车主电话,送修人,送修人电话,车牌号,进厂日期,备注\n"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with DuckDBEngine(scratch=tmp_path / "scratch") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with DuckDBEngine(threads=1, scratch=tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def now(engine: Engine, *results: FileResult) -> pl.DataFrame:
    """The records valid after these files arrived in this order."""
    rows = [{**result.row, "arrival": place} for place, result in enumerate(results, 1)]
    files = pl.DataFrame([{name: row[name] for name in FILES.schema} for row in rows], schema=FILES.schema)
    none = engine.from_frame(pl.DataFrame(schema=RECORDS.schema))
    change = current.records(
        engine,
        files=engine.from_frame(files),
        before=none,
        read=engine.read([result.records for result in results]),
        read_files=engine.from_frame(files.select("dealer_id", "file_id")),
    )
    return engine.collect(applied(engine, none, change))


def records(result: FileResult) -> pl.DataFrame:
    return pl.read_parquet(result.records)


def test_a_count_below_the_column_of_vins_is_a_note(take_in: TakeIn) -> None:
    header, row = "车架号,车主,车主电话,工单号\n", "LSVAM4187C2184847,王伟,13917850001,W1\n"
    found = take_in((header + row + "LSVAM4187C2184847,,,\n" + "合计：12378条,,,\n制表人：王芳    审核：李总,,,\n").encode())
    assert records(found)["vin"].to_list() == ["LSVAM4187C2184847"] * 2
    assert found.row["rows_note"] == 2


def test_one_record_for_each_person_named(take_in: TakeIn) -> None:
    found = records(
        take_in(
            (HEADER + "W1,王伟,13917850001,李娜,13917850002,沪A00001,2024-01-01,好\nW2,张强,13917850003,,,沪A00002,2024-01-02,\n").encode()
        )
    )
    assert found.select("source_key", "role", "main", "name", "phone", "remark").rows() == [
        ("W1", "owner", True, "王伟", "13917850001", "好"),
        ("W1", "sender", False, "李娜", "13917850002", None),
        ("W2", "owner", True, "张强", "13917850003", None),
    ]
    assert found.schema == RECORDS.schema
    assert found["row_id"].n_unique() == 2


def test_ids_are_the_hash_the_design_says(take_in: TakeIn) -> None:
    found = records(take_in((HEADER + "W1,王伟,1,,,沪A1,2024-01-01,\n").encode()))
    assert found["record_id"].item() == hashlib.sha256(b"D1\x1fservice\x1fW1\x1fowner").hexdigest()[:32]


def test_ids_do_not_follow_the_file_the_order_or_the_columns(take_in: TakeIn) -> None:
    first = records(
        take_in("车主,手机,车牌号,进厂日期\n王伟,13917850001,沪A1,2024-01-01\n李娜,13917850002,沪A2,2024-01-02\n".encode(), "a.csv")
    )
    second = records(
        take_in(
            "序号;进厂日期;车牌号;车主;手机;备注\n1;2024-01-02;沪A2;李娜;13917850002;\n2;2024-01-01;沪A1;王伟;13917850001;\n".encode(
                "gb18030"
            ),
            "b.csv",
        )
    )
    assert sorted(first["record_id"]) == sorted(second["record_id"])
    assert set(
        records(take_in("车主,手机,车牌号,进厂日期\n王伟,13917850001,沪A1,2024-01-01\n".encode(), "a.csv", dealer="D2"))["record_id"]
    ).isdisjoint(first["record_id"])


def test_a_keyless_row_twice_is_two_records_in_every_file(take_in: TakeIn) -> None:
    text = "车主,手机,车牌号,进厂日期\n" + "王伟,13917850001,沪A1,2024-01-01\n" * 3
    first, second = records(take_in(text.encode(), "a.csv")), records(take_in(("\n" + text).encode(), "b.csv"))
    assert first["record_id"].n_unique() == 3
    assert set(first["record_id"]) == set(second["record_id"])


def test_a_key_twice_in_one_file_is_what_the_last_row_says(take_in: TakeIn) -> None:
    result = take_in((HEADER + "W1,王伟,1,李娜,2,沪A1,2024-01-01,\nW1,王玮,1,,,沪A1,2024-01-01,\n").encode())
    assert records(result).select("role", "name").rows() == [("owner", "王玮")]
    assert (result.row["rows_kept"], result.row["records"], result.reasons["key_repeated"]) == (2, 1, 1)


def test_a_placeholder_is_no_key(take_in: TakeIn) -> None:
    assert records(take_in((HEADER + "无,王伟,1391785001,,,沪A1,2024-01-01,\n无,李娜,139178502,,,沪A2,2024-01-01,\n").encode())).height == 2


def test_spilling_changes_nothing(take_in: TakeIn, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"W{i % 40},王伟{i},1391785{i:04d},,,沪A{i:05d},2024-01-01,\n" for i in range(60)] + [
        ",李娜,13917850000,,,沪A1,2024-01-01,\n"
    ] * 3
    content = (HEADER + "".join(rows)).encode()
    whole = records(take_in(content))
    monkeypatch.setattr(sinks, "SPILL_ROWS", 7)
    assert records(take_in(content, limits=Limits(batch_bytes=500))).equals(whole)
    assert whole["record_id"].n_unique() == whole.height == 43


def test_a_corrected_file_replaces_whole_rows(take_in: TakeIn, engine: Engine) -> None:
    old = take_in((HEADER + "W1,王伟,1,李娜,2,沪A1,2024-01-01,\nW2,张强,3,,,沪A2,2024-01-02,\n").encode(), "a.csv")
    new = take_in((HEADER + "W1,王玮,1,,,沪A1,2024-01-01,\n").encode(), "b.csv")
    assert sorted(now(engine, old, new).select("source_key", "role", "name").rows()) == [("W1", "owner", "王玮"), ("W2", "owner", "张强")]
    assert sorted(now(engine, new, old).select("source_key", "role", "name").rows()) == [
        ("W1", "owner", "王伟"),
        ("W1", "sender", "李娜"),
        ("W2", "owner", "张强"),
    ]


def test_a_snapshot_that_another_of_the_same_run_replaced_is_told(take_in: TakeIn, engine: Engine) -> None:
    def sent(name: str, *keys: str, dealer: str = "D1") -> FileResult:
        return take_in(("客户编号,客户姓名,电话\n" + "".join(f"{key},王伟,1391785{key}\n" for key in keys)).encode(), name, dealer=dealer)

    known = sent("客户0.csv", "2000", "2001", "2002")
    first, second = sent("客户1.csv", "1000", "1001", "1002"), sent("客户2.csv", "1002", "1003")
    same, other = sent("客户3.csv", "1002", "1003", dealer="D2"), sent("客户4.csv", "1003", "1002", dealer="D2")
    results = [known, first, second, same, other]
    rows = [{**result.row, "arrival": place} for place, result in enumerate(results, 1)]
    files = pl.DataFrame([{name: row[name] for name in FILES.schema} for row in rows], schema=FILES.schema)
    found = current.replaced(
        engine,
        files=engine.from_frame(files),
        read=engine.read([result.records for result in results]),
        new_files=engine.from_frame(files.select("dealer_id", "file_id").slice(1)),
    )
    assert engine.collect(found).rows() == [("D1", "customer", "客户1.csv", "客户2.csv", 2)]


def test_what_a_newer_snapshot_lacks_is_deleted_for_its_dealer_only(take_in: TakeIn, engine: Engine) -> None:
    header = "客户编号,客户姓名,手机,建档日期\n"
    first = take_in((header + "K1,王伟,1,2020-01-01\nK2,李娜,2,2020-01-01\n").encode(), "客户1.csv")
    other = take_in((header + "K1,张强,3,2020-01-01\n").encode(), "客户.csv", dealer="D2")
    service = take_in((HEADER + "W1,王伟,1,,,沪A1,2024-01-01,\n").encode(), "维修.csv")
    second = take_in((header + "K2,李娜,22,2020-01-01\n").encode(), "客户2.csv")
    found = now(engine, first, other, service, second)
    assert sorted(found.select("dealer_id", "source", "source_key", "phone").rows()) == [
        ("D1", "customer", "K2", "22"),
        ("D1", "service", "W1", "1"),
        ("D2", "customer", "K1", "3"),
    ]


SENT = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from(["customer", "service"]), st.booleans(), st.lists(st.integers(0, 4), max_size=4)),
    min_size=1,
    max_size=4,
)
"""Files of one night: dealer, source, whether it is a snapshot, and its rows."""


@settings(max_examples=40)
@given(nights=st.lists(SENT, min_size=2, max_size=4))
def test_what_concerns_no_row_that_was_read_need_not_be_looked_at(
    shared: Engine, nights: list[list[tuple[str, str, bool, list[int]]]]
) -> None:
    """The quick way against the one over all that was there."""
    arrivals = {"A": 0, "B": 0}
    files = pl.DataFrame(schema=FILES.schema)
    before = shared.from_frame(pl.DataFrame(schema=RECORDS.schema))
    for sent in nights:
        read, new = [], []
        for dealer, source, snapshot, rows in sent:
            arrivals[dealer] += 1
            about = {"dealer_id": dealer, "file_id": f"{dealer}{arrivals[dealer]}"}
            new.append({**about, "arrival": arrivals[dealer], "snapshot": snapshot})
            for row in dict.fromkeys(rows):
                same = {**about, "row_id": f"{dealer}{source}{row}", "source": source}
                roles = (("owner", True), ("sender", False)) if (row + arrivals[dealer]) % 2 else (("owner", True),)
                read += [{**same, "record_id": f"{same['row_id']}{role}", "role": role, "main": main} for role, main in roles]
        tonight = pl.DataFrame(new, schema=FILES.schema)
        files = pl.concat([files, tonight])
        told = {
            "files": shared.from_frame(files),
            "before": before,
            "read": shared.from_frame(pl.DataFrame(read, schema=RECORDS.schema)),
            "read_files": shared.from_frame(tonight.select("dealer_id", "file_id")),
        }
        slow, quick = (current.records(shared, **told, reread=reread) for reread in (True, False))
        for one, other in ((quick.rows, slow.rows), (quick.gone, slow.gone)):
            assert sorted(shared.collect(one)["record_id"]) == sorted(shared.collect(other)["record_id"])
        before = shared.materialize(applied(shared, before, slow))


def test_a_header_without_rows_deletes_nothing(take_in: TakeIn, engine: Engine) -> None:
    header = "客户编号,客户姓名,手机,建档日期\n"
    first, second = take_in((header + "K1,王伟,1,2020-01-01\n").encode(), "客户1.csv"), take_in(header.encode(), "客户2.csv")
    assert second.row["status"] == "quarantined"
    assert now(engine, first, second).height == 1


def test_a_result_is_whole_and_the_same_each_time(take_in: TakeIn, contracts: Contracts) -> None:
    content = (HEADER + "W1,王伟,1,李娜,2,沪A1,2024-01-01,\n").encode()
    first = take_in(content)
    before = {path.name: path.read_bytes() for path in first.records.parent.iterdir()}
    second = take_in(content)
    assert {path.name: path.read_bytes() for path in second.records.parent.iterdir()} == before
    assert load(first.records.parent, contracts) == [second]


def test_unknown_columns_are_kept_and_reported(take_in: TakeIn) -> None:
    result = take_in('工单号,车主,车牌号,进厂日期,神秘列,,神秘列\nW1,王伟,沪A1,2024-01-01,"a""\\\nb",c,d\n'.encode())
    assert json.loads(records(result)["extra"].item()) == {"神秘列": 'a"\\\nb', "#6": "c", "神秘列 (2)": "d"}
    assert result.row["unknown_headers"] == ["神秘列"]


def test_parquet_and_workbook_numbers_stay_whole(take_in: TakeIn) -> None:
    buffer = io.BytesIO()
    pl.DataFrame(
        {"工单号": [1.0], "车主": ["王伟"], "手机": [13800138000.0], "进厂日期": [None], "金额": [12.5]},
        schema_overrides={"进厂日期": pl.Datetime()},
    ).write_parquet(buffer)
    assert records(take_in(buffer.getvalue(), "a.parquet")).select("source_key", "phone", "amount").rows() == [("1", "13800138000", "12.5")]


CELLS = st.text(st.sampled_from('王伟1389A,;"\n\r\t 合计注：备=\x00\ufeff'), max_size=10)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, max_size=9), max_size=12), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_no_row_is_lost_whatever_comes(take_in: TakeIn, rows: list[list[str]], encoding: str) -> None:
    text = HEADER + "K,王伟,13917850001,,,沪A1,2024-01-01,\n" + "\n".join(",".join(row) for row in rows)
    result = take_in(text.encode(encoding))
    assert result.row["status"] == "ingested"
    assert result.row["rows_kept"] >= 1
    assert result.row["rows_quarantined"] == pl.read_parquet(result.quarantine).height


def test_the_inbox_waits_refuses_and_names(tmp_path: Path) -> None:
    box = tmp_path / "inbox"
    (box / "D1" / "sub").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("x")
    for name in ("a.csv", "sub/b.xlsx", "c.csv.part", "~$d.xlsx", ".hidden.csv"):
        (box / "D1" / name).write_text(name)
    (box / "loose.csv").write_text("x")
    (box / "D1" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (box / "D1" / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    late = max(path.lstat().st_mtime for path in box.rglob("*"))
    found = {file.file_name: (file.dealer_id, file.state, file.reason) for file in inbox.scan(box, settle_seconds=5, now=late + 10)}
    assert found == {
        "a.csv": ("D1", "ready", None),
        "sub/b.xlsx": ("D1", "ready", None),
        "c.csv.part": ("D1", "waiting", "being_uploaded"),
        "~$d.xlsx": ("D1", "waiting", "being_uploaded"),
        ".hidden.csv": ("D1", "refused", "hidden_file"),
        "loose.csv": ("", "refused", "no_dealer"),
        "link.csv": ("D1", "refused", "link_outside"),
        "gone.csv": ("D1", "refused", "not_a_file"),
    }
    assert {file.state for file in inbox.scan(box, settle_seconds=5, now=late + 1) if file.file_name == "a.csv"} == {"waiting"}
    assert inbox.scan(tmp_path / "none", settle_seconds=0, now=0.0) == []


def test_a_refused_file_is_taken_in_as_quarantined(tmp_path: Path, contracts: Contracts) -> None:
    file = inbox.InboxFile("D1", ".a.csv", tmp_path / ".a.csv", 1, 0.0, state="refused", reason="hidden_file")
    (result,) = ingest([file], contracts, Limits(), tmp_path / "out")
    assert result is not None
    assert result.row["reason"] == "hidden_file"


def test_check_says_what_ingest_does_and_shows_no_value(take_in: TakeIn, tmp_path: Path, contracts: Contracts) -> None:
    text = (
        HEADER.replace("备注", "神秘列")
        + "W1,司马相如,13917850001,李娜,2,沪A1,2024-01-01,\nW1,司马相如,13917850001,,,沪A1,2024-01-01,\nW2,司马相如,13917850001\n"
    )
    result = take_in(text.encode(), "维修.csv")
    checked = check(tmp_path / "inbox" / "D1" / "维修.csv", contracts, Limits())
    told = "\n".join(checked.lines())
    assert (checked.status, checked.records, checked.problems) == ("ingested", result.row["records"], result.reasons)
    assert checked.tables == result.tables
    for part in ("service", "utf-8", "车主电话 -> owner.phone", "神秘列 -> unknown", "too_few_fields", "字字字字"):
        assert part in told
    for secret in ("司马", "1391785", "李娜", "沪A"):
        assert secret not in told + str(checked.to_dict())


def test_check_names_a_file_that_cannot_be_read(tmp_path: Path, contracts: Contracts) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    assert "empty_file" in "\n".join(check(path, contracts, Limits()).lines())


def test_side_by_side_is_the_same_as_one_after_the_other(tmp_path: Path, contracts: Contracts, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(6):
        folder = tmp_path / "inbox" / f"D{place}"
        folder.mkdir(parents=True)
        (folder / "维修.csv").write_text(HEADER + f"W{place},王伟,1391785000{place},,,沪A1,2024-01-01,\n")
    files = inbox.scan(tmp_path / "inbox", settle_seconds=0, now=4e9)
    monkeypatch.setattr(batch, "BATCH_FILES", 1)
    together = [result.row for result in batch.ingest_all(files, contracts, Limits(), tmp_path / "two") if result]
    monkeypatch.setattr(batch, "FEW_BATCHES", 100)
    alone = [result.row for result in batch.ingest_all(files, contracts, Limits(), tmp_path / "one") if result]
    assert together == alone
    assert [row["dealer_id"] for row in alone] == [file.dealer_id for file in files]
