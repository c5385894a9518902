"""Training against recordlinkage's ECM classifier on the same vectors, and against the truth that made them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordlinkage import ECMClassifier

from engine.duckdb import DuckDBEngine
from matching.comparisons import Comparison
from matching.em import bounded
from matching.evidence import MOST_AGAINST, ordered_evidence
from matching.frequencies import Rarity
from matching.levels import Compared, Level, Sides
from matching.match import match
from matching.patterns import Patterns, shares_of_random
from matching.spec import parse
from matching.training import OfKeys, train

M = np.array([0.95, 0.9, 0.8, 0.85])
U = np.array([0.05, 0.1, 0.02, 0.2])
SHARE = 0.3


def never(_: Sides, __: Rarity) -> Compared:
    raise AssertionError


COMPARISONS = [Comparison(name, (name,), (name,), (Level("exact", 0.9), Level("different", 0.1)), never) for name in "abcd"]


def patterns(agree: np.ndarray) -> Patterns:
    frame = pl.DataFrame({name: (1 - agree[:, place]).astype(np.int8) for place, name in enumerate("abcd")})
    return Patterns.from_frame(frame.group_by("a", "b", "c", "d").agg(n=pl.len()).sort("a", "b", "c", "d"), COMPARISONS)


def vectors(pairs: int, share: float) -> np.ndarray:
    rng = np.random.default_rng(5)
    match = rng.random(pairs) < share
    return (rng.random((pairs, 4)) < np.where(match[:, None], M, U)).astype(int)


def test_em_agrees_with_recordlinkage() -> None:
    agree = vectors(40_000, SHARE)
    reference = ECMClassifier()
    reference.fit(pd.DataFrame(agree, columns=list("abcd"), index=pd.MultiIndex.from_arrays([range(len(agree)), range(len(agree))])))
    counted = patterns(agree)
    unrelated = shares_of_random(patterns(vectors(200_000, 0.0)), COMPARISONS)
    found = train(counted, counted, unrelated, COMPARISONS, keys=OfKeys(np.zeros((0, 4), dtype=bool)), records=283)
    ours = np.array([comparison.levels[0].m for comparison in found.comparisons])
    theirs = np.array([reference.m_probs[name][1] for name in "abcd"])
    assert ours == pytest.approx(theirs, abs=0.02)
    assert ours == pytest.approx(M, abs=0.02)
    odds = 2.0 ** (found.prior / 1000)  # 283 records have 39,903 pairs: all of them are candidates here
    assert odds / (1 + odds) == pytest.approx(SHARE, abs=0.02)
    assert found.warnings == ()


def test_a_key_is_silent_about_its_own_columns() -> None:
    agree = vectors(40_000, SHARE)
    agree = agree[agree[:, 0] == 1]  # pairs of a key on column a: it agrees in all of them
    counted = patterns(agree)
    keyed = Patterns(counted.levels, np.zeros(len(counted.count), dtype=np.int16), counted.count)
    unrelated = shares_of_random(patterns(vectors(200_000, 0.0)), COMPARISONS)
    found = train(keyed, counted, unrelated, COMPARISONS, keys=OfKeys(np.array([[True, False, False, False]])), records=283)
    assert not found.comparisons[0].learned
    assert [comparison.levels[0].m for comparison in found.comparisons[1:]] == pytest.approx(M[1:], abs=0.02)
    assert found.warnings == ("a: too few matches to learn from, starting values kept",)


def test_evidence_is_ordered_and_bounded() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        m, u = rng.dirichlet(np.ones(6) * 0.3), rng.dirichlet(np.ones(6) * 0.3)
        found = ordered_evidence(m, u)
        assert (np.diff(found) <= 1e-9).all()
        assert found.min() >= MOST_AGAINST


NAMED = [
    Comparison(each, (each,), (each,), (Level("exact", 0.9), Level("different", 0.1, most=0.3 if each == "a" else 1.0)), never)
    for each in "abcd"
]


def neighbours(count: int, *, matches: int) -> Patterns:
    """Few matches among many pairs of one place: these agree in b, c and mostly in d, and each has a name, a, of its own."""
    rng = np.random.default_rng(7)
    of_match = rng.random((matches, 4)) < [0.9, 0.9, 0.9, 0.5]
    beside = rng.random((count, 4)) < [0.001, 0.95, 0.9, 0.6]
    others = rng.random((20 * count, 4)) < [0.001, 0.02, 0.02, 0.3]
    return patterns(np.concatenate([of_match, beside, others]).astype(int))


def test_pairs_of_one_place_do_not_become_the_matches_where_most_matches_have_one_name() -> None:
    counted = neighbours(2_000, matches=150)
    unrelated = [np.array([u, 1 - u]) for u in (0.001, 0.02, 0.02, 0.3)]

    def weights(comparisons: list[Comparison]) -> tuple[float, float]:
        found = train(counted, counted, unrelated, comparisons, keys=OfKeys(np.zeros((0, 4), dtype=bool)), records=300)
        beside = found.prior + sum(each.levels[place].weight for each, place in zip(found.comparisons, (1, 0, 0, 0), strict=True))
        return found.comparisons[0].levels[1].m, beside / 1000

    differ, beside = weights(COMPARISONS)
    assert differ > 0.8, "without a bound, EM takes the neighbours for matches"
    assert beside > 2
    bounded_differ, bounded_beside = weights(NAMED)
    assert bounded_differ == pytest.approx(0.3)
    assert bounded_beside < beside - 1


@given(
    shares=st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=8),
    most=st.lists(st.floats(0.05, 1.0), min_size=8, max_size=8),
)
def test_bounded_shares_are_shares_and_keep_their_proportions_below_the_bound(shares: list[float], most: list[float]) -> None:
    given_ = np.array(shares) / sum(shares)
    limits = np.array(most[: len(shares)])
    limits[0] = 1.0  # agreement is never bounded
    found = bounded(given_, limits)
    assert found.sum() == pytest.approx(1.0)
    over = given_ > limits
    assert (found[over] == limits[over]).all()
    assert found[~over] * given_[~over].sum() == pytest.approx(given_[~over] * found[~over].sum())


def test_what_is_compared_of_a_column_in_another_way_needs_no_warning() -> None:
    """Names of organizations are not compared as persons' are: nothing is missing there."""
    rows = [
        (f"r{n}", f"acme{n // 2 * 7919 % 97} trading{n // 2 * 31 % 89} {('ltd', 'inc')[n % 2]}", f"139{n // 2 * 104_729 % 10**8:08}")
        for n in range(400)
    ]
    spec = parse("record_id: id\ncolumns: {firm: {kind: name, organizations: true}, tel: phone, fax: phone}\n", where="m")
    frame = pl.DataFrame(rows, schema=["id", "firm", "tel"], orient="row").with_columns(fax=pl.lit(None, pl.String))
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(frame), spec)
    warned = {warning.partition(":")[0] for warning in result.report.warnings}
    assert "fax" in warned
    assert not warned & {"firm", "firm_titled"}


def test_nothing_is_learned_of_a_key_that_found_nothing_but_copies() -> None:
    """It would only say that copies are alike, and have all matches be so; a key with pairs of its own gets its copies beside them."""
    agree = vectors(4_000, SHARE)
    counted = patterns(agree[agree[:, 0] == 1])
    keyed = Patterns(counted.levels, np.zeros(len(counted.count), dtype=np.int16), counted.count)
    copies = patterns(np.ones((400, 4), dtype=int))
    unrelated = shares_of_random(patterns(vectors(20_000, 0.0)), COMPARISONS)
    masks = np.array([[True, False, False, False], [True, True, True, False]])

    def of(sampled: dict[int, float]) -> list[float]:
        found = train(keyed, counted, unrelated, COMPARISONS, keys=OfKeys(masks, (), sampled), records=283, copies=copies)
        return [level.m for comparison in found.comparisons for level in comparison.levels]

    assert of({1: 1.0}) == of({})
    assert of({0: 1.0}) != of({})
