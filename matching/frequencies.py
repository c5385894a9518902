"""What is frequent says little: 张伟 has about 11 bits, 欧阳靖宇 all of them.

The *bits* of a value are -log2 of its relative frequency in thousandths, at most ``RARE``. Kept are the codes of values that
are more frequent than the rare ones, so a trained model holds no names and no numbers in clear, and no more than ``FREQUENT_VALUES`` a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.contract import Engine, Table
from matching import words
from matching.codes import MISSING, Codes
from matching.features import SLOTS, slots
from matching.spec import ModelSpec

RARE = 17_000
"""Bits (in thousandths) of a value that is too rare to count: 1 in 131,072."""
UNIQUE = 22_000
"""The same for identifiers and cars, which are made to be unique."""
FREQUENT_VALUES = 131_072
"""At most so many values a column have a frequency of their own."""
RAREST = 2**22
"""A value that less than one in so many have says no more than ``UNIQUE``."""
STRANGERS = 4_000
"""Bits above the number of values: one in 16 values is a stranger's as well."""
MOST_UNIQUE = 30_000
UNIQUE_KINDS = frozenset({"identifier", "vin", "plate", "phone", "email"})
OWNED_KINDS = UNIQUE_KINDS | {"address"}
"""Kinds of which a value has an owner: what counts is how many names stand beside it, and not how many records one owner has."""

REGISTERED = "__registered"
"""Names of organizations that have one owner each (``matching.organizations.registered``): how often one is seen does not count."""
MOST_OF_ONE = 100
"""Records that differ, of one organization; a registered name in more of them (a dealer's own, say) says as little as it is frequent."""

Frequencies = Mapping[str, pl.DataFrame]
"""Group of features -> (code: Int64, bits: Int32), sorted by code: values more frequent than the rare ones, and as ``MISSING`` the bits of those."""
Bits = npt.NDArray[np.int32]
_ODD = np.uint64(0x9E3779B97F4A7C15)


class BitTable:
    """The bits of codes, found by the first bits of a code: a bucket holds one or two of them, where a binary search would look seventeen times."""

    def __init__(self, codes: Codes, bits: Bits, rare: int) -> None:
        """``codes``: each once; ``rare``: the bits of every other code."""
        self.rare = rare
        self._shift = np.uint64(64 - max(len(codes), 1).bit_length())  # one or two buckets a code
        bucket = self._bucket(codes)
        order = np.argsort(bucket, kind="stable")
        self._codes, self._bits = codes[order], bits[order]
        sizes = np.bincount(bucket, minlength=1 << (64 - int(self._shift)))
        self._starts = np.append(0, np.cumsum(sizes)).astype(np.int32)

    def bits(self, values: Codes) -> Bits:
        """Bits of codes; 0 of what is missing."""
        found = np.full(len(values), self.rare, dtype=np.int32)
        found[values == MISSING] = 0
        bucket = self._bucket(values)
        at, end = self._starts[bucket], self._starts[bucket + 1]
        rows = np.flatnonzero(at < end)
        at, end = at[rows], end[rows]
        while len(rows):
            hit = self._codes[at] == values[rows]
            found[rows[hit]] = self._bits[at[hit]]
            left = ~hit & (at + 1 < end)
            rows, at, end = rows[left], at[left] + 1, end[left]
        return found

    def _bucket(self, codes: Codes) -> npt.NDArray[np.int64]:
        # phones are their own codes: the multiplication spreads them
        return ((codes.view(np.uint64) * _ODD) >> self._shift).view(np.int64)


@dataclass(frozen=True)
class Rarity:
    """The bits of any value of any weighed feature."""

    tables: Mapping[str, BitTable]

    @staticmethod
    def of(spec: ModelSpec, frequencies: Frequencies) -> Rarity:
        """From what was counted; a group that was not is rare throughout."""
        tables: dict[str, BitTable] = {}
        for group, members in groups(spec).items():
            found = frequencies.get(group)
            if found is None:
                found = pl.DataFrame(schema={"code": pl.Int64(), "bits": pl.Int32()})
            rare = found.filter(pl.col("code") == MISSING)["bits"].max()
            found = found.filter(pl.col("code") != MISSING)
            table = BitTable(
                found["code"].to_numpy(), found["bits"].to_numpy(), _rare(spec, group, 0) if rare is None else int(cast("int", rare))
            )
            tables |= dict.fromkeys(members, table)
        return Rarity(tables)

    def bits(self, feature: str, values: Codes) -> Bits:
        """Bits of codes; 0 of what is missing."""
        return self.tables[feature].bits(values)


def groups(spec: ModelSpec) -> dict[str, list[str]]:
    """Weighed features by what is counted together: the slots of one column, every other feature alone."""
    found: dict[str, list[str]] = {}
    for name, column in spec.columns.items():
        if column.kind in SLOTS:
            found[name] = slots(name, column.kind)
            continue
        if column.kind == "seen":
            continue
        parts = {"name": ("surname", "pinyin", "trade", "registered"), "given_name": ("pinyin",), "surname": ("pinyin",)}.get(
            column.kind, ()
        )
        found |= {feature: [feature] for feature in (name, *(f"{name}__{part}" for part in parts))}
        if column.words:
            found[f"{name}__words"] = words.slots(name, column.kind)
    return found


