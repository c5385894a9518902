"""Dated tasks: why to turn to whom and when, few enough that nobody is flooded.

A task is due on its date and to be done ``lead_days`` before. Those of the next ``horizon_days`` are told, and those overdue by at most
``overdue_days``. All stand in the table; what is held back says why:

- ``not_allowed``: the customer must not be contacted;
- ``household``: another person of the household is told (festivals, another car); the one who is reached best;
- ``limit``: the month has ``most_a_month`` tasks that come first, by priority, then date.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from engine.contract import Engine, Table
from enrichment.calendar.lunar import lunar_dates, next_lunar
from enrichment.calendar.settings import CalendarSettings

_WANTED = {"customer_id": pl.String(), "task": pl.String(), "vin": pl.String(), "due_date": pl.Date(), "reason": pl.String()}


def tasks(
    engine: Engine, *, customers: Table, profile: Table, cars: Table, reach: Table, as_of: date, version: str, settings: CalendarSettings
) -> Table:
    """Table ``care_tasks``.

    Args:
        engine: runs the steps.
        customers: table ``customers``.
        profile: table ``customer_profile``, for households.
        cars: table ``cars``.
        reach: table ``customer_reach``: who may be told, and over which channel.
        as_of: date of the computation.
        version: of the definitions.
        settings: see ``CalendarSettings``.
    """
    of_cars = engine.map_batches(cars, partial(car_tasks, as_of=as_of, settings=settings), _WANTED)
    people = engine.sql("select customer_id, birth_date, party from customers where party is null or party <> 'test'", customers=customers)
    of_people = engine.map_batches(people, partial(personal_tasks, as_of=as_of, settings=settings), _WANTED)
    rules = pl.DataFrame(
        [(name, task.priority, task.lead_days, task.once) for name, task in settings.tasks.items()],
        schema={"task": pl.String(), "priority": pl.Int64(), "lead_days": pl.Int64(), "once": pl.Boolean()},
        orient="row",
    )
    wanted = engine.sql(
        _WANTED_OF_ALL,
        of_cars=of_cars,
        of_people=of_people,
        rules=engine.from_frame(rules),
        customers=customers,
        profile=profile,
        reach=reach,
    )
    dated = engine.map_batches(wanted, _to_do, {**_IN_HAND, "do_date": pl.Date(), "month": pl.Int64()})
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of], "version": [version], "most": [settings.most_a_month]}))
    return engine.sql(_HELD, dated=engine.materialize(dated), asked=asked)


_IN_HAND = {
    "customer_id": pl.String(), "household": pl.String(), "task": pl.String(), "vin": pl.String(), "due_date": pl.Date(), "reason": pl.String(),
    "priority": pl.Int64(), "lead_days": pl.Int64(), "once": pl.Boolean(), "allowed": pl.Boolean(), "channel": pl.String(),
    "confidence": pl.Float64(), "dealer_id": pl.String(),
}  # fmt: skip

_WANTED_OF_ALL = """
select w.customer_id, coalesce(p.household_id, w.customer_id) as household, w.task, w.vin, w.due_date, w.reason, r.priority, r.lead_days, r.once,
    coalesce(c.contact_allowed, false) as allowed, c.best_channel as channel, coalesce(c.best_confidence, 0.0) as confidence,
    g.home_dealer_id as dealer_id
from (select * from of_cars union all select * from of_people) w
join rules r on w.task = r.task
join customers g on w.customer_id = g.customer_id
left join profile p on w.customer_id = p.customer_id
left join reach c on w.customer_id = c.customer_id
"""

_HELD = """
select customer_id, task, vin, due_date, do_date, reason, channel, dealer_id,
    case when held_reason is null then 'planned' else 'held' end as status, held_reason, as_of, version
