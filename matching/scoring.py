"""From levels to weights: what a pair's evidence adds up to, in integers (thousandths of a bit).

Against random pairs, the weight is the prior plus the evidence of each comparison (Fellegi and Sunter, 1969). Against a
household, whose members share phone, address and car, only what is about the person counts. A pair must stand against both:

    weight = -log2(2**-against_random + 2**-against_household)

What the second takes away from the first is the pair's column ``household``. More evidence never lowers the weight.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.contract import Engine, Table
from matching import implied, together
from matching.comparisons import Comparison, compare_kernel, comparison_features, levels_schema
from matching.features import text_names
from matching.frequencies import Rarity
from matching.model import LevelModel, Model
from matching.packed import pack, packed_schema, unpack
from matching.spec import ModelSpec

Ints = npt.NDArray[np.int32]
PAIRS_AT_ONCE = 65_536
"""With the rows of both ends a pair has half a kilobyte."""


def scored_schema(comparisons: list[Comparison]) -> dict[str, pl.DataType]:
    """Columns of scored pairs: rid_l, rid_r, weight, personal (evidence about the person), a column a comparison, household, probability."""
    whole = pl.Int32()
    return {
        "rid_l": pl.Int64(), "rid_r": pl.Int64(), "weight": whole, "personal": whole,
        **{comparison.name: whole for comparison in comparisons}, "household": whole, "probability": pl.Float64(),
    }  # fmt: skip


def sides(engine: Engine, features: Table, comparisons: list[Comparison]) -> Table:
    """What comparisons read of a record: rid, codes, texts."""
    listed = ", ".join(f'"{name}"' for name in ("rid", *comparison_features(comparisons), "texts"))
    return engine.sql(f"select {listed} from f", f=features)


def compare(engine: Engine, pairs: Table, features: Table, comparisons: list[Comparison], spec: ModelSpec, rarity: Rarity) -> Table:
    """The levels of pairs (rid_l, rid_r): columns of ``compare_kernel``."""
    kernel = partial(compare_kernel, comparisons=comparisons, texts=text_names(spec), rarity=rarity)
    return engine.map_pairs(pairs, sides(engine, features, comparisons), kernel, levels_schema(comparisons), batch_rows=PAIRS_AT_ONCE)


def compare_ahead(engine: Engine, pairs: Table, features: Table, comparisons: list[Comparison], spec: ModelSpec, rarity: Rarity) -> Table:
    """The same, packed (``packed_schema``): for ``weigh_ahead``, when there is a model."""

    def kernel(frame: pl.DataFrame) -> pl.DataFrame:
        levels = compare_kernel(frame, comparisons=comparisons, texts=text_names(spec), rarity=rarity)
        return pack(levels, comparisons=comparisons)

    return engine.map_pairs(pairs, sides(engine, features, comparisons), kernel, packed_schema(comparisons), batch_rows=PAIRS_AT_ONCE)


def weigh_ahead(engine: Engine, compared: Table, comparisons: list[Comparison], model: Model, *, floor: int) -> Table:
    """Scored pairs from ``floor`` of pairs that were compared ahead of the model (``compare_ahead``)."""

    def kernel(frame: pl.DataFrame) -> pl.DataFrame:
        return weigh(unpack(frame, comparisons=comparisons), comparisons=comparisons, model=model, floor=floor)

    return engine.map_batches(compared, kernel, scored_schema(comparisons))


def score(engine: Engine, pairs: Table, features: Table, comparisons: list[Comparison], model: Model, *, floor: int | None = None) -> Table:
    """Scored pairs, of them those from ``floor`` (all where None), in one pass."""

    def kernel(frame: pl.DataFrame) -> pl.DataFrame:
        levels = compare_kernel(frame, comparisons=comparisons, texts=text_names(model.spec), rarity=rarity)
        return weigh(levels, comparisons=comparisons, model=model, floor=floor)

    rarity = Rarity.of(model.spec, model.frequencies)
    return engine.map_pairs(pairs, sides(engine, features, comparisons), kernel, scored_schema(comparisons), batch_rows=PAIRS_AT_ONCE)


def weigh(levels: pl.DataFrame, *, comparisons: list[Comparison], model: Model, floor: int | None = None) -> pl.DataFrame:
    """Scored pairs of a frame of levels (``compare_kernel``), of them those from ``floor``."""
    by_name = {entry.name: entry for entry in model.comparisons}
    parts: dict[str, Ints] = {}
    for comparison in comparisons:
        weights = np.array([*(each.weight for each in by_name[comparison.name].levels), 0], dtype=np.int32)
        # UNKNOWN, -1, reads the last entry
        parts[comparison.name] = weights[levels[comparison.name].to_numpy()] + levels[f"{comparison.name}#bits"].to_numpy()
    parts = together.deduct(parts, levels, model.comparisons, model.together)
    about: dict[str, Ints] = {comparison.name: np.zeros(levels.height, dtype=np.int32) for comparison in comparisons}
    for comparison in comparisons:
        entry = by_name[comparison.name]
        level = levels[comparison.name].to_numpy()
        if model.household is None:
            if not entry.shared:
                offset = np.array([*(each.offset for each in entry.levels), 0], dtype=np.int32)
                about[comparison.name] = parts[comparison.name] - offset[level]
        elif not entry.shared or any(each.household for each in entry.levels):
            about[comparison.name] = np.array([*(each.household for each in entry.levels), 0], dtype=np.int32)[level]
    if model.implied:
        parts = implied.deduct(parts, levels, model.implied, _apart(model, lambda level: level.weight))
        about = implied.deduct(about, levels, model.implied, _apart(model, _alone if model.household is None else _within))
    personal = sum(about.values(), np.zeros(levels.height, dtype=np.int32))
    scored = combine(levels.select("rid_l", "rid_r"), parts, personal, prior=model.prior, household=model.household)
    return scored if floor is None else scored.filter(pl.col("weight") >= floor)


def _alone(level: LevelModel) -> int:
    return level.weight - level.offset


def _within(level: LevelModel) -> int:
    return level.household


def _apart(model: Model, weight: Callable[[LevelModel], int]) -> dict[str, int]:
    """Of each comparison that implies others, the most that a level adds which implies nothing."""
    upto = {each.fine: each.upto for each in model.implied}
    return {fine: max([0, *map(weight, model.comparison(fine).levels[last + 1 :])]) for fine, last in upto.items()}


def combine(pairs: pl.DataFrame, parts: Mapping[str, Ints], personal: Ints, *, prior: int, household: int | None) -> pl.DataFrame:
    """The weight of pairs whose parts are known; see the module for the formula."""
    random = prior + sum(parts.values(), np.zeros(pairs.height, dtype=np.int32))
    weight = random if household is None else soft_minimum(random, household + personal)
    return pairs.with_columns(
        pl.Series("weight", weight),
        pl.Series("personal", personal),
        *(pl.Series(name, part) for name, part in parts.items()),
        pl.Series("household", weight - random),
        pl.Series("probability", probability(weight)),
    )


def soft_minimum(left: Ints, right: Ints) -> Ints:
    """Log2 odds against two alternatives at once, from those against each: never above the smaller one, at most one bit below it.

    >>> soft_minimum(np.array([5000, 5000]), np.array([5000, 90000])).tolist()
    [4000, 5000]
    """
    gap = np.minimum(np.abs(left - right), 40_000) / 1000
    return np.asarray(np.minimum(left, right) - np.rint(1000 * np.log2(1 + np.exp2(-gap))), dtype=np.int32)


def probability(weight: Ints) -> npt.NDArray[np.float64]:
    """2**w / (1 + 2**w) of a weight in thousandths of a bit."""
    return np.asarray(1 / (1 + np.exp2(-np.clip(weight, -60_000, 60_000) / 1000)), dtype=np.float64)
