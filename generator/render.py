"""From rows of numbers to text: people as they are on the day of the row, cars, amounts; then the errors.

A chunk holds the rows of some dealers. People are rendered once for all rows and roles of the chunk, so that the cost of an
error is that of the cells it strikes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.activity import ROLES, Activity
from generator.arrays import Flags, Ints, chance, pick, put, rank_within, rng_of, take
from generator.damage_people import Context, damage_people
from generator.damage_rows import damage_rows
from generator.dealers import SOURCES, Network, key_head
from generator.errors import Breaker, habits
from generator.identities import mobiles
from generator.places import district_table
from generator.vehicles import CARS
from generator.world import World

TEST_PEOPLE = ("测试", "测试客户", "test", "测试1", "test001", "张三测试", "TEST", "系统测试")
TEST_PHONES = ("13800138000", "11111111111", "13900000000", "12345678901", "13888888888")


@dataclass(frozen=True)
class Chunk:
    """Text of the rows and people of some dealers, with errors, before a dealer's layout is laid over them.

    ``rows``: dealer, source, day, key and the row's own fields. ``people``: row (position in ``rows``), role, dealer, source, entity and the
    person's fields; sorted by dealer, source, role, row. ``errors``: row, role (null: the row's own), error.
    """

    rows: pl.DataFrame
    people: pl.DataFrame
    errors: pl.DataFrame
    expected: dict[str, float]


def render(world: World, network: Network, activity: Activity, *, level: str, seed: int, number: int) -> Chunk:
    """The chunk of these rows (all of whole dealers). ``number`` tells chunks apart for the seed."""
    rng = rng_of(seed, 6, number)
    manners = habits(rng_of(seed, 7), len(network.dealers))
    rows = _rows(world, activity, rng)
    row, role, entity = _who(network, activity)
    row_breaker = Breaker(rng, level, manners, activity.dealer)
    tests = row_breaker.draw("test_record", np.ones(len(activity), dtype=np.bool_))
    row_breaker.note("test_record", tests)
    rows = damage_rows(rows, row_breaker)
    people_breaker = Breaker(rng, level, manners, activity.dealer[row])
    people = _people(world, network, activity, row, role, entity, people_breaker)
    people = _with_tests(people, tests, len(activity), rng)
    errors = pl.concat([_log(row_breaker, None, None), _log(people_breaker, row, role)])
    return Chunk(rows, people, errors, row_breaker.expected | people_breaker.expected)


def _log(breaker: Breaker, row: Ints | None, role: Ints | None) -> pl.DataFrame:
    schema = {"row": pl.Int64, "role": pl.Int64, "error": pl.Int64}
    frames = [
        pl.DataFrame({"row": where if row is None else row[where], "role": np.full(where.size, -1) if role is None else role[where], "error": np.full(where.size, number)}, schema=schema)
        for number, where in breaker.log
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _rows(world: World, a: Activity, rng: np.random.Generator) -> pl.DataFrame:
    size = len(a)
    codes = {source: code for code, source in enumerate(SOURCES)}
    heads = take(pl.Series([key_head(source) for source in SOURCES]), a.source)
    serial = rank_within(a.dealer * len(SOURCES) + a.source)
    key = heads + pl.Series(serial + 1 + (a.dealer + 1) * 10_000_000).cast(pl.String)
    car = np.where(a.spell >= 0, world.car[np.maximum(a.spell, 0)], -1)
    thing = np.where(car >= 0, world.series[np.maximum(car, 0)], pick(rng, [c.weight for c in CARS], size))
    trims = pl.Series([f"{c.series} {trim}" if way else c.series for c in CARS for way, trim in ((0, ""), (1, c.trims[0]))])
    price = np.array([c.price for c in CARS])[thing]
    selling = a.source == codes["sale"]
    insured = a.source == codes["insurance"]
    amount = np.where(selling, price * (0.88 + 0.12 * rng.random(size)), np.where(insured, 2200 + price * 0.014 * rng.random(size), np.exp(rng.normal(6.6, 0.9, size))))
    age = np.maximum(a.day - np.where(a.spell >= 0, world.begin[np.maximum(a.spell, 0)], a.day), 0)
    mileage = (age * (18 + 40 * _fraction(a.spell)) + rng.integers(5, 400, size)).astype(np.int64)
    kinds, first_kind, kind_count = _kind_table()
    remarks = pl.Series(("客户要求尽快联系", "已电话确认", "老客户", "等待配件", "客户对价格有异议", "需要发票", "周末到店", "推荐亲友", "赠送保养一次", "无异响"))
    campaigns = pl.Series(("汽车之家", "懂车帝", "易车", "抖音", "微信公众号", "车展", "到店", "老客户转介绍", "官网", "春季购车节"))
    answers = pl.Series(("已接通", "未接", "有意向", "无意向", "已到店", "已成交", "拒绝"))
    advisors = pl.Series(("李顾问", "王强", "赵敏", "陈工", "刘洋", "周婷"))
    cell = rng.random((5, size), dtype=np.float32)
    return pl.DataFrame(
        {
            "dealer": a.dealer, "source": a.source, "day": a.day, "key": key,
            "kind": take(kinds, first_kind[a.source] + (cell[0] * kind_count[a.source]).astype(np.int64)),
            "vin": take(world.vin, car),
            "plate": take(world.plate, a.spell),
            "brand": take(pl.Series([c.brand for c in CARS]), thing),
            "model": take(trims, thing * 2 + (cell[1] < 0.5)),
            "amount": pl.Series(np.round(amount, 2)),
            "mileage": pl.Series(mileage).cast(pl.String),
            "satisfaction": take(pl.Series(["5", "4", "5", "3", "4", "5", "2", "1"]), (cell[2] * 8).astype(np.int64)),
            "campaign": take(campaigns, (cell[2] * len(campaigns)).astype(np.int64)),
            "cost": pl.Series((cell[3] * 380 + 20).astype(np.int64)).cast(pl.String),
            "response": take(answers, (cell[3] * len(answers)).astype(np.int64)),
            "remark": take(remarks, np.where(cell[4] < 0.35, (cell[4] / 0.35 * len(remarks)).astype(np.int64), -1)),
            "advisor": take(advisors, (cell[1] * len(advisors)).astype(np.int64)),
        }
    ).with_columns(plate=pl.when(selling_plateless(a, selling, rng)).then(None).otherwise(pl.col("plate")))  # fmt: skip


def selling_plateless(a: Activity, selling: Flags, rng: np.random.Generator) -> pl.Series:
    """Half of the cars have no plate yet on the day of the sale."""
    return pl.Series(selling & chance(rng, 0.5, len(a)))


_KINDS = {
    "sale": ("新车", "新车", "新车", "二手车"),
    "service": ("保养", "保养", "首保", "维修", "一般维修", "事故维修", "索赔", "钣喷"),
    "insurance": ("商业险", "交强险", "交强险+商业险"),
    "lead": ("H级", "A级", "B级", "C级", "战败"),
    "test_drive": ("到店试驾", "上门试驾"),
    "customer": ("基盘客户", "潜在客户", "保有客户"),
    "call_center": ("咨询", "预约", "救援", "投诉", "回访"),
    "survey": ("售后三日回访", "销售七日回访"),
    "complaint": ("服务态度", "维修质量", "产品质量", "价格", "等待时间"),
    "opt_out": ("短信", "电话", "微信", "全部"),
}


def _kind_table() -> tuple[pl.Series, Ints, Ints]:
    counts = np.array([len(_KINDS[source]) for source in SOURCES])
    return pl.Series([kind for source in SOURCES for kind in _KINDS[source]]), np.r_[0, np.cumsum(counts)[:-1]], counts


def _fraction(numbers: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A number between 0 and 1 that is always the same for the same input: how much this car is driven."""
    return (numbers * 2_654_435_761 % 2**32) / 2**32


