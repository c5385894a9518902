"""Relationships, care calendar, lead loop and campaigns: how right they are on generated worlds (how long they take: benchmarks/enrichment.py).

python -m benchmarks.care drivers                                   next service of regular drivers: error in days
python -m benchmarks.care truth [--customers 20000] [--seed 11]     transfers, roles, households of a pipeline run against the generator's truth
python -m benchmarks.care uplift                                    coverage of the interval over 1,000 campaigns
python -m benchmarks.care prospects                                 lift of the first decile on generated leads
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks._leads_world import leads
from benchmarks._truth import whose
from benchmarks.pipeline import command
from engine.contract import Table
from engine.duckdb import DuckDBEngine
from enrichment.campaigns.results import uplift_interval
from enrichment.care import next_service
from enrichment.prospects.model import first_decile_lift
from enrichment.prospects.score import learned, scored
from enrichment.settings import load
from pipelines.store import versions
from pipelines.store.home import Home

PAPERS = ("sale", "service", "insurance", "customer", "crm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["drivers", "truth", "uplift", "prospects"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    if options.what == "drivers":
        drivers(options.seed)
    elif options.what == "uplift":
        uplift(options.seed)
    elif options.what == "prospects":
        prospects(options.seed)
    else:
        truth(options.customers, options.seed, options.folder)


def drivers(seed: int, *, cars: int = 20_000) -> None:
    """Drivers who keep to the schedule: so many kilometres a day, log-normal around 38, the same for years but for a tenth from visit to visit.

    Each comes when 7,500 km are driven or the months are over, a normal 5 % of the interval early or late. The history ends at a random
    visit from the third on; asked is when the next one will be. Beside it: the error of who knows each driver's rate.
    """
    rng = np.random.default_rng(seed)
    care = load().care
    rate = np.exp(rng.normal(np.log(38), 0.4, cars))
    visits = rng.integers(3, 9, cars)
    rows, next_days = [], np.zeros(cars)
    day, km = np.zeros(cars), np.zeros(cars)
    knows = np.zeros(cars)
    for number in range(10):
        months = (care.first if number == 0 else care.then).months
        pace = rate * np.exp(rng.normal(0, 0.1, cars))
        wait = np.minimum(care.then.km / pace, months * 30.44) * (1 + rng.normal(0, 0.05, cars))
        expected = np.minimum(care.then.km / rate, months * 30.44)
        knows = np.where(number == visits, np.abs(wait - expected), knows)
        day, km = day + wait, km + wait * pace
        next_days = np.where(number == visits, day, next_days)
        keep = np.flatnonzero(number < visits)
        rows.append(pl.DataFrame({"car": keep, "day": day[keep].astype(np.int64), "mileage": km[keep].astype(np.int64)}))
    history = pl.concat(rows).select(
        vin="V" + pl.col("car").cast(pl.String), model=pl.lit(None, pl.String()),
        event_date=pl.lit(date(2020, 1, 1)) + pl.duration(days="day"), kind=pl.lit("maintenance"), mileage="mileage",
    )  # fmt: skip
    sold = pl.DataFrame({"car": np.arange(cars)}).select(
        vin="V" + pl.col("car").cast(pl.String), model=pl.lit(None, pl.String()), event_date=date(2020, 1, 1), kind=pl.lit("sale"),
        mileage=pl.lit(None, pl.Int64()),
    )  # fmt: skip
    found = next_service(pl.concat([sold, history]), settings=care)
    real = pl.DataFrame({"vin": [f"V{n}" for n in range(cars)], "real": next_days.astype(np.int64)})
    error = found.join(real, on="vin").select(
        ((pl.col("next_service") - date(2020, 1, 1)).dt.total_days() - pl.col("real")).abs().alias("error"), "reason"
    )
    middle, worst = np.median(error["error"].to_numpy()), np.quantile(error["error"].to_numpy(), 0.9)
    print(
        f"{cars:,} drivers: next service, median error {middle:.1f} days, 90 % {worst:.1f} days; who knows each rate: {np.median(knows):.1f} days"
    )
    print(error.group_by("reason").agg(pl.len().alias("cars"), pl.col("error").median()).sort("reason"))


def uplift(seed: int) -> None:
    """Campaigns of 500 to 50,000 customers, 5 to 30 % held out, base 0.5 to 20 %, effect from a fifth less to 80 % more."""
    for number in range(5):
        rng = np.random.default_rng([seed, number])
        size = np.exp(rng.uniform(np.log(500), np.log(50_000), 1_000)).astype(np.int64)
        held = rng.binomial(size, rng.uniform(0.05, 0.3, 1_000))
        base = rng.uniform(0.005, 0.2, 1_000)
        effect = rng.uniform(-0.2, 0.8, 1_000) * base
        counts = {"yes": rng.binomial(size - held, base + effect), "of": size - held, "held_yes": rng.binomial(held, base), "held": held}
        found = pl.DataFrame(counts).select(uplift_interval(*(pl.col(name) for name in counts)))
        inside = (found["uplift_low"].to_numpy() <= effect) & (effect <= found["uplift_high"].to_numpy())
        print(f"1,000 campaigns: the interval of 95 % holds the planted effect in {inside.mean():.1%}")


def prospects(seed: int) -> None:
    """Fitted on 40,000 leads, judged on the next 20,000: see `_leads_world` for how they buy."""
    rules = load().prospects
    known, seen = leads(60_000, base_rate=0.1, seed=seed)
    model, told = learned(known[:40_000], settings=rules)
    assert model is not None
    late, best = known[40_000:], seen[40_000:]
    found = scored(late, model=model, settings=rules).join(late.select("lead_id", "bought"), on="lead_id")
    by_rules = scored(late, model=None, settings=rules).join(late.select("lead_id", "bought"), on="lead_id")
    print(
        f"base rate {late['bought'].mean():.1%}; lift of the first decile {first_decile_lift(found['score'], found['bought']):.2f} (tried while learning: {told['lift']:.2f})"
    )
    print(
        f"who knows all that can be seen {first_decile_lift(best, late['bought']):.2f}; rules of the trade {first_decile_lift(by_rules['score'], by_rules['bought']):.2f}"
    )
    print(
        found.group_by("grade")
        .agg(pl.len(), pl.col("probability").mean().round(3), bought=pl.col("bought").mean().round(3))
        .sort("probability", descending=True)
    )


def truth(customers: int, seed: int, folder: Path | None) -> None:
    """Transfers, roles and households that a pipeline run finds, against the generator's truth; a customer is whom most of its records are."""
    with tempfile.TemporaryDirectory(prefix="chezhu-care-") as scratch:
        place = folder or Path(scratch)
        if not (place / "home").exists():
            command("generate", "--out", place / "exports", "--customers", customers, "--dealers", 8, "--seed", seed)
            command("run", "--inbox", place / "exports" / "inbox", "--home", place / "home", "--as-of", "2026-06-30")
        home = Home(place / "home")
        manifest = versions.current(home)
        assert manifest is not None
        with DuckDBEngine() as engine:
            read = {name: versions.read(home, engine, manifest, name) for name in manifest.tables}
            held_against_truth(engine, read, place / "exports")


