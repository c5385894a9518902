"""What a division is called: full, short, spelled with its abbreviation, and what it was called since 1980.

A *place* is one thing a word can mean: the adcode of today, its level, its own name as written in full, and the names of
all it lies or lay in. ``words()`` maps each word to its places; ``resolve`` (in :mod:`cleansing.addresses.resolving`) picks.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl

from cleansing import dictionaries, reference
from cleansing.divisions import current, history

PROVINCE_LETTERS = {
    "京": "北京市", "津": "天津市", "沪": "上海市", "渝": "重庆市", "冀": "河北省", "豫": "河南省", "云": "云南省", "滇": "云南省", "辽": "辽宁省", "黑": "黑龙江省", "湘": "湖南省", "皖": "安徽省", "鲁": "山东省",
    "苏": "江苏省", "浙": "浙江省", "赣": "江西省", "鄂": "湖北省", "桂": "广西壮族自治区", "甘": "甘肃省", "晋": "山西省", "蒙": "内蒙古自治区", "陕": "陕西省", "吉": "吉林省", "闽": "福建省", "贵": "贵州省", "黔": "贵州省",
    "粤": "广东省", "川": "四川省", "蜀": "四川省", "青": "青海省", "藏": "西藏自治区", "琼": "海南省", "宁": "宁夏回族自治区", "新": "新疆维吾尔自治区", "港": "香港特别行政区", "澳": "澳门特别行政区", "台": "台湾省",
}  # fmt: skip
NICKNAMES = {
    "内蒙": "内蒙古自治区",
    "鹏城": "深圳市",
    "呼市": "呼和浩特市",
    "哈市": "哈尔滨市",
    "乌市": "乌鲁木齐市",
    "魔都": "上海市",
    "帝都": "北京市",
    "台湾": "台湾省",
    "浦东": "浦东新区",
    "浦东区": "浦东新区",
    "香港": "香港特别行政区",
    "澳门": "澳门特别行政区",
}
# Words between a city and its districts that mean no place.
FILLERS = (
    "市辖区",
    "省直辖县级行政区划",
    "省直辖县级行政单位",
    "自治区直辖县级行政区划",
    "省直辖",
    "直辖县",
    "中国",
    "中华人民共和国",
    "中国大陆",
)
# A short district's name that is as likely a word of the street (和平 路, 新华 书店, 城关 镇) says nothing without its city.
_PEOPLES = "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|鄂温克|德昂|保安|裕固|独龙|鄂伦春|各"
_AUTONOMOUS = re.compile(f"(?<=..)(?:(?:{_PEOPLES})族?)*自治[区州县旗]$")
_KIND = re.compile("(?:特别行政区|地区|林区|特区|新区|矿区|[省市区县旗盟州])$")
NEVER_ALONE = frozenset(
    "城关 市中 市南 市北 城中 城东 城西 城北 城南 郊 矿 东 西 南 北 中 河东 河西 河北 江北 江南 新城 老城 新市 东城 西城 中原 二七 向阳 前进 东风 红旗 光明 长安 新华 和平 南山 铁西 铁东 桥东 桥西 青山 永定 昌平 文山 凤凰 金山 南湖 平安 中山 解放 人民 建设 站前 高明 南郊 北郊 东郊 西郊 城厢 西湖 东湖 南关 安定 开发 高新 宝山 太和 雨花 龙华 金水 路北 路南 道里 道外 和县 万山 龙湾 云龙 花山 华龙 东港 东海 港口 海港 临江 安源 月湖 洪山".split()  # noqa: SIM905  (names read better as words of a text)
)


@dataclass(frozen=True)
class Place:
    """One meaning of a word."""

    code: str
    level: int
    name: str
    inside: frozenset[str]
    old: bool
    short: bool
    last_year: int = 9999

    @functools.cached_property
    def cost(self) -> int:
        """How unlikely this reading is beside another that fits as well: places of today and full names first."""
        return (4 + (2050 - self.last_year) // 20 if self.old else 0) + self.short


def short_name(name: str) -> str | None:
    """The name without its kind, where two characters or more stay.

    >>> short_name("恩施土家族苗族自治州"), short_name("浦东新区"), short_name("沙县"), short_name("内蒙古自治区")
    ('恩施', '浦东', None, '内蒙古')
    """
    bare = name.removesuffix("自治区") if name == "内蒙古自治区" else _AUTONOMOUS.sub("", name)  # 蒙古 is no people's name there
    if bare == name:
        bare = _KIND.sub("", name)
    return bare if 2 <= len(bare) < len(name) else None


def words() -> dict[str, tuple[Place, ...]]:
    """Word to places, for the reference data in use."""
    return words_in(str(reference.folder()))


@functools.cache
def words_in(_folder: str) -> dict[str, tuple[Place, ...]]:
    """:func:`words` for the reference folder that is known already (asking for it takes longer than a look-up)."""
    found: dict[str, dict[tuple[str, str, bool], Place]] = defaultdict(dict)
    today = {row["adcode"]: row for row in current().iter_rows(named=True)}

    def add(word: str, code: str, level: int, name: str, inside: frozenset[str], *, old: bool, short: bool, last_year: int = 9999) -> None:
        key = (code, name, old)
        known = found[word].get(key)
        if known is not None:
            inside, short, last_year = inside | known.inside, short and known.short, max(last_year, known.last_year)
        found[word][key] = Place(code, level, name, inside, old, short, last_year)

    for code, row in today.items():
        inside = frozenset(filter(None, (row["province"], row["city"], row["district"]))) - {row["name"]}
        for word, short in _spellings(row["name"], row["level"]):
            add(word, code, row["level"], row["name"], inside, old=False, short=short)
    for row in history().filter(pl.col("level") <= 3).iter_rows(named=True):
        here = today[row["today"]]
        inside = frozenset(filter(None, (row["province"], row["city"], here["province"], here["city"], here["district"]))) - {row["name"]}
        # The same name in another province or city of its time (四川省 重庆市) is the place of today; another name is an old one.
        old = row["changed"] is not None
        level = row["level"] if old else here["level"]
        for word, short in _spellings(row["name"], row["level"]):
            add(word, row["today"], level, row["name"], inside, old=old, short=short, last_year=row["last_year"])
    for word, name in (PROVINCE_LETTERS | NICKNAMES).items():
        code = next(code for code, row in today.items() if row["name"] == name)
        inside = frozenset(filter(None, (today[code]["province"],))) - {name}
        add(word, code, today[code]["level"], name, inside, old=False, short=True)
    for word, code in _new_areas(today):
        inside = frozenset(filter(None, (today[code]["province"], today[code]["city"]))) - {today[code]["name"]}
        add(word, code, today[code]["level"], today[code]["name"], inside, old=False, short=False)
    return {word: tuple(places.values()) for word, places in found.items()}


def _new_areas(today: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Words of new_areas.csv with the adcode of the deepest division that it is sure to lie in."""
    codes = {(row["province"], row["city"], row["district"]): code for code, row in today.items()}
    listed = dictionaries.table("new_areas.csv", "word", "province", "city", "district")
    return [(word, codes[tuple(place)]) for word, *place in listed.select("word", "province", "city", "district").rows()]


def _spellings(name: str, level: int) -> list[tuple[str, bool]]:
    spelled = [(name, False)]
    short = short_name(name)
    if short:
        spelled.append((short, True))
    if level == 2 and name.endswith("自治州") and short:
        spelled.append((short + "州", False))
    if level == 1 and short and name.endswith("自治区"):
        spelled += [(short + "自治区", False), (short + "省", False)]  # 广西省 is a slip that many make
    if level == 3 and short and name.endswith(("自治县", "自治旗")):
        spelled.append((short + name[-1], False))  # 都安县
    return spelled
