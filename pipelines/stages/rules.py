"""Whether a run may take what the version before made of records that did not change: only what the same rules made."""

from __future__ import annotations

from cleansing import reference
from pipelines.draft import Draft
from pipelines.version import VERSION


def rules() -> str:
    """What the tables depend on beside the records: the version of the code and the reference data."""
    return f"{VERSION} {reference.digest()[:16]}"


def reusable(draft: Draft) -> bool:
    """Whether records are taken as they were cleansed before."""
    manifest = draft.previous
    return manifest is not None and not draft.selection.full and manifest.run.get("rules") == rules()


def increments(draft: Draft) -> bool:
    """Whether a run takes only what changed."""
    return draft.selection.increments and reusable(draft)
