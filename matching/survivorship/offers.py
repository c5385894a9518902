"""What reference sources offer to a golden record: taken where nothing stands, or where the source is better; each offer is told what became of it.

Offers come as rows beside the records, one for each customer, source and field, with the columns of that field only. A value has the merit of the best that
says it: the highest trust and the latest date of its records, and of the offers that say the same. An offer to ``fill`` is taken where the
customer has no value. One to ``update`` also replaces a value of less trust that is not later. A ``strike`` (verified wrong) takes
such a value out, so that the next best survives. What a steward says, and what a number in the form of GB 11643 says, stands above all.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from matching.survivorship.pick import UNDATED

OFFERED = {"reference": pl.String(), "field": pl.String(), "offer": pl.String(), "grade": pl.Int64(), "about": pl.String()}
"""Beside the columns of a record: name of the source, field, fill | update | strike, trust of the source, and the address that a postcode is for."""
TOLD = {
    "reference": pl.String(), "field": pl.String(), "record_id": pl.String(), "outcome": pl.String(), "date": pl.Date(), "old_value": pl.String(),
    "new_value": pl.String(),
}  # fmt: skip
"""What became of an offer: filled | updated | struck | confirmed (the golden record says so) | kept (what was there stays)."""
RULE = "reference:"
FIELD = {"identity": "id_number", "party": "name"}
"""The field of which a block takes offers, where it is called otherwise."""
_CUSTOMER = "customer_id"
_ORDER = [_CUSTOMER, "trust", "recency", "record_id"]


@dataclass(frozen=True)
class Parted:
    """A block's candidates: those of ``records`` (and stewards), and those offered; ``told`` what became of strikes (``TOLD`` and customer_id)."""

    records: pl.DataFrame
    offers: pl.DataFrame
    told: pl.DataFrame


@dataclass(frozen=True)
class Adopted:
    """A block's winners after its offers, the offers that say the same as a winner, and what became of each."""

    won: pl.DataFrame
    taken: pl.DataFrame
    told: pl.DataFrame


def are_there(frame: pl.DataFrame) -> bool:
    """Whether rows of offers stand beside the records."""
    return "reference" in frame.columns


