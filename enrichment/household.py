"""Who lives together: persons who share a home, a phone or a car.

Links, strongest first: a home down to the room (by road and number, or by estate); a house without rooms, among people of one
surname only, for a number alone is often a whole compound; a phone, mobile or landline; a person's car that another person brought to the
workshop, or bought for its owner, at least ``visits_together`` times. What more people share than live together
(``most_persons``) links nobody: it is a dealer's phone, a company's or a dormitory's address. Nor does a phone of persons whose homes
are known and not the same: that is a salesman's number, a wrong one, or a relative's who lives elsewhere. Persons linked directly or through
others are one household; where that grows beyond ``most_persons``, phones and cars no longer count in it and only homes do.

Homes in two districts are never one: 昆山市 and 常熟市, both of 苏州市, have a 人民路 each. A home of unknown district is taken to be in the
district of those that are told alike otherwise; where they are in several, it links nobody.

``household_id`` is the smallest customer_id. Organizations belong to none.
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table
from enrichment.settings import HouseholdSettings

_PARTS = ("province", "city", "district", "town", "community", "road", "road_no", "estate", "building", "unit", "room")
_LINKS = {"customer_id": pl.String(), "kind": pl.String(), "key": pl.String()}
_TOLD = {"customer_id": pl.String(), "way": pl.String(), "district": pl.String(), "place": pl.String()}
_HOMES = {"customer_id": pl.String(), "reach_post": pl.Boolean(), "keys": pl.List(pl.String())}


def homes(engine: Engine, *, contacts: Table, clean_records: Table) -> Table:
    """``customer_id, reach_post, keys``: of each surviving address, whether the post finds it, and the keys of the home that it is."""
    columns = ", ".join(f"r.{part}" for part in _PARTS)
    addresses = engine.sql(
        f"select c.customer_id, c.party, c.surname, {columns} from contacts c join clean_records r on c.value = r.record_id where c.kind = 'address'",
        contacts=contacts,
        clean_records=clean_records,
    )
    return engine.map_batches(addresses, home_keys, _HOMES)


def home_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: see ``homes``. ``keys`` is empty where the address says no home, and for organizations.

    A key is ``district|way|place``: the district is empty where it is unknown, ``way`` is road, estate or house.
    """
    district = pl.col("district").fill_null("")
    city = pl.coalesce("city", "province", pl.lit(""))
    # 522弄16号楼 is 522弄16号: behind a lane the number is the building's
    in_lane = (pl.col("road_no").str.ends_with("弄") & pl.col("building").is_not_null()).fill_null(value=False)
    frame = frame.with_columns(
        road_no=pl.when(in_lane).then(pl.concat_str("road_no", "building", pl.lit("号"))).otherwise("road_no"),
        building=pl.when(~in_lane).then("building"),
    )
    inside = [pl.col(part).fill_null("") for part in ("building", "unit", "room")]
    on_road = pl.col("road").is_not_null() & pl.col("road_no").is_not_null()
    has_room = pl.col("room").is_not_null()
    whole_house = pl.all_horizontal(pl.col(part).is_null() for part in ("estate", "building", "unit", "room"))
    village = pl.coalesce("road", "community", "town")
    rooms = [
        pl.when(on_road & has_room).then(pl.concat_str(district, pl.lit("road"), city, "road", "road_no", *inside, separator="|")),
        pl.when(pl.col("estate").is_not_null() & has_room).then(
            pl.concat_str(district, pl.lit("estate"), city, "estate", *inside, separator="|")
        ),
    ]
    house = pl.when(whole_house & pl.col("road_no").is_not_null()).then(
        pl.concat_str(district, pl.lit("house"), city, village, "road_no", "surname", separator="|")
    )
    keys = (
        pl.when(pl.col("party") == "person")
        .then(pl.concat_list(*rooms, house).list.drop_nulls())
        .otherwise(pl.lit([], pl.List(pl.String())))
    )
    reach = on_road | pl.col("estate").is_not_null() | pl.col("community").is_not_null()
    return frame.select("customer_id", reach_post=reach, keys=keys)


def households(engine: Engine, *, contacts: Table, homes: Table, settings: HouseholdSettings, cars: Table | None = None) -> Table:
    """``customer_id, household_id, household_size, household_reason`` of all persons who share something.

    ``cars`` is what ``enrichment.relationships.shared_cars`` gives.
    ``household_reason`` says what is shared (address | phone | address_and_phone; car: nothing else), or too_many: all that the person shares is shared
    by more people than live together, so household_id is null.
    """
    told = engine.materialize(engine.map_batches(homes, _unfold, _TOLD))
    at_home = engine.materialize(engine.sql(_AT_HOME, told=told))
    by_car = engine.from_frame(pl.DataFrame(schema=_LINKS)) if cars is None else cars
    links = engine.materialize(engine.sql(_ALL_LINKS, at_home=at_home, contacts=contacts, by_car=by_car))
    most = engine.from_frame(pl.DataFrame({"most": [settings.most_persons]}))
    shared = engine.materialize(engine.sql(_SHARED, links=links))
    apart = engine.materialize(engine.sql(_APART, shared=shared, ways=at_home, most=most))
    shared = engine.materialize(engine.sql(_NOT_APART, shared=shared, apart=apart))
    usable = engine.materialize(engine.sql(_USABLE, shared=shared, most=most))
    grouped = _components(engine, usable, settings.most_persons)
    too_wide = engine.materialize(engine.sql("select person from grouped where not sound", grouped=grouped))
    at_home_only = engine.materialize(
        engine.sql(
            "select u.person, u.tie from usable u join too_wide w on u.person = w.person where u.kind = 'address'",
            usable=usable,
            too_wide=too_wide,
        )
    )
    regrouped = _components(engine, at_home_only, settings.most_persons)
    together = engine.materialize(engine.sql(_TOGETHER, grouped=grouped, regrouped=regrouped))
    names = engine.materialize(engine.sql("select distinct person, customer_id from usable", usable=usable))
    return engine.materialize(engine.sql(_HOUSEHOLDS, together=together, usable=usable, shared=shared, names=names))


