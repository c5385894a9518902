"""In and out: login, logout, whether the server lives, and our own files."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pipelines.review_web import audit
from pipelines.review_web.call import Call, RefusedError
from pipelines.review_web.entrance import drop, keep
from pipelines.review_web.render import ASSETS, asset, page
from pipelines.review_web.room import Room


def login_form(room: Room, call: Call) -> Response:
    """The form; who is in already goes on."""
    if call.visitor.role is not None:
        return RedirectResponse(_local(call.query.get("next", "")), 303)
    return page("login.html", call, room.serving, next=_local(call.query.get("next", "")), wrong="", name="")


def login(room: Room, call: Call) -> Response:
    """Name and password; what is wrong of them is not said."""
    name, wanted = call.said("name")[:64], _local(call.said("next"))
    try:
        account = room.log_in(name, call.form.get("password", [""])[0], address=call.address)
    except RefusedError as error:
        return page(
            "login.html", call, room.serving, status=error.status, next=wanted, wrong=call.text(error.key, **error.values), name=name
        )
    if account is None:
        return page("login.html", call, room.serving, status=401, next=wanted, wrong=call.text("login.wrong"), name=name)
    answer = RedirectResponse(wanted, 303)
    keep(answer, room, "session", room.sessions.begin(account.name))
    return answer


def logout(room: Room, call: Call) -> Response:
    """Ends the session."""
    if call.visitor.session is not None:
        room.note(call, audit.LOGOUT)
        room.sessions.end(call.visitor.session)
    answer = RedirectResponse("/login", 303)
    drop(answer, room, "session")
    return answer


def health(room: Room, call: Call) -> Response:
    """For whoever watches the server."""
    del room, call
    return PlainTextResponse("ok\n")


def own_file(room: Room, call: Call) -> Response:
    """Style, script, icon."""
    del room
    name = call.place["name"]
    if name not in ASSETS:
        raise RefusedError(404, "error.no_page")
    return Response(asset(name), media_type=ASSETS[name], headers={"Cache-Control": "private, max-age=31536000, immutable"})


def _local(address: str) -> str:
    r"""An address of ours, else the queue: a login must not lead elsewhere.

    >>> _local("/pair/a/b?x=1"), _local("//evil.example/"), _local("/\\evil.example"), _local("https://evil.example"), _local("")
    ('/pair/a/b?x=1', '/queue', '/queue', '/queue', '/queue')
    """
    inside = address.startswith("/") and not address.startswith(("//", "/\\", "/login")) and address.isprintable() and "\\" not in address
    return address if inside else "/queue"
