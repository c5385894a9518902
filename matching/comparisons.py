"""Comparisons: for each kind of column, the levels at which two values agree, best first.

A comparison reads the sides of pairs and says the level of each pair; none where either side is missing, which is
neither for nor against. It is symmetric: exchanging left and right changes nothing.

``shared`` comparisons (phone, address, car) are what a household has in common; the others are about the person. That
VIN and plate of one car both agree is one piece of evidence, so they are one comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from matching import words
from matching.compare_names import (
    GIVEN_NAME_LEVELS,
    NAME_LEVELS,
    SURNAME_LEVELS,
    TITLED_LEVELS,
    compare_given_name,
    compare_name,
    compare_surname,
    compare_titled,
)
from matching.compare_organizations import ORGANIZATION_LEVELS, compare_organization
from matching.compare_places import ADDRESS_LEVELS, POSTCODE_LEVELS, compare_address, compare_postcode
from matching.compare_values import (
    CAR_LEVELS,
    CATEGORY_LEVELS,
    DATE_LEVELS,
    DATED_CAR_LEVELS,
    EMAIL_LEVELS,
    IDENTIFIER_LEVELS,
    PHONE_LEVELS,
    TEXT_LEVELS,
    compare_car,
    compare_date,
    compare_email,
    compare_identifier,
    compare_phone,
    compare_text,
)
from matching.compare_words import WORDS_LEVELS, compare_words
from matching.features import ADDRESS_PARTS, NAME_PARTS, NAME_SOUNDS, slots
from matching.frequencies import Rarity
from matching.levels import Compared, Level, Sides
from matching.spec import ModelSpec

_HOMES = ("street", "address", "phone", "vin", "plate")
"""Kinds that a household shares: where there is one of them, its members share their town and postcode as well."""
_BROAD = frozenset({"category", "city", "postcode"})
"""Kinds of columns whose values are few and may have others within them."""
_PLACES = ("street", "postcode", "city")
"""Kinds that say, each in a column of its own, where a household lives; one mostly decides the other, so a key of one says nothing about any.
What is compared of a street is about the household, as an address is."""
Compare = Callable[[Sides, Rarity], Compared]


@dataclass(frozen=True)
class Comparison:
    """One comparison: what it reads, its levels, whether a household shares what it compares, and whether its values are of few and may hold others (``broad``)."""

    name: str
    columns: tuple[str, ...]
    features: tuple[str, ...]
    levels: tuple[Level, ...]
    compare: Compare
    shared: bool = False
    exclusive: bool = False
    broad: bool = False


def comparisons_for(spec: ModelSpec) -> list[Comparison]:
    """The comparisons of a spec, cheap ones and columns in the file's order."""
    chosen = spec.comparisons or tuple(name for name, column in spec.columns.items() if column.kind != "seen")
    made: list[Comparison] = []
    cars = [name for name in spec.of_kind("vin", "plate") if name in chosen]
    car_made = False
    for name in chosen:
        kind = spec.columns[name].kind
        if kind in {"vin", "plate"}:
            if not car_made:
                made.append(_car(spec, cars))
                car_made = True
            continue
        made.append(_comparison(spec, name, kind))
        if kind == "name":
            parts = tuple(f"{name}__{part}" for part in ("surname", "surname_sound"))
            made.append(Comparison(f"{name}_titled", (name,), (name, *parts), TITLED_LEVELS, partial(compare_titled, name=name)))
            parts = tuple(f"{name}__{part}" for part in ("trade", "registered"))
            listed = words.features(spec, name)
            organization = partial(compare_organization, name=name, slots=listed[:-1])
            made.append(Comparison(f"{name}_organization", (name,), (name, *parts, *listed), ORGANIZATION_LEVELS, organization))
    return made


def comparison_features(comparisons: list[Comparison]) -> list[str]:
    """Features whose codes a frame of pairs must bring on both sides."""
    return list(dict.fromkeys(feature for comparison in comparisons for feature in comparison.features))


def compare_kernel(frame: pl.DataFrame, *, comparisons: list[Comparison], texts: list[str], rarity: Rarity) -> pl.DataFrame:
    """Levels of a frame of wide pairs (``scoring.sides`` of both): rid_l, rid_r, and for each comparison ``<name>`` (Int8) and ``<name>#bits`` (Int16)."""
    pairs = Sides(frame, texts)
    columns = [frame["rid_l"], frame["rid_r"]]
    for comparison in comparisons:
        found = comparison.compare(pairs, rarity)
        columns += [pl.Series(comparison.name, found.level), pl.Series(f"{comparison.name}#bits", found.bits.astype(np.int16))]
    return pl.DataFrame(columns)


