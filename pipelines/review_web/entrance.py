"""Every request comes through here: who it is, what they may, whether the form is ours; then the page's own function runs in a thread."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol
from urllib.parse import parse_qs, quote

from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from pipelines.review_web import audit
from pipelines.review_web.call import Call, RefusedError, Visitor
from pipelines.review_web.room import Room
from pipelines.review_web.texts import chosen

_LOG = logging.getLogger(__name__)
Needs = Literal["nobody", "reader", "steward"]


class Page(Protocol):
    """A page: what the request asks for, as an answer."""

    __name__: str

    def __call__(self, room: Room, call: Call, /) -> Response:
        """The answer."""
        ...


MOST_BYTES = 256 * 1024
"""Of a form: as many as a split of a large customer has."""
_MOST_FIELDS = 2_000


def through(room: Room, page: Page, *, needs: Needs) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a page that is for nobody in particular, for readers, or for stewards only."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request) if request.method == "POST" else b""
        return await run_in_threadpool(_answer, room, page, needs, request, body)

    return endpoint


def call_of(room: Room, request: Request, form: dict[str, list[str]] | None = None) -> tuple[Call, str | None]:
    """The request as pages see it, and the value of a new visit's cookie where there was none."""
    serving = room.serving
    session = request.cookies.get(serving.cookie("session")) if serving.accounts else None
    visit, fresh = request.cookies.get(serving.cookie("visit")), None
    if not visit or len(visit) > 64:
        visit = fresh = secrets.token_urlsafe(24)
    name = room.sessions.who(session) if session else None
    account = room.accounts.find(name) if name is not None else None
    if not serving.accounts:
        visitor = Visitor(room.local_steward, "steward", _browser(visit), room.csrf(visit))
    elif account is not None and session is not None:
        visitor = Visitor(account.name, account.role, _browser(session), room.csrf(session), session)
    else:
        visitor = Visitor("", None, _browser(visit), room.csrf(visit))
    call = Call(
        visitor=visitor,
        lang=chosen(request.query_params.get("lang"), request.cookies.get("chezhu-lang"), request.headers.get("accept-language", "")),
        address=request.client.host if request.client is not None else "",
        path=request.url.path,
        place={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        form=form or {},
    )
    return call, fresh


def _answer(room: Room, page: Page, needs: Needs, request: Request, body: bytes) -> Response:
    call, fresh = call_of(room, request, _fields(request, body))
    if call.visitor.role is None and needs != "nobody":
        if request.method == "POST":
            raise RefusedError(401, "error.log_in_again")
        wanted = call.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)
    if request.method == "POST" and not hmac.compare_digest(call.said("csrf").encode(), call.visitor.csrf.encode()):
        room.note(call, audit.REFUSED, page.__name__, "csrf")
        raise RefusedError(403, "error.csrf")
    if needs == "steward" and not call.visitor.decides:
        room.note(call, audit.REFUSED, page.__name__, "role")
        raise RefusedError(403, "error.readers_only_read")
    answer = _made(room, page, call)
    if fresh is not None:
        keep(answer, room, "visit", fresh)
    if call.query.get("lang") == call.lang:
        answer.set_cookie("chezhu-lang", call.lang, max_age=31_536_000, samesite="lax", secure=room.serving.https, httponly=True)
    return answer


def _made(room: Room, page: Page, call: Call) -> Response:
    """The page; what fails unexpectedly is logged without its message, which may quote a value (law 9)."""
    try:
        return page(room, call)
    except (RefusedError, HTTPException):
        raise
    except Exception as error:  # noqa: BLE001 - the page's end, whatever it is; told to the visitor and the log
        _LOG.error("%s in %s\n%s", type(error).__name__, page.__name__, "".join(traceback.format_tb(error.__traceback__)))
        busy = isinstance(error, OperationalError)
        raise RefusedError(503 if busy else 500, "error.busy" if busy else "error.failed") from None


def keep(answer: Response, room: Room, name: str, value: str) -> None:
    """Sets a cookie that scripts cannot read and other sites' forms do not carry; it goes when the browser is closed."""
    answer.set_cookie(room.serving.cookie(name), value, path="/", samesite="lax", secure=room.serving.https, httponly=True)


def drop(answer: Response, room: Room, name: str) -> None:
    """Takes a cookie back."""
    answer.delete_cookie(room.serving.cookie(name), path="/", samesite="lax", secure=room.serving.https, httponly=True)


async def _body(request: Request) -> bytes:
    whole = bytearray()
    try:
        async for part in request.stream():
            whole += part
            if len(whole) > MOST_BYTES:
                raise RefusedError(413, "error.too_large")
    except ClientDisconnect as error:
        raise RefusedError(400, "error.form") from error
    return bytes(whole)


def _fields(request: Request, body: bytes) -> dict[str, list[str]]:
    if not body:
        return {}
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise RefusedError(400, "error.form")
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise RefusedError(400, "error.form") from error


def _browser(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()[:16]
