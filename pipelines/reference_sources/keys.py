"""Keys: the texts by which a row of a source finds customers. A name alone is a key of organizations only.

>>> frame = pl.DataFrame({"customer_id": ["C1"], "party": ["person"], "name": ["王伟"], "phones": [["+8613917852046", "+862161234567"]]})
>>> keys_of(frame, [("name", "phone"), ("name",)], named=("customer_id",)).rows()
[('C1', 'name+phone', '王伟|+8613917852046'), ('C1', 'name+phone', '王伟|+862161234567')]
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.reference_sources.settings import Keys

LISTS = {"phone": "phones", "email": "emails", "vin": "vins", "plate": "plates"}
"""Columns of customers that hold several values: each is a key."""
KEYED = ("party", "name", "id_number", "birth_date", "phones", "emails", "vins", "plates", "address", "adcode", "road", "road_no", "estate")
"""What keys are made of."""


def label(keys: Keys) -> str:
    """How a set of keys is called."""
    return "+".join(keys)


def keys_of(frame: pl.DataFrame, wanted: Sequence[Keys], *, named: tuple[str, ...]) -> pl.DataFrame:
    """Kernel: every key of every row.

    Args:
        frame: ``named``, and those of ``KEYED`` that are wanted.
        wanted: the sets of columns.
        named: columns that say whose keys they are.

    Returns:
        ``named``, ``keys`` (the set's name), ``key``; each once. A row without one of the columns has no such key.
    """
    return pl.concat([_keys(frame, keys, named) for keys in wanted])


def _keys(frame: pl.DataFrame, keys: Keys, named: tuple[str, ...]) -> pl.DataFrame:
    rows = frame.filter(pl.col("party") == "organization") if keys == ("name",) else frame
    for column in (LISTS[key] for key in keys if key in LISTS):
        rows = rows.filter(pl.col(column).list.len() > 0).explode(column)
    parts = [pl.col(LISTS.get(key, key)).cast(pl.String) for key in keys]
    made = rows.select(*named, keys=pl.lit(label(keys)), key=pl.concat_str(parts, separator="|"))
    return made.filter(pl.col("key").is_not_null()).unique(maintain_order=True)
