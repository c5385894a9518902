"""Where else something of the person may be: what an erasure cannot reach, and whoever keeps it must be told of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from engine.changes import within
from engine.contract import Engine
from pipelines.erasure import copies
from pipelines.erasure.looking import held, searchable
from pipelines.erasure.person import Person, Values
from pipelines.reference_sources.settings import PLACE
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest


def originals(engine: Engine, home: Home, manifest: Manifest, whom: Person, inbox_dir: Path) -> list[str]:
    """Files that said something of the person and that are no longer in the inbox, as ``dealer/name``."""
    files = engine.collect(versions.read(home, engine, manifest, "files")).join(whom.known, on=["dealer_id", "file_id"], how="semi")
    return [
        f"{dealer}/{name}"
        for dealer, name in files.sort("dealer_id", "file_name").select("dealer_id", "file_name").iter_rows()
        if not (inbox_dir / dealer / name).exists()
    ]


def reference_rows(engine: Engine, home: Home, manifests: Sequence[Manifest], whom: Person) -> list[str]:
    """Rows of reference sources that any version found by the person's keys, as ``source:row`` (from 1); not those that are about the place.

    The sources are others' files, and make nobody a customer.
    """
    ids = engine.from_frame(pl.DataFrame({"customer_id": sorted(whom.ids)}, schema={"customer_id": pl.String}))
    found: set[str] = set()
    for manifest in manifests:
        if "reference_values" not in manifest.tables:
            continue
        values, matches = (
            within(engine, versions.read(home, engine, manifest, name), ids) for name in ("reference_values", "reference_matches")
        )
        keys = engine.collect(engine.sql("select distinct source, keys from m", m=matches)).rows()
        about = {source for source, names in keys if not set(names.split("+")) <= PLACE}
        rows = engine.collect(engine.sql("select distinct source, record_id from v", v=values)).rows()
        found |= {record.removeprefix("reference:") for source, record in rows if source in about}
    return sorted(found)


def strays(home: Home, inbox_dir: Path, values: Values) -> list[str]:
    """Files that people have put into the home and that hold a value."""
    forms = searchable(values)
    sheets = (path for path in copies.strays(home, inbox_dir) if held(path, forms))
    return [str(path.relative_to(home.root)) for path in sheets if not copies.is_review_sheet(path)]
