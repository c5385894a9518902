"""Where the records, the customers and the model of an explanation come from: a published home, or what `chezhu match` wrote."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from cleansing import columns
from engine.contract import Engine, Table
from matching import customers
from matching.explain import PairExplanation, UnknownRecordError, explain
from matching.explain_cluster import MOST_RECORDS, ClusterExplanation, TooLargeError, explain_cluster
from matching.identity.lineage import UnknownCustomerError, members
from matching.model import Model, load_model
from pipelines.settings import Settings
from pipelines.stages import match_files
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.workbench import open_engine

_SHOWN = 3
"""Ids that an error names."""


class ExplainError(Exception):
    """There is nothing to explain from; the message says what is missing and what to do."""


class Source(Protocol):
    """Records, customers and a model."""

    @property
    def model(self) -> Model:
        """The model that was applied."""
        ...

    def records(self, ids: Sequence[str]) -> pl.DataFrame:
        """The standardized records of these ids that are there."""
        ...

    def members(self, name: str) -> tuple[str, list[str]]:
        """The customer that ``name`` (a customer or one of its records) is, and its records."""
        ...


def pair(source: Source, left: str, right: str) -> PairExplanation:
    """The waterfall of two records, compared before or not.

    Raises:
        UnknownRecordError: one of them is not there.
        ExplainError: they are the same, or one of them is a customer.
    """
    if left == right:
        message = f"{left} and {right} are one: name two records, or a customer alone"
        raise ExplainError(message)
    try:
        return explain(source.records([left, right]), left, right, source.model)
    except UnknownRecordError:
        for name in (left, right):
            if (of := _customer(source, name)) is not None:
                some = ", ".join(of[:_SHOWN]) + (" …" if len(of) > _SHOWN else "")
                message = (
                    f"{name} is a customer, and two arguments must be ids of records: those of {name} are {some} "
                    f"(`chezhu explain {name}` shows all)"
                )
                raise ExplainError(message) from None
        raise


def _customer(source: Source, name: str) -> list[str] | None:
    """The records of a customer; None where ``name`` is no customer's."""
    try:
        _, ids = source.members(name)
    except UnknownRecordError:
        return None
    return None if name in ids else ids


def customer(source: Source, name: str) -> ClusterExplanation:
    """Why the records of a customer hang together.

    Raises:
        UnknownRecordError: it is neither a customer nor a record.
        TooLargeError: it has too many records.
    """
    named, ids = source.members(name)
    if len(ids) > MOST_RECORDS:
        message = f"{named} has {len(ids):,} records; up to {MOST_RECORDS} are explained together: name two of them"
        raise TooLargeError(message)
    return explain_cluster(source.records(ids), named, source.model)


@contextmanager
def published(values: Settings) -> Iterator[Source]:
    """What the home has published.

    Raises:
        ExplainError: nothing is published, or its model is gone.
    """
    place = Home(values.home)
    manifest = versions.current(place)
    if manifest is None or manifest.model is None:
        message = place.unpublished()
        raise ExplainError(message)
    with open_engine(values, place) as engine:
        yield Published(engine, place, manifest, load_model(place.models / manifest.model))


@dataclass(frozen=True)
class Published:
    """A version of a home; its tables are read where they lie."""

    engine: Engine
    place: Home
    manifest: versions.Manifest
    model: Model

    def records(self, ids: Sequence[str]) -> pl.DataFrame:
        """See ``Source.records``."""
        asked = self.engine.from_frame(pl.DataFrame({"record_id": ids}, schema={"record_id": pl.String}))
        some = self.engine.sql("select c.* from c join asked on c.record_id = asked.record_id", c=self.table("clean_records"), asked=asked)
        return self.engine.collect(customers.features(self.engine, some))

    def members(self, name: str) -> tuple[str, list[str]]:
        """See ``Source.members``."""
        try:
            return members(self.engine, crosswalk=self.table("crosswalk"), name=name)
        except UnknownCustomerError as error:
            message = f"there is neither a customer nor a record {name!r}"
            raise UnknownRecordError(message) from error

    def table(self, name: str) -> Table:
        """A table of the version."""
        return versions.read(self.place, self.engine, self.manifest, name)


@dataclass(frozen=True)
class MatchedFolder:
    """What `chezhu match` wrote; the records are read again from its inputs.

    Raises:
        ExplainError: a file is not there.
    """

    folder: Path
    model: Model

    @staticmethod
    def open(folder: Path) -> MatchedFolder:
        """A folder given to ``chezhu match --out``."""
        for name in ("model.yaml", "clusters.parquet", match_files.INPUTS):
            if not (folder / name).exists():
                message = f"there is no {name} in {folder}; is it the --out of chezhu match?"
                raise ExplainError(message)
        return MatchedFolder(folder, load_model(folder / "model.yaml"))

    def records(self, ids: Sequence[str]) -> pl.DataFrame:
        """See ``Source.records``."""
        content = json.loads((self.folder / match_files.INPUTS).read_text(encoding="utf-8"))
        spec = self.model.spec
        wanted = [spec.record_id, *spec.columns]
        found = []
        for path in map(Path, content["inputs"]):
            try:
                found.append(match_files.scan(path, wanted).filter(pl.col(spec.record_id).is_in(ids)).collect())
            except (pl.exceptions.PolarsError, OSError) as error:
                message = f"the input {path} cannot be read any more: {error}"
                raise ExplainError(message) from error
        as_of = dt.date.fromisoformat(content["as_of"])
        return columns.prepare(pl.concat(found), match_files.kinds_of(spec), as_of=as_of, country=spec.country)

    def members(self, name: str) -> tuple[str, list[str]]:
        """See ``Source.members``."""
        clusters = pl.scan_parquet(self.folder / "clusters.parquet")
        owner = clusters.filter((pl.col("cluster_id") == name) | (pl.col("record_id") == name)).head(1).collect()
        if owner.is_empty():
            message = f"there is neither a cluster nor a record {name!r} in {self.folder}"
            raise UnknownRecordError(message)
        found = str(owner["cluster_id"].item())
        return found, clusters.filter(pl.col("cluster_id") == found).collect()["record_id"].sort().to_list()
