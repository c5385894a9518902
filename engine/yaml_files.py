r"""Settings that people write: a YAML file read into a pydantic model; every mistake is named with file and line.

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
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

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
        problems += [
            f"{file}:{_line_of(root, fault['loc'])}: {_place(fault['loc'])}{fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        ]
        raise raises("\n".join(problems)) from error
    if problems:
        raise raises("\n".join(problems))
    return read


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