def held_against_truth(engine: DuckDBEngine, read: dict[str, Table], exports: Path) -> None:
    def frame(query: str, **tables: Table) -> pl.DataFrame:
        return engine.collect(engine.sql(query, **tables), max_rows=100_000_000)

    known, who = whose(engine, read, exports)
    people = pl.read_parquet(exports / "truth" / "people.parquet").select("person_id", "household_id", "company")
    cars = pl.read_parquet(exports / "truth" / "cars.parquet")
    _transfers(frame("select * from t", t=read["car_transfers"]), known, who, people, cars)
    _roles(frame("select * from t", t=read["car_roles"]), known, who)
    shared = frame(
        "select customer_id, field as kind, value as key from v where field in ('phone', 'address')"
        " union select customer_id, 'car' as kind, vin as key from c where role in ('owner', 'driver', 'buyer')",
        v=read["customer_values"], c=read["car_roles"],
    )  # fmt: skip
    rows = known.filter(pl.col("source").is_in(["service", "sale"])).select("customer_id", kind=pl.lit("row"), key="row_id")
    _households(
        frame("select customer_id, household_id from p", p=read["customer_profile"]), who, people, pl.concat([shared, rows]).unique()
    )


def _transfers(found: pl.DataFrame, known: pl.DataFrame, who: pl.DataFrame, people: pl.DataFrame, cars: pl.DataFrame) -> None:
    sold = cars.filter(pl.col("bought_from").is_not_null()).select("vin", to="person_id", giver="bought_from")
    named = found.join(who.rename({"person_id": "giver"}), left_on="from_customer_id", right_on="customer_id").join(
        who.rename({"person_id": "to"}), left_on="to_customer_id", right_on="customer_id"
    )
    owner = known.filter(
        pl.col("source").is_in(PAPERS), pl.col("role").is_in(["owner", "customer", "buyer"]), pl.col("vin").is_not_null(), pl.col("event_date").is_not_null()
    ).select("vin", "person_id").unique()  # fmt: skip
    seen = sold.join(owner, left_on=["vin", "to"], right_on=["vin", "person_id"], how="semi").join(
        owner, left_on=["vin", "giver"], right_on=["vin", "person_id"], how="semi"
    )
    home = dict(people.select("person_id", "household_id").rows())
    really = {(vin, to, giver) for vin, to, giver in sold.rows()}
    at_home = {(vin, home.get(to), home.get(giver)) for vin, to, giver in really}

    def as_told(row: dict[str, str]) -> bool:
        """The owner where an owner is told; of whom it is told that he signed, the owner or one of his household."""
        mine = [real for real in really if real[0] == row["vin"]]
        sides = (("to", "to_role", 1), ("giver", "from_role", 2))
        return any(
            all(row[who] == real[at] or (row[role] == "buyer" and home.get(row[who]) == home.get(real[at])) for who, role, at in sides)
            for real in mine
        )

    rows = named.to_dicts()
    right = [(row["vin"], row["to"], row["giver"]) in really for row in rows]
    same_home = sum((row["vin"], home.get(row["to"]), home.get(row["giver"])) in at_home for row in rows)
    signed = sum("buyer" in (row["to_role"], row["from_role"]) for row in rows)
    hit = seen.join(named, on=["vin", "to", "giver"], how="semi")
    print(
        f"transfers: {named.height} told, {signed} of them of somebody who signed; precision {sum(map(as_told, rows)) / named.height:.3f} as told "
        f"({sum(right) / named.height:.3f} were who signed told as owner, {same_home / named.height:.3f} by household)"
    )
    print(
        f"           {seen.height} of {sold.height} can be seen (both named owner with the car, dated), recall {hit.height / seen.height:.3f}"
    )


