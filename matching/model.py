"""A trained model: everything that scoring needs, as one readable YAML file; frequencies stand beside it in Parquet.

Probabilities are for people to read; what counts are the integer weights (thousandths of a bit): the evidence of a level
is ``weight``, or for a weighed level ``weight`` (which is log2 m) plus the bits of the value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from matching.spec import ColumnSpec, ModelSpec, SpecError

FORBIDDEN = -100_000
"""Weight of a contradiction that no evidence outweighs: two different values of an exclusive column."""
MODEL_VERSION = 7


class EarlierModelError(SpecError):
    """A trained model that an earlier version of this package has written: its weights are of other levels."""


@dataclass(frozen=True)
class LevelModel:
    """One level: share among matches (m), random pairs (u) and members of one household (h), and its integer weights."""

    label: str
    m: float
    u: float
    h: float | None
    weight: int
    household: int
    weighed: bool
    offset: int = 0


@dataclass(frozen=True)
class ComparisonModel:
    """The levels of one comparison; ``learned`` is false where the data said too little and the starting values stand."""

    name: str
    shared: bool
    learned: bool
    levels: tuple[LevelModel, ...]

    def place(self, label: str) -> int:
        """The place of a level, 0 the best."""
        return next(place for place, level in enumerate(self.levels) if level.label == label)


@dataclass(frozen=True)
class Together:
    """Two levels on which strangers agree together more often than by chance; ``bits`` (thousandths) count once, not twice."""

    left: str
    left_level: str
    right: str
    right_level: str
    bits: int


@dataclass(frozen=True)
class Implied:
    """Two comparisons: who agrees on ``fine``, at its levels up to ``upto`` (from 0), agrees on ``coarse`` (``matching.implied``)."""

    coarse: str
    fine: str
    upto: int = 0


@dataclass(frozen=True)
class Model:
    """A trained model. ``prior``, ``household``, ``link`` and ``review`` are weights in thousandths of a bit.

    ``prior``: log2 odds that two random records are one entity. ``household``: log2 odds of one entity against two of one
    household, for pairs that share what households share; None where the columns know no households. ``apart``: what it takes from a pair
    that its two clusters stayed apart (``matching.collective``). ``sole``: by comparison, log2 odds that a record is of the one cluster that
    holds its value (``matching.holders``). ``largest_blocks``: by key, the largest that are taken (``matching.pairs``); all are where it names none.
    """

    spec: ModelSpec
    comparisons: tuple[ComparisonModel, ...]
    prior: int
    household: int | None
    link: int
    review: int
    keys: tuple[str, ...]
    largest_blocks: Mapping[str, int] = field(default_factory=dict)
    oversized: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    records: int = 0
    together: tuple[Together, ...] = ()
    implied: tuple[Implied, ...] = ()
    apart: int = 0
    sole: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    frequencies: Mapping[str, pl.DataFrame] = field(default_factory=dict, compare=False)

    @property
    def chosen(self) -> Mapping[str, int | None]:
        """The keys, by name, with the largest blocks that are taken; None where all are."""
        return {name: self.largest_blocks.get(name) for name in self.keys}

    def comparison(self, name: str) -> ComparisonModel:
        """A comparison by its name."""
        return next(entry for entry in self.comparisons if entry.name == name)

    def dump(self, path: Path) -> None:
        """Writes ``path`` (YAML) and, beside it, ``<stem>.frequencies.parquet``; both 0600."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = {
            "version": MODEL_VERSION,
            "spec": _spec_content(self.spec),
            "prior_bits": self.prior / 1000,
            "household_bits": None if self.household is None else self.household / 1000,
            "link_bits": self.link / 1000,
            "review_bits": self.review / 1000,
            "apart_bits": self.apart / 1000,
            "sole_bits": {name: bits / 1000 for name, bits in self.sole.items()},
            "records": self.records,
            "keys": list(self.keys),
            "largest_blocks": dict(self.largest_blocks),
            "oversized": [dict(block) for block in self.oversized],
            "warnings": list(self.warnings),
            "labels": dict(self.labels),
            "together": [{**asdict(each), "bits": each.bits / 1000} for each in self.together],
            "implied": [asdict(each) for each in self.implied],
            "comparisons": [_comparison_content(comparison) for comparison in self.comparisons],
        }
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140), encoding="utf-8")
        path.chmod(0o600)
        beside = frequencies_path(path)
        frames = [frame.select(pl.lit(name).alias("feature"), "code", "bits") for name, frame in self.frequencies.items()]
        empty = pl.DataFrame(schema={"feature": pl.String(), "code": pl.Int64(), "bits": pl.Int32()})
        pl.concat([empty, *frames]).write_parquet(beside)
        beside.chmod(0o600)


