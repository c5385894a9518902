r"""Blocking keys: which records are worth comparing.

Each kind brings *tokens*, parts of a value that survive an error: the first seven or the last four digits of a phone
(one wrong digit leaves one of them whole), the pinyin of a name (homophones agree), house number and room of an address,
year with month and day in either order. A key is one strong token alone or a few weaker ones together, hashed to one
integer; a record has a key only where all its tokens are there.

>>> from matching.spec import parse
>>> spec = parse("record_id: id\ncolumns: {who: name, tel: phone}\n", where="m")
>>> [key.name for key in default_keys(spec)]
['tel', 'who.sound+tel.head', 'who.sound+tel.tail']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product

import polars as pl

from engine.contract import Engine, Table
from matching.features import slots
from matching.spec import ModelSpec, SpecError

KEY_SCHEMA: dict[str, pl.DataType] = {"which": pl.Int16(), "key": pl.Int64(), "rid": pl.Int64()}
_MIX = 11_400_714_819_323_198_485  # 2**64 / golden ratio: spreads sums of hashes


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
    for tokens in (*_with_names(spec), *_with_each_other(spec)):
        found.setdefault(tokens, False)
    if not found:
        found = {(Token(name),): False for name in spec.columns}
    return [Key(tokens, strong=is_strong) for tokens, is_strong in found.items()]


def _with_names(spec: ModelSpec) -> list[tuple[Token, ...]]:
    """Whole names beside what leaves one error, surnames beside what is nearly enough alone."""
    beside_name = {
        "phone": ("head", "tail"),
        "identifier": ("head", "tail"),
        "date": ("exact",),
        "address": ("area", "house"),
        "postcode": ("exact",),
        "city": ("exact",),
    }
    beside_surname = {"date": ("exact",), "address": ("door",), "phone": ("head",), "street": ("exact",)}
    found: list[tuple[Token, ...]] = []
    for name in spec.of_kind("name"):
        for column, kind in ((column, spec.columns[column].kind) for column in spec.columns):
            found += [(Token(name, "sound"), Token(column, part)) for part in beside_name.get(kind, ())]
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
    found += [(Token(street), Token(number)) for street in spec.of_kind("street") for number in spec.of_kind("number")]
    coarse = [Token(name, "either") for name in spec.of_kind("date")] + [Token(name, "year") for name in spec.of_kind("date")]
    coarse += [Token(name, "area") for name in spec.of_kind("postcode")] + [Token(name) for name in spec.of_kind("city")]
    for first, last in product(firsts, lasts):
        found += [(Token(first, "start"), Token(last, "start"), token) for token in coarse]
    found += [(Token(name, "start"), token) for name in (*firsts, *lasts) for token in coarse if token.part in {"either", "area"}]
    fine = [Token(name) for name in spec.of_kind("date")]
    found += [(date, Token(name, "area")) for date in fine for name in spec.of_kind("postcode")]
    return found


def make(engine: Engine, features: Table, spec: ModelSpec, keys: Sequence[Key]) -> Table:
    """All keys of all records: schema ``KEY_SCHEMA``, ``which`` counts ``keys`` from 0."""
    return engine.map_batches(features, partial(key_kernel, spec=spec, keys=tuple(keys)), KEY_SCHEMA)


def key_kernel(frame: pl.DataFrame, *, spec: ModelSpec, keys: tuple[Key, ...]) -> pl.DataFrame:
    """The keys of a batch of features."""
    tokens = sorted({token for key in keys for token in key.tokens})
    exprs: dict[Token, list[pl.Expr]] = {token: token_exprs(token, spec) for token in tokens}
    names = {token: [f"{token}#{place}" for place in range(len(found))] for token, found in exprs.items()}
    values = frame.select("rid", *(expr.alias(name) for token in tokens for expr, name in zip(exprs[token], names[token], strict=True)))
    made = [pl.DataFrame(schema=KEY_SCHEMA)]
    for which, key in enumerate(keys):
        for chosen in product(*(names[token] for token in key.tokens)):
            hashes = [pl.col(name).hash(seed=7 + place) for place, name in enumerate(chosen)]
            mixed = hashes[0]
            for more in hashes[1:]:
                mixed = mixed * pl.lit(_MIX, dtype=pl.UInt64) + more
            whole = values.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in chosen))
            made.append(whole.select(pl.lit(which, dtype=pl.Int16).alias("which"), mixed.reinterpret(signed=True).alias("key"), "rid"))
    return pl.concat(made)


def token_exprs(token: Token, spec: ModelSpec) -> list[pl.Expr]:
    """Expressions over features, one a slot; null where the token is not there.

    Raises:
        SpecError: the kind has no such token.
    """
    name = token.column
    kind = spec.columns[name].kind
    if kind == "phone":
        return [_phone(pl.col(slot), token.part) for slot in slots(name, kind)]
    if kind == "email":
        return [pl.col(slot) for slot in slots(name, kind)]
    value = pl.col(name)
    found = {
        ("name", "exact"): value,
        ("name", "sound"): pl.coalesce(f"{name}__pinyin", value) if kind == "name" else value,
        ("name", "surname"): pl.col(f"{name}__surname"),
        ("given_name", "start"): value.str.slice(0, 3),
        ("surname", "start"): value.str.slice(0, 4),
        ("date", "year"): value.str.slice(0, 4),
        ("date", "either"): _year_and_either_order(value),
        ("identifier", "head"): _part(value, value.str.len_chars() // 2, head=True),
        ("identifier", "tail"): _part(value, value.str.len_chars() // 2, head=False),
        ("postcode", "area"): _part(value.str.replace_all(" ", ""), value.str.replace_all(" ", "").str.len_chars() - 3, head=True),
        ("address", "area"): pl.col(f"{name}__adcode"),
        ("address", "house"): pl.concat_str(f"{name}__road", f"{name}__road_no", separator="|"),
        ("address", "door"): pl.concat_str(
            pl.col(f"{name}__road"),
            pl.col(f"{name}__road_no").fill_null(""),
            pl.col(f"{name}__building").fill_null(""),
            pl.col(f"{name}__room"),
            separator="|",
        ),
    }.get((kind, token.part))
    if found is None and token.part == "exact":
        found = value
    if found is None:
        message = f"{spec.where or 'model'}: column {name!r} of kind {kind} has no token {token.part!r}"
        raise SpecError(message)
    return [found]


def _phone(number: pl.Expr, part: str) -> pl.Expr:
    whole = pl.when(number >= 1_000_000).then(number)
    return {"exact": whole, "head": whole // 10_000, "tail": whole % 10_000}[part]


def _year_and_either_order(date: pl.Expr) -> pl.Expr:
    month, day = date.str.slice(4, 2), date.str.slice(6, 2)
    return pl.concat_str(date.str.slice(0, 4), pl.min_horizontal(month, day), pl.max_horizontal(month, day))


def _part(value: pl.Expr, length: pl.Expr, *, head: bool) -> pl.Expr:
    length = pl.max_horizontal(length, pl.lit(2))
    part = value.str.slice(0, length) if head else value.str.slice(length)
    return pl.when(part.str.len_chars() > 1).then(part)
