"""A pair: looked at, decided, skipped."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from matching.explain import UnknownRecordError
from matching.explain_cluster import ClusterExplanation
from pipelines.review_web import audit
from pipelines.review_web.call import Call, RefusedError
from pipelines.review_web.library import Shelf
from pipelines.review_web.pages import of_decision
from pipelines.review_web.render import page
from pipelines.review_web.room import Room
from pipelines.review_web.views.filters import Filter, next_place, pair_at
from pipelines.review_web.views.graph import Graph, graph
from pipelines.review_web.views.hanging import titles_of
from pipelines.review_web.views.side_by_side import lines
from pipelines.review_web.views.values import shown
from pipelines.review_web.views.waterfall import waterfall
from pipelines.stages.explain import ExplainError
from pipelines.stages.review_standing import OPEN, Stand
from pipelines.store.decisions import Decision, Wanted

MOST_COLUMNS = 12
LONGEST_WHY = 500


@dataclass(frozen=True)
class Refusal:
    """Why a decision was not entered: those in force that it contradicts, and what was wanted."""

    against: tuple[Decision, ...]
    wanted: str
    why: str
    told: str


def pair(room: Room, call: Call) -> Response:
    """Two records side by side, why they may be one, what hangs on them."""
    return _shown(room, call, room.shelf())


def decide(room: Room, call: Call) -> Response:
    """Enters a decision and leads to the next pair; what stands against it is shown with both sides."""
    shelf = room.shelf()
    left, right = _ends(shelf, call)
    choice, why = call.said("choice"), call.said("why")[:LONGEST_WHY]
    if choice not in {"same", "not_same"}:
        raise RefusedError(400, "error.form")
    if call.said("seen") != shelf.desk.seen(left, right):
        room.note(call, audit.DECIDE_REFUSED, f"{left} {right}", "stale")
        return _shown(room, call, shelf, status=409, stale=True, why=why)
    (outcome,) = room.decisions.enter([Wanted(left, right, choice == "same", why)], who=call.visitor.name)
    if outcome.refused is not None:
        room.note(call, audit.DECIDE_REFUSED, f"{left} {right}", choice)
        shelf.standing.refresh()
        return _shown(room, call, shelf, status=409, refusal=refusal(shelf, outcome.refused, choice, why), why=why)
    room.note(call, audit.DECIDE_KNOWN if outcome.known else audit.DECIDE, f"{left} {right}", f"{choice} {outcome.number or ''}".strip())
    room.presence.takes_up(call.visitor.name, (left, right))
    shelf.standing.refresh()
    said = {"known": f"{left}.{right}"} if outcome.known else {"done": outcome.number}
    return _onwards(room, call, shelf, (left, right), **said)


def skip(room: Room, call: Call) -> Response:
    """Puts a pair aside for this visitor and leads to the next."""
    shelf = room.shelf()
    left, right = _ends(shelf, call)
    room.presence.puts_aside(call.visitor.name, (left, right))
    room.note(call, audit.SKIP, f"{left} {right}")
    return _onwards(room, call, shelf, (left, right))


def refusal(shelf: Shelf, told: str, wanted: str, why: str) -> Refusal:
    """What the store said of a contradiction, with the decisions that it names."""
    numbers = {int(number) for number in re.findall(r"\bdecision (\d+) by ", told)}
    return Refusal(tuple(each for each in shelf.standing.in_force() if each.number in numbers), wanted, why, told)


def _ends(shelf: Shelf, call: Call) -> tuple[str, str]:
    """The two records that the address names, the smaller first; both are there."""
    left, right = sorted((call.place["left"], call.place["right"]))
    try:
        shelf.desk.clean([left, right])
    except UnknownRecordError as error:
        raise RefusedError(404, "error.no_record", version=shelf.desk.version) from error
    if left == right:
        raise RefusedError(404, "error.one_record")
    return left, right


def _onwards(room: Room, call: Call, shelf: Shelf, pair: tuple[str, str], **said: object) -> Response:
    wanted = Filter.of(call.query)
    place = next_place(
        shelf,
        wanted,
        after=shelf.desk.place_of.get(pair, -1),
        aside=room.presence.aside(call.visitor.name),
        others=room.presence.others_at(call.visitor.browser).keys(),
    )
    if place is None:
        return RedirectResponse(f"/queue{wanted.query(more={'done': 'all', **said})}", 303)
    left, right = pair_at(shelf, place)
    # noted already now: another browser that asks for its next pair before this one has opened its own gets another
    room.presence.looks_at(call.visitor.browser, call.visitor.name, (left, right))
    return RedirectResponse(f"/pair/{left}/{right}{wanted.query(more=said)}", 303)


def _shown(
    room: Room, call: Call, shelf: Shelf, *, status: int = 200, refusal: Refusal | None = None, stale: bool = False, why: str = ""
) -> Response:
    left, right = _ends(shelf, call)
    desk, wanted = shelf.desk, Filter.of(call.query)
    customers = desk.customers_of([left, right])
    one, two = customers[left], customers[right]
    of_one, of_two = desk.members(one)[1], desk.members(two)[1] if two != one else []
    everyone = [left, right, *(record for record in (*of_one, *of_two) if record not in {left, right})]
    ids = everyone[:MOST_COLUMNS] if "all" in call.query else everyone[:2]
    rows = desk.clean(ids).to_dicts()
    place = desk.place_of.get((left, right))
    stand = shelf.standing.of(place) if place is not None else Stand(OPEN, tuple(shelf.standing.between(one, two)) if one != two else ())
    try:
        explanation = desk.pair(left, right)
    except ExplainError as error:
        raise RefusedError(404, "error.one_record") from error
    others = room.presence.others_at(call.visitor.browser)
    room.presence.looks_at(call.visitor.browser, call.visitor.name, (left, right))
    room.note(call, audit.VIEW_PAIR, f"{left} {right}", f"version {desk.version}")
    hanging, picture = _picture(call, shelf, everyone, dict.fromkeys(of_two, 1), (left, right))
    return page(
        "pair.html",
        call,
        room.serving,
        status=status,
        left=left,
        right=right,
        customers=[customers.get(record, one if record in of_one else two) for record in ids],
        names={customer: " ".join(shown("name", shelf.desk.name_of.get(customer), plain=call.plain)) for customer in (one, two)},
        one_customer=one == two,
        place=place,
        total=desk.pairs.height,
        monetary=desk.pairs["monetary"][place] if place is not None else None,
        filter=wanted,
        query=wanted.query(),
        all="all" in call.query,
        records=rows,
        more=len(everyone) - len(ids),
        everyone=len(everyone),
        lines=lines(rows, plain=call.plain),
        explanation=explanation,
        waterfall=waterfall(explanation, call),
        hanging=hanging,
        graph=picture,
        stand=stand,
        pending=[each.number for each in stand.decisions if each.number > desk.manifest.decision],
        seen=desk.seen(left, right),
        looking=others.get((left, right), ""),
        refusal=refusal,
        stale=stale,
        why=why,
        last=of_decision.last_of(shelf, call),
        known=_known(shelf, call),
        version=desk.version,
    )


def _picture(
    call: Call, shelf: Shelf, ids: list[str], groups: dict[str, int], ends: tuple[str, str]
) -> tuple[ClusterExplanation | None, Graph | None]:
    found = shelf.desk.cluster("", sorted(ids))
    if found is None:
        return None, None
    return found, graph(found, titles_of(shelf.desk.clean(list(found.record_ids)).to_dicts(), call), groups=groups, ends=ends)


def _known(shelf: Shelf, call: Call) -> tuple[Decision, ...]:
    """What somebody else had decided already when the visitor said the same."""
    left, _, right = call.query.get("known", "").partition(".")
    customers = shelf.desk.customers_of(filter(None, (left, right)))
    return tuple(shelf.standing.between(customers[left], customers[right])) if len(customers) == 2 else ()
