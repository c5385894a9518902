"""What all assets share: owners, retries, and how a table of ours becomes an asset."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg

from engine.changes import Change
from engine.contract import Table
from engine.tables import TABLES
from pipelines.tables_io import column_schema
from quality_reports.cards import Card

OWNERS = ["team:data-engineering"]
RETRY = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)
"""A disk that is full or a file system that hiccups; wrong data is never a failure here but a reason."""


def spec(name: str, group: str) -> dg.AssetOut:
    """The asset of one of our tables as an output of a function that makes several."""
    return dg.AssetOut(
        key=name,
        group_name=group,
        owners=OWNERS,
        description=TABLES[name].meaning,
        dagster_type=dg.Any,  # a table, or what changes in it
        io_manager_key="tables",
        metadata={"dagster/column_schema": column_schema(name)},
        kinds={"parquet"},
    )


def table_assets(
    name: str, group: str, tables: Sequence[str], *, passing: Mapping[str, str] | None = None
) -> Callable[[Callable[..., Iterator[dg.Output[Table]]]], dg.AssetsDefinition]:
    """Several of our tables as assets of one function, which yields ``outputs(made, tables)``.

    ``passing``: with their meaning, tables that assets hand to each other within a run, and that no version has.
    """
    handed = {
        table: dg.AssetOut(
            key=table,
            group_name=group,
            owners=OWNERS,
            description=meaning,
            dagster_type=dg.Any,
            io_manager_key="passing",
            kinds={"parquet"},
        )
        for table, meaning in (passing or {}).items()
    }
    return dg.multi_asset(name=name, outs={**{table: spec(table, group) for table in tables}, **handed}, retry_policy=RETRY)


def outputs(made: object, tables: Sequence[str]) -> Iterator[dg.Output[Table]]:
    """What a stage made, whose attributes are named like the tables."""
    return (dg.Output(getattr(made, table), table) for table in tables)


def observation(card: Card, page: Path) -> dg.AssetObservation:
    """What a table is like after a run, for Dagster's page of its asset; ``page``: where the report is going to be."""
    metadata: dict[str, dg.RawMetadataValue] = {"report": dg.MetadataValue.path(page)}
    if card.score is not None:
        metadata |= {"score": round(card.score, 2), "score_over_runs": card.chart()}
    if card.reasons:
        metadata["problems"] = dg.MetadataValue.md(card.lines("zh"))
    return dg.AssetObservation(card.table, metadata=metadata)


def table_asset(name: str, group: str) -> Callable[[Callable[..., Table | Change]], dg.AssetsDefinition]:
    """The same for a function that makes one: ``@table_asset("customers", "resolve")``."""
    return dg.asset(
        name=name,
        group_name=group,
        owners=OWNERS,
        description=TABLES[name].meaning,
        dagster_type=dg.Any,  # a table, or what changes in it
        io_manager_key="tables",
        metadata={"dagster/column_schema": column_schema(name)},
        kinds={"parquet"},
        retry_policy=RETRY,
    )
