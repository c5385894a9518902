"""Names with pinyin, over distinct values, beside pypinyin."""

from __future__ import annotations

import random

import polars as pl

from benchmarks._cleansing import cases
from benchmarks._cleansing.job import Job, Measure, Peer
from cleansing import names

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华建国志文玉春海燕红梅晓东鹏宇浩然子轩欣怡佳雨泽梓涵"


def column(rows: int) -> pl.Series:
    """Distinct names, one in twenty with a title. There are only so many of them: a long column has fewer than asked for."""
    rng = random.Random(1)
    made = {
        rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.choice((1, 2, 2, 2)))) + ("先生" if rng.random() < 0.05 else "")
        for _ in range(rows)
    }
    return pl.Series(sorted(made))


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
