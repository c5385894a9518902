"""Names and addresses, measured: speed on distinct values, and accuracy on the public address corpus.

``python -P benchmarks/cleansing_names_addresses.py [--split dev|train]``. The corpus is read from ``../shared/data`` beside the
checkout and never copied; its dev half is for measuring only, rules are made on its train half.

District accuracy: of the addresses whose label names a district that ever was one (in the labelled province and city), how
many get the district of today that it became, with ``district_as_written`` equal to the label. Part F1: exact values, the
numbers without their word (3号楼 is 3) as the product gives them; several labels of one kind in an address count singly.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from pathlib import Path

import polars as pl

from cleansing import addresses, names, text
from cleansing.divisions import current, history

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "data" / "address"
PARTS = {
    "town": "town",
    "road": "road",
    "roadno": "road_no",
    "community": "community",
    "houseno": "building",
    "cellno": "unit",
    "floorno": "floor",
    "roomno": "room",
}
CHINESE = str.maketrans("一二三四五六七八九〇零", "12345678900")


def tagged(split: str) -> list[list[tuple[str, str]]]:
    """The corpus as (label, text) spans, an address each."""
    found = []
    for block in (CORPUS / f"elements_{split}.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        spans: list[tuple[str, str]] = []
        for line in block.split("\n"):
            character, tag = line.rsplit(" ", 1)
            label = tag[2:]
            if tag.startswith("B-") or not spans or spans[-1][0] != label:
                spans.append((label, ""))
            spans[-1] = (label, spans[-1][1] + character)
        found.append(spans)
    return found


def meanings() -> dict[str, set[tuple[str, str | None, str]]]:
    """A district's name of any year, full or short, to (province, city, name of today)."""
    today = {row["adcode"]: row for row in current().iter_rows(named=True)}
    made: dict[str, set[tuple[str, str | None, str]]] = {}
    for row in history().filter(pl.col("level") == 3).iter_rows(named=True):
        now = today[row["today"]]
        if now["district"]:
            for name in {row["name"], re.sub("(?:新区|[市区县旗])$", "", row["name"])}:
                made.setdefault(name, set()).add((now["province"], now["city"], now["district"]))
    return made


def bare(part: str, value: str) -> str:
    """A label's value as the product writes it."""
    if part in {"road", "road_no", "town", "community"}:
        return value
    value = re.sub("(?:号楼|栋|幢|座|#楼|#|号院|单元|楼|层|室|房间|号房|房|号)$", "", value)
    if value.startswith("十"):
        value = "1" + value[1:] if len(value) > 1 else "10"
    elif value.endswith("十"):
        value = value[:-1] + "0"
    return value.replace("十", "").translate(CHINESE).upper()


def accuracy(split: str) -> None:
    corpus = tagged(split)
    raw = pl.Series(["".join(value for _, value in spans) for spans in corpus])
    rows = addresses.clean(raw).to_dicts()
    known = meanings()
    total = right = official = official_right = 0
    wrong, made, same, wanted = [], Counter[str](), Counter[str](), Counter[str]()
    for spans, row, whole in zip(corpus, rows, raw, strict=True):
        labels = [
            pl.select(text.simplify(text.normalize(pl.lit(value)))).item() if not value.isascii() else value
            for label, value in spans
            if label == "district"
        ]
        if labels:
            total += 1
            meant = {name for label in labels for _, _, name in known.get(label, ())}
            good = row["district"] in meant and row["district_as_written"] in labels
            right += good
            official += bool(meant)
            official_right += good
            if not good:
                wrong.append((whole, labels, row["district"], row["district_as_written"]))
        for label, part in PARTS.items():
            gold = Counter(bare(part, value) for kind, value in spans if kind == label)
            got = Counter([row[part]] if row[part] else [])
            wanted[part] += gold.total()
            made[part] += got.total()
            same[part] += (gold & got).total()
    print(f"elements_{split}: {len(corpus)} addresses, {total} with a district")
    print(f"  district right, of all labels:                         {right / total:.4f}")
    print(f"  district right, of labels that ever were a district:   {official_right / official:.4f} ({official})")
    for part in PARTS.values():
        precision, recall = same[part] / max(made[part], 1), same[part] / max(wanted[part], 1)
        print(
            f"  {part:10} precision {precision:.3f}  recall {recall:.3f}  F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}  ({wanted[part]})"
        )
    precision, recall = same.total() / made.total(), same.total() / wanted.total()
    print(f"  all parts  precision {precision:.3f}  recall {recall:.3f}  F1 {2 * precision * recall / (precision + recall):.3f}")
    if split == "train":
        for one in random.Random(4).sample(wrong, min(40, len(wrong))):
            print("   ", *one)


def speed(rows: int) -> None:
    chance = random.Random(1)
    surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余"
    given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华建国志文玉春海燕红梅晓东鹏宇浩然子轩欣怡佳雨泽梓涵"
    people = {
        chance.choice(surnames) + "".join(chance.choices(given, k=chance.choice((2, 2, 3)))) + ("先生" if chance.random() < 0.05 else "")
        for _ in range(rows)
    }
    places = current().filter(pl.col("level") == 3).select("province", "city", "district").rows()
    roads = [chance.choice("人民建设中山解放和平新华文化胜利") + chance.choice("东西南北中") + "路" for _ in range(400)]
    lines = {
        "".join(filter(None, chance.choice(places)))
        + f"{chance.choice(roads)}{chance.randrange(1, 2000)}号{chance.choice('阳光锦绣金色碧水')}花园{chance.randrange(1, 40)}栋{chance.randrange(101, 3000)}室"
        for _ in range(rows)
    }
    for name, kernel, values in (("names", names.clean, people), ("addresses", addresses.clean, lines)):
        column = pl.Series(sorted(values))
        kernel(column.head(1000))
        best = 0.0
        for _ in range(3):
            start = time.perf_counter()
            kernel(column)
            best = max(best, len(column) / (time.perf_counter() - start))
        print(f"{name}: {best:,.0f} distinct values a second ({len(column):,} values)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", default="dev", choices=["dev", "train"])
    parser.add_argument("--rows", type=int, default=200_000)
    given = parser.parse_args()
    speed(given.rows)
    if CORPUS.is_dir():
        accuracy(given.split)
    else:
        print(f"no corpus in {CORPUS}: accuracy is not measured")
