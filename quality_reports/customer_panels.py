"""What the customers report shows: sections, their panels (one table with its chart each), and their columns.

A column is (key, kind, words): the label is ``col.<key>``; values of a column with words are codes, shown as ``customers_report.<words>.<code>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from quality_reports.formats import Kind

Column = tuple[str, Kind, str]


@dataclass(frozen=True)
class Chart:
    """How a panel is drawn: bars lie, columns stand, intervals are a value between two ends, a matrix is a number in each cell."""

    kind: Literal["bars", "columns", "intervals", "matrix"]
    columns: tuple[str, ...]
    stacked: bool = False


@dataclass(frozen=True)
class Panel:
    """One table and its chart.

    Of several charts the first is drawn that has anything to show. ``labels``: so many leading columns name a row. ``by_dealer``: the
    table is another one for each dealer. ``wide``: as wide as the page, and sortable.
    """

    name: str
    section: str
    columns: tuple[Column, ...]
    charts: tuple[Chart, ...] = ()
    labels: int = 1
    by_dealer: bool = True
    wide: bool = False


def _count(*names: str) -> tuple[Column, ...]:
    return tuple((name, "int", "") for name in names)


def _bars(*columns: str, stacked: bool = False) -> Chart:
    return Chart("bars", columns, stacked)


_DEALER: Column = ("dealer", "text", "")
_WORTH: tuple[Column, ...] = (("money", "int", ""), ("lifetime", "int", ""))
_LOOP: tuple[Column, ...] = (("csat", "pct", ""), ("nps", "delta", ""))
TASKS = ("next_service", "insurance", "inspection", "warranty_end", "replacement", "birthday", "festival")
DUE = ("next_service", "insurance_due", "inspection_due", "warranty_end", "replacement_from")

PANELS: tuple[Panel, ...] = (
    Panel("reach_ways", "customers", (("way", "text", "way"), *_count("with_way", "may_contact", "best_way")), (_bars("with_way", "may_contact", "best_way"),)),
    Panel("barred", "customers", (("barred", "text", "barred_why"), *_count("customers")), (_bars("customers"),)),
    Panel("customer_file", "customers", (("what", "text", "file"), *_count("file_count")), (_bars("file_count"),), by_dealer=False),
    Panel("value_grades", "value", (("model_of", "text", "model"), ("grade", "text", ""), *_count("customers"), *_WORTH), (_bars("customers"),), labels=2),
    Panel("value_rfm", "value", (("rfm", "text", ""), *_count("customers"), *_WORTH), (_bars("customers"),)),
    Panel("value_channels", "value", (("source", "text", "source"), *_count("customers"), *_WORTH), (_bars("lifetime"), _bars("money")), by_dealer=False),
    Panel("value_costs", "value", (("source", "text", "source"), ("win_cost", "score", "")), (_bars("win_cost"),), by_dealer=False),
    Panel("value_dealers", "value", (_DEALER, *_count("customers"), *_WORTH, ("win_cost", "score", "")), (_bars("money"),), by_dealer=False, wide=True),
    Panel("churn_states", "churn", (("churn", "text", "churn_state"), *_count("customers")), (_bars("customers"),)),
    Panel("churn_offers", "churn", (("offer", "text", ""), *_count("customers", "at_stake")), (_bars("customers"),)),
    Panel("churn_dealers", "churn", (_DEALER, *_count("customers", "risk_high", "risk_medium", "at_stake")), (_bars("at_stake"), _bars("risk_high", "risk_medium", stacked=True)), by_dealer=False, wide=True),
    Panel("care_kinds", "care", (("task", "text", "task"), *_count("planned", "held", "not_allowed", "household", "limit")), (_bars("planned", "held", stacked=True),)),
    Panel("care_months", "care", (("month", "text", "month"), *_count("planned", "held", *TASKS)), (Chart("columns", ("planned", "held"), stacked=True),)),
    Panel("cars_due", "cars", (("month", "text", "month"), *_count(*DUE)), (Chart("columns", DUE[:3]),), wide=True),
    Panel("cars_why", "cars", (("due_by", "text", "due_by"), *_count("cars")), (_bars("cars"),)),
    Panel("lead_stages", "leads", (("lead_stage", "text", "lead_stage"), *_count("leads")), (_bars("leads"),)),
    Panel("lead_answers", "leads", (("answer_state", "text", "answer_state"), *_count("leads")), (_bars("leads"),)),
    Panel("lead_lost", "leads", (("lost_why", "text", "lost_why"), *_count("leads")), (_bars("leads"),)),
    Panel("lead_calls", "leads", (("call_for", "text", "call_for"), *_count("calls")), (_bars("calls"),)),
    Panel("lead_channels", "leads", (("lead_channel", "text", "lead_channel"), *_count("leads_over", "won"), ("conversion", "pct", "")), (_bars("conversion"),)),
    Panel("lead_dealers", "leads", (_DEALER, *_count("leads_over", "won"), ("conversion", "pct", "")), (_bars("conversion"),), by_dealer=False),
    Panel("answer_dealers", "leads", (_DEALER, *_count("leads", "in_time", "late", "undated", "waiting", "overdue", "escalate"), ("answered", "pct", "")), (_bars("overdue", "escalate", stacked=True), _bars("leads")), by_dealer=False, wide=True),
    Panel("loop_all", "satisfaction", (("loop", "text", "loop"), *_count("those", "of_all"), ("loop_share", "pct", "")), (_bars("loop_share"),)),
    Panel("loop_months", "satisfaction", (("month", "text", "month"), *_count("surveys"), *_LOOP), (Chart("columns", ("csat", "nps")),)),
    Panel("loop_dealers", "satisfaction", (_DEALER, *_count("surveys"), *_LOOP, ("retention", "pct", ""), ("repurchase", "pct", ""), *_count("complaints_open", "complaints_repeated")), (_bars("csat"), _bars("retention")), by_dealer=False, wide=True),
    Panel("campaign_uplift", "campaigns", (("campaign", "text", ""), ("since", "text", ""), *_count("listed", "held_out"), ("uplift", "delta", ""), ("uplift_low", "delta", ""), ("uplift_high", "delta", ""), ("uplift_why", "text", "uplift_why")), (Chart("intervals", ("uplift", "uplift_low", "uplift_high")),), by_dealer=False, wide=True),
    Panel("campaign_costs", "campaigns", (("campaign", "text", ""), ("origin", "text", "origin"), ("since", "text", ""), *_count("reached", "responded"), ("responded_share", "pct", ""), ("spent", "score", ""), *_count("test_drives", "sales_after"), ("per_response", "score", ""), ("per_sale", "score", "")), (_bars("spent"), _bars("reached")), by_dealer=False, wide=True),
    Panel("prospect_grades", "prospects", (("grade", "text", ""), *_count("prospects", "may_contact", "owner_before")), (_bars("prospects", "may_contact"),)),
    Panel("prospect_hand", "prospects", (("hand_over", "text", "hand_over"), *_count("prospects")), (_bars("prospects"),)),
    Panel("prospect_dealers", "prospects", (_DEALER, *_count("prospects", "may_contact")), (_bars("prospects", "may_contact"),), by_dealer=False, wide=True),
    Panel("segment_list", "segments", (("segment", "text", ""), *_count("customers"), ("of_customers", "pct", ""), ("idle", "text", "")), (_bars("customers"),), by_dealer=False),
    Panel("segment_overlap", "segments", (("segment", "text", ""), ("other", "text", ""), *_count("customers"), ("of_segment", "pct", "")), (Chart("matrix", ("of_segment",)),), by_dealer=False, labels=2),
)  # fmt: skip

SECTIONS: tuple[str, ...] = tuple(dict.fromkeys(panel.section for panel in PANELS))

FACTS: dict[str, tuple[Column, ...]] = {
    "customers": _count("all_customers", "may_contact", "reachable", "no_sure_way"),
    "value": (*_count("buyers", "money", "lifetime"), ("lifetime_why", "text", "idle")),
    "churn": (*_count("active", "lost", "on_save_list", "at_stake"), ("churn_why", "text", "idle"), ("auc", "ratio", ""), ("ece", "ratio", ""), ("lift_top_decile", "ratio", ""), ("base_rate", "pct", ""), ("measured_on", "int", "")),
    "care": _count("planned", "held"),
    "cars": _count("cars", "cars_known", "cars_overdue"),
    "leads": (*_count("leads", "overdue", "escalate"), ("answered", "pct", "")),
    "satisfaction": (("nps", "delta", ""),),
    "campaigns": (*_count("own", "reported", "reached", "responded"), ("spent", "score", "")),
    "prospects": (*_count("prospects", "may_contact"), ("method", "text", "method"), ("method_why", "text", "idle"), *_count("learned_from", "bought"), ("base_rate", "pct", ""), ("lift", "ratio", "")),
}  # fmt: skip
"""Numbers beside the panels of a section; what is unknown is left out."""
