"""What ties a record to its own cluster, beside what it has in common with another."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching import ties
from matching.comparisons import comparisons_for
from matching.match import match
from matching.spec import parse

SPEC = parse("record_id: id\ncolumns: {who: name, tel: phone, home: address}\n", where="m")
COMPARISONS = comparisons_for(SPEC)
SHARED = [comparison.name for comparison in COMPARISONS if comparison.shared]
RECORDS = 9

Pair = tuple[int, int, int, tuple[int, ...]]
"""Two records, their weight, and what each shared comparison says of them."""


@st.composite
def pairs(draw: st.DrawFn) -> list[Pair]:
    ends = draw(
        st.lists(
            st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)).filter(lambda two: two[0] < two[1]),
            unique=True,
            max_size=25,
        )
    )
    said = st.tuples(*(st.sampled_from([-1500, 0, 9000]) for _ in SHARED))
    return [(*two, draw(st.integers(-5000, 12_000)), draw(said)) for two in ends]


def slow(found: list[Pair], cluster: list[int], doubtful: list[Pair]) -> dict[tuple[int, int], int]:
    """Bits by record and other cluster, pair by pair."""
    taken = {}
    for rid in range(RECORDS):
        own = [(weight, said) for one, two, weight, said in found if rid in (one, two) and cluster[one] == cluster[two]]
        for other in set(cluster) - {cluster[rid]}:
            ours = [said for one, two, _, said in doubtful if rid in (one, two) and other in (cluster[one], cluster[two])]
            if not own or not ours:
                continue
            odds = 2 ** (max(weight for weight, _ in own) / 1000) * len(own) / len(ours)
            for place in range(len(SHARED)):
                for of, power in (([said for _, said in own], 1), (ours, -1)):
                    agrees, differs = (sum(sign * said[place] > 0 for said in of) for sign in (1, -1))
                    odds *= ((agrees + 1) / (agrees + differs + 2)) ** power
            taken[rid, other] = round(1000 * math.log2(1 + odds))
    return taken


@given(pairs(), st.lists(st.integers(0, 2), min_size=RECORDS, max_size=RECORDS))
def test_ties_are_those_of_a_slow_obvious_way(found: list[Pair], cluster: list[int]) -> None:
    doubtful = [pair for pair in found if cluster[pair[0]] != cluster[pair[1]] and min(cluster.count(cluster[end]) for end in pair[:2]) > 1]
    scored = {"rid_l": pl.Int64(), "rid_r": pl.Int64(), "weight": pl.Int32(), **dict.fromkeys(SHARED, pl.Int32())}
    rows = [(one, two, weight, *said) for one, two, weight, said in found]
    flags = [
        (one, two, cluster[one], cluster[two], True, True, *(int(sign * each > 0) for each in said for sign in (1, -1)))
        for one, two, _, said in doubtful
    ]
    names = {
        "rid_l": pl.Int64(),
        "rid_r": pl.Int64(),
        "x": pl.Int64(),
        "y": pl.Int64(),
        "several_l": pl.Boolean(),
        "several_r": pl.Boolean(),
    }
    names |= dict.fromkeys(ties.agreements(COMPARISONS), pl.Int64())
    clusters = pl.DataFrame({"rid": range(RECORDS), "cluster": cluster}, schema={"rid": pl.Int64, "cluster": pl.Int64})
    with DuckDBEngine() as engine:
        told = ties.find(
            engine,
            engine.from_frame(pl.DataFrame(flags, schema=names, orient="row")),
            engine.from_frame(pl.DataFrame(rows, schema=scored, orient="row")),
            engine.from_frame(clusters),
            COMPARISONS,
        )
        bits = {(rid, other): bits for rid, other, bits in engine.collect(told).iter_rows()}
    expected = slow(found, cluster, doubtful)
    assert bits.keys() == expected.keys()
    assert all(abs(bits[key] - expected[key]) <= 1 for key in bits)


def test_a_nameless_record_that_went_with_one_of_a_couple_may_be_the_others() -> None:
    """Both give the phone that it knows; whoever gives it more often is likelier, and the pair with the other says so."""
    rng = np.random.default_rng(3)
    rows: list[tuple[str, str | None, str]] = []
    for n in range(600):
        his, hers = f"1390{n:07}", f"1370{n:07}"
        given = [f"a{rng.integers(10**6)} k{n % 97}", f"b{rng.integers(10**6)} k{n % 89}"]
        # each record is written a little differently: what is alike in all is compared once
        rows += [(f"m{n:04}-{k}", f"{given[0]}{k or ''}", his) for k in range(3)]
        rows += [(f"w{n:04}-{k}", f"{given[1]}{k or ''}", his if n % 3 == 0 and k == 0 else hers) for k in range(3)]
        if n % 6 == 0:
            rows.append((f"x{n:04}", None, his))
    spec = parse("record_id: id\ncolumns: {who: name, tel: phone}\nreview: 0.01\n", where="m")
    with DuckDBEngine() as engine:
        result = match(engine, engine.from_frame(pl.DataFrame(rows, schema=["id", "who", "tel"], orient="row")), spec)
        edges = engine.collect(result.edges, max_rows=10**6)
        of = dict(engine.collect(result.clusters, max_rows=10**6).rows())
    nameless = edges.filter(pl.col("record_id_r").str.starts_with("x"))
    with_him, with_her = (nameless.filter(pl.col("record_id_l").str.starts_with(who))["probability"].mean() for who in "mw")
    assert isinstance(with_him, float)
    assert isinstance(with_her, float)
    assert with_him > with_her
    assert len({of[f"m{n:04}-0"] for n in range(600)} & {of[f"w{n:04}-1"] for n in range(600)}) == 0
