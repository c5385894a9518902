"""A row's own cells as text: key, date, car, amount and the rest, in each dealer's formats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from generator.activity import Activity
from generator.arrays import Ints, Rng, chance, pick, put, rank_within, take
from generator.campaigns import CHANNELS
from generator.columns import Column
from generator.damage_rows import damage_rows
from generator.dealers import SOURCES, Network, key_head
from generator.errors import Breaker
from generator.facts import Facts
from generator.vehicles import CARS
from generator.world import World

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
    "web": ("预约试驾", "询价", "预约保养", "下载手册"),
    "parts": ("机油滤清器", "空气滤芯", "雨刮片", "轮胎", "脚垫", "行车记录仪", "蓄电池", "刹车片"),
    "campaign": CHANNELS,
    "crm": ("个人", "个人", "个人", "企业"),
}
_REMARKS = (
    "客户要求尽快联系",
    "已电话确认",
    "老客户",
    "等待配件",
    "客户对价格有异议",
    "需要发票",
    "周末到店",
    "推荐亲友",
    "赠送保养一次",
    "无异响",
)
_CAMPAIGNS = ("汽车之家", "懂车帝", "易车", "抖音", "微信公众号", "车展", "到店", "老客户转介绍", "官网", "春季购车节")
_PAGES = ("首页", "车型页", "春季购车节", "金融方案", "预约试驾", "置换专区")
_ANSWERS = ("已接通", "未接", "有意向", "无意向", "已到店", "已成交", "拒绝")
_ADVISORS = ("李顾问", "王强", "赵敏", "陈工", "刘洋", "周婷")
_COSTS = tuple(str(yuan) for yuan in range(20, 400))
_SCORES = ("5", "4", "5", "3", "4", "5", "2", "1")
_MINUTES = 24 * 60


def render_rows(world: World, network: Network, facts: Facts, a: Activity, breaker: Breaker, *, start: dt.date) -> dict[str, Column]:
    """The cells of all rows by field, with their errors; what no layout shows is left out."""
    size, rng = len(a), breaker.rng
    at = a.dealer * len(SOURCES) + a.source
    shown = {field: flags[at] for field, flags in facts.has.items()}
    car = np.where(a.spell >= 0, world.cars.car[a.spell], -1)
    model = np.where(car >= 0, world.cars.series[car], pick(rng, [c.weight for c in CARS], size))
    selling = a.source == SOURCES.index("sale")
    without_plate = selling & chance(rng, 0.5, size)  # half of the cars have no plate yet on the day of the sale
    serial = rank_within(at)
    kinds, first_kind, kind_count = _kind_table()
    cents = _cents(a, model, rng)
    cell = rng.random((5, size), dtype=np.float32)
    dates = _dates(network, a, rng, start)
    mileage = _mileage(world, a, rng)

    def one_of(words: tuple[str, ...], draw: npt.NDArray[np.float32]) -> Column:
        return Column.of(pl.Series(words), (draw * len(words)).astype(np.int64))

    def number(field: str, text: Callable[[Ints], pl.Series]) -> tuple[pl.Series, Ints]:
        where = np.flatnonzero(shown[field])
        return text(where), where

    touched = a.campaign >= 0
    campaigns = network.campaigns
    kind = np.where(touched, campaigns.channel[a.campaign], (cell[0] * kind_count[a.source]).astype(np.int64))
    kind = np.where(a.source == SOURCES.index("crm"), np.where(a.main >= world.people, 3, 0), kind)
    words = pl.concat([pl.Series(_CAMPAIGNS), pl.Series(_PAGES), campaigns.name])
    media = (cell[2] * len(_CAMPAIGNS)).astype(np.int64)
    page = len(_CAMPAIGNS) + (cell[2] * len(_PAGES)).astype(np.int64)
    source_of = np.where(a.source == SOURCES.index("web"), page, media)
    source_of = np.where(touched, len(_CAMPAIGNS) + len(_PAGES) + a.campaign, source_of)
    costs = pl.concat([pl.Series(_COSTS), _decimal(campaigns.cents, 2)])
    cost = np.where(touched, len(_COSTS) + a.campaign, (cell[3] * len(_COSTS)).astype(np.int64))
    answer = np.where(touched, len(_ANSWERS) + a.answer, (cell[3] * len(_ANSWERS)).astype(np.int64))
    remark = np.where(cell[4] < 0.35, (cell[4] / 0.35 * len(_REMARKS)).astype(np.int64), -1)
    vin = np.flatnonzero(shown["vin"] & (car >= 0))
    plate = np.flatnonzero(shown["plate"] & (a.spell >= 0) & ~without_plate)
    amount, amount_at = number("amount", lambda where: _decimal(cents[where] // 10 * 10, 2))
    wan, wan_at = number("amount_wan", lambda where: _decimal(cents[where] // 100, 4))
    driven, driven_at = number("mileage", lambda where: pl.Series(mileage[where]).cast(pl.String))
    rough = damage_rows(
        {
            "remark": (take(pl.Series(_REMARKS), remark), np.arange(size)), "date": (dates, np.arange(size)), "amount": (amount, amount_at),
            "vin": (take(world.cars.vin, car[vin]), vin), "plate": (take(world.cars.plate, a.spell[plate]), plate),
        },
        shown["remark"], breaker,
    )  # fmt: skip
    key = take(pl.Series([key_head(source) for source in SOURCES]), a.source) + pl.Series(
        serial + 1 + (a.dealer + 1) * np.int64(10_000_000)
    ).cast(pl.String)
    return {
        **rough,
        "key": Column.dense(key),
        "kind": Column.of(kinds, first_kind[a.source] + kind),
        "brand": Column.of(pl.Series([c.brand for c in CARS]), model),
        "model": Column.of(_trims(), model * 2 + (cell[1] < 0.5)),
        "amount_wan": Column.dense(wan).spread(wan_at, size),
        "mileage": Column.dense(driven).spread(driven_at, size),
        "satisfaction": one_of(_SCORES, cell[2]),
        "campaign": Column.of(words, source_of),
        "cost": Column.of(costs, cost),
        "response": Column.of(pl.Series((*_ANSWERS, "否", "是")), answer),
        "home": Column.of(pl.Series([dealer.dealer_id for dealer in network.dealers]), world.home_dealer[a.main]),
        "advisor": one_of(_ADVISORS, cell[1]),
    }  # fmt: skip


@cache
def _trims() -> pl.Series:
    return pl.Series([f"{c.series} {c.trims[0]}" if way else c.series for c in CARS for way in (0, 1)])


@cache
def _kind_table() -> tuple[pl.Series, Ints, Ints]:
    counts = np.array([len(_KINDS[source]) for source in SOURCES])
    return pl.Series([kind for source in SOURCES for kind in _KINDS[source]]), np.r_[0, np.cumsum(counts)[:-1]], counts


def _dates(network: Network, a: Activity, rng: Rng, start: dt.date) -> pl.Series:
    """Event dates in the dealers' formats; where a format has the time of day, a working hour."""
    styles = sorted({dealer.date_format for dealer in network.dealers})
    style = np.array([styles.index(dealer.date_format) for dealer in network.dealers])[a.dealer]
    days = pl.Series(np.datetime64(start) + np.arange(int(a.day.max(initial=0)) + 1)).cast(pl.Date)
    table = pl.concat([days.dt.strftime(s.removesuffix(" %H:%M:%S")) for s in styles])
    text = take(table, style * len(days) + a.day)
    timed = np.flatnonzero(np.array(["%H" in s for s in styles])[style])
    clock = pl.Series([f" {m // 60:02d}:{m % 60:02d}:{m * 37 % 60:02d}" for m in range(_MINUTES)])
    return put(text, timed, text.gather(pl.Series(timed)) + take(clock, rng.integers(8 * 60, 19 * 60, timed.size)))