def count(engine: Engine, features: Table, spec: ModelSpec) -> dict[str, pl.DataFrame]:
    """How many bits each frequent value of each group says."""
    found: dict[str, pl.DataFrame] = {}
    for group, members in groups(spec).items():
        if group.endswith(REGISTERED):
            found[group] = _given_once(engine, features, spec, group)
            continue
        counts = engine.collect(
            engine.sql(
                f"with {_counted(spec, group, members)}, t as (select cast(sum(n) as bigint) as total from c) "
                f"select v as code, n, records, squares, total from c, t where n > 1 and n * {RAREST} > total order by n desc, v limit {FREQUENT_VALUES}",
                f=features,
            )
        ).sort("code")
        # the chance that another has the value; n / total would count the record itself, which in a small table is half of what is seen
        share = _others(counts["records"].to_numpy(), counts["squares"].to_numpy()) / np.maximum(counts["total"].to_numpy() - 1, 1)
        rare = _rare(spec, group, int(cast("int", counts["total"].max() or 0)))
        bits = np.minimum(np.rint(-1000 * np.log2(np.maximum(share, 2.0**-40))), rare).astype(np.int32)
        frequent = pl.DataFrame({"code": counts["code"], "bits": pl.Series(bits, dtype=pl.Int32)})
        found[group] = pl.concat([frequent, _all_others(rare)]).sort("code")
    return found


def _given_once(engine: Engine, features: Table, spec: ModelSpec, group: str) -> pl.DataFrame:
    """Names that have one owner each weigh alike, but for those that stand in so many records that they are what a form is filled with."""
    named = engine.sql(f'select "{group}" as code, count(*) as n from f where "{group}" <> {MISSING} group by "{group}"', f=features)
    there = engine.collect(engine.sql("select cast(coalesce(sum(n), 0) as bigint) as n from t", t=named)).item()
    filled = engine.collect(engine.sql(f"select code, n from t where n > {MOST_OF_ONE} order by code", t=named))
    share = (filled["n"] - 1) / max(there - 1, 1)
    bits = pl.Series(np.rint(-1000 * np.log2(share.to_numpy())).astype(np.int32), dtype=pl.Int32)
    return pl.concat([pl.DataFrame({"code": filled["code"], "bits": bits}), _all_others(_rare(spec, group, there))]).sort("code")


def _all_others(rare: int) -> pl.DataFrame:
    return pl.DataFrame({"code": [MISSING], "bits": [rare]}, schema={"code": pl.Int64(), "bits": pl.Int32()})


def _others(records: npt.NDArray[np.int64], squares: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How many owners a value has beside one, each by how many records he has (the inverse of Simpson's index, less 1).

    A slip in one of ten names is no second owner.

    >>> _others(np.array([10, 10, 3]), np.array([50, 82, 3])).round(2).tolist()
    [1.0, 0.22, 2.0]
    """
    of = records.astype(np.float64)
    return np.asarray((of**2 - squares) / np.maximum(squares, 1), dtype=np.float64)


def _owned(spec: ModelSpec, group: str) -> bool:
    column = spec.columns.get(group)
    return bool(spec.of_kind("name")) and column is not None and column.kind in OWNED_KINDS


def _counted(spec: ModelSpec, group: str, members: list[str]) -> str:
    """SQL of ``c``: how many records, or how many owners, have each value (v, n), the owners' records and the sum of their squares."""
    rows = "select {listed} from f where {member} <> " + str(MISSING)
    if not _owned(spec, group):
        every = " union all ".join(rows.format(listed=f'"{member}" as v', member=f'"{member}"') for member in members)
        return f"v as ({every}), c as (select v, count(*) as n, count(*) as records, count(*) as squares from v group by v)"
    name = spec.of_kind("name")[0]
    who = f'case when "{name}__pinyin" <> {MISSING} then "{name}__pinyin" else "{name}" end'
    every = " union all ".join(rows.format(listed=f'"{member}" as v, {who} as who', member=f'"{member}"') for member in members)
    return (
        f"v as ({every}), w as (select v, who, count(*) as k from v group by v, who), "
        f"c as (select v, greatest(count(case when who <> {MISSING} then 1 end), 1) as n, "
        f"cast(sum(case when who <> {MISSING} then k else 0 end) as bigint) as records, "
        f"cast(sum(case when who <> {MISSING} then k * k else 0 end) as bigint) as squares from w group by v)"
    )


def _rare(spec: ModelSpec, group: str, values: int) -> int:
    """Bits of a rare value. That two strangers have one phone or one car is as likely as there are pairs of strangers, whose number grows with the table's."""
    column = spec.columns.get(group)
    if not group.endswith(REGISTERED) and (column is None or column.kind not in UNIQUE_KINDS):
        return RARE
    return min(max(UNIQUE, round(1000 * log2(max(values, 1))) + STRANGERS), MOST_UNIQUE)
