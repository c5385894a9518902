"""The application: which address is which page, and for whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.review_web.call import RefusedError
from pipelines.review_web.entrance import Needs, Page, call_of, keep, through
from pipelines.review_web.guard import Guard, PeerCheck
from pipelines.review_web.pages import customer, door, of_decision, pair, queue
from pipelines.review_web.render import page
from pipelines.review_web.room import Room

PAGES: tuple[tuple[str, str, Page, Needs], ...] = (
    ("GET", "/", queue.start, "reader"),
    ("GET", "/queue", queue.queue, "reader"),
    ("GET", "/pair/{left}/{right}", pair.pair, "reader"),
    ("POST", "/pair/{left}/{right}/decide", pair.decide, "steward"),
    ("POST", "/pair/{left}/{right}/skip", pair.skip, "steward"),
    ("GET", "/decisions", of_decision.decisions, "reader"),
    ("POST", "/decisions/{number:int}/undo", of_decision.undo, "steward"),
    ("GET", "/customer", customer.find, "reader"),
    ("GET", "/customer/{name}", customer.customer, "reader"),
    ("POST", "/customer/{name}/split", customer.split, "steward"),
    ("GET", "/customer/{name}/merge", customer.merge, "steward"),
    ("GET", "/login", door.login_form, "nobody"),
    ("POST", "/login", door.login, "nobody"),
    ("POST", "/logout", door.logout, "nobody"),
    ("GET", "/healthz", door.health, "nobody"),
    ("GET", "/assets/{name}", door.own_file, "nobody"),
)


def build(room: Room, *, peer_check: PeerCheck | None = None) -> Guard:
    """The application, guarded; ``room`` is closed when the server ends."""

    @asynccontextmanager
    async def whole_life(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        room.close()

    def refused(request: Request, error: Exception) -> Response:
        call, fresh = call_of(room, request)
        if isinstance(error, RefusedError):
            status, key, values = error.status, error.key, error.values
        else:
            status = error.status_code if isinstance(error, HTTPException) else 500
            key, values = {404: "error.no_page", 405: "error.no_page"}.get(status, "error.failed"), {}
        answer = page("refused.html", call, room.serving, status=status, code=status, said=call.text(key, **values))
        if fresh is not None:
            keep(answer, room, "visit", fresh)
        return answer

    routes = [Route(path, through(room, made, needs=needs), methods=[method]) for method, path, made, needs in PAGES]
    inner = Starlette(routes=routes, lifespan=whole_life, exception_handlers={RefusedError: refused, HTTPException: refused})
    return Guard(inner, room.serving, peer_check)
