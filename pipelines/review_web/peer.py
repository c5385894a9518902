"""Whose connection it is, where nobody logs in: the machine may have other users, and 127.0.0.1 is theirs as well."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def of_same_user(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Whether the client's end of a connection belongs to this process's user, as Linux's table of connections says.

    Root's are let in as well: root reads the home anyway. Where the system has no such table (not Linux), nothing can be said and True is.
    """
    tables = [Path(name) for name in _TABLES if Path(name).exists()]
    if not tables:
        return True
    wanted = {(_coded(client, six=six), _coded(server, six=six)) for six in (False, True)}
    for table in tables:
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if (columns[1], columns[2]) in wanted:
                return int(columns[7]) in {os.getuid(), 0}
    return False


def _coded(end: tuple[str, int], *, six: bool) -> str:
    """An end of a connection as the kernel writes it: each four bytes in the machine's order, then the port.

    >>> _coded(("127.0.0.1", 8080), six=False) in {"0100007F:1F90", "7F000001:1F90"}
    True
    """
    address = ipaddress.ip_address(end[0])
    packed = address.packed
    if six and address.version == 4:
        packed = bytes(10) + b"\xff\xff" + packed
    words = [int.from_bytes(packed[place : place + 4], sys.byteorder) for place in range(0, len(packed), 4)]
    return "".join(f"{word:08X}" for word in words) + f":{end[1]:04X}"
