"""Dealer feedback: the items of a run, the scorecard, and each dealer's workbook on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from engine.contract import Engine, Table
from pipelines.draft import Draft
from pipelines.settings import Settings
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest
from quality_reports import worklists
from quality_reports.messages import Language
from quality_reports.scorecard import build_scorecard
from quality_reports.worklist_book import build_worklist

NAME = "worklist"
_TEXT = ("phone", "name", "id_number", "vin", "address", "email", "plate", "birth_date", "gender")
_MOST = 2_000_000
_CRM = "crm"
"""Who sends nothing but this export is no dealer."""


def advance(engine: Engine, draft: Draft, clean_records: Table, settings: Settings) -> Table:
    """WORKLIST of this run, from that of the version it builds upon."""
    before = draft.previous_table(engine, NAME)
    days, most = settings.worklist_days, settings.worklist_items
    return worklists.advance(engine, before=before, clean_records=clean_records, as_of=draft.as_of, days=days, most=most)


def scorecards(engine: Engine, draft: Draft, languages: Sequence[Language]) -> list[Path]:
    """The scorecard of a run that is not published yet, in these languages, beside its reports."""
    scores = worklists.scores(engine, draft.read(engine, NAME), as_of=draft.as_of)
    query = f"select * from q where run_id = '{draft.run_id}' and source = '' and measure = 'score'"
    quality = engine.collect(engine.sql(query, q=draft.read(engine, "quality_history")))
    query = f"select dealer_id from f group by dealer_id having min(source) = '{_CRM}' and max(source) = '{_CRM}'"
    crm = engine.collect(engine.sql(query, f=draft.read(engine, "files")))["dealer_id"].to_list()
    folder = draft.folder / "report"
    return [
        build_scorecard(
            scores=scores,
            quality=quality,
            run_id=draft.run_id,
            as_of=draft.as_of,
            lang=lang,
            out=folder / f"scorecard.{lang}.html",
            unranked=crm,
        )
        for lang in languages
    ]


def workbooks(engine: Engine, home: Home, manifest: Manifest, *, dealers: Sequence[str], lang: Language, folder: Path) -> Iterator[Path]:
    """Writes the workbook of each dealer with open items (or of these dealers) as ``<dealer>.xlsx``. Plain values: for the dealer only.

    Raises:
        VersionError: the version was made before there were worklists.
    """
    as_of = date.fromisoformat(manifest.as_of)
    tables = {name: versions.read(home, engine, manifest, name) for name in (NAME, "records", "files")}
    text = " ".join(f"when w.field = '{name}' then r.{name}" for name in _TEXT)
    query = f"""
        select w.dealer_id, w.item_id, w.field, w.reason, w.opened, w.due, case {text} end as written, r.name as customer, r.phone, r.source,
               r.source_key, f.file_name, r.row_number
        from w join r on r.record_id = w.record_id left join f on f.file_id = r.file_id and f.dealer_id = r.dealer_id
        where w.closed is null order by w.dealer_id, w.due, w.item_id
    """
    rows = engine.collect(engine.sql(query, w=tables[NAME], r=tables["records"], f=tables["files"]), max_rows=_MOST)
    for (dealer,), own in rows.partition_by("dealer_id", as_dict=True, maintain_order=True).items():
        if not dealers or dealer in dealers:
            yield build_worklist(own, dealer=str(dealer), as_of=as_of, lang=lang, out=folder / f"{dealer}.xlsx")


def standing(engine: Engine, home: Home, manifest: Manifest) -> pl.DataFrame:
    """The scorecard's numbers of a version."""
    return worklists.scores(engine, versions.read(home, engine, manifest, NAME), as_of=date.fromisoformat(manifest.as_of))
