r"""Why two records are one customer, or not: the waterfall from the prior to the decision.

    weight = prior + the part of each comparison + household

The part of a comparison is its level's weight, and where the level is weighed the bits of the value that agrees: 欧阳靖宇 says
more than 张伟. ``household`` is what the pair loses because its records may be two of one household. Numbers are what
scoring itself computes, by the same kernels: the sum is the edge's weight to the thousandth of a bit.

>>> from matching.spec import parse
>>> spec = parse("record_id: id\ncolumns: {who: text}\n", where="m")
>>> levels = (LevelModel("exact", 0.9, 0.1, None, -152, 0, True), LevelModel("different", 0.1, 0.9, None, -3170, 0, False))
>>> model = Model(spec, (ComparisonModel("who", False, True, levels),), prior=-9000, household=None, link=3170, review=0, keys=())
>>> records = pl.DataFrame({"id": ["1", "2"], "who": ["ann", "ann"]})
>>> found = explain(records, "2", "1", model)
>>> found.parts[0].level, found.prior, found.parts[0].bits, found.weight, found.decision
('exact', -9.0, 16.848, 7.848, 'link')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from matching import scoring
from matching.comparisons import Comparison, compare_kernel, comparisons_for
from matching.features import feature_kernel, text_names
from matching.frequencies import Rarity
from matching.levels import UNKNOWN
from matching.model import ComparisonModel, LevelModel, Model


class UnknownRecordError(LookupError):
    """A record that is to be explained is not among the records."""


@dataclass(frozen=True)
class Value:
    """What a column says on both sides, and the column's kind (which says how it is masked)."""

    column: str
    kind: str
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Part:
    """One comparison's part of a weight, in bits.

    ``level`` is None where a side is missing: neither for nor against. ``bits`` = ``level_bits`` + ``frequency_bits`` +
    ``together_bits``. The second are those of the value that agrees (2 ** -frequency_bits of all records have it), None where the level is
    not weighed; the third, never above 0, are what another comparison has said already (``matching.together``).
    """

    comparison: str
    level: str | None
    bits: float
    level_bits: float
    frequency_bits: float | None
    together_bits: float
    shared: bool
    learned: bool
    values: tuple[Value, ...]


@dataclass(frozen=True)
class PairExplanation:
    """The waterfall of one pair. Weights and thresholds are log2 odds (bits); ``decision`` is link, review or leave."""

    record_id_l: str
    record_id_r: str
    prior: float
    parts: tuple[Part, ...]
    household: float
    weight: float
    probability: float
    decision: str
    link: float
    review: float


def explain(records: pl.DataFrame, left: str, right: str, model: Model) -> PairExplanation:
    """The waterfall of one pair, the smaller record id first.

    Args:
        records: a standardized table (see ``matching.features``) that has at least the two records.
        left: one record's id.
        right: the other's.
        model: the trained model.

    Raises:
        UnknownRecordError: one of them is not in ``records``.
        ValueError: they are the same record.
    """
    if left == right:
        message = f"{left!r} is one record; two are needed"
        raise ValueError(message)
    ends = sorted((left, right))
    two = _only(records, ends, model)
    return explained(two, weighed(two, pl.DataFrame({"record_id_l": ends[:1], "record_id_r": ends[1:]}), model), model)[0]


def every_pair(ids: list[str]) -> pl.DataFrame:
    """All pairs of some records: record_id_l < record_id_r.

    >>> every_pair(["b", "a"]).rows()
    [('a', 'b')]
    """
    pairs = list(combinations(sorted(ids), 2))
    return pl.DataFrame(pairs, schema={"record_id_l": pl.String, "record_id_r": pl.String}, orient="row")


