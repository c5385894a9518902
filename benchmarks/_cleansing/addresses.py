"""Addresses: province, city and district beside cpca; the full street split; are two addresses one place.

Districts: of the addresses of the corpus whose label names a place that ever was a district, how many get the district of
today that it became, with ``district_as_written`` equal to the label. A peer is not asked for the latter.

Spans: the parts as they stand in the text, against the labels prov, city, district, town, road, roadno, community, houseno and
roomno; a span is right where label, beginning and end are. A municipality written once is labelled as a city where it is written
with 市, else as a province. Where a head is written twice, the last one is meant.
"""

from __future__ import annotations

import functools
import importlib.resources
import importlib.util
import random
import re
import sys
import types
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from benchmarks._cleansing import cases, corpus
from benchmarks._cleansing.job import Job, Measure, Peer, Share
from cleansing import addresses
from cleansing.addresses.parse import as_written
from cleansing.divisions import current, towns

LABELS = ("prov", "city", "district", "town", "community", "road", "roadno", "houseno", "roomno")
MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
_HISTORIC = "merged|renamed|recoded|divided|dissolved|became|old name|historic|abolished"


def column(rows: int, seed: int) -> pl.Series:
    """Distinct addresses of every district of today, streets named after 20,000 places, written in the ways that people do."""
    rng = random.Random(seed)
    places = current().filter(pl.col("level") == 3).select("province", "city", "district").rows()
    names = towns()["name"].str.replace("(?:街道|镇|乡|苏木)$", "").unique(maintain_order=True).to_list()
    return pl.Series(sorted({_address(rng, rng.choice(places), names) for _ in range(rows)}))


def _address(rng: random.Random, place: tuple[str, str | None, str], names: list[str]) -> str:
    province, city, district = place
    named = city if city and city != province else ""
    written = (
        [province + named + district] * 12
        + [named + district] * 4
        + [province + district, (named or province).removesuffix("市") + district]
    )
    road = rng.choice(names) + rng.choice(("路", "东路", "西路", "中路", "一路", "街", "大道", "巷"))
    number = rng.choice((f"{rng.randrange(1, 2000)}号",) * 6 + (f"{rng.randrange(1, 2000)}弄{rng.randrange(1, 90)}号", ""))
    estate = rng.choice(names) + rng.choice(("花园", "小区", "家园", "公寓", "大厦", "新村", "苑", "城", "府"))
    house, unit, room = rng.randrange(1, 40), rng.randrange(1, 5), f"{rng.randrange(1, 33)}{rng.randrange(1, 5):02d}"
    home = rng.choice(
        (f"{house}栋{room}室", f"{house}号楼{unit}单元{room}", f"{house}幢{unit}单元{room}室", f"{house}-{unit}-{room}", f"{house}栋{room}")
    )
    town = rng.choice(names) + rng.choice(("街道", "镇")) if rng.random() < 0.3 else ""
    return rng.choice(written) + town + road + number + (estate + home if rng.random() < 0.8 else home if rng.random() < 0.5 else "")


def corpus_column(rows: int, seed: int) -> pl.Series | None:
    """An eleventh of the addresses of the corpus that rules are made on, all distinct: the hardest there are. Eleven seeds share none."""
    tagged = corpus.tagged("train")
    return None if tagged is None else pl.Series(sorted({corpus.written(spans) for spans in tagged})[seed % 11 :: 11][:rows])


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


def span_counts(split: str) -> dict[str, tuple[int, int, int]] | None:
    """By label: how many spans the product made, how many are labelled, how many are the same."""
    tagged = corpus.tagged(split)
    if tagged is None:
        return None
    made, wanted, same = Counter[str](), Counter[str](), Counter[str]()
    texts = [unicodedata.normalize("NFKC", corpus.written(spans)) for spans in tagged]
    for spans, text, row in zip(tagged, texts, as_written(pl.Series(texts)).iter_rows(named=True), strict=True):
        gold, at = set(), 0
        for label, value in spans:
            gold.add((label, at, at + len(value)))
            at += len(value)
        gold = {span for span in gold if span[0] in LABELS}
        got = set(_spans(text, row))
        for counter, found in ((made, got), (wanted, gold), (same, gold & got)):
            counter.update(label for label, _, _ in found)
    return {label: (made[label], wanted[label], same[label]) for label in LABELS}


