"""Names: Chinese with surname, given name and pinyin apart; Latin as text.

Levels: ``exact``; ``homophone`` (王伟, 王玮: another character, the same sound); ``near`` (one letter of pinyin, nearly the same
Latin text, or the same letters in another order or writing: 曹俊宇, Cao Junyu, Junyu Cao); ``one_character`` (小明, 小民, 明: also what brothers and sisters look like);
``short_given`` (王浩, 王飞: the whole given name is one character, and another; a slip or the family, which training tells from how often two
of a family have such names); ``given_only``; ``same_surname`` with another given name (the family); ``different``. Where one side
is a surname and a title (王先生), only the surnames are compared, and that is a comparison of its own.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from matching import latin_names
from matching.codes import MISSING
from matching.frequencies import Rarity
from matching.levels import (
    MOST_DIFFERENT,
    Compared,
    Flags,
    Level,
    Sides,
    agreeing,
    jaro_winkler,
    lesser,
    leveled,
    on_rows,
    on_texts,
    with_bits,
    within_one_edit,
)

# Within one household names are hardly ever the same, and sometimes one character apart (brothers and sisters).
NAME_LEVELS = (
    Level("exact", 0.8, weighed=True, household=2e-3, fixed=True),
    Level("homophone", 0.03, weighed=True, household=1e-3, fixed=True),
    Level("near", 0.02, household=2e-3, fixed=True),
    Level("one_character", 0.02, household=3e-2, fixed=True),
    Level("short_given", 0.01, household=5e-2),
    Level("given_only", 0.01, household=1e-3),
    Level("same_surname", 0.01, household=0.5),
    Level("different", 0.01, household=0.464, most=MOST_DIFFERENT),
)
TITLED_LEVELS = (Level("same_surname", 0.97, weighed=True, household=0.6), Level("different", 0.03, household=0.4))


def compare_name(pairs: Sides, rarity: Rarity, *, name: str) -> Compared:
    """Levels of a whole name with its companions."""
    surname, given, pinyin = f"{name}__surname", f"{name}__given", f"{name}__pinyin"
    sound, given_sound = f"{name}__surname_sound", f"{name}__given_sound"
    whole = pairs.both(name) & ~pairs.both(f"{name}__trade")  # two organizations are compared by their parts, elsewhere
    equal, homophone = pairs.exact(name), pairs.exact(pinyin)
    same_surname, same_given = pairs.exact(surname), pairs.exact(given)
    alike_surname = pairs.exact(sound) | same_surname
    rest = whole & ~equal & ~homophone
    parted = rest & pairs.both(surname) & pairs.both(given)
    spoken = parted & pairs.both(pinyin)
    given_sounds_near = within_one_edit(pairs, given_sound, spoken & alike_surname)
    surname_sounds_near = within_one_edit(pairs, sound, spoken & pairs.exact(given_sound))
    one_edit = within_one_edit(pairs, given, spoken & alike_surname)
    (longer,) = on_rows(pairs, given, one_edit & ~same_given, _longer())
    given_near = one_edit & (same_given | longer)
    latin = rest & ~spoken
    alike = jaro_winkler(pairs, name, latin)
    nicknamed, abbreviated = on_texts(pairs, name, latin & (alike < 0.93), latin_names.nicknamed_or_abbreviated, answers=2)
    level = leveled(
        [
            equal,
            homophone,
            given_sounds_near | surname_sounds_near | (alike >= 0.93) | (rest & pairs.exact(f"{name}__letters")) | nicknamed,
            given_near | (alike >= 0.86) | abbreviated,
            one_edit,
            parted & same_given,
            alike_surname & parted,
        ],
        whole,
    )
    return with_bits(level, {0: agreeing(pairs, rarity, name), 1: agreeing(pairs, rarity, pinyin)})


def compare_titled(pairs: Sides, rarity: Rarity, *, name: str) -> Compared:
    """Where one side says 王先生 and no more: the same surname (or its sound) or another; unknown where both names are whole."""
    surname, sound = f"{name}__surname", f"{name}__surname_sound"
    known = ~pairs.both(name) & (pairs.both(surname) | _company_beside_title(pairs, name, surname))
    level = leveled([pairs.exact(surname) | pairs.exact(sound)], known)
    return with_bits(level, {0: lesser(pairs, rarity, surname)})


def _company_beside_title(pairs: Sides, name: str, surname: str) -> Flags:
    """A name that has no surname (a company's) beside a surname alone."""
    (name_l, name_r), (surname_l, surname_r) = pairs.codes(name), pairs.codes(surname)
    left: Flags = (name_l != MISSING) & (name_r == MISSING) & (surname_r != MISSING)
    right: Flags = (name_r != MISSING) & (name_l == MISSING) & (surname_l != MISSING)
    return left | right


def _longer() -> pl.Expr:
    """Not both given names are one character: 伟 and 芳 are one character apart, and nothing alike."""
    return pl.max_horizontal(pl.col("l", "r").str.len_chars()) >= 2


# Levels of a given name, and of a surname, in a column of its own; a surname has no nickname.
# A household mostly has one surname, and hardly ever one given name twice.
GIVEN_NAME_LEVELS = (
    Level("exact", 0.7, weighed=True, household=5e-3, fixed=True),
    Level("homophone", 0.02, weighed=True, household=1e-3, fixed=True),
    Level("close", 0.1, household=5e-3, fixed=True),
    Level("nickname", 0.02, weighed=True, household=1e-3, fixed=True),
    Level("swapped", 0.02, household=1e-3, fixed=True),
    Level("part", 0.05, household=5e-3, fixed=True),
    Level("similar", 0.05, household=2e-2, fixed=True),
    Level("different", 0.06, household=0.962, most=MOST_DIFFERENT),
)
SURNAME_LEVELS = (
    Level("exact", 0.7, weighed=True, household=0.6),
    Level("homophone", 0.02, weighed=True, household=5e-3),
    Level("close", 0.1, household=5e-2),
    Level("swapped", 0.02, household=1e-3),
    Level("part", 0.05, household=2e-2),
    Level("similar", 0.05, household=2e-2),
    Level("different", 0.06, household=0.304, most=MOST_DIFFERENT),
)


def compare_given_name(pairs: Sides, rarity: Rarity, *, name: str, other: str | None) -> Compared:
    """Levels of a given name."""
    return _compare_part(pairs, rarity, name=name, other=other, nicknamed=True)


def compare_surname(pairs: Sides, rarity: Rarity, *, name: str, other: str | None) -> Compared:
    """Levels of a surname."""
    return _compare_part(pairs, rarity, name=name, other=other, nicknamed=False)


def _compare_part(pairs: Sides, rarity: Rarity, *, name: str, other: str | None, nicknamed: bool) -> Compared:
    """``swapped`` where it stands in the other record's column ``other``; ``part``: a double name, an initial, the beginning."""
    known, equal, homophone = pairs.both(name), pairs.exact(name), pairs.exact(f"{name}__pinyin")
    alike = jaro_winkler(pairs, name, known)
    close = alike >= 0.92
    part, nickname = _by_words(pairs, name, known & ~equal & ~homophone & ~close, nicknamed=nicknamed)
    swapped = np.zeros(pairs.height, dtype=bool)
    if other is not None:
        (name_l, name_r), (other_l, other_r) = pairs.codes(name), pairs.codes(other)
        swapped = ((name_l == other_r) & (name_l != MISSING)) | ((name_r == other_l) & (name_r != MISSING))
    conditions = [equal, homophone, close, swapped, part, alike >= 0.8]
    bits = {0: agreeing(pairs, rarity, name), 1: agreeing(pairs, rarity, f"{name}__pinyin")}
    if nicknamed:
        place = len(conditions[:3])
        conditions.insert(place, nickname)
        bits[place] = lesser(pairs, rarity, name)
    return with_bits(leveled(conditions, known | swapped), bits)


def _by_words(pairs: Sides, name: str, where: Flags, *, nicknamed: bool) -> tuple[Flags, Flags]:
    """Where one name is part of the other, and where they are nicknames (``nicknamed``: if that is asked)."""
    part, nickname = (np.zeros(pairs.height, dtype=bool) for _ in range(2))
    rows = np.flatnonzero(where)
    if rows.size:
        texts = pairs.texts(name, rows)
        part[rows] = latin_names.parts(texts["l"], texts["r"])
        if nicknamed:
            left, right = pairs.codes(name)
            nickname[rows] = latin_names.nicknames_by_code(left[rows], right[rows])
            some = np.flatnonzero(latin_names.several_words(texts["l"], texts["r"]))
            nickname[rows[some]] = latin_names.nicknames(texts["l"].gather(some), texts["r"].gather(some))
    return part, nickname
