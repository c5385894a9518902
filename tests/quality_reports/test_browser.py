"""The page in a real browser: charts drawn, no error, no request, no overflow, at a desk, on a phone, for one dealer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from engine.contract import Engine
from quality_reports.assessment import build_assessment
from quality_reports.customer_counts import count_customers
from quality_reports.customer_numbers import customer_numbers
from quality_reports.customer_page import build_customers
from quality_reports.index_page import build_index
from quality_reports.messages import LANGUAGES, Language
from quality_reports.report import build
from quality_reports.trend_page import build_trend

sys.path.insert(0, str(Path(__file__).parent))
from customer_frames import AS_OF, customer_tables, no_customer_tables
from report_frames import Home, empty_home, sample_home

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: the page is not looked at")

# runs inside the page: counts what was drawn, what failed, what was loaded, and what is wider than the window
PROBE = """
<script>
window.failures = [];
window.addEventListener("error", (event) => failures.push(event.message));
document.addEventListener("securitypolicyviolation", (event) => failures.push("blocked " + event.blockedURI));
const complain = console.error; console.error = (...all) => { failures.push(all.join(" ")); complain(...all); };
window.addEventListener("load", () => setTimeout(() => {
  const pick = document.getElementById("dealer");
  if (pick && location.hash === "#one") { pick.value = pick.options[1].value; pick.dispatchEvent(new Event("change")); }
  const wide = [...document.querySelectorAll("body *")].filter((node) => !node.closest(".scroll, nav ul, .sr, .skip, svg") && node.getBoundingClientRect().right > document.documentElement.clientWidth + 1);
  const result = {
    failures, charts: document.querySelectorAll(".chart svg").length, requests: performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:")),
    wide: wide.map((node) => node.tagName + "." + node.className), overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    scope: [...document.querySelectorAll("[data-scope]")].filter((node) => !node.hidden).length,
  };
  const place = document.createElement("pre"); place.id = "probe"; place.textContent = "PROBE" + JSON.stringify(result) + "END"; document.body.append(place);
}, 300));
</script>
"""


def report_of(home: Home, out: Path, lang: Language) -> Path:
    """The before/after page of a home."""
    return build(
        quality=home.quality, runs=home.runs, files=home.files, quarantine=home.quarantine, identity=home.identity, lang=lang, out=out
    )  # fmt: skip


def looked_at(page: Path, *, width: int, fragment: str = "") -> dict[str, object]:
    """What the probe saw in a page of this width (in an inner frame: headless windows are never narrower than 500 pixels)."""
    folder = page.parent
    html = page.read_text("utf-8").replace("<head>", "<head>" + PROBE, 1)
    page.write_text(html, "utf-8")
    outer = folder / "outer.html"
    outer.write_text(
        f'<body style="margin:0"><iframe id="inner" src="{page.name}{fragment}" style="width:{width}px;height:3000px;border:0"></iframe>'
        '<script>addEventListener("load", () => setTimeout(() => { document.body.append(document.getElementById("inner").contentDocument.getElementById("probe").textContent) }, 1200))</script>',
        "utf-8",
    )
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", f"--window-size={max(width, 500)},3000",
        "--dump-dom", outer.as_uri(),
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
    found = re.search(r"PROBE(\{.*?\})END", dom)
    assert found, "the probe did not answer: a script of the page failed"
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_no_error_no_request_no_overflow(tmp_path: Path, lang: Language, width: int) -> None:
    seen = looked_at(report_of(sample_home(), tmp_path / "report.html", lang), width=width)
    assert seen == {"failures": [], "charts": 7, "requests": [], "wide": [], "overflow": 0, "scope": 0}


def test_one_dealer_instead_of_all(tmp_path: Path) -> None:
    seen = looked_at(report_of(sample_home(), tmp_path / "report.html", "zh"), width=1440, fragment="#one")
    assert seen == {"failures": [], "charts": 7, "requests": [], "wide": [], "overflow": 0, "scope": 6}


def test_nothing_measured(tmp_path: Path) -> None:
    seen = looked_at(report_of(empty_home(), tmp_path / "report.html", "zh"), width=390)
    assert seen == {"failures": [], "charts": 0, "requests": [], "wide": [], "overflow": 0, "scope": 0}


@pytest.mark.parametrize(("lang", "width"), [("zh", 1440), ("en", 390)])
def test_trend_page(tmp_path: Path, lang: Language, width: int) -> None:
    home = sample_home(runs=10)
    page = build_trend(quality=home.quality, runs=home.runs, lang=lang, out=tmp_path / "trend.html")
    seen = looked_at(page, width=width, fragment="#one")
    assert seen == {"failures": [], "charts": 32, "requests": [], "wide": [], "overflow": 0, "scope": 6}


def test_index_page(tmp_path: Path) -> None:
    runs = sample_home(runs=3).runs
    page = build_index(runs=runs, reports={1: ["report.zh.html", "report.zh.xlsx"]}, lang="zh", out=tmp_path / "index.html")
    assert 'href="000001/report.zh.html"' in page.read_text("utf-8")
    seen = looked_at(page, width=390)
    assert seen == {"failures": [], "charts": 0, "requests": [], "wide": [], "overflow": 0, "scope": 0}


def test_assessment_page(tmp_path: Path) -> None:
    home = sample_home()
    examples = pl.DataFrame(
        [("BJ01", "phone", "phone_repaired", "139****0000")], schema=["dealer_id", "field", "reason", "example"], orient="row"
    )
    page = build_assessment(
        quality=home.quality, runs=home.runs, files=home.files, quarantine=home.quarantine, examples=examples, lang="zh", out=tmp_path / "a.html"
    )  # fmt: skip
    seen = looked_at(page, width=390, fragment="#one")
    assert seen == {"failures": [], "charts": 4, "requests": [], "wide": [], "overflow": 0, "scope": 6}


def customers_page(engine: Engine, frames: dict[str, pl.DataFrame], out: Path, lang: Language) -> Path:
    """The customers page of published tables."""
    home = sample_home(dealers=1, runs=2)
    counts = count_customers(engine, {name: engine.from_frame(frame) for name, frame in frames.items()}, as_of=AS_OF)
    return build_customers(numbers=customer_numbers(counts), quality=home.quality, runs=home.runs, lang=lang, out=out)


@pytest.mark.parametrize(("lang", "width"), [("zh", 1440), ("en", 1440), ("zh", 390), ("en", 390)])
def test_customers_page(engine: Engine, tmp_path: Path, lang: Language, width: int) -> None:
    seen = looked_at(customers_page(engine, customer_tables(), tmp_path / "customers.html", lang), width=width)
    assert seen == {"failures": [], "charts": 32, "requests": [], "wide": [], "overflow": 0, "scope": 0}


def test_customers_page_of_one_dealer(engine: Engine, tmp_path: Path) -> None:
    seen = looked_at(customers_page(engine, customer_tables(), tmp_path / "customers.html", "zh"), width=390, fragment="#one")
    assert seen == {"failures": [], "charts": 32, "requests": [], "wide": [], "overflow": 0, "scope": 9}


def test_customers_page_of_nobody(engine: Engine, tmp_path: Path) -> None:
    seen = looked_at(customers_page(engine, no_customer_tables(), tmp_path / "customers.html", "en"), width=390)
    assert seen == {"failures": [], "charts": 0, "requests": [], "wide": [], "overflow": 0, "scope": 0}