@dataclass(frozen=True)
class Weigher:
    """A few records made ready for scoring once; pairs of them can then be weighed as often as asked."""

    model: Model
    features: pl.DataFrame
    places: Mapping[str, int]
    rarity: Rarity

    @staticmethod
    def of(records: pl.DataFrame, model: Model) -> Weigher:
        """Makes a standardized table (see ``matching.features``) ready."""
        numbered = records.with_columns(rid=pl.int_range(1, records.height + 1, dtype=pl.Int64))
        places = {record: place for place, record in enumerate(records[model.spec.record_id].cast(pl.String))}
        return Weigher(model, feature_kernel(numbered, spec=model.spec), places, Rarity.of(model.spec, model.frequencies))

    def weigh(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Pairs (record_id_l, record_id_r) with what scoring makes of them.

        Returns:
            The pairs in their order with, of each comparison, ``<name>`` (its part, thousandths of a bit), ``<name>#level`` and
            ``<name>#bits``; weight, personal, household (thousandths) and probability.
        """
        model = self.model
        comparisons = comparisons_for(model.spec)
        ends = [
            self.features[[self.places[name] for name in pairs[f"record_id_{end}"]]].select(pl.all().name.suffix(f"_{end}")) for end in "lr"
        ]
        levels = compare_kernel(
            pl.concat(ends, how="horizontal"), comparisons=comparisons, texts=text_names(model.spec), rarity=self.rarity
        )
        scored = scoring.weigh(levels, comparisons=comparisons, model=model)
        found = [levels[comparison.name].alias(f"{comparison.name}#level") for comparison in comparisons]
        bits = [levels[f"{comparison.name}#bits"] for comparison in comparisons]
        return pl.concat(
            [pairs.select("record_id_l", "record_id_r"), scored.drop("rid_l", "rid_r"), pl.DataFrame([*found, *bits])], how="horizontal"
        )


def weighed(records: pl.DataFrame, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Pairs (record_id_l, record_id_r) of a few records with what scoring makes of them: see ``Weigher.weigh``."""
    return Weigher.of(records, model).weigh(pairs)


def explained(records: pl.DataFrame, rows: pl.DataFrame, model: Model) -> list[PairExplanation]:
    """The waterfalls of a few pairs.

    Args:
        records: the standardized table that has their records.
        rows: of ``weighed``.
        model: the trained model.
    """
    by_id = {str(row[model.spec.record_id]): row for row in records.iter_rows(named=True)}
    comparisons = comparisons_for(model.spec)
    entries = {entry.name: entry for entry in model.comparisons}
    return [
        PairExplanation(
            record_id_l=row["record_id_l"],
            record_id_r=row["record_id_r"],
            prior=model.prior / 1000,
            parts=tuple(
                _part(comparison, entries[comparison.name], row, (by_id[row["record_id_l"]], by_id[row["record_id_r"]]), model)
                for comparison in comparisons
            ),
            household=row["household"] / 1000,
            weight=row["weight"] / 1000,
            probability=row["probability"],
            decision=decision(row["weight"], model),
            link=model.link / 1000,
            review=model.review / 1000,
        )
        for row in rows.iter_rows(named=True)
    ]


def decision(weight: int, model: Model) -> str:
    """The zone of a weight (thousandths of a bit): link, review or leave."""
    return "link" if weight >= model.link else "review" if weight >= model.review else "leave"


def _only(records: pl.DataFrame, ids: list[str], model: Model) -> pl.DataFrame:
    column = pl.col(model.spec.record_id).cast(pl.String)
    found = records.filter(column.is_in(ids))
    known = set(found.select(column).to_series())
    for name in ids:
        if name not in known:
            message = f"there is no record {name!r}"
            raise UnknownRecordError(message)
    return found


def _part(
    comparison: Comparison, entry: ComparisonModel, row: dict[str, int], sides: tuple[dict[str, object], dict[str, object]], model: Model
) -> Part:
    place, bits = row[f"{comparison.name}#level"], row[f"{comparison.name}#bits"]
    level: LevelModel | None = None if place == UNKNOWN else entry.levels[place]
    left, right = sides
    return Part(
        comparison=comparison.name,
        level=None if level is None else level.label,
        bits=row[comparison.name] / 1000,
        level_bits=0.0 if level is None else level.weight / 1000,
        frequency_bits=bits / 1000 if level is not None and level.weighed else None,
        together_bits=0.0 if level is None else (row[comparison.name] - level.weight - bits) / 1000,
        shared=entry.shared,
        learned=entry.learned,
        values=tuple(
            Value(column, model.spec.columns[column].kind, _shown(left, column), _shown(right, column)) for column in comparison.columns
        ),
    )


def _shown(side: dict[str, object], column: str) -> str | None:
    """A value as one text, several with ``; `` between them; of a name that is not known, the surname."""
    value = side[column] or side.get(f"{column}__surname")
    if value is None or value == []:
        return None
    return "; ".join(str(each) for each in value if each is not None) if isinstance(value, list) else str(value)
