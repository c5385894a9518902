"""Tables that say in columns of their own who somebody is and where: couples stay two, and neighbours are no match, without a label."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.evaluate import evaluate
from matching.match import match
from matching.spec import parse

FIRST = [
    "Anna",
    "Maria",
    "Petra",
    "Sabine",
    "Julia",
    "Nicole",
    "Sophie",
    "Marie",
    "Helga",
    "Karin",
    "Hans",
    "Peter",
    "Thomas",
    "Stefan",
    "Klaus",
    "Uwe",
    "Lukas",
    "Felix",
    "Moritz",
    "Karl",
    "Jan",
    "Tim",
]
LAST = [
    one + two
    for one in ("Stein", "Berg", "Feld", "Wald", "Bach", "Hof", "Brand", "Eich")
    for two in ("mann", "bauer", "er", "hausen", "müller", "ner")
]
STREETS = [
    f"{one}{two}" for one in ("Haupt", "Schul", "Garten", "Dorf", "Linden", "Berg", "Wald", "Mühl") for two in ("straße", "weg", "gasse")
]
COLUMNS = "first: {kind: given_name}\n  last: {kind: surname}\n  phone: {kind: phone}\n  street: {kind: street}\n  postcode: {kind: postcode}\n  city: {kind: city}\n"


def people(entities: int, *, couples: float, seed: int) -> pl.DataFrame:
    """Records with slips: two in five entities have several. A town has its own block of postcodes, as everywhere."""
    draw = random.Random(seed)
    rows: list[dict[str, str | int | None]] = []

    def phone() -> str:
        return "+49 17" + "".join(draw.choice("0123456789") for _ in range(9))

    def person() -> dict[str, str | int | None]:
        town = draw.randrange(12)
        house = f"{draw.choice(STREETS)} {draw.randint(1, 150)}"
        return {
            "first": draw.choice(FIRST), "last": draw.choice(LAST), "phone": phone(), "street": house, "postcode": str(10_000 + 4_000 * town + draw.randint(0, 30)),
            "city": f"Stadt {town}",
        }  # fmt: skip

    entity = 0
    while entity < entities:
        one = person()
        home = [one]
        if draw.random() < couples:
            other = {**one, "first": draw.choice([name for name in FIRST if name != one["first"]]), "phone": phone()}
            home.append(other)
        for each in home:
            entity += 1
            for _ in range(draw.choices([1, 2, 3], [60, 30, 10])[0]):
                row = dict(each)
                if draw.random() < 0.1:
                    name = str(row["last"])
                    place = draw.randrange(1, len(name))
                    row["last"] = name[:place] + draw.choice("aeioun") + name[place + 1 :]
                if draw.random() < 0.15:
                    row["phone"] = phone()
                if draw.random() < 0.1:
                    row |= {name: value for name, value in person().items() if name in {"street", "postcode", "city"}}
                for name in ("phone", "street"):
                    if draw.random() < 0.1:
                        row[name] = None
                rows.append({"entity": entity, **row})
    draw.shuffle(rows)
    return pl.DataFrame(rows).with_row_index("id").with_columns(pl.col("id").cast(pl.String))


@pytest.mark.parametrize(("couples", "seed"), [(0.0, 1), (0.3, 2), (0.6, 3)])
def test_neighbours_and_couples_are_told_apart(couples: float, seed: int, tmp_path: Path) -> None:
    table = people(2_500, couples=couples, seed=seed)
    spec = parse(f"record_id: id\ncolumns:\n  {COLUMNS}", where="model.yaml")
    with DuckDBEngine(memory_limit="1GB", scratch=tmp_path) as engine:
        clusters = engine.collect(match(engine, engine.from_frame(table.drop("entity")), spec).clusters)
    truth = table.select(record_id="id", entity_id=pl.col("entity").cast(pl.String))
    told = evaluate(clusters, truth)
    assert told.precision > 0.95
    assert told.recall > 0.75