def of_records(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that are no offers."""
    return frame.filter(pl.col("reference").is_null()) if are_there(frame) else frame


def parted(candidates: pl.DataFrame, block: str) -> Parted:
    """A block's candidates apart, without the values that are struck.

    Args:
        candidates: of records and of offers, with ``OFFERED``; the trust of an offer is its source's.
        block: the block; offers of other fields (the birth date that comes with a number) are left out.
    """
    ours = pl.col("reference").is_null() | (pl.col("field") == FIELD.get(block, block))
    strike = pl.col("offer").eq_missing(pl.lit("strike"))
    rest, strikes = candidates.filter(ours & ~strike), candidates.filter(ours & strike)
    if strikes.is_empty():
        told = strikes.select(_CUSTOMER, *_told("kept", old="key", new=None))
    else:
        judged = strikes.join(_merits(rest), on=[_CUSTOMER, "key"], how="left", maintain_order="left").with_columns(
            beats=_beats() & (pl.col("said") == 0)
        )
        outcome = pl.when("beats").then(pl.lit("struck")).when(pl.col("best").is_null()).then(pl.lit("confirmed")).otherwise(pl.lit("kept"))
        told = judged.select(_CUSTOMER, *_told(outcome, old="key", new=None))
        rest = rest.join(judged.filter("beats"), on=[_CUSTOMER, "key"], how="anti", maintain_order="left")
    return Parted(of_records(rest), rest.filter(pl.col("reference").is_not_null()), told)


def adopt(won: pl.DataFrame, ranked: pl.DataFrame, offers: pl.DataFrame) -> Adopted:
    """The winners of a block after what is offered.

    Args:
        won: one row per customer who has a value (see ``pick``).
        ranked: the candidates that they were taken from.
        offers: see ``parted``.

    Returns:
        Winners with the rule ``reference:<source>`` and the value of before as runner-up, where an offer was taken.
    """
    stands = won.select(_CUSTOMER, "rule", won="key", own="trust", dated="recency", stewards="steward")
    judged = offers.join(stands, on=_CUSTOMER, how="left", maintain_order="left")
    same = judged.filter(pl.col("key") == pl.col("won"))
    columns = [_CUSTOMER, "key", "trust", "recency", "steward"]
    merits = _merits(pl.concat([ranked.select(columns), same.select(columns)]))
    judged = judged.join(merits.rename({"key": "won"}), on=[_CUSTOMER, "won"], how="left", maintain_order="left").with_columns(
        best=pl.max_horizontal("best", "own"), latest=pl.max_horizontal("latest", "dated")
    )
    open_ = (pl.col("offer") == "update") & (pl.col("stewards") == 0) & (pl.col("rule") != "from_id_number") & _beats()
    eligible = judged.filter(pl.col("won").is_null() | (open_ & (pl.col("key") != pl.col("won"))))
    chosen = eligible.sort(_ORDER, descending=[False, True, True, False]).unique(_CUSTOMER, keep="first", maintain_order=True)
    judged = judged.join(
        chosen.select(_CUSTOMER, final="key", by="record_id"), on=_CUSTOMER, how="left", maintain_order="left"
    ).with_columns(agrees=pl.col("key") == pl.coalesce("final", "won"))
    taken = pl.when(pl.col("won").is_null()).then(pl.lit("filled")).otherwise(pl.lit("updated"))
    outcome = (
        pl.when(pl.col("record_id") == pl.col("by")).then(taken)
        .when("agrees").then(pl.lit("confirmed"))
        .otherwise(pl.lit("kept"))
    )  # fmt: skip
    new = chosen.with_columns(rule=pl.format("{}{}", pl.lit(RULE), "reference"), runner_up="won", frequency=pl.lit(0, pl.Int64))
    return Adopted(
        pl.concat([won.join(chosen, on=_CUSTOMER, how="anti", maintain_order="left"), new.select(won.columns)]),
        judged.filter("agrees").with_columns(frequency=pl.lit(0, pl.Int64)).select(ranked.columns),
        judged.select(_CUSTOMER, *_told(outcome, old="won", new="key")),
    )


def postcodes(won: pl.DataFrame, frame: pl.DataFrame) -> Adopted:
    """Postcodes that are offered for an address, where that address is the one that survived.

    Args:
        won: winners of the block address.
        frame: all rows, with ``trust_address``.

    Returns:
        The winners, ``taken``: the provenance of a postcode that was taken (customer_id, record_id, rule, date, runner_up), and what became of each.
    """
    stands = won.select(
        _CUSTOMER, "rule", there="key", old="postcode", best="trust", latest="recency", stewards="steward"
    )  # fmt: skip
    judged = (
        frame.filter(pl.col("field") == "postcode")
        .select(_CUSTOMER, "record_id", "date", *OFFERED, "recency", key="postcode", trust="trust_address")
        .join(stands, on=_CUSTOMER, how="left", maintain_order="left")
    )
    here = (pl.col("about") == pl.col("there")) & ~pl.col("rule").str.starts_with(RULE)
    open_ = (pl.col("offer") == "update") & (pl.col("stewards") == 0) & _beats()
    eligible = judged.filter(here & (pl.col("old").is_null() | (open_ & (pl.col("key") != pl.col("old")))))
    chosen = eligible.sort(_ORDER, descending=[False, True, True, False]).unique(_CUSTOMER, keep="first", maintain_order=True)
    new = chosen.select(_CUSTOMER, "record_id", "date", rule=pl.format("{}{}", pl.lit(RULE), "reference"), runner_up="old", now="key")
    judged = judged.join(new.select(_CUSTOMER, "now", by="record_id"), on=_CUSTOMER, how="left", maintain_order="left")
    taken = pl.when(pl.col("old").is_null()).then(pl.lit("filled")).otherwise(pl.lit("updated"))
    agrees = here & (pl.col("key") == pl.coalesce("now", "old"))
    outcome = pl.when(pl.col("record_id") == pl.col("by")).then(taken).when(agrees).then(pl.lit("confirmed")).otherwise(pl.lit("kept"))
    changed = won.join(new.select(_CUSTOMER, "now"), on=_CUSTOMER, how="left", maintain_order="left")
    changed = changed.with_columns(postcode=pl.coalesce("now", "postcode")).select(won.columns)
    return Adopted(changed, new.drop("now"), judged.select(_CUSTOMER, *_told(outcome, old="old", new="key")))


def every(frame: pl.DataFrame, told: list[pl.DataFrame]) -> pl.DataFrame:
    """What became of each offer, one list a customer; an offer that no block could take (a birth date for a company) is kept.

    Returns:
        ``customer_id``, ``told`` (a list of ``TOLD``).
    """
    known = pl.concat(told)
    named = [_CUSTOMER, "record_id", "field"]
    offers = frame.filter(pl.col("reference").is_not_null()).select(
        *named, "reference", "date", outcome=pl.lit("kept"), old_value=pl.lit(None, pl.String), new_value=pl.lit(None, pl.String)
    )
    rest = offers.join(known, on=named, how="anti").select(known.columns)
    rows = pl.concat([known, rest]).sort(_CUSTOMER, "reference", "field", "record_id")
    return rows.group_by(_CUSTOMER, maintain_order=True).agg(told=pl.struct(*TOLD))


def _merits(candidates: pl.DataFrame) -> pl.DataFrame:
    """``best`` trust and ``latest`` date of each value of a customer, and whether a steward has said it (``said``)."""
    best = {"best": pl.col("trust").max(), "latest": pl.col("recency").max(), "said": pl.col("steward").max()}
    return candidates.group_by(_CUSTOMER, "key").agg(**best)


def _beats() -> pl.Expr:
    """More trust, and not earlier; an offer without a date replaces nothing."""
    higher = (pl.col("trust") > pl.col("best")) & (pl.col("recency") >= pl.col("latest")) & (pl.col("recency") > UNDATED)
    return higher.fill_null(value=False)


def _told(outcome: pl.Expr | str, *, old: str, new: str | None) -> list[pl.Expr]:
    told = pl.lit(outcome) if isinstance(outcome, str) else outcome
    said = pl.lit(None, pl.String) if new is None else pl.col(new)
    values = [told.alias("outcome"), pl.col("date"), pl.col(old).alias("old_value"), said.alias("new_value")]
    return [pl.col("reference"), pl.col("field"), pl.col("record_id"), *values]
