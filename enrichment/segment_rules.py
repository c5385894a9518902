"""Rules of segments: what a field of the profile must be."""

from __future__ import annotations

from typing import Annotated, Self

import polars as pl
from pydantic import Field, model_validator

from engine.tables import schema
from enrichment.strict import Strict


class Condition(Strict):
    """What a field of the profile must be: at ``least`` and at ``most``, ``one_of``, ``none_of``, or ``known`` at all."""

    field: str
    least: float | None = None
    most: float | None = None
    one_of: tuple[str | bool | int, ...] | None = None
    none_of: tuple[str | bool | int, ...] | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _fits_the_field(self) -> Self:
        dtype = schema("customer_profile").get(self.field)
        if dtype is None or self.field == "customer_id" or dtype.is_nested():
            message = f"{self.field!r} is no field of the profile that a rule can ask for"
            raise ValueError(message)
        ranged = self.least is not None or self.most is not None
        if ranged + sum(each is not None for each in (self.one_of, self.none_of, self.known)) != 1:
            message = f"{self.field}: say least and/or most, or one_of, or none_of, or known"
            raise ValueError(message)
        if ranged and not dtype.is_numeric():
            message = f"{self.field} is no number: least and most do not apply"
            raise ValueError(message)
        kind = bool if dtype == pl.Boolean else int if dtype.is_numeric() else str
        if any(type(value) is not kind for value in (*(self.one_of or ()), *(self.none_of or ()))):
            message = f"{self.field}: values must be {kind.__name__}"
            raise ValueError(message)
        return self


class SegmentRule(Strict):
    """A named segment: all of ``all`` hold, and one of ``any`` where there are any."""

    name: Annotated[str, Field(min_length=1)]
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.all and not self.any:
            message = f"segment {self.name}: no condition"
            raise ValueError(message)
        return self
