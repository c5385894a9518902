"""Masked examples of what was wrong: two a dealer, field and reason, chosen by their text alone, so that every run and engine shows the same.

A value as it was written may hold anything in any field (a phone in the name, a name beside the phone), so more is hidden than
``engine.privacy.mask`` hides: of addresses only the first division stays, of numbers no Chinese character, of everything else only the shape.

>>> shown("1391785204", "phone"), shown("王伟 13917852046", "phone"), shown("王伟", "name"), shown("上海市浦东新区世纪大道1号", "address")
('******5204', '**********2046', '王*', '上海市********')
>>> shown("2026-13-45", "event_date"), shown("unknown", "gender"), shown("王伟13917852046", "address")
('0000-00-00', 'aaaaaaa', '********')
"""

from __future__ import annotations

import re

import polars as pl

from engine.contract import Engine, Table
from engine.privacy import mask

EXAMPLES = 2
EXAMPLE: dict[str, pl.DataType] = {
    "dealer_id": pl.String(),
    "field": pl.String(),
    "reason": pl.String(),
    "key": pl.String(),
    "example": pl.String(),
}
_MOST = 2_000_000
_LENGTH = 40
_NUMBERS = frozenset({"phone", "id_number", "vin", "email", "plate"})
_DIVISION = re.compile(r"^[\u4e00-\u9fff]{2,7}?[省市区州盟]")
_CHINESE = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]")


def shown(value: str, field: str) -> str:
    """A value as an example may show it; at most 40 characters."""
    value = value.strip()[:_LENGTH]
    if field == "name":
        return mask(value, "name") if not any(letter.isdigit() for letter in value) else "*" * min(len(value), 8)
    if field == "address":
        found = _DIVISION.match(value)
        head = found[0] if found and found[0] != value else ""
        return head + "*" * min(len(value) - len(head), 8)
    if field in _NUMBERS:
        if _CHINESE.search(value) and not (field == "plate" and not _CHINESE.search(value[1:])):
            return "*" * max(len(value) - 4, 0) + value[-4:] if value[-4:].isdigit() else "*" * min(len(value), 8)
        return mask(value, field)
    return _shape(value)


def _shape(value: str) -> str:
    """Digits, letters and Chinese characters by kind; signs as they are."""
    kinds = ((str.isdigit, "0"), (_is_chinese, "某"), (str.isupper, "A"), (str.isalpha, "a"))
    return "".join(next((sign for is_kind, sign in kinds if is_kind(letter)), letter) for letter in value)


def _is_chinese(letter: str) -> bool:
    return bool(_CHINESE.match(letter))


def pick(frame: pl.DataFrame) -> pl.DataFrame:
    """Examples of a batch of ``dealer_id``, ``problems``; rows of ``EXAMPLE``, already masked; ``key`` orders them and goes no further."""
    found = (
        frame.filter(pl.col("problems").list.len() > 0)
        .explode("problems")
        .unnest("problems")
        .filter(pl.col("value").str.strip_chars().str.len_chars() > 0)
        .select("dealer_id", pl.col("field").fill_null(""), "reason", "value")
        .unique()
        .with_columns(backwards=pl.col("value").str.reverse())
        .sort("backwards")
        .group_by("dealer_id", "field", "reason", maintain_order=True)
        .head(EXAMPLES)
    )
    example = [shown(value, field) for value, field in zip(found["value"], found["field"], strict=True)]
    return found.select("dealer_id", "field", "reason", key="backwards", example=pl.Series(example, dtype=pl.String()))


def collect_examples(engine: Engine, clean_records: Table) -> pl.DataFrame:
    """Masked examples by dealer, field and reason.

    Returns:
        ``dealer_id``, ``field``, ``reason``, ``example``: at most two of each dealer, field and reason, in order.
    """
    picked = engine.map_batches(
        engine.sql("select dealer_id, problems from c where cardinality(problems) > 0", c=clean_records), pick, EXAMPLE
    )
    best = engine.sql(
        f"""
        select dealer_id, field, reason, example from (
            select p.*, row_number() over (partition by dealer_id, field, reason order by key, example) as place
            from (select dealer_id, field, reason, example, min(key) as key from picked group by dealer_id, field, reason, example) p
        ) ranked where place <= {EXAMPLES} order by dealer_id, field, reason, place
        """,
        picked=picked,
    )
    return engine.collect(best, max_rows=_MOST)
