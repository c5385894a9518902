"""The public address corpus (``../shared/data/address`` beside the checkout), read and never copied.

Its dev half is for measuring only; rules are made on its train half. Where it is missing, accuracy is not measured.
"""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl

from benchmarks._cleansing.cases import SHARED
from cleansing import text
from cleansing.divisions import current, history

FOLDER = SHARED / "address"
Span = tuple[str, str]
"""Label and text."""


def tagged(split: str) -> list[list[Span]] | None:
    """The corpus as spans, an address each; ``split`` is dev or train."""
    file = FOLDER / f"elements_{split}.txt"
    if not file.is_file():
        return None
    found = []
    for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
        spans: list[Span] = []
        for line in block.split("\n"):
            character, tag = line.rsplit(" ", 1)
            label = tag[2:]
            if tag.startswith("B-") or not spans or spans[-1][0] != label:
                spans.append((label, ""))
            spans[-1] = (label, spans[-1][1] + character)
        found.append(spans)
    return found


def pairs() -> list[dict[str, Any]] | None:
    """The pairs of addresses: query and candidates, each candidate with 完全匹配, 部分匹配 or 不匹配."""
    file = FOLDER / "address_pairs.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else None


def written(spans: list[Span]) -> str:
    """The address as it is written."""
    return "".join(value for _, value in spans)


def district_labels(spans: list[Span]) -> list[str]:
    """The districts of an address as labelled, in the characters that the product compares."""
    return [pl.select(text.simplify(text.normalize(pl.lit(value)))).item() for label, value in spans if label == "district"]


def meanings() -> dict[str, set[str]]:
    """A district's name of any year, full or short, to the districts of today that it may be."""
    today = {row["adcode"]: row for row in current().iter_rows(named=True)}
    made: dict[str, set[str]] = {}
    for row in history().filter(pl.col("level") == 3).iter_rows(named=True):
        now = today[row["today"]]
        if now["district"]:
            for name in {row["name"], re.sub("(?:新区|[市区县旗])$", "", row["name"])}:
                made.setdefault(name, set()).add(now["district"])
    return made
