"""Words that no dictionary knows, counted: what a user adds to brands.csv and series.csv.

They are the values of the problems brand_unknown and model_unknown. The list shows words as they were written: it is a worklist, for
whoever keeps the dictionaries.
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table

REASONS = ("brand_unknown", "model_unknown")
WORDS = {"dealer_id": pl.String(), "field": pl.String(), "word": pl.String()}
_CANDIDATES = "select dealer_id, problems from clean_records where score_conformity < 100"
"""An unknown word costs conformity."""


def words(engine: Engine, clean_records: Table, *, limit: int) -> Table:
    """field, word, records (how many have it), dealers (how many use it), the most frequent first; at most ``limit``."""
    found = engine.map_batches(engine.sql(_CANDIDATES, clean_records=clean_records), told, WORDS)
    return engine.sql(
        f"""
        select field, word, count(*) as records, count(distinct dealer_id) as dealers from found
        group by field, word order by count(*) desc, field, word limit {int(limit)}
        """,
        found=found,
    )


def told(frame: pl.DataFrame) -> pl.DataFrame:
    """dealer_id, field and word of each unknown word of CLEAN_RECORDS rows. A kernel.

    >>> problem = {"field": "brand", "reason": "brand_unknown", "value": "某牌", "repaired": False}
    >>> told(pl.DataFrame({"dealer_id": ["d"], "problems": [[problem]]})).rows()
    [('d', 'brand', '某牌')]
    """
    listed = frame.filter(pl.col("problems").list.len() > 0).explode("problems").unnest("problems")
    return listed.filter(pl.col("reason").is_in(REASONS)).select("dealer_id", "field", word="value").cast(WORDS)  # type: ignore[arg-type]  # a dict of types is what cast takes
