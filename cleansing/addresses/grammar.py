"""A shape to its parts: where town, community, road, number, estate, building, unit, floor and room stand in it.

An address is a row of names, each with its ending, and of numbers, each with its word (GB/T 23705: the levels from the town
down to the room). What a name or number is follows from its ending and from what stands before it:

- a number behind a road (or a village) is the road's; a lane (弄) and the number in it both are (1200弄3号);
- a number behind an estate is a building's, the next a unit's or a room's (3-2-501, 3号楼2单元501室);
- a name that is only an ending belongs to what is before it (新村 街道, 广场 东路);
- of two roads the second is a part of the first, or a crossing: no road of its own.

>>> {name: "xdR000H0B"[slice(*span)] for name, span in parse("xdR000H0B").items() if not name.endswith("_written")}
{'road': 'xdR', 'road_no': '000H', 'building': '0'}
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

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
    # A name that is only an ending goes on with the name before it: 新村|街道, 周巷|镇, 医院|东路, 凤城|十二路.
    "|(?P<more_town>(?<=[RPZCL])y?T)"
    "|(?P<more_community>(?<=[RPZ])C)"
    f"|(?P<more_road>(?<=[PZC])(?:[dN0]*y?R){_SECTION})"
    f"|(?P<lane>b?{_NUM}K?L)"
    f"|(?P<numbered_road>{_NUM}H?(?:y?R|r(?=[0NA,\\-]|$))|A0+yR)"
    f"|(?P<group>{_NUM}G)"
    f"|(?P<building>(?:{_CODE}|N)(?:y?B|E|#F?)|A0*F)"
    f"|(?P<unit>(?:{_CODE}|N)y?U)"
    f"|(?P<floor>{_NUM}F|0A(?=$|[,\\-0x]))"
    "|(?P<room>A?0+A?y?M|N+M)"
    f"|(?P<number>V?(?:b?(?:{_CODE}|N))(?:-{_CODE})*H(?:V0+H?)?)"
    f"|(?P<part>(?:[0A]+|N)(?:Q|y?D))"
    f"|(?P<code>b?{_CODE}(?!A)|N(?=$|[,\\-]))"
    "|(?P<odd>[0A]+)"
    "|(?P<name>[^0A,\\-][^0A,\\-]*?)"
    f"(?:(?P<town>y?T)|(?P<community>y?C)|(?P<road>(?:y?R|L|[xd]r(?=[0N])){_SECTION})|(?P<zone>y?Z)|(?P<estate>y?P)|(?P<join>y?J)|(?=[0A,\\-]|$))"
    "|(?P<mark>[^0A,\\-])"
)


@dataclass(frozen=True)
class _Token:
    kind: str
    start: int
    end: int


def parse(shape: str) -> dict[str, Span]:
    """Part to its place in the shape; parts that are not there are left out. Names are in ``PARTS``."""
    return dict(_parse(shape))


@functools.lru_cache(maxsize=1 << 17)
def _parse(shape: str) -> dict[str, Span]:
    reading = _Reading(shape)
    for token in _tokens(shape):
        reading.take(token)
    return reading.concluded()


def _tokens(shape: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(shape):
        kind = match.lastgroup or "mark"
        if kind.startswith("more_"):
            kind = kind.removeprefix("more_")
            if tokens:
                tokens[-1] = _Token(kind, tokens[-1].start, match.end())
                continue
        tokens.append(_Token(kind, match.start(), match.end()))
    return tokens


@dataclass
class _Reading:
    """What was found so far: ``last`` is the kind of the last name or number, ``loose`` where unclaimed text began."""

    shape: str
    found: dict[str, Span] = field(default_factory=dict)
    chunks: list[Span] = field(default_factory=list)
    last: str = ""
    loose: int | None = None

    def take(self, token: _Token) -> None:
        """One token more."""
        if token.kind == "gap":
            if self.loose is not None and self.last == "name":
                self.last = "estate"
            return
        handler = {
            "town": self._town, "community": self._community, "road": self._road, "numbered_road": self._road, "group": self._road,
            "lane": self._lane, "number": self._number, "code": self._code, "building": self._word, "unit": self._word, "floor": self._word,
            "room": self._word,
        }.get(token.kind)  # fmt: skip
        if handler is None or not handler(token):
            self._leave(token)

    def _claim(self, part: str, start: int, end: int, last: str) -> bool:
        if self.loose is not None and self.loose < start:
            self.chunks.append((self.loose, start))
        self.loose = None
        self.found[part] = (start, end)
        self.last = last
        return True

    def _leave(self, token: _Token) -> None:
        if self.loose is None:
            self.loose = token.start
        self.last = token.kind if token.kind in {"zone", "estate"} else "name" if token.kind != "part" else "estate"

    def _begin(self, token: _Token) -> int:
        """Where a name begins: with the plain text right before it, if nothing tells them apart."""
        return self.loose if self.loose is not None and self.last == "name" and self.loose < token.start else token.start

    def _town(self, token: _Token) -> bool:
        if self.found.keys() & {"town", "road", "community", "building"}:
            return False
        return self._claim("town", token.start, token.end, "town")

    def _community(self, token: _Token) -> bool:
        if self.found.keys() & {"community", "building"} or self.last not in {"", "town", "zone", "road"}:
            return False
        return self._claim("community", token.start, token.end, "community")

    def _road(self, token: _Token) -> bool:
        if self.found.keys() & {"road", "building"}:
            if self.last == "road":
                self.last = "subroad"
                if self.loose is None:
                    self.loose = token.start
                return True
            return False
        if token.kind == "numbered_road" and self.last in {"estate", "name", "floor"}:
            return False
        return self._claim("road", token.start, token.end, "road")

    def _lane(self, token: _Token) -> bool:
        if self.last == "lane":  # 88弄12支弄
            return self._claim("road_no", self.found["road_no"][0], token.end, "lane")
        if self.last == "road" and "road_no" not in self.found:
            self.found["number_written"] = (token.start, token.end)
            return self._claim("road_no", token.start, token.end, "lane")
        return False

    def _number(self, token: _Token) -> bool:
        if self.last == "lane":
            self.found["house_written"] = (token.start, token.end)
            return self._claim("road_no", self.found["road_no"][0], token.end, "number")
        if "building" in self.found or "floor" in self.found:
            digits = self.shape[token.start : token.end].count("0")
            part = "unit" if digits < 3 and "unit" not in self.found and "floor" not in self.found else "room"
            return part not in self.found and self._coded(part, token)
        if "road_no" not in self.found and (self.last in {"road", "community", "name", "subroad"} or (self.last in {"town", ""})):
            return self._road_number(token)
        if self.last in {"estate", "zone", "name", "town", "number"}:
            return self._coded("building", token)
        return False

    def _road_number(self, token: _Token) -> bool:
        written = self.shape[token.start : token.end]
        cut = written.find("-")
        if written.endswith("H") and cut > 0:
            self.found["number_written"] = (token.start, token.start + cut)
            self.found["house_written"] = (token.start + cut + 1, token.end)
        else:
            self.found["number_written"] = (token.start, token.end)
        return self._claim("road_no", token.start, token.end, "number")

    def _coded(self, part: str, token: _Token) -> bool:
        """A number with its word: the part is the number, ``_written`` all of it."""
        code = re.match("[0ANb-]+", self.shape[token.start : token.end])
        self.found[f"{part}_written"] = (token.start, token.end)
        return self._claim(part, token.start, token.start + (code.end() if code else 0), part)

    def _word(self, token: _Token) -> bool:
        return token.kind not in self.found and self._coded(token.kind, token)

    def _code(self, token: _Token) -> bool:
        digits = self.shape[token.start : token.end].count("0")
        if self.last in {"road", "community"} and "road_no" not in self.found:
            return self._road_number(token)
        if digits < 3 and "building" not in self.found and self.last in {"estate", "name", "zone", "number", "community", "town", "lane"}:
            return self._coded("building", token)
        if digits < 3 and "unit" not in self.found and self.last == "building":
            return self._coded("unit", token)
        if (digits >= 2 or self.last == "unit") and "room" not in self.found:
            return self._coded("room", token)
        return False

    def concluded(self) -> dict[str, Span]:
        """The parts, with what nothing claimed as the estate and the rest."""
        if self.loose is not None:
            self.chunks.append((self.loose, len(self.shape)))
        inner = min((self.found[part][0] for part in ("building", "unit", "floor", "room") if part in self.found), default=len(self.shape))
        chunks = [chunk for chunk in self.chunks if self.shape[slice(*chunk)].strip(",-")]
        before = [chunk for chunk in chunks if chunk[1] <= inner]
        if before:
            estate = before[-1]
            self.found["estate"] = estate
            chunks.remove(estate)
        for part, chunk in zip(("rest", "rest_before", "rest_between"), reversed(chunks), strict=False):
            self.found[part] = chunk
        return self.found
