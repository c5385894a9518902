"""Queries that name other tables: common table expressions put in front of a query's own.

>>> named({"t": "select 1 as n"}, "with u as (select n from t) select * from u")
'with "t" as (select 1 as n), u as (select n from t) select * from u'
>>> named({"t": "select * from kept"}, "select * from t", inline=["t"])
'with "t" as not materialized (select * from kept) select * from t'
"""

from __future__ import annotations

from collections.abc import Collection, Mapping


def named(tables: Mapping[str, str], query: str, *, inline: Collection[str] = ()) -> str:
    """``query`` in which each name of ``tables`` stands for the rows of its query; one of ``inline`` is asked anew wherever it is named."""
    if not tables:
        return query
    heads = ", ".join(f'"{name}" as {"not materialized " if name in inline else ""}({text})' for name, text in tables.items())
    word, rest = [*query.split(None, 1), ""][:2]
    if word.lower() != "with":
        return f"with {heads} {query}"
    second, behind = [*rest.split(None, 1), ""][:2]
    if second.lower() == "recursive":
        return f"with recursive {heads}, {behind}"
    return f"with {heads}, {rest}"


def literal(text: str) -> str:
    """``text`` as an SQL string.

    >>> literal("o'neill")
    "'o''neill'"
    """
    return "'" + text.replace("'", "''") + "'"
