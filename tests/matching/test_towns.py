"""Families who share a home, in tables whose address, town, state and postcode are columns of their own."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.em import strangers_of
from matching.evidence import Shares
from matching.match import match
from matching.spec import ColumnSpec, ModelSpec

FIRST = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "William",
    "Barbara",
    "Richard",
    "Susan",
    "Joseph",
    "Jessica",
    "Thomas",
    "Sarah",
    "Charles",
    "Karen",
    "Lisa",
    "Daniel",
    "Nancy",
    "Matthew",
    "Anthony",
    "Mark",
    "Sandra",
    "Ashley",
    "Steven",
    "Paul",
    "Emily",
    "Andrew",
    "Donna",
    "Joshua",
]
LAST = [
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "Garcia",
    "Miller",
    "Davis",
    "Rodriguez",
    "Martinez",
    "Lopez",
    "Wilson",
    "Anderson",
    "Taylor",
    "Moore",
    "Jackson",
    "Martin",
    "Lee",
    "Perez",
    "Thompson",
    "White",
    "Harris",
    "Clark",
    "Lewis",
    "Robinson",
    "Walker",
    "Young",
    "Allen",
    "King",
    "Wright",
    "Scott",
    "Torres",
    "Hill",
    "Green",
]
ROADS = [
    "Main",
    "Oak",
    "Maple",
    "Cedar",
    "Pine",
    "Elm",
    "Washington",
    "Lake",
    "Park",
    "Sunset",
    "Lincoln",
    "Church",
    "Spring",
    "Ridge",
    "Center",
    "Market",
    "Mill",
    "River",
]
KINDS = {
    "first": "given_name",
    "last": "surname",
    "street": "address",
    "city": "city",
    "state": "category",
    "zip": "postcode",
    "phone": "phone",
    "dob": "date",
}


def people(homes: int, *, seed: int, one_phone: bool = False, again: float = 0.6) -> pl.DataFrame:
    """One to three people a home, one to three records each (``again``: of how many persons more than one); names and dates slip, some have moved.

    ``one_phone``: members of a family may have one phone.
    """
    rng = np.random.default_rng(seed)

    def place() -> dict[str, str]:
        town = int(rng.integers(12))
        return {
            "street": f"{rng.integers(1, 9_999)} {rng.choice(ROADS)} {rng.choice(['St', 'Ave', 'Rd', 'Dr'])}",
            "city": f"{LAST[town]}ville",
            "state": f"{LAST[town][:2].upper()}",
            "zip": f"{(town + 60) * 1_000 + int(rng.integers(60))}",
        }

    def missing(value: str, share: float) -> str | None:
        return None if rng.random() < share else value

    rows, entity = [], 0
    for _ in range(homes):
        home, last = place(), str(rng.choice(LAST))
        of_home = f"{rng.integers(2_010_000_000, 9_890_000_000)}"
        for _ in range(int(rng.choice([1, 1, 1, 2, 2, 3]))):
            first, entity = str(rng.choice(FIRST)), entity + 1
            dob = f"{rng.integers(1940, 2004)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
            phone = f"{rng.integers(2_010_000_000, 9_890_000_000)}"
            phone = of_home if one_phone and rng.random() < 0.6 else phone
            for _ in range(int(rng.choice([2, 2, 3])) if rng.random() < again else 1):
                where = place() if rng.random() < 0.08 else home
                written = first[:1] + first[2:] if rng.random() < 0.08 else first
                rows.append(
                    {"entity": entity, "first": written, "last": last, **where, "zip": missing(where["zip"], 0.1)}
                    | {"phone": missing(phone, 0.3), "dob": missing(dob, 0.25)}
                )
    return pl.DataFrame(rows).with_row_index("id").with_columns(pl.col("id").cast(pl.String))


def measured(table: pl.DataFrame, columns: dict[str, ColumnSpec]) -> tuple[float, float]:
    """Pairwise precision and recall of matching these columns."""
    with DuckDBEngine() as engine:
        records = engine.from_frame(table.select("id", *columns))
        found = engine.collect(match(engine, records, ModelSpec(record_id="id", columns=columns, country="US")).clusters)
    held = table.join(found, left_on="id", right_on="record_id").group_by("cluster_id", "entity").len()

    def pairs(by: list[str]) -> int:
        return int(held.group_by(by).agg(n=pl.col("len").sum()).select((pl.col("n") * (pl.col("n") - 1) / 2).sum()).item())

    right = pairs(["cluster_id", "entity"])
    return right / pairs(["cluster_id"]), right / pairs(["entity"])


@pytest.mark.parametrize("without", [(), ("dob",), ("dob", "phone")])
def test_a_family_is_no_person_whatever_columns_its_home_stands_in(without: tuple[str, ...]) -> None:
    columns = {name: ColumnSpec(kind, words=name == "street") for name, kind in KINDS.items() if name not in without}
    precision, recall = measured(people(2_500, seed=5), columns)
    assert precision > 0.93
    assert recall > 0.75


@pytest.mark.parametrize("columns", [("dob", "zip"), ("dob", "phone", "city", "zip")])
def test_a_family_in_a_table_of_few_matches_is_no_person(columns: tuple[str, ...]) -> None:
    """A birth date mostly agrees where one person has two records; who share a phone live in one town."""
    table = people(2_500, seed=9, one_phone=True, again=0.1)
    precision, recall = measured(table, {name: ColumnSpec(KINDS[name]) for name in ("first", "last", *columns)})
    assert precision > 0.93
    assert recall > 0.75


@pytest.mark.parametrize("beside", ["dob", "phone"])
def test_a_town_and_its_postcodes_are_no_person_where_all_columns_have_slips(beside: str) -> None:
    """The town says what the head of a postcode says: taken for two agreements, whoever lives in one town was a match (precision 0.3 to 0.5)."""
    rng, table = np.random.default_rng(1), people(2_500, seed=5)

    def slip(value: str) -> str:
        at = int(rng.integers(1, len(value)))
        return f"{value[:at]}x{value[at + 1 :]}" if rng.random() < 0.1 else value

    slipped = table.with_columns(pl.Series(name, map(slip, table[name].to_list())) for name in ("first", "last", "city"))
    precision, recall = measured(slipped, {name: ColumnSpec(KINDS[name]) for name in ("first", "last", beside, "city", "zip")})
    assert precision > 0.92
    assert recall > 0.75


def test_strangers_of_a_key_have_what_its_pairs_have_in_common() -> None:
    shares = [Shares(np.array([0.9, 0.1]), np.array([0.1, 0.9]), np.array([0.1, 0.9])) for _ in range(2)]
    places = np.array([[0, 2], [0, 3], [1, 3]])  # the last place of each comparison differs; 4 is unknown
    seen = strangers_of(np.array([0, 0, 1]), places, np.array([500.0, 500.0, 1_000.0]), shares, np.array([True, False]), 2)
    assert seen[:, :2] == pytest.approx(np.array([[1_001, 9], [1, 1_009]]) / 1_010)
    assert seen[:, 2:] == pytest.approx(np.array([[0.1, 0.9], [0.1, 0.9]]))
