"""What the dealers' layouts show, as arrays, so that whole chunks can be asked at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.activity import ROLES
from generator.arrays import Flags, Ints
from generator.dealers import SOURCES, Network

_FIELDS = (
    "phone2",
    "id_number",
    "address",
    "postcode",
    "email",
    "gender",
    "birth_date",
    "city",
    "key",
    "vin",
    "plate",
    "amount",
    "amount_wan",
    "mileage",
    "remark",
)


@dataclass(frozen=True)
class Facts:
    """``main`` role and whether a layout ``has`` a field, by dealer x source (flat); ``spreadsheet`` by dealer.

    ``has["key"]`` is false for a keyless export. ``has["address"]`` is true for an address in one cell or in parts, ``has["one_cell"]`` for the former only.
    """

    main: Ints
    has: dict[str, Flags]
    spreadsheet: Flags

    @classmethod
    def of(cls, network: Network) -> Facts:
        """The facts of all dealers."""
        size = len(network.dealers) * len(SOURCES)
        has = {name: np.zeros(size, dtype=np.bool_) for name in (*_FIELDS, "one_cell")}
        main = np.zeros(size, dtype=np.int64)
        for number, dealer in enumerate(network.dealers):
            for source, layout in dealer.layouts.items():
                at = place(number, SOURCES.index(source))
                main[at] = ROLES.index(layout.roles[0])
                shown = {column.split(".")[-1] for column in layout.columns}
                for name in _FIELDS:
                    has[name][at] = name in shown
                has["address"][at] = bool({"address", "detail"} & shown)
                has["one_cell"][at] = "address" in shown
        return cls(main, has, np.array([dealer.spreadsheet for dealer in network.dealers]))


def place(dealer: int, source: int) -> int:
    """Position of a dealer's source in the flat arrays."""
    return dealer * len(SOURCES) + source