def _spans(text: str, row: dict[str, str | None]) -> Iterator[tuple[str, int, int]]:
    """Where the parts stand: the division's words before its end, the last of them; the others from left to right."""
    province, city = row["province_as_written"], row["city_as_written"]
    if province and not city and province.startswith(MUNICIPALITIES) and province.endswith("市"):
        city, province = province, province[:2] if text.startswith(province[:2] + province[:2]) else None
    end = text.rfind(row["left"] or "") if row["left"] else len(text)
    end = end if end > 0 else len(text)
    before, after = end, 0
    for label, value in (("district", row["district_as_written"]), ("city", city), ("prov", province)):
        if value and (at := text.rfind(value, 0, before)) >= 0:
            yield label, at, at + len(value)
            before, after = at, max(after, at + len(value))
    street = (
        ("town", "town"),
        ("community", "community"),
        ("road", "road"),
        ("roadno", "number"),
        ("houseno", "house"),
        ("houseno", "building"),
        ("roomno", "room"),
    )
    for label, name in street:
        value = row[name]
        if value and ((at := text.find(value, after)) >= 0 or (at := text.find(value)) >= 0):
            yield label, at, at + len(value)
            after = max(after, at + len(value))


def _span_f1() -> Share | None:
    counts = span_counts("dev")
    if counts is None:
        return None
    made, wanted, same = (sum(column) for column in zip(*counts.values(), strict=True))
    return Share(2 * same / (made + wanted), wanted)


def pairs_of_half(*, held_out: bool) -> pl.DataFrame | None:
    """text_id, query, candidate and other (不匹配) of one half of the queries; the points of ``same_place`` come from the other."""
    blocks = corpus.pairs()
    if blocks is None:
        return None
    ids = sorted({block["text_id"] for block in blocks})
    random.Random(7).shuffle(ids)
    seen = set(ids[: len(ids) // 2])
    found = [
        (block["text_id"], block["query"], one["text"], one["label"] == "不匹配")
        for block in blocks
        for one in block["candidate"]
        if (block["text_id"] in seen) != held_out
    ]
    return pl.DataFrame(found, schema=["text_id", "query", "candidate", "other"], orient="row")


def _pairs_f1(*, held_out: bool) -> Share | None:
    """F1 of 不匹配 against the rest, over all queries or the half that nothing was set on."""
    halves = [pairs_of_half(held_out=half) for half in ((True,) if held_out else (False, True))]
    known = [half for half in halves if half is not None]
    if not known:
        return None
    pairs = pl.concat(known)
    said = ~addresses.same_place(addresses.clean(pairs["query"]), addresses.clean(pairs["candidate"]))
    true = pairs["other"]
    both, either = (said & true).arg_true().len(), said.arg_true().len() + true.arg_true().len()
    return Share(2 * both / either, pairs.height)


def jobs() -> list[Job]:
    return [
        Job(
            "divisions", column, addresses.divisions, goal=500_000,
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
                Measure("F1 of exact spans, elements_dev", _span_f1, goal=0.88),
            ),
        ),
        Job("street_corpus", corpus_column, addresses.clean),
        Job(
            "same_place", lambda _rows, _seed: None, len,
            measures=(
                Measure("F1 of 不匹配, address_pairs (its points are fitted on half of them)", lambda: _pairs_f1(held_out=False), goal=0.80),
                Measure("the same, the half that nothing was set on", lambda: _pairs_f1(held_out=True), goal=0.80),
            ),
        ),
    ]  # fmt: skip
