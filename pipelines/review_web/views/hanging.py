"""What the drawing of a cluster says of each record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.review_web.call import Call
from pipelines.review_web.texts import catalogue
from pipelines.review_web.views.values import shown

_LONGEST = 9
"""Characters of a name that fit into a box."""


def titles_of(rows: Sequence[Mapping[str, object]], call: Call) -> dict[str, tuple[str, str]]:
    """Two short lines of each CLEAN_RECORDS row: the name, and where it is from."""
    words = catalogue(call.lang)
    found = {}
    for row in rows:
        name = " ".join(shown("name", row["name"] or row["surname"], plain=call.plain)) or words["record.nameless"]
        source = words.get(f"source.{row['source']}", str(row["source"]))
        found[str(row["record_id"])] = (
            name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…",
            f"{row['dealer_id']} · {source}"[:20],
        )
    return found
