"""The queue."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from pipelines.review_web import audit
from pipelines.review_web.call import Call
from pipelines.review_web.render import page
from pipelines.review_web.room import Room
from pipelines.review_web.views.filters import A_PAGE, STATUSES, Filter
from pipelines.review_web.views.queue import entries
from pipelines.stages.review_standing import OPEN
from pipelines.store.decisions import NOT_SAME, SAME


def start(room: Room, call: Call) -> Response:
    """The root leads to the queue."""
    del room, call
    return RedirectResponse("/queue", 303)


def queue(room: Room, call: Call) -> Response:
    """A page of the queue, by the filter that the address names."""
    shelf = room.shelf()
    wanted = Filter.of(call.query)
    places = wanted.places(shelf, room.presence.aside(call.visitor.name))
    pages = max(1, -(-len(places) // A_PAGE))
    at = min(wanted.page, pages)
    statuses = shelf.standing.statuses
    room.note(call, audit.VIEW_QUEUE, detail=f"page {at} version {shelf.desk.version}")
    return page(
        "queue.html",
        call,
        room.serving,
        filter=wanted,
        entries=entries(
            shelf,
            places[(at - 1) * A_PAGE : at * A_PAGE],
            plain=call.plain,
            others=room.presence.others_at(call.visitor.browser),
        ),
        found=len(places),
        at=at,
        pages=pages,
        statuses=STATUSES,
        counts={OPEN: statuses.count(OPEN), SAME: statuses.count(SAME), NOT_SAME: statuses.count(NOT_SAME)},
        total=len(statuses),
        dealers=shelf.desk.dealers,
        version=shelf.desk.version,
        as_of=shelf.desk.manifest.as_of,
        waiting=sum(each.number > shelf.desk.manifest.decision for each in shelf.standing.in_force()),
        finished="done" in call.query,
        nothing=_nothing(wanted, total=len(statuses), still_open=statuses.count(OPEN)),
    )


def _nothing(wanted: Filter, *, total: int, still_open: int) -> str:
    """The text for a list with nothing in it: why there is nothing.

    >>> _nothing(Filter(), total=0, still_open=0), _nothing(Filter(dealer="D1"), total=9, still_open=0)
    ('queue.none', 'queue.empty')
    >>> _nothing(Filter(), total=9, still_open=0), _nothing(Filter(), total=9, still_open=2)
    ('queue.all_decided', 'queue.all_aside')
    """
    if not total:
        return "queue.none"
    if wanted.query(page=1):
        return "queue.empty"
    return "queue.all_aside" if still_open else "queue.all_decided"
