"""What lies beside the exports and in the sources that enrichment learns from: homes, cars, campaigns, the maker's CRM."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from generator.campaigns import CHANNELS, PER_DEALER, draw_campaigns
from generator.dealers import SOURCES, build_network
from generator.exports import generate, simulate
from generator.facts import Facts
from generator.plan import Plan
from generator.render import render


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    out = tmp_path_factory.mktemp("relations")
    generate(Plan(out=out, rows=12_000, dealers=10, workbooks=0.0, errors="low"))
    tables = {path.stem: pl.read_parquet(path) for path in (out / "truth").glob("*.parquet")}
    return tables | {"crm": pl.read_csv(next((out / "inbox" / "CRM").iterdir()), infer_schema=False)}


def test_everybody_named_lives_somewhere(truth: dict[str, pl.DataFrame]) -> None:
    people = truth["people"]
    assert not people["person_id"].is_duplicated().any()
    named = truth["records"].filter(~pl.col("person_id").str.starts_with("t")).select("person_id", "household_id").unique()
    assert named.join(people, on=["person_id", "household_id"]).height == named.height
    assert people.filter("company").select(pl.col("gender", "birth_date").is_null().all()).row(0) == (True, True)
    sizes = people.filter(~pl.col("company")).group_by("household_id").len()["len"]
    assert 1.5 < sizes.mean() < 2.6
    assert sizes.max() <= 4


def test_a_used_car_goes_from_its_owner_to_the_next(truth: dict[str, pl.DataFrame]) -> None:
    cars = truth["cars"]
    used, first = cars.filter(pl.col("bought_from").is_not_null()), cars.filter(pl.col("bought_from").is_null())
    assert not first["vin"].is_duplicated().any()
    handed = used.join(first, on="vin", suffix="_before")
    assert handed.height == used.height > 0.03 * first.height
    assert (handed["bought_from"] == handed["person_id_before"]).all()
    assert (handed["from_date"] == handed["to_date_before"]).all()
    assert (handed["plate"] != handed["plate_before"]).all(), "the plate stays with who sells"
    assert first.filter(pl.col("to_date").is_not_null()).height == used.height


def test_the_crm_knows_some_twice(truth: dict[str, pl.DataFrame]) -> None:
    known = truth["records"].filter(pl.col("source") == "crm", pl.col("person_id").str.starts_with("t").not_())
    assert set(known["dealer_id"]) == {"CRM"}
    assert known["source_key"].null_count() == 0
    assert known["person_id"].n_unique() < known.height < 1.1 * known["person_id"].n_unique()
    assert truth["crm"].height >= known.height


def test_who_answered_once_answers_again() -> None:
    campaigns = draw_campaigns(dealers=200, seed=4)
    assert len(campaigns.name) == 200 * PER_DEALER
    rng = np.random.default_rng(1)
    entity = np.repeat(np.arange(20_000), 20)
    asked = rng.integers(0, len(campaigns.name), entity.size)
    answered = campaigns.answered(asked, entity, rng.random(entity.size, dtype=np.float32))
    shares = [float(answered[campaigns.channel[asked] == channel].mean()) for channel in range(len(CHANNELS))]
    assert shares == pytest.approx([0.02, 0.05, 0.12, 0.015, 0.04], rel=0.2)
    once, later = answered.reshape(-1, 20)[:, :10].any(axis=1), answered.reshape(-1, 20)[:, 10:].mean(axis=1)
    assert later[once].mean() > 1.3 * later[~once].mean()


def test_contacts_carry_cost_and_answer() -> None:
    plan = Plan(out=Path("unused"), rows=3_000, dealers=20)
    network = build_network(dealers=plan.dealers, workbooks=0.0, seed=plan.seed)
    world, activity = simulate(plan, network)
    chunk = render(world, network, Facts.of(network), activity, level="low", seed=1, number=0, start=plan.start)
    touched = np.flatnonzero(activity.source == SOURCES.index("campaign"))
    assert touched.size > 100
    cells = {field: chunk.cells[field].at(touched) for field in ("campaign", "kind", "cost", "response")}
    assert set(cells["response"]) == {"是", "否"}
    assert set(cells["kind"]) <= set(CHANNELS)
    assert (cells["cost"].cast(pl.Float64) == pl.Series(network.campaigns.cents[activity.campaign[touched]] / 100)).all()
    assert (cells["response"] == "是").to_numpy().tolist() == (activity.answer[touched] == 1).tolist()
    assert (activity.dealer[touched] == activity.campaign[touched] // PER_DEALER).all(), "a dealer's campaign reaches its own customers"
