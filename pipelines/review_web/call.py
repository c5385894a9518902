"""A request as the pages see it: who asks, in which language, from where, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipelines.review_web.accounts import Role
from pipelines.review_web.texts import Language, catalogue


@dataclass(frozen=True)
class Visitor:
    """Who asks. ``role`` is None before the login. ``browser`` tells two browsers of one person apart; ``csrf`` goes into every form."""

    name: str
    role: Role | None
    browser: str
    csrf: str
    session: str | None = None

    @property
    def decides(self) -> bool:
        """Whether this is a steward."""
        return self.role == "steward"


@dataclass(frozen=True)
class Call:
    """One request."""

    visitor: Visitor
    lang: Language
    address: str
    path: str
    place: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, list[str]] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """A field of the form, trimmed; empty where it is missing."""
        return self.form.get(name, [""])[0].strip()

    def text(self, key: str, **values: object) -> str:
        """A text in the visitor's language."""
        return catalogue(self.lang)[key].format(**values)

    @cached_property
    def plain(self) -> bool:
        """Whether personal values are shown as they are."""
        return self.visitor.decides


class RefusedError(Exception):
    """A page cannot be shown or a form not taken; the key names the text that says why."""

    def __init__(self, status: int, key: str, **values: object) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.values = values
