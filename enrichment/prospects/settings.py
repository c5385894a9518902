"""Definitions of best prospects (settings, section ``prospects``)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

Share = Annotated[float, Field(gt=0, lt=1)]


class HandoverSettings(BaseModel):
    """Who sells what: cars sold within ``sold_days``; ``fewest_buyers`` of one city, and half of all, tell where a dealer is who is not listed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sold_days: PositiveInt
    fewest_buyers: PositiveInt


class ProspectSettings(BaseModel):
    """What is learned from, what is scored, and how it is graded.

    ``points`` are the rules of the trade that stand in where too few buyers are known: points by trait and value.
    ``grades``: shares of the prospects that are at least so good, best first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learn_months: PositiveInt
    fresh_days: PositiveInt
    fewest_buyers: PositiveInt
    most_learned: PositiveInt
    most_values: PositiveInt
    held_back: Share
    ridge: PositiveFloat
    points: dict[str, dict[str, float]]
    grades: dict[str, Share]
    hand_over: HandoverSettings

    @model_validator(mode="after")
    def _rising(self) -> Self:
        shares = list(self.grades.values())
        if shares != sorted(shares):
            message = "grades: the shares must rise from the best to the last but one"
            raise ValueError(message)
        return self
