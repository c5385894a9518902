"""The rules of survivorship as settings: YAML, checked when read; an error names file and line.

>>> rules = load_rules()
>>> rules.order
('trust', 'validity', 'recency', 'completeness', 'frequency')
>>> rules.of("phone").order[0], rules.grade("phone", "crm"), rules.grade("phone", "unheard_of")
('validity', 9, 1)
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

Criterion = Literal["trust", "validity", "recency", "completeness", "frequency"]
Block = Literal["party", "name", "identity", "birth_date", "gender", "phone", "email", "address", "vin", "plate"]

DEFAULTS = Path(__file__).with_name("defaults.yaml")


class RulesError(ValueError):
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


def load_rules(path: Path | None = None) -> SurvivorshipRules:
    """The rules of a YAML file; without one, the defaults.

    Raises:
        RulesError: the file is not there, not YAML, or says something else than rules.
    """
    return _load(path or DEFAULTS)


@cache
def _load(path: Path) -> SurvivorshipRules:
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return SurvivorshipRules.model_validate(yaml.safe_load(text))
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); give the path of a rules file, or none for the defaults"
        raise RulesError(message) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{path}:{line}: not YAML: {error.problem}"
        raise RulesError(message) from error
    except ValidationError as error:
        faults = "; ".join(f"{path}:{_line(root, fault['loc'])}: {_dotted(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise RulesError(faults) from error


def _line(node: yaml.Node | None, loc: tuple[int | str, ...]) -> int:
    """Line of the deepest node that ``loc`` leads to, from 1."""
    line = 1
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _dotted(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc) or "the file"


def _distinct(order: tuple[Criterion, ...] | None) -> None:
    if order is not None and len(set(order)) < len(order):
        message = f"order names a criterion twice: {', '.join(order)}"
        raise ValueError(message)
