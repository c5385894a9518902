"""The waterfall of a pair: each step a bar from where the sum stood to where it stands, on one scale with the thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from engine.privacy import mask_of_kind
from matching.explain import PairExplanation, Part, Value
from pipelines.review_web.call import Call
from pipelines.review_web.render import number, signed
from pipelines.review_web.texts import catalogue

WIDE = 1000.0
"""Width of the scale in its own units."""
_LEAST = 3.0
"""A bar is never thinner than this."""


@dataclass(frozen=True)
class Step:
    """One bar: ``x`` and ``width`` on the scale; ``kind``: for, against, nothing, start or sum; ``notes`` say why."""

    label: str
    level: str
    bits: float
    kind: str
    x: float
    width: float
    values: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Waterfall:
    """All steps; places of zero and of the two thresholds on the scale; comparisons that had nothing to compare."""

    steps: tuple[Step, ...]
    zero: float
    review: float
    link: float
    silent: tuple[str, ...]


def waterfall(pair: PairExplanation, call: Call) -> Waterfall:
    """The steps of a pair, the heaviest first."""
    spoken = sorted((part for part in pair.parts if part.level is not None), key=lambda part: -abs(part.bits))
    given: list[tuple[str, str, float, str, str, tuple[str, ...]]] = [
        (call.text("waterfall.prior"), "", pair.prior, "start", "", (call.text("waterfall.prior_note"),))
    ]
    given += [
        (
            comparison_name(call, part.comparison),
            _level(call, part),
            part.bits,
            _kind(part.bits),
            _values(part, plain=call.plain),
            _notes(call, part),
        )
        for part in spoken
    ]
    if pair.household:
        given.append(
            (call.text("waterfall.household"), "", pair.household, _kind(pair.household), "", (call.text("waterfall.household_note"),))
        )
    stands, sum_ = [], 0.0
    for _, _, bits, _, _, _ in given:
        stands.append((sum_, sum_ + bits))
        sum_ += bits
    ends = [end for both in stands for end in both] + [pair.review, pair.link, 0.0]
    low, high = min(ends), max(ends)
    scale = WIDE / (high - low or 1.0)

    def at(bits: float) -> float:
        return round((bits - low) * scale, 1)

    steps = [
        Step(label, level, bits, kind, at(min(both)), max(at(max(both)) - at(min(both)), _LEAST), values, notes)
        for (label, level, bits, kind, values, notes), both in zip(given, stands, strict=True)
    ]
    start = min(0.0, pair.weight)
    total = Step(
        call.text("waterfall.sum"), "", pair.weight, "sum", at(start), max(at(abs(pair.weight) + start) - at(start), _LEAST), "", ()
    )
    silent = tuple(comparison_name(call, part.comparison) for part in pair.parts if part.level is None)
    return Waterfall((*steps, total), at(0.0), at(pair.review), at(pair.link), silent)


def comparison_name(call: Call, name: str) -> str:
    """A comparison in the visitor's language; its own name where there is no word for it."""
    return catalogue(call.lang).get(f"comparison.{name}", name)


def _level(call: Call, part: Part) -> str:
    return catalogue(call.lang).get(f"level.{part.level}", str(part.level))


def _kind(bits: float) -> str:
    return "for" if bits > 0 else "against" if bits < 0 else "nothing"


def _values(part: Part, *, plain: bool) -> str:
    return "，".join(filter(None, (_sides(value, plain=plain) for value in part.values)))


def _sides(value: Value, *, plain: bool) -> str:
    if value.left is None and value.right is None:
        return ""
    left, right = ("–" if side is None else side if plain else mask_of_kind(side, value.kind) for side in (value.left, value.right))
    return left if value.left == value.right else f"{left} | {right}"


def _notes(call: Call, part: Part) -> tuple[str, ...]:
    notes = []
    if part.frequency_bits is not None:
        notes.append(call.text("waterfall.one_in", n=number(2**part.frequency_bits)))
    if part.together_bits:
        notes.append(call.text("waterfall.together", bits=signed(part.together_bits)))
    if not part.learned:
        notes.append(call.text("waterfall.not_learned"))
    return tuple(notes)
