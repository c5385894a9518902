"""A start from what exists: the CRM's own ids are kept, later ones are aliases, hostile ones are told; its corrections win by their own trust."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.identity import resolve_id
from pipelines.store import versions
from pipelines.store.home import Home
from tests.published import chezhu, run, tables

HEADER = ("CRM编号", "姓名", "手机", "证件号码", "邮箱", "更新日期")
OURS = "CABCDEFGHIJKLMNOP"
HOSTILE = ("=cmd|' /C calc'!A0", "9" * 500, "", "x\u202etxt", "@SUM(1)")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Exports of dealers, and the persons that a run without a CRM finds in them."""
    folder = tmp_path_factory.mktemp("crm")
    chezhu("generate", "--out", str(folder), "--rows", "1500", "--dealers", "3", "--seed", "31")
    for path in list((folder / "inbox").rglob("*")):
        if path.is_file() and "crm" in path.name.lower():
            path.unlink()
    run(folder / "inbox", folder / "first")
    golden = tables(folder / "first")["customers"].sort("customer_id")
    known = (pl.col("party") == "person") & pl.col("id_number").is_not_null() & pl.col("mobile").is_not_null() & (pl.col("records") > 3)
    return folder, golden.filter(known).to_dicts()


def crm(folder: Path, name: str, rows: list[tuple[str, dict[str, Any]]], *, email: dict[str, str] | None = None) -> None:
    path = folder / "inbox" / "HQ" / f"CRM客户 {name}.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file)
        write.writerow(HEADER)
        for key, person in rows:
            mail = (email or {}).get(key, person["email"] or "")
            write.writerow((key, person["name"], person["mobile"].removeprefix("+86"), person["id_number"], mail, "2026-06-01"))


def resolved(home: Path, name: str) -> str:
    place = Home(home)
    manifest = versions.current(place)
    assert manifest is not None
    with DuckDBEngine(memory_limit="1GB") as engine:
        return resolve_id(engine, crosswalk=versions.read(place, engine, manifest, "crosswalk"), customer_id=name)


def holder(home: Path, person: dict[str, Any]) -> str:
    return str(tables(home)["customers"].filter(pl.col("id_number") == person["id_number"])["customer_id"].item())


def test_the_way_of_an_id(exports: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, persons = exports
    home = folder / "home"
    assert len(persons) > 20, "too few persons to test anything"
    hostile = list(zip(HOSTILE, persons[10:], strict=False))
    first = [("CRM-0001", persons[0]), ("8812/7", persons[1]), (OURS, persons[2]), ("B-2", persons[3]), ("A-1", persons[3]), *hostile]
    crm(folder, "20260601", first)
    done = run(folder / "inbox", home)
    assert "ids of the CRM are not kept" in done.stdout
    for said in ("2 begins like a spreadsheet formula", "1 longer than 64 characters", "1 has characters that are no letters"):
        assert said in done.stdout
    assert [holder(home, person) for person in persons[:4]] == ["CRM-0001", "8812/7", OURS, "A-1"]
    assert resolved(home, "B-2") == "A-1"
    assert {name for name in tables(home)["crosswalk"]["customer_id"] if name in HOSTILE} == set()
    assert all(holder(home, person).startswith("C") for _, person in hostile)
    events = tables(home)["identity_events"].filter(pl.col("kind") == "merged")
    assert events.select("customer_id", "other_customer_id").rows() == [("B-2", "A-1")]

    late, old = persons[5], holder(home, persons[5])
    corrected = persons[0] | {"email": None}
    second = [("CRM-0001", corrected), *first[1:], ("LATE-1", late), ("CQQQQQQQQQQQQQQQQ", persons[6])]
    crm(folder, "20260602", second, email={"CRM-0001": "right@crm-says.cn"})
    done = run(folder / "inbox", home)
    assert "1 has the form of an id of ours" in done.stdout
    assert "of known records changed customer" in done.stdout
    assert holder(home, late) == old
    assert resolved(home, "LATE-1") == old
    golden = tables(home)["customers"].filter(pl.col("customer_id") == "CRM-0001").row(0, named=True)
    assert golden["email"] == "right@crm-says.cn"
    assert "CQQQQQQQQQQQQQQQQ" not in set(tables(home)["crosswalk"]["customer_id"])
    quality = tables(home)["quality_history"].filter(pl.col("table") == "crosswalk", pl.col("measure").str.starts_with("id_churn:"))
    assert set(quality["measure"]) == {"id_churn:records_moved", "id_churn:customers_merged", "id_churn:customers_retired"}
    assert (quality["value"] < 0.05).all()
    manifest = versions.current(Home(home))
    assert manifest is not None
    assert isinstance(manifest.run["churn"], dict)
    assert manifest.run["churn"]["records"] > 1_000


def test_other_rules_of_survivorship_are_a_setting(exports: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    wrong = tmp_path / "rules.yaml"
    wrong.write_text("order: [trust, luck]\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHEZHU_SURVIVORSHIP", str(wrong))
        done = run(exports[0] / "inbox", tmp_path / "home", check=False)
    assert done.returncode == 1
    assert f"{wrong}:1" in done.stderr
    assert "order: 1: 'luck' is not 'trust'" in done.stderr
