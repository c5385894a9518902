"""Which ways lead to a customer, and whether they may be used.

By post where the surviving address reaches a house (road and number), an estate or a village. Contact is not allowed where an
opt_out record is the customer's, and also where one names a phone or e-mail of the customer: an opt-out that is only a
number rarely becomes part of a customer, and must hold all the same. A record of any export whose name cell says 勿扰 is an opt-out, too.
"""

from __future__ import annotations

import polars as pl

from engine.contract import Engine, Table

_REFUSING = {"record_id": pl.String(), "phones": pl.List(pl.String()), "emails": pl.List(pl.String())}
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
    refusals = engine.materialize(engine.map_batches(engine.sql(_MAY_REFUSE, clean_records=clean_records), refusing, _REFUSING))
    refused = engine.map_batches(refusals, _refused, {"kind": pl.String(), "value": pl.String()})
    return engine.materialize(engine.sql(_OPTED_OUT, members=members, refusals=refusals, refused=refused, contacts=contacts))


# engines have no common way to look into a list of structs: SQL leaves those with any problem, the kernel finds the problem
_MAY_REFUSE = "select record_id, source, phones, emails, problems from clean_records where source = 'opt_out' or cardinality(problems) > 0"

_OPTED_OUT = """
select m.customer_id
from members m
join refusals r on m.record_id = r.record_id
union
select c.customer_id
from contacts c
join refused r on c.kind = r.kind and c.value = r.value
"""


def refusing(frame: pl.DataFrame) -> pl.DataFrame:
    """Kernel: ``record_id, source, phones, emails, problems`` to the first, third and fourth of records that are an opt-out."""
    opt_out = (pl.col("source") == "opt_out").fill_null(value=False)
    said = name_says(frame.filter(~opt_out), "do_not_contact")
    return frame.filter(opt_out | pl.col("record_id").is_in(said["record_id"].implode())).select(*_REFUSING)


def name_says(frame: pl.DataFrame, what: str) -> pl.DataFrame:
    """Kernel: ``record_id, problems`` of clean records to ``record_id`` of those whose name cell said so (deceased | do_not_contact).

    >>> from engine.tables import schema
    >>> said = [{"field": "name", "reason": "name_says_deceased", "value": "王强（已故）", "repaired": True}]
    >>> records = {"record_id": ["a", "b", "c"], "problems": [said, [], None]}
    >>> frame = pl.DataFrame(records, schema={name: schema("clean_records")[name] for name in records})
    >>> name_says(frame, "deceased")["record_id"].to_list()
    ['a']
    """
    each = frame.select("record_id", "problems").filter(pl.col("problems").list.len() > 0).explode("problems")
    return each.filter(pl.col("problems").struct.field("reason") == f"name_says_{what}").select("record_id").unique(maintain_order=True)


def _refused(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(
        frame.filter(pl.col(column).list.len() > 0).select(column).explode(column).select(kind=pl.lit(kind), value=column)
        for column, kind in (("phones", "phone"), ("emails", "email"))
    )
