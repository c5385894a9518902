"""What each reason code means to a reader: its dimension (GB/T 36344) and the advice that goes with it.

The codes are those that cleansing writes into ``problems``; a code that this list does not know is still counted and
shown (dimension conformity, general advice).

>>> about("phone_placeholder")
About(dimension='accuracy', advice='placeholder')
>>> about("never_heard_of_it")
About(dimension='conformity', advice='general')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

DIMENSIONS: tuple[str, ...] = ("conformity", "completeness", "accuracy", "consistency", "timeliness")
"""Dimensions in which a record is scored, in the order of GB/T 36344 as reports show them."""


@dataclass(frozen=True)
class About:
    """A reason's dimension, and the class of cause and advice in the message catalogues."""

    dimension: str
    advice: str


@cache
def known() -> Mapping[str, About]:
    """Every reason of reasons.yaml by its code."""
    listed: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "reasons.yaml").read_text("utf-8"))
    return MappingProxyType({code: About(dimension, advice) for code, (dimension, advice) in listed.items()})


def about(code: str) -> About:
    """What is known of a reason; a new code counts as a matter of conformity."""
    return known().get(code, About("conformity", "general"))
