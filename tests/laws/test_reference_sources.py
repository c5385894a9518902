"""Reference sources in whole runs: what they fill stands in the published tables with its provenance, and increments end as runs over everything do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import CAME
from tests.published import chezhu, run_on, send, tables

REGISTER = """
name: register
file: register.csv
trust: 8
date: 更新日期
keys: [[id_number], [name, phone]]
columns: {id_number: 证件号码, name: 姓名, phone: 手机, email: 邮箱, address: 地址}
fields: {name: update, email: fill, address: update}
"""
CALLS = """
name: calls
file: calls.csv
trust: 9
date: 通话日期
keys: [[phone]]
columns: {phone: 号码}
fields: {phone: verify}
verdict: {column: 结果, right: [本人], wrong: [空号]}
"""
POST = """
name: post
file: post.csv
trust: 9
date: 2026-06-01
keys: [[adcode]]
columns: {province: 省, city: 市, district: 区, postcode: 邮编}
fields: {postcode: fill}
"""
HOUSE = "上海市静安区南京西路1266号"


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home after a run without sources, one with them, and one that takes only what changed; and one whose last run went over everything."""
    folder = tmp_path_factory.mktemp("sources")
    chezhu("generate", "--out", str(folder / "made"), "--rows", "2600", "--dealers", "5", "--seed", "31", "--workbooks", "0")
    inbox, quick, slow = folder / "inbox", folder / "quick", folder / "slow"
    sent = sorted(path for path in (folder / "made" / "inbox").rglob("*") if path.is_file())
    send([path for place, path in enumerate(sent) if place % 12], inbox, folder)
    run_on(inbox, quick, days=0, increments=True)
    _write(quick / "reference", tables(quick)["customers"])
    run_on(inbox, quick, days=1, increments=True)
    shutil.copytree(quick, slow)
    send([path for place, path in enumerate(sent) if place % 12 == 0], inbox, folder)
    run_on(inbox, quick, days=2, increments=True)
    run_on(inbox, slow, days=2, increments=False)
    return quick, slow


