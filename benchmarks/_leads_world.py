"""Leads whose buyers are known: a latent log odds of buying, from traits that are seen and a part that nobody sees.

Written down here, so that a lift can be judged: channels, test drives, owners and the age matter, dealers a little, provinces and gender not at all;
the unseen part is normal with a standard deviation of 0.7. The base is set so that one lead in ten buys.
"""

from __future__ import annotations

import numpy as np
import polars as pl

CHANNELS = {
    "到店": 1.1,
    "老客户转介绍": 1.6,
    "车展": 0.3,
    "官网": 0.0,
    "抖音": -0.9,
    "汽车之家": -0.2,
    "懂车帝": -0.6,
    "电话": 0.6,
    None: -0.3,
}
_AGES = {"20": -0.5, "30": 0.5, "40": 0.4, "50": -0.1, "60": -0.8, None: 0.0}
UNSEEN = 0.7


def leads(size: int, *, base_rate: float, seed: int) -> tuple[pl.DataFrame, pl.Series]:
    """The traits of leads in order of their dates, with ``bought``; and what an all-knowing judge of the seen part would rank by."""
    rng = np.random.default_rng(seed)

    def drawn(values: dict[str | None, float]) -> tuple[pl.Series, np.ndarray]:
        which = rng.integers(0, len(values), size)
        return pl.Series(list(values), dtype=pl.String).gather(which), np.array(list(values.values()))[which]

    channel, by_channel = drawn(dict(CHANNELS))
    age, by_age = drawn(dict(_AGES))
    drove, owner, home = rng.random(size) < 0.18, rng.random(size) < 0.2, rng.random(size) < 0.1
    dealer = rng.integers(0, 40, size)
    by_dealer = rng.normal(0, 0.25, 40)[dealer]
    again = rng.integers(0, 3, size)
    seen = by_channel + by_age + 1.6 * drove + 0.8 * owner - 0.5 * home + by_dealer + 0.4 * again
    latent = seen + rng.normal(0, UNSEEN, size)
    low, high = -12.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(latent + middle)))).mean() < base_rate else (low, middle)
    bought = rng.random(size) < 1 / (1 + np.exp(-(latent + low)))
    yes = pl.Series(["no", "yes"])
    frame = pl.DataFrame(
        {
            "lead_id": [f"L{n:07d}" for n in range(size)], "customer_id": [f"C{n:07d}" for n in range(size)],
            "dealer_id": "D" + pl.Series(dealer).cast(pl.String), "lead_date": pl.Series(np.arange(size) // max(size // 700, 1)).cast(pl.Int32).cast(pl.Date),
            "channel": channel, "source": pl.Series(["lead", "web"]).gather((rng.random(size) < 0.2).astype(int)), "dealer": "D" + pl.Series(dealer).cast(pl.String),
            "province": pl.Series(["上海市", "江苏省", "浙江省", None]).gather(rng.integers(0, 4, size)), "age": age,
            "gender": pl.Series(["M", "F", None]).gather(rng.integers(0, 3, size)), "party": ["person"] * size,
            "asked_before": pl.Series(["first", "second", "more"]).gather(again), "drove_before": yes.gather(drove.astype(int)),
            "owner": yes.gather(owner.astype(int)), "number": yes.gather((~home).astype(int)), "bought": bought,
        }
    )  # fmt: skip
    return frame, pl.Series(seen)
