"""Labels as examples: known classes in EM, weights held against decisions, and nothing moved where they say too little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from matching.comparisons import Comparison
from matching.em import DIFFERENT, SAME
from matching.frequencies import Rarity
from matching.labelled_pairs import _seen
from matching.levels import Compared, Level, Sides
from matching.model import ComparisonModel, LevelModel, Model
from matching.patterns import Patterns
from matching.scoring import weigh
from matching.spec import ModelSpec
from matching.supervised import LEAST, adjust
from matching.training import OfKeys, train

NAMES = "abcd"
M = np.array([0.95, 0.9, 0.8, 0.85])
U = np.array([0.05, 0.1, 0.02, 0.2])


def never(_: Sides, __: Rarity) -> Compared:
    raise AssertionError


COMPARISONS = [Comparison(name, (name,), (name,), (Level("exact", 0.9), Level("different", 0.1)), never) for name in NAMES]


def drawn(pairs: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels of pairs, and which of them are matches."""
    rng = np.random.default_rng(seed)
    same = rng.random(pairs) < share
    return (rng.random((pairs, 4)) >= np.where(same[:, None], M, U)).astype(np.int8), same


def patterns(levels: np.ndarray, key: np.ndarray | None = None) -> Patterns:
    return Patterns(levels, np.full(len(levels), -1, dtype=np.int16) if key is None else key.astype(np.int16), np.ones(len(levels)))


def trained(levels: np.ndarray, labelled: Patterns | None) -> np.ndarray:
    u = [np.array([each, 1 - each]) for each in U]
    few = patterns(levels)
    found = train(few, few, u, COMPARISONS, keys=OfKeys(np.zeros((0, 4), dtype=bool)), records=1000, labelled=labelled)
    return np.array([entry.levels[0].m for entry in found.comparisons])


def test_labelled_pairs_teach_what_few_others_can() -> None:
    alone, _ = drawn(30, 0.3, 1)
    levels, same = drawn(4_000, 0.5, 2)
    key = np.where(same, SAME, DIFFERENT)
    found = trained(alone, patterns(levels, key))
    assert found == pytest.approx(M, abs=0.02)
    assert np.abs(found - M).max() < np.abs(trained(alone, None) - M).max()
    # pairs that are labelled as not the same teach nothing about matches, however much they agree
    lies = patterns(np.zeros((2_000, 4), dtype=np.int8), np.full(2_000, DIFFERENT))
    assert trained(alone, lies) == pytest.approx(trained(alone, None), abs=1e-6)


def test_labels_change_nothing_where_they_say_what_the_others_say() -> None:
    many, _ = drawn(40_000, 0.3, 3)
    levels, same = drawn(500, 0.5, 4)
    assert trained(many, patterns(levels, np.where(same, SAME, DIFFERENT))) == pytest.approx(trained(many, None), abs=0.005)


def test_a_pair_is_silent_about_what_all_its_keys_looked_for() -> None:
    frame = pl.DataFrame({"rid_l": [1, 1, 2, 3], "rid_r": [2, 3, 3, 9], "kind": [2, 2, 2, 0]})
    found_by = pl.DataFrame({"rid_l": [1, 1, 1, 3], "rid_r": [2, 3, 3, 9], "which": [0, 0, 1, 0]})
    masks = np.array([[True, False], [False, True]])
    # found by the first key; by both; by none; made of a known entity, whatever found it
    assert _seen(frame, found_by, masks).tolist() == [[False, True], [True, True], [True, True], [True, True]]


def model(prior: float) -> Model:
    """The right weights beside a prior (bits)."""
    entries = []
    for place, name in enumerate(NAMES):
        bits = [np.log2(M[place] / U[place]), np.log2((1 - M[place]) / (1 - U[place]))]
        levels = tuple(
            LevelModel(label, 0.5, 0.5, None, round(1000 * each), 0, weighed=False)
            for label, each in zip(("exact", "different"), bits, strict=True)
        )
        entries.append(ComparisonModel(name, shared=False, learned=True, levels=levels))
    return Model(ModelSpec("id", {}), tuple(entries), prior=round(1000 * prior), household=None, link=3_170, review=0, keys=())


def pairs(number: int, share: float, seed: int) -> pl.DataFrame:
    levels, same = drawn(number, share, seed)
    frame = pl.DataFrame({name: levels[:, place] for place, name in enumerate(NAMES)})
    return frame.with_columns(
        *(pl.lit(0, dtype=pl.Int16).alias(f"{name}#bits") for name in NAMES),
        rid_l=pl.int_range(pl.len(), dtype=pl.Int64),
        rid_r=pl.int_range(pl.len(), dtype=pl.Int64),
        same=pl.Series(same),
    )


