"""Rows of the customers report of what customers ask and are asked: leads, satisfaction, campaigns, prospects, segments."""

from __future__ import annotations

from typing import Any

import polars as pl

from quality_reports.customer_counts import Counts
from quality_reports.customer_rows import FEWEST, N, Rows, by_dealer, percent, ratios, summed, where
from quality_reports.files import masked

_STAGES = ("new", "contacted", "visited", "won", "lost")
_ANSWERS = ("in_time", "late", "undated", "waiting", "overdue", "escalate")
_LOOP = ("csat", "nps", "satisfaction_fell", "service_retention", "repurchase", "complaints_open", "complaints_repeated")
_GRADES = ("H", "A", "B", "C")
_SHARES = {"csat": "csat", "nps": "nps", "retention": "service_retention", "repurchase": "repurchase"}


def dealings(counts: Counts) -> dict[str, Rows]:
    """Rows by panel and dealer."""
    return {
        **_leads(counts),
        **_loop(counts["loop"]),
        **_campaigns(counts["campaigns"]),
        **_prospects(counts["prospects"]),
        **_segments(counts),
    }


def facts_of_dealings(counts: Counts, panels: dict[str, Rows]) -> dict[str, dict[str, dict[str, Any]]]:
    """Facts by section and dealer."""
    answered = ratios(counts["loop"], "lead_answered")
    open_ones = {name: where(pl.col("answer") == name) for name in ("overdue", "escalate")}
    leads = {dealer: rows[0] for dealer, rows in by_dealer(summed(counts["leads"], [], leads=N, **open_ones)).items()}
    for dealer, fact in leads.items():
        fact["answered"] = answered.get(dealer)
    asked = {dealer: rows[0] for dealer, rows in by_dealer(summed(counts["prospects"], [], prospects=N, may_contact=where(pl.col("contact_allowed")))).items()}  # fmt: skip
    asked.get("", {}).update(_learned(counts["prospect_model"]))
    points = {dealer: {"nps": found} for dealer, found in ratios(counts["loop"], "nps").items() if found is not None}
    facts = {"leads": leads, "prospects": asked, "satisfaction": points}
    campaigns = panels["campaign_costs"].get("", [])
    if campaigns:
        own = sum(line["origin"] == "list" for line in campaigns)
        sums = {name: sum(line[name] or 0 for line in campaigns) for name in ("reached", "responded", "spent")}
        facts["campaigns"] = {"": {"own": own, "reported": len(campaigns) - own, **sums, "spent": round(sums["spent"], 2)}}
    return facts


def _leads(counts: Counts) -> dict[str, Rows]:
    frame, loop = counts["leads"], counts["loop"]
    answered = ratios(loop, "lead_answered")
    states = {code: where(pl.col("answer") == code) for code in _ANSWERS}
    dealers = summed(frame, [], leads=N, **states).filter(pl.col("dealer_id") != "").rename({"dealer_id": "dealer"})
    lines = dealers.sort(["escalate", "overdue", "dealer"], descending=[True, True, False]).to_dicts()
    converted = loop.filter(pl.col("measure") == "lead_conversion")
    at_dealers = converted.filter(pl.col("dealer_id") != "").with_columns(dealer=pl.col("dealer_id"), dealer_id=pl.lit(""))
    return {
        "lead_stages": by_dealer(summed(frame.rename({"stage": "lead_stage"}), ["lead_stage"], leads=N), key="lead_stage", order=_STAGES),
        "lead_answers": by_dealer(summed(frame.rename({"answer": "answer_state"}), ["answer_state"], leads=N), key="answer_state", order=_ANSWERS),
        "lead_lost": by_dealer(summed(frame.rename({"lost_reason": "lost_why"}), ["lost_why"], leads=N), most="leads"),
        "lead_calls": by_dealer(summed(counts["calls"].rename({"reason": "call_for"}), ["call_for"], calls=N), most="calls"),
        "lead_channels": _converted(converted.rename({"channel": "lead_channel"}), "lead_channel"),
        "lead_dealers": _converted(at_dealers, "dealer"),
        "answer_dealers": {"": [{**line, "answered": answered.get(line["dealer"])} for line in lines]},
    }  # fmt: skip


def _converted(frame: pl.DataFrame, key: str) -> Rows:
    """Leads whose time is over and those that were won, by dealer and ``key``; the most leads first."""
    told = (
        frame.group_by("dealer_id", key).agg(leads_over=pl.col("denominator").sum(), won=pl.col("numerator").sum()).sort("dealer_id", key)
    )
    rows = by_dealer(told, most="leads_over")
    for line in (line for lines in rows.values() for line in lines):
        line.update({key: masked(line[key] or ""), "conversion": percent(line["won"], line["leads_over"])})
    return rows


