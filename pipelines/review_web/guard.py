"""Stands before every page: who calls by a foreign name, from a foreign page, or as another user of this machine is sent away.

Every answer carries the headers that keep it out of frames, caches and other sites.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.review_web.serving import Serving

Address = tuple[str, int]
PeerCheck = Callable[[Address, Address], bool]
"""Whether the connection from the first address to the second is of the user that the server runs as."""

SAFE = frozenset({"GET", "HEAD"})
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """ASGI around the application."""

    def __init__(self, app: ASGIApp, serving: Serving, peer_check: PeerCheck | None = None) -> None:
        self._app = app
        self._serving = serving
        self._peer_check = None if serving.accounts else peer_check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or sends it away."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                if self._serving.https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        refusal = self._refusal(scope)
        await (self._app if refusal is None else refusal)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._serving.answers_to(hosts[0]):
            return PlainTextResponse("this server is not called by that name (setting review_hosts)\n", 421)
        if scope["method"] not in SAFE and headers.getlist("origin") != [f"{self._serving.scheme}://{hosts[0]}"]:
            return PlainTextResponse("this did not come from one of our own pages\n", 403)
        if self._peer_check is not None and not self._peer_check(scope["client"], scope["server"]):
            return PlainTextResponse("another user of this machine runs this server; start your own, or ask for an account\n", 403)
        return None
