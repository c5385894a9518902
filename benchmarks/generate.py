"""How fast the generator is, and how hard its data are.

Usage: python -m benchmarks.generate [--rows 200000] [--dealers 30] [--out FILE.parquet]

Prints rows a second as CSV; the share of true pairs that share no exact phone, id or VIN; the share that share nothing
exact at all (nor name, plate, address); what exact equality alone finds, and what no evidence leads to. With ``--out`` the records, simply cleansed, are written
for ``../shared/bench/splink_reference.py dealers FILE``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import opencc
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from generator.activity import ROLES
from generator.dealers import build_network
from generator.exports import chunks, generate, simulate
from generator.facts import Facts
from generator.plan import Plan
from generator.render import render

WITH_CAR = ("buyer", "owner", "customer", "sender")
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_VALUES = {
    **{str(d): d for d in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
}
PLACEHOLDERS = ("13800138000", "13888888888", "13900000000", "12345678901")


def records(plan: Plan) -> pl.DataFrame:
    """The records of a plan, simply cleansed: unique_id, cluster, household, name, phone, id_no, address, vin, plate (absent: null)."""
    network = build_network(dealers=plan.dealers, workbooks=plan.workbooks, seed=plan.seed)
    world, activity = simulate(plan, network)
    facts = Facts.of(network)
    frames = []
    for number, part in enumerate(chunks(activity)):
        chunk = render(world, network, facts, part, level=plan.errors, seed=plan.seed, number=number, start=plan.start)
        who = chunk.people.who
        with_car = np.isin(who.role, [ROLES.index(role) for role in WITH_CAR])
        fields = {field: chunk.people.cells[field].series() for field in ("name", "phone", "id_number", "city", "district", "detail")}
        cars = {field: chunk.cells[field].at(np.where(with_car, who.row, -1)) for field in ("vin", "plate")}
        frames.append(pl.DataFrame({"entity": chunk.people.entity, **fields, **cars}))
    return cleansed(pl.concat(frames))


def cleansed(raw: pl.DataFrame) -> pl.DataFrame:
    """What a careful user would do in an hour."""
    digits = pl.col("phone").str.normalize("NFKC").str.replace(r"\.0$", "").str.replace_all(r"[^0-9]", "")
    from_name = pl.col("name").str.extract(r"(1[0-9]{10})")
    mobile = pl.coalesce(digits.str.extract(r"^(?:0086|86|0)?(1[3-9][0-9]{9})"), from_name)
    landline = pl.col("phone").str.extract(r"^(0[0-9]{2,3}-[0-9]{7,8})$")
    name = pl.col("name").str.replace_all(r"[(（].*[)）]|[0-9:，\s　]", "")
    name = name.str.replace(r"^(.{2,})(先生|女士|小姐|总|老板|师傅)$", "$1")
    junk = name.str.contains(
        r"^.(先生|女士|小姐|总|老板|师傅)$|^(欧阳|上官|诸葛|司马)(先生|女士|小姐|总|老板|师傅)$|^(无|不详|先生|女士|未知|-|\*+|暂无|客户|本人|同上|同车主)$|测试|(?i)test"
    )
    out = raw.with_row_index("unique_id").select(
        "unique_id",
        cluster=pl.when(pl.col("entity") < 0).then(-1 - pl.int_range(pl.len())).otherwise("entity"),
        name=pl.when(~junk).then(name),
        phone=pl.coalesce(pl.when(~mobile.is_in(list(PLACEHOLDERS))).then(mobile), landline),
        id_no=pl.col("id_number").str.to_uppercase(),
        address=pl.when(pl.col("detail").str.len_chars() > 4).then(
            pl.col("city").fill_null("") + pl.col("district").fill_null("") + pl.col("detail")
        ),
        vin=pl.col("vin").str.replace_all(" ", "").str.to_uppercase().str.replace_many(["O", "I"], ["0", "1"]),
        plate=pl.col("plate").str.to_uppercase().str.replace_all(r"[·\-\. ]", ""),
    )
    return out.with_columns(
        name=_simplified(out["name"]), address=_simplified(out["address"]), id_no=_checked(out["id_no"], _id_ok), vin=_checked(out["vin"], _vin_ok),
        plate=pl.when(pl.col("plate").str.contains(r"^\p{Han}[A-Z][0-9A-Z]{5,6}$")).then("plate"),
    )  # fmt: skip


def _simplified(values: pl.Series) -> pl.Series:
    distinct = values.drop_nulls().unique()
    return values.replace_strict(
        distinct, pl.Series(opencc.OpenCC("t2s").convert("\n".join(distinct)).split("\n")), default=None, return_dtype=pl.String
    )


def _checked(values: pl.Series, good: Callable[[str], bool]) -> pl.Series:
    distinct = values.drop_nulls().unique().to_list()
    return pl.select(pl.when(values.is_in([v for v in distinct if good(v)])).then(values)).to_series().alias(values.name)


def _id_ok(value: str) -> bool:
    if len(value) != 18:
        return False
    if value[:2] == "91" and not value[:17].isdigit():
        return True
    return value[:17].isdigit() and (
        value[17] == "10X98765432"[sum(int(c) * w for c, w in zip(value, ID_WEIGHTS, strict=False)) % 11] or value.startswith("91")
    )


def _vin_ok(value: str) -> bool:
    if len(value) != 17 or any(c not in VIN_VALUES for c in value):
        return False
    rest = sum(VIN_VALUES[c] * w for c, w in zip(value, VIN_WEIGHTS, strict=True)) % 11
    return value[8] == ("X" if rest == 10 else str(rest))


def pairs_of(sizes: pl.Series) -> int:
    """Number of pairs within groups of these sizes."""
    n = sizes.cast(pl.Int64)
    return int((n * (n - 1) // 2).sum())


def sharing(data: pl.DataFrame) -> tuple[int, float, float]:
    """True pairs; share without exact phone, id, VIN; share without these and without exact name, plate, address."""
    slim = data.select("unique_id", "cluster", "name", "phone", "id_no", "address", "vin", "plate")
    pairs = slim.join(slim, on="cluster").filter(pl.col("unique_id") < pl.col("unique_id_right"))
    same = {c: (pl.col(c) == pl.col(f"{c}_right")).fill_null(value=False) for c in ("phone", "id_no", "vin", "name", "plate", "address")}
    hard = ~(same["phone"] | same["id_no"] | same["vin"])
    none = hard & ~(same["name"] | same["plate"] | same["address"])
    return pairs.height, *pairs.select(hard=hard.mean(), none=none.mean()).row(0)


TRACES = [("phone",), ("id_no",), ("vin", "name"), ("plate", "name"), ("address", "name")]
PROOFS = [("phone", "name"), ("id_no",), ("vin", "name"), ("plate", "name"), ("address", "name")]


def closure(data: pl.DataFrame, keys: Sequence[tuple[str, ...]], *, within_truth: bool = False) -> tuple[float, float]:
    """Pairwise precision and recall of linking whatever is equal in one of the keys, and what is linked through others.

    ``within_truth``: only records of one person are linked: what is left is what no evidence of these kinds leads to.
    """
    edges = []
    for key in keys:
        group = [*key, "cluster"] if within_truth else list(key)
        part = data.drop_nulls(list(key)).sort("unique_id").with_columns(first=pl.col("unique_id").first().over(group))
        edges.append(part.select("first", "unique_id"))
    both = pl.concat(edges).to_numpy()
    graph = coo_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(data.height, data.height))
    _, label = connected_components(graph, directed=False)
    linked = data.with_columns(label=pl.Series(label))
    right = pairs_of(linked.group_by("cluster", "label").len()["len"])
    return right / pairs_of(linked.group_by("label").len()["len"]), right / pairs_of(linked.group_by("cluster").len()["len"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dealers", type=int, default=30)
    parser.add_argument("--errors", default="typical")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(out=Path(folder), rows=given.rows, dealers=given.dealers, errors=given.errors, seed=given.seed, workbooks=0.0)
        start = time.perf_counter()
        made = generate(plan)
        seconds = time.perf_counter() - start
        print(f"{made.rows:,} rows as text in {seconds:.1f} s: {made.rows / seconds:,.0f} rows a second, {made.files} files")
    data = records(plan)
    true_pairs, hard, none = sharing(data)
    print(f"{data.height:,} records, {data['cluster'].n_unique():,} people, {true_pairs:,} true pairs")
    print(f"no exact phone, id or VIN in common: {hard:.1%}; nor name, plate, address: {none:.1%}")
    print("exact equality of two traces: precision {:.4f}, recall {:.4f}".format(*closure(data, PROOFS)))
    print(f"recall that one trace leads to: {closure(data, TRACES, within_truth=True)[1]:.4f}")
    sizes = data.group_by("cluster").len()["len"]
    print("records per person: " + ", ".join(f"{q:.0%} {sizes.quantile(q):.0f}" for q in (0.25, 0.5, 0.75, 0.9, 0.99, 1.0)))
    if given.out:
        data.with_columns(pl.col("cluster").cast(pl.String), pl.col("unique_id").cast(pl.Int64)).write_parquet(given.out)


if __name__ == "__main__":
    main()
