"""The definitions of enrichment as settings: YAML, checked when read; an error names file and line.

>>> settings = load()
>>> settings.care.first.km, settings.care.then.months, settings.household.most_persons
(7500, 12, 8)
>>> settings.value.segment(5, 5, 5), settings.value.segment(1, 1, 1)
('重要价值客户', '一般挽留客户')
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from engine.yaml_files import YamlFileError, read_yaml
from enrichment.calendar.settings import CalendarSettings
from enrichment.campaigns.settings import CampaignSettings
from enrichment.contactability.settings import ReachSettings
from enrichment.leads.settings import LeadSettings
from enrichment.prospects.settings import ProspectSettings
from enrichment.relationships.settings import RelationshipSettings

DEFAULTS = Path(__file__).with_name("defaults.yaml")
GRADES = range(1, 6)

Grade = Annotated[int, Field(ge=1, le=5)]
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


class ValueSettings(_Settings):
    """Recency, frequency, money."""

    sources: tuple[str, ...]
    months: PositiveInt
    limits: ValueLimits
    segments: tuple[Segment, ...]

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


class EnrichmentSettings(_Settings):
    """All definitions (see defaults.yaml for the meaning of each)."""

    version: str
    value: ValueSettings
    care: CareSettings
    household: HouseholdSettings
    relationships: RelationshipSettings
    calendar: CalendarSettings
    reach: ReachSettings
    leads: LeadSettings
    campaigns: CampaignSettings
    prospects: ProspectSettings


def load(path: Path | None = None) -> EnrichmentSettings:
    """The settings of a YAML file; without one, the defaults.

    Raises:
        SettingsError: the file is not there, not YAML, or says something else than settings.
    """
    return _load(path or DEFAULTS)


@cache
def _load(path: Path) -> EnrichmentSettings:
    return read_yaml(path, EnrichmentSettings, raises=SettingsError)
