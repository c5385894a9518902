"""Names with pinyin, over distinct values, beside pypinyin."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl

from benchmarks._cleansing import cases
from benchmarks._cleansing.job import Job, Measure, Peer
from cleansing import names

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴單吳張劉陳"
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "慕容", "万俟", "令狐", "夏侯", "司徒", "长孙")
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华建国志文玉春海燕红梅晓东鹏宇浩然子轩欣怡佳雨泽梓涵一诺思远嘉俊宏博天成永福德清振金凤翠玲淑珍雪琴"
    "倩颖慧婷薇蕾冰洁云飞龙虎彪昊睿哲恒瑞祥辉光亮健康安宁乐萌萱璐瑶琪琳雯菲茜妍彤曼露爽畅之乔以若可心语晨曦"
)
_TITLES = ("先生", "女士", "小姐", "总", "经理", "老板", "师傅", "老师")
_BUSINESSES = ("汽车销售服务有限公司", "物流有限公司", "建筑工程有限公司", "贸易有限公司", "科技股份有限公司")


def column(rows: int, seed: int) -> pl.Series:
    """Distinct cells: 90% names of two to four characters (1% of them compound, a few traditional), 4% with a title, 6% anything else."""
    rng = random.Random(seed)

    def name() -> str:
        surname = rng.choice(_COMPOUND) if rng.random() < 0.01 else rng.choice(_SURNAMES)
        return surname + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2, 2, 2))))

    others: tuple[Callable[[], str], ...] = (
        lambda: rng.choice(("上海", "北京", "苏州", "广州市")) + "".join(rng.choices(_GIVEN, k=2)) + rng.choice(_BUSINESSES),
        lambda: name() + rng.choice(("(车主)", "（本人）", "-代办", "（先生）")),
        lambda: f"{name()}1{rng.randrange(3, 10)}{rng.randrange(10**9):09d}",
        lambda: " ".join(name()),
        lambda: f"{name()}/{name()}",
        lambda: name()[0] + "*" * rng.choice((1, 2)),
        lambda: name() + str(rng.randrange(10)),
        lambda: f"阿卜杜{rng.choice('拉热')}·{rng.choice(('买买提', '艾合买提', '吐尔逊'))}{rng.choice(_GIVEN)}",
        lambda: f"{rng.choice(('John', 'Mary', 'Wei', 'Linda'))} {rng.choice(('Smith', 'Wang', 'Brown', 'Chen'))}",
    )
    made: dict[str, None] = {}
    for _ in range(2 * rows):
        share = rng.random()
        made[name() if share < 0.90 else name() + rng.choice(_TITLES) if share < 0.94 else rng.choice(others)()] = None
        if len(made) == rows:
            break
    return pl.Series(list(made))


def _peer_run(values: pl.Series) -> list[list[str]]:
    from pypinyin import lazy_pinyin

    return [lazy_pinyin(value) for value in values]


def _peer_answer(value: str) -> dict[str, str]:
    from pypinyin import lazy_pinyin

    return {"pinyin": " ".join(lazy_pinyin(value))}


def jobs() -> list[Job]:
    return [
        Job(
            "names", column, names.clean, goal=1_000_000,
            measures=(
                Measure(
                    "hard cases", cases.parsed("name", "names"),
                    lambda: cases.peer_right(cases.load("names"), _peer_answer, ("pinyin",)), goal=0.98,
                ),
            ),
            peer=Peer("pypinyin", _peer_run),
        )
    ]  # fmt: skip
