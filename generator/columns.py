"""A column of cells as places in a table of values: cells are copied once only, when a file is laid out.

The values end in an empty one and the places in -1, so that -1 always leads to nothing: no value, no cell, no line.

>>> plates = Column.of(pl.Series(["沪A12345", "苏E54321"]), np.array([1, -1, 0, 1]))
>>> plates.at(np.array([3, 1, -1, 2])).to_list()
['苏E54321', None, None, '沪A12345']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from generator.arrays import Ints, ended


@dataclass(frozen=True)
class Column:
    """``values`` (the last one null) and the ``place`` of each cell among them (the last one -1, for no cell at all)."""

    values: pl.Series
    place: Ints

    @classmethod
    def of(cls, values: pl.Series, place: Ints) -> Self:
        """The cells ``values[place]``, empty where the place is -1."""
        return cls(ended(values), np.append(place, -1))

    @classmethod
    def dense(cls, values: pl.Series) -> Self:
        """A cell for each value."""
        return cls.of(values, np.arange(len(values)))

    def spread(self, where: Ints, size: int) -> Column:
        """``size`` cells, those at ``where`` these ones, the others empty."""
        place = np.full(size + 1, -1, dtype=np.int64)
        place[where] = self.place[:-1]
        return Column(self.values, place)

    def at(self, cells: Ints) -> pl.Series:
        """These cells; -1 gives an empty one."""
        return self.values.gather(pl.Series(self.place[cells]))

    def series(self) -> pl.Series:
        """All cells."""
        return self.values.gather(pl.Series(self.place[:-1]))
