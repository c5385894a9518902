"""The pages in a real browser: keys and clicks decide, two browsers at once lose nothing, no error, no request elsewhere, nothing too wide."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.store.decisions import Decisions
from pipelines.store.home import Home
from tests.chromium import CHROMIUM, NO_CHROMIUM, Chromium, Tab

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

WIDE = """[...document.querySelectorAll('body *')].filter(n => !n.closest('.scroll, .skip, svg, dialog')
  && n.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(n => n.tagName + '.' + n.className)"""


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    """Where the command serves the test's own home."""
    command = [sys.executable, "-m", "pipelines.cli", "review", "serve", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "CHEZHU_THREADS": "1"}) as server:
        assert server.stdout is not None
        server.stdout.readline()
        said = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert said is not None
        yield said[0]
        server.terminate()


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chromium]:
    with Chromium(tmp_path) as browser:
        yield browser


def clean(tab: Tab, address: str) -> None:
    assert tab.problems == []
    assert [request for request in tab.requests if not request.startswith(address)] == []


@pytest.mark.parametrize(("width", "language"), [(1440, "zh-CN"), (390, "en-US")])
def test_every_page_fits_and_complains_of_nothing(address: str, chromium: Chromium, width: int, language: str) -> None:
    tab = chromium.tab(width=width, accept=language)
    tab.open(f"{address}/queue")
    assert tab.js("document.documentElement.lang") == ("zh-CN" if language == "zh-CN" else "en")
    pair = tab.js("document.querySelector('[data-row] a').getAttribute('href')")
    customer = None
    for page in ("/queue", pair, f"{pair}?all=1", "/decisions", None):
        tab.open(address + (page or str(customer)))
        assert tab.js(WIDE) == []
        assert tab.js("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        customer = customer or tab.js("document.querySelector('.compare thead a')?.getAttribute('href') ?? null")
    clean(tab, address)


def test_keys_decide_skip_undo_and_are_listed(address: str, chromium: Chromium, home: Path) -> None:
    tab, decisions = chromium.tab(), Decisions(Home(home))
    tab.open(f"{address}/queue")
    tab.key("j")
    tab.key_and_load("Enter")
    first = tab.path()
    tab.key("?")
    assert tab.js("document.getElementById('keys').open") is True
    tab.key("s")
    assert decisions.last() == 0, "a key decides while the list of keys is open"
    tab.key("?")
    tab.key("r")
    tab.type("same phone")
    tab.key("Enter")
    tab.key_and_load("d")
    assert [(each.kind, each.why) for each in decisions.in_force()] == [("not_same", "same phone")]
    assert tab.path() != first
    tab.key_and_load("u")
    assert decisions.in_force() == []
    assert tab.path().split("?")[0] == first
    tab.key_and_load("n")
    assert decisions.last() == 2
    tab.click_and_load("button.choice.same")
    assert [each.kind for each in decisions.in_force()] == ["same"]
    tab.key_and_load("q")
    assert tab.path().startswith("/queue")
    clean(tab, address)


def test_two_browsers_decide_at_once_and_nothing_is_lost(address: str, chromium: Chromium, home: Path) -> None:
    tabs = [chromium.tab(), chromium.tab()]

    def decide(tab: Tab) -> int:
        tab.open(f"{address}/queue")
        tab.click_and_load("[data-row] a")
        told = 0
        for _ in range(12):
            tab.key_and_load("d")
            told += "done=" in tab.path()
        return told

    with ThreadPoolExecutor(2) as pool:
        told = sum(pool.map(decide, tabs))
    assert told == len(Decisions(Home(home)).in_force()) > 12
    for tab in tabs:
        clean(tab, address)