def _loop(frame: pl.DataFrame) -> dict[str, Rows]:
    loop = frame.filter(pl.col("measure").is_in(_LOOP))
    totals = loop.group_by("dealer_id", "measure").agg(those=pl.col("numerator").sum(), of_all=pl.col("denominator").sum())
    everything = by_dealer(totals.sort("dealer_id", "measure").rename({"measure": "loop"}), key="loop", order=_LOOP)
    for line in (line for lines in everything.values() for line in lines):
        line["loop_share"] = percent(line["those"], line["of_all"])
    dealers = [_dealer_line(dealer, {line["loop"]: line for line in lines}) for dealer, lines in everything.items() if dealer]
    people = {dealer: [line for line in lines if line["loop"] != "nps"] for dealer, lines in everything.items()}
    return {
        "loop_all": {dealer: lines for dealer, lines in people.items() if lines},
        "loop_months": by_dealer(_surveys(loop.filter(pl.col("month") != ""))),
        "loop_dealers": {"": dealers},
    }


def _dealer_line(dealer: str, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    shares = {key: found.get(code, {}).get("loop_share") for key, code in _SHARES.items()}
    complaints = {code: found.get(code, {}).get("those", 0) for code in ("complaints_open", "complaints_repeated")}
    return {"dealer": dealer, "surveys": found.get("csat", {}).get("of_all", 0), **shares, **complaints}


def _surveys(frame: pl.DataFrame) -> pl.DataFrame:
    """Surveys of a month, and in percent: content customers, promoters less detractors."""

    def of(code: str, column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("measure") == code).sum()

    told = frame.group_by("dealer_id", "month").agg(
        surveys=of("csat", "denominator"), csat=of("csat", "numerator"), nps=of("nps", "numerator")
    )
    enough = pl.when(pl.col("surveys") >= FEWEST)
    return told.sort("dealer_id", "month").with_columns(enough.then((100 * pl.col(code) / pl.col("surveys")).round(2)).alias(code) for code in ("csat", "nps"))  # fmt: skip


def _campaigns(frame: pl.DataFrame) -> dict[str, Rows]:
    lines = []
    for row in frame.iter_rows(named=True):
        uplift = {name: None if row[name] is None else round(100 * row[name], 2) for name in ("uplift", "uplift_low", "uplift_high")}
        lines.append(
            {
                "campaign": masked(row["campaign"] or ""), "origin": row["origin"], "since": None if row["from_date"] is None else f"{row['from_date']:%Y-%m-%d}",
                **{name: row[name] for name in ("listed", "held_out", "reached", "responded")}, "responded_share": percent(row["responded"] or 0, row["reached"] or 0),
                **uplift, "uplift_why": row["uplift_reason"], "spent": row["cost"], "test_drives": row["test_drives"], "sales_after": row["sales"],
                "per_response": row["cost_per_response"], "per_sale": row["cost_per_sale"],
            }
        )  # fmt: skip
    own = [line for line in lines if line["origin"] == "list"]
    return {"campaign_uplift": {"": own}, "campaign_costs": {"": [*own, *(line for line in lines if line["origin"] != "list")]}}


def _prospects(frame: pl.DataFrame) -> dict[str, Rows]:
    told = {"prospects": N, "may_contact": where(pl.col("contact_allowed"))}
    receiving = frame.drop("dealer_id").rename({"hand_over_to": "dealer_id"}).drop_nulls("dealer_id")
    dealers = summed(receiving, [], **told).filter(pl.col("dealer_id") != "").rename({"dealer_id": "dealer"})
    return {
        "prospect_grades": by_dealer(
            summed(frame, ["grade"], **told, owner_before=where(pl.col("owner_before"))), key="grade", order=_GRADES
        ),
        "prospect_hand": by_dealer(summed(frame.rename({"hand_over_reason": "hand_over"}), ["hand_over"], prospects=N), most="prospects"),
        "prospect_dealers": {"": dealers.sort(["prospects", "dealer"], descending=[True, False]).to_dicts()},
    }


def _learned(model: pl.DataFrame) -> dict[str, Any]:
    """What the score of the prospects was learned from."""
    for row in model.iter_rows(named=True):
        rate = None if row["base_rate"] is None else round(100 * row["base_rate"], 2)
        return {"method": row["method"], "method_why": row["method_reason"], "learned_from": row["learned_from"], "bought": row["buyers"], "base_rate": rate, "lift": row["lift"]}  # fmt: skip
    return {}


def _segments(counts: Counts) -> dict[str, Rows]:
    frame = counts["segments"]
    customers = int(counts["reach"]["n"].sum())
    own = frame.filter(pl.col("segment") == pl.col("other")).sort(["customers", "segment"], descending=[True, False])
    sizes = dict(own.select("segment", "customers").iter_rows())
    lines = [
        {
            "segment": row["segment"],
            "customers": row["customers"],
            "of_customers": percent(row["customers"], customers),
            "idle": row["reason"],
        }
        for row in own.iter_rows(named=True)
    ]
    place = {name: number for number, name in enumerate(sizes)}
    pairs = [
        {"segment": row["segment"], "other": row["other"], "customers": row["customers"], "of_segment": percent(row["customers"], sizes.get(row["segment"], 0))}
        for row in frame.filter(pl.col("segment") != pl.col("other")).iter_rows(named=True)
        if row["customers"]
    ]  # fmt: skip
    pairs.sort(key=lambda row: (place.get(row["segment"], 0), -row["customers"], row["other"]))
    return {"segment_list": {"": lines}, "segment_overlap": {"": pairs}}
