"""What all pages have in common: one HTML file each that opens offline and contacts nothing.

Style, script and charts (Apache ECharts, SVG) are inside, and a content security policy forbids anything else. Words come from
the message catalogues; there is one template a page for all languages.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from engine.moments import shown_at
from quality_reports.messages import Language, catalogue

ECHARTS_VERSION = "6.1.0"

_HERE = Path(__file__).parent


def render(template: str, *, lang: Language, data: dict[str, Any], script: str, charts: bool = True, **values: object) -> str:
    """A page as HTML.

    Args:
        template: name of a template that extends frame.html.
        lang: zh or en.
        data: what the page's script draws from, JSON-serializable.
        script: name of the page's own script; common.js comes before it.
        charts: whether the chart library is inside.
        values: what the template names: ``title``, ``sections`` (ids, in order), ``run``, ``started``, ``scope_line``, ``dealers``, …
    """
    words = catalogue(lang)
    return (
        _environment()
        .get_template(template)
        .render(
            lang="zh-CN" if lang == "zh" else "en",
            t=words,
            charts_by=words["charts_by"].format(version=ECHARTS_VERSION) if charts else "",
            css=Markup(_asset("report.css")),  # noqa: S704 - our own file
            script=Markup(_asset("common.js") + _asset(script)),  # noqa: S704 - our own files
            echarts=Markup(_asset("echarts.common.min.js")) if charts else "",  # noqa: S704 - the vendored library
            data=inline_json(data),
            **values,
        )
    )


def inline_json(data: dict[str, Any]) -> Markup:
    """JSON that may stand inside a script element: no character of it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - escaped here


def short(value: object) -> object:
    """Four decimals are more than any page shows."""
    return round(value, 4) if isinstance(value, float) else value


def moment(value: datetime | None, zone: tzinfo = UTC) -> str:
    """A time as pages show it."""
    return "" if value is None else shown_at(value, zone)


def write_owner_only(path: Path, content: bytes) -> None:
    """The file appears whole or not at all, and only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)


@cache
def _asset(name: str) -> str:
    return (_HERE / "assets" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
