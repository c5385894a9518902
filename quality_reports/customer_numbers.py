"""From the counts of the customers report to the rows of its panels, for all dealers together ('') and for each.

One plain, JSON-serializable object without words. Here stand reach, value, churn, care and cars; leads and what follows from asking customers
are in ``customer_dealings``.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from quality_reports.customer_counts import Counts, month_text
from quality_reports.customer_dealings import dealings, facts_of_dealings
from quality_reports.customer_panels import DUE, TASKS
from quality_reports.customer_rows import N, Rows, by_dealer, summed, where, yuan
from quality_reports.numbers import Numbers

_WAYS = {"phone": 1, "sms": 2, "email": 4, "post": 8}
_FILE = ("household", "companies", "company_cars", "company_people", "transfers", "referrals")
_STATES = ("low", "medium", "high", "active", "lost", "none")
_HELD = ("not_allowed", "household", "limit")
_CARD = ("auc", "ece", "lift_top_decile", "base_rate", "measured_on")
_HUNDREDTH = ("base_rate",)


def customer_numbers(counts: Counts) -> Numbers:
    """Rows and facts of the report.

    Returns:
        ``{"panels": {panel: {dealer: rows}}, "facts": {section: {dealer: {key: value}}}}``; dealer '' is all, and where a panel or
        fact is not told by dealer, the only one.
    """
    panels = {**_reach(counts), **_value(counts), **_churn(counts), **_care(counts), **_cars(counts), **dealings(counts)}
    return {"panels": panels, "facts": {**_facts(counts), **facts_of_dealings(counts, panels)}}


def _reach(counts: Counts) -> dict[str, Rows]:
    frame = counts["reach"]
    ways = [
        summed(
            frame.with_columns(way=pl.lit(way)),
            ["way"],
            with_way=where(_has(way)),
            may_contact=where(_has(way) & pl.col("contact_allowed")),
            best_way=where(pl.col("best_channel") == way),
        )
        for way in _WAYS
    ]
    barred = summed(frame.filter(~pl.col("contact_allowed")).rename({"contact_reason": "barred"}), ["barred"], customers=N)
    known = {row["file"]: row["n"] for row in counts["file"].iter_rows(named=True) if row["n"]}
    return {
        "reach_ways": by_dealer(pl.concat(ways), key="way", order=tuple(_WAYS)),
        "barred": by_dealer(barred, most="customers"),
        "customer_file": {"": [{"what": name, "file_count": known[name]} for name in _FILE if name in known]},
    }


def _has(way: str) -> pl.Expr:
    """Whether there is such a way: a bit of ``ways``."""
    return (pl.col("ways") & _WAYS[way]) > 0


def _worth(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Customers, yuan, and the mean lifetime value of those of whom it is known."""
    cents = {name: pl.col(name) for name in ("monetary_cents", "lifetime_value_cents", "valued")}
    found = summed(frame, keys, customers=N, **cents)
    mean = pl.when(pl.col("valued") > 0).then((pl.col("lifetime_value_cents") / pl.col("valued") / 100).round(0).cast(pl.Int64))
    return found.select("dealer_id", *keys, "customers", money=yuan("monetary_cents"), lifetime=mean)


def _value(counts: Counts) -> dict[str, Rows]:
    frame = counts["value"].rename({"value_model": "model_of", "value_grade": "grade", "value_segment": "rfm"})
    groups = counts["groups"].filter(pl.col("name") != "").sort(["customers", "name"], descending=[True, False])
    whole = (pl.col(name).round(0).cast(pl.Int64) for name in ("monetary", "lifetime_value"))
    told = groups.select("dimension", "name", "customers", *whole, win_cost=pl.col("acquisition_cost").round(2))

    def of(dimension: str, key: str) -> list[dict[str, Any]]:
        names = {"name": key, "monetary": "money", "lifetime_value": "lifetime"}
        return told.filter(pl.col("dimension") == dimension).drop("dimension").rename(names).to_dicts()

    channels = of("channel", "source")
    return {
        "value_grades": by_dealer(_worth(frame, ["model_of", "grade"])),
        "value_rfm": by_dealer(_worth(frame, ["rfm"]), most="customers"),
        "value_channels": {"": channels},
        "value_costs": {"": [row for row in channels if row["win_cost"] is not None]},
        "value_dealers": {"": of("dealer", "dealer")},
    }


def _churn(counts: Counts) -> dict[str, Rows]:
    save = counts["save"]
    state = pl.when(pl.col("churn_status") == "active").then(pl.col("churn_level").fill_null("active")).otherwise("churn_status")
    stake = pl.when(pl.col("valued") > 0).then(yuan("at_stake_cents"))
    sums = {name: pl.col(name) for name in ("at_stake_cents", "valued")}
    offers = summed(save, ["offer"], customers=N, **sums)
    levels = {f"risk_{level}": where(pl.col("churn_level") == level) for level in ("high", "medium")}
    lists = summed(save, [], customers=N, **levels, **sums).filter(pl.col("dealer_id") != "").with_columns(at_stake=stake)
    lists = lists.sort(["at_stake", "customers", "dealer_id"], descending=[True, True, False], nulls_last=True)
    return {
        "churn_states": by_dealer(summed(counts["churn"].with_columns(churn=state), ["churn"], customers=N), key="churn", order=_STATES),
        "churn_offers": by_dealer(offers.select("dealer_id", "offer", "customers", at_stake=stake), most="customers"),
        "churn_dealers": {"": lists.select("customers", "risk_high", "risk_medium", "at_stake", dealer="dealer_id").to_dicts()},
    }


