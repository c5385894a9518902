"""Who may come in, from where, and what they may do: nothing is decided by who should not decide, and no reader sees a plain value."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from desk_home import PASSWORD, PERSONAL, PORT, Browser, Site, read

from pipelines.cli.main import chezhu
from pipelines.review_web import audit
from pipelines.review_web.room import TRIES_OF_ACCOUNT, TRIES_OF_ADDRESS
from pipelines.store import database
from pipelines.store.home import Home

Made = Callable[..., Site]


def entered(site: Site) -> int:
    return site.room.decisions.last()


def test_without_accounts_the_user_of_this_machine_decides(site: Made) -> None:
    here = site()
    browser = here.browser()
    assert browser.get("/").status_code == 303
    assert browser.decide(browser.pairs()[0], "same").status_code == 303
    assert [each.who for each in here.room.decisions.in_force()] == [here.room.local_steward]


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1.evil.example", "10.0.0.5", f"localhost:{PORT}x", "", "[::2]"]
)
def test_a_foreign_name_is_not_answered(site: Made, host: str) -> None:
    assert site().browser().get("/queue", host=host).status_code == 421


@pytest.mark.parametrize("host", [f"localhost:{PORT}", "127.0.0.1", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_names_of_this_machine_are_answered(site: Made, host: str) -> None:
    assert site().browser().get("/queue", host=host).status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", f"http://127.0.0.1:{PORT + 1}", f"https://127.0.0.1:{PORT}", "http://127.0.0.1"]
)
def test_a_form_of_another_page_is_refused(site: Made, origin: str | None) -> None:
    here = site()
    browser = here.browser()
    pair = browser.pairs()[0]
    browser.get(pair)
    seen = re.findall(r'name="seen" value="([^"]+)"', browser.page)[0]
    headers = {} if origin is None else {"Origin": origin}
    answer = browser.client.post(f"{pair}/decide", data={"csrf": browser.csrf, "seen": seen, "choice": "same"}, headers=headers)
    assert (answer.status_code, entered(here)) == (403, 0)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "é"])
def test_a_form_without_our_token_is_refused(site: Made, token: str) -> None:
    here = site()
    browser = here.browser()
    assert browser.decide(browser.pairs()[0], "same", csrf=token).status_code == 403
    assert entered(here) == 0
    assert here.room.audit.count(audit.REFUSED) == 1


def test_the_token_of_another_browser_is_refused(site: Made) -> None:
    here = site()
    one, two = here.browser(), here.browser()
    pair = one.pairs()[0]
    two.get(pair)
    assert one.csrf != two.csrf
    assert one.decide(pair, "same", csrf=two.csrf).status_code == 403
    assert entered(here) == 0


def test_every_answer_carries_the_headers(site: Made) -> None:
    browser = site().browser()
    pair = browser.pairs()[0]
    answers = [
        browser.get("/queue"), browser.get(pair), browser.get("/nothing"), browser.get("/queue", host="evil.example"), browser.get("/healthz"),
        browser.get("/assets/review.css"), browser.post(f"{pair}/decide", csrf="x"), browser.client.put("/queue", headers={"Origin": browser.origin}),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 404, 421, 200, 200, 403, 405]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store" or answer.request.url.path.startswith("/assets/")
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?! src=)", browser.get(pair).text)


def test_nobody_comes_in_without_an_account(site: Made) -> None:
    here = site(accounts=True)
    browser = here.browser()
    for address in ("/", "/queue?dealer=D1", "/pair/a/b", "/customer/C1", "/decisions"):
        answer = browser.get(address)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")
    browser.get("/login")
    assert browser.post("/pair/a/b/decide", choice="same").status_code == 401
    assert browser.get("/healthz").text == "ok\n"
    assert entered(here) == 0


def test_the_way_in_and_out(site: Made) -> None:
    here = site(accounts=True)
    here.room.accounts.add("li", "steward", PASSWORD)
    browser = here.browser()
    assert browser.log_in("li", "a wrong password").status_code == 401
    answer = browser.log_in("li", PASSWORD)
    cookie = answer.headers["set-cookie"]
    assert answer.headers["location"] == "/queue"
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    token = browser.client.cookies[here.room.serving.cookie("session")]
    assert browser.get("/queue").status_code == 200
    assert browser.post("/logout").headers["location"] == "/login"
    browser.client.cookies.set(here.room.serving.cookie("session"), token)
    assert browser.get("/queue").status_code == 303
    actions = [each.action for each in here.room.audit.entries()]
    assert actions == ["login_failed", "login", "view_queue", "logout"]


def test_behind_https_cookies_only_go_that_way(site: Made) -> None:
    here = site(review_https=True)
    here.room.accounts.add("li", "steward", PASSWORD)
    answer = here.browser().log_in("li", PASSWORD)
    assert re.match(r"__Host-chezhu-session=[\w-]+; HttpOnly; Path=/; SameSite=lax; Secure", answer.headers["set-cookie"])
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_new_session_begins_at_each_login(site: Made) -> None:
    here = site(accounts=True)
    name = here.room.serving.cookie("session")
    browser = here.browser()
    browser.client.cookies.set(name, "chosen-by-somebody-else")
    here.room.accounts.add("li", "steward", PASSWORD)
    browser.client.cookies.delete(name)
    browser.log_in("li", PASSWORD)
    first = browser.client.cookies[name]
    other = here.browser()
    other.log_in("li", PASSWORD)
    assert len({first, other.client.cookies[name], "chosen-by-somebody-else"}) == 3


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 303)])
def test_a_session_without_requests_ends(site: Made, minutes: int, status: int) -> None:
    now = [1_000_000.0]
    here = site(accounts=True, clock=lambda: now[0])
    browser = here.steward()
    now[0] += minutes * 60
    assert browser.get("/queue").status_code == status


def test_a_session_ends_in_any_case(site: Made) -> None:
    now = [1_000_000.0]
    here = site(accounts=True, clock=lambda: now[0])
    browser = here.steward()
    stays = []
    for _ in range(21):
        now[0] += 30 * 60
        stays.append(browser.get("/queue").status_code)
    assert stays == [200] * 19 + [303] * 2


@pytest.mark.parametrize("name", ["li", "nobody"])
def test_attempts_at_an_account_are_limited(site: Made, name: str) -> None:
    """Also at accounts that there are not: the answers do not tell which there are."""
    here = site(accounts=True)
    here.room.accounts.add("li", "steward", PASSWORD)
    here.room.accounts.add("wang", "steward", PASSWORD)
    answers = [here.browser(address=f"10.0.0.{number}").log_in(name, "wrong").status_code for number in range(TRIES_OF_ACCOUNT + 1)]
    assert answers == [401] * TRIES_OF_ACCOUNT + [429]
    assert here.browser(address="10.0.1.1").log_in(name, PASSWORD).status_code == 429
    assert here.browser(address="10.0.1.1").log_in("wang", PASSWORD).status_code == 303
    assert here.room.audit.count(audit.LOGIN_LIMITED) == 2


def test_attempts_from_an_address_are_limited(site: Made) -> None:
    here = site(accounts=True)
    here.room.accounts.add("li", "steward", PASSWORD)
    answers = [here.browser(address="10.0.0.9").log_in(f"name{number}", "wrong").status_code for number in range(TRIES_OF_ADDRESS + 1)]
    assert answers == [401] * TRIES_OF_ADDRESS + [429]
    assert here.browser(address="10.0.0.9").log_in("li", PASSWORD).status_code == 429
    assert here.browser(address="10.0.0.8").log_in("li", PASSWORD).status_code == 303


def test_a_login_forgives_what_failed_before(site: Made) -> None:
    here = site(accounts=True)
    here.room.accounts.add("li", "steward", PASSWORD)
    for _ in range(3):
        for _ in range(TRIES_OF_ACCOUNT - 1):
            assert here.browser().log_in("li", "wrong").status_code == 401
        assert here.browser().log_in("li", PASSWORD).status_code == 303


def test_what_is_typed_as_a_name_is_not_kept(site: Made) -> None:
    here = site(accounts=True)
    here.browser().log_in("my-secret-password", "")
    assert "my-secret" not in str(here.room.audit.entries())


def test_neither_passwords_nor_tokens_are_in_the_store(site: Made, home: Path) -> None:
    here = site(accounts=True)
    browser = here.steward()
    token = browser.client.cookies[here.room.serving.cookie("session")]
    with sqlite3.connect(home / "ledger.sqlite") as store:
        everything = "\n".join(store.iterdump())
    assert "$argon2id$" in everything
    assert PASSWORD not in everything
    assert token not in everything
    assert (home / "ledger.sqlite").stat().st_mode & 0o077 == 0


def test_who_is_removed_is_out_at_once(site: Made) -> None:
    here = site(accounts=True)
    browser = here.steward()
    assert browser.get("/queue").status_code == 200
    here.room.accounts.remove("li")
    assert browser.get("/queue").status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"])
def test_a_login_leads_nowhere_else(site: Made, wanted: str) -> None:
    here = site(accounts=True)
    here.room.accounts.add("li", "steward", PASSWORD)
    browser = here.browser()
    browser.get("/login")
    assert browser.post("/login", name="li", password=PASSWORD, next=wanted).headers["location"] == "/queue"


def every_page(browser: Browser) -> str:
    """The text of all pages that there are."""
    pairs = browser.pairs()
    texts = [browser.get(f"/queue?status=all&page={page}").text for page in (1, 2)]
    for pair in pairs[:12]:
        texts += [browser.get(pair).text, browser.get(f"{pair}?all=1").text]
        texts += [browser.get(link).text for link in set(re.findall(r'href="(/customer/[^"]+)"', texts[-1]))]
    return "".join([*texts, browser.get("/decisions").text])


def test_a_reader_sees_no_plain_value_and_decides_nothing(site: Made, home: Path) -> None:
    here = site(accounts=True)
    steward, reader = here.steward(), here.steward("zhao", "reader")
    pairs = steward.pairs()
    assert steward.decide(pairs[0], "same", why="她叫张秘密").status_code == 303
    clean = read(home, "clean_records")
    plain = {value for column in PERSONAL for value in clean[column].drop_nulls() if len(value) > 1}
    plain |= {number for numbers in clean["phones"].drop_nulls() for number in numbers} | {
        str(day) for day in clean["birth_date"].drop_nulls()
    }
    shown = every_page(reader)
    assert {value for value in plain if value in shown} == set()
    assert "张秘密" not in shown
    seen = every_page(steward)
    assert sum(value in seen for value in plain) > 50
    before = entered(here)
    reader.get(pairs[1])
    customer = re.findall(r'href="(/customer/[^"]+)"', reader.page)[0]
    token = {"csrf": here.room.csrf(reader.client.cookies[here.room.serving.cookie("session")])}
    for address, fields in (
        (f"{pairs[1]}/decide", {"choice": "same", "seen": "x"}), (f"{pairs[1]}/skip", {}), ("/decisions/1/undo", {"why": "x"}), (f"{customer}/split", {"record": "x"}),
    ):  # fmt: skip
        assert reader.post(address, **{**fields, **token}).status_code == 403
    assert reader.get(f"{customer}/merge?other=C").status_code == 403
    assert entered(here) == before
    assert "choice" not in reader.page


def test_the_audit_log_has_everything_and_no_personal_value(site: Made, home: Path) -> None:
    here = site(accounts=True)
    browser = here.steward()
    pairs = browser.pairs()
    browser.decide(pairs[0], "not_same", why="张三说的")
    pairs = [pairs[0], *browser.pairs()]  # those that are open still
    browser.decide(pairs[1], "not_same")
    browser.post(f"{pairs[2]}/skip")
    browser.post("/decisions/1/undo", why="李四说的")
    browser.get(re.findall(r'href="(/customer/[^"]+)"', browser.page)[0])
    browser.get("/decisions")
    browser.get("/customer?name=13917852046")
    browser.post("/logout")
    entries = here.room.audit.entries()
    assert {each.action for each in entries} == {
        audit.LOGIN, audit.VIEW_QUEUE, audit.VIEW_PAIR, audit.DECIDE, audit.SKIP, audit.UNDO, audit.VIEW_CUSTOMER, audit.VIEW_DECISIONS, audit.LOGOUT,
    }  # fmt: skip
    assert {(each.who, each.address) for each in entries} == {("li", "127.0.0.1")}
    decided = [(each.subject, each.detail) for each in entries if each.action == audit.DECIDE]
    assert decided == [
        (pairs[0].removeprefix("/pair/").replace("/", " "), "not_same 1"),
        (pairs[1].removeprefix("/pair/").replace("/", " "), "not_same 2"),
    ]
    text = str(entries)
    clean = read(home, "clean_records")
    assert not [value for column in PERSONAL for value in clean[column].drop_nulls() if len(value) > 1 and value in text]
    assert not [word for word in ("张三", "李四", "13917852046") if word in text]


HOSTILE = "<script>document.title='broken'</script>\"><img src=x onerror=alert(1)>'{{7*7}}{0.__class__}"


def test_hostile_text_is_shown_and_not_run(site: Made) -> None:
    here = site()
    browser = here.browser()
    pair = browser.pairs()[0]
    assert browser.decide(pair, "not_same", why=HOSTILE).status_code == 303
    texts = [
        browser.get(pair).text,
        browser.get("/decisions").text,
        browser.get(f"/pair/{HOSTILE[:5]}/x").text,
        browser.get(f"/customer/{HOSTILE[:8]}").text,
    ]
    texts += [browser.get(f"/queue?dealer={HOSTILE[:7]}&status=%3Cb%3E&lang=%3Cb%3E").text, browser.decide(pair, "same", why=HOSTILE).text]
    for text in texts:
        assert "<script>document" not in text
        assert "<img src=x" not in text
        assert "49{0" not in text
    assert "&lt;script&gt;document" in texts[0]
    assert "&lt;script&gt;document" in texts[-1]


def test_what_is_no_form_of_ours_is_refused(site: Made) -> None:
    here = site()
    browser = here.browser()
    pair = browser.pairs()[0]
    browser.get(pair)
    send = {"Origin": browser.origin}
    assert browser.client.post(f"{pair}/decide", content=b"x" * 300_000, headers=send).status_code == 413
    assert browser.client.post(f"{pair}/decide", json={"choice": "same"}, headers=send).status_code == 400
    assert (
        browser.client.post(
            f"{pair}/decide", content=b"csrf=%ff", headers={**send, "Content-Type": "application/x-www-form-urlencoded"}
        ).status_code
        == 400
    )
    assert browser.decide(pair, "perhaps").status_code == 400
    assert browser.get("/pair/none/nothing").status_code == 404
    assert browser.get("/customer/nobody").status_code == 404
    assert browser.get("/assets/..%2f__init__.py").status_code == 404
    assert entered(here) == 0


def test_the_audit_log_is_asked_from_a_time_on_and_what_is_no_time_is_refused(tmp_path: Path) -> None:
    log = audit.AuditLog(database.connect(Home(tmp_path)))
    log.enter(audit.LOGIN, who="li.na", address="127.0.0.1")
    at = datetime.fromisoformat(log.entries()[-1].at)

    def asked(since: str) -> Result:
        return CliRunner().invoke(chezhu, ["review", "audit", "--home", str(tmp_path), "--since", since])

    china = timezone(timedelta(hours=8))
    for since in (f"{at:%Y-%m-%d}", f"{at:%Y-%m-%dT%H:%M}", at.astimezone(china).isoformat()):
        assert "li.na" in asked(since).output, since
    later = at + timedelta(seconds=1)
    for since in (later.isoformat(), later.astimezone(china).isoformat(), f"{at + timedelta(days=1):%Y-%m-%d}"):
        done = asked(since)
        assert (done.exit_code, done.output) == (0, ""), since
    for since in ("yesterday", "2026-13-45", "30.06.2026"):
        done = asked(since)
        assert (done.exit_code, "is no date or time of ISO 8601" in done.output) == (2, True), since
