"""What is kept beside the tables: deliveries, models, review sheets, decisions' texts, reports, Dagster's storage and logs.

Nothing is changed here: each function adds steps, and says what they will do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import MetaData, String, Table, create_engine, select

from engine.contract import Engine
from engine.contract import Table as EngineTable
from matching import customers as customer_matching
from matching import features, frequencies
from matching.model import frequencies_path
from pipelines.erasure.forms import Forms
from pipelines.erasure.looking import held, searchable
from pipelines.erasure.person import Person, Values
from pipelines.erasure.steps import STORE, Steps
from pipelines.erasure.tombstones import Tombstones
from pipelines.ingest import workbooks
from pipelines.ingest.reasons import RefusedError
from pipelines.sinks import crm
from pipelines.sinks.flat import flatten
from pipelines.sinks.review_sheet import HIDDEN, SHEET
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

FREE_TEXT = frozenset({"why", "value", "text", "note", "comment", "old_value", "new_value"})
"""Columns of the SQL store in which people write, or values are kept."""
SQLITE = b"SQLite format 3\x00"


def deliveries(
    engine: Engine, home: Home, steps: Steps, person: Person, remade: set[str], made: dict[int, Manifest]
) -> list[dict[str, object]]:
    """CRM imports kept in the home, without the person; each that named the person is told.

    ``remade``: other customers whose rows may hold what came from the person's rows; ``made``: the new manifests by version.
    """
    told = []
    for folder in sorted(path for path in home.deliveries.iterdir() if (path / "manifest.json").exists()):
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        mine, theirs = list(person.ids), sorted(remade)
        gone = 0
        described = {file["name"]: file for file in content["files"]}
        for name in ("customers_full", "customers_delta"):
            parquet = folder / f"{name}.parquet"
            rows = pl.scan_parquet(parquet)
            changed = pl.col("customer_id").is_in([*mine, *theirs]) & pl.col("records").is_not_null()
            named = rows.filter(changed).collect()
            if named.is_empty():
                continue
            gone += named.filter(pl.col("customer_id").is_in(mine)).height
            again = _again(engine, home, made.get(int(folder.name)), named.filter(pl.col("customer_id").is_in(theirs)))
            staged, csv = steps.stage(), steps.stage()
            kept = pl.concat([rows.filter(~changed), again.lazy()]) if again.height else rows.filter(~changed)
            order = ["operation", "customer_id"] if name == "customers_delta" else ["customer_id"]
            (kept.sort(order) if again.height else kept).sink_parquet(staged)
            pl.scan_parquet(staged).sink_csv(csv, quote_style="necessary")
            number = pl.scan_parquet(staged).select(pl.len()).collect().item()
            for path, new in ((parquet, staged), (folder / f"{name}.csv", csv)):
                described[path.name] = {**crm.described(new, number), "name": path.name}
                steps.replace(path, new)
        if gone:
            told.append({"delivery": folder.name, "rows": gone, "made": content.get("as_of")})
        if described != {file["name"]: file for file in content["files"]}:
            content["files"] = [described[file["name"]] for file in content["files"]]
            content["erased"] = True
            steps.write(folder / "manifest.json", json.dumps(content, ensure_ascii=False, indent=1))
    return told


def _again(engine: Engine, home: Home, manifest: Manifest | None, named: pl.DataFrame) -> pl.DataFrame:
    """Rows of a delivery as the version says them now; none where the version is no longer kept."""
    if manifest is None or named.is_empty():
        return named.clear()
    asked = engine.from_frame(named.select("customer_id"))
    customers = engine.sql(
        "select c.* from c join a on a.customer_id = c.customer_id", c=versions.read(home, engine, manifest, "customers"), a=asked
    )
    flat = flatten(engine.collect(customers))
    kept = named.select(name for name in named.columns if name not in flat.columns or name == "customer_id")
    return flat.join(kept, on="customer_id").select(named.columns)


def models(engine: Engine, home: Home, steps: Steps, person: Person, manifest: Manifest) -> int:
    """Frequencies of values that only the person had go from every model; how many."""
    paths = [path for path in sorted(home.models.glob("*.yaml")) if frequencies_path(path).exists()]
    if not paths or person.clean.is_empty():
        return 0
    own = _codes_of_nobody_else(engine, home, person, manifest)
    gone = 0
    for path in paths:
        kept = pl.read_parquet(frequencies_path(path))
        left = kept.join(own, on=["feature", "code"], how="anti", maintain_order="left")
        if left.height < kept.height:
            gone += kept.height - left.height
            staged = steps.stage()
            left.write_parquet(staged)
            steps.replace(frequencies_path(path), staged)
    return gone


def _codes_of_nobody_else(engine: Engine, home: Home, person: Person, manifest: Manifest) -> pl.DataFrame:
    """``feature`` (as frequencies name it), ``code`` of the person's values that no record left has."""
    spec = customer_matching.spec()

    def codes(records: pl.DataFrame | None) -> EngineTable:
        table = versions.read(home, engine, manifest, "clean_records") if records is None else engine.from_frame(records)
        standard = customer_matching.features(engine, table)
        return engine.materialize(features.build(engine, standard, features.number_records(engine, standard, spec), spec))

    clean = person.clean.unique("record_id", keep="last", maintain_order=True)
    mine, others = codes(clean), codes(None)
    found = []
    for group, members in frequencies.groups(spec).items():
        listed = [f'select distinct "{member}" as code from {{}}' for member in members]
        query = f"({' union '.join(each.format('m') for each in listed)}) except ({' union '.join(each.format('o') for each in listed)})"
        rows = engine.collect(engine.sql(f"select code from ({query}) d", m=mine, o=others))
        found.append(rows.select(pl.lit(group).alias("feature"), "code"))
    return pl.concat(found)


