"""The data are hard, and can be solved: measured on records as the benchmark cleanses them."""

import importlib.util
from pathlib import Path

import polars as pl
import pytest

from generator.plan import Plan

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench():  # noqa: ANN201  # a script, loaded as a module
    spec = importlib.util.spec_from_file_location("bench_generate", ROOT / "benchmarks" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def records(bench) -> pl.DataFrame:  # noqa: ANN001
    return bench.records(Plan(out=Path("unused"), rows=25_000, dealers=20))


def test_a_sixth_of_the_true_pairs_share_nothing_that_proves(bench, records: pl.DataFrame) -> None:  # noqa: ANN001
    pairs, hard, nothing = bench.sharing(records)
    assert pairs > 20_000
    assert 0.15 <= hard <= 0.30
    assert nothing < 0.05


def test_most_true_pairs_can_be_found(bench, records: pl.DataFrame) -> None:  # noqa: ANN001
    assert bench.closure(records, bench.TRACES, within_truth=True)[1] > 0.92


def test_two_traces_together_hardly_ever_mislead(bench, records: pl.DataFrame) -> None:  # noqa: ANN001
    precision, recall = bench.closure(records, bench.PROOFS)
    assert precision > 0.99
    assert 0.65 < recall < 0.90, "exact equality alone must not solve it"


def test_a_phone_alone_misleads(bench, records: pl.DataFrame) -> None:  # noqa: ANN001
    assert bench.closure(records, [("phone",)])[0] < 0.99
