r"""What a table's columns mean: the model file of `chezhu match`.

A model file names the record's id and, for each column that says who somebody is, its *kind*; kinds bring blocking keys
and comparisons. Everything else is optional:

    record_id: unique_id
    columns:
      first_name: {kind: given_name}
      id_card:    {kind: identifier, exclusive: true}   # two different values are never one entity
      shop:       {kind: text, words: true}             # compared by its words; left out, the data decides
      firm:       {kind: name, organizations: true}     # every name is an organization's, with a legal form or without; left out, the data decides
      visited:    {kind: seen}        # the day on which the record was true; a car shared years apart says less
    blocking: [[first_name, dob]]     # replaces the keys of the kinds
    comparisons: [first_name, dob]    # only these columns are compared
    threshold: 0.9                    # probability from which a pair is linked
    review: 0.5                       # probability from which a pair is written down, at most the threshold
    assignment: one_to_one            # or many_to_one: between linked tables a record has at most one partner
    country: DE                       # whose phones are written without a country's code; CN where it is left out
    entity: customer_no               # a column of known entity ids, empty where they are not known: these are labels

A column cannot have a name that matching uses itself (``OWN_NAMES``), or that of a part of another (``tel__1``): it is refused with another name.

>>> spec = parse("record_id: id\ncolumns:\n  tel: {kind: phone}\n", where="model.yaml")
>>> spec.columns["tel"].kind
'phone'
>>> parse("record_id: id\ncolumns:\n  tel: {kind: fone}\n", where="model.yaml")
Traceback (most recent call last):
matching.spec.SpecError: model.yaml:3: column 'tel' has kind 'fone'; kinds are: address, category, city, date, email, given_name, ...
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

KINDS = (
    "address", "category", "city", "date", "email", "given_name", "identifier", "name",
    "number", "phone", "plate", "postcode", "seen", "street", "surname", "text", "vin",
)  # fmt: skip
_COLUMN_OPTIONS = {"kind", "exclusive", "words", "organizations"}
ORGANIZATION_KINDS = ("name", "text")
"""Kinds of columns that may hold organizations' names throughout."""
ASSIGNMENTS = ("one_to_one", "many_to_one")
_TOP = {"record_id", "columns", "blocking", "comparisons", "threshold", "review", "source", "assignment", "entity", "country"}


THRESHOLD = 0.9
"""The threshold of a model file that names none."""
OWN_NAMES = frozenset({
    "rid", "rid_l", "rid_r", "record_id_l", "record_id_r", "weight", "personal", "household", "probability", "collective", "content", "texts",
    "which", "n", "same", "kind", "use", "compared", "group of the record", "_input",
})  # fmt: skip
"""Columns that matching has beside those of the spec, in one table or another: a column of the spec cannot have such a name, in any case of letters."""


class SpecError(ValueError):
    """A model file says something that cannot be; the message names file, line and what to write."""


@dataclass(frozen=True)
class ColumnSpec:
    """One column: its kind, and whether two different values of it can never belong to one entity.

    ``words``: compared by its words, as free text is; None until the data has decided (``matching.words``). ``organizations``: names in it are
    organizations', with a legal form or without; None until the data has decided (``matching.organizations``).
    """

    kind: str
    exclusive: bool = False
    words: bool | None = None
    organizations: bool | None = None


@dataclass(frozen=True)
class ModelSpec:
    """A model file as read. Thresholds are probabilities; ``None`` and empty tuples are chosen from kinds and data."""

    record_id: str
    columns: Mapping[str, ColumnSpec]
    blocking: tuple[tuple[str, ...], ...] = ()
    comparisons: tuple[str, ...] = ()
    threshold: float | None = None
    review: float | None = None
    source: str = "source"
    assignment: str | None = None
    entity: str | None = None
    country: str = "CN"
    where: str = field(default="", compare=False)

    def of_kind(self, *kinds: str) -> list[str]:
        """Names of the columns of these kinds, in the file's order.

        >>> ModelSpec("id", {"a": ColumnSpec("vin"), "b": ColumnSpec("text")}).of_kind("text")
        ['b']
        """
        return [name for name, column in self.columns.items() if column.kind in kinds]


