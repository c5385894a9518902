"""A shape to its parts: where town, community, road, number, estate, building, unit, floor and room stand in it.

An address is a row of names, each with its ending, and of numbers, each with its word (GB/T 23705: the levels from the town
down to the room). What a name or number is follows from its ending and from what stands before it:

- a number behind a road (or a village) is the road's; a lane (弄) and the number in it both are (1200弄3号);
- a number behind an estate is a building's, the next a unit's or a room's (3-2-501, 3号楼2单元501室);
- a name that is only an ending belongs to what is before it (新村 街道, 广场 东路);
- a number before 米 is a distance, and claimed by no part;
- of two roads the second is a part of the first, or a crossing: no road of its own.

>>> {name: "xdR000H0B"[slice(*span)] for name, span in parse("xdR000H0B").items() if not name.endswith("_written")}
{'road': 'xdR', 'road_no': '000H', 'building': '0'}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

PARTS = (
    "town", "community", "road", "road_no", "number_written", "house_written", "estate", "building", "building_written", "unit", "unit_written",
    "floor", "floor_written", "room", "room_written", "rest", "rest_before", "rest_between",
)  # fmt: skip
Span = tuple[int, int]

_CODE = "(?:A?0+(?:A(?!A))?0*|A(?!A))"
_NUM = "(?:0+|N)"
_SECTION = "(?:[dN0]*S)?"
_TOKEN = re.compile(
    "(?P<gap>[,\\-]+)"
    # A name that is only an ending goes on with the name before it: 新村|街道, 周巷|镇, 科技园|社区, 医院|东路, 凤城|十二路.
    "|(?P<more_town>(?<=[RPZCLT])y?T)"
    "|(?P<more_community>(?<=[RPZ])y?C)"
    f"|(?P<more_road>(?<=[PZC])(?:[dN0]*y?R){_SECTION})"
    f"|(?P<lane>b?{_NUM}K?L)"
    f"|(?P<numbered_road>{_NUM}H?(?:y?R|r(?=[0NA,\\-]|$))|A0+yR)"
    "|(?P<group>0+G|NG(?![dN]*y?[RTCZ]))"
    "|(?P<distance>0+y?W)"
    f"|(?P<building>(?:{_CODE}|N)(?:y?B|E|#F?)|A0*F)"
    f"|(?P<unit>(?:{_CODE}|N)y?U)"
    f"|(?P<floor>{_NUM}F|0A(?=$|[,\\-0x]))"
    "|(?P<room>A?0+A?y?M|N+M)"
    f"|(?P<number>V?(?:b?(?:{_CODE}|N))(?:-{_CODE})*y?H(?:V0+H?)?)"
    f"|(?P<part>(?:[0A]+|N)(?:Q|y?D))"
    f"|(?P<code>b?{_CODE}(?!A)|N(?=$|[,\\-]))"
    "|(?P<odd>[0A]+)"
    "|(?P<name>[^0A,\\-][^0A,\\-]*?)"
    f"(?:(?P<town>y?T)|(?P<community>y?C)|(?P<road>(?:y?R|L|[xdN]r(?=[0N])){_SECTION})|(?P<zone>y?Z)|(?P<estate>y?P)|(?P<join>y?J)|(?=[0A,\\-]|$))"
    "|(?P<mark>[^0A,\\-])"
)


_NUMBERS = frozenset({"number", "code", "building", "unit", "floor", "room"})
"""Tokens of which the reading knows how they are written; of the others the kind is enough."""


class Token(NamedTuple):
    """A token by its kind; ``written`` in the shape's letters for numbers with their word, else empty."""

    kind: str
    written: str


class Place(NamedTuple):
    """Where a part stands among the tokens: from ``skipped`` letters behind the first's start to ``less`` before the last's end."""

    first: int
    skipped: int
    last: int
    less: int


def parse(shape: str) -> dict[str, Span]:
    """Part to its place in the shape; parts that are not there are left out. Names are in ``PARTS``."""
    found, spans = tokens(shape)
    return {part: (spans[place.first][0] + place.skipped, spans[place.last][1] - place.less) for part, place in read(found).items()}


def tokens(shape: str) -> tuple[tuple[Token, ...], tuple[Span, ...]]:
    """The tokens of a shape, and where each stands in it."""
    kinds: list[str] = []
    spans: list[Span] = []
    for match in _TOKEN.finditer(shape):
        kind = match.lastgroup or "mark"
        if kind.startswith("more_"):
            kind = kind.removeprefix("more_")
            if kinds:
                kinds[-1], spans[-1] = kind, (spans[-1][0], match.end())
                continue
        kinds.append(kind)
        spans.append(match.span())
    found = (Token(kind, shape[slice(*span)] if kind in _NUMBERS else "") for kind, span in zip(kinds, spans, strict=True))
    return tuple(found), tuple(spans)


def read(found: Sequence[Token]) -> dict[str, Place]:
    """Part to its place among the tokens."""
    reading = _Reading(found)
    for at in range(len(found)):
        reading.take(at)
    return reading.concluded()