def _roles(found: pl.DataFrame, known: pl.DataFrame, who: pl.DataFrame) -> None:
    """Truth: who really has which role in a row about a car; an owner's or buyer's where papers are shown."""
    kind = (
        pl.when(pl.col("role").is_in(["driver", "sender"])).then(pl.lit("driver"))
        .when(pl.col("role").is_in(["payer", "buyer"])).then(pl.col("role"))
        .when(pl.col("role").is_in(["owner", "customer"]) & pl.col("source").is_in(PAPERS)).then(pl.lit("owner"))
        .otherwise(pl.lit("contact"))
    )  # fmt: skip
    about = known.filter(pl.col("vin").is_not_null(), ~pl.col("source").is_in(["test_drive", "lead", "campaign"]))
    real = about.select("vin", "person_id", role=kind).unique()
    told = found.join(who, on="customer_id").select("vin", "person_id", "role").unique()
    both = told.join(real, on=["vin", "person_id", "role"], how="semi").height
    print(f"roles: {told.height:,} told, precision {both / told.height:.3f}, recall {both / real.height:.3f}")


def _households(found: pl.DataFrame, who: pl.DataFrame, people: pl.DataFrame, shared: pl.DataFrame) -> None:
    """Pairs of different persons in one household. Those who are customers and share nothing in any record cannot be seen: no address, phone, car or row."""
    named = found.filter(pl.col("household_id").is_not_null()).join(who, on="customer_id").select("household_id", "person_id").unique()
    told = _pairs(named)
    there = people.filter(~pl.col("company")).join(who.select("person_id").unique(), on="person_id", how="semi")
    real = _pairs(there.select("household_id", "person_id"))
    holders = shared.join(who, on="customer_id").select("person_id", household_id=pl.col("kind") + pl.col("key")).unique()
    few = holders.group_by("household_id").len().filter(pl.col("len") <= load().household.most_persons)
    seen = real.join(_pairs(holders.join(few, on="household_id", how="semi")), on=["a", "b"], how="semi")
    both, hit = (told.join(pairs, on=["a", "b"], how="semi").height for pairs in (real, seen))
    print(
        f"households: {told.height:,} pairs told, precision {both / told.height:.3f}; recall {hit / seen.height:.3f} of {seen.height:,} pairs who share something"
    )
    print(f"            in a record, {both / real.height:.3f} of all {real.height:,} pairs who are customers")


def _pairs(frame: pl.DataFrame) -> pl.DataFrame:
    pairs = frame.join(frame, on="household_id").filter(pl.col("person_id") < pl.col("person_id_right"))
    return pairs.select(a="person_id", b="person_id_right").unique()


if __name__ == "__main__":
    main()
