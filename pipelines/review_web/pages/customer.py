"""A customer: what is known, the records it is made of, its history; split and merge."""

from __future__ import annotations

import hashlib
from itertools import pairwise, product

from starlette.responses import RedirectResponse, Response

from matching.explain import UnknownRecordError
from pipelines.review_web import audit
from pipelines.review_web.call import Call, RefusedError
from pipelines.review_web.library import Shelf
from pipelines.review_web.pages.pair import LONGEST_WHY, Refusal, refusal
from pipelines.review_web.render import page
from pipelines.review_web.room import Room
from pipelines.review_web.views.golden import facts
from pipelines.review_web.views.graph import graph
from pipelines.review_web.views.hanging import titles_of
from pipelines.review_web.views.side_by_side import overview
from pipelines.store.decisions import Wanted

MOST_LISTED = 400
MOST_DECISIONS = 2_000


def customer(room: Room, call: Call) -> Response:
    """A customer by its id (also one that ended) or one of its records."""
    return _shown(room, call, room.shelf())


def find(room: Room, call: Call) -> Response:
    """From what was typed into the search field to the customer."""
    named = call.query.get("name", "").strip()
    shelf = room.shelf()
    try:
        found, _ = shelf.desk.members(named)
    except UnknownRecordError as error:
        raise RefusedError(404, "error.no_customer") from error
    return RedirectResponse(f"/customer/{found}", 303)


def split(room: Room, call: Call) -> Response:
    """The chosen records are not the same customer as the others: one decision for each two, all of them or none."""
    shelf = room.shelf()
    name, members = _members(shelf, call.place["name"])
    chosen = sorted(set(call.form.get("record", ())) & set(members))
    why = call.said("why")[:LONGEST_WHY]
    if call.said("members") != _fingerprint(members):
        return _shown(room, call, shelf, status=409, problem="split.stale")
    staying = [record for record in members if record not in chosen]
    if not chosen or not staying:
        return _shown(room, call, shelf, status=400, problem="split.none_or_all")
    wanted = split_decisions(chosen, staying, together=call.said("together") == "yes", why=why)
    if len(wanted) > MOST_DECISIONS:
        return _shown(room, call, shelf, status=400, problem="split.too_many")
    outcomes = room.decisions.enter(wanted, who=call.visitor.name, all_or_none=True)
    told = next((outcome.refused for outcome in outcomes if outcome.refused is not None), None)
    shelf.standing.refresh()
    if told is not None:
        room.note(call, audit.DECIDE_REFUSED, name, "split")
        return _shown(room, call, shelf, status=409, refused=refusal(shelf, told, "not_same", why))
    entered = [outcome.number for outcome in outcomes if outcome.number is not None]
    room.note(call, audit.SPLIT, name, f"{len(entered)} decisions up to {entered[-1]}" if entered else "known")
    return RedirectResponse(f"/customer/{name}?split={len(chosen)}", 303)


def merge(room: Room, call: Call) -> Response:
    """Leads to the likeliest pair of records of two customers, where the merge is looked at and decided."""
    shelf = room.shelf()
    name, members = _members(shelf, call.place["name"])
    try:
        other, theirs = shelf.desk.members(call.query.get("other", "").strip())
    except UnknownRecordError:
        return _shown(room, call, shelf, status=404, problem="merge.unknown")
    if other == name:
        return _shown(room, call, shelf, status=400, problem="merge.itself")
    left, right = shelf.desk.likeliest(members, theirs)
    room.note(call, audit.MERGE, f"{name} {other}", "looked at")
    return RedirectResponse(f"/pair/{left}/{right}", 303)


def split_decisions(chosen: list[str], staying: list[str], *, together: bool, why: str) -> list[Wanted]:
    """What a split decides: ``chosen`` and ``staying`` are two customers; ``together``: the chosen are one.

    Those that are one by decision stand for each other, so one of them is enough against each that stays.

    >>> [(each.left_id, each.right_id, each.same) for each in split_decisions(["a", "b"], ["c", "d"], together=True, why="")]
    [('a', 'b', True), ('a', 'c', False), ('a', 'd', False)]
    >>> len(split_decisions(["a", "b"], ["c", "d"], together=False, why=""))
    4
    """
    if not together:
        return [Wanted(left, right, same=False, why=why) for left, right in product(chosen, staying)]
    one = [Wanted(left, right, same=True, why=why) for left, right in pairwise(chosen)]
    return one + [Wanted(chosen[0], right, same=False, why=why) for right in staying]


def _members(shelf: Shelf, name: str) -> tuple[str, list[str]]:
    try:
        return shelf.desk.members(name)
    except UnknownRecordError as error:
        raise RefusedError(404, "error.no_customer") from error


def _fingerprint(members: list[str]) -> str:
    return hashlib.sha256(" ".join(members).encode()).hexdigest()[:16]


def _shown(room: Room, call: Call, shelf: Shelf, *, status: int = 200, problem: str = "", refused: Refusal | None = None) -> Response:
    desk = shelf.desk
    asked = call.place["name"]
    name, members = _members(shelf, asked)
    listed = members[:MOST_LISTED]
    rows = desk.clean(listed).to_dicts()
    golden = desk.customers.golden(name)
    found = desk.cluster(name, members)
    drawing = graph(found, titles_of(rows, call)) if found is not None else None
    stays = desk.customers.stays(name)
    ended = stays.filter(stays["valid_to"].is_not_null())
    in_queue = [place for place, (left, right) in enumerate(shelf.standing.ends) if name in {left, right}]
    room.note(call, audit.VIEW_CUSTOMER, name, f"version {desk.version}")
    return page(
        "customer.html",
        call,
        room.serving,
        status=status,
        asked=asked,
        name=name,
        renamed=asked not in {name, *members},
        facts=facts(golden, call) if golden is not None else None,
        records=overview(rows, plain=call.plain),
        members=len(members),
        unlisted=len(members) - len(listed),
        fingerprint=_fingerprint(members),
        chosen=set(call.form.get("record", ())),
        why=call.said("why"),
        hanging=found,
        graph=drawing,
        events=desk.customers.identity_events(name).to_dicts(),
        ended=ended.select("record_id", "valid_from", "valid_to", "merged_into").to_dicts(),
        decisions=shelf.standing.about(members)[::-1],
        contained=desk.manifest.decision,
        pairs=[(desk.pairs.row(place, named=True), shelf.standing.of(place), place + 1) for place in in_queue[:20]],
        problem=problem,
        refusal=refused,
        split=call.query.get("split", ""),
        version=desk.version,
    )
