"""A home after two runs over exports of every kind, in which one person stands in every way that a person can."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines.store import versions
from pipelines.store.home import Home
from tests.published import chezhu, run

NAME, PHONE, OLD_PHONE, EMAIL = "欧阳靖宇", "13917852046", "13761234590", "ouyang.jy@example.com"
VIN, PLATE, ADDRESS, RESIDENT = "LGW367Y47JM759371", "沪A7K93X", "上海市长宁区仙霞路1288弄17号603室", "310105198503124218"
FAMILY_PHONE = "02162345678"
ALONE = (NAME, PHONE, OLD_PHONE, EMAIL, VIN, PLATE, ADDRESS, RESIDENT, "+86" + PHONE, "靖宇")
"""What nobody else has. The family's landline is his wife's as well."""
OTHERS = [
    ("王小明", "13800138001"),
    ("李雪梅", "13900139002"),
    ("周国强", "18612340003"),
    ("吴桂芳", "15012340004"),
    ("郑海涛", "17712340005"),
]


def exports(inbox: Path) -> None:
    """What dealers have sent before the first run."""
    one, two = inbox / "D901", inbox / "D902"
    one.mkdir(parents=True)
    two.mkdir(parents=True)
    header = "客户编号,客户名称,手机号,固定电话,身份证号,详细地址,邮箱,建档日期\r\n"
    rows = [f"KH{n:04d},{name},{phone},,,,,2025-03-0{n}\r\n" for n, (name, phone) in enumerate(OTHERS, start=1)]
    mine = f"KH0009,{NAME},{OLD_PHONE},{FAMILY_PHONE},{RESIDENT},{ADDRESS},{EMAIL},2025-01-05\r\n"
    wife = f"KH0010,林月华,13512340010,{FAMILY_PHONE},,,,2025-01-05\r\n"
    title = f"客户档案（{NAME} 打印）\r\n"
    (one / "客户档案_1.csv").write_bytes((title + header + "".join([*rows[:3], mine, wife, *rows[3:]])).encode("gb18030"))
    later = mine.replace(OLD_PHONE, PHONE)
    (one / "客户档案_2.csv").write_bytes((header + "".join([later, later, wife, *rows])).encode("gb18030"))
    sales = "销售单号,销售日期,客户名称,手机号,车架号,车牌号,成交价,备注\n"
    sold = f"XS0001,2025-02-01,{NAME},{PHONE},{VIN},{PLATE},152300,\n"
    others = "".join(f"XS{n:04d},2025-02-0{n},{name},{phone},,,9{n}000,\n" for n, (name, phone) in enumerate(OTHERS, start=2))
    notes = f"合计,,,,,,,\n备注：{NAME} 电话 {PHONE} 补开发票,,,,,,,\n"
    (two / "销售台账.csv").write_text(sales + sold + others + notes, encoding="utf-8-sig")
    (two / "utf16.csv").write_bytes(
        (
            "试驾单号\t试驾日期\t姓名\t手机号\tVIN\nSJ1\t2025-01-20\t"
            + NAME
            + "\t"
            + PHONE
            + "\t\nSJ2\t2025-01-21\t王小明\t13800138001\t\n"
        ).encode("utf-16")
    )
    # service orders: his car brought by his wife, and her car brought by him; a row with too many fields; quotes over two lines
    orders = "维修单号,维修日期,车主,车主手机,送修人,送修人手机,车架号,车牌,维修类型,备注\n"
    repairs = (
        f'RO1,2025-06-01,{NAME},{PHONE},林月华,13512340010,{VIN},{PLATE},保养,"第一行\n第二行 {NAME}"\n'
        f"RO2,2025-07-01,林月华,13512340010,{NAME},{PHONE},LFV3A23C9J3100001,沪B12345,保养,\n"
        f"RO3,2025-07-02,{NAME},{PHONE},,,{VIN},{PLATE},保养,,,多余,列\n"
        f'RO4,2025-07-03,王小明,13800138001,,,,沪C55555,保养,"朋友 {PHONE} 推荐"\n'
    )
    with zipfile.ZipFile(two / "维修.zip", "w") as archive:
        archive.writestr("工单/维修工单.csv", (orders + repairs).encode("gb18030"))
        archive.writestr("读我.txt", f"请联系 {NAME}\n其余无误\n")
    (one / "线索.csv.gz").write_bytes(
        gzip.compress(f"留资时间,客户姓名,移动电话,意向车型\n2025-01-02,{NAME},{PHONE},H6\n2025-01-03,王小明,13800138001,H6\n".encode())
    )
    book = openpyxl.Workbook()
    page = book.active
    page.title = "回访"
    page.append(["调查编号", "回访日期", "满意度评分", "姓名", "电话"])
    page.append(["HF1", "2025-08-01", 5, NAME, int(PHONE)])
    page.append(["HF2", "2025-08-02", 4, "王小明", 13800138001])
    cover = book.create_sheet("说明")
    cover.append(["制表", f"客户 {NAME}"])
    book.save(one / "满意度.xlsx")
    pl.DataFrame(
        {
            "保单号": ["BD1", "BD2"],
            "投保日期": ["2025-02-02", "2025-02-03"],
            "客户姓名": [NAME, "李雪梅"],
            "手机号": [PHONE, "13900139002"],
            "车架号": [VIN, None],
            "保费": [3200.5, 2800.0],
        }
    ).write_parquet(two / "保险.parquet")


def second_exports(inbox: Path) -> None:
    """What came before the second run: the wife's correction, and more of his."""
    (inbox / "D901" / "客户档案_3.csv").write_bytes(
        f"客户编号,客户名称,手机号,身份证号,详细地址,邮箱,建档日期\n KH0009 ,{NAME},{PHONE},{RESIDENT},{ADDRESS},{EMAIL},2025-09-05\nKH0010,林月华,13512340011,,,,2025-09-05\n".encode()
    )


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``inbox`` and ``home`` after two runs, a decision and a review sheet. Read only."""
    folder = tmp_path_factory.mktemp("lived")
    exports(folder / "inbox")
    run(folder / "inbox", folder / "home")
    second_exports(folder / "inbox")
    run(folder / "inbox", folder / "home")
    return folder


@pytest.fixture
def copy(lived: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(lived, tmp_path / "copy")
    return tmp_path / "copy"


def customer_of(home: Path, name: str) -> str:
    """The customer of a name."""
    place = Home(home)
    manifest = versions.current(place)
    assert manifest is not None
    customers = versions.scan(place, manifest, "customers").collect()
    found = customers.filter(pl.col("name") == name)["customer_id"].to_list()
    assert len(found) == 1, f"{name} is {len(found)} customers"
    return str(found[0])


def forget(folder: Path, *words: str, kill_at: str | None = None, check: bool = True) -> object:
    """`chezhu forget` with a fixed date."""
    where = ("--home", str(folder / "home"), "--inbox", str(folder / "inbox"), "--as-of", "2026-07-01")
    return chezhu("forget", *words, *where, kill_at=kill_at, check=check)