def _who(network: Network, a: Activity) -> tuple[Ints, Ints, Ints]:
    """One element per person a row's layout names: position of the row, role, entity; by dealer, source, role, row."""
    rows: list[Ints] = []
    roles: list[Ints] = []
    entities: list[Ints] = []
    bounds = np.flatnonzero(np.r_[True, (np.diff(a.dealer) != 0) | (np.diff(a.source) != 0), True])
    for start, stop in zip(bounds[:-1], bounds[1:], strict=True):
        layout = network.dealers[a.dealer[start]].layouts[SOURCES[a.source[start]]]
        for place, role in enumerate(layout.roles):
            who = a.main[start:stop] if place == 0 else getattr(a, role)[start:stop]
            named = np.flatnonzero(who >= 0)
            rows.append(start + named)
            roles.append(np.full(named.size, ROLES.index(role)))
            entities.append(who[named])
    return np.concatenate(rows), np.concatenate(roles), np.concatenate(entities)


def _people(world: World, network: Network, a: Activity, row: Ints, role: Ints, entity: Ints, breaker: Breaker) -> pl.DataFrame:
    rng = breaker.rng
    day, dealer, source = a.day[row], a.dealer[row], a.source[row]
    layouts = _Layouts.of(network)
    key = dealer * len(SOURCES) + source
    has = layouts.fields
    main = role == layouts.main[key]
    phone, landline = _phones(world, entity, day, rng)
    address = np.where(day >= world.move_day[world.household[entity]], world.address_new[world.household[entity]], world.address[world.household[entity]])
    shown = has["address"][key] & (main | (role == ROLES.index("owner")))
    address = np.where(shown, address, -1)
    everyone = np.ones(row.size, dtype=np.bool_)
    style = np.zeros(row.size, dtype=np.int64)
    struck = breaker.draw("address_style", shown)
    breaker.note("address_style", struck)
    style[struck] = rng.integers(1, len(world.addresses.details), struck.size)
    detail = take(world.addresses.details[0], address)
    for number in range(1, len(world.addresses.details)):
        here = np.flatnonzero(shown & (style == number))
        detail = put(detail, here, take(world.addresses.details[number], address[here]))
    districts = district_table()
    district = np.where(address >= 0, world.addresses.district[np.maximum(address, 0)], -1)
    city_only = has["city"][key] & ~has["address"][key] & main
    here = world.addresses.district[np.where(day >= world.move_day[world.household[entity]], world.address_new[world.household[entity]], world.address[world.household[entity]])]
    district_name = take(districts["district"], district)
    city_name = take(districts["city"], np.where(city_only, here, district))
    district_name = district_name.set(district_name == "东莞市", None)
    company = entity >= world.people

    def when(field: str, values: pl.Series) -> pl.Series:
        return values.zip_with(pl.Series(has[field][key] & (main | (role == ROLES.index("owner")))), pl.Series([None], dtype=values.dtype))

    people = pl.DataFrame(
        {
            "row": row, "role": role, "dealer": dealer, "source": source, "entity": entity,
            "name": take(world.name, entity), "phone": phone, "phone2": when("phone2", landline),
            "id_number": when("id_number", take(world.id_number, entity)),
            "province": take(districts["province"], district), "city": city_name, "district": district_name, "detail": detail,
            "postcode": when("postcode", take(world.addresses.postcode, address)),
            "email": when("email", take(world.email, entity)),
            "gender": when("gender", take(pl.Series(["男", "女"]), np.where(company, -1, world.female[entity].astype(np.int64)))),
            "birth_date": when("birth_date", pl.Series(np.where(company, -1, world.birth[entity]).astype(np.int32)).set(pl.Series(company), None).cast(pl.Date)),
        }
    )  # fmt: skip
    relative = world.relative[entity]
    known = np.where((relative >= 0) & ~company, relative, -1)
    main_of_row = np.full(len(a), -1, dtype=np.int64)
    main_of_row[row[main]] = entity[main]
    car_shown = (a.spell[row] >= 0) & (has["vin"][key] | has["plate"][key])
    context = Context(
        role=take(pl.Series(ROLES), role), company=company, main=main, same=~main & (main_of_row[row] == entity),
        spreadsheet=layouts.spreadsheet[dealer], one_cell=has["one_cell"][key], evidence=everyone & ((address >= 0) | car_shown),
        female=world.female[entity], surname=take(world.surname, entity),
        relative_phone=take(world.phone, known), second_phone=take(world.phone_second, entity),
        dealer_phone=mobiles(3 * world.entities + dealer), born=world.birth[entity], adcode=take(districts["adcode"], district),
    )  # fmt: skip
    return damage_people(people, context, breaker)


