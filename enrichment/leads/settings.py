"""Definitions of the lead loop (settings, section ``leads``)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Satisfaction(_Settings):
    """Points (0 to 100) from which a customer is content, a promoter, and up to which a detractor; a fall that matters."""

    content: float
    promoter: float
    detractor: float
    fall: float


class Calls(_Settings):
    """How the daily list is made."""

    most_a_day: PositiveInt
    after_visit_days: tuple[PositiveInt, PositiveInt]
    priorities: dict[str, PositiveInt]


class LeadSettings(_Settings):
    """What is a lead, an answer, a stage, a conversion."""

    sources: tuple[str, ...]
    one_lead_days: PositiveInt
    answer_days: PositiveInt
    escalate_days: PositiveInt
    sale_days: PositiveInt
    unanswered: tuple[str, ...]
    visited: tuple[str, ...]
    lost: tuple[str, ...]
    lost_reasons: dict[str, tuple[str, ...]]
    won: tuple[str, ...]
    satisfaction: Satisfaction
    repeated_days: PositiveInt
    fewest: PositiveInt = Field(ge=1)
    calls: Calls
