"""The pages look as they did when somebody last looked at them: pictures at a desk, on a phone and on paper against those kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.chromium import CHROMIUM, Chromium

sys.path.insert(0, str(Path(__file__).parent))
import pictures
from PIL import Image

LIMIT = 12.0
"""Of 255: a line of text that is gone from a tile is about 30, a chart or card that is gone is more."""
HOW_TO = "made with {}, this is {}: look at the pages, then run python -m tests.quality_reports.pictures"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: no pictures are taken")
    kept, here = json.loads(pictures.MADE_WITH.read_text("utf-8")), pictures.made_with()
    if kept["font"] != here["font"]:  # versions of the browser draw alike: 150 and 156 to the last grey
        pytest.skip(HOW_TO.format(kept, here))
    with Chromium(tmp_path_factory.mktemp("browser")) as chromium:
        yield chromium


@pytest.mark.parametrize("name", pictures.PAGES)
def test_a_page_looks_as_it_did(browser: Chromium, tmp_path: Path, name: str) -> None:
    page = pictures.PAGES[name](tmp_path, pictures.LANGUAGE)
    for view in pictures.VIEWS:
        now = pictures.taken(browser, page, view)
        apart = pictures.difference(np.asarray(Image.open(pictures.kept(name, view))), now)
        assert apart <= LIMIT, (
            f"{name} at a {view} differs by {apart:.0f}: look at it; if it is right, run python -m tests.quality_reports.pictures"
            f" (made with {pictures.MADE_WITH.read_text('utf-8')}, this is {pictures.made_with()})"
        )


@pytest.mark.parametrize(
    "broken", ["svg { display: none }", ".hero { margin-left: 60px }", "body { font-size: 18px }", "h2 { color: #fff }"]
)
def test_a_picture_shows_what_is_broken(browser: Chromium, tmp_path: Path, broken: str) -> None:
    page = pictures.PAGES["report"](tmp_path, pictures.LANGUAGE)
    page.write_text(page.read_text("utf-8").replace("</head>", f"<style>{broken}</style></head>", 1), "utf-8")
    kept = np.asarray(Image.open(pictures.kept("report", "desk")))
    assert pictures.difference(kept, pictures.taken(browser, page, "desk")) > LIMIT
