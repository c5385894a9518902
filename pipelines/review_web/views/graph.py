"""What holds records together, drawn: the strongest spanning tree, its weakest link in the middle, each side growing outwards.

The two records of the weakest link are the roots of two trees. A record's height is the middle of those behind it, its column the number
of links to its root; so no two lines cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matching.explain_cluster import ClusterExplanation

COLUMN, ROW, MARGIN = 200.0, 52.0, 14.0
BOX_WIDE, BOX_HIGH = 128.0, 40.0
_AWAY = 24.0
MIDDLE = 268.0
"""Between the two roots: room for what is written on the weakest link."""


@dataclass(frozen=True)
class Node:
    """A record; ``x`` and ``y`` of its middle; ``group``: 0 or 1, which customer it is of; ``ends`` where it is of the pair that is looked at."""

    record_id: str
    x: float
    y: float
    title: str
    below: str
    group: int
    ends: bool


@dataclass(frozen=True)
class Link:
    """A link of the tree; ``weight`` in bits, ``decision``: link, review or leave. The weight is written at ``x``, ``y``."""

    x1: float
    y1: float
    x2: float
    y2: float
    weight: float
    decision: str
    weakest: bool
    x: float
    y: float


@dataclass(frozen=True)
class Graph:
    """A drawing of this size."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


@dataclass
class _Side:
    """One tree while it is laid out: depth and height of each record."""

    neighbours: Mapping[str, Sequence[str]]
    depth: dict[str, int] = field(default_factory=dict)
    height: dict[str, float] = field(default_factory=dict)
    rows: int = 0

    def lay(self, root: str) -> None:
        """Depth first without recursion: chains may be long."""
        stack: list[tuple[str, str | None, bool]] = [(root, None, False)]
        self.depth[root] = 0
        while stack:
            node, above, done = stack.pop()
            below = [name for name in self.neighbours.get(node, ()) if name != above]
            if done:
                self.height[node] = sum(self.height[name] for name in below) / len(below)
            elif below:
                stack.append((node, above, True))
                for name in reversed(below):
                    self.depth[name] = self.depth[node] + 1
                    stack.append((name, node, False))
            else:
                self.height[node] = float(self.rows)
                self.rows += 1


def graph(
    found: ClusterExplanation, titles: Mapping[str, tuple[str, str]], *, groups: Mapping[str, int] | None = None, ends: Sequence[str] = ()
) -> Graph:
    """The drawing of a cluster.

    Args:
        found: the cluster.
        titles: two short lines of each record.
        groups: which of two customers each record is of.
        ends: the records of the pair that is looked at.
    """
    neighbours: dict[str, list[str]] = {}
    for link in found.tree[:-1]:
        neighbours.setdefault(link.record_id_l, []).append(link.record_id_r)
        neighbours.setdefault(link.record_id_r, []).append(link.record_id_l)
    roots = [found.record_ids[0]]
    if found.weakest is not None and found.without is not None:
        roots = sorted((found.weakest.record_id_l, found.weakest.record_id_r), key=lambda name: name not in found.without.left)  # type: ignore[union-attr]
    sides = []
    for root in roots:
        side = _Side(neighbours)
        side.lay(root)
        sides.append(side)
    depths = [max(side.depth.values()) for side in sides]
    rows = max(side.rows for side in sides)
    width = 2 * MARGIN + BOX_WIDE * len(sides) + COLUMN * sum(depths) + (MIDDLE - BOX_WIDE if len(sides) > 1 else 0)
    height = 2 * MARGIN + ROW * (rows - 1) + BOX_HIGH
    at: dict[str, tuple[float, float]] = {}
    for place, (side, root) in enumerate(zip(sides, roots, strict=True)):
        # both roots at one height: the weakest link lies level
        shift = (rows - 1) / 2 - side.height[root]
        low = min(value + shift for value in side.height.values())
        high = max(value + shift for value in side.height.values())
        shift += -low if low < 0 else min(0.0, rows - 1 - high)
        for name, depth in side.depth.items():
            out = COLUMN * (depths[place] - depth if place == 0 and len(sides) > 1 else depth)
            left = MARGIN + BOX_WIDE / 2 + (0 if place == 0 else COLUMN * depths[0] + MIDDLE)
            at[name] = (round(left + out, 1), round(MARGIN + BOX_HIGH / 2 + ROW * (side.height[name] + shift), 1))
    nodes = tuple(
        Node(name, *at[name], *titles[name], group=(groups or {}).get(name, 0), ends=name in ends)
        for name in sorted(at, key=lambda name: at[name])
    )
    depth_of = {name: number for side in sides for name, number in side.depth.items()}
    links = tuple(
        _link(at, depth_of, link.record_id_l, link.record_id_r, link.weight, link.decision, weakest=link is found.weakest)
        for link in found.tree
    )
    return Graph(width, height, nodes, links)


def _link(
    at: Mapping[str, tuple[float, float]], depth: Mapping[str, int], one: str, two: str, weight: float, decision: str, *, weakest: bool
) -> Link:
    left, right = sorted((one, two), key=lambda name: at[name])
    (x1, y1), (x2, y2) = at[left], at[right]
    x1, x2 = x1 + BOX_WIDE / 2, x2 - BOX_WIDE / 2
    if weakest:
        return Link(x1, y1, x2, y2, weight, decision, weakest, (x1 + x2) / 2, (y1 + y2) / 2)
    # beside the outer of the two, where lines to other records are far apart
    x, y = (x2 - _AWAY, y2) if depth[right] > depth[left] else (x1 + _AWAY, y1)
    return Link(x1, y1, x2, y2, weight, decision, weakest, x, y)
