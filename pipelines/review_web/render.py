"""Pages out of templates: everything that comes from data is escaped, and a missing word or value is an error, not a blank."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from engine.moments import shown_at
from pipelines.review_web.call import Call
from pipelines.review_web.serving import Serving
from pipelines.review_web.texts import LANGUAGES, Language, catalogue

ASSETS: Mapping[str, str] = {"review.css": "text/css", "review.js": "text/javascript", "icon.svg": "image/svg+xml"}


def page(template: str, call: Call, serving: Serving, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page as an answer."""
    others = [(language, _switched(call, language)) for language in LANGUAGES if language != call.lang]
    html = (
        _environment()
        .get_template(template)
        .render(
            t=call.text,
            word=partial(_word, call.lang),
            lang="zh-CN" if call.lang == "zh" else "en",
            visitor=call.visitor,
            accounts=serving.accounts,
            others=others,
            asset=asset_address,
            here=call.path,
            moment=partial(_moment, ZoneInfo(serving.timezone)),
            **values,
        )
    )
    return HTMLResponse(html, status)


def asset_address(name: str) -> str:
    """Where a file of ours is served; the address changes with its content, so that it may be kept for long."""
    return f"/assets/{name}?v={hashlib.sha256(asset(name)).hexdigest()[:12]}"


@cache
def asset(name: str) -> bytes:
    """A file of ours."""
    return files("pipelines.review_web").joinpath("assets", name).read_bytes()


def _word(language: Language, group: str, value: object) -> str:
    """What data calls by a code; the code where there is no word for it."""
    return catalogue(language).get(f"{group}.{value}", str(value))


def _moment(zone: ZoneInfo, text: str) -> str:
    """A time (ISO 8601) by the clock of the zone."""
    return shown_at(datetime.fromisoformat(text), zone)


def _switched(call: Call, language: Language) -> str:
    return f"{call.path}?{urlencode({**call.query, 'lang': language})}"


def number(value: float | None, digits: int = 0) -> str:
    """A number for people, thousands apart; a dash where there is none.

    >>> number(12345.6), number(0.25, 2), number(None)
    ('12,346', '0.25', '–')
    """
    return "–" if value is None else f"{value:,.{digits}f}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a true minus.

    >>> signed(1.5), signed(-0.25), signed(0.001), signed(-0.0)
    ('+1.50', '−0.25', '0.00', '0.00')
    """
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.review_web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Any] = {"number": number, "signed": signed, "in_path": lambda text: quote(str(text), safe="")}
    environment.filters.update(filters)
    return environment
