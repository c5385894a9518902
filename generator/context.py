"""What the errors in a person's cells depend on."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from generator.arrays import Flags, Ints


@dataclass(frozen=True)
class Context:
    """What the errors depend on, one element a record.

    ``role`` (text), ``company``, ``main`` (the row's main role), ``same`` (names the main person again), ``spreadsheet``, ``one_cell`` (the
    address), ``evidence`` (address or car beside), ``female``, ``surname``, ``relative_phone`` and ``second_phone`` (null: none), ``dealer_phone``,
    ``born`` (days since 1970), ``adcode``, ``test`` (a test person).
    """

    role: pl.Series
    company: Flags
    main: Flags
    same: Flags
    spreadsheet: Flags
    one_cell: Flags
    evidence: Flags
    female: Flags
    surname: pl.Series
    relative_phone: pl.Series
    second_phone: pl.Series
    dealer_phone: pl.Series
    born: Ints
    adcode: pl.Series
    test: Flags