# few homes lack the district: only what is told like one of them is looked through for districts
_AT_HOME = """
with unknown as (
    select distinct place from told where district = ''
),
asked as (
    select u.place, min(t.district) as lowest, max(t.district) as highest
    from unknown u
    join told t on u.place = t.place
    where t.district <> ''
    group by u.place
)
select customer_id, way, concat(district, '|', place) as key from told where district <> ''
union all
select t.customer_id, t.way, concat(coalesce(a.lowest, ''), '|', t.place) as key
from told t
left join asked a on t.place = a.place
where t.district = '' and (a.place is null or a.lowest = a.highest)
"""

_ALL_LINKS = """
select distinct customer_id, kind, key
from (
    select customer_id, 'address' as kind, key from at_home
    union all
    select customer_id, kind, value as key from contacts where kind = 'phone' and party = 'person'
    union all
    select customer_id, kind, key from by_car
) both_kinds
"""

_SHARED = """
select customer_id, kind, key, persons
from (select customer_id, kind, key, count(*) over (partition by kind, key) as persons from links) counted
where persons > 1
"""

# homes are compared where both are told in the same way; who agrees in one of them lives together
_APART = """
select distinct kind, key
from (
    select u.kind, u.key, u.customer_id, v.customer_id as other_id, max(case when g.key = h.key then 1 else 0 end) as agree
    from shared u
    join shared v on u.kind = v.kind and u.key = v.key
    cross join most
    join ways g on u.customer_id = g.customer_id
    join ways h on v.customer_id = h.customer_id and g.way = h.way
    where u.kind = 'phone' and u.persons <= most.most and u.customer_id < v.customer_id
    group by u.kind, u.key, u.customer_id, v.customer_id
) compared
where agree = 0
"""

_NOT_APART = """
select s.customer_id, s.kind, s.key, s.persons
from shared s
left join apart a on s.kind = a.kind and s.key = a.key
where a.key is null
"""

# persons and what ties them by number, in the order of customer_id: they meet again in every round, and texts meet several times as slowly
_USABLE = """
select dense_rank() over (order by customer_id) as person, customer_id, kind, dense_rank() over (order by kind, key) as tie
from shared
cross join most
where persons <= most
"""

_TOGETHER = """
select person, household, false as by_home
from grouped
where sound
union all
select person, household, true as by_home
from regrouped
where sound
"""

_HOUSEHOLDS = """
select s.customer_id, t.household_id, t.household_size, coalesce(t.household_reason, 'too_many') as household_reason
from (select distinct customer_id from shared) s
left join (
    select n.customer_id, g.customer_id as household_id, h.household_size, h.household_reason
    from together t
    join names n on t.person = n.person
    join names g on t.household = g.person
    join (
        select p.household, count(distinct p.person) as household_size,
            case
                when max(u.kind) = 'phone' and min(u.kind) = 'address' then 'address_and_phone'
                when min(u.kind) = 'address' then 'address'
                when max(u.kind) = 'phone' then 'phone'
                else 'car'
            end as household_reason
        from together p
        join usable u on p.person = u.person and (u.kind = 'address' or not p.by_home)
        group by p.household
    ) h on t.household = h.household
) t on s.customer_id = t.customer_id
"""


def _components(engine: Engine, links: Table, most: int) -> Table:
    """``person, household, sound``: groups connected by ``links`` (``person, tie``); not sound where one has more than ``most`` persons.

    The smallest number spreads along the links. In a group of n persons it has arrived after n - 1 rounds; so after ``most`` rounds a group
    that still sees two labels at one tie is larger, as is one with more persons.
    """
    labels = engine.materialize(engine.sql("select distinct person, person as label from links", links=links))
    for _ in range(most):
        spread = engine.materialize(engine.sql(_SPREAD, labels=labels, links=links))
        changed = engine.sql(
            "select 1 from labels l join spread s on l.person = s.person where l.label <> s.label", labels=labels, spread=spread
        )
        labels = spread
        if not engine.count(changed):
            break
    bound = engine.from_frame(pl.DataFrame({"most": [most]}))
    return engine.materialize(engine.sql(_SOUND, labels=labels, links=links, bound=bound))


_SPREAD = """
select k.person, min(m.smallest) as label
from links k
join (
    select k.tie, min(l.label) as smallest
    from links k
    join labels l on k.person = l.person
    group by k.tie
) m on k.tie = m.tie
group by k.person
"""

_SOUND = """
select l.person, l.label as household, s.persons <= bound.most and e.label is null as sound
from labels l
join (select label, count(*) as persons from labels group by label) s on l.label = s.label
left join (
    select distinct l.label
    from links k
    join labels l on k.person = l.person
    join (
        select k.tie
        from links k
        join labels l on k.person = l.person
        group by k.tie
        having min(l.label) <> max(l.label)
    ) edge on k.tie = edge.tie
) e on l.label = e.label
cross join bound
"""


def _unfold(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: ``homes`` to ``_TOLD``: each key in its parts; ``place`` begins with the way in which it is told."""
    keys = frame.filter(pl.col("keys").list.len() > 0).select("customer_id", "keys").explode("keys")
    parts = pl.col("keys").str.splitn("|", 2).struct.rename_fields(["district", "place"]).struct.unnest()
    return keys.select("customer_id", parts).with_columns(way=pl.col("place").str.extract(r"^(\w+)\|")).select(*_TOLD)
