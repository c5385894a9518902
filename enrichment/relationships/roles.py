"""Who has which role on which car, from when to when, and which cars changed hands.

A *sighting* is a record that names a customer with a car, or stands in a row whose event has one. Whoever is named owner where papers are shown (a sale, the workshop, a policy, a
customer file) is an owner; a buyer is one too unless the same row names another owner; a bare customer anywhere else only spoke of the
car (a contact).

The owners of a car stand in the order in which they were first seen. Somebody takes it over from those before where none of them was
seen as owner later, they share neither household, whole name nor plate, and something says that it changed hands: another plate (in China the
plate stays with the person), a sale to the new one, or both called owner by whole names with different surnames. A customer file is dated by its
last change and says nothing of the time of ownership, so it counts only where nothing else is dated. Owners who come and go side by side (a
couple, or one person under two ids) are one ownership. Nothing is told of owners whose sightings have no date.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from engine.contract import Engine, Table
from enrichment.relationships.settings import RelationshipSettings

OWNER_SCHEMA = {
    "vin": pl.String(),
    "customer_id": pl.String(),
    "ownership": pl.Int64(),
    "from_date": pl.Date(),
    "to_date": pl.Date(),
    "previous_customer_id": pl.String(),
    "previous_role": pl.String(),
    "role": pl.String(),
    "evidence": pl.String(),
}


def sightings(engine: Engine, *, named: Table, events: Table, as_of: date, settings: RelationshipSettings) -> Table:
    """``vin, customer, role, row_id, seen, dealer_id, source, plate``: one row per record that names a customer (by number) with a car.

    ``role``: owner | buyer | driver | payer | contact. ``seen`` is null where undated or after ``as_of``.

    Args:
        engine: runs the steps.
        named: ``enrichment.relationships.named.named``.
        events: table ``events``: the car of a record that names none itself.
        as_of: date of the computation.
        settings: see ``enrichment.relationships.settings``.
    """
    asked = engine.from_frame(pl.DataFrame({"as_of": [as_of]}))
    not_from = engine.from_frame(pl.DataFrame({"source": settings.cars_not_from}, schema={"source": pl.String()}))
    papers = engine.from_frame(pl.DataFrame({"source": settings.papers}, schema={"source": pl.String()}))
    return engine.materialize(engine.sql(_SIGHTINGS, named=named, events=events, asked=asked, not_from=not_from, papers=papers))


_SIGHTINGS = """
select r.vin, r.customer, r.row_id, r.dealer_id, r.source, r.plate,
    case
        when r.role in ('driver', 'sender') then 'driver'
        when r.role in ('payer', 'buyer') then r.role
        when r.role in ('owner', 'customer') and p.source is not null then 'owner'
        else 'contact'
    end as role,
    case when r.event_date <= asked.as_of then r.event_date end as seen
