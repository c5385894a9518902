"""Dealers and their habits: what they export, how often, in which file kind, with which columns, headers and formats.

Everything is drawn once per dealer from the seed; nothing of it is an error, only a different way to do the same work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from generator import headers
from generator.arrays import Rng, pick, rng_of
from generator.campaigns import Campaigns, draw_campaigns
from generator.places import city_table
from generator.vehicles import CARS
from generator.world import DealerSites

SOURCES = (
    "sale",
    "service",
    "insurance",
    "lead",
    "test_drive",
    "customer",
    "call_center",
    "survey",
    "complaint",
    "opt_out",
    "web",
    "parts",
    "campaign",
    "crm",
)
_SENDS = {
    "sale": 1.0,
    "service": 1.0,
    "lead": 0.9,
    "customer": 0.9,
    "insurance": 0.6,
    "test_drive": 0.6,
    "call_center": 0.5,
    "survey": 0.6,
    "complaint": 0.5,
    "opt_out": 0.5,
    "web": 0.5,
    "parts": 0.4,
    "campaign": 0.5,
}
_KEY_HEADS = {
    "sale": "XS",
    "service": "RO",
    "insurance": "PD",
    "lead": "XL",
    "test_drive": "SJ",
    "customer": "KH",
    "call_center": "LD",
    "survey": "HF",
    "complaint": "TS",
    "opt_out": "TD",
    "web": "WB",
    "parts": "PJ",
    "campaign": "HD",
    "crm": "CR",
}
_DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y.%m.%d", "%Y/%-m/%-d", "%Y-%m-%d %H:%M:%S")
_ENGLISH_DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%b-%Y")

KEYLESS = {
    "lead": 0.15, "test_drive": 0.25, "insurance": 0.08, "call_center": 0.25, "survey": 0.35, "complaint": 0.25, "opt_out": 0.4,
    "web": 0.1, "parts": 0.15, "campaign": 0.3,
}  # fmt: skip
"""Share of the dealers whose export of the source has no key column: lists kept by hand, or cut down before they are sent."""

# probability that a dealer's export of the source has the field for its main person
_MAIN_FIELDS: dict[str, dict[str, float]] = {
    "sale": {"phone2": 0.45, "id_number": 0.8, "address": 0.75, "postcode": 0.15, "gender": 0.2, "birth_date": 0.1, "email": 0.1},
    "service": {"phone2": 0.15, "id_number": 0.05, "address": 0.4},
    "insurance": {"id_number": 0.75, "address": 0.5},
    "lead": {"gender": 0.2, "email": 0.1, "city": 0.3},
    "test_drive": {"id_number": 0.2, "gender": 0.2},
    "customer": {"phone2": 0.6, "id_number": 0.5, "address": 0.9, "postcode": 0.3, "email": 0.35, "gender": 0.5, "birth_date": 0.4},
    "call_center": {"city": 0.2},
    "survey": {},
    "complaint": {"address": 0.15},
    "opt_out": {},
    "web": {"email": 0.6, "city": 0.5, "gender": 0.2},
    "parts": {"address": 0.1},
    "campaign": {"email": 0.2},
    "crm": {"phone2": 1.0, "id_number": 1.0, "address": 1.0, "email": 1.0, "gender": 1.0, "birth_date": 1.0},
}  # fmt: skip
_ROW_FIELDS: dict[str, dict[str, float]] = {
    "sale": {"kind": 0.5, "vin": 0.95, "plate": 0.35, "brand": 0.5, "model": 0.95, "amount": 0.9, "remark": 0.4, "advisor": 0.5},
    "service": {"kind": 0.9, "vin": 0.72, "plate": 0.9, "brand": 0.2, "model": 0.6, "amount": 0.9, "mileage": 0.8, "remark": 0.5, "advisor": 0.5},
    "insurance": {"kind": 0.7, "vin": 0.7, "plate": 0.9, "amount": 0.8, "remark": 0.2},
    "lead": {"kind": 0.5, "model": 0.8, "campaign": 0.8, "cost": 0.3, "response": 0.4, "remark": 0.4, "advisor": 0.4},
    "test_drive": {"model": 0.9, "campaign": 0.2, "response": 0.3, "remark": 0.3, "advisor": 0.5},
    "customer": {"kind": 0.3, "model": 0.3, "plate": 0.2, "remark": 0.4},
    "call_center": {"kind": 0.9, "plate": 0.5, "remark": 0.7},
    "survey": {"kind": 0.4, "satisfaction": 1.0, "plate": 0.6, "remark": 0.5},
    "complaint": {"kind": 0.9, "plate": 0.5, "vin": 0.2, "remark": 0.8},
    "opt_out": {"kind": 0.7},
    "web": {"kind": 0.7, "model": 0.6, "campaign": 0.9, "remark": 0.3},
    "parts": {"kind": 1.0, "vin": 0.2, "plate": 0.6, "amount": 0.95, "remark": 0.2, "advisor": 0.3},
    "campaign": {"campaign": 1.0, "kind": 0.9, "cost": 0.7, "response": 0.85, "advisor": 0.2},
    "crm": {"kind": 1.0, "home": 1.0},
}  # fmt: skip
_OTHER_ROLES = {"sale": (("owner", 0.55),), "service": (("sender", 0.72), ("contact", 0.45), ("payer", 0.28))}


@dataclass(frozen=True)
class Layout:
    """One dealer's export of one source: canonical columns in order with the dealer's headers, and who is named in it."""

    columns: tuple[str, ...]
    titles: tuple[str, ...]
    roles: tuple[str, ...]
    keyless: bool
    cadence: str  # once | yearly | quarterly | monthly | weekly | daily
    file_word: str


@dataclass(frozen=True)
class Dealer:
    """One dealer: where, what is sold there, and how its files look."""

    dealer_id: str
    name: str
    kind: str  # csv | xlsx
    encoding: str  # utf-8 | utf-8-sig | gb18030 | big5hkscs
    delimiter: str
    suffix: str
    language: str  # zh | zh_hant | en
    spreadsheet: bool  # files went through a spreadsheet before they were saved as text
    date_format: str
    title_rows: bool
    notes_below: bool
    layouts: dict[str, Layout]


@dataclass(frozen=True)
class Network:
    """All dealers, after them the maker's CRM, which sends its customers as a dealer sends files; where the dealers are, and their campaigns."""

    dealers: tuple[Dealer, ...]
    sites: DealerSites
    campaigns: Campaigns