from (
    select t.*, asked.as_of, asked.version,
        case
            when not t.allowed then 'not_allowed'
            when t.once and t.in_household > 1 then 'household'
            when row_number() over (
                partition by t.customer_id, t.month, not t.allowed, t.once and t.in_household > 1
                order by t.priority, t.do_date, t.task, t.vin nulls first
            ) > asked.most then 'limit'
        end as held_reason
    from (
        select d.*,
            row_number() over (
                partition by d.household, d.task, d.month, d.allowed
                order by d.confidence desc, d.customer_id, d.due_date, d.vin nulls first
            ) as in_household
        from dated d
    ) t
    cross join asked
) judged
"""


def _to_do(frame: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("due_date") - pl.duration(days=pl.col("lead_days"))
    return frame.with_columns(do_date=day.cast(pl.Date)).with_columns(
        month=pl.col("do_date").dt.year().cast(pl.Int64) * 12 + pl.col("do_date").dt.month().cast(pl.Int64)
    )


def car_tasks(frame: pl.DataFrame, *, as_of: date, settings: CalendarSettings) -> pl.DataFrame:
    """Kernel: rows of ``cars`` to ``customer_id, task, vin, due_date, reason``, of the kinds and the time that the settings ask for."""
    dates = {
        "next_service": ("next_service", pl.col("next_service_reason")),
        "insurance": ("insurance_due", pl.lit("last_policy")),
        "inspection": ("inspection_due", pl.col("inspection_kind")),
        "warranty_end": ("warranty_end", pl.col("warranty_reason")),
        "replacement": ("replacement_from", pl.lit("car_age")),
    }
    parts = [
        _near(frame.select("customer_id", "vin", task=pl.lit(task), due_date=column, reason=why), as_of, settings)
        for task, (column, why) in dates.items()
        if task in settings.tasks
    ]
    return pl.concat([pl.DataFrame(schema=_WANTED), *(part.select(*_WANTED) for part in parts)])


def personal_tasks(frame: pl.DataFrame, *, as_of: date, settings: CalendarSettings) -> pl.DataFrame:
    """Kernel: ``customer_id, birth_date, party`` to tasks as ``car_tasks`` has them: birthdays and festivals.

    Whoever was born before the year ``lunar_born_before`` keeps the lunar birthday, others the common one; organizations have festivals only.
    """
    since = as_of - timedelta(days=settings.overdue_days)
    people = frame.filter(pl.col("birth_date").is_not_null(), pl.col("party").is_null() | (pl.col("party") != "organization"))
    by_moon = pl.lit(False) if settings.lunar_born_before is None else pl.col("birth_date").dt.year() < settings.lunar_born_before
    lunar, common = people.filter(by_moon), people.filter(~by_moon)
    parts = [pl.DataFrame(schema=_WANTED)]
    if "lunar_birthday" in settings.tasks:
        due = next_lunar(lunar_dates(lunar["birth_date"]), on_or_after=since)
        parts.append(lunar.select("customer_id", task=pl.lit("lunar_birthday"), due_date=due, reason=pl.lit("birth_date")))
    if "birthday" in settings.tasks:
        parts.append(
            common.select("customer_id", task=pl.lit("birthday"), due_date=_birthday("birth_date", since), reason=pl.lit("birth_date"))
        )
    for name, feast in settings.festivals.items():
        if name in settings.tasks:
            day = next_festival(feast.month, feast.day, lunar=feast.lunar, on_or_after=as_of)
            parts.append(frame.select("customer_id", task=pl.lit(name), due_date=pl.lit(day), reason=pl.lit("festival")))
    filled = [part.with_columns(vin=pl.lit(None, pl.String())).select(*_WANTED) if "vin" not in part.columns else part for part in parts]
    return _near(pl.concat(filled), as_of, settings).select(*_WANTED)


def next_festival(month: int, day: int, *, lunar: bool, on_or_after: date) -> date:
    """The first date from ``on_or_after`` on that is the month and day of either calendar.

    >>> next_festival(8, 15, lunar=True, on_or_after=date(2026, 1, 1)), next_festival(10, 1, lunar=False, on_or_after=date(2026, 10, 2))
    (datetime.date(2026, 9, 25), datetime.date(2027, 10, 1))
    """
    if lunar:
        found: date = next_lunar(pl.DataFrame({"month": [month], "day": [day]}), on_or_after=on_or_after).item()
        return found
    this = date(on_or_after.year, month, day)
    return this if this >= on_or_after else date(on_or_after.year + 1, month, day)


def _birthday(column: str, since: date) -> pl.Expr:
    """The first birthday from ``since`` on; who was born on 29 February has it on the 28th in other years."""
    years = since.year - pl.col(column).dt.year()
    this = pl.col(column).dt.offset_by(pl.format("{}y", years))
    return pl.when(this >= since).then(this).otherwise(pl.col(column).dt.offset_by(pl.format("{}y", years + 1)))


def _near(frame: pl.DataFrame, as_of: date, settings: CalendarSettings) -> pl.DataFrame:
    since, until = as_of - timedelta(days=settings.overdue_days), as_of + timedelta(days=settings.horizon_days)
    return frame.filter(pl.col("due_date").is_between(since, until))