def levels_schema(comparisons: list[Comparison]) -> dict[str, pl.DataType]:
    """Columns of ``compare_kernel``."""
    found: dict[str, pl.DataType] = {"rid_l": pl.Int64(), "rid_r": pl.Int64()}
    for comparison in comparisons:
        found |= {comparison.name: pl.Int8(), f"{comparison.name}#bits": pl.Int16()}
    return found


def _car(spec: ModelSpec, names: list[str]) -> Comparison:
    vins = tuple(name for name in names if spec.columns[name].kind == "vin")
    plates = tuple(name for name in names if spec.columns[name].kind == "plate")
    day = next(iter(spec.of_kind("seen")), None)
    read = (*names, *([] if day is None else [day]))
    compare = partial(compare_car, vins=vins, plates=plates, day=day)
    return Comparison("car", read, read, CAR_LEVELS if day is None else DATED_CAR_LEVELS, compare, shared=True)


def _comparison(spec: ModelSpec, name: str, kind: str) -> Comparison:
    exclusive = spec.columns[name].exclusive
    if spec.columns[name].words and kind in {"address", "text"}:
        return _words(name, kind)
    make = {"name": _name, "given_name": _given_name, "surname": _surname, "phone": _phone, "email": _email, "address": _address}.get(kind)
    if make is not None:
        return make(spec, name)
    plain: dict[str, tuple[tuple[Level, ...], Compare]] = {
        "identifier": (IDENTIFIER_LEVELS, partial(compare_identifier, name=name, exclusive=exclusive)),
        "date": (DATE_LEVELS, partial(compare_date, name=name)),
        "postcode": (POSTCODE_LEVELS, partial(compare_postcode, name=name)),
        "category": (TEXT_LEVELS if exclusive else CATEGORY_LEVELS, partial(compare_text, name=name, only_equal=exclusive)),
    }
    levels, function = plain.get(kind, (TEXT_LEVELS, partial(compare_text, name=name, only_equal=exclusive)))
    home = kind in _PLACES and bool(spec.of_kind(*_HOMES))  # a town or a postcode alone is nobody's home; who share a phone share them
    decided_by = spec.of_kind(*_PLACES) if home and spec.of_kind("street") else [name]
    return Comparison(
        name, tuple(decided_by), (name,), levels, function, shared=home, exclusive=exclusive, broad=kind in _BROAD and not exclusive
    )


def _words(name: str, kind: str) -> Comparison:
    listed = words.slots(name, kind)
    compare = partial(compare_words, name=name, slots=listed)
    return Comparison(name, (name,), (name, *listed, f"{name}__number"), WORDS_LEVELS, compare, shared=kind == "address")


def _name(_: ModelSpec, name: str) -> Comparison:
    parts = (name, *(f"{name}__{part}" for part in (*NAME_PARTS, *NAME_SOUNDS, "letters", "trade")))
    return Comparison(name, (name,), parts, NAME_LEVELS, partial(compare_name, name=name))


def _given_name(spec: ModelSpec, name: str) -> Comparison:
    other = next(iter(spec.of_kind("surname")), None)
    features = tuple(feature for feature in (name, f"{name}__pinyin", other) if feature)
    columns = tuple(column for column in (name, other) if column)
    return Comparison(name, columns, features, GIVEN_NAME_LEVELS, partial(compare_given_name, name=name, other=other))


def _surname(spec: ModelSpec, name: str) -> Comparison:
    other = next(iter(spec.of_kind("given_name")), None)
    features = tuple(feature for feature in (name, f"{name}__pinyin", other) if feature)
    return Comparison(name, (name,), features, SURNAME_LEVELS, partial(compare_surname, name=name, other=other))


def _phone(_: ModelSpec, name: str) -> Comparison:
    numbers = slots(name, "phone")
    return Comparison(name, (name,), tuple(numbers), PHONE_LEVELS, partial(compare_phone, slots=numbers), shared=True)


def _email(_: ModelSpec, name: str) -> Comparison:
    addresses = slots(name, "email")
    return Comparison(name, (name,), tuple(addresses), EMAIL_LEVELS, partial(compare_email, slots=addresses))


def _address(_: ModelSpec, name: str) -> Comparison:
    parts = (name, *(f"{name}__{part}" for part in (*ADDRESS_PARTS, "city", "long")))
    return Comparison(name, (name,), parts, ADDRESS_LEVELS, partial(compare_address, name=name), shared=True)
