"""Addresses: province, city and district beside cpca; the full street split.

Districts: of the addresses of the corpus whose label names a place that ever was a district, how many get the district of
today that it became, with ``district_as_written`` equal to the label. A peer is not asked for the latter.

Parts: values equal to the label, the numbers without their word (3号楼 is 3) as the product gives them; several labels of one
kind in an address count singly.
"""

from __future__ import annotations

import functools
import importlib.resources
import importlib.util
import random
import re
import sys
import types
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from benchmarks._cleansing import cases, corpus
from benchmarks._cleansing.job import Job, Measure, Peer, Share
from cleansing import addresses
from cleansing.divisions import current

PARTS = {
    "town": "town", "road": "road", "roadno": "road_no", "community": "community", "houseno": "building", "cellno": "unit", "floorno": "floor",
    "roomno": "room",
}  # fmt: skip
_CHINESE = str.maketrans("一二三四五六七八九〇零", "12345678900")
_HISTORIC = "merged|renamed|recoded|divided|dissolved|became|old name|historic|abolished"


def column(rows: int) -> pl.Series:
    """Distinct addresses down to the room, of any district of today."""
    rng = random.Random(1)
    places = current().filter(pl.col("level") == 3).select("province", "city", "district").rows()
    roads = [rng.choice("人民建设中山解放和平新华文化胜利") + rng.choice("东西南北中") + "路" for _ in range(400)]
    made = {
        "".join(filter(None, rng.choice(places)))
        + f"{rng.choice(roads)}{rng.randrange(1, 2000)}号{rng.choice('阳光锦绣金色碧水')}花园{rng.randrange(1, 40)}栋{rng.randrange(101, 3000)}室"
        for _ in range(rows)
    }
    return pl.Series(sorted(made))


@functools.cache
def _districts(split: str) -> list[tuple[str, list[str], set[str]]] | None:
    """Address, labels of its district and the districts of today they may mean."""
    tagged = corpus.tagged(split)
    if tagged is None:
        return None
    known = corpus.meanings()
    found = []
    for spans in tagged:
        labels = corpus.district_labels(spans)
        if labels:
            found.append((corpus.written(spans), labels, {name for label in labels for name in known.get(label, ())}))
    return found


def _district_share(answer: Callable[[list[str]], Sequence[dict[str, Any]]], *, every: bool, as_written: bool) -> Share | None:
    asked = _districts("dev")
    if asked is None:
        return None
    asked = [case for case in asked if every or case[2]]
    good = 0
    for (_, labels, meant), row in zip(asked, answer([case[0] for case in asked]), strict=True):
        good += row["district"] in meant and (not as_written or row["district_as_written"] in labels)
    return Share.count(good, len(asked))


def _ours(values: Sequence[str]) -> Sequence[dict[str, Any]]:
    return _read(tuple(values))


@functools.lru_cache(maxsize=4)
def _read(values: tuple[str, ...]) -> list[dict[str, Any]]:
    """Several measures ask the same addresses."""
    return addresses.clean(pl.Series(values, dtype=pl.String)).to_dicts()


def _history_cases() -> list[cases.Case]:
    return [case for case in cases.load("addresses") if re.search(_HISTORIC, case["rule"])]


@functools.cache
def _cpca() -> types.ModuleType:
    """cpca, with the one function of pkg_resources that it needs where setuptools has it no more."""
    if importlib.util.find_spec("cpca") is None:
        message = "cpca"
        raise ImportError(message)
    if importlib.util.find_spec("pkg_resources") is None:
        stand_in = types.ModuleType("pkg_resources")
        stand_in.resource_stream = lambda package, name: importlib.resources.files(package).joinpath(name).open("rb")  # type: ignore[attr-defined]
        sys.modules["pkg_resources"] = stand_in
    return importlib.import_module("cpca")


def _peer_run(values: Sequence[str] | pl.Series) -> list[dict[str, Any]]:
    found = _cpca().transform(list(values)).rename(columns={"省": "province", "市": "city", "区": "district"})
    rows: list[dict[str, Any]] = found.to_dict("records")
    return rows


def part_counts(split: str) -> dict[str, tuple[int, int, int]] | None:
    """By part: how many the product made, how many are labelled, how many are the same."""
    tagged = corpus.tagged(split)
    if tagged is None:
        return None
    made, wanted, same = Counter[str](), Counter[str](), Counter[str]()
    for spans, row in zip(tagged, _ours([corpus.written(spans) for spans in tagged]), strict=True):
        for label, part in PARTS.items():
            gold = Counter(_bare(part, value) for kind, value in spans if kind == label)
            got = Counter([row[part]] if row[part] else [])
            wanted[part] += gold.total()
            made[part] += got.total()
            same[part] += (gold & got).total()
    return {part: (made[part], wanted[part], same[part]) for part in PARTS.values()}


def _bare(part: str, value: str) -> str:
    """A label's value as the product writes it."""
    if part in {"road", "road_no", "town", "community"}:
        return value
    value = re.sub("(?:号楼|栋|幢|座|#楼|#|号院|单元|楼|层|室|房间|号房|房|号)$", "", value)
    if value.startswith("十"):
        value = "1" + value[1:] if len(value) > 1 else "10"
    elif value.endswith("十"):
        value = value[:-1] + "0"
    return value.replace("十", "").translate(_CHINESE).upper()


def _part_f1() -> Share | None:
    counts = part_counts("dev")
    if counts is None:
        return None
    made, wanted, same = (sum(column) for column in zip(*counts.values(), strict=True))
    return Share(2 * same / (made + wanted), wanted)


def _pairs_f1() -> Share | None:
    """F1 of 不匹配 against the rest, over all pairs of the corpus; None while the product has no ``same_place``."""
    blocks, same_place = corpus.pairs(), getattr(addresses, "same_place", None)
    if blocks is None or same_place is None:
        return None
    pairs = [(block["query"], one["text"], one["label"] == "不匹配") for block in blocks for one in block["candidate"]]
    left, right, other = (list(column) for column in zip(*pairs, strict=True))
    said = [not same for same in same_place(pl.Series(left), pl.Series(right))]
    both = sum(told and true for told, true in zip(said, other, strict=True))
    return Share(2 * both / (sum(said) + sum(other)), len(pairs))


def jobs() -> list[Job]:
    return [
        Job(
            "divisions", column, addresses.clean, goal=500_000,
            measures=(
                Measure(
                    "districts, elements_dev", lambda: _district_share(_ours, every=False, as_written=True),
                    lambda: _district_share(_peer_run, every=False, as_written=False), goal=0.98,
                ),
                Measure(
                    "the same, also labels that name no district", lambda: _district_share(_ours, every=True, as_written=True),
                    lambda: _district_share(_peer_run, every=True, as_written=False),
                ),
                Measure(
                    "history cases", lambda: cases.right(_history_cases(), _ours),
                    lambda: cases.peer_right(_history_cases(), lambda value: _peer_run([value])[0], ("province", "city", "district", "adcode")),
                    goal=0.90,
                ),
            ),
            peer=Peer("cpca", _peer_run),
        ),
        Job(
            "street", column, addresses.clean, goal=150_000,
            measures=(
                Measure("hard cases", lambda: cases.right(cases.load("addresses"), _ours)),
                Measure("F1 of parts, elements_dev", _part_f1, goal=0.88),
            ),
        ),
        Job("same_place", lambda _: None, len, measures=(Measure("F1 of 不匹配, address_pairs", _pairs_f1, goal=0.80),)),
    ]  # fmt: skip
