"""`chezhu match`: any table, cleansed by the kinds of its columns, matched, and written down."""

from __future__ import annotations

import codecs
import datetime as dt
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from cleansing import columns
from cleansing.phones import abroad
from engine.contract import Engine, Table
from engine.opening import open_engine
from matching import organizations, words
from matching import spec as specs
from matching.match import MatchReport, match
from matching.spec import ModelSpec
from pipelines.settings import Settings
from pipelines.stages.label_files import read_labels
from pipelines.workbench import engine_of

SOURCE = "_input"
INPUTS = "inputs.json"
"""What ``explain`` needs to read the records again: the input files, and the day that settled years of two digits."""
MATCH_MEMORY = "4GB"
"""Where the settings say nothing: what DuckDB, or the heap of Spark, may have to match tables."""


class InputError(Exception):
    """An input table cannot be matched; the message says what is wrong with which file."""


@dataclass(frozen=True)
class Matched:
    """What was found and where it is."""

    report: MatchReport
    labels: Mapping[str, Any]
    out: Path

    def to_dict(self) -> dict[str, object]:
        """For programs."""
        report = self.report
        return {
            "records": report.records,
            "equal": report.equal,
            "pairs": report.pairs,
            "links": report.links,
            "clusters": report.clusters,
            "link": report.link,
            "review": report.review,
            "warnings": list(report.warnings),
            "labels": dict(self.labels),
            "oversized": len(report.oversized),
            "seconds": dict(report.seconds),
            "out": str(self.out),
        }

    def lines(self) -> list[str]:
        """For people."""
        report = self.report
        equal = f"{report.equal:,} joined as equal, " if report.equal else ""
        lines = [
            f"{report.records:,} records, {equal}{report.pairs:,} pairs compared, {report.links:,} links: {report.clusters:,} clusters",
            f"linked from probability {report.link:.3f}, written down from {report.review:.3f}",
        ]
        if self.labels:
            lines.append(_told(self.labels))
        lines += [f"warning: {warning}" for warning in report.warnings]
        if report.oversized:
            lines.append(f"{len(report.oversized):,} oversized blocks were split or dropped; model.yaml lists them")
        return [*lines, f"clusters.parquet, edges.parquet and model.yaml are in {self.out}"]


def match_files(
    inputs: Sequence[Path],
    *,
    model: Path,
    out: Path,
    link: bool,
    settings: Settings,
    assignment: str | None = None,
    labels: Path | None = None,
    entity: str | None = None,
) -> Matched:
    """Matches tables and writes clusters.parquet, edges.parquet and model.yaml to ``out``, with the engine of the settings.

    ``assignment`` (one_to_one, many_to_one) and ``entity`` (a column of known entity ids) stand over the model file's own. ``labels`` is a
    file of decided pairs (``label_files``).

    Raises:
        SpecError: the model file is wrong, with its line.
        InputError: a table is unreadable, lacks a column, or repeats a record id.
        LabelError: labels cannot be read, name unknown records, or contradict each other.
        EngineError: the engine cannot run here.
    """
    spec = specs.load(model)
    if spec.country != columns.CHINA and spec.country not in abroad.countries():
        message = (
            f"{model}: country is {spec.country!r}, whose phone numbers are not known; it is a code of two capitals as in ISO 3166 (DE, FR)"
        )
        raise specs.SpecError(message)
    spec = replace(spec, assignment=assignment or spec.assignment, entity=entity or spec.entity)
    decided = None if labels is None else read_labels(labels)
    if spec.assignment and not link:
        message = f"{spec.assignment} is about linking tables: give --link and several tables"
        raise InputError(message)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chezhu-") as folder, _engine(settings, folder) as engine:
        table, spec = _together(engine, inputs, spec, folder=Path(folder), link=link)
        _check_ids(engine, table, spec)
        as_of = dt.date.today()  # noqa: DTZ011 - only to tell future dates apart
        prepared, spec = _prepared(engine, table, spec, as_of)
        result = match(engine, prepared, spec, link=link, labels=decided)
        engine.write(result.clusters, out / "clusters.parquet", order_by=["record_id"])
        engine.write(result.edges, out / "edges.parquet", order_by=["record_id_l", "record_id_r"])
        result.model.dump(out / "model.yaml")
        files = {"inputs": [str(path.resolve()) for path in inputs], "as_of": as_of.isoformat()}
        (out / INPUTS).write_text(json.dumps(files, ensure_ascii=False, indent=1), encoding="utf-8")
        return Matched(result.report, result.model.labels, out)


