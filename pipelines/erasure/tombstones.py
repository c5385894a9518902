"""Tombstones: what keeps the same export from bringing an erased person back.

A tombstone is an HMAC-SHA-256 with a secret key of the home: of a record's id (dealer, source, the source's own key, role), and of what the row
says (kind of export, role, name, phone, …, date), where that holds anything that tells people apart. So a row is known again under its key, or under
another key with the same content. A new event of the same person has neither: it is new data.

Without the key nobody can tell from a tombstone whom it is about, nor test a guess. Whoever has both (the whole home) can test guesses.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from pipelines.store.home import Home

KEY_BYTES = 32
SHOWN = 32
CONTENT = ("source", "role", "name", "phone", "email", "id_number", "birth_date", "address", "vin", "plate", "event_date", "event_kind")
"""What makes two rows the same by content."""
_TELLING = ("phone", "email", "id_number", "vin", "plate")
_NEEDED = ("record_id", "row_id", "main", "dealer_id", *CONTENT)


@dataclass(frozen=True)
class Tombstones:
    """Keyed hashes of erased records; empty where nobody was erased."""

    key: bytes
    hashes: frozenset[str] = field(default_factory=frozenset)

    def keyed(self, kind: str, text: str) -> str:
        """The keyed hash of one text, hexadecimal."""
        return hmac.digest(self.key, f"{kind}\x1f{text}".encode(), "sha256").hex()

    def stand_in(self, record_id: str) -> str:
        """What stands for the id of an erased record where its row must stay."""
        return self.keyed("record", record_id)[:SHOWN]

    def of(self, records: pl.DataFrame) -> list[str]:
        """The tombstones of RECORDS rows, sorted."""
        contents = (self.keyed("content", text) for text in _contents(records) if text is not None)
        return sorted({*(self.keyed("record", each) for each in records["record_id"]), *contents})

    def with_hashes(self, more: Iterable[str]) -> Tombstones:
        """These and more."""
        return Tombstones(self.key, self.hashes | frozenset(more))

    def erased(self, records: pl.DataFrame) -> pl.Series:
        """Which RECORDS rows (``record_id`` and ``CONTENT``) are of an erased person."""
        if not self.hashes:
            return pl.Series("erased", [False] * records.height, dtype=pl.Boolean)
        known = [self.keyed("record", each) in self.hashes for each in records["record_id"]]
        contents = _contents(records)
        return pl.Series(
            "erased",
            [
                found or (text is not None and self.keyed("content", text) in self.hashes)
                for found, text in zip(known, contents, strict=True)
            ],
            dtype=pl.Boolean,
        )


def load(home: Home) -> Tombstones | None:
    """The tombstones of a home; None where nobody was ever erased.

    Raises:
        OSError: there are tombstones, and the key is gone.
    """
    paths = sorted(home.erasures.glob("*.tombstones.json")) if home.erasures.is_dir() else []
    if not paths:
        return None
    hashes = frozenset(text for path in paths for text in json.loads(path.read_text(encoding="utf-8")))
    return Tombstones(_key_path(home).read_bytes(), hashes)


def make_ready(home: Home) -> Tombstones:
    """The tombstones of a home, and its key, made where there is none yet."""
    found = load(home)
    if found is not None:
        return found
    path = _key_path(home)
    if not path.exists():
        home.erasures.mkdir(mode=0o700, exist_ok=True)
        part = path.with_name("key.part")
        part.write_bytes(secrets.token_bytes(KEY_BYTES))
        part.chmod(0o600)
        part.replace(path)
    return Tombstones(path.read_bytes())


def path_of(home: Home, erasure: str) -> Path:
    """Where the tombstones of one erasure are: a JSON list."""
    return home.erasures / f"{erasure}.tombstones.json"


def without_erased(engine: Engine, home: Home, records: Table) -> Table:
    """RECORDS without those of erased people.

    Where the record that a row's event hangs on is erased, the row goes with all that it names.
    """
    stones = load(home)
    if stones is None:
        return records
    needed = engine.sql(f"select {', '.join(_NEEDED)} from r", r=records)
    marked = engine.materialize(
        engine.map_batches(needed, partial(_marked, stones=stones), {"record_id": pl.String(), "row_id": pl.String(), "main": pl.Boolean()})
    )
    if engine.count(marked) == 0:
        return records
    columns = ", ".join(f"r.{name}" for name in schema("records"))
    query = f"""
        select {columns} from r left join m on m.record_id = r.record_id
        left join (select distinct row_id from m where main) w on w.row_id = r.row_id where m.record_id is null and w.row_id is null
    """
    return engine.sql(query, r=records, m=marked)


def _marked(records: pl.DataFrame, *, stones: Tombstones) -> pl.DataFrame:
    return records.filter(stones.erased(records)).select("record_id", "row_id", "main").unique()


def _contents(records: pl.DataFrame) -> list[str | None]:
    """What each row says, as one text; None where it tells nobody apart."""
    telling = pl.any_horizontal(pl.col(_TELLING).is_not_null())
    parts = [pl.col(name).fill_null("").str.strip_chars().str.to_lowercase() for name in CONTENT]
    joined = records.select(pl.when(telling & pl.col("name").is_not_null()).then(pl.concat_str(parts, separator="\x1f")).alias("text"))
    return joined["text"].to_list()


def _key_path(home: Home) -> Path:
    return home.erasures / "key"
