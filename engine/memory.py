"""How much memory this machine, or the control group that this process runs in, has for it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_CONTROL_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux tells the bound of a container, of both generations of control groups."""


def memory_bytes() -> int | None:
    """Bytes of memory that there are for this process; None where the system does not tell.

    >>> found = memory_bytes()
    >>> found is None or found > 2**28
    True
    """
    known = []
    with suppress(AttributeError, OSError, ValueError):  # no POSIX system
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for file in _CONTROL_GROUPS:
        with suppress(OSError, ValueError):  # no container, or one without a bound ("max")
            known.append(int(file.read_text(encoding="ascii")))
    return min(known, default=None)