def _write(folder: Path, golden: pl.DataFrame) -> None:
    """A register that knows every third person by number or by name and phone, calls about every fifth phone, and postcodes of districts."""
    folder.mkdir()
    for name, text in (("register", REGISTER), ("calls", CALLS), ("post", POST)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    people = golden.filter((pl.col("party") == "person") & pl.col("mobile").is_not_null() & pl.col("name").is_not_null()).sort(
        "customer_id"
    )
    rows: list[dict[str, Any]] = people.to_dicts()
    lines = ["证件号码,姓名,手机,邮箱,地址,更新日期"]
    for place, row in enumerate(rows[::3]):
        mail = "nothing at all" if place % 7 == 0 else f"reg{place}@mail.cn"
        number = row["id_number"] or ""
        lines.append(f"{number},{row['name']},{row['mobile'][3:]},{mail},{HOUSE if place % 4 == 0 else ''},2026-06-20")
        if place % 11 == 0:
            lines.append(f"{number},{row['name']},{row['mobile'][3:]},other{place}@mail.cn,,2026-06-20")
    (folder / "register.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    calls = [f"{row['mobile'][3:]},{'空号' if place % 2 else '本人'},2026-06-25" for place, row in enumerate(rows[::5])]
    (folder / "calls.csv").write_text("\n".join(["号码,结果,通话日期", *calls]) + "\n", encoding="utf-8")
    places = golden.filter(pl.col("district").is_not_null()).select("province", "city", "district").unique().sort("district").rows()
    post = [f"{province},{city},{district},{200000 + n}" for n, (province, city, district) in enumerate(places)]
    (folder / "post.csv").write_text("\n".join(["省,市,区,邮编", *post]) + "\n", encoding="utf-8")


def test_increments_end_as_runs_over_everything(homes: tuple[Path, Path]) -> None:
    quick, slow = (tables(home) for home in homes)
    for name, frame in slow.items():
        assert_frame_equal(quick[name], frame)
    changed = versions.load(Home(homes[0]), 3).tables["match_keys"]
    assert any(entry.bucket == CAME for entry in changed), "the last night was an increment"


def test_every_outcome_happened_and_is_counted(homes: tuple[Path, Path]) -> None:
    found = tables(homes[0])
    told = found["reference_values"]
    assert set(told["outcome"]) == {"filled", "updated", "struck", "confirmed", "kept", "invalid", "ambiguous"}
    quality = found["quality_history"].filter((pl.col("table") == "reference_values") & (pl.col("as_of") == pl.col("as_of").max()))
    counted = {(field, measure): value for field, measure, value in quality.select("field", "measure", "value").iter_rows()}
    rows = told.group_by("field", measure=pl.format("{}:{}", "outcome", "source")).len().iter_rows()
    assert counted == {(field, measure): float(n) for field, measure, n in rows}


def test_what_was_taken_stands_in_the_golden_record(homes: tuple[Path, Path]) -> None:
    found = tables(homes[0])
    taken = found["reference_values"].filter(pl.col("outcome").is_in(["filled", "updated"]))
    golden = {row["customer_id"]: row for row in found["customers"].to_dicts()}
    for row in taken.to_dicts():
        customer = golden[row["customer_id"]]
        value = customer["phones"][0] if row["field"] == "phone" else customer[row["field"]]
        assert value == row["new_value"]
        shown = {"phone": {"mobile", "phones"}}.get(row["field"], {row["field"]})
        (why,) = (entry for entry in customer["provenance"] if entry["field"] in shown)
        assert (why["rule"], why["record_id"], why["runner_up"]) == (f"reference:{row['source']}", row["record_id"], row["old_value"])
    for row in found["reference_values"].filter(pl.col("outcome") == "struck").to_dicts():
        assert row["old_value"] not in golden[row["customer_id"]]["phones"]


def test_an_address_of_a_source_is_a_way_by_post(homes: tuple[Path, Path]) -> None:
    found = tables(homes[0])
    moved = found["customers"].filter(pl.col("address") == HOUSE).join(found["customer_profile"], on="customer_id")
    assert moved.height
    assert moved["reach_post"].all()


def test_other_sources_are_a_reason_for_a_run_and_without_them_nothing_is_left(homes: tuple[Path, Path], tmp_path: Path) -> None:
    home = Path(shutil.copytree(homes[0], tmp_path / "home"))
    words = ("run", "--inbox", str(homes[0].parent / "inbox"), "--home", str(home), "--as-of", "2026-07-02")
    assert "Nothing new" in chezhu(*words).stdout
    shutil.rmtree(home / "reference")
    assert "with other reference sources" in chezhu(*words).stderr
    found = tables(home)
    assert found["reference_values"].is_empty()
    assert found["reference_matches"].is_empty()
    rules = found["customers"]["provenance"].explode(empty_as_null=False).struct.field("rule")
    assert not rules.str.starts_with("reference:").any()


def test_who_is_forgotten_is_still_in_the_sources_and_the_proof_says_in_which_rows(homes: tuple[Path, Path]) -> None:
    told = tables(homes[0])["reference_values"]
    register = told.filter(pl.col("source") == "register", pl.col("outcome") == "filled")
    customer = register.join(told.filter(pl.col("source") == "post"), on="customer_id", how="semi")["customer_id"][0]
    words = ("forget", customer, "--dry-run", "--home", str(homes[0]), "--inbox", str(homes[0].parent / "inbox"))
    known = told.filter(pl.col("customer_id") == customer, pl.col("source") != "post")["record_id"].unique()
    assert json.loads(chezhu(*words, "--json").stdout)["reference_rows"] == sorted(name.removeprefix("reference:") for name in known)
    assert "reference source   register:" in chezhu(*words).stdout


def test_a_mistake_in_a_source_is_told_before_anything_runs(homes: tuple[Path, Path], tmp_path: Path) -> None:
    wrong = tmp_path / "calls.yaml"
    wrong.write_text(CALLS.replace("phone: verify", "phone: believe"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHEZHU_REFERENCE_SOURCES", str(tmp_path))
        done = chezhu("run", "--inbox", str(homes[0].parent / "inbox"), "--home", str(tmp_path / "home"), check=False)
    assert done.returncode == 1
    assert f"{wrong}:8: fields: phone: 'believe' is not 'fill', 'update' or 'verify'" in done.stderr
