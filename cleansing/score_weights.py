"""What the dimensions, the fields and the reasons weigh in a score.

>>> Weights().dimensions["completeness"], Weights(penalties={"name_junk": 50}).penalty("name_junk")
(30, 50)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cleansing.reasons import REASONS


@dataclass(frozen=True)
class Weights:
    """Weights of the dimensions (a mean) and of the fields of completeness (a share), whole numbers; penalties that differ from the reasons' own."""

    dimensions: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType(
            {"conformity": 25, "completeness": 30, "accuracy": 25, "consistency": 10, "timeliness": 10}
        )
    )
    fields: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"name": 30, "phone": 35, "address": 15, "id_number": 10, "vehicle": 10})
    )
    penalties: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def penalty(self, code: str) -> int:
        """Points that a reason costs in its dimension."""
        return self.penalties.get(code, REASONS[code].penalty)


DEFAULT = Weights()
