"""Decisions in force, and taking one back."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from pipelines.review_web import audit
from pipelines.review_web.call import Call, RefusedError
from pipelines.review_web.library import Shelf
from pipelines.review_web.render import page
from pipelines.review_web.room import Room
from pipelines.store.decisions import Decision, DecisionError

A_PAGE = 100
LONGEST_WHY = 500


def decisions(room: Room, call: Call) -> Response:
    """Decisions in force, the latest first."""
    shelf = room.shelf()
    every = shelf.standing.in_force()[::-1]
    pages = max(1, -(-len(every) // A_PAGE))
    asked = call.query.get("page", "1")
    at = min(max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1), pages)
    room.note(call, audit.VIEW_DECISIONS, detail=f"page {at}")
    listed = every[(at - 1) * A_PAGE : at * A_PAGE]
    return page(
        "decisions.html",
        call,
        room.serving,
        decisions=listed,
        total=len(every),
        at=at,
        pages=pages,
        contained=shelf.desk.manifest.decision,
        undone=call.query.get("undone", ""),
    )


def undo(room: Room, call: Call) -> Response:
    """Takes a decision back and leads to its pair."""
    number, why = int(call.place["number"]), call.said("why")[:LONGEST_WHY]
    if not why:
        raise RefusedError(400, "undo.needs_why")
    shelf = room.shelf()
    taken = next((each for each in shelf.standing.in_force() if each.number == number), None)
    try:
        back = room.decisions.undo(number, who=call.visitor.name, why=why)
    except DecisionError as error:
        room.note(call, audit.UNDO_REFUSED, detail=str(number))
        raise RefusedError(409, "undo.not_in_force", number=number) from error
    ids = " ".join(taken.named[:2]) if taken is not None else ""
    room.note(call, audit.UNDO, ids, f"{number} by {back}")
    if call.said("back") == "pair" and taken is not None and taken.right_id is not None:
        return RedirectResponse(f"/pair/{taken.left_id}/{taken.right_id}?undone={number}", 303)
    return RedirectResponse(f"/decisions?undone={number}", 303)


def last_of(shelf: Shelf, call: Call) -> Decision | None:
    """The visitor's own latest decision in force, for `undo` at a key."""
    mine = (each for each in reversed(shelf.standing.in_force()) if each.who == call.visitor.name)
    return next(mine, None) if call.visitor.decides else None