def _phones(world: World, entity: Ints, day: Ints, rng: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """The number given on the day, and the landline (or second mobile) that goes into a second column."""
    size = entity.size
    changed = day >= world.phone_change[entity]
    phone = take(world.phone, entity)
    at = np.flatnonzero(changed)
    phone = put(phone, at, take(world.phone_new, entity[at]))
    has_second = take(world.phone_second, entity).is_not_null().to_numpy()
    line = take(world.landline, world.household[entity])
    has_line = line.is_not_null().to_numpy()
    other = np.flatnonzero(has_second & chance(rng, 0.35, size))
    phone = put(phone, other, take(world.phone_second, entity[other]))
    company = entity >= world.people
    home = np.flatnonzero(has_line & chance(rng, np.where(company, 0.4, 0.10), size))
    phone = put(phone, home, line.gather(pl.Series(home)))
    return phone, line


@dataclass(frozen=True)
class _Layouts:
    """Layout facts as arrays over dealer x source (flat) and over dealers."""

    main: Ints
    fields: dict[str, Flags]
    spreadsheet: Flags

    @classmethod
    def of(cls, network: Network) -> _Layouts:
        size = len(network.dealers) * len(SOURCES)
        names = ("phone2", "id_number", "address", "one_cell", "postcode", "email", "gender", "birth_date", "vin", "plate", "city")
        facts = {name: np.zeros(size, dtype=np.bool_) for name in names}
        main = np.zeros(size, dtype=np.int64)
        for number, dealer in enumerate(network.dealers):
            for code, source in enumerate(SOURCES):
                layout = dealer.layouts.get(source)
                if layout is None:
                    continue
                at = number * len(SOURCES) + code
                main[at] = ROLES.index(layout.roles[0])
                shown = {column.split(".")[-1] for column in layout.columns}
                for name in names:
                    facts[name][at] = name in shown
                facts["address"][at] = bool({"address", "detail"} & shown)
                facts["one_cell"][at] = "address" in shown
        return cls(main, facts, np.array([dealer.spreadsheet for dealer in network.dealers]))


def _with_tests(people: pl.DataFrame, tests: Ints, rows: int, rng: np.random.Generator) -> pl.DataFrame:
    """In test rows every person is a test person: entity -1 - row, a name and phone that nobody has."""
    is_test = np.zeros(rows, dtype=np.bool_)
    is_test[tests] = True
    at = np.flatnonzero(is_test[people["row"].to_numpy()])
    columns = [
        put(people["entity"], at, pl.Series(-1 - people["row"].to_numpy()[at], dtype=pl.Int64)),
        put(people["name"], at, take(pl.Series(TEST_PEOPLE), rng.integers(0, len(TEST_PEOPLE), at.size))),
        put(people["phone"], at, take(pl.Series(TEST_PHONES), rng.integers(0, len(TEST_PHONES), at.size))),
        *(put(people[c], at, people[c].clear(at.size)) for c in ("phone2", "id_number", "province", "city", "district", "detail", "postcode", "email", "birth_date")),
    ]
    return people.with_columns(columns)
