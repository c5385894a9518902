"""The definitions of enrichment as settings: YAML, checked when read; an error names file and line.

>>> settings = load()
>>> settings.care.first.km, settings.care.then.months, settings.household.most_persons
(7500, 12, 8)
>>> settings.value.segment(5, 5, 5), settings.value.segment(1, 1, 1)
('重要价值客户', '一般挽留客户')
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from engine.tables import schema
from engine.yaml_files import YamlFileError, read_yaml

DEFAULTS = Path(__file__).with_name("defaults.yaml")
GRADES = range(1, 6)

Grade = Annotated[int, Field(ge=1, le=5)]
Share = Annotated[float, Field(ge=0, le=1)]
Limits = tuple[float, float, float, float]


class SettingsError(YamlFileError):
    """Settings that cannot be used; the message says file, line, what and why."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Segment(_Settings):
    """A name for a range of scores, both ends included."""

    name: str
    recency: tuple[Grade, Grade]
    frequency: tuple[Grade, Grade]
    monetary: tuple[Grade, Grade]


class ValueLimits(_Settings):
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


class Scale(_Settings):
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


class Indicator(_Settings):
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


class GradeFrom(_Settings):
    """A grade and the least score that earns it."""

    name: str
    least: Annotated[float, Field(ge=0, le=100)]


class ValueModel(_Settings):
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


class LifetimeSettings(_Settings):
    """Lifetime value: which exports count, for how long ahead, and what a yuan of turnover is worth."""

    sources: tuple[str, ...]
    months: Annotated[int, Field(ge=1, le=120)]
    margin: Annotated[float, Field(gt=0, le=1)]
    discount: Annotated[float, Field(ge=0, lt=1)]
    fewest_customers: PositiveInt


class AcquisitionSettings(_Settings):
    """What winning a customer cost: what a first purchase is, and how long a campaign's contact counts before it."""

    purchases: tuple[str, ...]
    days: PositiveInt


class ValueSettings(_Settings):
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


class Interval(_Settings):
    """Kilometres or months, whichever comes first."""

    km: PositiveInt
    months: PositiveInt


class Schedule(_Settings):
    """The first maintenance and the later ones."""

    first: Interval
    then: Interval


class Readings(_Settings):
    """Which mileage readings count."""

    latest: PositiveInt
    apart_days: PositiveInt
    span_days: PositiveInt
    most_km_per_day: PositiveInt
    most_km: PositiveInt


class CareSettings(Schedule):
    """Next maintenance."""

    maintenance_kinds: tuple[str, ...]
    sale_kinds: tuple[str, ...]
    owner_roles: tuple[str, ...]
    cars_not_from: tuple[str, ...]
    models: dict[str, Schedule]
    readings: Readings


class HouseholdSettings(_Settings):
    """Who lives together."""

    most_persons: Annotated[int, Field(ge=2, le=50)]


class ChurnSettings(_Settings):
    """When a customer is lost, and how the risk of it is learned; days unless named otherwise."""

    sources: tuple[str, ...]
    complaints: tuple[str, ...]
    sales: tuple[str, ...]
    opinions: tuple[str, ...]
    usual_rhythm: PositiveInt
    own_rhythm_from: PositiveInt
    patience: Annotated[float, Field(gt=1, le=5)]
    allowance: tuple[PositiveInt, PositiveInt]
    warranty_months: PositiveInt
    horizon_days: PositiveInt
    training_cuts: PositiveInt
    cut_every_days: PositiveInt
    most_customers: Annotated[int, Field(ge=1000, le=500_000)]
    fewest_customers: PositiveInt
    fewest_lost: PositiveInt
    levels: tuple[Share, Share]
    rule_levels: tuple[Share, Share]
    rule_satisfaction: Annotated[float, Field(ge=0, le=100)]
    offers: dict[str, str]
    offer: str


class Condition(_Settings):
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


class SegmentRule(_Settings):
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


class EnrichmentSettings(_Settings):
    """All definitions (see defaults.yaml for the meaning of each)."""

    version: str
    value: ValueSettings
    churn: ChurnSettings
    segments: tuple[SegmentRule, ...]
    care: CareSettings
    household: HouseholdSettings

    @model_validator(mode="after")
    def _segments_differ(self) -> Self:
        names = [each.name for each in self.segments]
        if len(set(names)) != len(names):
            message = "segments: two have the same name"
            raise ValueError(message)
        return self


def load(path: Path | None = None) -> EnrichmentSettings:
    """The settings of a YAML file; without one, the defaults.

    Raises:
        SettingsError: the file is not there, not YAML, or says something else than settings.
    """
    return _load(path or DEFAULTS)


@cache
def _load(path: Path) -> EnrichmentSettings:
    return read_yaml(path, EnrichmentSettings, raises=SettingsError)