def _care(counts: Counts) -> dict[str, Rows]:
    task = pl.col("task")
    kind = pl.when(task == "lunar_birthday").then(pl.lit("birthday")).when(task.is_in(TASKS)).then(task).otherwise(pl.lit("festival"))
    tasks = counts["tasks"].with_columns(month=month_text(pl.col("month")), kind=kind)
    is_planned = pl.col("status") == "planned"
    status = {"planned": where(is_planned), "held": where(pl.col("status") == "held")}
    why = {reason: where(pl.col("held_reason") == reason) for reason in _HELD}
    kinds = {name: where((pl.col("kind") == name) & is_planned) for name in TASKS}
    return {
        "care_kinds": by_dealer(summed(tasks, ["task"], **status, **why), most="planned"),
        "care_months": by_dealer(summed(tasks, ["month"], **status, **kinds)),
    }


def _cars(counts: Counts) -> dict[str, Rows]:
    due = pl.concat([_due(counts["cars"], name).with_columns(month=month_text(pl.col("month")), kind=pl.lit(name)) for name in DUE])
    why = counts["cars"].filter(pl.col("dated") == 0).rename({"next_service_reason": "due_by"})
    order = ("past", *sorted(set(due["month"]) - {"past"}))
    return {
        "cars_due": by_dealer(summed(due, ["month"], **{name: where(pl.col("kind") == name) for name in DUE}), key="month", order=order),
        "cars_why": by_dealer(summed(why, ["due_by"], cars=N), most="cars"),
    }


def _due(cars: pl.DataFrame, name: str) -> pl.DataFrame:
    """Cars by dealer and month of one of their dates."""
    return cars.filter(pl.col("dated") == 1).select("dealer_id", "n", month=name).drop_nulls("month")


def _facts(counts: Counts) -> dict[str, dict[str, dict[str, Any]]]:
    allowed, reached = pl.col("contact_allowed"), pl.col("ways") > 0
    customers = summed(
        counts["reach"], [], all_customers=N, may_contact=where(allowed), reachable=where(allowed & reached),
        no_sure_way=where(allowed & pl.col("best_channel").is_null()),
    )  # fmt: skip
    cents = {name: pl.col(name) for name in ("monetary_cents", "lifetime_value_cents", "valued")}
    worth = summed(counts["value"], [], buyers=where(pl.col("value_segment").is_not_null()), **cents)
    lifetime = pl.when(pl.col("valued") > 0).then(yuan("lifetime_value_cents"))
    value = worth.select("dealer_id", "buyers", money=yuan("monetary_cents"), lifetime=lifetime)
    churn = summed(counts["churn"], [], active=where(pl.col("churn_status") == "active"), lost=where(pl.col("churn_status") == "lost"))
    saved = summed(counts["save"], [], on_save_list=N, at_stake_cents=pl.col("at_stake_cents"), valued=pl.col("valued"))
    saved = saved.select("dealer_id", "on_save_list", at_stake=pl.when(pl.col("valued") > 0).then(yuan("at_stake_cents")))
    planned = summed(counts["tasks"], [], planned=where(pl.col("status") == "planned"), held=where(pl.col("status") == "held"))
    owned = counts["cars"].filter(pl.col("dated") == 0)
    cars = summed(owned, [], cars=N, cars_known=where(~pl.col("next_service_reason").is_in(["no_visit", "no_car"])))
    late = summed(_due(counts["cars"], "next_service").filter(pl.col("month") == 0), [], cars_overdue=N)
    facts = {
        "customers": one_each(customers), "value": one_each(value), "churn": one_each(churn.join(saved, on="dealer_id", how="left")),
        "care": one_each(planned), "cars": one_each(cars.join(late, on="dealer_id", how="left").with_columns(pl.col("cars_overdue").fill_null(0))),
    }  # fmt: skip
    facts["value"].get("", {}).update({"lifetime_why": _idle(counts["value_models"])})
    facts["churn"].get("", {}).update(_card(counts["churn_model"]))
    return facts


def one_each(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The one row of each dealer; none where nothing was counted."""
    return {dealer: rows[0] for dealer, rows in by_dealer(frame).items()}


def _idle(models: pl.DataFrame) -> str | None:
    """Why there is no model."""
    reasons = sorted(measure.removeprefix("idle:") for measure in models["measure"] if measure.startswith("idle:"))
    return reasons[0] if reasons else None


def _card(models: pl.DataFrame) -> dict[str, Any]:
    """How well the model of churn held on customers it had not seen."""
    found = dict(models.select("measure", "value").iter_rows())
    told = {name: round(found[name] * (100 if name in _HUNDREDTH else 1), 4) for name in _CARD if name in found}
    return {"churn_why": _idle(models), **told}
