"""Great Expectations, imported when it is needed and never by half.

It takes five seconds to import, and looks for Spark while it does so. Where pyspark is installed without the extras of Spark Connect,
pyspark takes a process without a main file (``python -c``, a spawned worker) for a run of its own doctests and ends it, with exit
code 0. Spark Connect is of no use here, so it is not found while the import lasts.
"""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType

_NAME = "great_expectations"
_NOT_LOOKED_FOR = "pyspark.sql.connect"
_LOCK = threading.Lock()


def load() -> ModuleType:
    """The package ``great_expectations``; several threads may ask."""
    with _LOCK:
        if _NAME in sys.modules or _NOT_LOOKED_FOR in sys.modules:
            return importlib.import_module(_NAME)
        sys.modules[_NOT_LOOKED_FOR] = None  # type: ignore[assignment] # Python's own way to say that a module is not there
        try:
            return importlib.import_module(_NAME)
        finally:
            del sys.modules[_NOT_LOOKED_FOR]
