"""Who is lost: a customer who is overdue beyond the own rhythm.

The rhythm is the median of the days between workshop visits, of customers with fewer than ``settings.own_rhythm_from`` gaps the settings' usual
one. A customer may be away ``settings.patience`` times the rhythm, within bounds; after that the customer is lost, and until then active.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from enrichment.churn.settings import ChurnSettings


def days_before(cut: date) -> pl.Expr:
    """Days from a visit to ``cut``."""
    return (pl.lit(cut) - pl.col("event_date")).dt.total_days()


def allowed(gaps: pl.Expr, rhythm: pl.Expr, settings: ChurnSettings) -> tuple[pl.Expr, pl.Expr]:
    """Rhythm and allowance in days, from the number of gaps and their median."""
    own = pl.when(gaps >= settings.own_rhythm_from).then(rhythm).otherwise(float(settings.usual_rhythm))
    return own, (own * settings.patience).clip(*settings.allowance)
