"""Which ways lead to a customer, and whether they may be used.

By post where the surviving address reaches a house (road and number), an estate or a village. Contact is not allowed where an
opt_out record is the customer's, and also where one names a phone or e-mail of the customer: an opt-out that is only a
number rarely becomes part of a customer, and must hold all the same.
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table

CONTACT_SCHEMA = {"customer_id": pl.String(), "party": pl.String(), "surname": pl.String(), "kind": pl.String(), "value": pl.String()}


def contacts(engine: Engine, *, customers: Table) -> Table:
    """``CONTACT_SCHEMA``: each phone, e-mail and the record of the surviving address (kind phone | email | address) of each customer."""
    columns = "customer_id, party, surname, phones, emails, provenance"
    return engine.map_batches(engine.sql(f"select {columns} from customers", customers=customers), unfold, CONTACT_SCHEMA)


def unfold(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: see ``contacts``."""
    who = ["customer_id", "party", "surname"]
    entry = pl.element().struct  # a customer has one address that survived, or none
    of_address = pl.col("provenance").list.eval(entry.field("record_id").filter(entry.field("field") == "address")).list.first()
    homes = frame.select(*who, kind=pl.lit("address"), value=of_address).drop_nulls("value")
    numbers = [
        frame.filter(pl.col(column).list.len() > 0).explode(column).select(*who, kind=pl.lit(kind), value=column)
        for column, kind in (("phones", "phone"), ("emails", "email"))
    ]
    return pl.concat([homes, *numbers])


def opted_out(engine: Engine, *, members: Table, clean_records: Table, contacts: Table) -> Table:
    """``customer_id`` of those who must not be contacted."""
    refusals = engine.materialize(
        engine.sql("select record_id, phones, emails from clean_records where source = 'opt_out'", clean_records=clean_records)
    )
    refused = engine.map_batches(refusals, _refused, {"kind": pl.String(), "value": pl.String()})
    return engine.materialize(engine.sql(_OPTED_OUT, members=members, refusals=refusals, refused=refused, contacts=contacts))


_OPTED_OUT = """
select m.customer_id
from members m
join refusals r on m.record_id = r.record_id
union
select c.customer_id
from contacts c
join refused r on c.kind = r.kind and c.value = r.value
"""


def _refused(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(
        frame.filter(pl.col(column).list.len() > 0).select(column).explode(column).select(kind=pl.lit(kind), value=column)
        for column, kind in (("phones", "phone"), ("emails", "email"))
    )