def test_a_wrong_prior_is_put_right() -> None:
    # many labels: it moves only as far as chance and base rate leave no doubt
    found = adjust(model(-4.0), pairs(20_000, 0.5, 5), COMPARISONS, pairs(20_000, 0.5, 15), among=1.0)
    assert found.correction == "shift"
    assert found.model.prior / 1000 == pytest.approx(0.0, abs=0.4)
    assert found.gain > 0.05


def test_a_wrong_level_is_put_right() -> None:
    wrong = model(0.0)
    worse = replace(wrong.comparisons[0], levels=tuple(replace(level, weight=0) for level in wrong.comparisons[0].levels))
    found = adjust(
        replace(wrong, comparisons=(worse, *wrong.comparisons[1:])), pairs(4_000, 0.5, 6), COMPARISONS, pairs(5_000, 0.5, 16), among=1.0
    )
    assert found.correction == "levels"
    agree, differ = found.model.comparison("a").levels
    assert agree.weight > 2_000
    assert differ.weight < -2_000


def test_right_weights_stay_as_they_are() -> None:
    other = pairs(20_000, 0.5, 1)
    same = other["same"].to_numpy()

    def cost(of: Model) -> float:
        weight = weigh(other, comparisons=COMPARISONS, model=of)["weight"].to_numpy() / 1000
        return float(np.log2(1 + np.exp2(np.where(same, -weight, weight))).mean())

    found = [adjust(model(0.0), pairs(300, 0.5, 10 + seed), COMPARISONS, other, among=1.0) for seed in range(40)]
    assert sum(each.correction != "none" for each in found) <= 2  # chance is not shut out, only kept small
    assert np.mean([cost(each.model) for each in found]) <= cost(model(0.0)) + 0.001


@pytest.mark.parametrize("answer", [True, False])
def test_one_answer_alone_moves_nothing(answer: bool) -> None:  # noqa: FBT001 - both are asked
    told = pairs(2_000, 0.5, 7).with_columns(same=pl.Series([answer] * (2_000 - LEAST + 1) + [not answer] * (LEAST - 1)))
    assert adjust(model(-4.0), told, COMPARISONS, told, among=1.0).model == model(-4.0)


def half_and_half(seed: int, number: int = 150) -> pl.DataFrame:
    """Labels that were chosen by their answer: as many matches as others, all right, whatever their share in the world."""
    drawn_from = pairs(4 * number, 0.5, seed)
    return pl.concat([drawn_from.filter(pl.col("same") == answer).head(number) for answer in (True, False)]).sample(
        fraction=1.0, shuffle=True, seed=seed
    )


@pytest.mark.parametrize("share", [0.02, 0.1, 0.9])
def test_the_base_rate_of_labels_is_not_that_of_pairs(share: float) -> None:
    right, candidates = model(np.log2(share / (1 - share))), pairs(20_000, share, 21)
    for seed in range(5):
        found = adjust(right, half_and_half(seed), COMPARISONS, candidates, among=1.0).model
        assert abs(found.prior - right.prior) <= 500


def test_matches_beside_any_pairs_that_no_key_found_move_nothing() -> None:
    found_by_keys, everywhere = 0.001, 0.1  # of a thousand pairs one is a candidate, of ten candidates one a match
    candidates = pairs(20_000, everywhere, 22)
    right = model(np.log2(everywhere / (1 - everywhere)))
    # pairs that no key found are further apart than candidates that are no matches, so among them labels say even more
    easy = half_and_half(3).with_columns(
        pl.when(pl.col("same") | (pl.int_range(pl.len()) % 10 == 0)).then(name).otherwise(pl.lit(1, dtype=pl.Int8)).alias(name)
        for name in NAMES
    )
    assert adjust(right, easy, COMPARISONS, candidates, among=found_by_keys).model.prior <= right.prior + 500


def test_weights_that_are_too_sure_come_down_however_labels_were_chosen() -> None:
    found = adjust(model(5.0), pairs(1_000, 0.5, 23), COMPARISONS, pairs(5_000, 0.5, 24), among=0.01)
    assert found.model.prior / 1000 == pytest.approx(0.0, abs=0.6)


def test_levels_are_put_right_by_labels_of_any_base_rate() -> None:
    share = 0.05
    right, candidates = model(np.log2(share / (1 - share))), pairs(20_000, share, 25)
    worse = replace(right.comparisons[0], levels=tuple(replace(level, weight=0) for level in right.comparisons[0].levels))
    found = adjust(
        replace(right, comparisons=(worse, *right.comparisons[1:])), half_and_half(26, 2_000), COMPARISONS, candidates, among=1.0
    )
    assert found.correction == "levels"
    weight = weigh(candidates, comparisons=COMPARISONS, model=found.model)
    assert weight["probability"].mean() == pytest.approx(share, abs=0.015)
    agree, differ = found.model.comparison("a").levels
    assert agree.weight - differ.weight > 5_000
