r"""Contracts: what each kind of export looks like, one YAML file a source, and the vocabulary they share.

A contract says which column is the source's own key, whether a file is a snapshot, which roles a row names and which of
them its event hangs on, which headers only this source has, and what a file must hold to be this source at all. The
vocabulary (``vocabulary.yaml``) lists the words dealers use for each field and role, in Chinese and English. Words are
compared after :func:`pipelines.ingest.words.normalize`.

Every mistake in these files is reported with file and line:

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     _ = (Path(folder) / "sale.yaml").write_text("source: sale\nsnapshot: perhaps\n")
...     try:
...         read_yaml(Path(folder) / "sale.yaml", Contract, raises=ContractError)
...     except ContractError as error:
...         print(str(error).splitlines()[0].split("/")[-1])
sale.yaml:2: snapshot: 'perhaps' is neither true nor false
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from engine.yaml_files import YamlFileError, read_yaml

VOCABULARY_FILE: Final = "vocabulary.yaml"
READER_VERSION: Final = 3
"""Part of the digest: raised when the same contracts would read a file otherwise than before."""

RoleName = Literal["customer", "owner", "buyer", "driver", "sender", "contact", "payer"]
PARTY_FIELDS: Final = ("name", "gender", "phone", "email", "id_number", "birth_date", "province", "city", "district", "address", "postcode")
VEHICLE_FIELDS: Final = ("vin", "plate", "brand", "model")
EVENT_FIELDS: Final = ("event_date", "event_kind", "amount", "mileage", "satisfaction", "campaign", "cost", "response", "remark")
FIELDS: Final = (*PARTY_FIELDS, *VEHICLE_FIELDS, *EVENT_FIELDS)
FieldName = Literal[
    "name", "gender", "phone", "email", "id_number", "birth_date", "province", "city", "district", "address", "postcode",
    "vin", "plate", "brand", "model",
    "event_date", "event_kind", "amount", "mileage", "satisfaction", "campaign", "cost", "response", "remark",
]  # fmt: skip
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class ContractError(YamlFileError):
    """A contract file says something impossible; each line of the message names file and line."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Role(_Model):
    """One role that rows of a source name."""

    main: bool = Field(default=False, description="the row's event hangs on this role")
    words: tuple[Word, ...] = Field(default=(), description="words for this role in this source, besides the vocabulary's")
    vehicle: bool = Field(default=True, description="the row's car is also a fact about this role")


class Contract(_Model):
    """One source."""

    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
    snapshot: bool = Field(description="true: what a newer file no longer has was deleted; false: files add")
    names: tuple[Word, ...] = Field(default=(), description="parts of file or sheet names that hint at this source; also pins it on a tie")
    key: tuple[Word, ...] = Field(description="headers of the source's own key, the best first")
    marks: tuple[Word, ...] = Field(default=(), description="headers that tell this source from others")
    distinct: bool = Field(default=False, description="true: only read as this source where its key, a mark or the file's name says so")
    roles: dict[RoleName, Role]
    fields: dict[FieldName, tuple[Word, ...]] = Field(
        default_factory=dict, description="headers in this source, the best first, before the vocabulary's"
    )
    requires: tuple[tuple[FieldName | Literal["key"], ...], ...] = Field(
        min_length=1, description="of each group at least one must be there"
    )

    @model_validator(mode="after")
    def _one_main(self) -> Contract:
        mains = [name for name, role in self.roles.items() if role.main]
        if len(mains) != 1:
            message = f"roles: exactly one role must be main, found {len(mains)}"
            raise ValueError(message)
        return self

    @property
    def main(self) -> str:
        """The role that the row's event hangs on."""
        return next(name for name, role in self.roles.items() if role.main)


class Vocabulary(_Model):
    """Words for fields and roles that all sources share."""

    fields: dict[FieldName, tuple[Word, ...]]
    roles: dict[RoleName, tuple[Word, ...]]
    other: tuple[Word, ...] = Field(default=(), description="headers that are known and not read: the dealer's own people, administration")
    ordinal: tuple[Word, ...] = Field(description="headers of mere row numbers: not kept, not part of a row's identity")


@dataclass(frozen=True, eq=False)
class Contracts:
    """All contracts of a folder, by source, with the vocabulary; compared by identity (use ``digest`` for meaning)."""

    vocabulary: Vocabulary
    by_source: Mapping[str, Contract]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that decides how files are read; changes when any contract changes in meaning."""
        content = {
            "reader": READER_VERSION,
            "vocabulary": self.vocabulary.model_dump(mode="json"),
            "contracts": {name: self.by_source[name].model_dump(mode="json") for name in sorted(self.by_source)},
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def snapshot_sources(self) -> frozenset[str]:
        """Sources whose files are snapshots."""
        return frozenset(name for name, contract in self.by_source.items() if contract.snapshot)


def load(directory: Path) -> Contracts:
    """All contracts of ``directory``.

    Raises:
        ContractError: a file is missing, is no YAML, or says something impossible; all mistakes at once, each with file and line.
    """
    vocabulary_file = directory / VOCABULARY_FILE
    if not vocabulary_file.is_file():
        message = f"{vocabulary_file}:1: not found; the folder of contracts needs the vocabulary of headers"
        raise ContractError(message)
    problems: list[str] = []
    by_source: dict[str, Contract] = {}
    vocabulary: Vocabulary | None = None
    try:
        vocabulary = read_yaml(vocabulary_file, Vocabulary, raises=ContractError)
    except ContractError as error:
        problems.append(str(error))
    for file in sorted(directory.glob("*.yaml")):
        if file.name == VOCABULARY_FILE:
            continue
        try:
            contract = read_yaml(file, Contract, raises=ContractError)
        except ContractError as error:
            problems.append(str(error))
            continue
        if contract.source in by_source:
            problems.append(f"{file}:1: source: {contract.source} has a contract already; one file a source")
        by_source[contract.source] = contract
    if not by_source and not problems:
        problems.append(f"{directory}:1: no contract here; expected <source>.yaml files")
    if problems or vocabulary is None:
        raise ContractError("\n".join(problems))
    return Contracts(vocabulary, by_source)
