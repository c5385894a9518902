"""A column that many errors change in few places.

The column itself is not copied for each change: what is new is kept aside, and the finished column points to both.

>>> cells = Cells(pl.Series("name", ["王伟", None, "李娜"]))
>>> cells.put(np.array([0]), pl.Series(["王玮"]))
>>> cells.at(np.array([2, 0])).to_list(), cells.filled.tolist()
(['李娜', '王玮'], [True, False, True])
>>> cells.clear(np.array([2])); cells.column().series().to_list()
['王玮', None, None]
"""

from __future__ import annotations

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, put
from generator.columns import Column


class Cells:
    """The column ``base`` and its changes. ``filled`` tells which cells hold something now."""

    def __init__(self, base: pl.Series) -> None:
        self.base = base
        self.filled: Flags = base.is_not_null().to_numpy().copy() if base.null_count() else np.ones(len(base), dtype=np.bool_)
        self._pieces: list[pl.Series] = []
        self._order = np.arange(len(base))
        self._size = len(base)

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.base)

    def at(self, where: Ints) -> pl.Series:
        """The cells at these positions, as they are now."""
        order = self._order[where]
        if not order.size or order.max() < len(self.base):
            return self.base.gather(pl.Series(order))
        changed = np.flatnonzero(order >= len(self.base))
        new = pl.concat(self._pieces).gather(pl.Series(order[changed] - len(self.base)))
        order[changed] = 0
        return put(self.base.gather(pl.Series(order)), changed, new)

    def put(self, where: Ints, new: pl.Series) -> None:
        """Replaces the cells at these positions."""
        if not where.size:
            return
        self._order[where] = np.arange(self._size, self._size + where.size)
        self._pieces.append(new.alias(self.base.name))
        self._size += where.size
        self.filled[where] = new.is_not_null().to_numpy() if new.null_count() else True

    def clear(self, where: Ints) -> None:
        """Empties the cells at these positions."""
        self.put(where, self.base.clear(where.size))

    def column(self, where: Ints | None = None, size: int = 0) -> Column:
        """The column with all changes; with ``where`` the cells stand at these positions of a column of ``size`` cells."""
        made = Column.of(pl.concat([self.base, *self._pieces], rechunk=True), self._order)
        return made if where is None else made.spread(where, size)
