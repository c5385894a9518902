"""Words that no dictionary knows, counted: what a user adds to brands.csv, series.csv, provinces.csv, channels.csv and dealers.csv.

Brands, models and provinces are the values of the problems brand_unknown, model_unknown and province_unknown, as they were written.
Channels are those of the events, dealers the senders themselves: a campaign may have a name of its own, and dealers.csv is empty as shipped,
so neither is a problem of a record. The list is a worklist, for whoever keeps the dictionaries.
"""

from __future__ import annotations

import polars as pl

from cleansing import coding
from engine.contract import Engine, Table

REASONS = ("brand_unknown", "model_unknown", "province_unknown")
FIELDS = ("brand", "model", "province", "channel", "dealer")
WORDS = {"dealer_id": pl.String(), "field": pl.String(), "word": pl.String()}
COUNTED = WORDS | {"records": pl.Int64()}
_CANDIDATES = "select dealer_id, problems from clean_records where score_conformity < 100"
"""An unknown word costs conformity."""
_USED = """
    select dealer_id, 'channel' as field, campaign as word, count(*) as records from events
    where campaign is not null group by dealer_id, campaign
    union all
    select dealer_id, 'dealer' as field, dealer_id as word, count(*) as records from clean_records
    where dealer_id is not null group by dealer_id
"""


def words(engine: Engine, clean_records: Table, events: Table, *, limit: int, field: str | None = None) -> Table:
    """field, word, records (how many have it), dealers (how many use it), the most frequent first, dealers last; at most ``limit``.

    ``records`` of a channel are the events of it; ``field`` is the only one of ``FIELDS`` that is listed.
    """
    chosen = f"where field = '{FIELDS[FIELDS.index(field)]}'" if field is not None else ""
    told_ = engine.map_batches(engine.sql(_CANDIDATES, clean_records=clean_records), told, WORDS)
    named = engine.map_batches(engine.sql(_USED, clean_records=clean_records, events=events), unlisted, COUNTED)
    return engine.sql(
        f"""
        select field, word, cast(sum(records) as bigint) as records, count(distinct dealer_id) as dealers from (
            select dealer_id, field, word, count(*) as records from told group by dealer_id, field, word
            union all
            select dealer_id, field, word, records from named
        ) found
        {chosen} group by field, word
        order by case when field = 'dealer' then 1 else 0 end, sum(records) desc, field, word limit {int(limit)}
        """,
        told=told_,
        named=named,
    )


def told(frame: pl.DataFrame) -> pl.DataFrame:
    """dealer_id, field and word of each unknown word of CLEAN_RECORDS rows. A kernel.

    >>> problem = {"field": "brand", "reason": "brand_unknown", "value": "某牌", "repaired": False}
    >>> told(pl.DataFrame({"dealer_id": ["d"], "problems": [[problem]]})).rows()
    [('d', 'brand', '某牌')]
    """
    listed = frame.filter(pl.col("problems").list.len() > 0).explode("problems").unnest("problems")
    return listed.filter(pl.col("reason").is_in(REASONS)).select("dealer_id", "field", word="value").cast(WORDS)  # type: ignore[arg-type]  # a dict of types is what cast takes


def unlisted(frame: pl.DataFrame) -> pl.DataFrame:
    """Of dealer_id, field (channel or dealer), word, records those whose word its dictionary does not have. A kernel.

    >>> rows = [("d", "channel", "抖音", 3), ("d", "channel", "春季购车节", 2)]
    >>> unlisted(pl.DataFrame(rows, schema=COUNTED, orient="row")).rows()
    [('d', 'channel', '春季购车节', 2)]
    """
    channel = coding.channel(frame["word"])["known"]
    dealer = coding.dealer(frame["word"])["known"]
    known = pl.when(pl.col("field") == "channel").then(channel).otherwise(dealer)
    return frame.filter(known.not_().fill_null(value=False)).cast(COUNTED)  # type: ignore[arg-type]  # a dict of types is what cast takes
