r"""Blocking keys: which records are worth comparing.

Each kind brings *tokens*, parts of a value that survive an error: the first seven or the last four digits of a phone
(one wrong digit leaves one of them whole), the pinyin of a name (homophones agree), house number and room of an address,
year with month and day in either order. A key is one strong token alone or a few weaker ones together, hashed to one
integer; a record has a key only where all its tokens are there.

>>> from matching.spec import parse
>>> spec = parse("record_id: id\ncolumns: {who: name, tel: phone}\n", where="m")
>>> [key.name for key in default_keys(spec)]
['tel', 'who.sound+tel.head', 'who.sound+tel.tail', 'who.trade+tel.head', 'who.trade+tel.tail', 'who.registered']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product

import numpy as np
import polars as pl

from engine.contract import Engine, Table
from matching import words
from matching.codes import MISSING, Codes, joined
from matching.features import feature_names, slots, tokens
from matching.frequencies import Frequencies, Rarity
from matching.spec import ModelSpec, SpecError

MOST_CATEGORIES = 5
"""Categories and numbers up to which names stand beside every two of them: ten keys a name."""
_PERSONAL = {
    "given_name": ("exact",),
    "date": ("exact", "either"),
    "identifier": ("exact", "head", "tail"),
    "email": ("exact",),
}
"""Kinds of columns, and the parts of their values, that are a person's own; a column of names may be of firms, of which branches share one."""
_LITTLE = frozenset({"name", "given_name", "surname", "date", "city", "postcode", "category", "number", "seen"})
KEY_SCHEMA: dict[str, pl.DataType] = {"which": pl.Int16(), "key": pl.Int64(), "rid": pl.Int64()}


@dataclass(frozen=True, order=True)
class Token:
    """A part of a column: ``exact`` or the name of what survives an error."""

    column: str
    part: str = "exact"

    def __str__(self) -> str:
        return self.column if self.part == "exact" else f"{self.column}.{self.part}"


@dataclass(frozen=True)
class Key:
    """Tokens that must agree together; ``strong`` keys are taken whatever they cost (their blocks are still bounded)."""

    tokens: tuple[Token, ...]
    strong: bool = False

    @property
    def name(self) -> str:
        """As written in a model file and in reports."""
        return "+".join(str(token) for token in self.tokens)

    @property
    def columns(self) -> frozenset[str]:
        """Columns that agree, at least nearly, in every pair of this key."""
        return frozenset(token.column for token in self.tokens)


def of_one_person(key: Key, spec: ModelSpec) -> bool:
    r"""Whether pairs of this key agree in what is a person's own, so that two of one household are hardly ever among them.

    >>> from matching.spec import parse
    >>> spec = parse("record_id: id\ncolumns: {who: name, tel: phone, born: date}\n", where="m")
    >>> [of_one_person(parse_key(text), spec) for text in ("tel", "who.sound+tel.head", "born.year+tel", "born+tel")]
    [False, False, False, True]
    """
    return any(token.part in _PERSONAL.get(spec.columns[token.column].kind, ()) for token in key.tokens)


def parse_key(text: str) -> Key:
    """A key from its name.

    >>> parse_key("who.sound+tel.head").columns == {"who", "tel"}
    True
    """
    return Key(tuple(Token(*token.split(".", 1)) for token in text.split("+")))


def default_keys(spec: ModelSpec) -> list[Key]:
    """Keys that the kinds bring, strong ones first; the file's own ``blocking`` replaces them."""
    if spec.blocking:
        return [Key(tuple(Token(column) for column in columns), strong=True) for columns in spec.blocking]
    strong = [(Token(name),) for name in spec.of_kind("phone", "email", "identifier", "vin", "plate")]
    found: dict[tuple[Token, ...], bool] = dict.fromkeys(strong, True)
    for parts in (*_with_names(spec), *_with_each_other(spec), *_with_words(spec), *_with_little_else(spec)):
        found.setdefault(parts, False)
    found |= {(Token(name, "registered"),): True for name in spec.of_kind("name")}
    if not found:
        found = {(Token(name),): False for name, column in spec.columns.items() if column.kind != "seen"}
    return [Key(parts, strong=is_strong) for parts, is_strong in found.items()]