def build_network(*, dealers: int, workbooks: float, seed: int) -> Network:
    """``dealers`` dealers, of which the share ``workbooks`` sends XLSX files."""
    rng = rng_of(seed, 2)
    city = pick(rng, city_table()["weight"].to_numpy(), dealers)
    size = np.maximum((rng.lognormal(0.0, 0.45, dealers) * 1000).astype(np.int64), 200)
    brands = pl.Series([CARS[i].brand for i in pick(rng, [car.weight for car in CARS], dealers)])
    # every kind of file appears early in the list, so that a small set of dealers shows all of them
    books = {int(i) for i in np.flatnonzero(np.diff(np.floor(np.arange(dealers + 1) * workbooks + 1e-9)) > 0)}
    people = tuple(_dealer(rng_of(seed, 3, i), i, city=int(city[i]), brand=brands[i], book=i in books) for i in range(dealers))
    return Network((*people, _crm(rng_of(seed, 3, dealers))), DealerSites(city, size, brands), draw_campaigns(dealers=dealers, seed=seed))


def dealers_table(network: Network) -> pl.DataFrame:
    """dealer_id, name, synonyms (none), province, city of the dealers: what a user of the product knows of his own."""
    sold = network.dealers[: network.sites.city.size]  # without the maker's CRM, which is at no place
    return pl.DataFrame({"dealer_id": [one.dealer_id for one in sold], "name": [one.name for one in sold]}).with_columns(
        city_table().select("province", "city")[network.sites.city], synonyms=pl.lit(None, dtype=pl.String)
    ).select("dealer_id", "name", "synonyms", "province", "city")  # fmt: skip


def _crm(rng: Rng) -> Dealer:
    """The maker's own CRM: one clean file with everything it knows."""
    layout = _layout(rng, "crm", language="zh", cadence="once")
    return Dealer(
        dealer_id="CRM", name="客户关系管理系统", kind="csv", encoding="utf-8", delimiter=",", suffix=".csv", language="zh", spreadsheet=False,
        date_format="%Y-%m-%d", title_rows=False, notes_below=False, layouts={"crm": layout},
    )  # fmt: skip


_TEXT_KINDS = (
    # encoding, delimiter, suffix, language
    ("utf-8", ",", ".csv", "zh"), ("gb18030", ",", ".csv", "zh"), ("utf-8-sig", ",", ".csv", "zh"), ("gb18030", "\t", ".txt", "zh"),
    ("utf-8", ",", ".csv", "en"), ("big5hkscs", ",", ".csv", "zh_hant"), ("gb18030", ",", ".csv", "zh"), ("utf-8", ";", ".csv", "zh"),
    ("gb18030", ",", ".csv", "zh"), ("utf-8-sig", ",", ".csv", "zh"), ("utf-8-sig", ",", ".csv", "zh"), ("gb18030", ",", ".csv", "zh"),
)  # fmt: skip


