"""What a reader of the customers report sees: tables, facts, figures and sentences of one dealer or of all, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quality_reports.customer_panels import FACTS, PANELS, Column, Panel
from quality_reports.customer_rows import Rows
from quality_reports.formats import number
from quality_reports.messages import word
from quality_reports.numbers import Numbers, share
from quality_reports.views import Row, View, Words

_MOST = 100
"""So many rows of a table on the page; the workbook and the JSON have all."""

Facts = dict[str, Any]


def panel_views(numbers: Numbers, dealers: Iterable[str], words: Words) -> dict[str, dict[str, View]]:
    """The tables by panel and dealer, of these dealers."""
    known = {panel: _rows(numbers, panel) for panel in PANELS}
    return {
        panel.name: {dealer: panel_view(panel, rows[dealer], words) for dealer in dealers if dealer in rows}
        for panel, rows in known.items()
    }


def panel_view(panel: Panel, rows: Iterable[dict[str, Any]], words: Words) -> View:
    """One table, its codes in words."""
    columns = tuple((key, words[f"col.{key}"], kind) for key, kind, _ in panel.columns)
    coded = [(place, column) for place, column in enumerate(panel.columns) if column[2]]
    shown: list[Row] = [[row.get(key) for key, _, _ in columns] for row in rows]
    for row in shown:
        for place, column in coded:
            row[place] = _coded(column, row[place], words)
    return View(panel.name, columns, shown)


def shortened(view: View) -> View:
    """The table as the page shows it."""
    return View(view.name, view.columns, view.rows[:_MOST])


def fact_lines(numbers: Numbers, section: str, dealer: str, words: Words) -> list[tuple[str, str]]:
    """Label and text of the facts of a section that are known."""
    found = numbers["facts"].get(section, {}).get(dealer, {})
    lines = []
    for column in FACTS.get(section, ()):
        value = found.get(column[0])
        if value is not None:
            lines.append((words[f"customers_report.fact.{column[0]}"], number(_coded(column, value, words), column[1])))
    return lines


def figures(numbers: Numbers, dealer: str, words: Words) -> list[tuple[str, str, str]]:
    """The numbers on top: label, value, note; all text."""
    facts = _Told(numbers, dealer)
    stake = facts.get("churn", "at_stake")
    reached = share(facts.count("customers", "reachable"), facts.count("customers", "all_customers"))
    told: list[tuple[str, object, str]] = [
        ("customers", facts.get("customers", "all_customers"), _note("customers", words, allowed=number(facts.get("customers", "may_contact"), "int"))),
        ("reachable", facts.get("customers", "reachable"), _note("reachable", words, share=number(reached, "pct"))),
        ("saving", facts.get("churn", "on_save_list"), words["customers_report.figure.saving_bare"] if stake is None else _note("saving", words, stake=number(stake, "int"))),
        ("leads", facts.get("leads", "escalate"), _note("leads", words, overdue=number(facts.get("leads", "overdue"), "int"))),
        ("care", facts.get("care", "planned"), words["customers_report.figure.care_note"]),
    ]  # fmt: skip
    return [(words[f"customers_report.figure.{name}"], number(value, "int"), note) for name, value, note in told]


def sentences(numbers: Numbers, dealer: str, words: Words) -> list[str]:
    """The state of the customers in words; the first is the headline."""
    facts = _Told(numbers, dealer)
    customers, reachable = facts.count("customers", "all_customers"), facts.count("customers", "reachable")
    if not customers:
        return [words["customers_report.nobody"]]
    barred, stake = customers - facts.count("customers", "may_contact"), facts.get("churn", "at_stake")
    overdue = facts.count("cars", "cars_overdue")
    told: list[tuple[str, bool, dict[str, object]]] = [
        ("headline", True, {"customers": customers, "reachable": reachable}),
        ("barred", barred > 0, {"count": barred}),
        ("churn", facts.count("churn", "active") + facts.count("churn", "lost") > 0, {"active": facts.count("churn", "active"), "lost": facts.count("churn", "lost"), "saved": facts.count("churn", "on_save_list")}),
        ("stake", stake is not None, {"stake": stake}),
        ("care", facts.count("care", "planned") + facts.count("care", "held") > 0, {"planned": facts.count("care", "planned"), "held": facts.count("care", "held")}),
        ("service", overdue > 0, {"overdue": overdue}),
        ("leads", facts.count("leads", "leads") > 0, {name: facts.count("leads", name) for name in ("leads", "overdue", "escalate")}),
        ("prospects", facts.count("prospects", "prospects") > 0, {"prospects": facts.count("prospects", "prospects"), "allowed": facts.count("prospects", "may_contact")}),
    ]  # fmt: skip
    reached = number(share(reachable, customers), "pct")
    return [
        words[f"customers_report.{key}"].format(share=reached, **{name: number(value, "int") for name, value in values.items()})
        for key, known, values in told
        if known
    ]


def why_empty(panel_or_section: str, section: str, words: Words) -> str:
    """Why there is nothing to show, in words."""
    return words.get(f"customers_report.empty.{panel_or_section}", words[f"customers_report.empty.{section}"])


class _Told:
    """The facts of one dealer; what is not known of the dealer counts nothing."""

    def __init__(self, numbers: Numbers, dealer: str) -> None:
        self._facts: dict[str, Facts] = {section: found.get(dealer, {}) for section, found in numbers["facts"].items()}

    def get(self, section: str, key: str) -> float | None:
        found: float | None = self._facts.get(section, {}).get(key)
        return found

    def count(self, section: str, key: str) -> int:
        return int(self.get(section, key) or 0)


def _note(figure: str, words: Words, **said: str) -> str:
    return words[f"customers_report.figure.{figure}_note"].format(**said)


def _rows(numbers: Numbers, panel: Panel) -> Rows:
    found: Rows = numbers["panels"].get(panel.name, {})
    return found


def _coded(column: Column, value: object, words: Words) -> object:
    return word(words, f"customers_report.{column[2]}", value) if column[2] and isinstance(value, str) else value