from (
    select n.vin, n.customer, n.row_id, n.dealer_id, n.source, n.plate, n.role, n.event_date
    from named n
    left join not_from x on n.source = x.source
    where n.vin is not null and x.source is null
    union all
    select e.vin, n.customer, n.row_id, n.dealer_id, n.source, n.plate, n.role, n.event_date
    from named n
    join events e on n.row_id = e.row_id
    left join not_from x on n.source = x.source
    where n.vin is null and e.vin is not null and x.source is null
) r
left join papers p on r.source = p.source
cross join asked
"""


def proofs(engine: Engine, *, sightings: Table, numbers: Table, settings: RelationshipSettings) -> Table:
    """``vin, customer_id, first_seen, last_seen, bought, plate, other_plate, named``: who was an owner of each car, and by what papers.

    Args:
        engine: runs the steps.
        sightings: see ``sightings``.
        numbers: ``enrichment.members.numbered``.
        settings: see ``enrichment.relationships.settings``.
    """
    files = engine.from_frame(pl.DataFrame({"source": settings.files}, schema={"source": pl.String()}))
    return engine.sql(_PROOFS, sightings=sightings, numbers=numbers, files=files)


def owners(engine: Engine, *, proofs: Table, customers: Table, profile: Table) -> Table:
    """Columns ``OWNER_SCHEMA``: the owners of each car, numbered by ownership from 1.

    ``to_date`` is the day on which the next ownership began; ``previous_customer_id`` and ``evidence`` (plate | sale | name) tell of the first owner of
    an ownership that followed another, from whom; ``role`` and ``previous_role`` (owner | buyer) as what papers name the two.
    """
    several = engine.sql("select vin from proofs group by vin having count(*) > 1", proofs=proofs)
    contested = engine.sql(_CONTESTED, proofs=proofs, several=several, customers=customers, profile=profile)
    told = engine.map_groups(contested, "vin", ownerships, OWNER_SCHEMA)
    return engine.materialize(engine.sql(_OWNERS, proofs=proofs, told=told))


_PROOFS = """
select p.vin, n.customer_id, p.first_seen, p.last_seen, p.bought, p.plate, p.other_plate, p.named
from (
select vin, customer, coalesce(min(happened), min(seen)) as first_seen, coalesce(max(happened), max(seen)) as last_seen,
    min(case when source = 'sale' then seen end) as bought, min(plate) as plate, max(plate) as other_plate, max(named) as named
from (
    select s.vin, s.customer, s.source, s.plate, s.seen, case when f.source is null then s.seen end as happened,
        case when s.role = 'owner' then 1 else 0 end as named
    from sightings s
    left join (
        select distinct t.row_id
        from sightings t
        join (select row_id from sightings where role = 'buyer') b on t.row_id = b.row_id
        where t.role = 'owner'
    ) o on s.row_id = o.row_id and s.role = 'buyer'
    left join files f on s.source = f.source
    where s.role = 'owner' or (s.role = 'buyer' and o.row_id is null)
) proof
group by vin, customer
) p
join numbers n on p.customer = n.customer
"""

_CONTESTED = """
select p.vin, p.customer_id, p.first_seen, p.last_seen, p.bought, p.plate, p.other_plate, p.named,
    coalesce(h.household_id, p.customer_id) as household, c.surname,
    case when c.given_name is not null or c.party = 'organization' then c.name end as name
from proofs p
join several s on p.vin = s.vin
join customers c on p.customer_id = c.customer_id
left join profile h on p.customer_id = h.customer_id
where p.first_seen is not null and (c.party is null or c.party <> 'test')
"""

_OWNERS = """
select p.vin, p.customer_id, coalesce(t.ownership, 1) as ownership, coalesce(t.from_date, p.first_seen) as from_date, t.to_date,
    t.previous_customer_id, t.previous_role, t.role, t.evidence
