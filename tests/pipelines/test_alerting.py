"""Alerts on their way: to a file, to a real HTTP server that fails at first, to a real SMTP conversation; once each, and again where a channel failed."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import polars as pl
import pytest

from engine.duckdb import DuckDBEngine
from engine.tables import ALERTS
from pipelines.settings import Settings
from pipelines.sinks.channels import ChannelError, Message, send
from pipelines.stages import alerting
from pipelines.store import versions
from pipelines.store.home import Home
from pipelines.store.versions import Manifest

MESSAGE = Message("e1", "2026-03-01", "D001", "volume", "critical", "【严重】D001：新增行数为 0")


class _Web(BaseHTTPRequestHandler):
    answers: list[int]
    bodies: list[dict[str, object]]
    says: list[str]

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.end_headers()
        self.wfile.write((self.says.pop(0) if self.says else "").encode())

    def log_message(self, *_: object) -> None:
        return


class _Mail(socketserver.StreamRequestHandler):
    taken: list[str]

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline().decode():
            word = line[:4].upper()
            if word == "DATA":
                self.wfile.write(b"354 go on\r\n")
                body = []
                while (text := self.rfile.readline().decode()) != ".\r\n":
                    body.append(text)
                self.taken.append("".join(body))
            self.wfile.write(b"221 bye\r\n" if word == "QUIT" else b"250 ok\r\n")
            if word == "QUIT":
                return


def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def web() -> Iterator[tuple[int, type[_Web]]]:
    handler = type("Web", (_Web,), {"answers": [], "bodies": [], "says": []})
    for port in _serving(HTTPServer(("127.0.0.1", 0), handler)):
        yield port, handler


@pytest.fixture
def mail() -> Iterator[tuple[int, list[str]]]:
    handler = type("Mail", (_Mail,), {"taken": []})
    for port in _serving(socketserver.TCPServer(("127.0.0.1", 0), handler)):
        yield port, handler.taken


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("", {"event": "e1", "day": "2026-03-01", "dealer": "D001", "what": "volume", "severity": "critical", "text": MESSAGE.text}),
        ("wecom+", {"msgtype": "text", "text": {"content": MESSAGE.text}}),
        ("dingtalk+", {"msgtype": "text", "text": {"content": MESSAGE.text}}),
        ("feishu+", {"msg_type": "text", "content": {"text": MESSAGE.text}}),
    ],
)
def test_a_webhook_gets_its_form_and_is_tried_again(web: tuple[int, type[_Web]], form: str, body: dict[str, object]) -> None:
    port, handler = web
    handler.answers[:] = [503, 200]
    send(f"{form}http://127.0.0.1:{port}/send?key=secret", MESSAGE, wait=0.01)
    assert handler.bodies == [body, body]


def test_a_refusal_is_not_tried_again_and_keeps_the_key_secret(web: tuple[int, type[_Web]]) -> None:
    port, handler = web
    handler.answers[:] = [404]
    with pytest.raises(ChannelError, match="answered 404") as caught:
        send(f"http://127.0.0.1:{port}/send?key=secret", MESSAGE, wait=0.01)
    assert "secret" not in str(caught.value)
    assert len(handler.bodies) == 1


TAKEN = {
    "wecom": '{"errcode": 0, "errmsg": "ok"}',
    "dingtalk": '{"errcode":0,"errmsg":"ok"}',
    "feishu": '{"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}',
}


@pytest.mark.parametrize(
    ("form", "says", "told"),
    [
        (
            "wecom",
            '{"errcode": 93000, "errmsg": "invalid webhook url, hint: secret-of-the-robot"}',
            "93000 invalid webhook url, hint: [*]{3}$",
        ),
        ("dingtalk", '{"errcode":310000,"errmsg":"keywords not in content"}', "310000 keywords not in content$"),
        ("feishu", '{"code": 19024, "msg": "Key Words Not Found", "data": {}}', "19024 Key Words Not Found$"),
        ("feishu", '{"StatusCode": 9499, "StatusMessage": "Bad\\nRequest"}', "9499 Bad Request$"),
    ],
)
def test_a_robot_that_refuses_with_200_has_not_taken_it(web: tuple[int, type[_Web]], form: str, says: str, told: str) -> None:
    port, handler = web
    address = f"{form}+http://127.0.0.1:{port}/send?key=secret-of-the-robot"
    handler.says[:] = [TAKEN[form], says]
    send(address, MESSAGE, wait=0.01)
    with pytest.raises(ChannelError, match=rf"alert channel {form}\+http://127.0.0.1 refused the message: {told}"):
        send(address, MESSAGE, wait=0.01)
    assert len(handler.bodies) == 2, "it says no again if it is asked at once: the next run tries again"


def test_what_an_own_webhook_answers_is_its_own_affair(web: tuple[int, type[_Web]]) -> None:
    port, handler = web
    handler.says[:] = ['{"code": 200}', "<html>", ""]
    send(f"http://127.0.0.1:{port}/", MESSAGE, wait=0.01)
    send(f"wecom+http://127.0.0.1:{port}/", MESSAGE, wait=0.01)
    assert len(handler.bodies) == 2


def test_mail_arrives(mail: tuple[int, list[str]]) -> None:
    port, taken = mail
    send(f"smtp://127.0.0.1:{port}/crm@example.com?from=chezhu@example.com", MESSAGE, wait=0.01)
    assert "To: crm@example.com" in taken[0]
    assert "[critical] D001: volume" in taken[0]


def test_an_address_that_is_no_channel_says_what_would_do() -> None:
    with pytest.raises(ChannelError, match="a path, smtp://"):
        send("ftp://example.com/x", MESSAGE)


def test_each_alert_is_told_once_with_its_end_and_again_where_a_channel_failed(tmp_path: Path, web: tuple[int, type[_Web]]) -> None:
    port, handler = web
    home = Home(tmp_path / "home")
    home.prepare()
    rows = [
        {
            "alert_id": "a",
            "dealer_id": "D001",
            "series": "null.phone",
            "severity": "warning",
            "value": 30.0,
            "low": 0.0,
            "high": 9.0,
            "opened": date(2026, 3, 1),
            "run_id": "r",
            "ended": date(2026, 3, 2),
        },
        {
            "alert_id": "b",
            "dealer_id": "D002",
            "series": "volume",
            "severity": "critical",
            "value": 0.0,
            "low": 5.0,
            "high": 9.0,
            "opened": date(2026, 3, 2),
            "run_id": "r",
            "ended": None,
        },
        {
            "alert_id": "old",
            "dealer_id": "D003",
            "series": "volume",
            "severity": "critical",
            "value": 0.0,
            "low": 5.0,
            "high": 9.0,
            "opened": date(2026, 1, 2),
            "run_id": "r",
            "ended": None,
        },
    ]
    with DuckDBEngine() as engine:
        entries = versions.write_table(home, engine, "alerts", engine.from_frame(pl.DataFrame(rows, schema=ALERTS.schema)))
        versions.save(home, Manifest(1, "r", "2026-03-02", None, None, {"alerts": entries}))
        versions.point_to(home, 1)
        log = tmp_path / "alerts.jsonl"
        settings = Settings(home=home.root, alerts={"log": str(log), "hook": f"http://127.0.0.1:{port}/"})
        handler.answers[:] = [400]
        assert alerting.send(engine, home, settings) == 3
        assert alerting.send(engine, home, settings) == 3
        assert alerting.send(engine, home, settings) == 0
    told = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(line["dealer"], line["event"].rpartition("-")[2]) for line in told] == [("D001", "begin"), ("D001", "end"), ("D002", "begin")]
    assert "电话缺失率为 30.0" in told[0]["text"]
    assert len(handler.bodies) == 4
    assert log.stat().st_mode & 0o077 == 0
