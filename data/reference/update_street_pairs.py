"""Makes street_pairs.parquet: how rare a pair of neighbouring characters is in addresses, in hundredths.

Run ``python data/reference/update_street_pairs.py`` in a checkout that has the public address corpus beside it
(``../shared/data/address``; see benchmarks/_cleansing/corpus.py). Only its train half is read, of which nothing else is kept: of a pair
in ``count`` of ``all`` addresses the rarity is log(all / (count + 1/2)) / log(2 all): about 0 in every one, 100 in none. Pairs in
fewer than ``LEAST`` addresses are left out, and count as in none. Digits are left as digits, Chinese ones too.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks._cleansing import corpus  # noqa: E402  (the checkout must be on the path first)
from cleansing.addresses.sides import with_digits  # noqa: E402

LEAST = 2


def main() -> None:
    tagged = corpus.tagged("train")
    if tagged is None:
        print("the corpus is not there: nothing was made")
        return
    written = pl.select(with_digits(pl.Series([corpus.written(spans) for spans in tagged]))).to_series().to_list()
    counts = Counter(pair for text in written for pair in {"".join(pair) for pair in pairwise(text)})
    kept = sorted((pair, count) for pair, count in counts.items() if count >= LEAST)
    rarity = [max(round(100 * math.log(len(written) / (count + 0.5)) / math.log(2 * len(written))), 0) for _, count in kept]
    table = pl.DataFrame({"pair": [pair for pair, _ in kept], "rarity": rarity}, schema={"pair": pl.String, "rarity": pl.UInt8})
    table.write_parquet(HERE / "street_pairs.parquet", compression="zstd", statistics=False)
    print(f"{table.height} pairs of {len(written)} addresses")


if __name__ == "__main__":
    main()
