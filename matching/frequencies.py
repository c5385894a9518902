"""What is frequent says little: 张伟 has about 11 bits, 欧阳靖宇 all of them.

The *bits* of a value are -log2 of its relative frequency in thousandths, at most ``RARE``. Kept are the codes of values that
are more frequent than the rare ones, so a trained model holds no names and no numbers in clear, and no more than ``FREQUENT_VALUES`` a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.contract import Engine, Table
from matching.codes import MISSING, Codes
from matching.features import SLOTS, slots
from matching.spec import ModelSpec

RARE = 17_000
"""Bits (in thousandths) of a value that is too rare to count: 1 in 131,072."""
UNIQUE = 22_000
"""The same for identifiers and cars, which are made to be unique."""
FREQUENT_VALUES = 131_072
"""At most so many values a column have a frequency of their own; a value below 2**-17 is RARE anyway."""
UNIQUE_KINDS = frozenset({"identifier", "vin", "plate"})

Frequencies = Mapping[str, pl.DataFrame]
"""Group of features -> (code: Int64, bits: Int32), sorted by code: only values more frequent than the rare ones."""
Bits = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Rarity:
    """The bits of any value of any weighed feature."""

    tables: Mapping[str, tuple[Codes, Bits, int]]
    """Feature -> codes in their order, their bits, and the bits of all others."""

    @staticmethod
    def of(spec: ModelSpec, frequencies: Frequencies) -> Rarity:
        """From what was counted; a group that was not is rare throughout."""
        tables: dict[str, tuple[Codes, Bits, int]] = {}
        for group, members in groups(spec).items():
            found = frequencies.get(group)
            known = (
                (np.zeros(0, np.int64), np.zeros(0, np.int32)) if found is None else (found["code"].to_numpy(), found["bits"].to_numpy())
            )
            tables |= {member: (*known, _rare(spec, group)) for member in members}
        return Rarity(tables)

    def bits(self, feature: str, values: Codes) -> Bits:
        """Bits of codes; 0 of what is missing."""
        known, bits, rare = self.tables[feature]
        found = np.full(len(values), rare, dtype=np.int32)
        if len(known):
            place = np.minimum(np.searchsorted(known, values), len(known) - 1)
            hit = known[place] == values
            found[hit] = bits[place[hit]]
        found[values == MISSING] = 0
        return found


def groups(spec: ModelSpec) -> dict[str, list[str]]:
    """Weighed features by what is counted together: the slots of one column, every other feature alone."""
    found: dict[str, list[str]] = {}
    for name, column in spec.columns.items():
        if column.kind in SLOTS:
            found[name] = slots(name, column.kind)
            continue
        parts = {"name": ("surname", "pinyin"), "given_name": ("pinyin",), "surname": ("pinyin",)}.get(column.kind, ())
        found |= {feature: [feature] for feature in (name, *(f"{name}__{part}" for part in parts))}
    return found


def count(engine: Engine, features: Table, spec: ModelSpec) -> dict[str, pl.DataFrame]:
    """How many bits each frequent value of each group says."""
    found: dict[str, pl.DataFrame] = {}
    for group, members in groups(spec).items():
        rows = " union all ".join(f'select "{member}" as v from f where "{member}" <> {MISSING}' for member in members)
        counts = engine.collect(
            engine.sql(
                f"with v as ({rows}), c as (select v, count(*) as n from v group by v), t as (select cast(sum(n) as bigint) as total from c) "
                f"select v as code, n, total from c, t where n > 1 and n * 131072 > total order by n desc, v limit {FREQUENT_VALUES}",
                f=features,
            )
        ).sort("code")
        # the chance that another record has the value; n / total would count the record itself, which in a small table is half of what is seen
        share = (counts["n"].to_numpy() - 1) / np.maximum(counts["total"].to_numpy() - 1, 1)
        bits = np.minimum(np.rint(-1000 * np.log2(np.maximum(share, 2.0**-40))), _rare(spec, group)).astype(np.int32)
        found[group] = pl.DataFrame({"code": counts["code"], "bits": pl.Series(bits, dtype=pl.Int32)})
    return found


def _rare(spec: ModelSpec, group: str) -> int:
    column = spec.columns.get(group)
    return UNIQUE if column is not None and column.kind in UNIQUE_KINDS else RARE
