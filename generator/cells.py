"""A column that many errors change in few places.

The column itself is not copied for each change: what is new is kept aside and woven in once, at the end.

>>> cells = Cells(pl.Series("name", ["王伟", None, "李娜"]))
>>> cells.put(np.array([0]), pl.Series(["王玮"]))
>>> cells.at(np.array([2, 0])).to_list(), cells.filled.tolist()
(['李娜', '王玮'], [True, False, True])
>>> cells.clear(np.array([2])); cells.series().to_list()
['王玮', None, None]
"""

from __future__ import annotations

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints


class Cells:
    """The column ``base`` and its changes. ``filled`` tells which cells hold something now."""

    def __init__(self, base: pl.Series) -> None:
        self.base = base
        self.filled: Flags = base.is_not_null().to_numpy().copy()
        self._pieces: list[pl.Series] = []
        self._order = np.arange(len(base), dtype=np.uint32)
        self._size = len(base)

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.base)

    def at(self, where: Ints) -> pl.Series:
        """The cells at these positions, as they are now."""
        order = self._order[where]
        values = self.base.gather(pl.Series(np.minimum(order, len(self.base) - 1)))
        changed = np.flatnonzero(order >= len(self.base))
        if not changed.size:
            return values
        new = pl.concat(self._pieces).gather(pl.Series(order[changed] - len(self.base)))
        return _woven([values, new], changed)

    def put(self, where: Ints, new: pl.Series) -> None:
        """Replaces the cells at these positions."""
        if not where.size:
            return
        self._order[where] = self._size + np.arange(where.size, dtype=np.uint32)
        self._pieces.append(new.alias(self.base.name))
        self._size += where.size
        self.filled[where] = new.is_not_null().to_numpy()

    def clear(self, where: Ints) -> None:
        """Empties the cells at these positions."""
        self.put(where, self.base.clear(where.size))

    def series(self) -> pl.Series:
        """The column with all changes."""
        if not self._pieces:
            return self.base
        return pl.concat([self.base, *self._pieces]).gather(pl.Series(self._order))


def _woven(parts: list[pl.Series], changed: Ints) -> pl.Series:
    order = np.arange(len(parts[0]), dtype=np.uint32)
    order[changed] = len(parts[0]) + np.arange(changed.size, dtype=np.uint32)
    return pl.concat([part.alias(parts[0].name) for part in parts]).gather(pl.Series(order))
