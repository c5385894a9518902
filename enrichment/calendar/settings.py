"""Definitions of the care calendar (settings, section ``calendar``)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

Years = Annotated[int, Field(ge=1, le=30)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Warranty(_Settings):
    """Months or kilometres, whichever comes first."""

    months: PositiveInt
    km: PositiveInt


class Inspection(_Settings):
    """Years after registration: with a new mark only (``labels``), with the car on the line (``tests``); every year after the last of them."""

    labels: tuple[Years, ...]
    tests: tuple[Years, ...]
    done_before_days: NonNegativeInt


class Task(_Settings):
    """A kind of task: priority 1 is the first; ``lead_days`` before it is due it is to be done; ``once``: one person of a household is enough."""

    priority: PositiveInt
    lead_days: NonNegativeInt
    once: bool = False


class Festival(_Settings):
    """A month and day of the lunar or of the common calendar."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    lunar: bool = False


class CalendarSettings(_Settings):
    """What is due when, and how much of it one customer is told."""

    sale_kinds: tuple[str, ...]
    new_car_km: PositiveInt
    used_before_days: NonNegativeInt
    insurance_months: PositiveInt
    inspection: Inspection
    warranty: Warranty
    warranties: dict[str, Warranty]
    replacement_months: PositiveInt
    lunar_born_before: PositiveInt | None
    festivals: dict[str, Festival]
    tasks: dict[str, Task]
    horizon_days: PositiveInt
    overdue_days: NonNegativeInt
    most_a_month: PositiveInt

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = {"next_service", "insurance", "inspection", "warranty_end", "replacement", "birthday", "lunar_birthday", *self.festivals}
        if unknown := sorted(self.tasks.keys() - known):
            message = f"tasks: {', '.join(unknown)} are none of {', '.join(sorted(known))}"
            raise ValueError(message)
        return self