def _cents(a: Activity, model: Ints, rng: Rng) -> Ints:
    """Amounts in cents: cars near the list price, policies by the price, visits log-normal around 730 yuan."""
    price = np.array([c.price for c in CARS])[model]
    share = rng.random(len(a))
    visit = np.exp(rng.normal(6.6, 0.9, len(a)))
    kind = [a.source == SOURCES.index("sale"), a.source == SOURCES.index("insurance")]
    return np.asarray(np.select(kind, [price * (0.88 + 0.12 * share), 2200 + price * 0.014 * share], visit) * 100).astype(np.int64)


def _decimal(scaled: Ints, places: int) -> pl.Series:
    """Whole numbers of 10^-places as decimal text, without floating point.

    >>> _decimal(np.array([1234505, 7]), 2).to_list()
    ['12345.05', '0.07']
    """
    unit = 10**places
    return pl.Series(scaled // unit).cast(pl.String) + take(_fractions(places), scaled % unit)


@cache
def _fractions(places: int) -> pl.Series:
    return pl.Series([f".{number:0{places}d}" for number in range(10**places)])


def _mileage(world: World, a: Activity, rng: Rng) -> Ints:
    """Kilometres: every car is driven so much a day, always the same, since its owner has it."""
    spell = np.maximum(a.spell, 0).astype(np.int64)
    days = np.where(a.spell >= 0, np.maximum(a.day - world.cars.begin[spell], 0), 0)
    daily = 18 + 40 * ((spell * 2_654_435_761 % 2**32) / 2**32)
    return np.asarray(days * daily).astype(np.int64) + rng.integers(5, 400, len(a))
