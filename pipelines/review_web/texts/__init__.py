"""The words of the pages: one catalogue a language, with equal keys.

>>> catalogue("zh")["decide.same"], catalogue("en")["decide.same"]
('同一人', 'Same person')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Texts by dotted key."""
    text = files("pipelines.review_web.texts").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    nested: dict[str, Any] = yaml.safe_load(text)
    return MappingProxyType(dict(_flat("", nested)))


def chosen(asked: str | None, kept: str | None, accepted: str) -> Language:
    """The language of a page: what the address asks for, else what was chosen before, else the browser's, else Chinese.

    >>> chosen("en", "zh", ""), chosen(None, "zh", "en"), chosen(None, None, "en-US,en;q=0.9,zh;q=0.8"), chosen("fr", None, "de, fr;q=0.5")
    ('en', 'zh', 'en', 'zh')
    """
    for name in (asked, kept):
        for language in LANGUAGES:
            if name == language:
                return language
    wishes = []
    for place, wish in enumerate(accepted.split(",")[:20]):
        tag, _, weight = wish.strip().partition(";q=")
        wishes.append((-_number(weight), place, tag.lower()))
    for _, _, tag in sorted(wishes):
        for language in LANGUAGES:
            if tag.split("-")[0] == language:
                return language
    return "zh"


def _number(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0


def _flat(prefix: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(f"{name}.", value)
        else:
            yield name, str(value)