@dataclass(slots=True)
class _Reading:
    """What was found so far: ``last`` is the kind of the last name or number, ``loose`` the token where unclaimed text began."""

    tokens: Sequence[Token]
    found: dict[str, Place] = field(default_factory=dict)
    chunks: list[tuple[int, int]] = field(default_factory=list)
    last: str = ""
    loose: int | None = None

    def take(self, at: int) -> None:
        """One token more."""
        kind = self.tokens[at].kind
        if kind == "gap":
            if self.loose is not None and self.last == "name":
                self.last = "estate"
            return
        handler = self.HANDLERS.get(kind)
        if handler is None or not handler(self, at):
            self._leave(at)

    def _claim(self, part: str, place: Place, last: str) -> bool:
        if self.loose is not None and self.loose < place.first:
            self.chunks.append((self.loose, place.first - 1))
        self.loose = None
        self.found[part] = place
        self.last = last
        return True

    def _leave(self, at: int) -> None:
        if self.loose is None:
            self.loose = at
        kind = self.tokens[at].kind
        self.last = kind if kind in {"zone", "estate"} else "name" if kind != "part" else "estate"

    def _town(self, at: int) -> bool:
        if self.found.keys() & {"town", "road", "community", "building"}:
            return False
        return self._claim("town", Place(at, 0, at, 0), "town")

    def _community(self, at: int) -> bool:
        if self.found.keys() & {"community", "building"} or self.last not in {"", "town", "zone", "road"}:
            return False
        return self._claim("community", Place(at, 0, at, 0), "community")

    def _road(self, at: int) -> bool:
        if self.found.keys() & {"road", "building"}:
            if self.last == "road":
                self.last = "subroad"
                if self.loose is None:
                    self.loose = at
                return True
            return False
        if self.tokens[at].kind == "numbered_road" and self.last in {"estate", "name", "floor"}:
            return False
        return self._claim("road", Place(at, 0, at, 0), "road")

    def _lane(self, at: int) -> bool:
        if self.last == "lane":  # 88弄12支弄
            return self._claim("road_no", self.found["road_no"]._replace(last=at), "lane")
        if self.last == "road" and "road_no" not in self.found:
            self.found["number_written"] = Place(at, 0, at, 0)
            return self._claim("road_no", Place(at, 0, at, 0), "lane")
        return False

    def _number(self, at: int) -> bool:
        if self.last == "lane":
            self.found["house_written"] = Place(at, 0, at, 0)
            return self._claim("road_no", self.found["road_no"]._replace(last=at, less=0), "number")
        if "building" in self.found or "floor" in self.found:
            digits = self.tokens[at].written.count("0")
            part = "unit" if digits < 3 and "unit" not in self.found and "floor" not in self.found else "room"
            return part not in self.found and self._coded(part, at)
        if "road_no" not in self.found and self.last in {"road", "community", "name", "subroad", "town", ""}:
            return self._road_number(at)
        if self.last in {"estate", "zone", "name", "town", "number"}:
            return self._coded("building", at)
        return False

    def _road_number(self, at: int) -> bool:
        written = self.tokens[at].written
        cut = written.find("-")
        if written.endswith("H") and cut > 0:
            self.found["number_written"] = Place(at, 0, at, len(written) - cut)
            self.found["house_written"] = Place(at, cut + 1, at, 0)
        else:
            self.found["number_written"] = Place(at, 0, at, 0)
        return self._claim("road_no", Place(at, 0, at, 0), "number")

    def _coded(self, part: str, at: int) -> bool:
        """A number with its word: the part is the number, ``_written`` all of it."""
        written = self.tokens[at].written
        self.found[f"{part}_written"] = Place(at, 0, at, 0)
        return self._claim(part, Place(at, 0, at, len(written.lstrip("0ANb-"))), part)

    def _word(self, at: int) -> bool:
        kind = self.tokens[at].kind
        return kind not in self.found and self._coded(kind, at)

    def _code(self, at: int) -> bool:
        digits = self.tokens[at].written.count("0")
        if self.last in {"road", "community"} and "road_no" not in self.found:
            return self._road_number(at)
        # 3-2-501 alone: nothing before it says whose building.
        alone = self.last == "" and [token.kind for token in self.tokens[at : at + 5]] == ["code", "gap", "code", "gap", "code"]
        of_building = alone or self.last in {"estate", "name", "zone", "number", "community", "town", "lane"}
        if digits < 3 and "building" not in self.found and of_building:
            return self._coded("building", at)
        if digits < 3 and "unit" not in self.found and self.last == "building":
            return self._coded("unit", at)
        if (digits >= 2 or self.last == "unit") and "room" not in self.found:
            return self._coded("room", at)
        return False

    HANDLERS: ClassVar[dict[str, Callable[[_Reading, int], bool]]] = {
        "town": _town, "community": _community, "road": _road, "numbered_road": _road,
        "group": _road, "lane": _lane, "number": _number, "code": _code, "building": _word,
        "unit": _word, "floor": _word, "room": _word,
    }  # fmt: skip

    def concluded(self) -> dict[str, Place]:
        """The parts, with what nothing claimed as the estate and the rest."""
        if self.loose is not None:
            self.chunks.append((self.loose, len(self.tokens) - 1))
        inner = min(
            (self.found[part].first for part in ("building", "unit", "floor", "room") if part in self.found), default=len(self.tokens)
        )
        chunks = self.chunks
        before = [chunk for chunk in chunks if chunk[1] < inner]
        if before:
            estate = before[-1]
            self.found["estate"] = Place(estate[0], 0, estate[1], 0)
            chunks.remove(estate)
        for part, (first, last) in zip(("rest", "rest_before", "rest_between"), reversed(chunks), strict=False):
            self.found[part] = Place(first, 0, last, 0)
        return self.found
