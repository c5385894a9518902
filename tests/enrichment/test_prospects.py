"""Best prospects: the fit, what is told, and that nothing later than the lead is learned from."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.prospects.build import prospects
from enrichment.prospects.model import first_decile_lift, fit
from enrichment.prospects.score import TRAITS, known_at_lead, scored
from enrichment.settings import load

RULES = load().prospects
AS_OF = date(2026, 6, 30)


def test_the_fit_is_the_best_by_its_own_measure() -> None:
    """No small change of any weight makes the penalized likelihood greater."""
    rng = np.random.default_rng(1)
    traits = pl.DataFrame({"a": rng.choice(["x", "y", "z"], 3_000), "b": rng.choice(["p", "q"], 3_000)})
    chance = 0.05 + 0.3 * (traits["a"] == "x").to_numpy() + 0.2 * (traits["b"] == "q").to_numpy()
    bought = pl.Series(rng.random(3_000) < chance)
    model = fit(traits, bought, most_values=10, ridge=2.0)

    def penalized(shift: float, trait: str, value: str) -> float:
        weights = {name: dict(known) for name, known in model.weights.items()}
        weights[trait][value] += shift
        total = np.full(3_000, model.base)
        for name, known in weights.items():
            total += np.array([known[each] for each in traits[name]])
        likely = 1 / (1 + np.exp(-total))
        fits = np.where(bought.to_numpy(), np.log(likely), np.log(1 - likely)).sum()
        return float(fits - sum(weight**2 for known in weights.values() for weight in known.values()))

    for trait, value in (("a", "x"), ("a", "y"), ("b", "q")):
        here = penalized(0.0, trait, value)
        assert penalized(0.01, trait, value) < here
        assert penalized(-0.01, trait, value) < here
    mean = model.probability(traits).mean()
    assert mean == pytest.approx(bought.mean(), abs=1e-6), "the mean probability is the share of buyers"


def test_what_was_not_seen_counts_as_other() -> None:
    traits = pl.DataFrame({"a": ["x"] * 50 + ["rare"] + [None] * 49})
    model = fit(traits, pl.Series([n % 3 == 0 for n in range(100)]), most_values=5, ridge=1.0)
    assert set(model.weights["a"]) == {"x", "none", "other"}
    probability = model.probability(pl.DataFrame({"a": ["rare", "new", None]}, schema={"a": pl.String}))
    assert probability[0] == probability[1]


@settings(max_examples=50)
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=10, max_size=60))
def test_lift_with_ties_is_the_mean_over_all_orders_of_equals(rows: list[tuple[int, bool]]) -> None:
    score, bought = pl.Series([float(s) for s, _ in rows]), pl.Series([b for _, b in rows])
    found = first_decile_lift(score, bought)
    if not bought.any():
        assert found is None
        return
    left, hits = len(rows) / 10, 0.0
    for value in sorted(set(score), reverse=True):
        group = [b for s, b in rows if s == value]
        taken = min(left, len(group))
        hits += taken * sum(group) / len(group)
        left -= taken
    assert found == pytest.approx(hits / (len(rows) / 10) / (sum(bought) / len(rows)))


def leads(size: int, *, buyers: bool) -> dict[str, list[dict[str, object]]]:
    """Old leads, of which those from showrooms buy; and fresh ones, every other from a showroom."""
    rows = []
    for n in range(size):
        showroom, fresh = n % 2 == 0, n % 4 >= 2
        day = AS_OF - timedelta(days=20 if fresh else 300 + n % 400)
        won = buyers and not fresh and (n % 8 == 0 or n % 40 == 1)
        rows.append(
            {"lead_id": f"l{n:05d}", "customer_id": f"C{n:05d}", "dealer_id": "D1", "source": "lead", "channel": "到店" if showroom else "抖音", "lead_date": day,
             "stage": "won" if won else "new", "sale_date": day + timedelta(days=9) if won else None, "owner_before": False, "verified": True}
        )  # fmt: skip
    clean = [{"record_id": r["lead_id"], "row_id": r["lead_id"], "main": True, "source": "lead", "model": "朗逸", "mobile": "+8613911110000", "party": "person"} for r in rows]  # fmt: skip
    return {"leads": rows, "clean_records": clean, "customers": [{"customer_id": r["customer_id"], "birth_date": date(1990, 1, 1) if r["sale_date"] else None} for r in rows]}  # fmt: skip


@pytest.mark.parametrize(("buyers", "method"), [(True, "model"), (False, "rules")])
def test_the_best_are_those_who_are_like_buyers(buyers: bool, method: str) -> None:  # noqa: FBT001
    frames = leads(2_000, buyers=buyers)
    with DuckDBEngine(memory_limit="1GB") as engine:
        given_ = {name: engine.from_frame(pl.DataFrame(frames.get(name, []), schema=schema(name))) for name in ("leads", "customers", "timeline", "clean_records", "cars")}  # fmt: skip
        reach = engine.from_frame(pl.DataFrame(schema=schema("customer_reach")))
        nowhere = engine.from_frame(pl.DataFrame(schema=dict.fromkeys(("dealer_id", "province", "city"), pl.String())))
        made = prospects(engine, **given_, reach=reach, dealers=nowhere, as_of=AS_OF, version="1", sale_days=180, settings=RULES)
        assert dict(made.prospects.schema) == schema("prospects")
        found, told = engine.collect(made.prospects), engine.collect(made.prospect_model).row(0, named=True)
        known = engine.collect(
            known_at_lead(engine, leads=given_["leads"], clean_records=given_["clean_records"], timeline=given_["timeline"])
        )
    assert (told["method"], told["scored"]) == (method, 1_000)
    assert found.height == 1_000
    best = found.join(known.select("lead_id", "channel"), on="lead_id").filter(pl.col("grade").is_in(["H", "A"]))
    assert set(best["channel"]) == {"到店"}
    assert best["reasons"].str.contains("channel=到店").all()
    assert (found["probability"].null_count() > 0) == (method == "rules")


def test_the_traits_know_nothing_of_what_came_later() -> None:
    """The golden record of a buyer has a birth date from the sale: were it a trait, it would tell who bought."""
    frames = leads(40, buyers=True)
    later = [
        {"customer_id": r["customer_id"], "row_id": f"t{n}", "source": "test_drive", "event_date": AS_OF}
        for n, r in enumerate(frames["leads"])
    ]
    with DuckDBEngine(memory_limit="1GB") as engine:
        tables = {
            name: engine.from_frame(pl.DataFrame(frames.get(name, later), schema=schema(name)))
            for name in ("leads", "clean_records", "timeline")
        }
        known = engine.collect(known_at_lead(engine, **tables))
    assert known["age"].null_count() == known.height
    assert set(known["drove_before"]) == {"no"}
    assert set(TRAITS) <= set(known.columns)


def test_grades_are_shares_of_all() -> None:
    known = pl.DataFrame({"lead_id": [f"l{n:03d}" for n in range(100)], "customer_id": "C", "dealer_id": "D", "lead_date": AS_OF, **dict.fromkeys(TRAITS, "x")})  # fmt: skip
    found = scored(known, model=None, settings=RULES)
    assert dict(found.group_by("grade").len().rows()) == {"H": 10, "A": 20, "B": 30, "C": 40}
