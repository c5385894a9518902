"""The definitions of enrichment as settings: YAML, checked when read; an error names file and line.

>>> settings = load()
>>> settings.care.first.km, settings.care.then.months, settings.household.most_persons
(7500, 12, 8)
>>> settings.value.segment(5, 5, 5), settings.value.segment(1, 1, 1)
('重要价值客户', '一般挽留客户')
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PositiveInt, model_validator

from engine.yaml_files import YamlFileError, read_yaml
from enrichment.calendar.settings import CalendarSettings
from enrichment.campaigns.settings import CampaignSettings
from enrichment.churn.settings import ChurnSettings
from enrichment.contactability.settings import ReachSettings
from enrichment.leads.settings import LeadSettings
from enrichment.prospects.settings import ProspectSettings
from enrichment.relationships.settings import RelationshipSettings
from enrichment.segment_rules import SegmentRule
from enrichment.strict import Strict
from enrichment.value.settings import ValueSettings

DEFAULTS = Path(__file__).with_name("defaults.yaml")


class SettingsError(YamlFileError):
    """Settings that cannot be used; the message says file, line, what and why."""


class Interval(Strict):
    """Kilometres or months, whichever comes first."""

    km: PositiveInt
    months: PositiveInt


class Schedule(Strict):
    """The first maintenance and the later ones."""

    first: Interval
    then: Interval


class Readings(Strict):
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


class HouseholdSettings(Strict):
    """Who lives together."""

    most_persons: Annotated[int, Field(ge=2, le=50)]


class EnrichmentSettings(Strict):
    """All definitions (see defaults.yaml for the meaning of each)."""

    version: str
    value: ValueSettings
    churn: ChurnSettings
    segments: tuple[SegmentRule, ...]
    care: CareSettings
    household: HouseholdSettings
    relationships: RelationshipSettings
    calendar: CalendarSettings
    reach: ReachSettings
    leads: LeadSettings
    campaigns: CampaignSettings
    prospects: ProspectSettings

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
