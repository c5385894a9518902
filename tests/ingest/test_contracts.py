"""Contracts: the project's own are sound; a mistake names its file and line; the digest follows the meaning."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.ingest.contracts import ContractError, Contracts, load
from pipelines.ingest.headers import find_layout
from pipelines.ingest.reasons import REASONS, RefusedError
from pipelines.ingest.words import all_words

FOLDER = Path(__file__).parents[2] / "data" / "contracts"
SOURCES = {
    "sale",
    "service",
    "lead",
    "test_drive",
    "call_center",
    "web",
    "survey",
    "complaint",
    "customer",
    "insurance",
    "parts",
    "campaign",
    "opt_out",
    "crm",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "contracts"))


def test_every_source_has_its_contract(contracts: Contracts) -> None:
    assert set(contracts.by_source) == SOURCES
    assert {name for name, contract in contracts.by_source.items() if contract.snapshot} == {"customer", "crm"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("snapshot: false", "snapshot: maybe", "sale.yaml:3: snapshot: "),
        ("buyer: {main: true", "buyer: {main: false", "sale.yaml:2: roles: exactly one role must be main"),
        ("  contact: {vehicle: false}", "  friend: {vehicle: false}", "sale.yaml:10: roles: friend: "),
        ("key: [", "kee: [x]\nkey: [", "sale.yaml:5: kee: is no name that is known here"),
        ("snapshot: false", "snapshot: false\nsnapshot: true", "sale.yaml:4: snapshot: written twice"),
        ("names: [", "names: [[", "sale.yaml:"),
        ("source: sale", "source: service", "a contract already"),
    ],
)
def test_a_mistake_names_file_and_line(folder: Path, old: str, new: str, told: str) -> None:
    file = folder / "sale.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load(folder)
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    for name in ("sale", "service"):
        (folder / f"{name}.yaml").write_text("source: x\n", encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load(folder)
    assert {"sale.yaml:1", "service.yaml:1"} <= {
        line.split("/")[-1].rsplit(": ", 2)[0].split(": ")[0] for line in str(caught.value).splitlines()
    }


def test_a_missing_vocabulary_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"vocabulary.yaml:1: not found"):
        load(tmp_path)


def test_the_digest_changes_with_meaning_not_with_comments(folder: Path, contracts: Contracts) -> None:
    file = folder / "sale.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text("# a comment\n" + text, encoding="utf-8")
    assert load(folder).digest == contracts.digest
    file.write_text(text.replace("names: [销售,", "names: [销售吧,", 1), encoding="utf-8")
    assert load(folder).digest != contracts.digest


def test_reasons_are_complete() -> None:
    assert all(reason.zh and reason.en and reason.advice and reason.code == code for code, reason in REASONS.items())


LAYOUTS = [
    (
        ["工单号", "车主", "车主手机", "送修人", "送修人电话", "进厂日期", "结算金额(元)"],
        "x",
        "service",
        {("owner", "phone"), ("sender", "phone"), ("", "amount")},
    ),
    (
        ["電話（車主）", "車主姓名", "車牌號碼", "工單號", "進廠日期"],
        "x",
        "service",
        {("owner", "phone"), ("owner", "name"), ("", "plate"), ("", "key")},
    ),
    (["车主", "电话", "送修人", "电话", "进厂日期"], "x", "service", {("owner", "phone"), ("sender", "phone")}),
    (["客户名称", "手机", "联系人", "联系电话", "合同号", "成交价"], "x", "sale", {("buyer", "phone"), ("contact", "phone")}),
    (["客户名称", "联系人", "联系电话", "合同号", "成交价"], "x", "sale", {("buyer", "phone"), ("contact", "phone")}),
    (
        ["Customer Name", "Mobile No.", "RO No.", "Check-in Date", "Plate No."],
        "x",
        "service",
        {("owner", "name"), ("owner", "phone"), ("", "event_date")},
    ),
    (["Ｖ Ｉ Ｎ 码", "车 主", "手 机", "开单日期"], "x", "service", {("", "vin"), ("owner", "name")}),
    (["手机号码"], "退订名单", "opt_out", {("customer", "phone")}),
    (["姓名", "手机", "地址"], "客户档案", "customer", {("customer", "address")}),
    (["投诉人", "联系方式", "投诉内容", "投诉日期", "车架号"], "x", "complaint", {("customer", "name"), ("", "remark")}),
    (
        ["被保险人", "投保人", "保单号", "保费", "车牌号", "联系电话"],
        "x",
        "insurance",
        {("customer", "name"), ("payer", "name"), ("", "amount")},
    ),
]


@pytest.mark.parametrize(("headers", "hint", "source", "columns"), LAYOUTS)
def test_headers_find_their_source_roles_and_fields(
    contracts: Contracts, headers: list[str], hint: str, source: str, columns: set[tuple[str, str]]
) -> None:
    layout, _ = find_layout([headers], contracts, [hint])
    assert layout.contract.source == source
    assert columns <= {(column.role, column.field) for column in layout.columns}
    assert not layout.unknown


def test_columns_in_another_order_mean_the_same(contracts: Contracts) -> None:
    headers = ["工单号", "车主", "车主手机", "送修人", "送修人电话", "进厂日期", "结算金额"]
    forward, _ = find_layout([headers], contracts, ["x"])
    backward, _ = find_layout([headers[::-1]], contracts, ["x"])
    assert {(c.header, c.role, c.field) for c in forward.columns} == {(c.header, c.role, c.field) for c in backward.columns}


def test_the_dealers_own_people_are_no_customers(contracts: Contracts) -> None:
    layout, _ = find_layout([["工单号", "车主", "服务顾问", "经办人", "车牌号", "进厂日期", "奇怪的列"]], contracts, ["x"])
    assert {column.field for column in layout.columns if column.header in {"服务顾问", "经办人"}} == {"known"}
    assert layout.unknown == ("奇怪的列",)


def test_a_list_of_phones_is_no_opt_out_unless_something_says_so(contracts: Contracts) -> None:
    with pytest.raises(RefusedError) as caught:
        find_layout([["手机号码"]], contracts, ["名单"])
    assert caught.value.reason in {"no_contract", "no_header"}


def test_every_word_of_a_contract_means_one_thing(contracts: Contracts) -> None:
    for words in all_words(contracts).by_source:
        for header in words.contract.key:
            meaning = words.meaning(header)
            assert meaning is not None
            assert meaning.field == "key"
