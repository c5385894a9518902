"""Labels that contradict each other, told as the chain that leads from one to the other.

>>> labels = [("a", "b", True, "row 1"), ("b", "c", True, "row 2"), ("a", "c", False, "row 3")]
>>> contradiction(pl.DataFrame(labels, schema=["left_id", "right_id", "same", "where"], orient="row"), {}, column="")
"'a' = 'b' (row 1), 'b' = 'c' (row 2), but 'a' ≠ 'c' (row 3)"
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import polars as pl

_Node = tuple[bool, str]
"""A record (False) or a known entity (True)."""
_Edges = dict[_Node, list[tuple[_Node, str]]]
"""What each node is tied to, and how that is said."""


def contradiction(pairs: pl.DataFrame, entity: Mapping[str, str], *, column: str) -> str | None:
    """The first contradiction among labels, told as a chain; None where there is none.

    Args:
        pairs: ``checked`` labelled pairs.
        entity: the known entities of their records.
        column: where those stand, for the message.
    """
    edges: _Edges = {}
    apart: list[tuple[str, str, str]] = []

    def tie(one: _Node, two: _Node, said: str, back: str) -> None:
        edges.setdefault(one, []).append((two, said))
        edges.setdefault(two, []).append((one, back))

    for left, right, same, where in pairs.select("left_id", "right_id", "same", "where").iter_rows():
        if same:
            tie((False, left), (False, right), f"{left!r} = {right!r} ({where})", f"{right!r} = {left!r} ({where})")
        else:
            apart.append((left, right, where))
    for record, value in sorted(entity.items()):
        said = f"{record!r} is {value!r} (column {column})"
        tie((False, record), (True, value), said, said)
    root = _roots(edges)
    for left, right, where in apart:
        one, two = (False, left), (False, right)
        if one in root and root[one] == root.get(two):
            return f"{', '.join(_path(edges, one, two))}, but {left!r} ≠ {right!r} ({where})"
    values: dict[_Node, _Node] = {}
    for node in sorted(root):
        if node[0] and (other := values.setdefault(root[node], node)) != node:
            return ", ".join(_path(edges, other, node))
    return None


def _roots(edges: _Edges) -> dict[_Node, _Node]:
    root: dict[_Node, _Node] = {}
    for start in edges:
        if start in root:
            continue
        root[start] = start
        open_ = [start]
        while open_:
            for node, _ in edges[open_.pop()]:
                if node not in root:
                    root[node] = start
                    open_.append(node)
    return root


def _path(edges: _Edges, start: _Node, end: _Node) -> list[str]:
    """What is said on the shortest way from one node to another."""
    came: dict[_Node, tuple[_Node, str]] = {}
    open_ = deque([start])
    while end not in came:
        here = open_.popleft()
        for node, said in edges[here]:
            if node not in came and node != start:
                came[node] = here, said
                open_.append(node)
    told = []
    while end != start:
        end, said = came[end]
        told.append(said)
    return told[::-1]
