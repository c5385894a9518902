"""Whether a schedule in cron's form can be kept, told without Dagster, which takes seconds to import and tells it by a traceback.

Five fields (minute, hour, day of the month, month, day of the week) of ``*``, numbers, names, ranges, steps and lists, ``L``, ``5#2``; or ``@daily`` and its
like. Whatever is taken here Dagster takes, which a test holds.
"""

from __future__ import annotations

import re

_SHORT = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[int, int, dict[str, int], str], ...] = (
    (0, 59, {}, r"(?!)"),
    (0, 23, {}, r"(?!)"),
    (1, 31, {}, r"\?|l"),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}, r"(?!)"),
    (0, 7, {name: number for number, name in enumerate(_DAYS)}, r"\?|[0-7]#[1-5]|l[0-7]"),
)
"""Of each field: the lowest and the highest number, names, and what else it may be."""
_ITEM = re.compile(r"(?:\*|([0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?)(?:/0*[1-9][0-9]*)?")


def is_cron(text: str) -> bool:
    """Whether ``text`` is a schedule.

    >>> [is_cron(text) for text in ("30 1 * * *", "*/15 8-18 * * mon-fri", "@daily")]
    [True, True, True]
    >>> [is_cron(text) for text in ("x y z", "60 * * * *", "30 1 * *", "0 30 1 * * *")]
    [False, False, False, False]
    """
    written = text.strip().lower()
    if written in _SHORT:
        return True
    fields = written.split()
    return len(fields) == len(_FIELDS) and all(
        _is_item(item, *rule) for field, rule in zip(fields, _FIELDS, strict=True) for item in field.split(",")
    )


def _is_item(item: str, lowest: int, highest: int, names: dict[str, int], other: str) -> bool:
    if re.fullmatch(other, item):
        return True
    found = _ITEM.fullmatch(item)
    if found is None:
        return False
    ends = [end for end in found.groups() if end is not None]
    return all((end in names) if end.isalpha() else lowest <= int(end) <= highest for end in ends)
