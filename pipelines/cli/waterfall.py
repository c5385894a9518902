"""Explanations as text and as data, personal values masked unless they are asked for in plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from engine.privacy import mask_of_kind
from matching.explain import PairExplanation, Part, Value
from matching.explain_cluster import ClusterExplanation

MOST_LINKS = 30
"""Links of a customer that are listed as text; --json has them all."""
_DECISIONS = {"link": "one customer", "review": "for a steward to decide", "leave": "not enough for one customer"}


def shown(found: PairExplanation | ClusterExplanation, *, plain: bool) -> dict[str, Any]:
    """The explanation as plain data, its values masked unless ``plain``."""
    content = asdict(found)
    return content if plain else _masked(content)


def pair_lines(pair: PairExplanation, *, plain: bool) -> list[str]:
    """The waterfall of a pair, a line a step."""
    lines = [f"{pair.record_id_l}", f"{pair.record_id_r}", "", _step("prior", "", pair.prior, "two random records")]
    lines += [_step(part.comparison, part.level or "unknown", part.bits, _reason(part, plain=plain)) for part in pair.parts]
    if pair.household:
        lines.append(_step("household", "", pair.household, "two of one household would share this as well"))
    lines.append(_step("= weight", "", pair.weight, f"probability {pair.probability:.4f}"))
    thresholds = f"link from {pair.link:+.3f}, review from {pair.review:+.3f}"
    return [*lines, "", f"{pair.decision}: {_DECISIONS[pair.decision]} ({thresholds})"]


def said_line(pair: PairExplanation, *, plain: bool) -> str:
    """What two records say, in one line: the values that were compared."""
    return "; ".join(
        f"{part.comparison} {said}" for part in pair.parts if part.level and (said := _reason(part, plain=plain).split("  (")[0])
    )


def cluster_lines(found: ClusterExplanation, *, plain: bool) -> list[str]:
    """The links that hold a customer together, the weakest of them as a waterfall, and what would be without it."""
    lines = [f"{found.cluster_id}: {len(found.record_ids):,} record{'s' if len(found.record_ids) > 1 else ''}"]
    if found.weakest is None or found.without is None:
        return [*lines, f"  {found.record_ids[0]}", "one record alone: nothing holds it together"]
    lines.append("held together by (strongest first):")
    for link in found.tree[:MOST_LINKS]:
        main = [part for part in sorted(link.parts, key=lambda part: -part.bits) if part.bits > 0][:3]
        because = ", ".join(f"{part.comparison} {part.level} {part.bits:+.1f}" for part in main)
        lines.append(f"  {link.weight:+9.3f}  {link.record_id_l}  {link.record_id_r}  {because}")
    if len(found.tree) > MOST_LINKS:
        lines.append(f"  … and {len(found.tree) - MOST_LINKS:,} more (--json lists them)")
    lines += ["", "the weakest link:", *(f"  {line}".rstrip() for line in pair_lines(found.weakest, plain=plain)), ""]
    if found.weakest.decision != "link":
        lines.append("no two records link across it: the sides were joined by what they know together")
    return [*lines, *_without(found)]


def _without(found: ClusterExplanation) -> list[str]:
    without = found.without
    if without is None:
        return []
    sides = f"{len(without.left):,} and {len(without.right):,} records"
    lines = [f"without it: {sides} would be two customers" if without.falls_apart else f"without it: {sides} would still be one customer"]
    if without.next_best is not None:
        best = without.next_best
        lines.append(f"  the next best pair between them has {best.weight:+.3f} ({best.decision}): {best.record_id_l} {best.record_id_r}")
    lines.append(f"  {without.linked:,} other pairs between them link, {without.contradicting:,} contradict")
    smaller = min(without.left, without.right, key=len)
    listed = ", ".join(smaller[:5]) + (", …" if len(smaller) > 5 else "")
    return [*lines, f"  the smaller side: {listed}"]


def _step(name: str, level: str, bits: float, why: str) -> str:
    return f"  {name:<16} {level:<14} {bits:>+10.3f}  {why}".rstrip()


def _reason(part: Part, *, plain: bool) -> str:
    said = ", ".join(filter(None, (_sides(value, plain=plain) for value in part.values)))
    notes = []
    if part.frequency_bits is not None:
        notes.append(f"one in {2**part.frequency_bits:,.0f} has it: {part.frequency_bits:+.3f}, level {part.level_bits:+.3f}")
    if part.together_bits:
        notes.append(f"{part.together_bits:+.3f}: said by another comparison already")
    if not part.learned and part.level is not None:
        notes.append("weights not learned from this data")
    return said + (f"  ({'; '.join(notes)})" if notes else "")


def _sides(value: Value, *, plain: bool) -> str:
    if value.left is None and value.right is None:
        return ""
    left, right = ("-" if side is None else side if plain else mask_of_kind(side, value.kind) for side in (value.left, value.right))
    return left if value.left == value.right else f"{left} | {right}"


def _masked(content: Any) -> Any:  # noqa: ANN401 - JSON is whatever it is
    if isinstance(content, Mapping):
        if content.keys() == {"column", "kind", "left", "right"}:
            hidden = {side: None if content[side] is None else mask_of_kind(content[side], content["kind"]) for side in ("left", "right")}
            return {**content, **hidden}
        return {key: _masked(value) for key, value in content.items()}
    return [_masked(value) for value in content] if isinstance(content, list | tuple) else content
