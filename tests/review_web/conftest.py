"""A home to review, and a site on a copy of it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from desk_home import Site, make


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a queue; read only."""
    return make(tmp_path_factory.mktemp("review") / "home")


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    """A home of the test's own."""
    return Path(shutil.copytree(published, tmp_path / "home"))


@pytest.fixture
def site(home: Path) -> Iterator[Callable[..., Site]]:
    """Makes a site on the test's own home."""
    with ExitStack() as rooms:

        def made(**more: Any) -> Site:
            built = Site(home, **more)
            rooms.callback(built.room.close)
            return built

        yield made
