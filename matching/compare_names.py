"""Names: Chinese with surname, given name and pinyin apart; Latin as text.

Levels: ``exact``; ``homophone`` (王伟, 王玮: another character, the same sound); ``near`` (one letter of pinyin, or nearly the same
Latin text); ``one_character`` (小明, 小民, 明: also what brothers and sisters look like); ``given_only``; ``same_surname`` with another given name (the family); ``different``. Where one side
is a surname and a title (王先生), only the surnames are compared, and that is a comparison of its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.levels import Level, both, edits, exact, jaro_winkler, leveled, with_bits

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


def compare_name(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """Levels of a whole name with its companions."""
    surname, given, pinyin = f"{name}__surname", f"{name}__given", f"{name}__pinyin"
    sound, given_sound = f"{name}__surname_sound", f"{name}__given_sound"
    whole, same_surname, same_given = both(frame, name), exact(frame, surname), exact(frame, given)
    surnames = both(frame, surname)
    sounds_alike = exact(frame, sound)
    equal = exact(frame, name)
    homophone = exact(frame, pinyin)
    rest = whole & ~equal & ~homophone
    parted = rest & surnames & both(frame, given)
    spoken = parted & both(frame, pinyin)
    given_sound_edits = edits(frame, f"{given_sound}_l", f"{given_sound}_r", spoken & (sounds_alike | same_surname), limit=1)
    surname_sound_edits = edits(frame, f"{sound}_l", f"{sound}_r", spoken & exact(frame, given_sound), limit=1)
    longer = frame.select(
        (pl.max_horizontal(pl.col(f"{given}_l").str.len_chars(), pl.col(f"{given}_r").str.len_chars()) >= 2).fill_null(value=False)
    ).to_series()
    given_edits = edits(frame, f"{given}_l", f"{given}_r", spoken & longer & (sounds_alike | same_surname), limit=1)
    latin = rest & ~spoken
    alike = jaro_winkler(frame, f"{name}_l", f"{name}_r", latin)
    turned = _same_words(frame, name, latin)
    level = leveled(
        [
            equal,
            homophone,
            (given_sound_edits <= 1) | (surname_sound_edits <= 1) | (alike >= 0.93) | turned,
            (given_edits <= 1) | ((alike >= 0.86) & latin.to_numpy()),
            parted & same_given,
            (same_surname | sounds_alike) & parted,
        ],
        whole,
        6,
    )
    return with_bits(level, {0: frame[f"{name}__bits_l"], 1: frame[f"{pinyin}__bits_l"]})


def compare_titled(frame: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """Where one side says 王先生 and no more: the same surname (or its sound) or another; null where both names are whole."""
    surname, sound = f"{name}__surname", f"{name}__surname_sound"
    partial = frame.select(pl.col(f"{name}_l").is_null() | pl.col(f"{name}_r").is_null()).to_series()
    known = partial & (both(frame, surname) | _company_beside_title(frame, name, surname))
    level = leveled([exact(frame, surname) | exact(frame, sound)], known, 1)
    return with_bits(level, {0: frame.select(pl.min_horizontal(f"{surname}__bits_l", f"{surname}__bits_r")).to_series()})


def _company_beside_title(frame: pl.DataFrame, name: str, surname: str) -> pl.Series:
    """A name that has no surname (a company's) beside a surname alone."""
    left = pl.col(f"{name}_l").is_not_null() & pl.col(f"{name}_r").is_null() & pl.col(f"{surname}_r").is_not_null()
    right = pl.col(f"{name}_r").is_not_null() & pl.col(f"{name}_l").is_null() & pl.col(f"{surname}_l").is_not_null()
    return frame.select(left | right).to_series()


def _same_words(frame: pl.DataFrame, name: str, where: pl.Series) -> npt.NDArray[np.bool_]:
    """Where both names are the same words in another order."""
    found = np.zeros(frame.height, dtype=bool)
    left, right = pl.col(f"{name}_l"), pl.col(f"{name}_r")
    candidates = where & frame.select((left.str.len_bytes() == right.str.len_bytes()).fill_null(value=False)).to_series()
    words = frame.filter(candidates).select(
        left.str.split(" ").list.sort().list.join(" ") == right.str.split(" ").list.sort().list.join(" ")
    )
    found[candidates.arg_true().to_numpy()] = words.to_series().to_numpy()
    return found


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


def compare_given_name(frame: pl.DataFrame, *, name: str, surname: str | None) -> pl.DataFrame:
    """Levels of a given name; ``swapped`` where it stands in the other record's surname column."""
    return _part(frame, name, surname)


def compare_surname(frame: pl.DataFrame, *, name: str, given: str | None) -> pl.DataFrame:
    """Levels of a surname; ``swapped`` where it stands in the other record's given name column."""
    return _part(frame, name, given)


def _part(frame: pl.DataFrame, name: str, other: str | None) -> pl.DataFrame:
    known, equal = both(frame, name), exact(frame, name)
    rest = known & ~equal
    alike = jaro_winkler(frame, f"{name}_l", f"{name}_r", rest)
    left, right = pl.col(f"{name}_l"), pl.col(f"{name}_r")
    starts = frame.select((left.str.starts_with(right) | right.str.starts_with(left)).fill_null(value=False)).to_series() & rest
    swapped = pl.Series(np.zeros(frame.height, dtype=bool))
    if other is not None:
        crossed = (left == pl.col(f"{other}_r")) | (right == pl.col(f"{other}_l"))
        swapped = frame.select(crossed.fill_null(value=False)).to_series()
        known = known | swapped
    pinyin = f"{name}__pinyin"
    level = leveled([equal, exact(frame, pinyin), alike >= 0.92, swapped, starts, alike >= 0.8], known, 6)
    return with_bits(level, {0: frame[f"{name}__bits_l"], 1: frame[f"{pinyin}__bits_l"]})
