"""Files of every broken kind: none stops the run, each is named with its reason, all good rows are kept."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipelines.ingest.containers import OLE
from pipelines.ingest.files import FileResult
from pipelines.ingest.limits import MIB, Limits
from pipelines.ingest.reasons import REASONS

HEADER = "工单号,车主,车主电话,车牌号,进厂日期,结算金额\n"
ROWS = [f"W{i},王伟{i},1391785{i:04d},沪A{i:05d},2024-03-05,{i}.50\n" for i in range(20)]
GOOD = (HEADER + "".join(ROWS)).encode()
TakeIn = Callable[..., FileResult]


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return buffer.getvalue()


GOOD_SHEET = [row.strip().split(",") for row in [HEADER, *ROWS]]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """A stored member with the encryption bit set, as any password leaves it."""
    content = bytearray(zipped(**{"a.csv": GOOD}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature) + offset
        content[place : place + 2] = struct.pack("<H", struct.unpack("<H", content[place : place + 2])[0] | 1)
    return bytes(content)


def damaged_member() -> bytes:
    content = bytearray(zipped(**{"a.csv": GOOD}))
    content[60] ^= 0xFF
    return bytes(content)


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"工单号": ["W1"], "车主": ["王伟"], "车牌号": ["沪A00001"], "进厂日期": ["2024-01-01"]}).write_parquet(buffer)
    return buffer.getvalue()


WHOLE = {
    "empty": (b"", "a.csv", "empty_file"),
    "blanks only": (b"\n \r\n\n", "a.csv", "empty_file"),
    "NUL bytes only": (b"\x00" * 5000, "a.csv", "empty_file"),
    "many NUL bytes": (b"\x00" * 50_000, "a.csv", "binary_file"),
    "a picture as csv": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 40, "a.csv", "image_file"),
    "a PDF as xlsx": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a.xlsx", "document_file"),
    "a Word file": (zipped(**{"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), "a.xlsx", "document_file"),
    "HTML as xls": (b"<html><body><table><tr><td>\xe8\xbd\xa6\xe4\xb8\xbb</td></tr></table></body></html>", "a.xls", "html_file"),
    "XML as xls": (b'<?xml version="1.0"?><Workbook/>', "a.xls", "xml_file"),
    "random bytes": (bytes((i * 7919) % 251 for i in range(4000)), "a.csv", "binary_file"),
    "RAR": (b"Rar!\x1a\x07\x01\x00" + b"x" * 100, "a.rar", "binary_file"),
    "encrypted Office": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "a.xlsx", "password"),
    "OLE without workbook": (OLE + b"\0" * 2000, "a.xls", "damaged_workbook"),
    "OLE cut": (OLE + b"\0" * 500 + "Workbook".encode("utf-16-le"), "a.xls", "damaged_workbook"),
    "xlsx cut": (workbook(("维修", GOOD_SHEET))[:3000], "a.xlsx", "truncated"),
    "gz cut": (gzip.compress(GOOD * 50)[:-300], "a.csv.gz", "truncated"),
    "gz damaged": (b"\x1f\x8b\x08\x00" + b"\xff" * 300, "a.csv.gz", "damaged_archive"),
    "zip in gz": (gzip.compress(zipped(**{"a.csv": GOOD})), "a.gz", "nested_archive"),
    "zip in zip": (zipped(**{"inner.zip": zipped(**{"a.csv": GOOD})}), "a.zip", "nested_archive"),
    "zip without files": (zipped(), "a.zip", "empty_file"),
    "zip with password": (encrypted_zip(), "a.zip", "password"),
    "zip with a damaged member": (damaged_member(), "a.zip", "damaged_archive"),
    "zip cut": (zipped(**{"a.csv": GOOD})[:-30], "a.zip", "truncated"),
    "zip bomb": (zipped(**{"a.csv": GOOD, "b.csv": b"0" * (40 * MIB)}), "a.zip", "archive_bomb"),
    "gz bomb": (gzip.compress(b"0" * (40 * MIB)), "a.csv.gz", "archive_bomb"),
    "parquet cut": (parquet()[:-20], "a.parquet", "damaged_parquet"),
    "a row of 10 MB": (GOOD + b"W,\xe7\x8e\x8b," + b"x" * (10 * MIB) + b"\n", "维修.csv", "row_too_long"),
    "no line break": (b"a,b," * (1 * MIB), "维修.csv", "row_too_long"),
    "no header": ("王伟,13917850001\n李娜,13917850002\n".encode(), "维修.csv", "no_header"),
    "headers nobody knows": (b"foo,bar,baz\n1,2,3\n", "a.csv", "no_header"),
    "too little to know the source": ("车主,性别\n王伟,男\n".encode(), "a.csv", "no_contract"),
    "only a header": (HEADER.encode(), "维修.csv", "only_header"),
    "thousands of columns": (
        ",".join(["工单号", "车主", "车牌号", "进厂日期", *(f"列{i}" for i in range(3000))]).encode() + b"\n1,2\n",
        "维修.csv",
        "too_many_columns",
    ),
    "workbook of thousands of columns": (
        workbook(("维修", [["工单号", "车主", "车牌号", "进厂日期"] + ["x"] * 3000])),
        "a.xlsx",
        "too_many_columns",
    ),
    "workbook mostly blank": (workbook(("维修", [["x"] * 700])), "a.xlsx", "no_header"),
    "blank workbook": (workbook(("Sheet1", [])), "a.xlsx", "empty_file"),
    "UTF-16 cut": (HEADER.encode("utf-16") + b"\x00", "维修.csv", "truncated"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_that_cannot_be_read_is_quarantined_whole_with_its_reason(take_in: TakeIn, kind: str) -> None:
    content, name, reason = WHOLE[kind]
    result = take_in(content, name)
    assert (result.row["status"], result.row["reason"]) == ("quarantined", reason)
    quarantined = pl.read_parquet(result.quarantine)
    assert quarantined["reason"].to_list() == [reason]
    assert quarantined["row_number"].to_list() == [None]
    assert REASONS[reason].advice in quarantined["detail"].item()
    assert result.row["records"] == 0


def test_two_contracts_that_fit_equally_are_not_guessed_between(take_in: TakeIn) -> None:
    result = take_in("姓名,手机,日期,类型\n王伟,13917850001,2024-01-01,a\n".encode(), "a.csv")
    assert result.row["reason"] == "ambiguous_contract"


ROW_FAULTS = {
    "an unclosed quote": ('W90,"王伟,13917850001,沪A00001,2024-03-05,1\n', None),
    "a quote inside": ('W90,王"伟,13917850001,沪A00001,2024-03-05,1\n', None),
    "text after a quote": ('W90,"王"伟,13917850001,沪A00001,2024-03-05,1\n', None),
    "an unclosed quote and a wrong width": ('W90,"王伟,1391785\n', "bad_quotes"),
    "too many fields": ("W90,王伟,13917850001,沪A00001,2024-03-05,1,2,3\n", "too_many_fields"),
    "blank fields too many": ("W90,王伟,13917850001,沪A00001,2024-03-05,1,,,\n", None),
    "too few fields": ("W90,王伟\n", "too_few_fields"),
    "its last fields missing": ("W90,王伟,13917850001,沪A00001\n", None),
    "a value beyond a cell": (f"W90,{'王' * 60_000},13917850001,沪A00001,2024-03-05,1\n", "value_too_long"),
    "nobody in it": (",,,,2024-03-05,1\n", "no_identity"),
    "a formula": ("W90,=cmd|' /C calc'!A0,13917850001,沪A00001,2024-03-05,1\n", None),
    "a NUL byte": ("W90,王\x00伟,13917850001,沪A00001,2024-03-05,1\n", None),
    "a line break in quotes": ('W90,"王\n伟",13917850001,沪A00001,2024-03-05,1\n', None),
}


@pytest.mark.parametrize("kind", ROW_FAULTS)
def test_a_bad_row_costs_only_itself(take_in: TakeIn, kind: str) -> None:
    line, reason = ROW_FAULTS[kind]
    result = take_in((HEADER + "".join(ROWS[:10]) + line + "".join(ROWS[10:])).encode())
    records = pl.read_parquet(result.records)
    assert set(records["source_key"]) >= {f"W{i}" for i in range(20)}
    quarantined = pl.read_parquet(result.quarantine)
    assert quarantined["reason"].to_list() == ([reason] if reason else [])
    assert ("W90" in set(records["source_key"])) == (reason is None)
    if reason:
        assert quarantined["row_number"].to_list() == [12]
        assert "W90" in quarantined["text"].item() or reason == "no_identity"


def test_bytes_that_are_no_character_cost_only_their_row(take_in: TakeIn) -> None:
    result = take_in((HEADER + "".join(ROWS)).encode() + b"W90,\xff\xfe\xff,1,2,3,4\n")
    assert result.reasons["undecodable"] == 1
    assert result.row["rows_kept"] == 20


def test_what_is_around_the_data_is_counted_as_what_it_is(take_in: TakeIn) -> None:
    text = "某某4S店维修清单,,,,,\n,,,,,\n" + HEADER + "".join(ROWS[:3]) + HEADER + "\n" + ROWS[3] + "合计,,26,,,100\n备注：仅供内部使用\n"
    row = take_in(text.encode()).row
    assert [row[f"rows_{kind}"] for kind in ("kept", "title", "blank", "note", "quarantined")] == [4, 3, 2, 2, 0]


def test_of_an_archive_the_good_members_are_kept_and_the_bad_are_named(take_in: TakeIn) -> None:
    result = take_in(
        zipped(**{"../../etc/维修.csv": GOOD, "图.jpg": b"\xff\xd8\xff" + b"\0" * 100, "__MACOSX/._a": b"x", "x/blank.csv": b""}), "a.zip"
    )
    assert result.row["rows_kept"] == 20
    assert sorted(pl.read_parquet(result.quarantine)["reason"]) == ["empty_file", "image_file"]


def test_sheets_are_read_each_by_its_own_contract_and_covers_are_skipped(take_in: TakeIn) -> None:
    customers: list[list[object]] = [["客户编号", "客户姓名", "手机", "建档日期"], ["K1", "李娜", 13800138000, "2020-01-01"]]
    result = take_in(workbook(("封面", [["某某店"], ["2024年"]]), ("维修", GOOD_SHEET), ("客户档案", customers)), "a.xlsx")
    records = pl.read_parquet(result.records)
    assert dict(records.group_by("source").len().iter_rows()) == {"service": 20, "customer": 1}
    assert records.filter(source="customer")["phone"].to_list() == ["13800138000"]
    assert result.row["rows_note"] == 2
    assert result.row["snapshot"] is False


def test_a_sheet_with_rows_but_no_header_is_quarantined_beside_a_good_one(take_in: TakeIn) -> None:
    junk: list[list[object]] = [[f"甲{i}", f"乙{i}", i] for i in range(60)]
    result = take_in(workbook(("维修", GOOD_SHEET), ("别的", junk)), "a.xlsx")
    assert (result.row["rows_kept"], result.row["rows_quarantined"]) == (20, 60)
    assert set(pl.read_parquet(result.quarantine)["reason"]) == {"no_header_sheet"}


def test_a_workbook_of_merged_two_line_headers(take_in: TakeIn) -> None:
    rows: list[list[object]] = [
        ["维修清单"],
        ["工单号", "车主", "", "送修人", "", "车牌号"],
        ["", "姓名", "电话", "姓名", "电话", ""],
        ["W1", "王伟", 13917850001, "李娜", "13917850002", "沪A00001"],
    ]
    records = pl.read_parquet(take_in(workbook(("维修", rows)), "a.xlsx").records)
    assert set(records.select("role", "name", "phone").rows()) == {("owner", "王伟", "13917850001"), ("sender", "李娜", "13917850002")}


def test_a_wrong_extension_is_read_as_what_it_is(take_in: TakeIn) -> None:
    result = take_in(workbook(("维修", GOOD_SHEET)), "维修.csv")
    assert result.row["rows_kept"] == 20
    assert result.reasons["wrong_extension"] == 1


def test_limits_are_settings(take_in: TakeIn) -> None:
    assert take_in(GOOD, limits=Limits(max_file_bytes=100)).row["reason"] == "too_large"
    many = zipped(**{f"{i}.csv": GOOD for i in range(5)})
    assert take_in(many, "a.zip", limits=Limits(max_members=4)).row["reason"] == "too_many_members"


def test_quarantine_details_hold_no_value(take_in: TakeIn) -> None:
    line = "W90,司马相如,13917859999\n" + "W91,司马相如,13917859999,沪A00001,2024-03-05,1,2,3\n"
    result = take_in((HEADER + ROWS[0] + line).encode())
    told = "".join(pl.read_parquet(result.quarantine)["detail"]) + (result.records.parent / "result.json").read_text()
    assert "司马" not in told
    assert "139178" not in told


def test_files_and_folder_are_private(take_in: TakeIn) -> None:
    result = take_in(GOOD)
    folder: Path = result.records.parent
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"records.parquet", "quarantine.parquet", "result.json"}
