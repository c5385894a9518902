"""How right golden records are: each field against the generator's world, beside the records that they were made of.

    python -m benchmarks.golden [--customers 6000] [--seed 1] [--folder DIR]

Of persons with a golden value. ``any record``: how often a record of the customer that has a value, drawn at random, has the right one; ``golden``: how often the
golden record has; ``possible``: of how many any record has. Right is what the world says at the end of the history: a phone or home that was changed since is wrong, and so is
what nobody has told a dealer yet; a second mobile is as good as the first. A home is right where district and room are, a whole one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks._truth import whose
from benchmarks.pipeline import command
from engine.duckdb import DuckDBEngine
from generator import places
from generator.dealers import build_network
from generator.plan import Plan
from generator.relations import person_ids
from generator.world import World, build_world
from pipelines.store import versions
from pipelines.store.home import Home

Who = npt.NDArray[np.int64]
AS_OF = dt.date(2026, 6, 30)
FIELDS = {
    "name": "name",
    "mobile": "mobile",
    "id number": "id_number",
    "gender": "gender",
    "birth date": "birth_date",
    "district": "adcode",
    "home": "home",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps what is made here, and takes the home of a run that is here already")
    options = parser.parse_args()
    plan = Plan(out=Path(), customers=options.customers, dealers=8, seed=options.seed)
    with tempfile.TemporaryDirectory(prefix="chezhu-golden-") as scratch:
        folder = options.folder or Path(scratch)
        if not (folder / "home").exists():
            command("generate", "--out", folder / "exports", "--customers", plan.customers, "--dealers", plan.dealers, "--seed", plan.seed)
            command("run", "--inbox", folder / "exports" / "inbox", "--home", folder / "home", "--as-of", AS_OF.isoformat())
        report(*told(folder), said(plan))


def said(plan: Plan) -> pl.DataFrame:
    """person_id and the right value of each field at ``AS_OF``, of persons."""
    network = build_network(dealers=plan.dealers, workbooks=plan.workbooks, seed=plan.seed)
    world = build_world(customers=plan.customers, days=plan.days, start=plan.start, sites=network.sites, seed=plan.seed)
    who = np.arange(world.people)
    day = (AS_OF - plan.start).days
    phone = np.where(world.phone_change <= day, world.phone_new, world.phone)[who].astype(np.int64)
    return pl.DataFrame(
        {
            "person_id": person_ids(who, world.people),
            "name": world.name[: world.people],
            "mobile": _mobiles(world, who, phone),
            "id_number": world.id_number[: world.people],
            "gender": pl.Series(np.where(world.female[who], "F", "M").tolist()),
            "birth_date": pl.Series(world.birth[who].astype(np.int32)).cast(pl.Date),
            **_homes(world, who, day),
        }
    )


def _mobiles(world: World, who: Who, phone: Who) -> pl.Series:
    """The number of each person, and the second where there is one: a list."""
    second = world.phone_second[who].astype(np.int64)
    places_of = [phone, np.where(second < 0, len(world.numbers) - 1, second)]
    both = pl.DataFrame({str(at): "+86" + world.numbers.gather(pl.Series(place)) for at, place in enumerate(places_of)})
    return both.select(pl.concat_list(pl.all()).list.drop_nulls()).to_series()


def _homes(world: World, who: Who, day: int) -> dict[str, pl.Series]:
    """The district by its adcode, and the home: adcode and room."""
    house = world.household[who]
    home = np.where(world.move_day[house] <= day, world.address_new[house], world.address[house])
    district = places.district_table()["adcode"].cast(pl.String).gather(pl.Series(world.addresses.district[home].astype(np.int64)))
    room = world.addresses.details(home, np.zeros(len(home), dtype=np.int64)).str.extract("([0-9]+)室$", 1)
    return {"adcode": district, "home": district + " " + room}


def told(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What records and golden records say: customer_id, person_id and the fields."""
    home = Home(folder / "home")
    manifest = versions.current(home)
    assert manifest is not None
    fields = [field for field in FIELDS.values() if field != "home"]
    with DuckDBEngine() as engine:
        read = {name: versions.read(home, engine, manifest, name) for name in manifest.tables}
        known, who = whose(engine, read, folder / "exports", *fields, "party", "room")
        columns = ", ".join(fields)
        golden = engine.collect(
            engine.sql(f"select customer_id, party, address, {columns} from c", c=read["customers"]), max_rows=100_000_000
        )
    records = known.filter(pl.col("party").ne_missing("organization")).with_columns(home=pl.col("adcode") + " " + pl.col("room"))
    customers = golden.filter(pl.col("party") == "person").join(who, on="customer_id")
    customers = customers.with_columns(home=pl.col("adcode") + " " + pl.col("address").str.extract("([0-9]+)室$", 1))
    return records, customers


def report(records: pl.DataFrame, customers: pl.DataFrame, right: pl.DataFrame) -> None:
    print(f"{records.height:,} records, {customers.height:,} customers\n{'field':12} {'any record':>10} {'golden':>9} {'possible':>9}")
    for name, field in FIELDS.items():
        truth = right.select("person_id", right=pl.col(field) if right.schema[field] == pl.List(pl.String) else pl.concat_list(field))
        before, after = (
            rows.filter(pl.col(field).is_not_null())
            .join(truth, on="person_id")
            .select("customer_id", right=pl.col(field).is_in(pl.col("right")))
            for rows in (records, customers)
        )
        drawn = before.group_by("customer_id").agg(drawn=pl.col("right").mean(), possible=pl.col("right").any())
        both = after.join(drawn, on="customer_id").select("right", "drawn", "possible").mean().row(0)
        print(f"{name:12} {both[1]:>10.2%} {both[0]:>9.2%} {both[2]:>9.2%}")


if __name__ == "__main__":
    main()
