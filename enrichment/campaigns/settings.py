"""Definitions of campaigns (settings, section ``campaigns``)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, model_validator

from engine.tables import CUSTOMER_PROFILE, CUSTOMER_REACH, CUSTOMERS

Channel = Literal["phone", "sms", "email", "post"]
FIELDS: dict[str, str] = {
    column.name: table
    for table, spec in (("c", CUSTOMERS), ("p", CUSTOMER_PROFILE), ("r", CUSTOMER_REACH))
    for column in spec.columns
    if not column.dtype.is_nested() and not column.personal
}
"""What a rule may ask for: fields of the profile, of reach, and those of the golden record that tell nobody apart; by the table that has them."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Settings):
    """A condition on a field; all that is set must hold, and an unknown value meets none but ``known: false``."""

    at_least: float | date | None = None
    at_most: float | date | None = None
    one_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    known: bool | None = None


class Campaign(_Settings):
    """Whom a campaign asks, over what, at what cost, and what it wants.

    The list is made by the first run from ``start`` on and stays as it is; outcomes count for ``window_days`` after.
    """

    name: str
    start: date
    goal: Literal["test_drive", "service", "sale"]
    target: dict[str, Condition]
    exclude: dict[str, Condition] = {}
    first: str | None = None
    hold_out: Annotated[float, Field(gt=0, lt=1)]
    budget: NonNegativeFloat
    costs: dict[Channel, NonNegativeFloat]
    window_days: PositiveInt

    @model_validator(mode="after")
    def _known(self) -> Self:
        asked = {*self.target, *self.exclude, *([self.first] if self.first else [])}
        if unknown := sorted(asked - FIELDS.keys()):
            message = f"campaign {self.name}: no field {', '.join(unknown)}; there are {', '.join(sorted(FIELDS))}"
            raise ValueError(message)
        return self


class CampaignSettings(_Settings):
    """The maker's own campaigns, and how those that dealers report are counted."""

    answered: tuple[str, ...]
    window_days: PositiveInt
    lists: tuple[Campaign, ...]

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [each.name for each in self.lists]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"campaigns named twice: {', '.join(twice)}"
            raise ValueError(message)
        return self
