"""Definitions of reach (settings, section ``reach``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

Share = Annotated[float, Field(ge=0, le=1)]
Clock = Annotated[str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$")]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HalfLife(_Settings):
    """Years after which a value is half as likely to reach its customer."""

    mobile: PositiveFloat
    landline: PositiveFloat
    email: PositiveFloat
    address: PositiveFloat


class ByChannel(_Settings):
    """Weight of each channel."""

    phone: Share
    sms: Share
    email: Share
    post: Share


class Quiet(_Settings):
    """From when until when people may be called."""

    workdays: tuple[Clock, Clock]
    weekends: tuple[Clock, Clock]


class ReachSettings(_Settings):
    """How sure a value is, who may be contacted, and when."""

    half_life: HalfLife
    one_record: Share
    not_valid: Share
    undated: Share
    least: Share
    weight: ByChannel
    channels: dict[str, tuple[str, ...]]
    answered: tuple[str, ...]
    answer_months: PositiveInt
    youngest: PositiveInt
    deceased: tuple[str, ...]
    relatives: tuple[str, ...]
    complaint_days: PositiveInt
    complaint_closed: tuple[str, ...]
    quiet: Quiet
    visits: PositiveInt