def load_model(path: Path) -> Model:
    """Reads what ``Model.dump`` wrote.

    Raises:
        EarlierModelError: it was written by an earlier version.
        SpecError: the file is missing, is not a model, or was written by a later version.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        message = f"{path}: cannot be read as a trained model: {error}"
        raise SpecError(message) from error
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version < MODEL_VERSION:
        message = f"{path}: a trained model of version {version}, of an earlier Chezhu; {MODEL_VERSION} is needed (the next `chezhu run` trains one, or `chezhu match`)"
        raise EarlierModelError(message)
    if version != MODEL_VERSION:
        message = f"{path}: not a trained model of version {MODEL_VERSION}; train it again (chezhu run --full, chezhu match)"
        raise SpecError(message)
    spec = content["spec"]
    beside = frequencies_path(path)
    found = (
        pl.read_parquet(beside)
        if beside.exists()
        else pl.DataFrame(schema={"feature": pl.String(), "code": pl.Int64(), "bits": pl.Int32()})
    )
    household = content["household_bits"]
    return Model(
        spec=ModelSpec(
            record_id=spec["record_id"],
            columns={name: ColumnSpec(**column) for name, column in spec["columns"].items()},
            blocking=tuple(tuple(names) for names in spec["blocking"]),
            comparisons=tuple(spec["comparisons"]),
            threshold=spec["threshold"],
            review=spec["review"],
            source=spec["source"],
            assignment=spec.get("assignment"),
            country=spec.get("country", "CN"),
            where=str(path),
        ),
        comparisons=tuple(_comparison(entry) for entry in content["comparisons"]),
        prior=round(content["prior_bits"] * 1000),
        household=None if household is None else round(household * 1000),
        link=round(content["link_bits"] * 1000),
        review=round(content["review_bits"] * 1000),
        apart=round(content.get("apart_bits", 0) * 1000),
        sole={name: round(1000 * bits) for name, bits in content.get("sole_bits", {}).items()},
        keys=tuple(content["keys"]),
        largest_blocks=content.get("largest_blocks", {}),
        oversized=tuple(content["oversized"]),
        warnings=tuple(content["warnings"]),
        records=content["records"],
        labels=content.get("labels", {}),
        together=tuple(Together(**{**each, "bits": round(1000 * each["bits"])}) for each in content.get("together", ())),
        implied=tuple(Implied(**each) for each in content.get("implied", ())),
        frequencies={str(name): rows.select("code", "bits") for (name,), rows in found.group_by("feature", maintain_order=True)},
    )


def frequencies_path(path: Path) -> Path:
    """Where the frequencies of a model file stand.

    >>> str(frequencies_path(Path("out/model.yaml")))
    'out/model.frequencies.parquet'
    """
    return path.with_name(f"{path.stem}.frequencies.parquet")


def bits_of(probability: float) -> int:
    """Log2 odds of a probability in thousandths of a bit.

    >>> bits_of(0.5), bits_of(0.9)
    (0, 3170)
    """
    return round(1000 * math.log2(probability / (1 - probability)))


def _spec_content(spec: ModelSpec) -> dict[str, Any]:
    return {
        "record_id": spec.record_id,
        "columns": {name: asdict(column) for name, column in spec.columns.items()},
        "blocking": [list(names) for names in spec.blocking],
        "comparisons": list(spec.comparisons),
        "threshold": spec.threshold,
        "review": spec.review,
        "source": spec.source,
        "assignment": spec.assignment,
        "country": spec.country,
    }


def _comparison_content(comparison: ComparisonModel) -> dict[str, Any]:
    levels = [
        {
            "label": level.label,
            "m": float(f"{level.m:.6g}"),
            "u": float(f"{level.u:.6g}"),
            "h": None if level.h is None else float(f"{level.h:.6g}"),
            "bits": level.weight / 1000,
            "household_bits": level.household / 1000,
            "weighed": level.weighed,
            "offset_bits": level.offset / 1000,
        }
        for level in comparison.levels
    ]
    return {"name": comparison.name, "shared": comparison.shared, "learned": comparison.learned, "levels": levels}


def _comparison(entry: Mapping[str, Any]) -> ComparisonModel:
    levels = tuple(
        LevelModel(
            level["label"],
            level["m"],
            level["u"],
            level["h"],
            round(level["bits"] * 1000),
            round(level["household_bits"] * 1000),
            level["weighed"],
            round(level.get("offset_bits", 0) * 1000),
        )
        for level in entry["levels"]
    )
    return ComparisonModel(entry["name"], entry["shared"], entry["learned"], levels)
