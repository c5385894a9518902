"""Tables that know little: a name and a date, a date in three columns, a name and a phone. Most keys leave one column there, and copies are no pairs."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.evaluate import evaluate
from matching.match import match
from matching.spec import parse

FIRST = [
    f"{start}{end}"
    for start in ("an", "ber", "car", "do", "el", "fri", "ge", "hel", "in", "jo")
    for end in ("a", "ke", "rd", "to", "mut", "ga", "lo")
]
LAST = [
    f"{start}{end}"
    for start in ("ba", "fi", "ho", "kle", "mei", "neu", "rich", "scha", "we", "zim")
    for end in ("er", "mann", "scher", "ling", "berg", "feld")
]
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国玉兰红梅春晓东文海波宇鹏飞雪琳"


def slip(value: str, rng: random.Random, alphabet: str) -> str:
    """One character is another."""
    place = rng.randrange(1, len(value))
    return value[:place] + rng.choice(alphabet.replace(value[place], "")) + value[place + 1 :]


def germans(rng: random.Random) -> tuple[dict[str, str], Callable[[dict[str, str]], None]]:
    row = {
        "first": rng.choice(FIRST),
        "last": rng.choice(LAST),
        "y": str(rng.randint(1930, 2005)),
        "m": str(rng.randint(1, 12)),
        "d": str(rng.randint(1, 28)),
    }

    def spoil(row: dict[str, str]) -> None:
        """Exactly one slip: what records have in common is never all of it."""
        field = rng.choice(["first", "last", "y", "m", "d"])
        if field in {"first", "last"}:
            row[field] = slip(row[field], rng, "abcdefghiklmnoprstuvwz")
        else:
            other = {"y": rng.randint(1930, 2005), "m": rng.randint(1, 12), "d": rng.randint(1, 28)}[field]
            row[field] = str(other)

    return row, spoil


def chinese(rng: random.Random) -> tuple[dict[str, str], Callable[[dict[str, str]], None]]:
    row = {"name": rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN), "phone": "13" + "".join(rng.choices("0123456789", k=9))}

    def spoil(row: dict[str, str]) -> None:
        """Most copies are whole, some have a slip in either."""
        if rng.random() < 0.2:
            row["name"] = slip(row["name"], rng, GIVEN)
        if rng.random() < 0.2:
            row["phone"] = row["phone"][:4] + slip(row["phone"][4:], rng, "0123456789")

    return row, spoil


def table(
    drawn: Callable[[random.Random], tuple[dict[str, str], Callable[[dict[str, str]], None]]], people: int, again: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records, of which every ``again``-th person has two, and whose they are."""
    rng = random.Random(11)
    rows, whose = [], []
    for person in range(people):
        row, spoil = drawn(rng)
        rows.append(row)
        whose.append(person)
        if person % again == 0:
            other = dict(row)
            spoil(other)
            rows.append(other)
            whose.append(person)
    ids = pl.Series("id", [f"r{number:05}" for number in range(len(rows))])
    return pl.DataFrame(rows).with_columns(ids), pl.DataFrame({"record_id": ids, "entity_id": [str(each) for each in whose]})


@pytest.mark.parametrize(
    ("drawn", "columns", "precision", "recall"),
    [
        pytest.param(germans, "first: given_name, last: surname, born: date", 0.97, 0.75, id="names and a date"),
        pytest.param(germans, "first: given_name, last: surname, y: number, m: number, d: number", 0.95, 0.95, id="a date in three columns"),
        pytest.param(chinese, "name: name, phone: phone", 0.99, 0.8, id="name and phone"),
    ],
)  # fmt: skip
def test_tables_of_few_columns_find_most_matches(
    drawn: Callable[[random.Random], tuple[dict[str, str], Callable[[dict[str, str]], None]]], columns: str, precision: float, recall: float
) -> None:
    rows, truth = table(drawn, people=2400, again=6)
    if "born" in columns:
        born = pl.format("{}-{}-{}", "y", pl.col("m").str.zfill(2), pl.col("d").str.zfill(2))
        rows = rows.with_columns(born=born.str.replace_all("-", "")).drop("y", "m", "d")
    spec = parse(f"record_id: id\ncolumns: {{{columns}}}\n", where="m")
    with DuckDBEngine(memory_limit="1GB") as engine:
        found = evaluate(engine.collect(match(engine, engine.from_frame(rows), spec).clusters), truth)
    assert found.precision >= precision
    assert found.recall >= recall


@pytest.mark.parametrize("columns", ["phone: phone", "phone: phone, code: postcode", "phone: phone, vin: vin, plate: plate"])
def test_a_table_that_names_nobody_is_matched_by_what_it_has(columns: str) -> None:
    """All its columns are a household's; learning who holds a phone without a name asked for names, and there are none."""
    rows = pl.DataFrame(
        {
            "id": [f"r{number}" for number in range(60)],
            "phone": [f"+861391785{number // 2:04}" for number in range(60)],
            "code": [f"{200_000 + number // 2}" for number in range(60)],
            "vin": [f"LGW367Y47JM{number // 2:06}" for number in range(60)],
            "plate": [f"沪A{number // 2:05}" for number in range(60)],
        }
    )
    with DuckDBEngine(memory_limit="1GB") as engine:
        found = engine.collect(
            match(engine, engine.from_frame(rows), parse(f"record_id: id\ncolumns: {{{columns}}}\n", where="m")).clusters
        )
    together = found.group_by("cluster_id").agg(pl.col("record_id").str.slice(1).cast(pl.Int64) // 2).get_column("record_id")
    assert together.list.n_unique().max() == 1
    assert found["cluster_id"].n_unique() <= 60
