"""Which tests one worker runs: those that look at what one fixture has made, so that it is made once.

pytest-xdist has groups for this (``--dist loadgroup``), but writes them into ids that pytest 9.1 no longer reads: each worker made everything again.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

_TOGETHER = {
    "spark": r"test_engines_agree|[\[-]spark[\]-]|test_both_engines_count_the_same|test_a_session_does_not_share_its_process",
    "erasure": r"tests/erasure/test_(?:forget|changes)",
    "module": r"/(test_(?:crm_start|decisions_hold|evaluate_command|explain_command|find|gate_and_rollback|generated_exports|generated_numbers"
    r"|killed_runs|nights|pictures|publish_command|reference_sources|stewards_word|train|whole_way))\.py::",
}


def group(test: str) -> str:
    """What a test is run together with, by its id: a group, its module, or nothing else.

    >>> group("tests/engine/test_engine.py::test_sql[spark]"), group("tests/laws/test_nights.py::test_ids"), group("tests/a.py::test_b")
    ('spark', 'test_nights', 'tests/a.py::test_b')
    """
    for name, pattern in _TOGETHER.items():
        if found := re.search(pattern, test):
            return found[1] if name == "module" else name
    return test


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Groups go to a worker whole, those of many tests first."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
