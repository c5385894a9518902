r"""Settings that people write: a YAML file read into a pydantic model; every mistake is named with file, line and what would do.

>>> import tempfile
>>> class Plan(BaseModel):
...     months: int
>>> with tempfile.TemporaryDirectory() as folder:
...     file = Path(folder) / "plan.yaml"
...     _ = file.write_text("months: soon\nmonths: 3\n")
...     try:
...         read_yaml(file, Plan)
...     except YamlFileError as error:
...         print("\n".join(line.split("/")[-1] for line in str(error).splitlines()))
plan.yaml:2: months: written twice
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ModelT = TypeVar("ModelT", bound=BaseModel)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it (eight times as fast), else the same in Python."""


class YamlFileError(ValueError):
    """A settings file that cannot be used: one line ``file:line: place: what is wrong`` for each mistake."""


def read_yaml(file: Path, model: type[ModelT], *, raises: type[YamlFileError] = YamlFileError) -> ModelT:
    """The ``model`` that ``file`` describes.

    Args:
        file: UTF-8 YAML; an empty file is an empty mapping.
        model: what it must say.
        raises: the room's own error, where callers tell rooms apart.

    Raises:
        YamlFileError: (or ``raises``) the file cannot be read, is not YAML, or says something else.
    """
    try:
        text = file.read_text(encoding="utf-8")
        loader = _LOADER(text)
        root = loader.get_single_node()
        content = None if root is None else loader.construct_document(root)
    except OSError as error:
        message = f"{file}:1: cannot be read ({error.strerror}); is the path right?"
        raise raises(message) from error
    except UnicodeDecodeError as error:
        message = f"{file}:1: not UTF-8 ({error.reason}); save it as UTF-8"
        raise raises(message) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{file}:{max(1, min(line, len(text.splitlines())))}: not YAML: {error.problem}"
        raise raises(message) from error
    except yaml.YAMLError as error:
        message = f"{file}:1: not YAML: {error}"
        raise raises(message) from error
    problems = [f"{file}:{line}: {name}: written twice" for line, name in _repeated_keys(root)]
    try:
        read = model.model_validate(content if content is not None else {})
    except ValidationError as error:
        problems += _mistakes(file, root, error)
        raise raises("\n".join(problems)) from error
    if problems:
        raise raises("\n".join(problems))
    return read


def _mistakes(file: Path, root: yaml.Node | None, error: ValidationError) -> list[str]:
    """A line for each fault; what is missing from one place is one line."""
    missing: dict[tuple[int | str, ...], list[str]] = {}
    lines = []
    for fault in error.errors():
        *before, name = fault["loc"] or ("",)
        if fault["type"] == "missing":
            missing.setdefault(tuple(before), []).append(str(name))
        else:
            lines.append(f"{file}:{_line_of(root, fault['loc'])}: {_place(fault['loc'])}{_said(fault)}")
    verb = "says nothing; it must say" if root is None else "lacks"
    lines += [f"{file}:{_line_of(root, place)}: {_place(place)}{verb} {', '.join(names)}" for place, names in missing.items()]
    return lines


def _said(fault: ErrorDetails) -> str:
    """What was found, and what would do."""
    expected = fault.get("ctx", {}).get("expected")
    found = repr(fault["input"]) if isinstance(fault["input"], str | int | float) else "what stands here"
    match fault["type"]:
        case "extra_forbidden":
            return "is no name that is known here; leave it out, or mend how it is written"
        case "literal_error" | "enum":
            return f"{found} is not {expected}"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{found} is no whole number"
        case "float_type" | "float_parsing":
            return f"{found} is no number"
        case "bool_type" | "bool_parsing":
            return f"{found} is neither true nor false"
        case "string_pattern_mismatch":
            return f"{found} does not match {fault['ctx']['pattern']}"
        case "string_type":
            return f"{found} is no text; put it in quotes"
        case "tuple_type" | "list_type":
            return f"{found} is no list; write [one, two]"
    return str(fault["msg"]).removeprefix("Value error, ")


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"{part}: " for part in location if part != "[key]")


def _line_of(root: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line of the deepest part of ``location`` that is written in the file, from 1."""
    node, line = root, root.start_mark.line if root is not None else 0
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _repeated_keys(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)
