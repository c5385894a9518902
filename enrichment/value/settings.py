"""Settings of value: RFM, lifetime value, models of many indicators, acquisition."""

from __future__ import annotations

import math
from itertools import pairwise, product
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from enrichment.strict import Strict

GRADES = range(1, 6)

Grade = Annotated[int, Field(ge=1, le=5)]
Limits = tuple[float, float, float, float]


class Segment(Strict):
    """A name for a range of scores, both ends included."""

    name: str
    recency: tuple[Grade, Grade]
    frequency: tuple[Grade, Grade]
    monetary: tuple[Grade, Grade]


class ValueLimits(Strict):
    """Four rising limits between the five scores, or None: fifths of the customers."""

    recency_days: Limits | None = None
    frequency: Limits | None = None
    monetary: Limits | None = None

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for name, limits in (("recency_days", self.recency_days), ("frequency", self.frequency), ("monetary", self.monetary)):
            if limits is not None and any(low >= high for low, high in pairwise(limits)):
                message = f"{name}: the four limits must rise"
                raise ValueError(message)
        return self


class Scale(Strict):
    """How a measure becomes 0 to 1: evenly between two ends (the first is worth 0, whichever is larger), evenly in its logarithm, or by rising limits."""

    range: tuple[float, float] | None = None
    log: tuple[PositiveFloat, PositiveFloat] | None = None
    limits: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [each for each in (self.range, self.log, self.limits) if each is not None]
        if len(given) != 1:
            message = "a scale is one of range, log, limits"
            raise ValueError(message)
        if (self.limits is not None and (not self.limits or list(self.limits) != sorted(set(self.limits)))) or (
            self.limits is None and given[0][0] == given[0][1]
        ):
            message = "limits must rise, and the ends of a range or log must differ"
            raise ValueError(message)
        return self

    def points(self, measure: pl.Expr) -> pl.Expr:
        """0 to 1; null where the measure is."""
        if self.limits is not None:
            passed = pl.sum_horizontal((measure >= limit).cast(pl.Int64) for limit in self.limits)
            return pl.when(measure.is_not_null()).then(passed / len(self.limits))
        if self.log is not None:
            low, high = (math.log(end) for end in self.log)
            return ((measure.clip(min(self.log), max(self.log)).log() - low) / (high - low)).clip(0, 1)
        low, high = self.range or (0.0, 1.0)
        return ((measure - low) / (high - low)).clip(0, 1)


class Indicator(Strict):
    """One measure of a value model. ``sources`` and ``months`` (null: ever) say what money, visits and recency (days) are taken from."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z_0-9]*$")]
    measure: Literal["money", "visits", "recency", "satisfaction", "lifetime_value"]
    sources: tuple[str, ...] = ()
    months: PositiveInt | None = None
    weight: PositiveFloat
    scale: Scale

    @model_validator(mode="after")
    def _counts_something(self) -> Self:
        if (self.measure in {"money", "visits", "recency"}) != bool(self.sources):
            message = f"{self.name}: money, visits and recency need sources, other measures take none"
            raise ValueError(message)
        return self


class GradeFrom(Strict):
    """A grade and the least score that earns it."""

    name: str
    least: Annotated[float, Field(ge=0, le=100)]


class ValueModel(Strict):
    """Indicators, weights and grades of owners or of potential customers."""

    name: str
    of: Literal["owners", "prospects"]
    indicators: tuple[Indicator, ...]
    grades: tuple[GradeFrom, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [each.name for each in self.indicators]
        if len(set(names)) != len(names) or not names:
            message = f"model {self.name}: indicators must be there and have different names"
            raise ValueError(message)
        if min((each.least for each in self.grades), default=1) != 0:
            message = f"model {self.name}: one grade must begin at 0, so that every score has one"
            raise ValueError(message)
        return self


class LifetimeSettings(Strict):
    """Lifetime value: which exports count, for how long ahead, and what a yuan of turnover is worth."""

    sources: tuple[str, ...]
    months: Annotated[int, Field(ge=1, le=120)]
    margin: Annotated[float, Field(gt=0, le=1)]
    discount: Annotated[float, Field(ge=0, lt=1)]
    fewest_customers: PositiveInt


class AcquisitionSettings(Strict):
    """What winning a customer cost: what a first purchase is, how long a campaign's contact counts before it, what is no way of coming."""

    purchases: tuple[str, ...]
    days: PositiveInt
    no_channel: tuple[str, ...]


class ValueSettings(Strict):
    """Recency, frequency, money; lifetime value; models of many indicators; acquisition."""

    sources: tuple[str, ...]
    months: PositiveInt
    limits: ValueLimits
    segments: tuple[Segment, ...]
    owners_from: tuple[str, ...]
    lifetime: LifetimeSettings
    acquisition: AcquisitionSettings
    models: tuple[ValueModel, ...]

    @model_validator(mode="after")
    def _one_model_each(self) -> Self:
        if sorted(each.of for each in self.models) != ["owners", "prospects"]:
            message = "models: one of owners and one of prospects"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _covers_all(self) -> Self:
        for scores in product(GRADES, repeat=3):
            if self._first(*scores) is None:
                message = "segments leave out recency {}, frequency {}, monetary {}".format(*scores)
                raise ValueError(message)
        return self

    def segment(self, recency: int, frequency: int, monetary: int) -> str:
        """Name of the first segment that fits three scores."""
        found = self._first(recency, frequency, monetary)
        return "" if found is None else found

    def _first(self, *scores: int) -> str | None:
        for segment in self.segments:
            ranges = (segment.recency, segment.frequency, segment.monetary)
            if all(low <= score <= high for score, (low, high) in zip(scores, ranges, strict=True)):
                return segment.name
        return None
