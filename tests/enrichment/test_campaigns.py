"""Campaign lists and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.campaigns.lists import campaign_lists, drawn
from enrichment.campaigns.results import campaign_results, uplift_interval
from enrichment.campaigns.settings import Campaign, CampaignSettings
from enrichment.settings import load

START = date(2026, 3, 1)
DRIVE = Campaign.model_validate(
    {
        "name": "drive", "start": START, "goal": "test_drive", "target": {"cars": {"at_least": 1}}, "exclude": {"city": {"one_of": ["北京市"]}},
        "first": "monetary", "hold_out": 0.2, "budget": 100.0, "costs": {"sms": 0.5}, "window_days": 45,
    }
)  # fmt: skip
PEOPLE = 600
CONTACTS = {
    "customer_id": pl.String,
    "source": pl.String,
    "campaign": pl.String,
    "response": pl.String,
    "cost": pl.Float64,
    "event_date": pl.Date,
}


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as made:
        yield made


def listed(
    engine: DuckDBEngine, *, as_of: date, before: pl.DataFrame | None = None, campaigns: tuple[Campaign, ...] = (DRIVE,)
) -> pl.DataFrame:
    who = range(PEOPLE)
    frames = {
        "customers": [
            {
                "customer_id": f"C{n:03d}",
                "home_dealer_id": "D1",
                "city": "北京市" if n % 10 == 0 else "上海市",
                "party": (None, "person", "organization", "test")[n % 4 if n % 11 == 0 else 1],
            }
            for n in who
        ],
        "customer_profile": [{"customer_id": f"C{n:03d}", "cars": n % 3, "monetary": float(n)} for n in who],
        "customer_reach": [
            {"customer_id": f"C{n:03d}", "contact_allowed": n % 7 > 0, "best_channel": "sms" if n % 5 else "phone"} for n in who
        ],
    }
    tables = {name: engine.from_frame(pl.DataFrame(rows, schema=schema(name))) for name, rows in frames.items()}
    made = campaign_lists(
        engine, customers=tables["customers"], profile=tables["customer_profile"], reach=tables["customer_reach"],
        before=None if before is None else engine.from_frame(before), as_of=as_of, campaigns=campaigns,
    )  # fmt: skip
    assert dict(made.schema) == schema("campaign_lists")
    return engine.collect(made)


def test_a_list_has_whom_the_rules_name_within_the_budget(engine: DuckDBEngine) -> None:
    rows = listed(engine, as_of=START)
    numbers = [int(customer[1:]) for customer in rows["customer_id"]]
    fitting = sorted((n for n in range(PEOPLE) if n % 3 and n % 10 and n % 7 and n % 5 and not (n % 11 == 0 and n % 4 == 3)), reverse=True)
    assert sorted(numbers, reverse=True) == fitting[:200], "the highest first; both sides count against the budget of 200 contacts"
    assert rows.filter(pl.col("side") == "contact")["cost"].sum() <= DRIVE.budget
    assert rows.filter(pl.col("side") == "hold_out").select((pl.col("cost") == 0).all(), pl.col("channel").is_null().all()).row(0) == (
        True,
        True,
    )
    assert 20 <= (rows["side"] == "hold_out").sum() <= 60


def test_before_its_start_there_is_no_list_and_later_it_stays(engine: DuckDBEngine) -> None:
    assert listed(engine, as_of=START - timedelta(days=1)).is_empty()
    first = listed(engine, as_of=START)
    again = listed(engine, as_of=START + timedelta(days=9), before=first.head(5))
    assert again.sort("customer_id").equals(first.head(5).sort("customer_id")), "even where whom it would name has changed"


def test_two_campaigns_draw_apart() -> None:
    first, second = ([drawn(name, f"C{n}") % 10_000 < 1_000 for n in range(20_000)] for name in ("spring", "autumn"))
    both = sum(a and b for a, b in zip(first, second, strict=True))
    assert 1_850 <= sum(first) <= 2_150
    assert 150 <= both <= 260


def test_a_field_that_nobody_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="no field shoe_size"):
        Campaign.model_validate({**DRIVE.model_dump(), "target": {"shoe_size": {"at_least": 42}}})


def test_a_personal_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="no field mobile"):
        Campaign.model_validate({**DRIVE.model_dump(), "first": "mobile"})


def resulting(
    engine: DuckDBEngine,
    lists: list[dict[str, object]],
    timeline: list[dict[str, object]],
    told: list[dict[str, object]],
    *,
    as_of: date,
    campaigns: tuple[Campaign, ...] = (DRIVE,),
) -> dict[str, dict[str, object]]:
    settings = CampaignSettings(answered=load().campaigns.answered, window_days=60, lists=campaigns)
    made = campaign_results(
        engine, lists=engine.from_frame(pl.DataFrame(lists, schema=schema("campaign_lists"))), timeline=engine.from_frame(pl.DataFrame(timeline, schema=schema("timeline"))),
        conversations=engine.from_frame(pl.DataFrame(told, schema=CONTACTS)), as_of=as_of, settings=settings,
    )  # fmt: skip
    assert dict(made.schema) == schema("campaign_results")
    return {str(row["campaign"]): row for row in engine.collect(made).iter_rows(named=True)}


def test_results_compare_the_sides_and_count_what_dealers_report(engine: DuckDBEngine) -> None:
    lists = [{"campaign": "drive", "customer_id": f"C{n}", "side": "hold_out" if n >= 8 else "contact", "cost": 0.5 if n < 8 else 0.0, "listed_on": START} for n in range(12)]  # fmt: skip
    drives = [(n, 10) for n in range(4)] + [(8, 20), (9, 60), (10, 0)]
    timeline = [
        {"customer_id": f"C{n}", "row_id": f"t{n}", "source": "test_drive", "event_date": START + timedelta(days=day)} for n, day in drives
    ]
    contacts = [("C0", "drive", "是", 0.6), ("C1", "drive", "否", 0.6), ("C0", "party", "是", 3.0), ("C20", "party", "否", 3.0)]
    told = [
        {"customer_id": c, "source": "campaign", "campaign": name, "response": said, "cost": cost, "event_date": START + timedelta(days=3)}
        for n, (c, name, said, cost) in enumerate(contacts)
    ]  # fmt: skip

    def found(as_of: date) -> dict[str, dict[str, object]]:
        return resulting(engine, lists, timeline, told, as_of=as_of)

    rows = found(START + timedelta(days=90))
    drive, party = rows["drive"], rows["party"]
    assert [drive[name] for name in ("listed", "held_out", "reached", "responded", "outcomes", "held_out_outcomes")] == [8, 4, 2, 1, 4, 1]
    assert (drive["uplift"], drive["uplift_reason"], drive["cost"]) == (0.25, None, 4.2)
    assert (drive["cost_per_test_drive"], drive["cost_per_sale"]) == (1.05, None)
    assert (party["origin"], party["uplift"], party["uplift_reason"], party["cost_per_response"], party["test_drives"]) == ("export", None, "no_hold_out", 6.0, 1)  # fmt: skip
    assert found(START + timedelta(days=30))["drive"]["uplift_reason"] == "running"


def contact(customer: str, campaign: str, cost: float | None) -> dict[str, object]:
    day = START + timedelta(days=3)
    return {"customer_id": customer, "source": "campaign", "campaign": campaign, "response": "是", "cost": cost, "event_date": day}


def test_a_cost_that_nobody_tells_is_not_nought(engine: DuckDBEngine) -> None:
    lists: list[dict[str, object]] = [
        {"campaign": "drive", "customer_id": f"C{n}", "side": "contact", "cost": 0.5, "listed_on": START} for n in range(3)
    ]
    told = [contact("C0", "drive", 0.6), contact("C1", "drive", None), contact("C0", "party", None), contact("C0", "fair", 0.0)]
    rows = resulting(engine, lists, [], told, as_of=START + timedelta(days=90))
    assert rows["drive"]["cost"] == 1.6, "what is not told is what the list plans"
    assert (rows["party"]["cost"], rows["party"]["cost_per_response"]) == (None, None)
    assert (rows["fair"]["cost"], rows["fair"]["cost_per_response"]) == (0.0, 0.0), "told as nought"


def test_a_campaign_that_left_the_settings_keeps_its_row(engine: DuckDBEngine) -> None:
    lists: list[dict[str, object]] = [
        {"campaign": "drive", "customer_id": f"C{n}", "side": side, "cost": 0.5, "listed_on": START}
        for n, side in enumerate(("contact", "contact", "hold_out"))
    ]
    drives: list[dict[str, object]] = [
        {"customer_id": "C0", "row_id": f"t{day}", "source": "test_drive", "event_date": START + timedelta(days=day)} for day in (50, 61)
    ]
    row = resulting(engine, lists, drives, [contact("C0", "drive", 0.6)], as_of=START + timedelta(days=90), campaigns=())["drive"]
    assert (row["origin"], row["listed"], row["held_out"], row["reached"], row["responded"]) == ("list", 2, 1, 1, 1)
    assert (row["cost"], row["test_drives"]) == (1.1, 1)
    assert (row["goal"], row["outcomes"], row["held_out_outcomes"]) == (None, None, None)
    assert (row["uplift"], row["uplift_reason"]) == (None, "not_in_settings")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_interval_holds_the_planted_effect(seed: int) -> None:
    """Of 1,000 campaigns of all sizes, shares and effects; three standard errors of a coverage of 95 % are 2 points."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.uniform(np.log(500), np.log(50_000), 1_000)).astype(np.int64)
    held = rng.binomial(size, rng.uniform(0.05, 0.3, 1_000))
    base = rng.uniform(0.005, 0.2, 1_000)
    effect = rng.uniform(-0.2, 0.8, 1_000) * base
    counts = pl.DataFrame(
        {"yes": rng.binomial(size - held, base + effect), "of": size - held, "held_yes": rng.binomial(held, base), "held": held}
    )
    found = counts.select(uplift_interval(*(pl.col(name) for name in counts.columns)))
    inside = (found["uplift_low"].to_numpy() <= effect) & (effect <= found["uplift_high"].to_numpy())
    assert 0.93 <= inside.mean() <= 0.97
    assert found.select((pl.col("uplift_low") <= pl.col("uplift")).all(), (pl.col("uplift") <= pl.col("uplift_high")).all()).row(0) == (
        True,
        True,
    )
