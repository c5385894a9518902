"""How numbers look in every report: thousands separators, one decimal, a true minus sign, a dash for nothing.

The browser's copy of these rules is in assets/report.js.

>>> [number(1234567, "int"), number(61.26, "score"), number(81.2, "pct"), number(-3.04, "delta"), number(None, "int")]
['1,234,567', '61.3', '81.2%', '\u22123.0', '–']
>>> number(26.6, "delta")
'+26.6'
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["text", "int", "pct", "score", "delta", "ratio"]

NOTHING = "–"


def number(value: object, kind: Kind) -> str:
    """A value as text."""
    if value is None or value == "":
        return NOTHING
    if not isinstance(value, (int, float)) or kind == "text":
        return str(value)
    if kind == "int":
        text = f"{value:,.0f}"
    elif kind == "pct":
        text = f"{value:.1f}%"
    elif kind == "delta":
        text = f"{value:+.1f}"
        text = "0.0" if text in {"+0.0", "-0.0"} else text
    elif kind == "ratio":
        text = f"{value:.2f}"
    else:
        text = f"{value:,.1f}"
    return text.replace("-", "\u2212")
