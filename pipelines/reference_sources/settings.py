"""What a reference source says of itself: a YAML file beside its table, checked when read; an error names file and line.

``docs/sources.md`` explains each name. A source is about customers, found by keys of theirs, or about places, found by keys of an
address: such a source gives postcodes and nothing else.

>>> Source.model_validate({"name": "register", "file": "r.csv", "trust": 8, "date": "2026-05-01", "keys": [["id_number"]],
...     "columns": {"id_number": "code", "name": "title"}, "fields": {"name": "update"}}).strong(("id_number",))
True
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.yaml_files import YamlFileError, read_yaml

FieldName = Literal["name", "id_number", "birth_date", "gender", "phone", "email", "address", "postcode"]
Key = Literal["id_number", "name", "birth_date", "phone", "email", "vin", "plate", "address", "adcode", "road", "road_no", "estate"]
Column = Literal[
    "name", "id_number", "birth_date", "gender", "phone", "email", "province", "city", "district", "address", "postcode", "vin", "plate"
]  # fmt: skip
Rule = Literal["fill", "update", "verify"]
Keys = tuple[Key, ...]

PLACE = frozenset({"address", "adcode", "road", "road_no", "estate"})
"""Keys that name a place: everybody there has the same postcode."""
_OF_ADDRESS = ("province", "city", "district", "address")
_TELLS = frozenset({"id_number", "phone", "email", "vin", "plate", "address"})
_VERIFIED = ("phone", "email", "address")


class SourceError(YamlFileError):
    """A reference source that cannot be used; the message says file, line, what was found and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(_Strict):
    """What a verification said: the column that holds it, and its words for right and wrong."""

    column: str
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _words(self) -> Self:
        if not (self.right or self.wrong):
            message = "says neither what means right nor what means wrong; list the words of the column under right and wrong"
            raise ValueError(message)
        if both := set(self.right) & set(self.wrong):
            message = f"{', '.join(sorted(both))} cannot mean both right and wrong; leave each word in one list"
            raise ValueError(message)
        return self


class Source(_Strict):
    """One reference source."""

    name: str = Field(pattern="^[a-z][a-z0-9_]{0,39}$")
    file: Path
    trust: int
    date: dt.date | str
    keys: Annotated[tuple[Keys, ...], Field(min_length=1)]
    columns: dict[Column, str]
    fields: Annotated[dict[FieldName, Rule], Field(min_length=1)]
    verdict: Verdict | None = None

    @property
    def of_places(self) -> bool:
        """Whether it knows places and no customers."""
        return all(set(keys) <= PLACE for keys in self.keys)

    def strong(self, keys: Keys) -> bool:
        """Whether several customers may be found by one value of ``keys``: a number is one person's however often we have him, a place is everybody's."""
        return "id_number" in keys or self.of_places

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        for problem in (self._keys_problem(), self._columns_problem(), self._fields_problem()):
            if problem is not None:
                raise ValueError(problem)
        return self

    def _keys_problem(self) -> str | None:
        if len({frozenset(keys) for keys in self.keys}) < len(self.keys):
            return "keys names the same columns twice; leave one"
        places = [keys for keys in self.keys if set(keys) <= PLACE]
        if places and not self.of_places:
            return f"keys has {_listed(places[0])}, which names a place, beside keys of customers; make two sources of them"
        for keys in self.keys:
            if places and not {"address", "adcode"} & set(keys):
                return f"keys has {_listed(keys)}, which is found in every town; add adcode or address"
            if not places and keys != ("name",) and not _TELLS & set(keys):
                return f"keys has {_listed(keys)}, which many people share; add one of {_listed(sorted(_TELLS))}"
        return None

    def _columns_problem(self) -> str | None:
        needed: list[str] = [key for keys in self.keys for key in keys] + list(self.fields)
        for name in needed:
            having = _OF_ADDRESS if name in PLACE else (name,)
            if not any(each in self.columns for each in having):
                return f"columns does not say which column of the file is {_listed(having, ' or ')}; {name} is named in keys or fields"
        return None

    def _fields_problem(self) -> str | None:
        verified = [name for name, rule in self.fields.items() if rule == "verify"]
        if wrong := [name for name in verified if name not in _VERIFIED]:
            return f"fields: {wrong[0]} cannot be verified, only {_listed(_VERIFIED)}; write fill or update"
        if bool(verified) != (self.verdict is not None):
            return "verify and verdict belong together; a field with the rule verify needs verdict: column, right, wrong"
        if len(verified) > 1:
            return f"one verdict cannot be about {_listed(verified, ' and ')}; make two sources of them"
        if self.of_places != ("postcode" in self.fields) or (self.of_places and len(self.fields) > 1):
            return "postcode alone is given by a source whose keys name a place (adcode, road, address …), and nothing else is; a customer's comes with address"
        if self.fields.get("id_number", "fill") != "fill":
            return "fields: id_number can be filled and never replaced, as a row with another number is about somebody else; write fill"
        return None


@dataclass(frozen=True)
class Sources:
    """All reference sources of a run, by name."""

    listed: tuple[Source, ...]

    @cached_property
    def digest(self) -> str:
        """Tells them from others by all that they say."""
        whole = hashlib.sha256()
        for source in self.listed:
            with source.file.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            whole.update(f"{source.model_dump_json(exclude={'file'})}{content}".encode())
        return whole.hexdigest()[:16]

    @property
    def seen(self) -> str:
        """Tells them from others at a glance: by settings, sizes and times."""
        stats = [(source.model_dump_json(exclude={"file"}), source.file.stat()) for source in self.listed]
        return hashlib.sha256("\x1e".join(f"{said}{stat.st_size} {stat.st_mtime_ns}" for said, stat in stats).encode()).hexdigest()[:16]


def load_sources(place: Path | None, home: Path) -> Sources | None:
    """The reference sources of a folder (a YAML file each), or of one YAML file; without a setting those of ``reference`` below the home.

    Returns:
        None where there are none.

    Raises:
        SourceError: the folder is not there, a file says something else than a source, its table is not there, or two have one name.
    """
    files = _files(place, home)
    if not files:
        return None
    listed: dict[str, Source] = {}
    for path in files:
        source = read_yaml(path, Source, raises=SourceError)
        table = path.parent / source.file
        if not table.is_file():
            message = f"{path}:1: file: there is no file {table}; put it there, or write its path (from the folder of the YAML file)"
            raise SourceError(message)
        if source.name in listed:
            message = f"{path}:1: name: {source.name} is the name of another source too; give each its own"
            raise SourceError(message)
        listed[source.name] = source.model_copy(update={"file": table})
    return Sources(tuple(listed[name] for name in sorted(listed)))


def _files(place: Path | None, home: Path) -> list[Path]:
    if place is None:
        folder = home / "reference"
        return sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if place.is_file():
        return [place]
    if not place.is_dir():
        message = f"{place}:1: there is no such folder or file (setting reference_sources); make it, or leave the setting out"
        raise SourceError(message)
    return sorted(place.glob("*.yaml"))


def _listed(names: Iterable[str], joint: str = ", ") -> str:
    return joint.join(names)
