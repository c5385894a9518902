"""Makes same_place.csv and same_place_words.csv: the points of :func:`cleansing.addresses.same_place`.

Run ``python data/reference/update_same_place.py`` in a checkout that has the labelled pairs beside it (../shared/data/address/address_pairs.jsonl,
CCKS 2021 track 3; it is measured with and not kept here) and scikit-learn installed. Only the half of the queries that
``benchmarks/cleansing.py`` does not hold out is read, without the queries that are in the other half too. ``--measure`` writes nothing:
it goes over all queries, a fifth at a time, judged by what the other four give, and prints F1 with an interval (queries drawn again).
Kinds of evidence and settings were chosen across the folds of that half; the other half was looked at three times (docs/cleansing.md).

First what each character and pair of characters says (:func:`cleansing.addresses.shared.points_of_words`): logistic regression, in
hundredths of log-odds; only those in at least ``LEAST`` pairs of addresses. Its sum is one more kind of evidence; what the trees see of it comes from points that other queries gave. Then boosted trees of at most
eight leaves; more of what speaks for one place (``FOR``) and a road's number that lies further off (``AGAINST``) can only move the
points their own way. The line is drawn where F1 of 不匹配 is best when each fifth of the queries is judged by the other four.

same_place.csv: one row for each leaf, from left to right, and the split to its right: where the evidence is more than ``at_most``, the
leaves ``first`` to this one are out; the first leaf that stays gives its points. Tree 0 is the line itself. Points are hundredths of log-odds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.ensemble import HistGradientBoostingClassifier

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks._cleansing import addresses as measured  # noqa: E402  (the checkout must be on the path first)
from cleansing import addresses  # noqa: E402
from cleansing.addresses import evidence, shared, sides  # noqa: E402

FOR = ("weight", "core_within", "words")
AGAINST = ("number",)
TREES, LEAVES = 500, 8
FOLDS, INNER_FOLDS = 5, 10
LEAST = 10
_NO_SPLIT = {"evidence": "", "at_most": None, "first": None}


@dataclass(frozen=True)
class Pairs:
    """Labelled pairs: evidence (``words`` not yet), which words they have, whether they are one place, and of which query."""

    names: list[str]
    values: np.ndarray
    has: csr_matrix
    columns: np.ndarray  # of ``has``: word * 2, and 1 more where one text has it alone
    same: np.ndarray
    queries: np.ndarray

    @classmethod
    def of(cls, pairs: pl.DataFrame) -> Pairs:
        """The same of columns query, candidate and other."""
        left, right = (addresses.clean(pairs[side]) for side in ("query", "candidate"))
        found = evidence.gather(left, right)
        del found["words"]
        has, columns = words(*(sides.texts(side)["text"] for side in (left, right)))
        queries = np.unique(pairs["query"].to_numpy(), return_inverse=True)[1]
        return cls([*found, "words"], np.column_stack(list(found.values())), has, columns, ~pairs["other"].to_numpy(), queries)

    def folds(self, rows: np.ndarray, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows to learn from and rows to judge; no query is in both."""
        from sklearn.model_selection import GroupKFold  # noqa: PLC0415  (needed by this script alone)

        for learned, judged in GroupKFold(count, shuffle=True, random_state=0).split(rows, groups=self.queries[rows]):
            yield rows[learned], rows[judged]


def words(left: pl.Series, right: pl.Series) -> tuple[csr_matrix, np.ndarray]:
    from scipy.sparse import csr_matrix  # noqa: PLC0415  (comes with scikit-learn)

    both, one = shared.both_and_one(left, right)
    keys = np.concatenate([shared.word_of(both) * 2, shared.word_of(one) * 2 + 1])
    columns, at, counts = np.unique(keys, return_inverse=True, return_counts=True)
    has = csr_matrix((np.ones(len(keys)), (shared.rows_of_pairs(np.concatenate([both, one])), at)), shape=(len(left), len(columns)))
    return has[:, counts >= LEAST], columns[counts >= LEAST]


def points(pairs: Pairs, rows: np.ndarray) -> np.ndarray:
    """What each word says, in hundredths of log-odds."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (needed by this script alone)

    return np.round(100 * LogisticRegression(C=0.03, max_iter=300).fit(pairs.has[rows], pairs.same[rows]).coef_[0])


def model(pairs: Pairs, rows: np.ndarray) -> tuple[np.ndarray, HistGradientBoostingClassifier]:
    """Points of words, and trees that saw each pair with what other queries say of its words."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  (needed by this script alone)

    sums = np.zeros(len(pairs.same))
    for learned, judged in pairs.folds(rows, INNER_FOLDS):
        sums[judged] = pairs.has[judged] @ points(pairs, learned)
    trees = HistGradientBoostingClassifier(
        learning_rate=0.04, max_iter=TREES, max_leaf_nodes=LEAVES, min_samples_leaf=20, l2_regularization=10, max_features=0.2,
        random_state=0, early_stopping=False, monotonic_cst=[(name in FOR) - (name in AGAINST) for name in pairs.names],
    )  # fmt: skip
    return points(pairs, rows), trees.fit(np.column_stack([pairs.values[rows], sums[rows]]), pairs.same[rows])


