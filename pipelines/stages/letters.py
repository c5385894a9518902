"""Who of a list gets a letter: only whom the post reaches best (or may reach), and who may be contacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl

from engine.contract import Engine, Table
from quality_reports.messages import Language, catalogue, word

ListName = Literal["care_tasks", "call_list", "campaign_lists", "save_list"]

MOST = 20_000
"""So many letters at most in one file."""
DAYS = 30
"""Tasks of so many days from the as-of date on, where nothing else is said."""

# customer_id, about, day, dealer_id, and post: whether the list itself means the post (null: the customer's best channel decides)
LISTS: Mapping[ListName, str] = {
    "care_tasks": """
        select customer_id, task as about, due_date as day, dealer_id, cast(null as boolean) as by_post
        from care_tasks where status = 'planned' and do_date >= date '{since}' and do_date < date '{until}'
    """,
    "call_list": "select customer_id, reason as about, since as day, dealer_id, cast(null as boolean) as by_post from call_list",
    "campaign_lists": """
        select customer_id, campaign as about, listed_on as day, dealer_id, channel = 'post' as by_post from campaign_lists where side = 'contact'
    """,
    "save_list": "select customer_id, offer as about, cast(null as date) as day, dealer_id, cast(null as boolean) as by_post from save_list",
}
"""What each list says of a letter."""

_STANDING = """
select l.customer_id, l.about, l.day, l.dealer_id, r.post, c.name, c.gender, c.party, c.city, case when c.address = r.post then c.postcode end as postcode,
    case when r.customer_id is null or not r.contact_allowed or coalesce(c.party, '') = 'test' then 'not_allowed' when r.post is null then 'no_address'
        when coalesce(l.by_post, r.best_channel = 'post' or any_way, any_way) then 'letter' else 'other_channel' end as standing
from (
    select t.*, row_number() over (partition by t.customer_id order by t.day nulls last, t.about nulls last, t.dealer_id nulls last) as place
    from listed t join wanted w on (w.about is null or w.about = t.about) and (w.dealer_id is null or w.dealer_id = t.dealer_id)
) l cross join asked left join customer_reach r on r.customer_id = l.customer_id left join customers c on c.customer_id = l.customer_id
where l.place = 1
"""


class NotListedError(Exception):
    """What is asked for is neither in the list nor anything that it could hold; the message says what there is."""


class TooManyLettersError(Exception):
    """More letters than one file holds."""


@dataclass(frozen=True)
class Wanted:
    """What of a list is asked for; None is everything. ``any_way``: also whom another channel reaches better."""

    about: str | None = None
    dealer: str | None = None
    since: date | None = None
    until: date | None = None
    any_way: bool = False

    def days(self, as_of: date) -> tuple[date, date]:
        """The first and the last day."""
        since = self.since or as_of
        return since, self.until or since + timedelta(days=DAYS)


def require_listed(engine: Engine, tables: Mapping[str, Table], name: ListName, *, wanted: Wanted) -> None:
    """Refuses a dealer, kind or campaign that nobody knows: a mistyped one would write to nobody and look like a night without letters.

    Args:
        engine: the engine of the tables.
        tables: the list, and ``files``, which names every dealer.
        name: the list.
        wanted: what of the list; a task or reason of the catalogue may be on nobody's list today.

    Raises:
        NotListedError: nobody knows it.
    """
    column = {"care_tasks": "task", "call_list": "reason", "campaign_lists": "campaign", "save_list": "offer"}[name]
    about = _values(engine, f"select distinct {column} as v from t where {column} is not null", tables[name])
    if name in {"care_tasks", "call_list"}:
        group = "customers_report.task." if name == "care_tasks" else "customers_report.call_for."
        about |= {key.removeprefix(group) for key in catalogue("en") if key.startswith(group)}
    dealers = _values(engine, "select distinct dealer_id as v from t", tables["files"])
    for what, one, known in ((column, wanted.about, about), ("dealer", wanted.dealer, dealers)):
        if one is not None and one not in known:
            message = f"there is no {what} {one!r} for {name}; there are: {', '.join(sorted(known)) or 'none'}"
            raise NotListedError(message)


def _values(engine: Engine, query: str, table: Table) -> set[str]:
    return set(engine.collect(engine.sql(query, t=table))["v"])


def addressed(
    engine: Engine, tables: Mapping[str, Table], name: ListName, *, as_of: date, wanted: Wanted, lang: Language
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The letters of a list, one a customer (the earliest day), by postcode; and how many customers stand how.

    Args:
        engine: the engine of the tables.
        tables: the list, ``customer_reach``, ``customers``.
        name: the list.
        as_of: date of the version.
        wanted: what of the list.
        lang: of ``about_text``.

    Returns:
        Mappings with the fields of ``letters.FIELDS``, and counts of ``letter``, ``not_allowed``, ``no_address``, ``other_channel``.

    Raises:
        TooManyLettersError: more than ``MOST`` letters.
    """
    since, until = wanted.days(as_of)
    until += timedelta(days=1)
    listed = engine.sql(LISTS[name].format(since=since.isoformat(), until=until.isoformat()), **{name: tables[name]})
    asked = {"about": [wanted.about], "dealer_id": [wanted.dealer]}
    standing = engine.materialize(
        engine.sql(
            _STANDING,
            listed=listed,
            wanted=engine.from_frame(pl.DataFrame(asked, schema={"about": pl.String(), "dealer_id": pl.String()})),
            asked=engine.from_frame(pl.DataFrame({"any_way": [wanted.any_way]})),
            customer_reach=tables["customer_reach"],
            customers=tables["customers"],
        )
    )
    counts = dict(engine.collect(engine.sql("select standing, count(*) as n from s group by standing", s=standing)).iter_rows())
    if counts.get("letter", 0) > MOST:
        message = f"{counts['letter']:,} letters are more than one file holds ({MOST:,}): ask for one dealer, one kind, or fewer days"
        raise TooManyLettersError(message)
    order = "select * from s where standing = 'letter' order by postcode nulls last, customer_id"
    rows = engine.collect(engine.sql(order, s=standing), max_rows=MOST).rename({"post": "address"}).drop("standing")
    words = catalogue(lang)
    letters = [
        {**row, "about_text": word(words, "customers_report.call_for", row["about"] or ""), "day": row["day"].isoformat() if row["day"] else None}
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return letters, {state: counts.get(state, 0) for state in ("letter", "not_allowed", "no_address", "other_channel")}
