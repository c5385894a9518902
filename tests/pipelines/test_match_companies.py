"""`chezhu match` on tables of companies, of which only the kinds of columns are told."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
import yaml

from matching.evaluate import evaluate
from pipelines.settings import Settings
from pipelines.stages.match_files import match_files

FIRMS = [
    "Summit",
    "Pioneer",
    "Global",
    "Liberty",
    "Heritage",
    "Keystone",
    "Falcon",
    "Harbor",
    "Sierra",
    "Titan",
    "Victory",
    "Beacon",
    "Nova",
    "Delta",
    "Pacific",
]
OWNERS = [
    "Becker",
    "Weber",
    "Wagner",
    "Schulz",
    "Hoffmann",
    "Koch",
    "Richter",
    "Klein",
    "Wolf",
    "Neumann",
    "Zimmermann",
    "Braun",
    "Hartmann",
    "Lange",
    "Werner",
]
TRADES = ["Foods", "Steel", "Dental", "Roofing", "Software", "Printing", "Plumbing", "Logistics", "Security", "Furniture"]
TOWNS = {"Berlin": "101", "Hamburg": "202", "Leipzig": "041", "Bremen": "281"}


def slip(draw: random.Random, word: str) -> str:
    place = draw.randrange(1, len(word) - 1)
    return draw.choice([word[:place] + word[place + 1 :], word[:place] + draw.choice("aeiou") + word[place:]])


def companies(records: int) -> pl.DataFrame:
    """Firms with one to three records: legal forms come and go, words have slips or are left out, streets are shortened."""
    draw = random.Random(11)
    rows: list[tuple[str, ...]] = []
    entity = 0
    while len(rows) < records:
        entity += 1
        words = [draw.choice(FIRMS), draw.choice(OWNERS), draw.choice(TRADES)]
        town, number, tel = draw.choice(list(TOWNS)), str(draw.randrange(1, 300)), f"0{draw.randrange(10**9):09}"
        postcode, road = f"{TOWNS[town]}{draw.randrange(60):02}", draw.choice(["Haupt", "Schul", "Garten", "Linden"])
        for _ in range(draw.choice([1, 1, 2, 3])):
            said = [slip(draw, word) if draw.random() < 0.15 else word for word in words[: 2 if draw.random() < 0.15 else 3]]
            name = " ".join([*said, *draw.choice([["GmbH"], ["AG"], ["GmbH & Co. KG"], []])])
            street = f"{road}{draw.choice(['straße', 'str.'])} {number}"
            rows.append((f"r{len(rows)}", str(entity), name, draw.choice([tel, ""]), street, town, postcode))
    return pl.DataFrame(rows, schema=["id", "entity", "firm", "tel", "street", "town", "zip"], orient="row")


@pytest.mark.parametrize("kind", ["name", "text"])
def test_companies_are_found_under_what_they_are_called(kind: str, tmp_path: Path) -> None:
    table = companies(3000)
    table.drop("entity").write_csv(tmp_path / "firms.csv")
    columns = f"{{firm: {kind}, tel: phone, street: address, town: city, zip: postcode}}"
    (tmp_path / "model.yaml").write_text(f"record_id: id\ncountry: DE\ncolumns: {columns}\n")
    match_files([tmp_path / "firms.csv"], model=tmp_path / "model.yaml", out=tmp_path / "out", link=False, settings=Settings())
    clusters = pl.read_parquet(tmp_path / "out" / "clusters.parquet")
    found = evaluate(clusters, table.select(record_id="id", entity_id="entity"))
    assert found.precision >= 0.99
    assert found.recall >= 0.95
    column = yaml.safe_load((tmp_path / "out" / "model.yaml").read_text())["spec"]["columns"]["firm"]
    assert (column["kind"], column["organizations"]) == ("name", True)


OWNERS_OF_SITES = ["City Public Schools", "Harbor House Association", "New Horizons Society", "Saint Mary Charities"]
SITES = ["Burke", "Ellington", "Rosewood", "Parkside", "Lincoln Square", "Maple Grove", "Bright Stars", "Little Steps", "Sunrise", "Cedar", "Willow", "Garden"]  # fmt: skip
AVENUES = ["Kildare", "Washington", "Roosevelt", "Maxwell", "Foster", "Pershing", "Sangamon", "Pulaski"]


def sites(records: int) -> pl.DataFrame:
    """Sites of a few owners, each as a list writes it: with its owner's name before it or without, the street in short, with what it is next to, or in full."""
    draw = random.Random(5)
    rows: list[tuple[str, ...]] = []
    entity = 0
    while len(rows) < records:
        entity += 1
        owner, site = (
            draw.choice(OWNERS_OF_SITES),
            f"{draw.choice(SITES)} {draw.choice(SITES)} {draw.choice(['Academy', 'Early Learning Center', 'School'])}",
        )
        number, street, tel = draw.randrange(100, 9000), draw.choice(AVENUES), f"312{draw.randrange(10**7):07}"
        for _ in range(draw.choice([1, 1, 2, 3])):
            name = draw.choice([f"{owner} {site}", f"{owner.upper()} {site.upper()}", site, f"{site.rsplit(' ', 1)[0]} ({owner})"])
            where = f"{number} {draw.choice(['N', 'N.', 'North'])} {street} {draw.choice(['Ave', 'Avenue', 'Ave.', '', 'Ave lower level'])}".strip()
            rows.append((f"r{len(rows)}", str(entity), name, where, draw.choice([tel, tel, ""])))
    return pl.DataFrame(rows, schema=["id", "entity", "site", "address", "tel"], orient="row")


def test_sites_without_a_legal_form_are_organizations_and_found_without_their_owners_name(tmp_path: Path) -> None:
    table = sites(1500)
    table.drop("entity").write_csv(tmp_path / "sites.csv")
    (tmp_path / "model.yaml").write_text("record_id: id\ncountry: US\ncolumns: {site: name, address: address, tel: phone}\n")
    match_files([tmp_path / "sites.csv"], model=tmp_path / "model.yaml", out=tmp_path / "out", link=False, settings=Settings())
    clusters = pl.read_parquet(tmp_path / "out" / "clusters.parquet")
    found = evaluate(clusters, table.select(record_id="id", entity_id="entity"))
    assert yaml.safe_load((tmp_path / "out" / "model.yaml").read_text())["spec"]["columns"]["site"]["organizations"] is True
    assert found.precision >= 0.99
    assert found.recall >= 0.92
