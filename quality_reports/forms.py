"""How a phone is written: one of a few forms, whatever the digits are. A dealer whose phones change their form has changed its system.

Judged is the first number of a cell (others stand behind `` ; ``, as intake joins the columns of several phones). All forms but ``other`` and some of
``number`` can be valid: so no reason tells of them.

>>> texts = ["13917852046 ; 13811112222", "+86 139-1785-2046", "139-1785-2046", "02165551234", "1.39E+10", "13917852046/13811112222", "无"]
>>> pl.Series("phone", texts).to_frame().select(form_of_phone(pl.col("phone"))).to_series().to_list()
['plain', 'country_code', 'separated', 'digits', 'number', 'other', 'other']
"""

from __future__ import annotations

import polars as pl

FORMS: tuple[tuple[str, str], ...] = (
    ("plain", "1[0-9]{10}"),
    ("country_code", r"[(（]?\s*(?:(?:\+|00)\s*86|86[\s-]?1).*"),
    ("digits", "[0-9]+"),
    ("number", r"[0-9]+\.0+|[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+"),
    ("separated", r"[0-9(（][0-9()（）.－—–\s-]*"),
)
"""Forms and their patterns; the first that fits holds, ``OTHER`` where none does: words, several numbers, full width, masks."""
OTHER = "other"


def form_of_phone(text: pl.Expr) -> pl.Expr:
    """The form of texts that are more than blanks."""
    first = text.str.split(" ; ").list.first().str.strip_chars()
    form = pl.lit(OTHER)
    for name, pattern in reversed(FORMS):
        form = pl.when(first.str.contains(f"^(?:{pattern})$")).then(pl.lit(name)).otherwise(form)
    return form
