"""Letters: who gets one, that nobody else does, what a template may do, and that nothing personal is said beside the file."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.contract import Engine
from engine.privacy import PLAIN_VALUES_BELONG_IN
from engine.tables import schema
from enrichment import settings as enrichment_settings
from pipelines.cli.main import chezhu
from pipelines.sinks.letters import FIELDS, LettersError, Sheet, document
from pipelines.stages.letters import Wanted, addressed
from quality_reports.messages import catalogue, word
from tests.pipelines import small_home

AS_OF = date(2026, 6, 30)
POST = "上海市浦东新区世纪大道1号2室"


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame({key: pl.Series(key, [row.get(key) for row in rows], dtype=dtype) for key, dtype in schema(name).items()})


def frames(reach: list[dict[str, Any]], name: str, listed: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    people = [{"customer_id": row["customer_id"], "name": f"王{place}", "address": POST, "postcode": "200120", "gender": "M", "party": "person"} for place, row in enumerate(reach)]  # fmt: skip
    return {"customer_reach": table("customer_reach", reach), "customers": table("customers", people), name: table(name, listed)}


CUSTOMER = st.fixed_dictionaries(
    {"contact_allowed": st.booleans(), "post": st.sampled_from([POST, None]), "best_channel": st.sampled_from(["post", "sms", None])}
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(CUSTOMER, max_size=6), any_way=st.booleans())
def test_a_letter_goes_only_where_the_post_may_and_should(engine: Engine, people: list[dict[str, Any]], any_way: bool) -> None:  # noqa: FBT001
    reach = [{"customer_id": f"C{place}", **person} for place, person in enumerate(people)]
    listed = [{"customer_id": row["customer_id"], "offer": "关怀回访", "dealer_id": "D001"} for row in reach]
    tables = {name: engine.from_frame(frame) for name, frame in frames(reach, "save_list", listed).items()}
    letters, counts = addressed(engine, tables, "save_list", as_of=AS_OF, wanted=Wanted(any_way=any_way), lang="zh")
    expected = [
        row["customer_id"] for row in reach if row["contact_allowed"] and row["post"] and (any_way or row["best_channel"] == "post")
    ]
    assert [letter["customer_id"] for letter in letters] == expected
    assert sum(counts.values()) == len(people)
    assert all(set(FIELDS) <= set(letter) for letter in letters)


def test_a_campaign_writes_to_whom_it_asks_by_post_and_never_to_whom_it_holds_out(engine: Engine) -> None:
    reach = [{"customer_id": f"C{place}", "contact_allowed": True, "post": POST, "best_channel": "post"} for place in range(4)]
    listed = [
        {"campaign": "秋季", "customer_id": "C0", "side": "contact", "channel": "post"},
        {"campaign": "秋季", "customer_id": "C1", "side": "contact", "channel": "sms"},
        {"campaign": "秋季", "customer_id": "C2", "side": "hold_out", "channel": None},
        {"campaign": "冬季", "customer_id": "C3", "side": "contact", "channel": "post"},
    ]
    tables = {name: engine.from_frame(frame) for name, frame in frames(reach, "campaign_lists", listed).items()}
    letters, _ = addressed(engine, tables, "campaign_lists", as_of=AS_OF, wanted=Wanted(about="秋季", any_way=True), lang="zh")
    assert [letter["customer_id"] for letter in letters] == ["C0"]


def test_tasks_of_the_days_asked_for_once_a_customer(engine: Engine) -> None:
    reach = [{"customer_id": f"C{place}", "contact_allowed": True, "post": POST, "best_channel": "post"} for place in range(3)]
    task = {"task": "inspection", "status": "planned", "due_date": date(2026, 8, 1), "do_date": date(2026, 7, 2), "dealer_id": "D001"}
    listed = [
        {**task, "customer_id": "C0"},
        {**task, "customer_id": "C0", "task": "birthday", "due_date": date(2026, 7, 5)},
        {**task, "customer_id": "C1", "status": "held"},
        {**task, "customer_id": "C2", "do_date": date(2026, 8, 30)},
    ]
    tables = {name: engine.from_frame(frame) for name, frame in frames(reach, "care_tasks", listed).items()}
    letters, _ = addressed(engine, tables, "care_tasks", as_of=AS_OF, wanted=Wanted(), lang="en")
    assert [(letter["customer_id"], letter["about_text"], letter["day"]) for letter in letters] == [("C0", "Birthday", "2026-07-05")]
    later = Wanted(about="inspection", since=date(2026, 8, 1), until=date(2026, 8, 30))
    assert [letter["customer_id"] for letter in addressed(engine, tables, "care_tasks", as_of=AS_OF, wanted=later, lang="en")[0]] == ["C2"]


def letter(number: int = 0, **more: object) -> dict[str, object]:
    return {"customer_id": f"C{number}", "name": "王伟", "gender": "M", "party": "person", "address": POST, "postcode": "200120", "city": "上海市", "about": "inspection", "about_text": "年检", "day": "2026-07-05", "dealer_id": "D001", **more}  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_a_letter_and_whole_sheets_of_labels_that_contact_nothing(lang: Any) -> None:
    html = document([letter(number) for number in range(7)], lang=lang, sender="车主服务中心", date="2026-06-30", sheet=Sheet(2, 3))
    assert html.count('<section class="letter"') == 7
    assert [part.count('class="label"') for part in html.split('<section class="sheet"')[1:]] == [6, 1]
    assert "grid-template-rows: repeat(2" in html
    assert "default-src 'none'" in html
    assert re.findall(r"https?://|<script|url\(", html) == []


GREETINGS = {"birthday": ("生日快乐", "happy birthday"), "lunar_birthday": ("农历生日之际", "happy birthday"), "spring_festival": ("新春快乐", "Spring Festival"), "mid_autumn": ("中秋快乐", "Mid-Autumn Festival")}  # fmt: skip


@pytest.mark.parametrize("party", ["person", "organization", None])
@pytest.mark.parametrize(("lang", "place", "appointment"), [("zh", 0, "安排"), ("en", 1, "arrange")])
def test_a_greeting_greets_and_asks_for_no_appointment(lang: Any, place: int, appointment: str, party: str | None) -> None:
    words = catalogue(lang)

    def body(about: str) -> str:
        text = word(words, "customers_report.call_for", about)
        return document([letter(about=about, about_text=text, party=party)], lang=lang, sender="", date="2026-06-30", sheet=None)

    for about, says in GREETINGS.items():
        assert says[place] in body(about)
        assert appointment not in body(about)
        assert "2026-07-05" not in body(about)
    assert appointment in body("inspection")
    assert "2026-07-05" in body("inspection")
    family = {"zh": "家人", "en": "family"}[lang]
    assert (family in body("spring_festival")) == (party != "organization")


def test_every_feast_of_the_calendar_has_its_greeting() -> None:
    assert set(enrichment_settings.load().calendar.festivals) | {"birthday", "lunar_birthday"} == set(GREETINGS)


def test_only_labels_and_no_labels() -> None:
    labels = document([letter()], lang="zh", sender="", date="", sheet=Sheet(), bodies=False)
    assert ('class="letter"' in labels, 'class="sheet"' in labels) == (False, True)
    assert 'class="sheet"' not in document([letter()], lang="zh", sender="", date="", sheet=None)


def test_values_are_escaped(tmp_path: Path) -> None:
    template = tmp_path / "own.html"
    template.write_text("<p>{{ letter.name }}</p>", "utf-8")
    html = document([letter(name="<script>alert(1)</script>")], lang="zh", sender="<b>", date="", sheet=Sheet(), letter_template=template)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 2


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ letter.nmae }}", "no attribute 'nmae'; a letter has customer_id"),
        ("{% if %}", "line 1"),
        ("{{ letter.name|int + letter }}", "cannot be rendered: TypeError"),
        ("{{ letter.__class__.__mro__ }}", "cannot be rendered|is unsafe"),
        ("{% include '/etc/passwd' %}", "cannot be rendered"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_without_a_value(tmp_path: Path, template: str, message: str) -> None:
    path = tmp_path / "own.html"
    path.write_text(template, "utf-8")
    with pytest.raises(LettersError, match=message) as failed:
        document([letter()], lang="zh", sender="", date="", sheet=None, letter_template=path)
    assert "王伟" not in str(failed.value)


@pytest.mark.parametrize("text", ["8", "8x", "ax3", "0x3", "40x3", "8x9", "8x3x1"])
def test_a_sheet_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(LettersError, match="sheet"):
        Sheet.read(text)


def test_the_command_writes_an_owners_file_and_says_numbers_only(tmp_path: Path) -> None:
    ids = [person["customer_id"] for person in small_home.PEOPLE]
    reach = [{"customer_id": key, "contact_allowed": place < 2, "post": POST, "best_channel": ("post", "sms", "post")[place]} for place, key in enumerate(ids)]  # fmt: skip
    listed = [{"customer_id": key, "offer": "关怀回访"} for key in ids]
    home = small_home.make(tmp_path / "home", {"customer_reach": table("customer_reach", reach), "save_list": table("save_list", listed)})
    out = tmp_path / "letters.html"
    done = CliRunner().invoke(chezhu, ["letters", "--list", "save_list", "--kind", "关怀回访", "--out", str(out), "--home", str(home.root)])
    assert (done.exit_code, done.stdout.strip()) == (0, str(out))
    assert done.stderr.startswith(
        "1 addressed; left out: 1 must not be contacted, 0 without an address that the post finds, 1 reached better"
    )
    assert out.stat().st_mode & 0o777 == 0o600
    html = out.read_text("utf-8")
    assert (html.count('<section class="letter"'), "王伟" in html, "李娜" in html) == (1, True, False)
    assert [value for value in ("王伟", POST, ids[0]) if value in done.output] == []
    assert "letters and labels written by `chezhu letters`" in PLAIN_VALUES_BELONG_IN


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--list", "care_tasks", "--kind", "foo"], 1, "there is no task 'foo' for care_tasks; there are: .*birthday"),
        (["--list", "call_list", "--kind", "foo"], 1, "there is no reason 'foo' for call_list; there are: .*complaint"),
        (["--list", "save_list", "--kind", "foo"], 1, "there is no offer 'foo' for save_list; there are: 关怀回访$"),
        (["--list", "campaign_lists", "--campaign", "foo"], 1, "there is no campaign 'foo' .* there are: none$"),
        (["--list", "save_list", "--dealer", "D999"], 1, "there is no dealer 'D999' .* there are: D001$"),
        (["--list", "care_tasks", "--from", "2026-12-30", "--until", "2026-12-01"], 2, "--from 2026-12-30 is after --until 2026-12-01"),
        (["--list", "care_tasks", "--until", "2026-06-29"], 2, "--from 2026-06-30 is after --until 2026-06-29"),
        (["--list", "save_list", "--out", "x.txt"], 2, "name it .html"),
        (["--list", "save_list", "--labels", "8x"], 2, "cannot read the sheet '8x'"),
        (["--list", "save_list", "--labels", "99x9"], 2, "a sheet of 99x9 does not fit"),
    ],
)
def test_what_nobody_is_asked_for_is_no_success(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    listed = table("save_list", [{"customer_id": "C0", "offer": "关怀回访", "dealer_id": "D001"}])
    more = {"save_list": listed, "files": table("files", [{"dealer_id": "D001", "file_id": "1"}])}
    home = small_home.make(tmp_path / "home", more)
    out = tmp_path / "letters.html"
    done = CliRunner().invoke(chezhu, ["letters", "--out", str(out), "--home", str(home.root), *words])
    said = str(done.exception) if done.exit_code == 1 else done.output
    assert done.exit_code == code
    assert re.search(says, said.strip(), flags=re.MULTILINE)
    assert not out.exists()


def test_what_is_on_nobody_s_list_today_is_no_mistake(tmp_path: Path) -> None:
    home = small_home.make(tmp_path / "home")
    out = tmp_path / "letters.html"
    done = CliRunner().invoke(
        chezhu, ["letters", "--list", "care_tasks", "--kind", "insurance", "--out", str(out), "--home", str(home.root)]
    )
    assert (done.exit_code, done.stderr.split(";")[0]) == (0, "0 addressed")
