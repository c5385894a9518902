"""What the C library keeps free is bounded, where it can be."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from engine import heap

KEPT = """
import ctypes, sys
from engine import heap

if sys.argv[1] == "bounded":
    assert heap.give_back()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
MB = 1024**2

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

libc.free(libc.malloc(30 * MB))  # from now on GNU libc keeps up to twice as much at the end of a heap, unless it is bounded
before = resident()
blocks = [libc.malloc(MB) for _ in range(50)]
for block in blocks:
    ctypes.memset(block, 1, MB)
full = resident()
for block in blocks:
    libc.free(block)
print((full - before) // MB, (resident() - before) // MB)
"""


def megabytes(how: str) -> tuple[int, int]:
    """Resident memory of a fresh process beyond that before 50 MB were taken: while they are held, and after all were freed."""
    told = subprocess.run([sys.executable, "-c", KEPT, how], check=True, capture_output=True, text=True).stdout.split()
    return int(told[0]), int(told[1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU libc has mallopt")
def test_freed_memory_goes_back_to_the_system() -> None:
    held, kept = megabytes("bounded")
    assert held >= 45
    assert kept <= heap.KEPT_BYTES // 1024**2
    assert megabytes("as it is")[1] > heap.KEPT_BYTES // 1024**2, "the C library keeps it by itself, else this shows nothing"


@pytest.mark.skipif(platform.libc_ver()[0] == "glibc", reason="GNU libc has mallopt")
def test_another_c_library_is_left_as_it_is() -> None:
    assert heap.give_back() is False
