"""Review sheets out and back: the queue of the published version, and the decisions that a person wrote beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from engine.contract import Engine
from pipelines.settings import Settings
from pipelines.sinks import review_sheet
from pipelines.sinks.review_sheet import Language
from pipelines.stages import review
from pipelines.store import versions
from pipelines.store.decision import one_line
from pipelines.store.decisions import Decisions, Wanted
from pipelines.store.home import Home
from pipelines.store.versions import Manifest, VersionError
from pipelines.workbench import open_engine

_QUOTED = 40


@dataclass(frozen=True)
class Imported:
    """What became of the rows of a sheet; ``refused`` has the row (as the sheet counts) and why."""

    same: int
    not_same: int
    known: int
    skipped: int
    refused: tuple[tuple[int, str], ...]


def export(settings: Settings, out: Path, *, limit: int, lang: Language) -> int:
    """Writes the first ``limit`` pairs of the queue; returns how many there are. An empty queue makes no sheet.

    Raises:
        VersionError: nothing is published.
    """
    home, manifest = _published(settings)
    decisions = Decisions(home, settings.ledger_url).in_force()
    with open_engine(settings, home) as engine:
        pairs = review.queue(engine, home, manifest, decisions, limit=limit)
    if pairs.height:
        review_sheet.write(pairs, review.FIELDS, out, lang=lang)
    return pairs.height


def take_back(settings: Settings, sheet: Path, *, who: str) -> Imported:
    """Enters the decisions of a sheet that still hold.

    Raises:
        SheetError: it is no review sheet.
        VersionError: nothing is published.
    """
    home, manifest = _published(settings)
    rows = review_sheet.read(sheet)
    skipped = rows.filter(pl.col("decision") == "skip").height
    rows = rows.filter(pl.col("decision") != "skip")
    with open_engine(settings, home) as engine:
        checked = _checked(engine, home, manifest, rows)
    refused = [(row, one_line(why)) for row, why in checked.select("row", "why_not").iter_rows() if why is not None]
    good = checked.filter(pl.col("why_not").is_null())
    wanted = [
        Wanted(left, right, decision == "same", why)
        for left, right, decision, why in good.select("record_id_l", "record_id_r", "decision", "why").iter_rows()
    ]
    outcomes = Decisions(home, settings.ledger_url).enter(wanted, who=who)
    refused += [(row, outcome.refused) for row, outcome in zip(good["row"], outcomes, strict=True) if outcome.refused is not None]
    entered = [outcome for outcome in outcomes if outcome.number is not None]
    return Imported(
        same=sum(outcome.wanted.same for outcome in entered),
        not_same=sum(not outcome.wanted.same for outcome in entered),
        known=sum(outcome.known for outcome in outcomes),
        skipped=skipped,
        refused=tuple(sorted(refused)),
    )


def _checked(engine: Engine, home: Home, manifest: Manifest, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``why_not``: a decision that is none, a record that is gone, or one that has changed since the sheet was made."""
    pairs = rows.select("row", "decision", "why", "record_id_l", "record_id_r", then="seen")
    records = review.shown(engine, versions.read(home, engine, manifest, "clean_records"), pairs)
    there = records["record_id"].implode()
    now = review.seen(pairs, records)
    gone = pl.when(~pl.col("record_id_l").is_in(there)).then("record_id_l").when(~pl.col("record_id_r").is_in(there)).then("record_id_r")
    return now.with_columns(
        why_not=pl.when(~pl.col("decision").is_in(["same", "not_same"]))
        .then(pl.format("{} is no decision; choose from the list", _quoted(pl.col("decision"))))
        .when(pl.any_horizontal(pl.col("record_id_l", "record_id_r", "then").is_null()))
        .then(pl.lit("the hidden columns are empty: this row was not of the sheet"))
        .when(gone.is_not_null())
        .then(pl.format("record {} is no longer there", gone.fill_null("")))
        .when(pl.col("seen") != pl.col("then"))
        .then(pl.lit("a record has changed since the sheet was made; export it again and look once more"))
    )


def _quoted(written: pl.Expr) -> pl.Expr:
    """What was written, as far as a message needs it to be found again."""
    return pl.when(written.str.len_chars() > _QUOTED).then(written.str.slice(0, _QUOTED) + "…").otherwise(written)


def _published(settings: Settings) -> tuple[Home, Manifest]:
    home = Home(settings.home)
    manifest = versions.current(home)
    if manifest is None:
        message = home.unpublished()
        raise VersionError(message)
    return home, manifest
