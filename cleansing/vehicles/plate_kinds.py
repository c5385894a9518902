"""Provinces and kinds of licence plates (GA 36-2018), and all that can be found of a cell, by number.

>>> outcomes()[valid("ordinary")].row(0)
('valid', 'ordinary', None, [])
>>> outcomes()[invalid("length")].row(0)
('invalid', None, 'length', ['plate_length'])
"""

from __future__ import annotations

import functools

import polars as pl

PROVINCES = {
    "京": "北京市", "津": "天津市", "冀": "河北省", "晋": "山西省", "蒙": "内蒙古自治区", "辽": "辽宁省", "吉": "吉林省", "黑": "黑龙江省",
    "沪": "上海市", "苏": "江苏省", "浙": "浙江省", "皖": "安徽省", "闽": "福建省", "赣": "江西省", "鲁": "山东省", "豫": "河南省",
    "鄂": "湖北省", "湘": "湖南省", "粤": "广东省", "桂": "广西壮族自治区", "琼": "海南省", "渝": "重庆市", "川": "四川省", "贵": "贵州省",
    "云": "云南省", "藏": "西藏自治区", "陕": "陕西省", "甘": "甘肃省", "青": "青海省", "宁": "宁夏回族自治区", "新": "新疆维吾尔自治区",
}  # fmt: skip
"""Plate character to the province's official name."""

TRADITIONAL = dict(zip("滬粵蘇閩遼魯瓊貴雲陝贛寧晉學掛領應臨試", "沪粤苏闽辽鲁琼贵云陕赣宁晋学挂领应临试", strict=True))

PROVINCE = f"[{''.join(PROVINCES)}]"
AGENCY = "[A-HJ-Z]"
SERIAL = "[A-HJ-NP-Z0-9]"
BEV, PHEV = "DABCE", "FGHJK"
KINDS = {  # the first that fits
    "ordinary": f"^{PROVINCE}{AGENCY}{SERIAL}{{5}}$",
    "nev_small_bev": f"^{PROVINCE}{AGENCY}[{BEV}]{SERIAL}[0-9]{{4}}$",
    "nev_small_phev": f"^{PROVINCE}{AGENCY}[{PHEV}]{SERIAL}[0-9]{{4}}$",
    "nev_large_bev": f"^{PROVINCE}{AGENCY}[0-9]{{5}}[{BEV}]$",
    "nev_large_phev": f"^{PROVINCE}{AGENCY}[0-9]{{5}}[{PHEV}]$",
    "police": f"^{PROVINCE}{AGENCY}{SERIAL}{{4}}警$",
    "training": f"^{PROVINCE}{AGENCY}{SERIAL}{{4}}学$",
    "trailer": f"^{PROVINCE}{AGENCY}{SERIAL}{{4}}挂$",
    "hong_kong": f"^粤Z{SERIAL}{{4}}港$",
    "macau": f"^粤Z{SERIAL}{{4}}澳$",
    "consulate": f"^{PROVINCE}{AGENCY}{SERIAL}{{4}}领$",
    "embassy": "^(?:使[0-9]{6}|[0-9]{6}使)$",
    "emergency": f"^{PROVINCE}[SX]{SERIAL}{{4}}应急$",
    "temporary": f"^(?:{PROVINCE}{AGENCY}{SERIAL}{{3,6}}[临试超]|临{PROVINCE}{AGENCY}{SERIAL}{{4,6}}|{PROVINCE}{AGENCY}临{SERIAL}{{4,5}})$",
    "armed_police": f"^WJ(?:{PROVINCE}?[0-9]{{4,5}}[A-Z0-9]?|[0-9]{{2}}[0-9A-Z]{{5}})$",
    "civil_aviation": f"^民航{AGENCY}?{SERIAL}{{4,5}}$",
    "military": "^[VKHBSLJNGCEZA][A-Z][0-9]{5}$",
}
REASONS = ("agency_letter", "province", "length", "serial", "not_a_plate", "placeholder")
EMPTY = 0
MULTIPLE = 1
_FIRST = 2


def valid(kind: str) -> int:
    """The number of a valid plate of a kind; that of a repaired one is the next."""
    return _FIRST + 2 * list(KINDS).index(kind)


def invalid(reason: str) -> int:
    """The number of a cell that is no plate, and why."""
    return _FIRST + 2 * len(KINDS) + REASONS.index(reason)


@functools.cache
def outcomes() -> pl.DataFrame:
    """status, type, reason and reasons of every outcome, in the order of its number."""
    rows: list[tuple[str, str | None, str | None, list[str]]] = [
        ("empty", None, None, []),
        ("multiple", None, "multiple", ["plate_multiple"]),
    ]
    for kind in KINDS:
        rows += [("valid", kind, None, []), ("repaired", kind, None, ["plate_repaired"])]
    rows += [("invalid", None, reason, [f"plate_{reason}"]) for reason in REASONS]
    schema: dict[str, pl.DataType] = {"status": pl.String(), "type": pl.String(), "reason": pl.String(), "reasons": pl.List(pl.String())}
    return pl.DataFrame(rows, schema=schema, orient="row").rechunk()
