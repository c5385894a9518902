"""The words of the reports: one catalogue a language, with equal keys; ``<language>_<page>.yaml`` holds those of one page.

>>> catalogue("zh")["section.summary"]
'摘要'
>>> words = catalogue("en")
>>> words["kpi.sms_note"].format(share="81.2%")
'81.2% of all customers'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Texts by dotted key.

    Raises:
        ValueError: there is no catalogue of this language.
    """
    if language not in LANGUAGES:
        message = f"no catalogue for language {language!r}; there are {', '.join(LANGUAGES)}"
        raise ValueError(message)
    texts: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob(f"{language}*.yaml")):
        nested: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        texts.update(_flat("", nested))
    return MappingProxyType(texts)


def _flat(prefix: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)


def word(words: Mapping[str, str], group: str, code: str) -> str:
    """The text of a code, or the code itself in plain letters where no catalogue knows it; of several codes (address/phone) that of each.

    >>> word(catalogue("en"), "field", "vin"), word(catalogue("en"), "reason", "brand_new_reason"), word(catalogue("zh"), "field", "address/phone")
    ('VIN', 'brand new reason', '地址/电话')
    """
    return "/".join(words.get(f"{group}.{each}", each.replace("_", " ")) for each in code.split("/"))
