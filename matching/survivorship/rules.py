"""The rules of survivorship as settings: YAML, checked when read; an error names file and line.

>>> rules = load_rules()
>>> rules.order
('trust', 'validity', 'recency', 'completeness', 'frequency')
>>> rules.of("phone").order[0], rules.grade("phone", "crm"), rules.grade("phone", "unheard_of")
('validity', 9, 1)
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from engine.yaml_files import YamlFileError, read_yaml

Criterion = Literal["trust", "validity", "recency", "completeness", "frequency"]
Block = Literal["party", "name", "identity", "birth_date", "gender", "phone", "email", "address", "vin", "plate"]

DEFAULTS = Path(__file__).with_name("defaults.yaml")


class RulesError(YamlFileError):
    """Settings that cannot be used; the message says file, line, what and why."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BlockRules(_Settings):
    """How one field, or several that survive together, are decided; what is left out is the general rule."""

    order: tuple[Criterion, ...] | None = None
    trust: dict[str, int] | None = None

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _distinct(self.order)
        return self


class SurvivorshipRules(_Settings):
    """Which value survives (see defaults.yaml for the meaning of each)."""

    order: tuple[Criterion, ...]
    trust: dict[str, int]
    other: int
    fields: dict[Block, BlockRules]
    cars_not_from: tuple[str, ...]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        _distinct(self.order)
        return self

    def of(self, block: Block) -> BlockRules:
        """The rule of ``block`` with nothing left out."""
        own = self.fields.get(block, BlockRules())
        return BlockRules(order=self.order if own.order is None else own.order, trust=self.trust if own.trust is None else own.trust)

    def grade(self, block: Block, source: str) -> int:
        """How far ``source`` is trusted for ``block``."""
        return (self.of(block).trust or {}).get(source, self.other)

    @property
    def digest(self) -> str:
        """A fingerprint: other rules make other golden records of the same records."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def load_rules(path: Path | None = None) -> SurvivorshipRules:
    """The rules of a YAML file; without one, the defaults.

    Raises:
        RulesError: the file is not there, not YAML, or says something else than rules.
    """
    return _load(path or DEFAULTS)


@cache
def _load(path: Path) -> SurvivorshipRules:
    return read_yaml(path, SurvivorshipRules, raises=RulesError)


def _distinct(order: tuple[Criterion, ...] | None) -> None:
    if order is not None and len(set(order)) < len(order):
        message = f"order names a criterion twice: {', '.join(order)}"
        raise ValueError(message)