def load(path: Path) -> ModelSpec:
    """Reads a model file.

    Raises:
        SpecError: with file and line, where it is not a model file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as UTF-8 text: {error}"
        raise SpecError(message) from error
    return parse(text, where=str(path))


def parse(text: str, *, where: str) -> ModelSpec:
    """The model file's text as a spec; ``where`` is the name that errors give it."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"{where}:{mark.line + 1 if mark else 1}: not YAML: {getattr(error, 'problem', error)}"
        raise SpecError(message) from error
    lines = _lines(node)
    if not isinstance(content, dict):
        raise _error(where, 1, "a model file is a mapping with record_id and columns")
    for key in content:
        if key not in _TOP:
            raise _error(where, lines.get((key,), 1), f"unknown key {key!r}; keys are: {', '.join(sorted(_TOP))}")
    if not isinstance(content.get("record_id"), str):
        raise _error(where, lines.get(("record_id",), 1), "record_id must name the column that identifies a record")
    columns = _columns(content.get("columns"), where, lines)
    _check_names(content["record_id"], columns, where, lines)
    threshold, review = (_probability(content, key, where, lines) for key in ("threshold", "review"))
    if review is not None and review > (threshold or THRESHOLD):
        said = threshold or f"{THRESHOLD} where it is left out"
        what = f"review is {review} and threshold {said}: what is linked is written down as well, so review is at most the threshold"
        raise _error(where, lines[("review",)], what)
    return ModelSpec(
        record_id=content["record_id"],
        columns=columns,
        blocking=tuple(tuple(_known(names, columns, where, lines, "blocking")) for names in _lists(content, "blocking", where, lines)),
        comparisons=tuple(_known(content.get("comparisons") or [], columns, where, lines, "comparisons")),
        threshold=threshold,
        review=review,
        source=str(content.get("source", "source")),
        assignment=_assignment(content, where, lines),
        entity=_entity(content, columns, where, lines),
        country=_country(content, where, lines),
        where=where,
    )


def _columns(content: object, where: str, lines: Mapping[tuple[str, ...], int]) -> dict[str, ColumnSpec]:
    if not isinstance(content, dict) or not content:
        raise _error(where, lines.get(("columns",), 1), "columns must map at least one column to its kind")
    columns = {}
    for name, options in content.items():
        line = lines.get(("columns", str(name)), 1)
        given: Mapping[str, Any] = {"kind": options} if isinstance(options, str) else options if isinstance(options, dict) else {}
        unknown = set(given) - _COLUMN_OPTIONS
        if unknown:
            raise _error(
                where, line, f"column {name!r} has unknown options {sorted(unknown)}; options are: kind, exclusive, words, organizations"
            )
        if given.get("kind") not in KINDS:
            raise _error(where, line, f"column {name!r} has kind {given.get('kind')!r}; kinds are: {', '.join(KINDS)}")
        for option in ("words", "organizations"):
            if given.get(option) is not None and not isinstance(given[option], bool):
                raise _error(where, line, f"column {name!r} has {option} {given[option]!r}; it is true or false")
        if given.get("organizations") and (given["kind"] not in ORGANIZATION_KINDS or given.get("exclusive")):
            kinds = " and ".join(ORGANIZATION_KINDS)
            raise _error(where, line, f"column {name!r} of kind {given['kind']} has organizations; that is for {kinds}, if not exclusive")
        columns[str(name)] = ColumnSpec(
            kind=str(given["kind"]),
            exclusive=bool(given.get("exclusive", False)),
            words=given.get("words"),
            organizations=given.get("organizations"),
        )
    days = [name for name, column in columns.items() if column.kind == "seen"]
    if len(days) > 1 or (days and columns[days[0]].exclusive):
        what = f"column {days[-1]!r} has kind seen: one column says when a record was true, and it is not exclusive"
        raise _error(where, lines.get(("columns", days[-1]), 1), what)
    return columns


