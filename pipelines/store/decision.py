"""What a steward decides, as it is wanted and as it stands in the store."""

from __future__ import annotations

from dataclasses import dataclass

from engine.privacy import mask

SAME, NOT_SAME, LOCK, CORRECT, PREFER, UNDO = "same", "not_same", "lock", "correct", "prefer", "undo"
PAIRS, VALUES = (SAME, NOT_SAME), (CORRECT, PREFER)
"""Kinds that are about two records, and about a value of a customer."""
LONGEST_WHO = 128
"""Characters of a name: what the store has room for."""
_MASKS = {
    "name": "name",
    "phone": "phone",
    "email": "email",
    "id_number": "id_number",
    "address": "address",
    "vin": "vin",
    "plate": "plate",
}


class DecisionError(Exception):
    """A decision cannot be entered; the message says what stands against it."""


@dataclass(frozen=True)
class Wanted:
    """A decision to be entered: two records, and whether they are the same customer."""

    left_id: str
    right_id: str
    same: bool
    why: str = ""


@dataclass(frozen=True)
class WantedLock:
    """A lock to be entered: these records, and no others, are one customer."""

    records: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True)
class WantedValue:
    """A value to be entered: of the customer who has ``record_id``.

    ``value`` is in the form that cleansing gives it. ``prefer``: it is one of the customer's own and becomes the primary one. ``beside``:
    records whose decisions are the customer's too, so that no two in force say different things of one field.
    """

    record_id: str
    field: str
    value: str
    prefer: bool = False
    why: str = ""
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """A decision as it stands in the store; ``at`` is UTC, ISO 8601. ``value`` is personal."""

    number: int
    kind: str
    left_id: str | None
    right_id: str | None
    undoes: int | None
    who: str
    why: str
    at: str
    field: str | None = None
    value: str | None = None
    records: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """How errors call it."""
        return f"decision {self.number} by {self.who} of {self.at[:10]}"

    @property
    def source(self) -> str:
        """How provenance calls it: what stands there in place of a record.

        >>> Decision(12, "correct", "r1", None, None, "li", "", "2026-01-01").source
        'decision:12'
        """
        return f"decision:{self.number}"

    @property
    def named(self) -> tuple[str, ...]:
        """The records that it names."""
        return (*filter(None, (self.left_id, self.right_id)), *self.records)

    @property
    def shown(self) -> str:
        """Its value, masked."""
        return masked(self.field, self.value)


@dataclass(frozen=True)
class Outcome:
    """What became of a wanted decision: its number, or why it was refused; ``known`` where the same was decided before."""

    wanted: Wanted
    number: int | None = None
    known: bool = False
    refused: str | None = None


@dataclass(frozen=True)
class Answer:
    """The same for a lock or a value."""

    number: int | None = None
    known: bool = False
    refused: str | None = None


def one_line(text: str, longest: int | None = None) -> str:
    r"""What somebody wrote, for a terminal and a list: no line breaks or control characters, at most so many characters.

    >>> one_line(" he\ncalled\x1b[31m twice ", 11)
    'he called[…'
    """
    bare = "".join(" " if each.isspace() else each for each in text if each.isspace() or each.isprintable())
    plain = " ".join(bare.split())
    return plain if longest is None or len(plain) <= longest else plain[: longest - 1] + "…"


def signed(who: str) -> str:
    """Who decides, as it is kept.

    Raises:
        DecisionError: it is empty or too long.
    """
    name = one_line(who)
    if not name or len(name) > LONGEST_WHO:
        message = f"a decision needs the name of who decides, of at most {LONGEST_WHO} characters; this has {len(name):,} (--who)"
        raise DecisionError(message)
    return name


def masked(field: str | None, value: str | None) -> str:
    """A decision's value as it may be shown where plain values do not belong."""
    return "" if value is None else mask(value, _MASKS.get(field or "", "all"))
