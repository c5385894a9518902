"""Campaigns of the dealers: what they are called, how they reach people, what one contact costs, and who answers.

A channel has its price and its answers, as in life: a text message is cheap and hardly read, a call dear and often answered. People
differ as well, always in the same way, so that who answered once is likelier to answer again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from generator.arrays import Ints, pick, rng_of

PER_DEALER = 6
CHANNELS = ("短信", "微信", "电话", "邮件", "直邮")
_SHARES = (0.4, 0.25, 0.2, 0.1, 0.05)
_CENTS = np.array([8, 15, 350, 3, 280])
_ANSWERS = np.array([0.02, 0.05, 0.12, 0.015, 0.04])
_THEMES = (
    "春季保养节", "夏季空调检测", "秋季关怀", "冬季检测", "以旧换新", "续保优惠", "新车品鉴会", "店庆", "老客户回馈", "双十一", "自驾游",
    "流失客户召回",
)  # fmt: skip


@dataclass(frozen=True)
class Campaigns:
    """``PER_DEALER`` campaigns a dealer, one after the other.

    ``name``, ``channel`` (of ``CHANNELS``), ``when`` (share of the days that have passed), ``cents`` a contact.
    """

    name: pl.Series
    channel: Ints
    when: npt.NDArray[np.float64]
    cents: Ints

    def answered(self, campaign: Ints, entity: Ints, luck: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Whether these entities answered these campaigns; ``luck`` is uniform in 0 to 1."""
        keen = 3 * ((entity * 40_503 % 65_536) / 65_536) ** 2  # mean one
        return np.asarray(luck < _ANSWERS[self.channel[campaign]] * keen)


def draw_campaigns(*, dealers: int, seed: int) -> Campaigns:
    """The campaigns of all dealers."""
    rng = rng_of(seed, 8)
    count = dealers * PER_DEALER
    channel = pick(rng, _SHARES, count)
    theme = rng.integers(0, len(_THEMES), count)
    name = pl.Series([f"{_THEMES[number]}{serial % PER_DEALER + 1}期" for serial, number in enumerate(theme.tolist())], dtype=pl.String)
    cents = np.maximum((_CENTS[channel] * rng.uniform(0.8, 1.3, count)).astype(np.int64), 1)
    return Campaigns(name, channel, rng.random(count) * 0.97, cents)