def _prepared(engine: Engine, table: Table, spec: ModelSpec, as_of: dt.date) -> tuple[Table, ModelSpec]:
    """The table cleansed by kind, and the spec with what its values decide; once more where they show a kind to be another."""
    prepare = partial(columns.prepare, kinds=kinds_of(spec), as_of=as_of, country=spec.country)
    schema = prepare(pl.DataFrame(schema=dict(table.schema))).schema
    prepared = engine.materialize(engine.map_batches(table, prepare, schema))
    first = f'select * from t order by cast("{spec.record_id}" as string) nulls last limit {words.SAMPLE}'  # the same rows in any order of input
    sample = engine.collect(engine.sql(first, t=prepared))
    chosen = words.chosen(organizations.chosen(spec, sample), sample)
    return (prepared, chosen) if kinds_of(chosen) == kinds_of(spec) else _prepared(engine, table, chosen, as_of)


def _told(labels: Mapping[str, Any]) -> str:
    """What labels did, in one line."""
    known = f", {labels['records_of_known_entities']:,} records of known entities" if labels["records_of_known_entities"] else ""
    moved = {"none": "weights stay as they are", "shift": "all weights moved alike", "levels": "weights of levels moved"}
    return f"labels: {labels['same']:,} pairs are the same, {labels['not_same']:,} are not{known}; {moved[labels['correction']]}"


def _engine(settings: Settings, folder: str) -> AbstractContextManager[Engine]:
    if settings.engine == "duckdb" and settings.memory_limit:  # who grants memory gets tables in it, as in a run
        return engine_of(settings, scratch=Path(folder))
    return open_engine(
        settings.engine,
        memory_limit=settings.memory_limit or MATCH_MEMORY,
        threads=settings.threads,
        scratch=Path(folder),
        spark_master=settings.spark_master,
    )


def kinds_of(spec: ModelSpec) -> dict[str, str]:
    """Column name to kind, as cleansing takes it; a day is a date."""
    return {name: "date" if column.kind == "seen" else column.kind for name, column in spec.columns.items()}


def scan(path: Path, wanted: Sequence[str]) -> pl.LazyFrame:
    """The wanted columns of a table (CSV or Parquet) as text.

    Raises:
        InputError: it lacks a column, has lists or durations in one, or is UTF-16.
        polars.exceptions.PolarsError: (or OSError) it cannot be read.
    """
    text = path.suffix in {".csv", ".txt"}
    if text and _starts(path) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        message = f'{path} is UTF-16 (Excel\'s "Unicode text"); save it as CSV in UTF-8'
        raise InputError(message)
    frame = pl.scan_csv(path, infer_schema=False) if text else pl.scan_parquet(path)
    columns = frame.collect_schema()
    missing = [name for name in wanted if name not in columns]
    no_text = [f"{name!r} ({columns[name]})" for name in wanted if isinstance(columns.get(name), pl.List | pl.Array | pl.Duration)]
    if no_text:
        message = f"{path} has no single values in {', '.join(no_text)}: a column has a text, a number or a date per row; write several as columns"
        raise InputError(message)
    if missing:
        message = f"{path} has no column {', '.join(map(repr, missing))}; it has: {', '.join(columns)}"
        raise InputError(message)
    return frame.select(pl.col(name).cast(pl.String) for name in wanted)


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(2)


def _together(engine: Engine, inputs: Sequence[Path], spec: ModelSpec, *, folder: Path, link: bool) -> tuple[Table, ModelSpec]:
    """All inputs as one table of text columns, the file's number beside each row where several are linked."""
    wanted = [spec.record_id, *spec.columns, *([] if spec.entity is None else [spec.entity])]
    tables = {f"input{number}": _read(engine, path, wanted, folder, number) for number, path in enumerate(inputs)}
    source = f", '{{:06}}' as {SOURCE}" if link else ""  # their order is the order in which they were named
    parts = [f"select *{source.format(number)} from {name}" for number, name in enumerate(tables)]
    if link and len(inputs) < 2:
        message = f"--link needs at least two tables; {len(inputs)} given"
        raise InputError(message)
    table = engine.sql(" union all ".join(parts), **tables)
    return table, (replace(spec, source=SOURCE) if link else spec)


def _read(engine: Engine, path: Path, wanted: Sequence[str], folder: Path, number: int) -> Table:
    try:
        whole = folder / f"{number}.parquet"
        scan(path, wanted).sink_parquet(whole)
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"{path} cannot be read as {'CSV in UTF-8' if path.suffix in {'.csv', '.txt'} else 'Parquet'}: {error}"
        raise InputError(message) from error
    return engine.read(whole)


def _check_ids(engine: Engine, table: Table, spec: ModelSpec) -> None:
    column = f'"{spec.record_id}"'
    query = f"select {column} as id from t group by {column} having count(*) > 1 or {column} is null order by id nulls first limit 3"
    repeated = engine.collect(engine.sql(query, t=table))
    if repeated.height:
        examples = ", ".join("(missing)" if value is None else str(value) for value in repeated["id"])
        message = f"column {spec.record_id!r} must name each record once; repeated or missing: {examples}"
        raise InputError(message)
