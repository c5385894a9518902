"""What clusters say of pairs in doubt, and nameless records with the sole holder of what they share."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import holders
from matching.collective import NOWHERE, chains, unseen, weigh_kernel
from matching.comparisons import comparisons_for
from matching.features import build, number_records
from matching.match import match
from matching.model import Model
from matching.spec import parse

LINK = 3170
WEIGHTS = st.integers(-15_000, 20_000)
"""Thousandths of a bit."""

PAIRS_AT_MOST = 1_000_000

TIES = st.integers(0, 40_000) | st.just(-NOWHERE)

PAIRS = st.builds(
    lambda weight, inside, several, chain, bonds, rival, theirs, ours, tied, sole: {
        "rid_l": 1, "rid_r": 2, "weight": weight, "inside": inside, "several": several,
        "one": None if chain is None else min(chain), "two": None if chain is None else max(chain),
        "bonds": None if bonds is None else bonds[0], "pairs": None if bonds is None else bonds[1], "rank": rival * PAIRS_AT_MOST + theirs,
        "ours": ours, "tie_l": tied[0], "tie_r": tied[1], "sole": sole,
    },
    WEIGHTS, st.booleans(), st.booleans(), st.none() | st.tuples(st.integers(LINK, 40_000), st.integers(LINK, 40_000)),
    st.none() | st.tuples(st.integers(-100_000, 0), st.integers(1, 400)), st.just(NOWHERE) | WEIGHTS, st.integers(0, 50), st.integers(1, 50),
    st.tuples(TIES, TIES), st.just(0) | st.integers(LINK, 20_000),
)  # fmt: skip
SCHEMA = {
    "rid_l": pl.Int64, "rid_r": pl.Int64, "weight": pl.Int32, "inside": pl.Boolean, "several": pl.Boolean, "one": pl.Int32, "two": pl.Int32,
    "bonds": pl.Int64, "pairs": pl.Int64, "rank": pl.Int64, "ours": pl.Int64, "tie_l": pl.Int32, "tie_r": pl.Int32, "sole": pl.Int32,
}  # fmt: skip


def weighed(rows: list[dict[str, object]], apart: int = -4000) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    return frame.hstack(weigh_kernel(frame, link=LINK, apart=apart).select("collective", "probability"))


@given(st.lists(PAIRS, min_size=1, max_size=30), st.integers(-10_000, 0))
def test_what_clusters_hold_is_a_link_and_what_they_part_is_none(rows: list[dict[str, object]], apart: int) -> None:
    found = weighed(rows, apart).with_columns(total=pl.col("weight") + pl.col("collective"))
    assert found.filter("inside", pl.col("total") < LINK).is_empty()
    assert found.filter("inside", pl.col("collective") < 0).is_empty()
    assert found.filter(~pl.col("inside"), pl.col("collective") > 0).is_empty()
    held = pl.min_horizontal("tie_l", "tie_r") == -NOWHERE
    assert found.filter(~pl.col("inside"), held | ~pl.col("several"), pl.col("weight") >= LINK, pl.col("total") > 0).is_empty()
    said = 1 / (1 + 2 ** (-found["total"] / 1000))
    assert np.allclose(found["probability"], said)


@given(PAIRS, st.integers(1, 5000))
def test_more_evidence_of_the_pair_itself_never_makes_less_of_it(row: dict[str, object], more: int) -> None:
    weight = int(str(row["weight"]))
    low, high = weighed([row, {**row, "weight": weight + more}]).select(pl.col("weight") + pl.col("collective")).to_series()
    assert high >= low or weight < LINK <= weight + more  # a link that was refused has been looked at as a whole


@given(
    weight=st.integers(0, LINK - 1), rival=st.integers(0, LINK), ours=st.integers(1, 40), theirs=st.integers(1, 40), more=st.integers(1, 40)
)
def test_who_gave_the_phone_more_often_gave_it_here_as_well(weight: int, rival: int, ours: int, theirs: int, more: int) -> None:
    """A record that is alone, of two candidates: the odds are those of the pair, divided by one and those of the other for each pair with this one."""
    row = {
        "weight": weight,
        "inside": False,
        "several": False,
        "rank": rival * PAIRS_AT_MOST + theirs,
        "ours": ours,
        "tie_l": 0,
        "tie_r": 0,
        "sole": 0,
    }
    here, with_more, with_more_there = weighed([row, row | {"ours": ours + more}, row | {"rank": rival * PAIRS_AT_MOST + theirs + more}])[
        "probability"
    ]
    assert with_more_there <= here <= with_more
    odds = 2 ** (weight / 1000) / (1 + 2 ** (rival / 1000) * theirs / ours)
    assert here == pytest.approx(odds / (1 + odds), abs=0.001)


@given(PAIRS, st.integers(1, 40_000))
def test_a_record_that_is_held_more_firmly_where_it_is_belongs_less_elsewhere(row: dict[str, object], more: int) -> None:
    tied = row | {"inside": False, "several": True, "tie_l": 500}
    loose, firm = weighed([tied, tied | {"tie_l": 500 + more}])["probability"]
    assert firm <= loose
    one = weighed([tied | {"weight": LINK - 1, "tie_l": LINK - 1, "tie_r": -NOWHERE}], apart=-10_000)["probability"].item()
    assert one == pytest.approx(0.5, abs=0.01)  # its own cluster has as much of it


def test_the_share_that_no_third_record_joins_is_estimated_as_chao_does() -> None:
    # exact where third records join pairs at one rate; where rates differ, less than the truth
    rng = np.random.default_rng(7)
    seen = np.bincount(rng.poisson(1.8, size=200_000))
    mixed = np.bincount(rng.poisson(rng.choice([0.5, 3.0], size=200_000)))
    true = seen[0] / seen.sum()
    assert share(seen) == pytest.approx(true, rel=0.03)
    assert share(mixed) < mixed[0] / mixed.sum()


def share(seen: np.ndarray) -> float:
    return float(2 ** (unseen({count: int(n) for count, n in enumerate(seen) if count}, joined=int(seen[1:].sum())) / 1000))


def test_only_pairs_that_both_link_with_others_say_how_often_nothing_joins_them() -> None:
    """Three records in a chain say nothing of two clusters of several: without the one in the middle, two records are left alone."""
    links = [(1, 2), (2, 3), (11, 12), (12, 13), (11, 14), (13, 15), (14, 15)]
    doubtful = [(1, 3), (11, 13)]
    scored = pl.DataFrame(
        [(*pair, 9000) for pair in links] + [(*pair, 0) for pair in doubtful], schema=["rid_l", "rid_r", "weight"], orient="row"
    )
    open_ = pl.DataFrame([(*pair, pair[0] // 10, pair[0] // 10) for pair in doubtful], schema=["rid_l", "rid_r", "x", "y"], orient="row")
    with DuckDBEngine() as engine:
        found = engine.collect(chains(engine, engine.from_frame(open_), engine.from_frame(scored), MODEL))
    assert found.sort("rid_l").select("rid_l", "rid_r", "thirds", "several").rows() == [(1, 3, 1, False), (11, 13, 1, True)]


SPEC = parse("record_id: id\ncolumns: {who: name, born: date, tel: phone}\n", where="m")
MODEL = Model(spec=SPEC, comparisons=(), prior=0, household=None, link=LINK, review=0, keys=())


def people(count: int) -> list[tuple[str, str | None, str | None, str]]:
    """Two records of each person, one with a birth date, of one phone; every fortieth phone is of two persons."""
    rows: list[tuple[str, str | None, str | None, str]] = []
    for n in range(count):
        who, born = f"ann{n * 7919 % 1997} lee{n * 31 % 889}", f"19{n % 90 + 10}0{1 + n % 9}1{n % 10}"
        tel = f"139{n - 1 if n % 40 == 1 else n:08}"
        rows += [(f"p{n:05}a", who, born, tel), (f"p{n:05}b", who, None, tel)]
    return rows


def test_a_nameless_record_joins_the_sole_holder_of_its_phone_and_no_household() -> None:
    rows = [
        *people(400),
        ("x-sole", None, None, "13900000007"),
        ("x-two", None, None, "13900000040"),
        ("x-none", None, None, "13999999999"),
    ]
    frame = pl.DataFrame(rows, schema=["id", "who", "born", "tel"], orient="row")
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(frame), SPEC)
        clusters = dict(engine.collect(result.clusters).rows())
        edges = engine.collect(result.edges)
    assert result.model.sole["tel"] >= result.model.link
    assert clusters["x-sole"] == clusters["p00007a"]
    assert clusters["x-two"] == "x-two"
    assert clusters["x-none"] == "x-none"
    sure = edges.filter(pl.col("record_id_r") == "x-sole")
    assert sure.height == 2
    assert sure["probability"].min() >= 0.9  # type: ignore[operator]


def test_a_nameless_record_is_more_likely_of_who_has_more_records_with_its_phone() -> None:
    _, who, born, tel = people(400)[80]
    slips = [(f"slip{digit}", who, f"{str(born)[:-1]}{digit}", tel) for digit in (7, 8, 9)]
    rows = [*people(400), *slips, ("x-two", None, None, tel)]
    frame = pl.DataFrame(rows, schema=["id", "who", "born", "tel"], orient="row")
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(frame), SPEC)
        of = dict(engine.collect(result.clusters).rows())
        said = engine.collect(result.edges).filter((pl.col("record_id_l") == "x-two") | (pl.col("record_id_r") == "x-two"))
    assert of["x-two"] == "x-two"
    other = pl.when(pl.col("record_id_l") == "x-two").then("record_id_r").otherwise("record_id_l")
    by_person = said.with_columns(person=other.replace_strict(of)).group_by("person").agg(pl.col("probability").max())
    found = dict(by_person.rows())
    assert found[of["p00040a"]] > found[of["p00041a"]]


def test_what_is_learned_of_sole_holders_is_what_hiding_each_record_shows() -> None:
    frame = pl.DataFrame(people(300), schema=["id", "who", "born", "tel"], orient="row")
    comparisons = comparisons_for(SPEC)
    with DuckDBEngine() as engine:
        table = engine.from_frame(frame)
        numbered = engine.materialize(number_records(engine, table, SPEC))
        known = engine.materialize(build(engine, table, numbered, SPEC))
        names = engine.collect(numbered).join(frame.with_columns(pl.col("id").alias("record_id")), on="record_id")
        clusters = names.select("rid", cluster=pl.col("rid").min().over("who", "born", "tel"))
        found = holders.learn(engine, known, engine.from_frame(clusters), comparisons, SPEC, records=frame.height)
    rows = names.join(clusters, on="rid").select("rid", "tel", "cluster").rows()
    inside = outside = 0
    for rid, tel, cluster in rows:
        others = {other for mate, phone, other in rows if phone == tel and mate != rid}
        if len(others) == 1:
            inside += others == {cluster}
            outside += others != {cluster}
    assert found["tel"] == round(1000 * np.log2((inside + 0.5) / (outside + 0.5)))


def test_a_table_that_says_too_little_of_phones_is_matched_at_a_low_threshold() -> None:
    """What is not known about a phone's holders is no evidence, be the threshold one half or less."""
    rows = [(f"r{n}", f"ann lee{n % 9}" if n % 4 else None, f"1391785{n % 7:04}") for n in range(40)]
    spec = parse("record_id: id\nthreshold: 0.4\nreview: 0.1\ncolumns: {who: name, tel: phone}\n", where="m")
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(pl.DataFrame(rows, schema=["id", "who", "tel"], orient="row")), spec)
    assert result.model.link < 0
    assert not result.model.sole
    assert result.report.records == len(rows)