def _check_names(record_id: str, columns: Mapping[str, ColumnSpec], where: str, lines: Mapping[tuple[str, ...], int]) -> None:
    """Refuses names that matching could not tell from its own; SQL knows no case of letters."""
    if '"' in record_id:
        raise _error(where, lines[("record_id",)], f"record_id {record_id!r} has a quotation mark in its name; rename it in the table")
    derived = {
        f"{name}_{part}".lower(): name for name, column in columns.items() if column.kind == "name" for part in ("titled", "organization")
    }
    car = next((name for name, column in columns.items() if column.kind in {"vin", "plate"}), None)
    before: dict[str, str] = {}
    for name, column in columns.items():
        low = name.lower()
        part_of = next((other for other in columns if low.startswith(f"{other.lower()}__")), None) or derived.get(low)
        what = None
        if name == record_id:
            what = "is the record_id: what tells records apart says nothing of who is the same"
        elif low in before:
            what = f"differs from {before[low]!r} by case alone"
        elif low in OWN_NAMES or low.endswith("#bits"):
            what = "has a name that matching uses itself"
        elif low == "car" and car is not None and column.kind not in {"vin", "plate"}:
            what = f"has the name under which {car!r} is compared"
        elif part_of is not None:
            what = f"has the name of a part of {part_of!r}"
        elif '"' in name:
            what = "has a quotation mark in its name"
        if what is not None:
            todo = "leave it out of columns" if name == record_id else f"rename it in the table and here, for instance to {_other(name)!r}"
            raise _error(where, lines.get(("columns", name), 1), f"column {name!r} {what}; {todo}")
        before[low] = name


def _other(name: str) -> str:
    """A name like it that nothing clashes with.

    >>> _other("weight"), _other("name#bits")
    ('their_weight', 'their_name_bits')
    """
    return "their_" + name.lower().replace("__", "_").replace("#", "_").replace('"', "").replace(" ", "_").strip("_")


def _lists(content: Mapping[str, Any], key: str, where: str, lines: Mapping[tuple[str, ...], int]) -> list[list[str]]:
    value = content.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, list) and item for item in value):
        raise _error(where, lines.get((key,), 1), f"{key} must be a list of lists of column names")
    return value


def _known(names: object, columns: Mapping[str, ColumnSpec], where: str, lines: Mapping[tuple[str, ...], int], key: str) -> list[str]:
    if not isinstance(names, list):
        raise _error(where, lines.get((key,), 1), f"{key} must be a list of column names")
    for name in names:
        if name in columns and columns[name].kind == "seen":
            raise _error(
                where, lines.get((key,), 1), f"{key} names {name!r}, the day of a record: it stands beside a car and is not compared itself"
            )
        if name not in columns:
            raise _error(where, lines.get((key,), 1), f"{key} names {name!r}, which is not among columns")
    return [str(name) for name in names]


def _probability(content: Mapping[str, Any], key: str, where: str, lines: Mapping[tuple[str, ...], int]) -> float | None:
    value = content.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise _error(where, lines.get((key,), 1), f"{key} must be a probability between 0 and 1")
    return float(value)


def _assignment(content: Mapping[str, Any], where: str, lines: Mapping[tuple[str, ...], int]) -> str | None:
    value = content.get("assignment")
    if value is not None and value not in ASSIGNMENTS:
        raise _error(where, lines.get(("assignment",), 1), f"assignment is {value!r}; it is {' or '.join(ASSIGNMENTS)}")
    return value


def _entity(content: Mapping[str, Any], columns: Mapping[str, ColumnSpec], where: str, lines: Mapping[tuple[str, ...], int]) -> str | None:
    value = content.get("entity")
    if value is None:
        return None
    if not isinstance(value, str):
        raise _error(where, lines.get(("entity",), 1), "entity must name the column that holds known entity ids")
    if value in columns or value == content["record_id"]:
        what = f"entity is {value!r}, which is compared or identifies the record; known entity ids stand in a column of their own"
        raise _error(where, lines.get(("entity",), 1), what)
    return value


def _country(content: Mapping[str, Any], where: str, lines: Mapping[tuple[str, ...], int]) -> str:
    value = content.get("country", "CN")
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}", value):
        quoted = '; NO is written "NO" in YAML' if value is False else ""
        raise _error(where, lines[("country",)], f"country is {value!r}; it is a code of two capitals as in ISO 3166 (DE, FR){quoted}")
    return value


def _lines(node: yaml.Node | None, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            found[below] = key.start_mark.line + 1
            found.update(_lines(value, below))
    return found


def _error(where: str, line: int, what: str) -> SpecError:
    return SpecError(f"{where}:{line}: {what}")
