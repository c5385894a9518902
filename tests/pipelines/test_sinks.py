"""Deliveries and exports: complete, inert, and the delta turns the old full file into the new one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract import Engine
from engine.tables import TABLES, schema
from pipelines.sinks import crm
from pipelines.sinks.export import ExportError, export
from pipelines.sinks.flat import COLUMNS

NAMES = st.sampled_from(["王伟", "=1+1", "-2", "@x", None, '引"号,逗\n号'])
CUSTOMERS = st.dictionaries(st.sampled_from([f"C{n}" for n in range(6)]), NAMES, max_size=6)


def customers(engine: Engine, names: dict[str, str | None]) -> object:
    rows = [
        {"customer_id": key, "name": name, "mobile": "+8613917852046", "phones": ["+8613917852046", "+862112345678"]}
        for key, name in names.items()
    ]
    return engine.from_frame(pl.DataFrame(rows, schema=schema("customers")))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=CUSTOMERS, now=CUSTOMERS, data=st.data())
def test_the_delta_applied_to_the_old_full_file_gives_the_new_one(
    engine: Engine, tmp_path: Path, before: dict[str, str | None], now: dict[str, str | None], data: st.DataObject
) -> None:
    gone = sorted(set(before) - set(now))
    merged = {key: data.draw(st.sampled_from(sorted(now))) for key in gone if now and data.draw(st.booleans())}
    heirs = engine.from_frame(
        pl.DataFrame(
            {"customer_id": list(merged), "surviving_customer_id": list(merged.values())},
            schema={"customer_id": pl.String(), "surviving_customer_id": pl.String()},
        )
    )
    folder = tmp_path / "delivery"
    old_folder = tmp_path / "old"
    none = engine.from_frame(pl.DataFrame(schema={"customer_id": pl.String(), "surviving_customer_id": pl.String()}))
    crm.deliver(engine, now=customers(engine, before), before=None, heirs=none, folder=old_folder, header={})
    crm.deliver(engine, now=customers(engine, now), before=customers(engine, before), heirs=heirs, folder=folder, header={"version": 2})
    state = {row["customer_id"]: row for row in pl.read_parquet(old_folder / "customers_full.parquet").to_dicts()}
    for row in pl.read_parquet(folder / "customers_delta.parquet").to_dicts():
        operation, survivor = row.pop("operation"), row.pop("surviving_customer_id")
        if operation in {"insert", "update"}:
            assert (row["customer_id"] in state) == (operation == "update")
            state[row["customer_id"]] = row
        else:
            assert (operation, survivor) == (("merge", merged[row["customer_id"]]) if row["customer_id"] in merged else ("delete", None))
            del state[row["customer_id"]]
    assert state == {row["customer_id"]: row for row in pl.read_parquet(folder / "customers_full.parquet").to_dicts()}


def test_a_delivery_says_what_it_holds_and_is_inert(engine: Engine, tmp_path: Path) -> None:
    none = engine.from_frame(pl.DataFrame(schema={"customer_id": pl.String(), "surviving_customer_id": pl.String()}))
    crm.deliver(
        engine, now=customers(engine, {"C1": "=cmd|' /C calc'!A0"}), before=None, heirs=none, folder=tmp_path / "d", header={"version": 1}
    )
    manifest = json.loads((tmp_path / "d" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["operations"] == {"insert": 1}
    assert {file["name"] for file in manifest["files"]} == {
        f"customers_{kind}.{form}" for kind in ("full", "delta") for form in ("csv", "parquet")
    }
    for file in manifest["files"]:
        content = (tmp_path / "d" / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert (tmp_path / "d" / file["name"]).stat().st_mode & 0o777 == 0o600
    row = pl.read_csv(tmp_path / "d" / "customers_full.csv", infer_schema=False).row(0, named=True)
    assert row["name"].startswith("'=cmd")
    assert row["phones"] == "+8613917852046|+862112345678"
    assert list(manifest["columns"]) == list(row)


def test_docs_say_what_each_delivered_column_means() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "crm-import.md").read_text(encoding="utf-8")
    rows = [line.replace("\\|", "¦").split(" | ") for line in page.split("## The columns", 1)[1].splitlines() if line.startswith("| ")]
    listed = {name.removeprefix("| "): (form, meaning.removesuffix(" |").replace("¦", "|")) for name, form, meaning in rows[2:]}
    assert {name: meaning for name, (_, meaning) in listed.items()} == {
        column.name: column.meaning for column in TABLES["customers"].columns if column.name in COLUMNS
    }
    assert {name for name, (form, _) in listed.items() if "joined" in form} == {
        column.name for column in TABLES["customers"].columns if isinstance(column.dtype, pl.List) and column.name in COLUMNS
    }


@pytest.mark.parametrize("suffix", ["parquet", "csv", "xlsx"])
def test_an_export_holds_every_row_and_text_stays_text(engine: Engine, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"customers.{suffix}"
    rows = export(engine, customers(engine, {"C1": "=1+1", "C2": "王伟"}), out)  # type: ignore[arg-type]
    assert rows == 2
    assert out.stat().st_mode & 0o777 == 0o600
    if suffix == "parquet":
        assert pl.read_parquet(out).schema == schema("customers")
    elif suffix == "csv":
        frame = pl.read_csv(out, infer_schema=False)
        assert set(frame["name"]) == {"'=1+1", "王伟"}
        assert set(frame["mobile"]) == {"+8613917852046"}
    else:
        sheet = openpyxl.load_workbook(out)["data"]
        cells = {cell.value for row in sheet.iter_rows() for cell in row}
        assert {"'=1+1", "王伟", "+8613917852046"} <= cells
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert [path.name for path in tmp_path.glob("customers*")] == [out.name]


def test_an_unknown_form_says_which_there_are(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.parquet, \.csv, \.xlsx"):
        export(engine, customers(engine, {}), tmp_path / "customers.json")  # type: ignore[arg-type]


def test_only_a_csv_that_is_asked_to_begins_with_a_byte_order_mark(engine: Engine, tmp_path: Path) -> None:
    table = customers(engine, {"C1": "王伟"})
    export(engine, table, tmp_path / "plain.csv")  # type: ignore[arg-type]
    export(engine, table, tmp_path / "marked.csv", bom=True)  # type: ignore[arg-type]
    plain, marked = ((tmp_path / f"{name}.csv").read_bytes() for name in ("plain", "marked"))
    assert marked == b"\xef\xbb\xbf" + plain
    assert not plain.startswith(b"\xef\xbb\xbf")
    with pytest.raises(ExportError, match="needs none"):
        export(engine, table, tmp_path / "x.parquet", bom=True)  # type: ignore[arg-type]
