"""Pinyin of names without tones: the surname as surnames are read, the rest character by character.

>>> pl.select(given_reading(pl.lit("敬德"))).item()
'jing de'
"""

from __future__ import annotations

import functools

import polars as pl

from cleansing import reference


def surnames() -> pl.DataFrame:
    """surname, reading, rank (1 is the most frequent; null for the rare)."""
    return reference.load("surnames.parquet")


def given_reading(text: pl.Expr) -> pl.Expr:
    """Readings of Chinese characters, one space between them; Latin words stay, in lower case."""
    table = _characters(str(reference.folder()))
    spelled = text.str.replace_many(list(table), list(table.values()))
    return spelled.str.to_lowercase().str.replace_all(r"[^\p{Latin}]+", " ").str.strip_chars(" ")


@functools.cache
def _characters(_folder: str) -> dict[str, str]:
    frame = reference.load("name_characters.parquet")
    return {character: f" {reading} " for character, reading in frame.iter_rows()}
