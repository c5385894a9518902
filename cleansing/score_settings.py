"""scores.yaml among the reference data: the weights and penalties of the scores, checked when read.

>>> from cleansing import reference
>>> read(reference.path("scores.yaml")) == Weights()
True
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cleansing.reasons import DIMENSIONS, REASONS
from cleansing.score_weights import DEFAULT, Weights
from engine.yaml_files import read_yaml

Weight = Annotated[int, Field(ge=0, le=1_000)]
Points = Annotated[int, Field(ge=0, le=100)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dimensions: dict[str, Weight] = dict(DEFAULT.dimensions)
    fields: dict[str, Weight] = dict(DEFAULT.fields)
    penalties: dict[str, Points] = {}

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for name, given, known in (
            ("dimensions", self.dimensions, set(DIMENSIONS)),
            ("fields", self.fields, set(DEFAULT.fields)),
        ):
            if set(given) != known or not sum(given.values()):
                message = f"{name}: give a weight for each of {', '.join(sorted(known))}, not all of them 0"
                raise ValueError(message)
        if unknown := sorted(set(self.penalties) - set(REASONS)):
            message = f"penalties: no such reason: {', '.join(unknown)}; docs/cleansing.md lists them"
            raise ValueError(message)
        return self


def read(file: Path) -> Weights:
    """The weights that a file says; what it leaves out is as in :data:`cleansing.score_weights.DEFAULT`.

    Raises:
        YamlFileError: one line ``file:line: what is wrong`` for each mistake.
    """
    settings = read_yaml(file, _Settings)
    return Weights(*(MappingProxyType(given) for given in (settings.dimensions, settings.fields, settings.penalties)))