def sheets(home: Home, inbox: Path, steps: Steps, person: Person) -> int:
    """Rows of review sheets below the home that show a record of the person; how many. A sheet keeps what was written in it, not its drop-downs."""
    import xlsxwriter  # noqa: PLC0415 - only where there is a sheet

    gone = 0
    for path in strays(home, inbox):
        if not is_review_sheet(path):
            continue
        cells = next(workbooks.sheets(path)).cells
        names = cells.row(1) if cells.height > 1 else ()
        columns = [f"c{place}" for place, name in enumerate(names) if name in HIDDEN[:2]]
        named = cells.select(pl.any_horizontal(pl.col(columns).is_in(list(person.records)))).to_series() if columns else None
        if named is None or not named.any():
            continue
        gone += int(named.sum())
        staged = steps.stage()
        with xlsxwriter.Workbook(
            str(staged), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        ) as book:
            page = book.add_worksheet(SHEET)
            for row, values in enumerate(cells.filter(~named.fill_null(value=False)).iter_rows()):
                for column, value in enumerate(values):
                    if value is not None:
                        page.write_string(row, column, value)
            page.set_row(1, None, None, {"hidden": True})
        steps.replace(path, staged)
    return gone


def is_review_sheet(path: Path) -> bool:
    """Whether a file is a sheet of `chezhu review export`."""
    if path.suffix.lower() != ".xlsx":
        return False
    try:
        return [page.name for page in workbooks.sheets(path)] == [SHEET]
    except RefusedError:
        return False


def strays(home: Home, inbox: Path) -> Iterator[Path]:
    """Files below the home that belong to none of its folders: what people have put there."""
    own = {home.staged, home.tables, home.versions, home.drafts, home.scratch, home.models, home.reports, home.deliveries, home.dagster}
    own |= {home.erasures, inbox}
    for path in sorted(home.root.iterdir()):
        if path in own or path.name in {"CURRENT", "LOCK", home.ledger.name, home.seen.name, home.last_inbox.name}:
            continue
        if path.is_dir():
            yield from (
                each for each in sorted(path.rglob("*")) if each.is_file() and not any(each.is_relative_to(folder) for folder in own)
            )
        elif path.is_file():
            yield path


def store(home: Home, url: str, steps: Steps, person: Person, values: Values, stones: Tombstones) -> int:
    """Texts of the SQL store: of rows about the person all that people wrote, elsewhere the values; how many rows."""
    return _database(store_url(home, url), steps, values, person=person, stones=stones, known_as=STORE)


def store_url(home: Home, url: str) -> str:
    """Where the SQL store is."""
    return url or f"sqlite:///{home.ledger}"


def others(home: Home, steps: Steps, values: Values) -> dict[str, int]:
    """Values in Dagster's storage, logs and reports, where there should be none; how many places of each."""
    found = {"databases": 0, "texts": 0, "left": 0}
    forms = searchable(values)
    for path in sorted(path for folder in (home.dagster, home.reports) for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            head = stream.read(16)
        if head == SQLITE:
            found["databases"] += _database(f"sqlite:///{path}", steps, values) if held(path, forms) else 0
        elif held(path, forms):
            if head.startswith(b"PK"):
                found["left"] += 1
            else:
                found["texts"] += _text(path, steps, forms)
    for path in sorted(home.models.glob("*.yaml")):
        if held(path, forms):
            found["texts"] += _text(path, steps, forms)
    return found


def _text(path: Path, steps: Steps, forms: Forms) -> bool:
    """Whether a text loses values."""
    before = path.read_text(encoding="utf-8", errors="replace")
    after = forms.cleared(before)
    if after != before:
        steps.write(path, after)
    return after != before


def _database(
    url: str, steps: Steps, values: Values, *, person: Person | None = None, stones: Tombstones | None = None, known_as: str = ""
) -> int:
    engine = create_engine(url)
    meta = MetaData()
    meta.reflect(engine)
    changed = 0
    with engine.connect() as connection:
        for table in meta.sorted_tables:
            keys = [column.name for column in table.primary_key.columns]
            texts = [column.name for column in table.columns if isinstance(column.type, String) and column.name not in keys]
            if not keys or not texts:
                continue
            for row in connection.execute(select(table)).mappings():
                new = _row(table, dict(row), texts, values, person, stones)
                if new:
                    changed += 1
                    steps.sql(known_as or url, table.name, {key: row[key] for key in keys}, new)
    if changed and engine.dialect.name == "sqlite":
        steps.vacuum(known_as or url)
    engine.dispose()
    return changed


def _row(
    table: Table, row: dict[str, Any], texts: Sequence[str], values: Values, person: Person | None, stones: Tombstones | None
) -> dict[str, object]:
    """The columns of a row that change, with what they will say."""
    del table
    named = set() if person is None else {text for text in row.values() if isinstance(text, str) and text in person.named}
    new: dict[str, object] = {}
    for name in texts:
        text = row[name]
        if not isinstance(text, str) or not text:
            continue
        if named and name in FREE_TEXT:
            new[name] = ""
        elif stones is not None and person is not None and text in person.records:
            new[name] = stones.stand_in(text)
        elif (without := values.without(text)) != text:
            new[name] = without
    return new
