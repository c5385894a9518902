"""Ids without a counter: a hash of what they stand for, so that every machine and every re-run gives the same.

A customer_id is ``C`` and 16 characters of base32 (RFC 4648): the first 80 bits of the SHA-256 of the smallest record_id of
the cluster that got it first. Among a billion ids two are equal with a probability of 4 in ten million; where one is taken
(most often because a split leaves a record without the id that it once gave), a salt is added and the hash taken again.

>>> customer_id("r1")
'CQLZ6TRUV3RVY2GYR'
>>> customer_id("r1", salt=1) == customer_id("r1")
False
"""

from __future__ import annotations

import base64
import hashlib
from functools import partial

import polars as pl

from engine.contract import Engine, Table

ID_BYTES = 10
EVENT_BYTES = 16
_MINTED = {"cluster_id": pl.String(), "seed": pl.String(), "customer_id": pl.String()}


def customer_id(seed: str, *, salt: int = 0, size: int = ID_BYTES) -> str:
    """The id that ``seed``, a record_id, gives: ``size`` bytes of its hash."""
    text = f"{seed}#{salt}" if salt else seed
    return "C" + base64.b32encode(hashlib.sha256(text.encode()).digest()[:size]).decode().rstrip("=")


def mint(engine: Engine, *, seeds: Table, taken: Table, size: int = ID_BYTES) -> Table:
    """One new customer_id for each cluster, none of them ever used before.

    Args:
        engine: runs the steps.
        seeds: ``cluster_id``, ``seed``: the smallest record_id of the cluster.
        taken: ``customer_id``: every id ever used, each any number of times.
        size: bytes of the hash that make the id.

    Returns:
        ``cluster_id``, ``customer_id``. Of two seeds with one hash the smaller gets it, the other is salted.
    """
    minted = engine.from_frame(pl.DataFrame(schema={"cluster_id": pl.String(), "customer_id": pl.String()}))
    waiting, salt = engine.materialize(seeds), 0
    while engine.count(waiting):
        tried = engine.map_batches(waiting, partial(_mint_kernel, salt=salt, size=size), _MINTED)
        used = engine.sql("select customer_id from taken union all select customer_id from minted", taken=taken, minted=minted)
        fresh = engine.materialize(engine.sql(_FRESH, tried=tried, taken=used))
        minted = engine.sql("select * from minted union all select * from fresh", minted=minted, fresh=fresh)
        waiting = engine.materialize(
            engine.sql(
                "select t.cluster_id, t.seed from tried t left join fresh f on t.cluster_id = f.cluster_id where f.cluster_id is null",
                tried=tried,
                fresh=fresh,
            )
        )
        salt += 1
    return engine.materialize(minted)


def event_id(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: ``event_id`` in front, the hash of run, kind and ids (hexadecimal)."""
    keys = frame.select(pl.concat_str("run_id", "kind", "customer_id", "other_customer_id", separator="|", ignore_nulls=True)).to_series()
    hashes = [hashlib.sha256(key.encode()).digest()[:EVENT_BYTES].hex() for key in keys]
    return frame.select(pl.Series("event_id", hashes, dtype=pl.String()), pl.all())


_FRESH = """
select cluster_id, customer_id
from (
    select t.cluster_id, t.customer_id, row_number() over (partition by t.customer_id order by t.seed, t.cluster_id) as place
    from tried t
    left join taken on t.customer_id = taken.customer_id
    where taken.customer_id is null
) ranked
where place = 1
"""


def _mint_kernel(frame: pl.DataFrame, *, salt: int, size: int) -> pl.DataFrame:
    ids = [customer_id(seed, salt=salt, size=size) for seed in frame["seed"]]
    return frame.select("cluster_id", "seed", pl.Series("customer_id", ids, dtype=pl.String()))