from proofs p
left join told t on p.vin = t.vin and p.customer_id = t.customer_id
"""


def ownerships(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: the owners of any number of cars, in turn.

    Args:
        frame: ``vin, customer_id, first_seen, last_seen, bought`` (first sale to this customer), ``plate, other_plate`` (smallest and
            largest seen with this customer), ``named`` (1: called owner, 0: only buyer), ``household, surname, name`` (whole; null where
            only a surname is known).

    Returns:
        Columns ``OWNER_SCHEMA``.
    """
    car = "vin"
    ordered = frame.sort(car, "first_seen", "last_seen", "customer_id")

    def before(column: str) -> pl.Expr:
        return pl.col(column).shift(1).over(car)

    def same(column: str) -> pl.Expr:
        return (pl.col(column) == before(column)).fill_null(value=False)

    plates = [pl.col(one) == before(other) for one in ("plate", "other_plate") for other in ("plate", "other_plate")]
    both_plates = pl.col("plate").is_not_null() & before("plate").is_not_null()
    one_plate = pl.any_horizontal(plates).fill_null(value=False)
    strictly = (before("last_seen").cum_max().over(car) < pl.col("first_seen")).fill_null(value=False)
    sold = strictly & (pl.col("bought") == pl.col("first_seen")).fill_null(value=False)
    both_named = pl.col("name").is_not_null() & before("name").is_not_null() & (pl.col("named") == 1) & (before("named") == 1)
    evidence = (
        pl.when(one_plate).then(None)
        .when(both_plates).then(pl.lit("plate"))
        .when(sold).then(pl.lit("sale"))
        .when(both_named & strictly & ~same("surname")).then(pl.lit("name"))
    )  # fmt: skip
    in_turn = (before("last_seen").cum_max().over(car) <= pl.col("first_seen")).fill_null(value=False)
    taken = in_turn & ~same("household") & ~same("name")
    marked = ordered.with_columns(evidence=pl.when(taken).then(evidence))
    marked = marked.with_columns(ownership=1 + pl.col("evidence").is_not_null().cum_sum().over(car).cast(pl.Int64))
    # whoever is called owner stands before those who only signed, so all of an ownership are only buyers where the first of them is
    first = marked.group_by(car, "ownership").agg(
        start=pl.col("first_seen").min(),
        evidence=pl.col("evidence").drop_nulls().first(),
        heir=pl.col("customer_id").sort_by(-pl.col("named"), "first_seen", "customer_id").first(),
        giver=pl.col("customer_id").sort_by("named", "last_seen", "customer_id", descending=[True, True, False]).first(),
        role=pl.when(pl.col("named").max() == 1).then(pl.lit("owner")).otherwise(pl.lit("buyer")),
    )
    ends = first.select(car, ownership=pl.col("ownership") - 1, to_date="start")
    givers = first.select(car, "giver", previous_role="role", ownership=pl.col("ownership") + 1)
    turns = first.drop("giver").join(ends, on=[car, "ownership"], how="left").join(givers, on=[car, "ownership"], how="left")
    told = marked.drop("evidence").join(turns, on=[car, "ownership"], how="left", maintain_order="left")
    heir = pl.col("customer_id") == pl.col("heir")
    return told.with_columns(
        from_date=pl.when(heir & (pl.col("ownership") > 1)).then("start").otherwise("first_seen"),
        previous_customer_id=pl.when(heir).then("giver"),
        previous_role=pl.when(heir).then("previous_role"),
        role=pl.when(heir & pl.col("giver").is_not_null()).then("role"),
        evidence=pl.when(heir).then("evidence"),
    ).select(*OWNER_SCHEMA)


def seen_in_roles(engine: Engine, *, sightings: Table, numbers: Table) -> Table:
    """``vin, customer_id, role, from_date, last_seen, records, dealers``: each customer with each car, by role."""
    return engine.sql(_SEEN, sightings=sightings, numbers=numbers)


def car_roles(engine: Engine, *, seen: Table, owners: Table) -> Table:
    """Table ``car_roles``. A role other than owner ends where the car went to another owner after it was last seen."""
    return engine.materialize(engine.sql(_CAR_ROLES, seen=seen, owners=owners))


_SEEN = """
select s.vin, n.customer_id, s.role, s.from_date, s.last_seen, s.records, s.dealers
from (
    select vin, customer, role, min(first_seen) as from_date, max(last_seen) as last_seen, cast(sum(records) as bigint) as records,
        count(dealer_id) as dealers
    from (
        select vin, customer, role, dealer_id, min(seen) as first_seen, max(seen) as last_seen, count(*) as records
        from sightings
        group by vin, customer, role, dealer_id
    ) at_dealers
    group by vin, customer, role
) s
join numbers n on s.customer = n.customer
"""

_CAR_ROLES = """
select s.vin, s.customer_id, s.role, case when s.role = 'owner' then coalesce(o.from_date, s.from_date) else s.from_date end as from_date,
    case when s.role in ('owner', 'buyer') and o.customer_id is not null then o.to_date else t.to_date end as to_date, s.last_seen,
    s.records, s.dealers
from seen s
left join owners o on s.vin = o.vin and s.customer_id = o.customer_id
left join (
    select s.vin, s.customer_id, s.role, min(o.to_date) as to_date
    from seen s
    join owners o on s.vin = o.vin and o.to_date >= s.last_seen
    group by s.vin, s.customer_id, s.role
) t on s.vin = t.vin and s.customer_id = t.customer_id and s.role = t.role
"""


def transfers(engine: Engine, *, owners: Table) -> Table:
    """Table ``car_transfers``: each car that changed hands, once a change."""
    return engine.sql(_TRANSFERS, owners=owners)


_TRANSFERS = """
select vin, previous_customer_id as from_customer_id, previous_role as from_role, customer_id as to_customer_id, role as to_role,
    from_date as transfer_date, evidence
from owners
where previous_customer_id is not null
"""
