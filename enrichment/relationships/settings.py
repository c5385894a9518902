"""What counts as a relationship (settings, section ``relationships``)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RelationshipSettings(BaseModel):
    """Where a car named with a person says something, and where papers prove an owner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cars_not_from: tuple[str, ...]
    papers: tuple[str, ...]
    files: tuple[str, ...]
    referral_words: tuple[str, ...] = Field(min_length=1)
    longest_chain: int = Field(ge=1, le=50)
