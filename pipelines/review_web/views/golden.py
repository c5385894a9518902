"""A golden record: each value, and the record and rule that it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.review_web.call import Call
from pipelines.review_web.views.values import shown

FIELDS = ("name", "party", "gender", "birth_date", "id_number", "phones", "emails", "address", "vins", "plates")
_ALSO = {"phones": "mobile", "emails": "email"}
"""Fields of which the first value has a column of its own: provenance may name that one."""


@dataclass(frozen=True)
class Fact:
    """A field's values; where the golden record says it: record, rule, the value that came second."""

    field: str
    values: tuple[str, ...]
    record_id: str = ""
    rule: str = ""
    runner_up: str = ""


@dataclass(frozen=True)
class Facts:
    """A golden record for a page."""

    title: str
    values: tuple[Fact, ...]
    numbers: Mapping[str, object]


def facts(golden: Mapping[str, object], call: Call) -> Facts:
    """A CUSTOMERS row (with monetary and value_segment) for a page, masked for readers."""
    found = []
    provenance = golden["provenance"]
    told = {str(each["field"]): each for each in provenance} if isinstance(provenance, list) else {}
    for field in FIELDS:
        values = tuple(shown(field, golden[field], plain=call.plain))
        if values:
            origin = told.get(field) or told.get(_ALSO.get(field, field), {})
            runner = " ".join(shown(field, origin.get("runner_up"), plain=call.plain))
            found.append(Fact(field, values, str(origin.get("record_id") or ""), str(origin.get("rule") or ""), runner))
    title = " ".join(shown("name", golden["name"] or golden["surname"], plain=call.plain)) or call.text("record.nameless")
    names = ("records", "dealers", "first_seen", "last_seen", "score", "monetary", "value_segment", "home_dealer_id")
    return Facts(title, tuple(found), {name: golden[name] for name in names})
