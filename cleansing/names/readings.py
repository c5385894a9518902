"""Pinyin of names without tones: the surname as surnames are read, the rest character by character.

>>> given_reading(pl.Series(["敬德"])).to_list()
['jing de']
"""

from __future__ import annotations

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
