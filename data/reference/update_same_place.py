"""Makes same_place.csv: the points of :func:`cleansing.addresses.same_place`, fitted on half of a public set of labelled pairs.

Run ``python data/reference/update_same_place.py`` in a checkout that has the set beside it (../shared/data/address/address_pairs.jsonl,
CCKS 2021 track 3; it is measured with and not kept here) and scikit-learn installed. Only the half of the queries that
``benchmarks/cleansing.py`` does not hold out is read. Boosted trees of at most eight leaves; more of what speaks for one place
(``FOR``) and a road's number that lies further off (``AGAINST``) can only move the points their own way. Where the line is drawn is
what is best for F1 of 不匹配 when each fifth of the queries is judged by trees that saw the other four.

One row for each leaf, from left to right, and the split to its right: where the evidence is more than ``at_most``, the leaves ``first``
to this one are out; the first leaf that stays gives its points. Tree 0 is the line itself. Points are hundredths of log-odds.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks._cleansing import addresses as measured  # noqa: E402  (the checkout must be on the path first)
from cleansing import addresses  # noqa: E402
from cleansing.addresses import evidence  # noqa: E402

FOR = ("weight", "rarest", "core_within")
AGAINST = ("number",)
TREES, LEAVES = 150, 8
_NO_SPLIT = {"evidence": "", "at_most": None, "first": None}


def model(names: list[str]) -> HistGradientBoostingClassifier:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  (needed by this script alone)

    return HistGradientBoostingClassifier(
        learning_rate=0.08, max_iter=TREES, max_leaf_nodes=LEAVES, min_samples_leaf=30, l2_regularization=3, max_features=0.3,
        random_state=0, early_stopping=False, monotonic_cst=[(name in FOR) - (name in AGAINST) for name in names],
    )  # fmt: skip


def line(values: np.ndarray, same: np.ndarray, queries: np.ndarray, names: list[str]) -> float:
    """The log-odds at which F1 of the pairs that are not one place is best, across folds of queries."""
    from sklearn.model_selection import GroupKFold  # noqa: PLC0415

    said = np.zeros(len(same))
    for train, test in GroupKFold(5, shuffle=True, random_state=0).split(values, same, queries):
        said[test] = model(names).fit(values[train], same[train]).decision_function(values[test])
    order = np.argsort(said)
    found = np.cumsum(~same[order])
    f1 = 2 * found / (np.arange(1, len(same) + 1) + (~same).sum())
    print(f"F1 across the folds {f1.max():.4f}")
    # Around the best there is a plateau: its middle holds better than its highest point.
    plateau = np.flatnonzero(f1 >= f1.max() - 0.0005)
    return float(said[order[plateau]].mean())


def rows(nodes: np.ndarray, tree: int, names: list[str]) -> list[dict[str, Any]]:
    """The leaves of one tree in order, each with the split to its right."""
    out: list[dict[str, Any]] = []

    def walk(at: int) -> None:
        node = nodes[at]
        if node["is_leaf"]:
            out.append({"tree": tree, "leaf": len(out), "points": round(100 * float(node["value"]), 1)} | _NO_SPLIT)
            return
        first = len(out)
        walk(int(node["left"]))
        out[-1] |= {"evidence": names[node["feature_idx"]], "at_most": float(f"{node['num_threshold']:.4f}"), "first": first}
        walk(int(node["right"]))

    walk(0)
    return out


def main() -> None:
    pairs = measured.pairs_of_half(held_out=False)
    if pairs is None:
        print("address_pairs.jsonl is not there: nothing was made")
        return
    left, right = (addresses.clean(pairs[side]) for side in ("query", "candidate"))
    found = evidence.gather(left, right)
    names = list(found)
    values, same = np.column_stack(list(found.values())), ~pairs["other"].to_numpy()
    drawn = line(values, same, pairs["text_id"].to_numpy(), names)
    fitted = model(names).fit(values, same)
    baseline = fitted._baseline_prediction.item()  # noqa: SLF001  (scikit-learn shows its trees in no other way)
    table: list[dict[str, Any]] = [{"tree": 0, "leaf": 0, "points": round(100 * (baseline - drawn), 1)} | _NO_SPLIT]
    for tree, (predictor,) in enumerate(fitted._predictors, start=1):  # noqa: SLF001  (the same)
        table += rows(predictor.nodes, tree, names)
    pl.DataFrame(table, infer_schema_length=None).write_csv(HERE / "same_place.csv")


if __name__ == "__main__":
    main()
