"""The hard cases of tests/cleansing/cases, and how an answer is held against what is expected."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._cleansing.job import Share
from cleansing import parse

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cleansing" / "cases"
SHARED = ROOT.parent / "shared" / "data"
AS_OF = dt.date(2026, 1, 1)

Case = dict[str, Any]


def load(name: str) -> list[Case]:
    """The cases of a field: input, expected, rule."""
    return [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text("utf-8").splitlines()]


def holds(expected: Any, actual: Any) -> bool:  # noqa: ANN401  (JSON)
    """Whether the answer has all that is expected of it; it may have more."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(holds(value, actual.get(key)) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(holds, expected, actual))
    return bool(expected == actual)


def right(cases: Iterable[Case], answer: Callable[[list[str]], Sequence[Any]]) -> Share:
    """Share of cases that ``answer`` gives right."""
    asked = list(cases)
    given = answer([case["input"] for case in asked])
    return Share.count(sum(holds(case["expected"], found) for case, found in zip(asked, given, strict=True)), len(asked))


def parsed(kind: str, file: str) -> Callable[[], Share]:
    """Our share of a file's cases, asked through `chezhu parse`."""
    return lambda: right(load(file), lambda values: parse.parse(kind, values, as_of=AS_OF))


def peer_right(cases: Iterable[Case], answer: Callable[[str], Any], keys: Sequence[str]) -> Share:
    """A peer's share: only the keys it can know are held against it, and a case that names none of them is not asked."""
    asked = [case for case in cases if any(key in case["expected"] for key in keys)]
    good = 0
    for case in asked:
        expected = {key: value for key, value in case["expected"].items() if key in keys}
        try:
            good += holds(expected, answer(case["input"]))
        except ImportError:
            raise
        except Exception:  # noqa: BLE001  (whatever a library raises over a cell is a wrong answer)
            continue
    return Share.count(good, len(asked))
