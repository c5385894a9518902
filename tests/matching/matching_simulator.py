"""A small world of families, companies and cars, as cleansing would hand it to matching, with the truth.

Deliberately nasty where matching goes wrong: spouses share phone, address and car; sons have their father's surname and address; a
company's car is brought in by its contact; cars are sold to strangers; people move and change their number; salespeople
write 王先生, hear 玮 for 伟, and mistype a digit.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from pypinyin import lazy_pinyin

from engine.tables import CLEAN_RECORDS

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文辉玲红梅鑫宇浩然子轩欣怡佳雨晨思博志远海波鹏飞雪琴兰凤玉珍淑云春燕晓小东立新永福生德广玮炜韦维唯薇微惠慧会晖挥良亮梁量"
ROADS = [a + b + "路" for a in "人民中山解放建设和平胜利北京南京长江黄河" for b in "一二三四五东西南北中"]
FEMALE = set("芳娜敏静丽艳娟秀霞桂英玲红梅欣怡雪琴兰凤玉珍淑燕薇惠慧")


def simulate(persons: int, *, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(clean_records, truth: record_id, entity_id) of about ``persons`` people with four records each."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    person = household = 0
    surname_share = 1 / np.arange(2, len(SURNAMES) + 2)
    surname_share /= surname_share.sum()
    sold: list[tuple[str, str]] = []
    while person < persons:
        household += 1
        family = str(rng.choice(list(SURNAMES), p=surname_share))
        address, phone = _address(rng), _mobile(rng)
        cars = [_car(rng) for _ in range(int(rng.integers(1, 3)))]
        if sold and rng.random() < 0.1:
            cars.append(sold.pop())
        members = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.35, 0.15, 0.1]))
        for place in range(members):
            person += 1
            surname = family if place != 1 else str(rng.choice(list(SURNAMES), p=surname_share))
            given = "".join(rng.choice(list(GIVEN), size=int(rng.choice([1, 2], p=[0.25, 0.75]))))
            gender = "F" if place == 1 or (place > 1 and rng.random() < 0.5) else "M"
            own = [phone if place and rng.random() < 0.4 else _mobile(rng)]
            if not place:
                own = [phone]
            if rng.random() < 0.25:
                own.append(_mobile(rng))
            resident = f"{rng.integers(110101, 659000)}{rng.integers(1950, 2004)}{rng.integers(1, 13):02}{rng.integers(1, 29):02}{rng.integers(0, 10000):04}"
            addresses = [address] if rng.random() < 0.85 else [address, _address(rng)]
            for _ in range(1 + int(rng.poisson(3))):
                rows.append(_record(rng, person, surname, given, gender, own, resident, addresses, cars, len(rows)))
        if rng.random() < 0.1:
            sold.append(cars[0])
        if rng.random() < 0.05:  # a company with the household's phone and car
            company = f"{rng.choice(ROADS)[:2]}{''.join(rng.choice(list(GIVEN), size=2))}贸易有限公司"
            person += 1
            for _ in range(1 + int(rng.poisson(1))):
                row = _record(rng, person, family, "", "M", [phone], "", [_address(rng)], cars, len(rows))
                rows.append(
                    row
                    | {
                        "party": "organization",
                        "name": company,
                        "surname": None,
                        "given_name": None,
                        "name_pinyin": None,
                        "gender": None,
                        "id_number": None,
                        "id_type": None,
                        "birth": None,
                    }
                )
    frame = pl.DataFrame(rows, infer_schema_length=None)
    truth = frame.select("record_id", entity_id=pl.col("person").cast(pl.String))
    frame = frame.with_columns(birth_date=pl.col("birth").str.to_date("%Y%m%d", strict=False))
    clean = frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name) for name, dtype in CLEAN_RECORDS.schema.items()
    )
    return clean, truth


def _mobile(rng: np.random.Generator) -> str:
    return f"+861{rng.choice(['39', '38', '58', '86', '77'])}{rng.integers(10_000_000, 99_999_999)}"


def _car(rng: np.random.Generator) -> tuple[str, str]:
    letters = list("ABCDEFGHJKLMNPRSTUVWXYZ0123456789")
    return "LSV" + "".join(rng.choice(letters, size=14)), "沪A" + "".join(rng.choice(letters, size=5))


def _address(rng: np.random.Generator) -> dict[str, str | None]:
    return {
        "adcode": f"3101{rng.integers(1, 17):02}",
        "road": str(rng.choice(ROADS)),
        "road_no": f"{rng.integers(1, 900)}号",
        "building": str(rng.integers(1, 30)) if rng.random() < 0.7 else None,
        "unit": None,
        "room": f"{rng.integers(1, 25)}0{rng.integers(1, 6)}",
    }


def _record(
    rng: np.random.Generator, person: int, surname: str, given: str, gender: str, phones: list[str], resident: str, addresses: list[dict[str, str | None]], cars: list[tuple[str, str]], number: int) -> dict[str, object]:  # fmt: skip
    title = rng.random() < 0.1
    if given and rng.random() < 0.06:  # another character of the same sound
        place = int(rng.integers(0, len(given)))
        sound = lazy_pinyin(given[place])[0]
        alike = [letter for letter in GIVEN if lazy_pinyin(letter)[0] == sound]
        given = given[:place] + str(rng.choice(alike)) + given[place + 1 :]
    phone = str(rng.choice(phones)) if rng.random() < 0.88 else None
    if phone and rng.random() < 0.03:
        place = int(rng.integers(5, len(phone)))
        phone = phone[:place] + str((int(phone[place]) + 1 + int(rng.integers(0, 8))) % 10) + phone[place + 1 :]
    address = dict(addresses[int(rng.integers(0, len(addresses)))]) if rng.random() < 0.55 else None
    if address and rng.random() < 0.3:
        address["building"] = address["room"] = None
    vin, plate = cars[int(rng.integers(0, len(cars)))] if rng.random() < 0.6 else (None, None)
    has_id = bool(resident) and rng.random() < 0.2 and not title
    line = "上海市" + "".join(value or "" for key, value in address.items() if key != "adcode") if address else None
    return {
        "person": person,
        "record_id": f"r{rng.integers(0, 2**62):019d}-{number}",
        "party": "person",
        "name": None if title else surname + given,
        "surname": surname,
        "given_name": None if title else given,
        "name_pinyin": lazy_pinyin(surname)[0] if title else " ".join(lazy_pinyin(surname + given)),
        "gender": gender if title or has_id or rng.random() < 0.4 else None,
        "phones": [phone] if phone else [],
        "emails": [],
        "id_type": "resident_id" if has_id else None,
        "id_number": resident if has_id else None,
        "birth": resident[6:14] if has_id or rng.random() < 0.15 else None,
        "vin": vin if rng.random() < 0.8 else None,
        "plate": plate if rng.random() < 0.8 else None,
        "address": line,
        **(address or dict.fromkeys(("adcode", "road", "road_no", "building", "unit", "room"))),
    }
