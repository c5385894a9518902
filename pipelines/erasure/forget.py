"""`chezhu forget`: prepares an erasure beside what is there, commits it, carries it out, and keeps the proof."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import time
from typing import Any

import polars as pl

from engine.contract import Engine
from engine.tables import schema
from matching.identity.lineage import UnknownCustomerError
from matching.survivorship import load_rules
from pipelines import faults
from pipelines.erasure import copies, elsewhere, new_version, originals, person, steps, tombstones
from pipelines.erasure.hashes import hashes
from pipelines.erasure.looking import held, searchable
from pipelines.erasure.originals import Found
from pipelines.erasure.others import Others
from pipelines.erasure.person import Person, Values
from pipelines.erasure.rewriting import Rewriter
from pipelines.erasure.steps import Steps
from pipelines.erasure.table_files import TableFiles, used
from pipelines.erasure.tables import Eraser
from pipelines.erasure.tombstones import Tombstones
from pipelines.erasure.verifying import rewritten
from pipelines.ingest import contracts, inbox
from pipelines.ingest.limits import Limits
from pipelines.settings import Settings
from pipelines.stages import delivered
from pipelines.store import versions
from pipelines.store.decisions import Decisions
from pipelines.store.home import Home, remove
from pipelines.store.ledger import Ledger
from pipelines.store.versions import VersionError
from pipelines.workbench import open_engine


class ErasureError(Exception):
    """An erasure cannot be done as asked; nothing was changed, and the message says what to do."""


@dataclass(frozen=True)
class Order:
    """Who is to be forgotten, on whose word, why, and on which date."""

    customer_id: str
    who: str
    why: str
    as_of: date


@dataclass
class Prepared:
    """What an erasure will do; ``proof`` says it without the values."""

    steps: Steps
    proof: dict[str, Any] = field(default_factory=dict)


def forget(settings: Settings, order: Order, *, dry_run: bool = False) -> dict[str, Any]:
    """Erases a person; returns the proof.

    With ``dry_run`` nothing is changed, and what would be done is returned.

    Raises:
        ErasureError: there is no such customer, or a file cannot be written anew.
        HomeBusyError: a run works on the home.
        VersionError: nothing is published.
    """
    home = Home(settings.home)
    if versions.current(home) is None:
        message = home.unpublished()
        raise VersionError(message)
    with home.lock(erasing=True):
        finished = finish(settings)
        if finished is not None and finished["customer_id"] == order.customer_id:
            return finished
        if not dry_run:  # unfinished runs hold the person as well
            versions.remove_unpublished(home)
            for folder in home.staged.iterdir():
                remove(folder)
        before = set(home.tables.glob("*/*"))
        erasure = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        folder = home.erasures / erasure
        folder.mkdir(parents=True, mode=0o700)
        try:
            with open_engine(settings, home) as engine:
                prepared = _prepare(engine, settings, home, order, erasure, dry_run=dry_run)
        except BaseException:
            _undo(home, folder, before)
            raise
        if dry_run:
            _undo(home, folder, before)
            return prepared.proof
        prepared.steps.commit()
        faults.reach("forget.committed")
        _carry_out(settings, folder)
    return prepared.proof


def finish(settings: Settings) -> dict[str, Any] | None:
    """Finishes an erasure that was interrupted, and returns its proof; clears one that had changed nothing yet. Only while holding the lock."""
    home = Home(settings.home)
    folder = steps.pending(home)
    if folder is None:
        return None
    if not (folder / steps.LIST).exists():
        remove(folder)
        return None
    _carry_out(settings, folder)
    proof: dict[str, Any] = json.loads((home.erasures / f"{folder.name}.json").read_text(encoding="utf-8"))
    return proof


def _undo(home: Home, folder: Path, before: set[Path]) -> None:
    """Takes away what was prepared."""
    remove(home.drafts / folder.name)
    for path in set(home.tables.glob("*/*")) - before:
        remove(path)
    remove(folder)


def _carry_out(settings: Settings, folder: Path) -> None:
    home = Home(settings.home)

    def enter() -> None:
        Ledger(home, settings.ledger_url).reconcile()

    def point(version: int) -> None:
        versions.point_to(home, version)

    steps.carry_out(folder, {"ledger": enter, "point": point}, copies.store_url(home, settings.ledger_url))


def _prepare(engine: Engine, settings: Settings, home: Home, order: Order, erasure: str, *, dry_run: bool) -> Prepared:
    manifests = [versions.load(home, version) for version in versions.published(home)]
    try:
        whom = person.find(engine, home, manifests, order.customer_id)
    except UnknownCustomerError as error:
        raise ErasureError(str(error)) from error
    if whom.known.is_empty() and any(whom.ids & set(proof["ids"]) for proof in erasures(home)):
        whom = replace(whom, records=frozenset(), rows=frozenset())  # erased before: the inbox is looked through once more
    values = person.values(engine, home, manifests, whom)
    faults.reach("forget.person")
    stones = tombstones.make_ready(home)
    new_stones = stones.of(whom.known) if whom.known.height else []
    stones = stones.with_hashes(new_stones)
    todo = Steps(home.erasures / erasure)
    files, in_inbox, left = _inbox(settings, todo, stones, whom, values)
    faults.reach("forget.originals")
    others = [each for each in Decisions(home, settings.ledger_url).in_force() if not whom.records & set(each.named)]
    written = TableFiles(engine, home)
    eraser = Eraser(written, whom, values, stones, files, Others(written, whom, load_rules(settings.survivorship), others))
    made = {manifest.version: eraser.version(manifest) for manifest in manifests}
    faults.reach("forget.tables")
    for manifest in made.values():
        todo.write(versions.manifest_path(home, manifest.version), versions.written(manifest))
    last = made[manifests[-1].version]
    remade = eraser.tables.done.remade | eraser.tables.done.ended
    sent = delivered.of_customer(home, settings.ledger_url, manifests, whom.ids)
    in_deliveries = copies.deliveries(engine, home, todo, whom, remade, made)
    in_models = copies.models(engine, home, todo, whom, last)
    in_sheets = copies.sheets(home, settings.inbox_dir, todo, whom)
    in_store = copies.store(home, settings.ledger_url, todo, whom, values, stones)
    in_others = copies.others(home, todo, values)
    faults.reach("forget.copies")
    proof = {
        "erasure": erasure,
        "customer_id": whom.customer_id,
        "ids": sorted(whom.ids),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": order.who,
        "why": values.without(order.why),
        "records": len(whom.records),
        "rows_whole": len(whom.rows),
        "tables": dict(sorted(eraser.tables.done.rows.items())),
        "versions": [manifest.version for manifest in manifests],
        "inbox": in_inbox,
        "deliveries": in_deliveries,
        "model_frequencies": in_models,
        "review_sheet_rows": in_sheets,
        "store_rows": in_store,
        "storage_and_reports": in_others,
        "others_ended": sorted(eraser.tables.done.ended),
        "others_made_anew": sorted(eraser.tables.done.remade),
        "values": {kind: {"erased": len(values.own[kind]), "shared_with_others": len(values.shared[kind])} for kind in values.own},
        "mentions_erased": values.mentions,
        "originals_not_in_the_inbox": elsewhere.originals(engine, home, manifests[-1], whom, settings.inbox_dir),
        "reference_rows": elsewhere.reference_rows(engine, home, manifests, whom),
        "left": [*left, *elsewhere.strays(home, settings.inbox_dir, values)],
        "delivered_elsewhere": sent,
        "tombstones": len(new_stones),
        "dry_run": dry_run,
    }
    if whom.records or whom.rows:
        version = new_version.prepare(engine, home, todo, order.as_of, eraser, last, erasure)
        proof["version"] = version
        if todo.made is not None:
            made[version] = todo.made
    faults.reach("forget.version")
    proof["files"] = hashes(home, todo, eraser.tables.done.files)
    needed = used(home, list(made.values()))
    for path in sorted(set(home.tables.glob("*/*")) - needed):
        todo.remove(path)
    todo.remove(home.drafts / erasure)
    if not dry_run and new_stones:
        todo.write(tombstones.path_of(home, erasure), json.dumps(new_stones))
        todo.found.insert(0, todo.found.pop())  # first of all: from now on the same export brings nobody back
    todo.write(home.erasures / f"{erasure}.json", json.dumps(proof, ensure_ascii=False, indent=1))
    return Prepared(todo, proof)


def _inbox(
    settings: Settings, todo: Steps, stones: Tombstones, whom: Person, values: Values
) -> tuple[pl.DataFrame, list[dict[str, Any]], list[str]]:
    """Files of the inbox written anew: their FILES rows (with ``old``, the id they had), what the proof says of each, and files nobody could read that hold values."""
    book = contracts.load(settings.contracts)
    limits = Limits(
        max_file_bytes=settings.max_file_bytes, max_unpacked_bytes=settings.max_unpacked_bytes, max_row_bytes=settings.max_row_bytes
    )
    if not settings.inbox_dir.is_dir():
        message = f"there is no inbox at {settings.inbox_dir}, and what dealers sent must be looked through: name it with --inbox"
        raise ErasureError(message)
    every = inbox.scan(settings.inbox_dir, settle_seconds=0, now=time() + 1)
    scratch = todo.folder / "scratch"
    scratch.mkdir(mode=0o700)
    rewriter = Rewriter(book, limits, values, scratch)
    rows: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    left: list[str] = []
    forms = searchable(values)
    found = originals.find([file for file in every if file.state == "ready"], book, limits, stones, whom, values)
    for each in found:
        if not each.rows and not held(each.file.path, forms):
            continue
        if not os.access(each.file.path.parent, os.W_OK):
            message = (
                f"{each.file.path.parent} cannot be written to, and {each.file.file_name} must be written anew: give this user the right to"
            )
            raise ErasureError(message)
        made = rewritten(each, rewriter, todo.stage())
        if made is None:
            left.append(f"inbox {each.file.dealer_id}/{each.file.file_name}")
            continue
        todo.replace(each.file.path, made.path, like=each.file.path.stat())
        rows.append({**made.row, "old": each.file.file_id})
        told.append(_told(each, made.row["file_id"]))
        if each.unread and held(made.path, forms):
            left.append(f"inbox {each.file.dealer_id}/{each.file.file_name}")
    left += [f"inbox {file.dealer_id}/{file.file_name}" for file in every if file.state != "ready" and held(file.path, forms)]
    remove(scratch)
    columns = {**{name: dtype for name, dtype in schema("files").items() if name != "arrival"}, "old": pl.String()}
    return pl.DataFrame(rows, schema=columns).unique(["dealer_id", "old"], maintain_order=True), told, left


def _told(found: Found, after: str) -> dict[str, Any]:
    return {
        "dealer_id": found.file.dealer_id,
        "file": found.file.file_name,
        "rows": found.number,
        "of_them_quarantined": found.quarantined,
        "sha256_before": found.file.file_id,
        "sha256_after": after,
    }


def erasures(home: Home) -> Sequence[dict[str, Any]]:
    """The proofs that the home keeps, oldest first."""
    if not home.erasures.is_dir():
        return []
    paths = sorted(path for path in home.erasures.glob("*.json") if not path.name.endswith(".tombstones.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
