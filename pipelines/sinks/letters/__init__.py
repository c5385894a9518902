"""Letters and address labels as one printable HTML file that opens offline and contacts nothing.

A letter is a Jinja template, rendered in a sandbox: every value is escaped, nothing can be included, and a misspelt name is an error. What a
template sees: ``letter`` (``customer_id``, ``name``, ``gender`` M or F, ``party`` person or organization, ``address``, ``postcode``, ``city``, ``about``: the
task, reason, campaign or offer as coded, ``about_text``: the same in words, ``day``, ``dealer_id``), ``sender`` and ``date``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

Language = Literal["zh", "en"]
Letter = Mapping[str, Any]

FIELDS: tuple[str, ...] = (
    "customer_id", "name", "gender", "party", "address", "postcode", "city", "about", "about_text", "day", "dealer_id",
)  # fmt: skip
"""What a template knows of a letter."""


class LettersError(Exception):
    """The letters cannot be written; the message says why, and holds no value of a person."""


@dataclass(frozen=True)
class Sheet:
    """Labels on an A4 sheet."""

    rows: int = 8
    columns: int = 3

    @classmethod
    def read(cls, text: str) -> Sheet:
        """Rows and columns as people write them.

        Raises:
            LettersError: not ROWSxCOLUMNS, or more than fit.

        >>> Sheet.read("10x2")
        Sheet(rows=10, columns=2)
        """
        parts = text.lower().replace("×", "x").split("x")
        if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
            message = f"cannot read the sheet {text!r}: write ROWSxCOLUMNS, for example 8x3"
            raise LettersError(message)
        rows, columns = map(int, parts)
        if not (1 <= rows <= 20 and 1 <= columns <= 6):
            message = f"a sheet of {rows}x{columns} does not fit: 1 to 20 rows, 1 to 6 columns"
            raise LettersError(message)
        return cls(rows, columns)


def document(
    letters: Iterable[Letter], *, lang: Language, sender: str, date: str, sheet: Sheet | None, bodies: bool = True, letter_template: Path | None = None, label_template: Path | None = None
) -> str:  # fmt: skip
    """The file: one page a letter, then the sheets of labels in the same order.

    Args:
        letters: mappings with ``FIELDS``.
        lang: of the built-in templates.
        sender: who writes.
        date: as it stands in the letters.
        sheet: the form of the labels; None for none.
        bodies: whether there are letters, and not labels only.
        letter_template: a Jinja template of one letter instead of the built-in one.
        label_template: the same of one label.

    Raises:
        LettersError: a template cannot be read or rendered.
    """
    rows = list(letters)
    said = {"sender": sender, "date": date}
    pages = _rendered(_template("letter", lang, letter_template), rows, said) if bodies else []
    labels = _rendered(_template("label", lang, label_template), rows, said) if sheet is not None else []
    size = sheet.rows * sheet.columns if sheet is not None else 1
    sheets = [labels[start : start + size] for start in range(0, len(labels), size)]
    return _frame().render(lang="zh-CN" if lang == "zh" else "en", title="信函与地址标签" if lang == "zh" else "Letters and labels", pages=pages, sheets=sheets, sheet=sheet)  # fmt: skip


@dataclass(frozen=True)
class _Named:
    """A template, and how it is called in messages."""

    template: Template
    name: str


def _template(kind: str, lang: Language, path: Path | None) -> _Named:
    name = f"{kind}.{lang}.html" if path is None else path.name
    try:
        text = (files(__name__).joinpath(name) if path is None else path).read_text("utf-8")
        return _Named(_sandbox().from_string(text), name)
    except TemplateSyntaxError as error:
        message = f"template {name}, line {error.lineno}: {error.message}"
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the template {name}: {type(error).__name__}; a template is a file of UTF-8 text"
    raise LettersError(message)


def _rendered(named: _Named, letters: list[Letter], said: Mapping[str, str]) -> list[Markup]:
    try:
        return [Markup(named.template.render(letter=letter, **said)) for letter in letters]  # noqa: S704 - the sandbox escaped every value
    except UndefinedError as error:
        message = f"template {named.name}: {error}; a letter has {', '.join(FIELDS)}, and there are sender and date"
    except Exception as error:  # noqa: BLE001 - whatever a foreign template does; its message may hold a value of a person
        message = f"template {named.name} cannot be rendered: {type(error).__name__}"
    raise LettersError(message) from None


def _sandbox() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _frame() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files(__name__).joinpath("document.html").read_text("utf-8"))
