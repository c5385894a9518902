"""Pinyin of names without tones: the surname as surnames are read, the rest character by character.

>>> given_reading(pl.Series(["敬德"])).to_list()
['jing de']
"""

from __future__ import annotations

import functools
from pathlib import Path

import polars as pl

from cleansing import reference


def surnames() -> pl.DataFrame:
    """surname, reading, rank (1 is the most frequent; null for the rare)."""
    return reference.load("surnames.parquet")


def given_reading(text: pl.Series) -> pl.Series:
    """Readings of Chinese characters, one space between them; Latin words stay, in lower case; null stays null."""
    present = text.drop_nulls().unique().str.split("").explode().unique()
    # An automaton of the characters that occur is built in no time; one of all 26,000 would take most of a small call.
    table = reference.load("name_characters.parquet").filter(pl.col("character").is_in(present.implode()))
    spelled = pl.col("text")
    if table.height:
        spelled = spelled.str.replace_many(table["character"].to_list(), (" " + table["reading"] + " ").to_list())
    return (
        text.alias("text")
        .to_frame()
        .select(spelled.str.to_lowercase().str.replace_all(r"[^\p{Latin}]+", " ").str.strip_chars(" "))
        .to_series()
    )


def spelled_out(text: pl.Series) -> pl.Series:
    """Names in pinyin with a space between syllables; a name with a word that is no pinyin stays as it is.

    A word is taken for as few syllables as it can be (Xian is xian, not xi an), two at most.

    >>> spelled_out(pl.Series(["wang xiaoming", "ouyang feng", "wang xian", "john wang", None])).to_list()
    ['wang xiao ming', 'ou yang feng', 'wang xian', 'john wang', None]
    """
    known = _syllables(reference.folder())
    answers = {name: " ".join(_split(word, known) or "" for word in name.split(" ")) for name in text.drop_nulls().unique()}
    whole = {name: answer if answer.replace(" ", "") == name.replace(" ", "") else name for name, answer in answers.items()}
    return text.replace_strict(list(whole), list(whole.values()), default=None, return_dtype=pl.String())


def _split(word: str, known: frozenset[str]) -> str | None:
    if word in known:
        return word
    return next((f"{word[:end]} {word[end:]}" for end in range(len(word) - 1, 0, -1) if word[:end] in known and word[end:] in known), None)


@functools.cache
def _syllables(folder: Path) -> frozenset[str]:
    del folder  # it tells one set of data from another
    return frozenset(reference.load("name_characters.parquet")["reading"])
