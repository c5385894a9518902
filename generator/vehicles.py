"""Cars: brands with their real WMI, VINs whose check digit is right (GB 16735), plates by province and city (GA 36).

>>> vins(np.array([0]), np.array([7]), np.array([2021])).str.len_chars().to_list()
[17]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from generator.arrays import Ints, digits_of, scatter, text_of, weighted_sum


@dataclass(frozen=True)
class Series:
    """One series of cars: brand and series as dealers write them, WMI, share of sales, list price in yuan, electric or not."""

    brand: str
    series: str
    trims: tuple[str, ...]
    wmi: str
    weight: float
    price: int
    electric: bool = False


CARS: tuple[Series, ...] = (
    Series("大众", "朗逸", ("1.5L自动舒适版", "280TSI豪华版"), "LSV", 6.0, 119_900),
    Series("大众", "帕萨特", ("330TSI精英版", "380TSI豪华版"), "LSV", 3.5, 199_900),
    Series("大众", "ID.4 X", ("纯净长续航版",), "LSV", 1.5, 189_900, electric=True),
    Series("大众", "迈腾", ("330TSI豪华型", "380TSI旗舰型"), "LFV", 3.0, 206_900),
    Series("奥迪", "A4L", ("40TFSI时尚动感型", "45TFSI臻选型"), "LFV", 2.4, 321_800),
    Series("奥迪", "A6L", ("45TFSI臻选致雅型",), "LFV", 2.0, 427_900),
    Series("奥迪", "Q5L", ("40TFSI荣享时尚型",), "LFV", 1.8, 398_800),
    Series("别克", "GL8", ("ES陆尊豪华型", "艾维亚"), "LSG", 2.2, 299_900),
    Series("别克", "英朗", ("1.5L进取型",), "LSG", 3.0, 109_900),
    Series("丰田", "凯美瑞", ("2.0G豪华版", "双擎2.5HG"), "LVG", 3.2, 179_800),
    Series("丰田", "卡罗拉", ("1.2T精英版", "双擎1.8L先锋版"), "LFM", 3.8, 109_800),
    Series("本田", "雅阁", ("260TURBO精英版", "锐混动2.0L"), "LHG", 3.0, 169_800),
    Series("本田", "CR-V", ("240TURBO都市版",), "LVH", 3.0, 169_800),
    Series("日产", "轩逸", ("1.6L CVT舒享版", "e-POWER豪华版"), "LGB", 4.5, 119_000),
    Series("宝马", "3系", ("325Li M运动套装",), "LBV", 2.5, 349_900),
    Series("宝马", "5系", ("530Li领先型豪华套装",), "LBV", 2.2, 479_900),
    Series("奔驰", "C级", ("C 200 L运动版",), "LE4", 2.4, 334_800),
    Series("奔驰", "E级", ("E 300 L时尚型",), "LE4", 2.1, 489_800),
    Series("比亚迪", "秦PLUS", ("DM-i 55KM豪华型", "EV 510KM"), "LGX", 5.0, 99_800, electric=True),
    Series("比亚迪", "汉", ("EV冠军版605KM", "DM-i 121KM"), "LGX", 3.0, 209_800, electric=True),
    Series("特斯拉", "Model Y", ("后轮驱动版", "长续航全轮驱动版"), "LRW", 4.0, 263_900, electric=True),
    Series("吉利", "星瑞", ("2.0T尊贵型",), "LB3", 2.2, 126_700),
    Series("哈弗", "H6", ("1.5T自动Pro版", "2.0T Max"), "LGW", 3.2, 117_900),
    Series("长安", "CS75 PLUS", ("1.5T精英型", "2.0T旗舰型"), "LS5", 3.0, 121_900),
)

_LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPQRSTUVWXYZ", dtype=np.uint8)
_YEAR_CODES = np.frombuffer(b"ABCDEFGHJKLMNPRSTVWXY123456789", dtype=np.uint8)
_VIN_VALUES = np.zeros(128, dtype=np.int64)
for _characters, _first in (("ABCDEFGH", 1), ("JKLMN", 1), ("P", 7), ("R", 9), ("STUVWXYZ", 2), ("0123456789", 0)):
    for _place, _character in enumerate(_characters):
        _VIN_VALUES[ord(_character)] = _first + _place
_VIN_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
_VDS_ALPHABET = np.frombuffer(b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789", dtype=np.uint8)

_PLATE_PATTERNS = ("ddddd", "Ldddd", "ddddL", "dLddd", "ddLdd", "dddLd", "LLddd")
_PLATE_SIZES = np.array([24 ** p.count("L") * 10 ** p.count("d") for p in _PLATE_PATTERNS])
_ELECTRIC_HEADS = np.frombuffer(b"DABCEFGHJK", dtype=np.uint8)  # A to E without fuel, F to K with


def vins(series: Ints, serials: Ints, years: Ints) -> pl.Series:
    """VINs of cars of ``CARS[series]`` built in ``years`` (2010 to 2039); no two serials give the same."""
    count = serials.size
    codes = np.empty((count, 17), dtype=np.uint8)
    codes[:, :3] = np.array([list(car.wmi.encode()) for car in CARS], dtype=np.uint8)[series]
    body = scatter(series, 33**3, key=3)  # the series' own type code, always the same
    for place in (3, 4, 5):
        codes[:, place] = _VDS_ALPHABET[body % 33]
        body = body // 33
    scattered = scatter(serials, 23 * 33 * 10**6, key=4)
    codes[:, 6] = _VDS_ALPHABET[scattered // 10**6 % 33]
    codes[:, 7] = _VDS_ALPHABET[(years + series) % 33]
    codes[:, 8] = ord("0")
    codes[:, 9] = _YEAR_CODES[(years - 2010) % 30]
    codes[:, 10] = _VDS_ALPHABET[scattered // (33 * 10**6)]
    codes[:, 11:] = digits_of(scattered % 10**6, 6) + 48
    remainder = weighted_sum(codes, _VIN_WEIGHTS, _VIN_VALUES) % 11
    codes[:, 8] = np.where(remainder == 10, ord("X"), remainder + 48).astype(np.uint8)
    return text_of(codes)


def ordinary_plates(prefixes: pl.Series, serials: Ints) -> pl.Series:
    """Plates of five characters after the province and city; serials count within a prefix and never repeat."""
    total = int(_PLATE_SIZES.sum())
    scattered = scatter(serials, total, key=5)
    bounds = np.cumsum(_PLATE_SIZES)
    pattern = np.searchsorted(bounds, scattered, side="right")
    rest = scattered - np.r_[0, bounds[:-1]][pattern]
    is_letter = np.array([[character == "L" for character in p] for p in _PLATE_PATTERNS])[pattern]
    return prefixes + text_of(_mixed(is_letter, rest))


def electric_plates(prefixes: pl.Series, serials: Ints) -> pl.Series:
    """Plates of small new-energy cars: a letter (A to E electric, F to K hybrid) and five digits."""
    head = _ELECTRIC_HEADS[serials % _ELECTRIC_HEADS.size]
    scattered = scatter(serials // _ELECTRIC_HEADS.size, 10**5, key=6)
    return prefixes + text_of(np.column_stack([head, digits_of(scattered, 5) + 48]).astype(np.uint8))


def _mixed(is_letter: npt.NDArray[np.bool_], rest: Ints) -> npt.NDArray[np.uint8]:
    """Characters from the right: a letter takes a factor of 24 of the running number, a digit one of 10."""
    codes = np.empty(is_letter.shape, dtype=np.uint8)
    for place in range(is_letter.shape[1] - 1, -1, -1):
        base = np.where(is_letter[:, place], 24, 10)
        codes[:, place] = np.where(is_letter[:, place], _LETTERS[rest % base % 24], (rest % base + 48).astype(np.uint8))
        rest = rest // base
    return codes
