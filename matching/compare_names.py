"""Names: Chinese with surname, given name and pinyin apart; Latin as text.

Levels: ``exact``; ``homophone`` (王伟, 王玮: another character, the same sound); ``near`` (one letter of pinyin, or nearly the same
Latin text); ``one_character`` (小明, 小民, 明: also what brothers and sisters look like); ``given_only``; ``same_surname`` with another given name (the family); ``different``. Where one side
is a surname and a title (王先生), only the surnames are compared, and that is a comparison of its own.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from matching.codes import MISSING
from matching.frequencies import Rarity
from matching.levels import (
    Compared,
    Flags,
    Level,
    agreeing,
    both,
    codes_of,
    exact,
    jaro_winkler,
    leveled,
    on_rows,
    with_bits,
    within_one_edit,
)

# Within one household names are hardly ever the same, and sometimes one character apart (brothers and sisters).
NAME_LEVELS = (
    Level("exact", 0.8, weighed=True, household=2e-3, fixed=True),
    Level("homophone", 0.03, weighed=True, household=1e-3, fixed=True),
    Level("near", 0.02, household=2e-3, fixed=True),
    Level("one_character", 0.02, household=3e-2, fixed=True),
    Level("given_only", 0.01, household=1e-3),
    Level("same_surname", 0.01, household=0.5),
    Level("different", 0.01, household=0.464),
)
TITLED_LEVELS = (Level("same_surname", 0.97, weighed=True, household=0.6), Level("different", 0.03, household=0.4))


def compare_name(frame: pl.DataFrame, rarity: Rarity, *, name: str) -> Compared:
    """Levels of a whole name with its companions."""
    surname, given, pinyin = f"{name}__surname", f"{name}__given", f"{name}__pinyin"
    sound, given_sound = f"{name}__surname_sound", f"{name}__given_sound"
    whole, equal, homophone = both(frame, name), exact(frame, name), exact(frame, pinyin)
    same_surname, same_given = exact(frame, surname), exact(frame, given)
    alike_surname = exact(frame, sound) | same_surname
    rest = whole & ~equal & ~homophone
    parted = rest & both(frame, surname) & both(frame, given)
    spoken = parted & both(frame, pinyin)
    given_sounds_near = within_one_edit(frame, given_sound, spoken & alike_surname)
    surname_sounds_near = within_one_edit(frame, sound, spoken & exact(frame, given_sound))
    given_near = within_one_edit(frame, given, spoken & alike_surname)
    given_near &= same_given | on_rows(frame, given_near, _longer(given))
    latin = rest & ~spoken
    alike = jaro_winkler(frame, name, latin)
    turned = on_rows(frame, latin & (alike < 0.93), _same_words(name))
    level = leveled(
        [
            equal,
            homophone,
            given_sounds_near | surname_sounds_near | (alike >= 0.93) | turned,
            given_near | (alike >= 0.86),
            parted & same_given,
            alike_surname & parted,
        ],
        whole,
    )
    return with_bits(level, {0: agreeing(frame, rarity, name), 1: agreeing(frame, rarity, pinyin)})


def compare_titled(frame: pl.DataFrame, rarity: Rarity, *, name: str) -> Compared:
    """Where one side says 王先生 and no more: the same surname (or its sound) or another; unknown where both names are whole."""
    surname, sound = f"{name}__surname", f"{name}__surname_sound"
    known = ~both(frame, name) & (both(frame, surname) | _company_beside_title(frame, name, surname))
    left, right = codes_of(frame, surname)
    level = leveled([exact(frame, surname) | exact(frame, sound)], known)
    return with_bits(level, {0: lambda rows: np.minimum(rarity.bits(surname, left[rows]), rarity.bits(surname, right[rows]))})


def _company_beside_title(frame: pl.DataFrame, name: str, surname: str) -> Flags:
    """A name that has no surname (a company's) beside a surname alone."""
    (name_l, name_r), (surname_l, surname_r) = codes_of(frame, name), codes_of(frame, surname)
    left: Flags = (name_l != MISSING) & (name_r == MISSING) & (surname_r != MISSING)
    right: Flags = (name_r != MISSING) & (name_l == MISSING) & (surname_l != MISSING)
    return left | right


def _longer(given: str) -> pl.Expr:
    """Not both given names are one character: 伟 and 芳 are one character apart, and nothing alike."""
    return pl.max_horizontal(pl.col(f"{given}__text_l").str.len_chars(), pl.col(f"{given}__text_r").str.len_chars()) >= 2


def _same_words(name: str) -> pl.Expr:
    """Both names are the same words in another order."""
    left, right = pl.col(f"{name}__text_l"), pl.col(f"{name}__text_r")
    return (left.str.len_bytes() == right.str.len_bytes()) & (
        left.str.split(" ").list.sort().list.join(" ") == right.str.split(" ").list.sort().list.join(" ")
    )


def given_name_levels() -> tuple[Level, ...]:
    """Levels of a given name, and of a surname, in a column of its own."""
    return (
        Level("exact", 0.7, weighed=True),
        Level("homophone", 0.02, weighed=True),
        Level("close", 0.1),
        Level("swapped", 0.02),
        Level("start", 0.05),
        Level("similar", 0.05),
        Level("different", 0.06),
    )


def compare_part(frame: pl.DataFrame, rarity: Rarity, *, name: str, other: str | None) -> Compared:
    """Levels of a given name or a surname; ``swapped`` where it stands in the other record's column ``other``."""
    known, equal, homophone = both(frame, name), exact(frame, name), exact(frame, f"{name}__pinyin")
    alike = jaro_winkler(frame, name, known)
    left, right = pl.col(f"{name}__text_l"), pl.col(f"{name}__text_r")
    starts = on_rows(frame, known & ~equal, left.str.starts_with(right) | right.str.starts_with(left))
    swapped = np.zeros(frame.height, dtype=bool)
    if other is not None:
        (name_l, name_r), (other_l, other_r) = codes_of(frame, name), codes_of(frame, other)
        swapped = ((name_l == other_r) & (name_l != MISSING)) | ((name_r == other_l) & (name_r != MISSING))
    level = leveled([equal, homophone, alike >= 0.92, swapped, starts, alike >= 0.8], known | swapped)
    return with_bits(level, {0: agreeing(frame, rarity, name), 1: agreeing(frame, rarity, f"{name}__pinyin")})
