"""The pages in a real browser: charts drawn, no error, no request, no overflow, no text over another, no missing glyph; at a desk, on a phone, on paper, for one dealer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from quality_reports.messages import LANGUAGES, Language
from tests.chromium import CHROMIUM, Chromium

sys.path.insert(0, str(Path(__file__).parent))
import pages
from customer_frames import no_customer_tables
from report_frames import empty_home

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: the page is not looked at")

# runs inside the page: counts what was drawn, what failed, what was loaded, what is wider than the window, which texts lie on each other, which characters no font has;
# "#one" chooses a dealer, "#print" lets the rules for paper hold
PROBE = r"""
<script>
window.failures = [];
window.addEventListener("error", (event) => failures.push(event.message));
window.addEventListener("unhandledrejection", (event) => failures.push(String(event.reason)));
document.addEventListener("securitypolicyviolation", (event) => failures.push("blocked " + event.blockedURI));
const complain = console.error; console.error = (...all) => { failures.push(all.join(" ")); complain(...all); };
function shownTexts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), boxes = [];
  for (let node; (node = walker.nextNode());) {
    const holder = node.parentElement, text = node.data.trim();
    if (!text || holder.closest(".sr, .skip, script, style, select, title, desc, #probe") || !holder.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const frame = holder.closest(".scroll, nav ul")?.getBoundingClientRect();
    const range = document.createRange(); range.selectNodeContents(node);
    for (const { left, top, right, bottom, height } of range.getClientRects()) {
      const box = { node, text, left: left + 1, right: right - 1, top: top + height * 0.2, bottom: bottom - height * 0.2 };  // letters are lower than their lines
      if (frame) { box.left = Math.max(box.left, frame.left); box.right = Math.min(box.right, frame.right); }
      if (box.right > box.left && box.bottom > box.top) boxes.push(box);
    }
  }
  return boxes.sort((one, two) => one.top - two.top);
}
function overlapping(boxes) {
  const found = [];
  boxes.forEach((one, place) => {
    for (let next = place + 1; next < boxes.length && boxes[next].top < one.bottom; next++) {
      const two = boxes[next];
      if (one.node !== two.node && Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1 && Math.min(one.bottom, two.bottom) - two.top > 1) found.push(one.text.slice(0, 20) + " | " + two.text.slice(0, 20));
    }
  });
  return found;
}
function withoutGlyph(boxes) {
  const canvas = document.createElement("canvas"); canvas.width = canvas.height = 24;
  const pen = canvas.getContext("2d", { willReadFrequently: true }); pen.font = "16px " + getComputedStyle(document.body).fontFamily;
  const drawn = (letter) => { pen.clearRect(0, 0, 24, 24); pen.fillText(letter, 2, 18); return pen.getImageData(0, 0, 24, 24).data.join(); };
  const nothing = drawn("\u0378");  // no character has this number
  return [...new Set(boxes.flatMap(({ text }) => [...text]))].filter((letter) => letter.trim() && drawn(letter) === nothing);
}
window.addEventListener("load", () => setTimeout(() => {
  const pick = document.getElementById("dealer");
  if (pick && location.hash === "#one") { pick.value = pick.options[1].value; pick.dispatchEvent(new Event("change")); }
  if (location.hash === "#print") {
    for (const sheet of document.styleSheets) for (const rule of sheet.cssRules) if (rule.media?.mediaText === "print") rule.media.mediaText = "all";
    window.dispatchEvent(new Event("beforeprint"));
  }
  const wide = [...document.querySelectorAll("body *")].filter((node) => !node.closest(".scroll, nav ul, .sr, .skip, svg") && node.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
  const boxes = shownTexts();
  const result = {
    failures, charts: document.querySelectorAll(".chart svg").length, requests: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:")),
    wide: wide.map((node) => node.tagName + "." + node.className), overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    scope: [...document.querySelectorAll("[data-scope]")].filter((node) => !node.hidden).length, overlaps: overlapping(boxes), tofu: withoutGlyph(boxes),
  };
  const place = document.createElement("pre"); place.id = "probe"; place.textContent = "PROBE" + JSON.stringify(result) + "END"; document.body.append(place);
}, 300));
</script>
"""
DESK, PHONE, PAPER = (1440, ""), (390, ""), (703, "#print")
"""Width in pixels, and what is done: A4 less its margins is 186 mm."""
DESK_ONE, PHONE_ONE = (1440, "#one"), (390, "#one")


def sound(charts: int, scope: int = 0) -> dict[str, object]:
    """What the probe sees in a page as it should be."""
    return {"failures": [], "charts": charts, "requests": [], "wide": [], "overflow": 0, "scope": scope, "overlaps": [], "tofu": []}


def looked_at(page: Path, *views: tuple[int, str]) -> list[dict[str, object]]:
    """What the probe saw in each view of a page (in inner frames of one browser: headless windows are never narrower than 500 pixels)."""
    folder = page.parent
    html = page.read_text("utf-8").replace("<head>", "<head>" + PROBE, 1)
    page.write_text(html, "utf-8")
    outer = folder / "outer.html"
    frames = "".join(f'<iframe src="{page.name}{done}" style="width:{width}px;height:3000px;border:0"></iframe>' for width, done in views)
    outer.write_text(
        f'<body style="margin:0">{frames}<script>addEventListener("load", () => setTimeout(() => {{'
        'for (const frame of document.querySelectorAll("iframe")) document.body.append(frame.contentDocument.getElementById("probe").textContent) }, 1200))</script>',
        "utf-8",
    )
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", "--window-size=1440,3000",
        "--dump-dom", outer.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
    found = re.findall(r"PROBE(\{.*?\})END", dom)
    assert len(found) == len(views), "the probe did not answer: a script of the page failed"
    return [dict(json.loads(unescape(each))) for each in found]


def test_the_probe_sees_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "broken.html"
    page.write_text(
        "<!doctype html><html><head></head><body>"
        '<p style="position:absolute;top:0;left:0">above</p><p style="position:absolute;top:2px;left:5px">below</p>'
        '<div style="width:5000px;margin-top:60px">\u0530 车</div><img src="http://127.0.0.1:9/pixel.png"><script>console.error("loud"); undefinedName()</script></body></html>',
        "utf-8",
    )
    (seen,) = looked_at(page, PHONE)
    assert seen["overlaps"] == ["above | below"]
    assert seen["tofu"] == ["\u0530"]
    assert seen["failures"] == ["loud", "Uncaught ReferenceError: undefinedName is not defined"]
    assert seen["wide"] == ["DIV."]
    assert seen["overflow"] == 4610 + 8
    assert seen["requests"] == ["http://127.0.0.1:9/pixel.png"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_report_page(tmp_path: Path, lang: Language) -> None:
    seen = looked_at(pages.report(tmp_path, lang), DESK, PHONE, PAPER, DESK_ONE)
    assert seen == [sound(7), sound(7), sound(7), sound(7, scope=6)]


def test_nothing_measured(tmp_path: Path) -> None:
    assert looked_at(pages.report(tmp_path, "zh", empty_home()), PHONE) == [sound(0)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_trend_page(tmp_path: Path, lang: Language) -> None:
    assert looked_at(pages.trend(tmp_path, lang), DESK_ONE, PHONE, PAPER) == [sound(32, scope=6), sound(32), sound(32)]


TICKS = """(points, kind) => {
  const { min, max, interval, axisLabel } = control(points.map((value) => [value, null, null, null]), kind).yAxis;
  return [min, min + interval, max].map((value) => axisLabel.formatter(value));
}"""


def test_ticks_of_the_trend_differ_and_stay_within_what_can_be(tmp_path: Path) -> None:
    expected: list[tuple[list[float], str, list[str]]] = [
        ([91.82, 91.80, 91.82], "score", ["91.31", "91.81", "92.31"]),
        ([96.0], "pct", ["95.50", "96.00", "96.50"]),
        ([99.9], "pct", ["99.40", "99.70", "100.00"]),
        ([0.0, 0.1], "pct", ["0.00", "0.28", "0.55"]),
        ([40.0, 60.0], "pct", ["38", "50", "62"]),
        ([0], "int", ["0", "1", "2"]),
        ([3.42, 3.42], "ratio", ["3.37", "3.42", "3.47"]),
    ]
    page = pages.trend(tmp_path, "en")
    with Chromium(tmp_path / "browser") as browser:
        tab = browser.tab()
        tab.open(page.as_uri())
        seen = [(points, kind, tab.js(f"({TICKS})({json.dumps(points)}, {json.dumps(kind)})")) for points, kind, _ in expected]
        tab.close()
    assert seen == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_index_page(tmp_path: Path, lang: Language) -> None:
    page = pages.index(tmp_path, lang)
    assert 'href="000001/report.zh.html"' in page.read_text("utf-8")
    assert looked_at(page, DESK, PHONE, PAPER) == [sound(0)] * 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_expectations_page(tmp_path: Path, lang: Language) -> None:
    assert looked_at(pages.expectations(tmp_path, lang), DESK, PHONE, PAPER) == [sound(0)] * 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_assessment_page(tmp_path: Path, lang: Language) -> None:
    assert looked_at(pages.assessment(tmp_path, lang), DESK, PHONE_ONE, PAPER) == [sound(4), sound(4, scope=6), sound(4)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_scorecard_page(tmp_path: Path, lang: Language) -> None:
    assert looked_at(pages.scorecard(tmp_path, lang), DESK, PHONE, PAPER) == [sound(0)] * 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_customers_page(tmp_path: Path, lang: Language) -> None:
    page = pages.customers(tmp_path, lang)
    assert looked_at(page, DESK, PHONE, PAPER, PHONE_ONE) == [sound(32), sound(32), sound(32), sound(32, scope=9)]


def test_customers_page_of_nobody(tmp_path: Path) -> None:
    assert looked_at(pages.customers(tmp_path, "en", no_customer_tables()), PHONE, PAPER) == [sound(0)] * 2