def _with_names(spec: ModelSpec) -> list[tuple[Token, ...]]:
    """Whole names beside what leaves one error, surnames beside what is nearly enough alone; organizations' trade names beside coarse places."""
    beside_name = {
        "phone": ("head", "tail"),
        "identifier": ("head", "tail"),
        "date": ("exact",),
        "address": ("area", "house"),
        "postcode": ("exact",),
        "city": ("exact",),
    }
    beside_surname = {"date": ("exact",), "address": ("door",), "phone": ("head",), "street": ("exact",)}
    beside_trade = {"phone": ("head", "tail"), "address": ("area",), "city": ("exact",), "postcode": ("exact",)}
    found: list[tuple[Token, ...]] = []
    for name in spec.of_kind("name"):
        for column, kind in ((column, spec.columns[column].kind) for column in spec.columns):
            if kind == "identifier" and not tokens(spec, column):
                continue
            found += [(Token(name, "sound"), Token(column, part)) for part in beside_name.get(kind, ())]
            found += [(Token(name, "trade"), Token(column, part)) for part in beside_trade.get(kind, ())]
            if kind != "phone":
                found += [(Token(name, "surname"), Token(column, part)) for part in beside_surname.get(kind, ())]
    return found


def _with_each_other(spec: ModelSpec) -> list[tuple[Token, ...]]:
    """Pairs of columns, for tables of plain columns; starts of names beside coarse parts of the rest."""
    firsts, lasts = spec.of_kind("given_name"), spec.of_kind("surname")
    plain = [*firsts, *lasts, *spec.of_kind("date", "postcode", "city", "street", "text")]
    if spec.of_kind("name"):
        plain = [name for name in plain if spec.columns[name].kind in {"given_name", "surname", "street", "text"}]
    found: list[tuple[Token, ...]] = [(Token(left), Token(right)) for left, right in combinations(plain, 2)]
    # two slips in a name of one column leave no part of it: the date finds it, beside a place
    found += [(Token(date), Token(place)) for date in spec.of_kind("date") for place in spec.of_kind("postcode", "city")]
    found += [(Token(street), Token(number)) for street in spec.of_kind("street") for number in spec.of_kind("number")]
    coarse = [Token(name, "either") for name in spec.of_kind("date")] + [Token(name, "year") for name in spec.of_kind("date")]
    coarse += [Token(name, "area") for name in spec.of_kind("postcode")] + [Token(name) for name in spec.of_kind("city")]
    for first, last in product(firsts, lasts):
        found += [(Token(first, "start"), Token(last, "start"), token) for token in coarse]
    found += [(Token(name, "start"), token) for name in (*firsts, *lasts) for token in coarse if token.part in {"either", "area"}]
    fine = [Token(name) for name in spec.of_kind("date")]
    found += [(date, Token(name, "area")) for date in fine for name in spec.of_kind("postcode")]
    return found


def _with_little_else(spec: ModelSpec) -> list[tuple[Token, ...]]:
    """Of tables that know little beside names: whole names alone, as far as they are affordable, and names beside two of the other columns, which one error leaves whole."""
    if not {column.kind for column in spec.columns.values()} <= _LITTLE:
        return []
    found: list[tuple[Token, ...]] = [(Token(name, "sound"),) for name in spec.of_kind("name")]
    others = spec.of_kind("category", "number")
    if len(others) > MOST_CATEGORIES or spec.of_kind("date", "city", "postcode"):
        return found
    beside: list[tuple[str, ...]] = [*combinations(others, 2)] or [(name,) for name in others]  # a date in three columns, as well
    names = [*(Token(name, "sound") for name in spec.of_kind("name")), *(Token(name) for name in spec.of_kind("given_name", "surname"))]
    return found + [(name, *(Token(other) for other in some)) for name in names for some in beside]


