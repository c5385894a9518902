"""Tombstones: the same record stays out under its key or by its content, a new event does not, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.contract import Engine
from engine.tables import RECORDS
from pipelines.erasure import tombstones
from pipelines.erasure.tombstones import Tombstones
from pipelines.store.home import Home

SOLD: dict[str, Any] = {
    "record_id": "r1", "row_id": "w1", "main": True, "dealer_id": "D1", "source": "sale", "role": "buyer", "source_key": "XS1",
    "name": "王伟", "phone": "13917852046", "vin": "LGW367Y47JM759371", "event_date": "2025-02-01",
}  # fmt: skip
KEY = bytes(32)


def records(*changes: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**SOLD, **change} for change in changes], schema=RECORDS.schema)


@pytest.mark.parametrize(
    ("change", "erased"),
    [
        ({}, True),
        ({"phone": "13800138000", "name": "王小伟", "file_id": "other", "row_number": 9}, True),
        ({"record_id": "r2", "source_key": "NEW"}, True),
        ({"record_id": "r2", "name": " 王伟 ", "vin": "lgw367y47jm759371"}, True),
        ({"record_id": "r2", "event_date": "2026-02-01"}, False),
        ({"record_id": "r2", "vin": "LFV3A23C9J3100001"}, False),
        ({"record_id": "r2", "source": "service"}, False),
        ({"record_id": "r2", "phone": None, "vin": None, "event_date": None}, False),
    ],
)
def test_which_record_is_known_again(change: dict[str, Any], *, erased: bool) -> None:
    stones = Tombstones(KEY).with_hashes(Tombstones(KEY).of(records({})))
    assert stones.erased(records(change)).to_list() == [erased]


def test_what_tells_nobody_apart_makes_no_tombstone_by_content() -> None:
    """Or the first 王女士 without a phone would keep out all others."""
    bare = {"name": "王女士", "phone": None, "vin": None, "event_date": None}
    stones = Tombstones(KEY).with_hashes(Tombstones(KEY).of(records(bare)))
    assert stones.erased(records({**bare, "record_id": "r2"}, {**bare})).to_list() == [False, True]


def test_nothing_can_be_told_without_the_key() -> None:
    mine, others = Tombstones(KEY), Tombstones(bytes([1]) * 32)
    hashes = mine.of(records({}))
    assert set(hashes).isdisjoint(others.of(records({})))
    assert not any(text in "".join(hashes) for text in ("r1", "13917852046", "XS1"))
    assert others.with_hashes(hashes).erased(records({})).to_list() == [False]


def test_a_row_goes_with_its_main_record_and_only_then(engine: Engine, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    table = engine.from_frame(
        records(
            {},
            {"record_id": "r1b", "role": "driver", "main": False, "name": "李娜"},
            {"record_id": "r3", "row_id": "w3", "name": "周强", "phone": "13800138001", "vin": None},
            {"record_id": "r3b", "row_id": "w3", "role": "driver", "main": False, "vin": None},
        )
    )
    assert tombstones.without_erased(engine, home, table) is table, "where nobody was erased nothing is asked"
    stones = tombstones.make_ready(home)
    hashes = [stones.keyed("record", each) for each in ("r1", "r3b")]
    tombstones.path_of(home, "e1").write_text(json.dumps(hashes))
    left = engine.collect(tombstones.without_erased(engine, home, table))
    assert left["record_id"].to_list() == ["r3"]
    assert (home.erasures / "key").stat().st_mode & 0o077 == 0
    assert tombstones.make_ready(home).key == stones.key, "the key is made once"
    (home.erasures / "key").unlink()
    with pytest.raises(OSError, match="key"):
        tombstones.without_erased(engine, home, table)