def _dealer(rng: Rng, number: int, *, city: int, brand: str, book: bool) -> Dealer:
    encoding, delimiter, suffix, language = _TEXT_KINDS[number % len(_TEXT_KINDS)]
    if book:
        encoding, delimiter, suffix, language = "utf-8", ",", ".xlsx", "zh"
    formats = _ENGLISH_DATE_FORMATS if language == "en" else _DATE_FORMATS
    cities = city_table()
    site = cities["city"][city].removesuffix("市")
    cadence = ("once", "yearly", "quarterly", "monthly", "weekly", "daily")[int(pick(rng, [0.3, 0.2, 0.25, 0.15, 0.06, 0.04], 1)[0])]
    layouts = {s: _layout(rng, s, language=language, cadence=cadence) for s, share in _SENDS.items() if rng.random() < share}
    return Dealer(
        dealer_id=f"D{number + 1:03d}",
        name=f"{site}{('永达', '广汇', '中升', '正通', '和谐', '润华', '庞大', '国机')[rng.integers(8)]}{brand}4S店",
        kind="xlsx" if book else "csv",
        encoding=encoding, delimiter=delimiter, suffix=suffix, language=language,
        spreadsheet=bool(not book and language == "zh" and rng.random() < 0.5),
        date_format=str(rng.choice(formats)),
        title_rows=bool(rng.random() < (0.7 if book else 0.15)),
        notes_below=bool(rng.random() < (0.6 if book else 0.1)),
        layouts=layouts,
    )  # fmt: skip


def key_head(source: str) -> str:
    """First letters of the source's own keys."""
    return _KEY_HEADS[source]


def _layout(rng: Rng, source: str, *, language: str, cadence: str) -> Layout:
    main = headers.MAIN_ROLE[source]
    others = [role for role, share in _OTHER_ROLES.get(source, ()) if rng.random() < share]
    bare = not others and (main == "customer" or rng.random() < 0.65)
    fields = ["name", "phone", *(f for f, share in _MAIN_FIELDS[source].items() if rng.random() < share)]
    if "address" in fields and rng.random() < 0.35:
        place = fields.index("address")
        fields[place : place + 1] = ["province", "city", "district", "detail"]
    keyless = bool(rng.random() < KEYLESS.get(source, 0.0))
    head = ["date"] if keyless else ["key", "date"]
    person = [f"{main}.{f}" for f in fields]
    for role in others:
        person += [f"{role}.name", f"{role}.phone"]
        if role == "owner":
            person += [f"owner.{f}" for f in ("id_number", "address") if f in fields]
    rows = [f for f, share in _ROW_FIELDS[source].items() if rng.random() < share]
    if source == "service" and not {"vin", "plate"} & set(rows):
        rows.insert(0, "plate")
    if "amount" in rows and source == "sale" and rng.random() < 0.3:
        rows[rows.index("amount")] = "amount_wan"
    blocks = [person, rows]
    if rng.random() < 0.3:
        blocks.reverse()
    if rng.random() < 0.2:
        head.reverse()
    columns = [*head, *blocks[0], *blocks[1]] if rng.random() < 0.85 else [*blocks[0], *head, *blocks[1]]
    if rng.random() < 0.5 and "remark" in columns:
        columns.remove("remark")
        columns.append("remark")
    english = language == "en"
    titles: list[str] = []
    for column in columns:
        title = _title(rng, source, column, main=main, bare=bare, english=english)
        while title in titles:
            title = _title(rng, source, column, main=main, bare=bare, english=english)
        titles.append(title)
    words = headers.FILE_WORDS[source]
    word = words[1] if english else str(rng.choice(words[0]))
    if source in {"customer", "crm"}:
        cadence = "once"  # the whole file as it is today: a snapshot
    elif source not in {"service", "sale", "lead"} and cadence not in {"once", "yearly"}:
        cadence = "yearly"
    elif source == "sale" and cadence in {"weekly", "daily"}:
        cadence = "monthly"
    return Layout(tuple(columns), tuple(titles), (main, *others), keyless, cadence, word)


def _title(rng: Rng, source: str, column: str, *, main: str, bare: bool, english: bool) -> str:
    side = 1 if english else 0
    if "." not in column:
        if column in headers.BY_SOURCE:
            words = headers.BY_SOURCE[column][source][side]
        else:
            words = headers.OF_SOURCE.get((source, column), headers.ROW_FIELDS[column])[side]
        return str(rng.choice(words))
    role, field = column.split(".")
    bare_zh, bare_en, zh, en = headers.PERSON_FIELDS[field]
    if bare and role == main:
        return str(rng.choice(bare_en if english else bare_zh))
    word = str(rng.choice(headers.ROLE_WORDS[role][side]))
    if english:
        return f"{word} {rng.choice(en)}"
    return word + str(rng.choice(zh))
