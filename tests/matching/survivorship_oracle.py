"""The golden record by the rule written out slowly in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from matching.survivorship import load_rules
from matching.survivorship.blocks import PARTS, PROBLEM_FIELDS

RULES = load_rules()
Record = dict[str, Any]


def choose(
    block: str, said: list[tuple[str | None, Record, int, int]], slips: frozenset[str] = frozenset()
) -> tuple[str, Record, str, str | None, bool] | None:
    """Of (value, record, validity without doubt counted, completeness): value, record, rule, runner-up, doubted."""
    heard = [
        (value, row, 2 * validity + (not doubted(block, row) and value not in slips), completeness)
        for value, row, validity, completeness in said
        if value is not None
    ]
    if not heard:
        return None
    votes = Counter(value for value, *_ in heard)
    order = RULES.of(block).order or ()  # type: ignore[arg-type]  # block names are checked by the rules

    def merits(candidate: tuple[str, Record, int, int]) -> list[int]:
        value, row, validity, completeness = candidate
        grade = {
            "trust": RULES.grade(block, row["source"]),  # type: ignore[arg-type]  # as above
            "validity": validity,
            "recency": (row["event_date"] or date(1, 1, 1)).toordinal(),
            "completeness": completeness,
            "frequency": votes[value],
        }
        return [grade[criterion] for criterion in order]

    def place(candidate: tuple[str, Record, int, int]) -> tuple[list[int], str]:
        return [-merit for merit in merits(candidate)], candidate[1]["record_id"]

    best = min(heard, key=place)
    others = [candidate for candidate in heard if candidate[0] != best[0]]
    if not others:
        return best[0], best[1], "only_value", None, doubted(block, best[1])
    second = min(others, key=place)
    decided = [c for c, mine, theirs in zip(order, merits(best), merits(second), strict=True) if mine != theirs]
    return best[0], best[1], decided[0] if decided else "record_id", second[0], doubted(block, best[1])


def doubted(block: str, row: Record) -> bool:
    return any(p["field"] in PROBLEM_FIELDS[block] and not p["repaired"] for p in row["problems"])  # type: ignore[index]  # a block's name


def organization_id(row: Record) -> bool:
    return row["id_type"] == "uscc"


def oracle(rows: list[Record]) -> Record:
    """What the golden record of one customer must be (without party's and number's provenance)."""
    party = choose("party", [(r["party"], r, 0, 0) for r in rows])
    kind = party[0] if party else None
    fitting = [r for r in rows if r["id_number"] and (kind is None or organization_id(r) == (kind == "organization"))]
    number = choose("identity", [(r["id_number"], r, 0, 0) for r in fitting])
    if kind is None and number:
        kind = "organization" if organization_id(number[1]) else "person"
    named = [r for r in rows if r["party"] is None or kind is None or r["party"] == kind]
    whole: Callable[[Record], int] = lambda r: 4 * bool(r["name"]) + 2 * ((r["name"] or r["surname"] or "") > "一") + bool(r["surname"])  # noqa: E731  # one line says it best
    name = choose(
        "name",
        [(r["name"] or r["surname"], r, whole(r), sum(r[c] is not None for c in ("name", "surname", "given_name"))) for r in named],
    )
    result: Record = {
        "party": kind,
        "id_number": number and number[0],
        "name": name and name[1]["name"],
        "surname": name and name[1]["surname"],
    }
    for field in ("birth_date", "gender"):
        others = [r for r in rows if kind != "organization" and (number is None or r["id_number"] in (None, number[0]))]
        picked = choose(field, [(None if r[field] is None else str(r[field]), r, 0, 0) for r in others])
        value = picked and picked[1][field]
        if number and number[1]["id_type"] == "resident_id":
            digits = number[0]
            value = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14])) if field == "birth_date" else "FM"[int(digits[16]) % 2]
        elif number and number[1][field] is not None and not organization_id(number[1]):
            value = number[1][field]
        result[field] = value
    phones = [(p, r, p.startswith("+861391"), 0) for r in rows for p in r["phones"]]
    result["phones"], _ = listed("phone", phones, slips_of(phones))
    result["mobile"] = next(iter(p for p in result["phones"][:1] if p.startswith("+861391")), None)
    result["emails"], _ = listed("email", [(e, r, 0, 0) for r in rows for e in r["emails"]])
    own = [r for r in rows if r["source"] not in RULES.cars_not_from]
    result["vins"], vin = listed("vin", [(r["vin"], r, 0, 0) for r in own])
    result["plates"], _ = listed("plate", [(r["plate"], r, 0, 0) for r in own])
    address = choose("address", [(r["address"], r, depth(r), filled(r)) for r in as_good(rows)])
    for column in ("province", "district", "address", "postcode"):
        result[column] = address and address[1][column]
    result["why"] = {"name": name, "address": address, "vins": vin}
    home = max(
        rows,
        key=lambda r: ((r["event_date"] or date(1, 1, 1)), sum(o["dealer_id"] == r["dealer_id"] for o in rows), r["dealer_id"] == "D1"),
    )
    result["home_dealer_id"] = home["dealer_id"]
    result["records"] = len(rows)
    return result


def depth(row: Record) -> int:
    """2: the post finds the house; 1: a district or a road."""
    return 2 if row["road"] and row["road_no"] else int(bool(row["district"] or row["road"]))


def pieces(row: Record) -> set[tuple[str, str]]:
    """What an address says: its parts, of a number in a lane both (4弄31号 is 4弄 and 31, and so is 4弄 with the building 31)."""
    said = {part: row[part] for part in PARTS if row[part]}
    lane, in_lane, number = said.pop("road_no", "").rpartition("弄")
    if in_lane:
        said["lane"] = lane
        number = number or said.pop("building", "")
    if number:
        said["number"] = number.removesuffix("号")
    return set(said.items())


def filled(row: Record) -> int:
    """Parts, and pieces where these are as many."""
    said = dict(pieces(row))
    return 100 * len(said.keys() - {"lane", "number"} | {"number" for _ in said.keys() & {"lane", "number"}}) + len(said)


def as_good(rows: list[Record]) -> list[Record]:
    """The records, the address of some of them as trusted and recent as another one that only leaves parts of it out."""
    houses = [r for r in rows if r["address"] and depth(r) == 2]

    def standing(row: Record) -> tuple[int, date]:
        return RULES.grade("address", row["source"]), row["event_date"] or date(1, 1, 1)

    best = {key: max((r for r in houses if r["address"] == key), key=standing) for key in (r["address"] for r in houses)}
    fuller = {key: [o for o in best if pieces(best[o]) > pieces(best[key])] for key in best}
    handed: dict[str, Record] = {}
    for key, row in best.items():
        whole = [other for other in fuller[key] if not fuller[other]]
        if whole:
            top = max(standing(best[other]) for other in whole)
            gets = min(other for other in whole if standing(best[other]) == top)
            handed[gets] = max(row, handed.get(gets, row), key=standing)

    def lifted(row: Record) -> Record:
        alike = [r for r in houses if r["address"] == row["address"] and doubted("address", r) == doubted("address", row)]
        other = handed.get(row["address"])
        if other is None or standing(row) < max(map(standing, alike)) or standing(other) <= standing(row):
            return row
        return {**row, "source": other["source"], "event_date": other["event_date"]}

    return [lifted(r) if r in houses else r for r in rows]


def slips_of(phones: list[tuple[str, Record, bool, int]]) -> frozenset[str]:
    """Mobiles that differ in one place from one that three times as many records say, none of them trusted less."""
    votes = Counter(phone for phone, _, mobile, _ in phones if mobile)
    grade = {phone: max(RULES.grade("phone", row["source"]) for other, row, *_ in phones if other == phone) for phone in votes}

    def one_slip(a: str, b: str) -> bool:
        return sum(x != y for x, y in zip(a, b, strict=True)) == 1

    return frozenset(a for a in votes for b in votes if one_slip(a, b) and votes[b] >= 3 * votes[a] and grade[b] >= grade[a])


def listed(block: str, said: list[tuple[str | None, Record, int, int]], slips: frozenset[str] = frozenset()) -> tuple[list[str], Any]:
    best = choose(block, said, slips)
    if best is None:
        return [], None
    heard = [(value, row) for value, row, *_ in said if value is not None]
    seen = {value: max((row["event_date"] or date(1, 1, 1)).toordinal() for other, row in heard if other == value) for value, _ in heard}
    count = Counter(value for value, _ in heard)
    rest = sorted((value for value in seen if value != best[0]), key=lambda value: (-seen[value], -count[value], value))
    return [best[0], *rest], best
