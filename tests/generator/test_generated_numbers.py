"""Ids, codes, VINs and plates of the world against slow, obvious checks."""

import datetime as dt
import re

import numpy as np
import phonenumbers
import pytest
from stdnum import numdb
from stdnum.cn import ric, uscc

from generator import identities, places, vehicles
from generator.dealers import build_network
from generator.names import given_pool, surname_table
from generator.sounds import given_sounds, surname_sounds
from generator.world import World, build_world

NEWER_THAN_STDNUM = {"330113", "330114"}  # 临平区 and 钱塘区 of 2021


@pytest.fixture(scope="module")
def world() -> World:
    network = build_network(dealers=12, workbooks=0.0, seed=3)
    return build_world(customers=4_000, days=700, start=dt.date(2024, 7, 1), sites=network.sites, seed=3)


def test_resident_ids_are_valid_and_unique(world: World) -> None:
    ids = world.id_number[: world.people].to_list()
    for value in ids:
        assert value[17] == ric.calc_check_digit(value)
        dt.datetime.strptime(value[6:14], "%Y%m%d")  # noqa: DTZ007
    assert len(set(ids)) == len(ids)


def test_ids_of_former_districts_are_of_people_born_while_they_were_there(world: World) -> None:
    seen = [(int(value[:6]), int(value[6:10])) for value in world.id_number[: world.people] if int(value[:6]) in places.FORMER_ID_REGIONS]
    assert len({region for region, _ in seen}) == len(places.FORMER_ID_REGIONS)
    assert all(born <= places.FORMER_ID_REGIONS[region] for region, born in seen)


def test_ids_tell_gender_and_birth(world: World) -> None:
    for place in range(0, world.people, 37):
        value = world.id_number[place]
        assert (int(value[16]) % 2 == 0) == bool(world.female[place])
        assert (dt.date(1970, 1, 1) + dt.timedelta(days=int(world.birth[place]))).strftime("%Y%m%d") == value[6:14]


def test_credit_codes_are_valid_and_unique(world: World) -> None:
    codes = world.id_number[world.people : -1].to_list()
    assert all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)


def vin_check(vin: str) -> str:
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10), *range(10)], strict=True))
    rest = sum(values[c] * w for c, w in zip(vin, [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2], strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def test_vins_are_valid_and_unique(world: World) -> None:
    vins = world.cars.vin[:-1].to_list()
    makers = {car.wmi for car in vehicles.CARS}
    for vin in vins:
        assert re.fullmatch("[A-HJ-NPR-Z0-9]{17}", vin)
        assert vin[8] == vin_check(vin)
        assert vin[:3] in makers
    assert len(set(vins)) == len(vins)


def test_plates_are_well_formed_and_unique(world: World) -> None:
    plates = world.cars.plate[:-1].to_list()
    ordinary = re.compile("[\u4e00-\u9fff][A-Z][A-HJ-NP-Z0-9]{5}")
    electric = re.compile("[\u4e00-\u9fff][A-Z][A-HJ-K][0-9]{5}")
    wants = np.array([car.electric for car in vehicles.CARS])[world.cars.series][world.cars.car]
    for plate, is_electric in zip(plates, wants.tolist(), strict=True):
        assert (electric if is_electric else ordinary).fullmatch(plate)
    assert len(set(plates)) == len(plates)


def test_phones_belong_to_one_person(world: World) -> None:
    every, lines = world.numbers[: world.first_line].to_list(), world.numbers[world.first_line : -1].to_list()
    assert all(re.fullmatch("1[3-9][0-9]{9}", phone) for phone in every)
    assert all(re.fullmatch("0[0-9]{2,3}-[2-8][0-9]{6,7}", line) for line in lines)
    assert len(set(every)) == len(every)
    changed = world.phone_new != world.phone
    given = np.r_[world.phone, world.phone_new[changed], world.phone_second[world.phone_second >= 0], world.landline[world.landline >= 0]]
    assert sorted(given) == list(range(len(every) + len(lines))), "each number belongs to somebody, and to nobody else"


def test_district_codes_are_those_of_gb_2260() -> None:
    known = numdb.get("cn/loc")
    for code, district, province in places.district_table().select("adcode", "district", "province").iter_rows():
        facts = dict(item for _, info in known.info(code) for item in info.items())
        assert facts["province"] == province
        if code not in NEWER_THAN_STDNUM and district != "东莞市":
            assert district in facts["county"]


def test_former_names_belong_to_their_districts() -> None:
    districts = {row["adcode"]: (row["district"], row["city"]) for row in places.district_table().iter_rows(named=True)}
    for adcode, today, _ in places.former_names().iter_rows():
        assert today in districts[adcode]


def test_sounds_agree_with_pypinyin() -> None:
    from pypinyin import Style, pinyin

    for character, sound in given_sounds().items():
        assert sound in pinyin(character, style=Style.TONE3, heteronym=True)[0]
    assert set(surname_sounds()) == set(surname_table()["surname"])
    assert {c for gender in "MF" for decade in (1940, 1980, 2000) for name in given_pool(gender, decade)[0] for c in name} <= set(
        given_sounds()
    )


def test_families_share_surname_landline_and_home(world: World) -> None:
    house = world.household[: world.people]
    children = np.flatnonzero((house[2:] == house[:-2]) & (house[1:-1] == house[:-2])) + 2
    same = [
        world.surname[int(c)] in {world.surname[int(c) - 1], world.surname[int(c) - 2], world.surname[int(c) - 3]} for c in children[:300]
    ]
    assert np.mean(same) > 0.95


def test_landlines_are_numbers_of_their_city() -> None:
    codes = places.city_table()["area_code"]
    each = 50
    lines = identities.landlines(codes.repeat_by(each).list.explode(), np.arange(codes.len() * each))
    for line in lines:
        area, subscriber = line.split("-")
        assert "2" <= subscriber[0] <= "7", line  # 1 begins services and mobiles, 0 a trunk, 8 and 9 what is not given out everywhere
        assert phonenumbers.is_valid_number(phonenumbers.parse(area + subscriber, "CN")), line


def test_numbering_plan_that_runs_out_says_so() -> None:
    with pytest.raises(Exception, match="fewer customers"):
        identities.landlines(places.city_table()["area_code"].head(1), np.array([10**9]))
