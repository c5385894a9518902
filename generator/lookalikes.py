"""Tables of what is taken for what: characters of one sound, of one shape, traditional forms, pinyin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, Rng, take
from generator.names import surname_table
from generator.sounds import given_sounds, surname_sounds


@cache
def homophones() -> pl.DataFrame:
    """``character``, ``others`` (characters of the same sound and tone that are used in given names), ``count``."""
    frame = pl.DataFrame(sorted(given_sounds().items()), schema=["character", "sound"], orient="row")
    groups = frame.group_by("sound").agg(pl.col("character").sort().alias("others"))
    joined = frame.join(groups, on="sound").with_columns(pl.col("others").list.set_difference(pl.concat_list("character")).list.sort())
    return joined.with_columns(count=pl.col("others").list.len()).filter(pl.col("count") > 0).sort("character")


@cache
def homophone_characters() -> frozenset[str]:
    """Characters that have a namesake by sound."""
    return frozenset(homophones()["character"].to_list())


@dataclass(frozen=True)
class NameTraits:
    """What a name is open to.

    ``two`` characters long, ``twin`` (its last character has a namesake by sound), ``forms`` (it holds a character whose traditional
    form differs).
    """

    two: Flags
    twin: Flags
    forms: Flags

    @classmethod
    def of(cls, names: pl.Series) -> Self:
        """The traits of each name."""
        two = names.str.len_bytes() == 6  # two Chinese characters in UTF-8
        twin = names.str.tail(1).is_in(sorted(homophone_characters()))
        return cls(two.to_numpy(), twin.to_numpy(), names.str.contains_any(_two_forms()).to_numpy())

    def at(self, entity: Ints) -> NameTraits:
        """The traits of these names."""
        return NameTraits(self.two[entity], self.twin[entity], self.forms[entity])


def sound_alike(characters: pl.Series, rng: Rng) -> pl.Series:
    """For each character another of the same sound; itself where there is none."""
    joined = pl.DataFrame({"character": characters}).join(homophones(), on="character", how="left", maintain_order="left")
    place = (rng.random(len(characters)) * joined["count"].fill_null(1).to_numpy()).astype(np.int64)
    return (
        joined.with_columns(place=pl.Series(place))
        .select(pl.col("others").list.get(pl.col("place"), null_on_oob=True).fill_null(pl.col("character")))
        .to_series()
    )


def any_character(rng: Rng, size: int) -> pl.Series:
    """Characters drawn from those that are frequent in names."""
    table = homophones()["character"]
    return take(table, rng.integers(0, len(table), size))


def traditional(text: str) -> str:
    """The same text in traditional characters; line by line it keeps its lines."""
    return str(_converter().convert(text))


def traditional_cells(values: pl.Series) -> pl.Series:
    """The same cells in traditional characters (cells hold no line feed)."""
    return pl.Series(values.name, traditional("\n".join(values)).split("\n") if len(values) else [], dtype=pl.String)


@cache
def _two_forms() -> list[str]:
    characters = pl.Series(sorted({*homophone_characters(), *"".join(surname_table()["surname"])}))
    return characters.filter(traditional_cells(characters) != characters).to_list()


def latin(names: pl.Series, surnames: pl.Series) -> pl.Series:
    """Chinese names in Latin letters: Wang Xiaoming."""
    sounds = given_sounds()

    def spell(given: str) -> str:
        return "".join(sounds[character].rstrip("12345") if character in sounds else "" for character in given).capitalize()

    frame = pl.DataFrame({"name": names, "surname": surnames})
    given = frame.select(pl.col("name").str.strip_prefix(pl.col("surname"))).to_series()
    first = surnames.replace_strict(surname_sounds(), return_dtype=pl.String).str.to_titlecase()
    return first + " " + pl.Series([spell(text) for text in given], dtype=pl.String)


def digit_changed(values: pl.Series, places: Ints, rng: Rng) -> pl.Series:
    """The character at each place, which must be a digit, becomes another digit."""
    frame = pl.DataFrame({"v": values, "p": places, "step": rng.integers(1, 10, len(values))})
    digit = (pl.col("v").str.slice(pl.col("p"), 1).cast(pl.Int64, strict=False).fill_null(0) + pl.col("step")) % 10
    return frame.select(replaced(pl.col("v"), pl.col("p"), digit.cast(pl.String))).to_series()


def replaced(text: pl.Expr, place: pl.Expr, new: pl.Expr) -> pl.Expr:
    """The text with the one character at ``place`` replaced by ``new`` (which may be empty)."""
    return text.str.slice(0, place) + new + text.str.slice(place + 1)


@cache
def _converter():  # type: ignore[no-untyped-def]  # noqa: ANN202  # opencc has no types
    import opencc  # noqa: PLC0415  # its dictionaries are loaded only where a name turns traditional

    return opencc.OpenCC("s2t")