def across(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of each pair by what the other folds of queries give, and the fold it is in."""
    said, fold = np.zeros(len(pairs.same)), np.zeros(len(pairs.same), dtype=np.int64)
    for number, (learned, judged) in enumerate(pairs.folds(np.arange(len(pairs.same)), FOLDS)):
        says, trees = model(pairs, learned)
        said[judged] = trees.decision_function(np.column_stack([pairs.values[judged], pairs.has[judged] @ says]))
        fold[judged] = number
    return said, fold


def line(said: np.ndarray, same: np.ndarray) -> float:
    """The log-odds at which F1 of the pairs that are not one place is best."""
    order = np.argsort(said)
    found = np.cumsum(~same[order])
    scores = 2 * found / (np.arange(1, len(same) + 1) + (~same).sum())
    # Around the best there is a plateau: its middle holds better than its highest point.
    return float(said[order[np.flatnonzero(scores >= scores.max() - 0.0005)]].mean())


def f1(other: np.ndarray, same: np.ndarray) -> float:
    return float(2 * (other & ~same).sum() / (other.sum() + (~same).sum()))


def judged_across(pairs: Pairs, said: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Which pairs are not one place, where each fold's line is that of the other folds."""
    lines = np.array([line(said[fold != one], pairs.same[fold != one]) for one in range(FOLDS)])
    return said < lines[fold]


def interval(other: np.ndarray, same: np.ndarray, queries: np.ndarray) -> tuple[float, float]:
    """Between which F1 lies in 95 of 100 draws of as many queries."""
    random = np.random.default_rng(0)
    counts = np.stack([np.bincount(queries, kind) for kind in (other & ~same, other, ~same)])
    drawn = (counts[:, random.integers(0, counts.shape[1], counts.shape[1])].sum(axis=1) for _ in range(2000))
    low, high = np.quantile([2 * right / (said + true) for right, said, true in drawn], [0.025, 0.975])
    return float(low), float(high)


def told(what: str, other: np.ndarray, pairs: Pairs) -> None:
    low, high = interval(other, pairs.same, pairs.queries)
    print(f"{what}: F1 of 不匹配 {f1(other, pairs.same):.4f} ({low:.4f} to {high:.4f}), {len(other)} pairs")


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


def write(pairs: Pairs, drawn: float) -> None:
    says, fitted = model(pairs, np.arange(len(pairs.same)))
    baseline = fitted._baseline_prediction.item()  # noqa: SLF001  (scikit-learn shows its trees in no other way)
    table: list[dict[str, Any]] = [{"tree": 0, "leaf": 0, "points": round(100 * (baseline - drawn), 1)} | _NO_SPLIT]
    for tree, (predictor,) in enumerate(fitted._predictors, start=1):  # noqa: SLF001  (the same)
        table += rows(predictor.nodes, tree, pairs.names)
    pl.DataFrame(table, infer_schema_length=None).write_csv(HERE / "same_place.csv")
    by_column = {int(column): int(point) for column, point in zip(pairs.columns, says, strict=True) if point}
    known = sorted({column // 2 for column in by_column})
    said = [(shared.written(word), by_column.get(2 * word, 0), by_column.get(2 * word + 1, 0)) for word in known]
    pl.DataFrame(said, schema=["word", "both", "one"], orient="row").write_csv(HERE / "same_place_words.csv")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--measure", action="store_true", help="write nothing; measure over all queries, across folds")
    over_all = options.parse_args().measure
    half, held_out = (measured.pairs_of_half(held_out=out) for out in (False, True))
    if half is None or held_out is None:
        print("address_pairs.jsonl is not there: nothing was made")
        return
    pairs = Pairs.of(pl.concat([half, held_out]) if over_all else half.join(held_out, on="query", how="anti", maintain_order="left"))
    said, fold = across(pairs)
    told("across all queries" if over_all else "across the queries of our half", judged_across(pairs, said, fold), pairs)
    if not over_all:
        write(pairs, line(said, pairs.same))


if __name__ == "__main__":
    main()
