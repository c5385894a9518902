"""Settings of churn early warning."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt

from enrichment.strict import Share, Strict


class ChurnSettings(Strict):
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
