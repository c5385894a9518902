"""What the C library keeps free is bounded, where it can be, and only once."""

from __future__ import annotations

import platform

from engine import heap


def test_the_bound_is_set_where_there_is_gnu_libc() -> None:
    assert heap.give_back() is (platform.libc_ver()[0] == "glibc")
    assert heap.give_back() is heap.give_back()
