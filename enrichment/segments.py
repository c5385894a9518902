"""Segments: named rules over the fields of the profile. A customer may be in several; each has its history, size and overlap with the others.

A rule whose field is unknown of every customer is idle, and the sizes say so. A field that is unknown of one customer fulfils no condition but
``known: false``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial, reduce

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from enrichment.history import carried
from enrichment.segment_rules import Condition, SegmentRule

_MEMBERS = {"customer_id": pl.String(), "segment": pl.String()}
_SETS = {"combination": pl.String()}
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Segmented:
    """SEGMENTS and SEGMENT_SIZES."""

    segments: Table
    segment_sizes: Table


def segmented(
    engine: Engine, *, customer_profile: Table, before: Table | None, rules: Sequence[SegmentRule], as_of: date, version: str
) -> Segmented:
    """Who is in which segment, now and before; how large they are and how they overlap.

    Args:
        engine: runs the steps.
        customer_profile: table ``customer_profile``.
        before: SEGMENTS of the version before; None at first.
        rules: see ``enrichment.settings``.
        as_of: date of the computation.
        version: of the definitions.
    """
    fields = sorted({each.field for rule in rules for each in (*rule.all, *rule.any)})
    asked = engine.materialize(engine.sql(f"select {', '.join(['customer_id', *fields])} from profile", profile=customer_profile))
    members = engine.materialize(engine.map_batches(asked, partial(members_of, rules=rules), _MEMBERS))
    counts = ", ".join(f"count({field}) as {field}" for field in fields) or "0 as nothing"
    known = engine.collect(engine.sql(f"select {counts} from asked", asked=asked)).row(0, named=True)
    sets = engine.map_batches(asked, partial(combinations, rules=rules), _SETS)
    counted = engine.collect(engine.sql("select combination, count(*) as customers from sets group by combination", sets=sets))
    sizes = overlaps(counted, rules).with_columns(
        reason=pl.col("segment").replace_strict({rule.name: _idle(rule, known) for rule in rules}, return_dtype=pl.String()),
        as_of=pl.lit(as_of),
        version=pl.lit(version),
    )
    told = carried(engine, before=before, now=members, key=("customer_id", "segment"), told=(), as_of=as_of)
    return Segmented(told, engine.from_frame(sizes.select(*schema("segment_sizes"))))


def members_of(frame: pl.DataFrame, *, rules: Sequence[SegmentRule]) -> pl.DataFrame:
    """Kernel: profiles to one row a customer and segment."""
    flags = frame.select("customer_id", **{rule.name: holds(rule) for rule in rules})
    long = flags.unpivot(index="customer_id", variable_name="segment", value_name="inside").filter("inside")
    return long.select(pl.col(name).cast(dtype) for name, dtype in _MEMBERS.items())


def combinations(frame: pl.DataFrame, *, rules: Sequence[SegmentRule]) -> pl.DataFrame:
    """Kernel: the places of all segments that each customer is in, as one text."""
    parts = [pl.when(holds(rule)).then(pl.lit(f"{place}{_BETWEEN}")).otherwise(pl.lit("")) for place, rule in enumerate(rules)]
    return frame.select(combination=pl.concat_str(parts) if parts else pl.lit(""))


def overlaps(counted: pl.DataFrame, rules: Sequence[SegmentRule]) -> pl.DataFrame:
    """``segment, other, customers`` of each two segments, from how many customers are in each ``combination``."""
    counts = {(one.name, other.name): 0 for one in rules for other in rules}
    for text, customers in counted.iter_rows():
        inside = [rules[int(place)].name for place in text.split(_BETWEEN) if place]
        for one in inside:
            for other in inside:
                counts[one, other] += customers
    rows = [(one, other, customers) for (one, other), customers in counts.items()]
    return pl.DataFrame(rows, schema={"segment": pl.String(), "other": pl.String(), "customers": pl.Int64()}, orient="row")


def holds(rule: SegmentRule) -> pl.Expr:
    """Whether a profile is in the segment: all of ``all``, and one of ``any`` where there are any."""
    whole = reduce(lambda left, right: left & right, (condition(each) for each in rule.all), pl.lit(True))
    return whole & reduce(lambda left, right: left | right, (condition(each) for each in rule.any)) if rule.any else whole


def condition(each: Condition) -> pl.Expr:
    """One condition; false where the field is unknown."""
    field = pl.col(each.field)
    if each.known is not None:
        return field.is_not_null() if each.known else field.is_null()
    if each.one_of is not None:
        held = field.is_in(list(each.one_of))
    elif each.none_of is not None:
        held = ~field.is_in(list(each.none_of))
    elif each.least is not None and each.most is not None:
        held = field.is_between(each.least, each.most)
    else:
        held = field >= each.least if each.least is not None else field <= each.most
    return held.fill_null(value=False)


def _idle(rule: SegmentRule, known: dict[str, int]) -> str | None:
    missing = sorted({each.field for each in (*rule.all, *rule.any) if each.known is None and known[each.field] == 0})
    return f"idle:{','.join(missing)}" if missing else None
