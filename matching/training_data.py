"""What training reads, drawn from the tables: samples of pairs as counts of patterns. Samples follow from the pairs' own numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from engine.contract import Engine, Table
from matching import implied, labelled_pairs, pairs, scoring
from matching import together as correlated
from matching.calibration import calibrate
from matching.codes import MISSING
from matching.comparisons import Comparison, compare_kernel, levels_schema
from matching.features import text_names
from matching.frequencies import UNIQUE_KINDS, Frequencies, Rarity
from matching.joint import narrow
from matching.keys import Key, of_one_person
from matching.labelled_pairs import LabelledPairs
from matching.labels import Labels
from matching.model import Model
from matching.organizations import throughout as names_of_organizations
from matching.pairs import Blocking
from matching.patterns import Patterns, shares_of_random, without_strays
from matching.spec import ModelSpec
from matching.supervised import LEAST, adjust
from matching.training import OfKeys, lonely, train

KEY_SAMPLE = 6_000
UNION_SAMPLE = 60_000
RANDOM_SAMPLE = 60_000
LABEL_WEIGHT = 1.0
"""How often a labelled pair counts beside a pair of the samples."""
_UNION = -1
_RANDOM = -2
_COPIES = -3


def train_model(  # noqa: PLR0913 - the whole state of a match, once
    engine: Engine,
    spec: ModelSpec,
    *,
    comparisons: list[Comparison],
    keys: Sequence[Key],
    blocking: Blocking,
    keyed: Table,
    candidates: Table,
    first: Table,
    known: Table,
    contents: int,
    records: int,
    frequencies: Frequencies,
    link: int,
    review: int,
    labels: Labels | None = None,
) -> Model:
    """A model from the data, and from labels where there are any.

    Args:
        engine: the engine.
        spec: what the columns mean.
        comparisons: what is compared.
        keys: the keys that ``which`` counts.
        blocking: what was decided about them.
        keyed: pairs by key.
        candidates: all candidate pairs.
        first: the records that are compared (rid), and how many they stand for (n).
        known: their features.
        contents: how many they are.
        records: how many records there are, for the model's reader.
        frequencies: of values.
        link: weight from which a pair is linked.
        review: weight from which a pair is written down.
        labels: what is known of the records that are compared.
    """
    total = engine.count(candidates)
    random = pairs.random_pairs(engine, first, count=contents, wanted=RANDOM_SAMPLE)
    masks = np.array([[bool(key.columns & set(comparison.columns)) for comparison in comparisons] for key in keys], dtype=bool).reshape(
        len(keys), -1
    )
    alone = lonely(masks, comparisons)
    copies = _copies(engine, first) if alone or narrow(masks, comparisons) else 0
    sizes = dict(engine.collect(engine.sql("select which, count(*) as n from k group by which", k=keyed)).iter_rows())
    sample = _sample(engine, keyed=keyed, sizes=sizes, candidates=candidates, total=total, random=random, first=first if copies else None)
    rarity = Rarity.of(spec, frequencies)
    levels = engine.map_pairs(
        sample,
        scoring.sides(engine, known, comparisons),
        partial(_levels_kernel, comparisons=comparisons, texts=text_names(spec), rarity=rarity),
        {"which": pl.Int16(), **levels_schema(comparisons)},
        batch_rows=scoring.PAIRS_AT_ONCE,
    )
    by_key, union, unrelated, alike = (
        _patterns(engine, levels, comparisons, where)
        for where in ("which >= 0", f"which = {_UNION}", f"which = {_RANDOM}", f"which = {_COPIES}")
    )
    strangers = without_strays(unrelated, comparisons)
    following = implied.learn(unrelated, comparisons)

    def own(patterns: Patterns) -> Patterns:
        """Patterns with what each comparison says itself."""
        return implied.of_patterns(patterns, following, comparisons)

    labelled = (
        None
        if labels is None
        else labelled_pairs.draw(
            engine, labels, keyed=keyed, candidates=candidates, known=known, comparisons=comparisons, spec=spec, rarity=rarity, masks=masks
        )
    )
    # the matrices are narrow: threads of BLAS wait for each other longer than they work, ten times as long where another process has their core
    with threadpool_limits(limits=1, user_api="blas"):
        trained = train(
            own(by_key),
            own(union).of(total),
            shares_of_random(strangers, comparisons, _rare(comparisons, rarity, spec)),
            comparisons,
            keys=OfKeys(masks, [of_one_person(key, spec) for key in keys], _sampled(alone, by_key, sizes)),
            records=contents,
            copies=own(alike).of(copies) if copies else None,
            equal=_equal(engine, known, comparisons, spec) if narrow(masks, comparisons) else {},
            labelled=None if labelled is None else own(labelled.patterns(comparisons, weight=LABEL_WEIGHT)),
            firms=names_of_organizations(spec),
        )
    model = Model(
        spec=replace(spec, entity=None),  # known entities are this table's
        comparisons=trained.comparisons,
        prior=trained.prior,
        household=trained.household,
        link=link,
        review=review,
        keys=tuple(report.key for report in blocking.keys if report.chosen),
        largest_blocks={report.key: report.largest for report in blocking.keys if report.chosen and report.largest is not None},
        oversized=tuple({name: value for name, value in asdict(block).items() if name != "block"} for block in blocking.oversized),
        warnings=trained.warnings,
        records=records,
        together=correlated.learn(strangers, trained.comparisons, prior=trained.prior, implied=implied.names(following)),
        implied=following,
        frequencies=frequencies,
    )
    drawn = engine.materialize(engine.sql(f"select rid_l, rid_r from s where which = {_UNION}", s=sample))
    found_by = engine.sql("select k.rid_l, k.rid_r, k.which from k join s on k.rid_l = s.rid_l and k.rid_r = s.rid_r", k=keyed, s=drawn)
    listed = ", ".join(f'"{name}"' for name in levels_schema(comparisons))
    held = engine.collect(engine.sql(f"select {listed} from l where which = {_UNION}", l=levels))
    which_keys = engine.collect(found_by)
    with threadpool_limits(limits=1, user_api="blas"):
        model = calibrate(model, held, which_keys, comparisons, keys)
    return (
        model
        if labels is None or labelled is None
        else _with_labels(model, labels, labelled, comparisons, held, among=total / max(contents * (contents - 1) / 2, 1.0))
    )


def _sampled(keys: Sequence[int], found: Patterns, sizes: Mapping[int, int]) -> dict[int, float]:
    """Of each of these keys, the share of its pairs that was drawn."""
    return {key: float(found.count[found.key == key].sum()) / sizes[key] if key in sizes else 1.0 for key in keys}


def _with_labels(
    model: Model, labels: Labels, labelled: LabelledPairs, comparisons: list[Comparison], candidates: pl.DataFrame, *, among: float
) -> Model:
    """The model after labels, which says how many there were and what they did; ``candidates``, ``among``: of ``adjust``."""
    judged = labelled.of_candidates()
    same = int(judged["same"].sum())
    adjusted = adjust(model, judged, comparisons, candidates, among=among)
    used = {
        "same": labels.same,
        "not_same": labels.different,
        "records_of_known_entities": labels.entities,
        "judged_same": same,
        "judged_not_same": judged.height - same,
        "correction": adjusted.correction,
        "gain_bits": round(adjusted.gain, 4),
    }
    few = min(same, judged.height - same) < LEAST
    warning = f"labels: {same} pairs are the same and {judged.height - same} are not; from {LEAST} of each on they move the weights"
    return replace(adjusted.model, labels=used, warnings=(*adjusted.model.warnings, *([warning] if few else [])))


def _copies(engine: Engine, first: Table) -> int:
    """How many records are alike with another one, beside it."""
    return int(engine.collect(engine.sql("select cast(coalesce(sum(n - 1), 0) as bigint) as n from f", f=first)).item())


def _sample(
    engine: Engine, *, keyed: Table, sizes: Mapping[int, int], candidates: Table, total: int, random: Table, first: Table | None
) -> Table:
    """Pairs to learn from: rid_l, rid_r, ``which`` (a key, ``_UNION``, ``_RANDOM`` or, where there is ``first``, ``_COPIES``: those with copies beside themselves)."""
    nobody = engine.from_frame(pl.DataFrame(schema={"rid": pl.Int64(), "n": pl.Int64()}))
    shares = pl.DataFrame(
        {"which": list(sizes), "below": [round(min(1.0, KEY_SAMPLE / n) * pairs.DRAWN_FROM) for n in sizes.values()]},
        schema={"which": pl.Int16(), "below": pl.Int64()},
    )
    below = round(min(1.0, UNION_SAMPLE / max(total, 1)) * pairs.DRAWN_FROM)
    return engine.materialize(
        engine.sql(
            f"""
            select k.rid_l, k.rid_r, k.which from k join s on k.which = s.which where {pairs.drawn("k.rid_l", "k.rid_r")} < s.below
            union all select rid_l, rid_r, cast({_UNION} as smallint) from c where {pairs.drawn("rid_l", "rid_r")} < {below}
            union all select rid_l, rid_r, cast({_RANDOM} as smallint) from r
            union all select rid, rid, cast({_COPIES} as smallint) from f where n > 1 and {pairs.drawn("rid", "rid")} < {below}
            """,
            k=keyed, s=engine.from_frame(shares), c=candidates, r=random, f=nobody if first is None else first,
        )
    )  # fmt: skip


def _equal(engine: Engine, known: Table, comparisons: list[Comparison], spec: ModelSpec) -> dict[str, tuple[float, float]]:
    """How many pairs of all records are equal in a comparison of one column, and how many know it."""
    found = {}
    for comparison in comparisons:
        column = spec.columns.get(comparison.name)
        if column is None or column.words or comparison.levels[0].label != "exact":
            continue
        counts = f'select count(*) as n from k where "{comparison.name}" <> {MISSING} group by "{comparison.name}"'
        sums = f"with c as ({counts}) select cast(sum(n) as double) as n, sum(cast(n as double) * (n - 1)) / 2 as alike from c"
        number, alike = engine.collect(engine.sql(sums, k=known)).row(0)
        if number and number > 1:
            found[comparison.name] = alike, number * (number - 1) / 2
    return found


def _rare(comparisons: list[Comparison], rarity: Rarity, spec: ModelSpec) -> dict[str, int]:
    """Bits of what is made to be unique and is shared by households: phones, cars."""
    return {
        comparison.name: min(rarity.tables[feature].rare for feature in comparison.features if feature in rarity.tables)
        for comparison in comparisons
        if comparison.shared and all(spec.columns[name].kind in UNIQUE_KINDS | {"seen"} for name in comparison.columns)
    }


def _levels_kernel(frame: pl.DataFrame, *, comparisons: list[Comparison], texts: list[str], rarity: Rarity) -> pl.DataFrame:
    levels = compare_kernel(frame, comparisons=comparisons, texts=texts, rarity=rarity)
    return pl.DataFrame([frame["which"], *levels.iter_columns()])


def _patterns(engine: Engine, levels: Table, comparisons: list[Comparison], where: str) -> Patterns:
    listed = ", ".join(f'"{name}"' for name in ("which", *(comparison.name for comparison in comparisons)))
    counted = engine.sql(f"select {listed}, count(*) as n from l where {where} group by {listed} order by {listed}", l=levels)
    return Patterns.from_frame(engine.collect(counted), comparisons)
