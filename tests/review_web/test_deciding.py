"""What is decided in the browser: entered once, known the second time, refused with both sides; splits whole or not at all; versions followed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from desk_home import AS_OF, Site, publish, read
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.moments import shown_at
from pipelines.review_web.texts import LANGUAGES, catalogue
from pipelines.store.home import Home

Made = Callable[..., Site]


def test_two_stewards_and_one_pair(site: Made) -> None:
    here = site(accounts=True)
    li, wang = here.steward("li"), here.steward("wang")
    pair = li.pairs()[0]
    assert li.decide(pair, "same", why="one phone").headers["location"].endswith("done=1")
    known = wang.decide(pair, "same")
    assert known.status_code == 303
    assert "known=" in known.headers["location"]
    assert "<b>li</b>" in wang.get(known.headers["location"]).text
    refused = wang.decide(pair, "not_same", why="brothers")
    assert refused.status_code == 409
    assert "one phone" in refused.text
    assert "brothers" in refused.text
    assert [(each.kind, each.who) for each in here.room.decisions.in_force()] == [("same", "li")]


def test_stewards_get_pairs_of_their_own(site: Made) -> None:
    here = site(accounts=True)
    li, wang = here.steward("li"), here.steward("wang")
    first, second, third, *_ = li.pairs()
    li.get(second)
    wang.get(first)
    li.get(second)
    answer = wang.post(f"{first}/skip")
    assert answer.headers["location"].split("?")[0] == third


def test_what_has_changed_since_is_not_decided(site: Made) -> None:
    here = site()
    browser = here.browser()
    answer = browser.decide(browser.pairs()[0], "same", seen="0" * 16)
    assert (answer.status_code, here.room.decisions.last()) == (409, 0)


def test_undo_needs_a_reason_and_happens_once(site: Made) -> None:
    here = site()
    browser = here.browser()
    pair = browser.pairs()[0]
    browser.decide(pair, "same")
    assert browser.post("/decisions/1/undo", why=" ").status_code == 400
    assert browser.post("/decisions/1/undo", why="wrong", back="pair").headers["location"].startswith(pair)
    assert browser.post("/decisions/1/undo", why="wrong").status_code == 409
    assert pair in browser.pairs()


def test_when_is_told_by_the_clock_that_is_set(site: Made) -> None:
    browser = site(timezone="Asia/Kathmandu").browser()
    pair = browser.pairs()[0]
    before = datetime.now(UTC)
    browser.decide(pair, "same", why="known")
    shown = {shown_at(before + timedelta(minutes=late), ZoneInfo("Asia/Kathmandu")) for late in range(3)}
    for address in (pair, "/decisions"):
        (told,) = re.findall(r"<time>([^<]+)</time>", browser.get(address).text)
        assert told in shown
        assert told.endswith(" UTC+5:45")


def customer_of(home: Path, records: int) -> tuple[str, list[str]]:
    crosswalk = read(home, "crosswalk")
    found = crosswalk.group_by("customer_id").agg("record_id").filter(pl.col("record_id").list.len() >= records).sort("customer_id").row(0)
    return str(found[0]), sorted(found[1])


def test_a_split_is_entered_whole_or_not_at_all(site: Made, home: Path) -> None:
    here = site()
    browser = here.browser()
    customer, records = customer_of(home, 3)
    browser.get(f"/customer/{customer}")
    members = re.findall(r'name="members" value="([^"]+)"', browser.page)[0]
    go = records[:2]
    assert browser.post(f"/customer/{customer}/split", members=members, record=[]).status_code == 400
    assert browser.post(f"/customer/{customer}/split", members=members, record=records).status_code == 400
    assert browser.post(f"/customer/{customer}/split", members="old", record=go).status_code == 409
    assert here.room.decisions.last() == 0
    assert browser.post(f"/customer/{customer}/split", members=members, record=go, together="yes", why="two").status_code == 303
    decided = {(each.kind, each.left_id, each.right_id) for each in here.room.decisions.in_force()}
    assert decided == {("same", *go), *(("not_same", go[0], stays) for stays in records[2:])}
    before = here.room.decisions.last()
    refused = browser.post(f"/customer/{customer}/split", members=members, record=[go[0]])
    assert (refused.status_code, here.room.decisions.last()) == (409, before)


def test_a_merge_is_looked_at_first(site: Made) -> None:
    browser = site().browser()
    pair = browser.pairs()[0]
    customers = list(dict.fromkeys(re.findall(r'href="/customer/([^"]+)"', browser.get(pair).text)))
    answer = browser.get(f"/customer/{customers[0]}/merge?other={customers[1]}")
    assert answer.headers["location"].startswith("/pair/")
    assert browser.get(answer.headers["location"]).status_code == 200
    assert browser.get(f"/customer/{customers[0]}/merge?other={customers[0]}").status_code == 400
    assert browser.get(f"/customer/{customers[0]}/merge?other=nobody").status_code == 404


def test_a_new_version_is_followed(site: Made, home: Path) -> None:
    here = site()
    browser = here.browser()
    assert len(browser.pairs()) > 10
    clean, edges = read(home, "clean_records"), read(home, "edges")
    together = clean.select("record_id").with_columns(cluster_id=pl.lit(clean["record_id"].min()))
    with DuckDBEngine(threads=1) as engine:
        publish(Home(home), engine, 2, clean, edges, together)
    browser.get("/queue")
    here.room.library.settle()
    assert browser.pairs() == []
    assert here.room.shelf().desk.version == 2
    assert here.room.shelf().desk.manifest.as_of == str(AS_OF)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.booleans()), max_size=25))
def test_pairs_stand_as_a_slow_reading_says(
    published: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, bool, bool]]
) -> None:
    """Keeping up decision by decision says what reading all of them anew says."""
    root = Path(shutil.copytree(published, tmp_path_factory.mktemp("standing") / "home"))
    here = Site(root)
    try:
        shelf = here.room.shelf()
        ends = shelf.desk.pairs.select("record_id_l", "record_id_r", "customer_id_l", "customer_id_r").rows()
        from pipelines.store.decisions import DecisionError, Wanted

        for place, same, takes_back in steps:
            if takes_back and here.room.decisions.last():
                try:
                    here.room.decisions.undo(1 + place % here.room.decisions.last(), who="w", why="x")
                except DecisionError:
                    continue
            else:
                left, right, *_ = ends[place % len(ends)]
                here.room.decisions.enter([Wanted(left, right, same)], who="w")
            shelf.standing.refresh()
        group = {customer: customer for row in ends for customer in row[2:]}
        customer = shelf.desk.customer_of
        in_force = here.room.decisions.in_force()
        for _ in group:
            for each in in_force:
                if each.kind == "same":
                    one, two = customer[each.left_id], customer[each.right_id]
                    group[one] = group[two] = min(group[one], group[two])
        apart = {frozenset((group[customer[each.left_id]], group[customer[each.right_id]])) for each in in_force if each.kind == "not_same"}
        slow = [
            "same" if group[a] == group[b] else "not_same" if frozenset((group[a], group[b])) in apart else "open" for _, _, a, b in ends
        ]
        assert shelf.standing.statuses == slow
    finally:
        here.room.close()


def test_the_languages_have_the_same_words() -> None:
    one, two = (catalogue(language) for language in LANGUAGES)
    assert one.keys() == two.keys()
    for key in one:
        assert set(re.findall(r"\{\w+\}", one[key])) == set(re.findall(r"\{\w+\}", two[key])), key