def _with_words(spec: ModelSpec) -> list[tuple[Token, ...]]:
    """Two rare words of one free text, or one beside what else the record says."""
    texts = words.free(spec)
    beside = [
        *(Token(name) for name in spec.of_kind("date", "postcode", "city", "given_name", "surname", "street")),
        *(Token(name, part) for name in spec.of_kind("phone") for part in ("head", "tail")),
    ]
    found: list[tuple[Token, ...]] = [(Token(name, "words"),) for name in texts]
    found += [(Token(left, "word"), Token(right, "word")) for left, right in combinations(texts, 2)]
    found += [(Token(name, "word"), Token(name, "number")) for name in texts]
    return found + [(Token(name, "word"), token) for name in texts for token in beside]


def make(engine: Engine, features: Table, spec: ModelSpec, keys: Sequence[Key], frequencies: Frequencies) -> Table:
    """All keys of all records: schema ``KEY_SCHEMA``, ``which`` counts ``keys`` from 0. ``frequencies`` tell which words are rare."""
    listed = ", ".join(f'"{name}"' for name in ("rid", *feature_names(spec)))
    features = engine.sql(f"select {listed} from f", f=features)
    return engine.map_batches(features, partial(key_kernel, spec=spec, keys=tuple(keys), rarity=Rarity.of(spec, frequencies)), KEY_SCHEMA)


def key_kernel(frame: pl.DataFrame, *, spec: ModelSpec, keys: tuple[Key, ...], rarity: Rarity) -> pl.DataFrame:
    """The keys of a batch of features."""
    rid = frame["rid"].to_numpy()
    values = {token: token_codes(frame, token, spec, rarity) for token in sorted({token for key in keys for token in key.tokens})}
    made = [pl.DataFrame(schema=KEY_SCHEMA)]
    for which, key in enumerate(keys):
        for chosen in product(*(values[token] for token in key.tokens)):
            rows = np.flatnonzero(np.logical_and.reduce([codes != MISSING for codes in chosen]))
            code = joined([codes[rows] for codes in chosen])
            made.append(pl.DataFrame({"which": np.full(len(rows), which, dtype=np.int16), "key": code, "rid": rid[rows]}))
    return pl.concat(made)


def token_codes(frame: pl.DataFrame, token: Token, spec: ModelSpec, rarity: Rarity) -> list[Codes]:
    """The codes of a token in a frame of features, one array a slot; ``MISSING`` where the token is not there.

    Raises:
        SpecError: the kind has no such token.
    """
    name, part = token.column, token.part
    kind = spec.columns[name].kind

    def code(suffix: str = "") -> Codes:
        return frame[f"{name}{suffix}"].to_numpy()

    if spec.columns[name].words and part in {"word", "words", "number"}:
        return [code("__number")] if part == "number" else _words(frame, name, kind, rarity, together=part == "words")
    if kind == "phone":
        return [_phone(frame[slot].to_numpy(), part) for slot in slots(name, kind)]
    if kind == "email":
        return [frame[slot].to_numpy() for slot in slots(name, kind)]
    if part == "exact":
        return [code()]
    if part in tokens(spec, name):
        return [code(f"__{part}")]
    if (kind, part) == ("name", "sound"):
        return [code("__letters")]
    if kind == "name" and part in {"surname", "trade", "registered"}:
        return [code(f"__{part}")]
    if (kind, part) == ("address", "area"):
        return [code("__adcode")]
    if (kind, part) == ("address", "house"):
        return [joined([code("__road"), code("__road_no")])]
    if (kind, part) == ("address", "door"):
        door = [code(f"__{each}") for each in ("road", "road_no", "building", "room")]
        return [joined(door, optional=frozenset({1, 2}))]
    message = f"{spec.where or 'model'}: column {name!r} of kind {kind} has no token {part!r}"
    raise SpecError(message)


def _words(frame: pl.DataFrame, name: str, kind: str, rarity: Rarity, *, together: bool) -> list[Codes]:
    """The rarest words of each record, or every two of them."""
    listed = words.slots(name, kind)
    rare = words.rarest([frame[slot].to_numpy() for slot in listed], listed[0], rarity, count=words.KEYED)
    return [joined(list(two)) for two in combinations(rare, 2)] if together else rare


def _phone(number: Codes, part: str) -> Codes:
    whole = np.where(number >= 1_000_000, number, MISSING)
    if part == "exact":
        return whole
    return np.where(whole != MISSING, whole // 10_000 if part == "head" else whole % 10_000 + 1, MISSING)
