"""Where alerts go: a file of JSON lines, e-mail, or a webhook (generic JSON, WeCom, DingTalk, Feishu). Each is tried again before it fails.

Addresses: a path or ``file:///path``; ``https://…`` (generic JSON); ``wecom+https://…``, ``dingtalk+https://…``, ``feishu+https://…`` (their robots' forms);
``smtp://host:port/to@example.com?from=chezhu@example.com``. Messages are counts, dates and names of dealers; no value of a person.
"""

from __future__ import annotations

import json
import os
import smtplib
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from http.client import HTTPException
from pathlib import Path

TRIES = 3
TIMEOUT = 10.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_FORMS: dict[str, Callable[[str], dict[str, object]]] = {
    "wecom": lambda text: {"msgtype": "text", "text": {"content": text}},
    "dingtalk": lambda text: {"msgtype": "text", "text": {"content": text}},
    "feishu": lambda text: {"msg_type": "text", "content": {"text": text}},
}
_CODES = {"errcode": "errmsg", "code": "msg", "StatusCode": "StatusMessage"}
"""In which fields robots say whether they took a message (0) or why not: WeCom and DingTalk, Feishu, Feishu's older form."""
_MOST_READ, _MOST_TOLD, _KEY = 65_536, 200, 16


class ChannelError(Exception):
    """A channel took nothing, however often it was tried, or refused it; the message names it without what its address keeps secret."""


@dataclass(frozen=True)
class Message:
    """One message: when it is about, who (a dealer, '' for all), what, how bad, and one line for people."""

    event: str
    day: str
    dealer: str
    what: str
    severity: str
    text: str


def send(address: str, message: Message, *, wait: float = 1.0) -> None:
    """Delivers a message.

    Args:
        address: as above.
        message: what to say.
        wait: seconds before the second try; twice as many before the third.

    Raises:
        ChannelError: it could not be delivered, or the address says no channel.
    """
    kind, where = _parsed(address)
    deliver = {"file": _to_file, "smtp": _to_mail}.get(kind)
    for attempt in range(1, TRIES + 1):
        try:
            if deliver is not None:
                deliver(where, message)
            else:
                _to_web(kind, where, message)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in _AGAIN or attempt == TRIES:
                text = f"alert channel {named(address)} answered {error.code} after {attempt} tries"
                raise ChannelError(text) from None
        except (OSError, HTTPException, smtplib.SMTPException) as error:
            if attempt == TRIES:
                text = f"alert channel {named(address)} does not take messages: {type(error).__name__} after {attempt} tries"
                raise ChannelError(text) from None
        else:
            return
        time.sleep(wait * 2 ** (attempt - 1))


def require_known(address: str) -> None:
    """Refuses what no message could ever be sent to; whether anybody listens there, only sending shows.

    Raises:
        ChannelError: the address says no channel.
    """
    _parsed(address)


def named(address: str) -> str:
    """An address without its path, query and password, which are a robot's key.

    >>> named("wecom+https://qyapi.example.com/cgi-bin/webhook/send?key=secret")
    'wecom+https://qyapi.example.com'
    """
    parts = urllib.parse.urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}" if parts.scheme and parts.scheme != "file" else address


def _parsed(address: str) -> tuple[str, str]:
    """Which channel an address says, and where it is."""
    try:
        parts = urllib.parse.urlsplit(address)
        _ = parts.port
    except ValueError as error:  # a port that is no number, a bracket that does not close
        text = f"alert channel: the address cannot be read: {error}"
        raise ChannelError(text) from None
    form, _, rest = parts.scheme.rpartition("+")
    if parts.scheme in {"", "file"} and parts.path:
        return "file", parts.path if parts.scheme else address
    if parts.scheme == "smtp" and parts.path.strip("/"):
        return "smtp", address
    if rest in {"http", "https"} and form in {"", *_FORMS} and parts.hostname:
        return form or "json", address[len(form) + 1 :] if form else address
    wanted = f"a path, smtp://HOST/TO, https://HOST/…, or one of {', '.join(f'{each}+https://HOST/…' for each in _FORMS)}"
    text = f"alert channel {named(address)!r} is none of: {wanted}"
    raise ChannelError(text)


def _to_file(where: str, message: Message) -> None:
    path = Path(where)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps(asdict(message), ensure_ascii=False) + "\n"
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def _to_web(form: str, url: str, message: Message) -> None:
    body = asdict(message) if form == "json" else _FORMS[form](message.text)
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(url, content, headers)  # noqa: S310 - http or https only, checked above
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
        said = answer.read(_MOST_READ)
    if form != "json" and (refusal := _refusal(said)):
        text = f"alert channel {form}+{named(url)} refused the message: {_without_keys(refusal, url)}"
        raise ChannelError(text)


def _refusal(answer: bytes) -> str:
    """What a robot says against a message that it did not take, though HTTP says 200; '' where it took it, or says nothing that a robot says.

    >>> _refusal(b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
    '93000 invalid webhook url'
    >>> _refusal(b'{"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}')
    ''
    """
    try:
        content = json.loads(answer)
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    for code, words in _CODES.items():
        if str(content.get(code, 0)) != "0":
            return " ".join(f"{content[code]} {content.get(words, '')}".split())[:_MOST_TOLD]
    return ""


def _without_keys(text: str, url: str) -> str:
    """A robot's words without the keys of its address, should it repeat them."""
    parts = urllib.parse.urlsplit(url)
    keys = {value for _, value in urllib.parse.parse_qsl(parts.query)} | {each for each in parts.path.split("/") if len(each) >= _KEY}
    for key in sorted(keys, key=len, reverse=True):
        text = text.replace(key, "***")
    return text


def _to_mail(address: str, message: Message) -> None:
    parts = urllib.parse.urlsplit(address)
    mail = EmailMessage()
    mail["Subject"] = f"[{message.severity}] {message.dealer or 'all'}: {message.what}"
    mail["To"] = urllib.parse.unquote(parts.path.lstrip("/"))
    mail["From"] = urllib.parse.parse_qs(parts.query).get("from", ["chezhu@localhost"])[0]
    mail.set_content(message.text)
    with smtplib.SMTP(parts.hostname or "localhost", parts.port or 25, timeout=TIMEOUT) as server:
        server.send_message(mail)
