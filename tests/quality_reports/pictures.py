"""Pictures of the pages in a real browser, small and grey: what lies where, not what is written.

    python -m tests.quality_reports.pictures    # makes those in pictures/ anew, after a page was changed on purpose and looked at

A page looks another way with another font, and may with another browser, so ``made_with`` stands beside them.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from quality_reports.messages import Language
from tests.chromium import CHROMIUM, Chromium

sys.path.insert(0, str(Path(__file__).parent))
from pages import PAGES

FOLDER = Path(__file__).parent / "pictures"
MADE_WITH = FOLDER / "made_with.json"
SCALE = 8
"""Pixels of the page, each way, in one of the picture."""
TILE = 6
"""Pixels of the picture, each way, that are compared by their mean: letters that lie half a pixel elsewhere are no other page."""
VIEWS: dict[str, tuple[int, str]] = {"desk": (1440, "screen"), "phone": (390, "screen"), "paper": (703, "print")}
"""Width in pixels and medium; A4 less its margins is 186 mm."""
LANGUAGE: Language = "zh"
SETTLED = "document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 400)))"
"""Charts are drawn again for the width they have."""

Grey = npt.NDArray[np.uint8]


def made_with() -> dict[str, str]:
    """Browser and font that make the pictures what they are; a font that nobody can name is none of those kept."""
    version = _said([str(CHROMIUM), "--version"])
    font = (
        _said(["fc-match", "-f", "%{family} %{fontversion}", "Noto Sans CJK SC"])
        if shutil.which("fc-match")
        else "not known: there is no fc-match"
    )
    return {"chromium": version.split()[1].partition(".")[0], "font": font}


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def taken(browser: Chromium, page: Path, view: str) -> Grey:
    """A picture of the whole page, in sixteen greys."""
    width, medium = VIEWS[view]
    tab = browser.tab(width=width)
    try:
        tab.medium(medium)
        tab.open(page.as_uri())
        tab.js(SETTLED)
        shot = Image.open(io.BytesIO(tab.picture())).convert("L")
    finally:
        tab.close()
    return np.asarray(shot.reduce(SCALE)) // 16 * 17


def difference(one: Grey, two: Grey) -> float:
    """The largest difference of the mean grey (0 to 255) of a tile; 255 where one is higher or wider by more than a tile."""
    if max(abs(a - b) for a, b in zip(one.shape, two.shape, strict=True)) > TILE:
        return 255.0
    height, width = (min(a, b) for a, b in zip(one.shape, two.shape, strict=True))
    apart = one[:height, :width].astype(np.float64) - two[:height, :width]
    tiles = np.add.reduceat(np.add.reduceat(apart, range(0, height, TILE), axis=0), range(0, width, TILE), axis=1)
    return float(np.abs(tiles / TILE**2).max())


def kept(name: str, view: str) -> Path:
    """Where the picture of a page lies."""
    return FOLDER / f"{name}.{view}.png"


def make() -> None:
    """All pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    MADE_WITH.write_text(json.dumps(made_with(), indent=1) + "\n", "utf-8")
    with tempfile.TemporaryDirectory() as temporary, Chromium(Path(temporary)) as browser:
        for name, build in PAGES.items():
            folder = Path(temporary) / name
            folder.mkdir()
            page = build(folder, LANGUAGE)
            for view in VIEWS:
                Image.fromarray(taken(browser, page, view)).save(kept(name, view), optimize=True)


if __name__ == "__main__":
    make()
