"""Phones of a table of another country, where a number without a country's code is one of that country (``phonenumbers``).

A cell is read for comparing: a number of a length that exists there is enough, allocated or not, so that the national and the international form
of one number are one text. Of a cell with several numbers, those are read that exist.

>>> read(pl.Series(["0176 44181234", "+49 (0)176/44181234", "044 668 18 00", None]), country="DE").to_list()
[['+4917644181234'], ['+4917644181234'], ['+49446681800'], None]
"""

from __future__ import annotations

import unicodedata

import polars as pl


def countries() -> frozenset[str]:
    """ISO 3166 codes of two letters whose numbering plans are known."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  (half a second to load, needed by few)

    return frozenset(SUPPORTED_REGIONS)


def read(cells: pl.Series, *, country: str) -> pl.Series:
    """E.164 of the numbers of each cell, in the order written, each once: List[String], null where there is none."""
    return pl.Series(cells.name, [None if cell is None else _cell(cell, country) for cell in cells], dtype=pl.List(pl.String))


def _cell(cell: str, country: str) -> list[str] | None:
    import phonenumbers  # noqa: PLC0415

    text = unicodedata.normalize("NFKC", cell)
    try:
        whole = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        whole = None
    found = [] if whole is None else [whole]
    if whole is None or not phonenumbers.is_valid_number(whole):
        possible = [number for number in found if phonenumbers.is_possible_number(number)]
        found = [match.number for match in phonenumbers.PhoneNumberMatcher(text, country)] or possible
    return list(dict.fromkeys(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in found)) or None
