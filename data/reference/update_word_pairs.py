"""Makes word_pairs.parquet: how rare a pair of neighbouring characters is in Chinese words, in hundredths.

Run ``python data/reference/update_word_pairs.py`` with pip at hand, or with ``--dictionary FILE``. Source: dict.txt of jieba 0.42.1
(MIT), words with how often they were met. A pair's count is the sum over the words that hold it; its rarity is
log(all / count) / log(all): 0 would be the only pair there is, 100 one met once. Pairs met less than a hundred times are left out.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parent
PACKAGE = "jieba==0.42.1"
LEAST = 100


def fetched(folder: Path) -> str:
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", folder, PACKAGE], check=True
    )
    (archive,) = folder.glob("jieba-*.tar.gz")
    with tarfile.open(archive) as packed:
        member = packed.extractfile(f"{archive.name.removesuffix('.tar.gz')}/jieba/dict.txt")
        if member is None:
            message = f"{archive.name} has no jieba/dict.txt"
            raise FileNotFoundError(message)
        return member.read().decode("utf-8")


def table(dictionary: str) -> pl.DataFrame:
    counts = Counter[str]()
    for line in dictionary.splitlines():
        word, count, _ = line.split(" ")
        for at in range(len(word) - 1):
            counts[word[at : at + 2]] += int(count)
    every = sum(counts.values())
    rows = [
        (pair, round(100 * math.log(every / count) / math.log(every)))
        for pair, count in counts.items()
        if count >= LEAST and all("一" <= character <= "\u9fff" for character in pair)
    ]
    return pl.DataFrame(rows, schema={"pair": pl.String, "rarity": pl.UInt8}, orient="row").sort("pair")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dictionary", type=Path, help="dict.txt of jieba, where it is at hand")
    given = parser.parse_args().dictionary
    with tempfile.TemporaryDirectory() as folder:
        dictionary = given.read_text("utf-8") if given else fetched(Path(folder))
    table(dictionary).write_parquet(HERE / "word_pairs.parquet", compression="zstd")


if __name__ == "__main__":
    main()
