"""Churn: features from nothing later than the cut, leaks refused, a model that holds on what it has not seen, rules without one, the save list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.churn.features import FEATURES, GROUPS, LeakError, auc, features, refuse_too_good
from enrichment.churn.model import ChurnModel, measured, train
from enrichment.churn.save import save_list
from enrichment.churn.warning import early_warning, labels, warn
from enrichment.members import numbered
from enrichment.settings import load
from enrichment.value.visits import listed

AS_OF = date(2026, 6, 15)
RULES = load().churn
ROWS = {
    "customer": pl.Int64(), "source": pl.String(), "dealer_id": pl.String(), "event_date": pl.Date(), "vin": pl.String(), "cents": pl.Int64(),
    "mileage": pl.Int64(), "satisfaction": pl.Float64(), "away": pl.Int32(),
}  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_limit="1GB") as engine:
        yield engine


def rows(*found: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{"source": "service", "dealer_id": "D1", "customer": 1, **row} for row in found], schema=ROWS)


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def test_features_by_hand() -> None:
    frame = rows(
        {"event_date": ago(900), "source": "sale", "dealer_id": "D0"},
        {"event_date": ago(500), "cents": 100_000, "mileage": 10_000, "dealer_id": "D2"},
        {"event_date": ago(500), "cents": 20_000, "dealer_id": "D2"},
        {"event_date": ago(300), "cents": 60_000, "mileage": 16_000, "dealer_id": "D2"},
        {"event_date": ago(200), "cents": 30_000, "satisfaction": 50.0, "away": 1},
        {"event_date": ago(190), "source": "complaint"},
    )
    row = features(frame, cut=AS_OF, settings=RULES).row(0, named=True)
    assert (row["visits"], row["visits_year"], row["tenure"], row["days_since_last"], row["last_gap"]) == (3, 2, 500, 200, 100)
    assert (row["rhythm"], row["allowance"], row["overdue"]) == (150, 300, pytest.approx(2 / 3)), "twice the median of 200 and 100 days"
    assert (row["spend_year"], row["spend_last"], row["spend_visit"]) == (900, 300, 700)
    assert (row["complaints_year"], row["days_since_complaint"], row["complaint_open"], row["satisfaction_last"]) == (1, 190, 1, 50)
    assert (row["dealers"], row["switched"], row["away"], row["car_age"]) == (2, 1, 1, 900)
    assert (row["mileage"], row["km_per_day"]) == (16_000, 30)


def test_who_has_too_few_visits_for_a_rhythm_gets_the_usual_one() -> None:
    row = features(rows({"event_date": ago(10)}), cut=AS_OF, settings=RULES).row(0, named=True)
    assert (row["rhythm"], row["allowance"]) == (RULES.usual_rhythm, RULES.patience * RULES.usual_rhythm)


def test_a_row_after_the_cut_is_refused() -> None:
    honest, leak = {"event_date": AS_OF}, {"event_date": AS_OF + timedelta(days=1)}
    assert features(rows(honest), cut=AS_OF, settings=RULES).height == 1
    with pytest.raises(LeakError, match="2026-06-16"):
        features(rows(honest, leak), cut=AS_OF, settings=RULES)


def drawn(customers: int, *, seed: int) -> pl.DataFrame:
    """Features of which two matter, and what became of the customers."""
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(0, 1, customers) for name in FEATURES}
    odds = -2.2 + 1.5 * values["overdue"] + 1.0 * values["complaints_year"]
    chance = 1 / (1 + np.exp(-odds))
    return pl.DataFrame({**values, "chance": chance, "lost": rng.random(customers) < chance})


def test_a_planted_leak_is_refused() -> None:
    frame = drawn(2000, seed=1)
    refuse_too_good(frame.select(FEATURES), frame["lost"])
    planted = frame.with_columns(spend_last=pl.when("lost").then(-pl.col("spend_last").abs()).otherwise(pl.col("spend_last").abs()))
    with pytest.raises(LeakError, match="spend_last"):
        train(planted, planted)


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return train(drawn(5000, seed=2), drawn(6000, seed=3))


def test_the_model_holds_on_customers_it_has_not_seen(model: ChurnModel) -> None:
    fresh = drawn(8000, seed=4)
    ours = measured(fresh["lost"], model.risk(fresh), order=model.score(fresh))
    best = measured(fresh["lost"], fresh["chance"].to_numpy())
    assert ours["auc"] >= 0.95 * best["auc"]
    assert ours["ece"] <= 0.03
    complaining = fresh.filter(pl.col("complaints_year") > 1.5, pl.col("overdue").abs() < 0.5).head(50)
    assert {reasons[0] for reasons in model.reasons(complaining, model.score(complaining)).to_list() if reasons} == {"complaint"}
    again = train(drawn(5000, seed=2), drawn(6000, seed=3))
    np.testing.assert_array_equal(model.risk(fresh), again.risk(fresh))


@pytest.mark.parametrize("group", ["dissatisfied", "far_away", "car_age"])
def test_what_nobody_sends_is_left_out_of_the_model(group: str) -> None:
    """No surveys, no cities, no readings: unknown of everybody, and no reason either."""
    nothing = [pl.lit(None, pl.Float64()).alias(name) for name in GROUPS[group]]
    model = train(drawn(3000, seed=2).with_columns(nothing), drawn(3000, seed=3).with_columns(nothing))
    later = drawn(2000, seed=4)  # and where it comes one day, it says nothing until the model is trained on it
    np.testing.assert_array_equal(model.risk(later), model.risk(later.with_columns(nothing)))
    assert not any(group in reasons for reasons in model.reasons(later, model.score(later)))
    assert model.measures["auc"] > 0.8


def test_money_given_back_is_no_infinity() -> None:
    for paid in (-100, -200, -250_000):
        row = features(rows({"event_date": ago(400), "cents": paid}, {"event_date": ago(5), "cents": paid}), cut=AS_OF, settings=RULES)
        assert all(value is None or np.isfinite(value) for value in row.select(FEATURES).row(0)), paid


def test_a_group_whose_values_are_the_usual_ones_is_no_reason(model: ChurnModel) -> None:
    rows = drawn(300, seed=6)
    usual = rows.with_columns(pl.lit(model.usual[name], pl.Float64()).alias(name) for name in FEATURES)
    some = pl.concat([rows.select(FEATURES), usual.select(FEATURES).head(20)])
    found = model.reasons(some, model.score(some))
    odds = np.log(model.score(some) / (1 - model.score(some)))
    for group, names in GROUPS.items():
        without = model.score(some.with_columns(pl.lit(model.usual[name], pl.Float64()).alias(name) for name in names))
        falls = odds - np.log(without / (1 - without))
        assert {place for place, reasons in enumerate(found) if group in reasons} <= set(np.flatnonzero(falls > 0.1))
        assert all(falls[place] <= 0.1 or group in reasons or len(reasons) == 3 for place, reasons in enumerate(found))
    assert found.tail(20).list.len().sum() == 0


def test_auc_equals_counting_pairs() -> None:
    rng = np.random.default_rng(5)
    score, lost = rng.integers(0, 6, 60).astype(float), rng.random(60) < 0.4
    pairs = [(score[i] > score[j]) + 0.5 * (score[i] == score[j]) for i in np.flatnonzero(lost) for j in np.flatnonzero(~lost)]
    assert auc(pl.Series(lost), pl.Series(score)) == pytest.approx(np.mean(pairs))


def test_calibration_error_by_hand() -> None:
    lost = pl.Series([True] * 3 + [False] * 17)
    told = measured(lost, np.r_[np.full(10, 0.5), np.full(10, 0.1)])
    bins = [abs(1 - 0.5), abs(0.5 - 0.5), *[0.5] * 3, *[0.1] * 5]
    assert told["ece"] == pytest.approx(np.mean(bins))
    assert told["lift_top_decile"] == pytest.approx(1 / 0.15)


def test_too_little_data_takes_rules_and_says_so(engine: DuckDBEngine) -> None:
    customers = pl.DataFrame([{"customer_id": name} for name in ("K1", "K2", "K3", "K4")], schema=schema("customers"))
    visits = rows(
        {"event_date": ago(600)},
        {"event_date": ago(5), "customer": 2},
        {"event_date": ago(800), "customer": 3},
    )
    told = early_warning(
        engine,
        customers=numbered(engine, engine.from_frame(customers)),
        visits=engine.from_frame(listed(visits.with_columns(hundredths=pl.lit(None, pl.Int64()), answers=pl.lit(0, pl.Int64())))),
        seen=dict(visits.group_by("source").agg(pl.col("event_date").max()).rows()),
        as_of=AS_OF,
        settings=RULES,
        version="1",
    )
    assert told.reason == "too_few_customers"
    found = engine.collect(told.customers).sort("customer_id")
    assert dict(found.schema) == schema("customer_churn")
    assert found["churn_status"].to_list() == ["active", "active", "lost", "none"]
    assert found["churn_level"].to_list() == ["high", "low", None, None]
    assert found["churn_risk"].null_count() == 4
    assert found["churn_basis"].to_list() == ["rules", "rules", None, None]
    assert found["churn_reasons"].to_list()[:2] == [["overdue"], []]
    assert found["lost_on"].to_list()[0] == ago(600) + timedelta(days=661)
    assert found["churn_reason"].to_list() == [None, None, None, "no_visit"]


def test_warning_does_not_depend_on_batches(model: ChurnModel) -> None:
    rng = np.random.default_rng(8)
    frame = rows(*({"customer": n % 40, "event_date": ago(int(rng.integers(1, 700))), "cents": 10_000} for n in range(200)))
    known = features(frame, cut=AS_OF, settings=RULES)
    whole = warn(known, model=model, settings=RULES)
    halves = pl.concat([warn(known[:13], model=model, settings=RULES), warn(known[13:], model=model, settings=RULES)])
    assert_frame_equal(whole, halves)


def test_the_save_list_is_value_times_risk_with_an_offer_and_without_refusals(engine: DuckDBEngine) -> None:
    said = [("K1", 0.5, "high", 100.0, True), ("K2", 0.3, "medium", 900.0, True), ("K3", 0.9, "high", 900.0, False), ("K4", 0.1, "low", 1e6, True), ("K5", 0.6, "high", None, True), ("K6", 0.9, "high", 900.0, True)]  # fmt: skip
    frames = {
        "customers": [
            {"customer_id": name, "home_dealer_id": "D1", "party": {"K6": "test", "K2": "person"}.get(name)} for name, *_ in said
        ],
        "customer_profile": [{"customer_id": name, "lifetime_value": value, "contact_allowed": may} for name, _, _, value, may in said],
        "customer_churn": [
            {"customer_id": name, "churn_risk": risk, "churn_level": level, "churn_reasons": ["complaint"] if name == "K1" else []}
            for name, risk, level, _, _ in said
        ],
    }
    tables = {name: engine.from_frame(pl.DataFrame(found, schema=schema(name))) for name, found in frames.items()}
    found = engine.collect(save_list(engine, **tables, as_of=AS_OF, settings=RULES, version="1")).sort("rank")
    assert dict(found.schema) == schema("save_list")
    assert found["customer_id"].to_list() == ["K2", "K1", "K5"]
    assert found["at_stake"].to_list() == [270.0, 50.0, None]
    assert found["offer"].to_list() == [RULES.offer, RULES.offers["complaint"], RULES.offer]


def test_every_reason_has_an_offer() -> None:
    assert set(RULES.offers) == set(GROUPS)


def test_what_happens_after_the_cut_changes_the_outcome_only(engine: DuckDBEngine) -> None:
    cut = ago(200)
    rng = np.random.default_rng(9)
    before = [{"customer": n % 30, "event_date": ago(int(rng.integers(200, 900))), "cents": 10_000} for n in range(150)]
    after = [{"customer": n % 10, "event_date": ago(int(rng.integers(1, 200))), "cents": 99_000, "satisfaction": 5.0} for n in range(40)]
    short = labels(engine, rows=engine.from_frame(rows(*before)), cut=cut, settings=RULES)
    whole = labels(engine, rows=engine.from_frame(rows(*before, *after)), cut=cut, settings=RULES)
    assert_frame_equal(short.drop("lost"), whole.drop("lost"))
    back = {row["customer"] for row in after if row["event_date"] <= cut + timedelta(days=RULES.horizon_days)}
    assert not whole.filter(pl.col("customer").is_in(back))["lost"].any()
    assert short["lost"].sum() > whole["lost"].sum()
