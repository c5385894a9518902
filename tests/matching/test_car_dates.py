"""One car in two records that lie years apart: it says less, and only where a column of kind ``seen`` says when."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from matching.comparisons import comparisons_for
from matching.explain import explain
from matching.features import feature_kernel, text_names
from matching.frequencies import Rarity
from matching.levels import UNKNOWN
from matching.match import match
from matching.spec import SpecError, parse

COLUMNS = "record_id: id\ncolumns:\n  who: {kind: name}\n  vin: {kind: vin}\n  plate: {kind: plate}\n"
PLAIN = parse(COLUMNS, where="m")
DATED = parse(COLUMNS + "  'on': {kind: seen}\n", where="m")

CASES = [
    (("V1", None, "20150101"), ("V1", None, "2016-01-01"), "vin"),
    (("V1", None, "20150101"), ("V1", None, "20250101"), "years_apart"),
    (("V1", None, "20150101"), ("V1", None, None), "vin"),
    (("V1", None, "20150101"), ("V1", None, "2015"), "vin"),
    ((None, "A1", "20150101"), (None, "A1", "20150301"), "plate"),
    ((None, "A1", "20150101"), (None, "A1", "20250301"), "years_apart"),
    (("V1", "A1", "20150101"), ("V2", "A1", "20250101"), "plate_moved"),
    (("V1", "A1", "20150101"), ("V2", "A2", "20150101"), "different"),
    (("V1", None, "20150101"), (None, "A1", "20150101"), None),
]


@pytest.mark.parametrize(("left", "right", "expected"), CASES)
def test_levels(left: tuple[str | None, ...], right: tuple[str | None, ...], expected: str | None) -> None:
    schema = {"rid": pl.Int64, "who": pl.String, "vin": pl.String, "plate": pl.String, "on": pl.String}
    frame = pl.DataFrame([(1, None, *left), (2, None, *right)], schema=schema, orient="row")
    for spec in (DATED, PLAIN):
        ready = feature_kernel(frame, spec=spec)
        car = next(comparison for comparison in comparisons_for(spec) if comparison.name == "car")
        for one, two in ((0, 1), (1, 0)):
            from matching.levels import Sides

            sides = pl.concat([ready[one : one + 1].select(pl.all().name.suffix("_l")), ready[two : two + 1].select(pl.all().name.suffix("_r"))], how="horizontal")  # fmt: skip
            level = car.compare(Sides(sides, text_names(spec)), Rarity.of(spec, {})).level[0]
            found = None if level == UNKNOWN else car.levels[level].label
            assert found == (expected if spec is DATED or expected != "years_apart" else "vin" if left[0] else "plate")


def test_copies_of_one_year_are_copies() -> None:
    days = ["20150101", "20150105", "20250101", None]
    frame = pl.DataFrame({"rid": [1, 2, 3, 4], "who": ["ann lee"] * 4, "vin": ["V1"] * 4, "plate": [None] * 4, "on": days}).with_columns(pl.col("plate").cast(pl.String))  # fmt: skip
    content = feature_kernel(frame, spec=DATED)["content"].to_list()
    assert content[0] == content[1]
    assert len(set(content)) == 3


def sold_cars() -> pl.DataFrame:
    """Owners with their cars: some have them twice in a year, and every third car has another owner ten years later."""
    rows = []
    for n in range(1500):
        first, later = (f"{chr(97 + k % 26)}{k * 7919 % 1009}n {chr(97 + k * 7 % 26)}{k * 31 % 811}s" for k in (n, n + 5000))
        day = dt.date(2012, 1, 1) + dt.timedelta(days=n % 700)
        rows += [(f"{n}a", first, f"V{n}", day), (f"{n}b", first[:-1] if n % 10 == 0 else first, f"V{n}", day + dt.timedelta(days=200))]
        if n % 3 == 0:
            rows.append((f"{n}c", later, f"V{n}", day + dt.timedelta(days=3650)))
    return pl.DataFrame(rows, schema=["id", "who", "vin", "on"], orient="row").with_columns(plate=pl.lit(None, dtype=pl.String))


def test_a_sold_car_says_less_than_a_kept_one() -> None:
    rows = sold_cars()
    with DuckDBEngine() as engine:
        table = engine.from_frame(rows)
        dated, plain = (match(engine, table, spec) for spec in (DATED, PLAIN))
    car = dated.model.comparison("car")
    assert [level.label for level in car.levels] == ["vin", "plate", "years_apart", "plate_moved", "different"]
    assert car.levels[2].household <= 0
    assert all(level.household == 0 for level in plain.model.comparison("car").levels)
    assert plain.model.spec.columns.keys() == PLAIN.columns.keys()
    near, far = (explain(rows, "0a", other, dated.model) for other in ("0b", "0c"))
    parts = [next(part for part in each.parts if part.comparison == "car") for each in (near, far)]
    assert [part.level for part in parts] == ["vin", "years_apart"]
    assert parts[0].bits > parts[1].bits
    assert far.decision == "leave"
    # the same two records, were they of one year
    moved = rows.with_columns(on=pl.when(pl.col("id") == "0c").then(pl.lit(dt.date(2012, 3, 1))).otherwise("on"))
    assert explain(moved, "0a", "0c", dated.model).weight > far.weight


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (COLUMNS + "  'on': {kind: seen}\n  at: {kind: seen}\n", "m:7: column 'at' has kind seen: one column says when"),
        (COLUMNS + "  'on': {kind: seen}\ncomparisons: [who, 'on']\n", "names 'on', the day of a record"),
    ],
)
def test_the_model_file_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse(text.replace("  on:", "  'on':"), where="m")
