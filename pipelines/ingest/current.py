"""The records that are valid now, of those known before and those just read.

A row of the source (``row_id``) is what its latest file says: all of its records come from that file, so that a corrected
row without a 送修人 has none. Of a snapshot source only what the dealer's newest snapshot holds is valid: what is missing there
was deleted at the source; the newest file alone is the snapshot, so a dealer whose snapshot comes in parts sends them as one
archive or workbook. A file of several sources is a snapshot only if all of them are. A file that was read again replaces
what it gave before.
"""

from __future__ import annotations

from engine.changes import Change
from engine.contract import Engine, Table
from engine.tables import schema

_CANDIDATES = """
    select r.row_id, r.dealer_id, r.source, r.file_id, f.arrival, f.snapshot, 'before' as origin
    from before r join files f on f.file_id = r.file_id and f.dealer_id = r.dealer_id
    left join read_files g on g.file_id = r.file_id and g.dealer_id = r.dealer_id
    where g.file_id is null and r.main
    union all
    select r.row_id, r.dealer_id, r.source, r.file_id, f.arrival, f.snapshot, 'read' as origin
    from read r join files f on f.file_id = r.file_id and f.dealer_id = r.dealer_id
    where r.main
"""
_CHOSEN = """
    with newest as (
        select dealer_id, source, max(arrival) as arrival from candidates where snapshot group by dealer_id, source
    ), latest as (
        select row_id, max(arrival) as arrival from candidates group by row_id
    )
    select c.row_id, c.file_id, c.origin
    from candidates c join latest l on l.row_id = c.row_id and l.arrival = c.arrival
    left join newest n on n.dealer_id = c.dealer_id and n.source = c.source
    where n.arrival is null or c.arrival >= n.arrival
"""


_CONCERNED = """
    with rows as (select distinct row_id from read),
    snapshots as (select distinct r.dealer_id, r.source from read r join files f on f.file_id = r.file_id and f.dealer_id = r.dealer_id where f.snapshot and r.main)
    select b.record_id, b.row_id, b.dealer_id, b.source, b.file_id, b.main
    from before b left join rows w on w.row_id = b.row_id left join snapshots s on s.dealer_id = b.dealer_id and s.source = b.source
    where w.row_id is not null or s.dealer_id is not null
"""


def records(engine: Engine, *, files: Table, before: Table, read: Table, read_files: Table, reread: bool = True) -> Change:
    """What changes in RECORDS, which has each record_id once: the records that are valid now, against those valid before.

    Args:
        engine: runs the steps.
        files: FILES of all files, the new ones included; arrival counts each dealer's files.
        before: RECORDS of the version before.
        read: RECORDS of the files just read; a record_id once a file.
        read_files: dealer_id, file_id of the files just read.
        reread: whether a file among them may have been read before. Where none was, all that is read arrives later than all that was there: then only
            the rows that it names again, and those of snapshots that it brings anew, are looked at. All records of a row have its source.
    """
    if not reread:
        before = engine.materialize(engine.sql(_CONCERNED, before=before, read=read, files=files))
    candidates = engine.materialize(engine.sql(_CANDIDATES, before=before, read=read, files=files, read_files=read_files))
    chosen = engine.materialize(engine.sql(_CHOSEN, candidates=candidates))
    columns = ", ".join(f"r.{name}" for name in schema("records"))
    come = f"select {columns} from read r join chosen c on c.row_id = r.row_id and c.file_id = r.file_id and c.origin = 'read'"
    went = """
        select r.record_id from before r left join chosen c on c.row_id = r.row_id and c.file_id = r.file_id and c.origin = 'before'
        where c.row_id is null
    """
    return Change(
        engine.materialize(engine.sql(come, read=read, chosen=chosen)), engine.materialize(engine.sql(went, before=before, chosen=chosen))
    )


_REPLACED = """
    with mains as (
        select r.row_id, r.dealer_id, r.source, f.file_id, f.file_name, f.arrival, f.snapshot
        from read r join files f on f.file_id = r.file_id and f.dealer_id = r.dealer_id join new_files w on w.file_id = r.file_id and w.dealer_id = r.dealer_id
        where r.main
    ), newest as (
        select dealer_id, source, max(arrival) as arrival from mains where snapshot group by dealer_id, source
    ), kept as (
        select distinct m.row_id from mains m join newest n on n.dealer_id = m.dealer_id and n.source = m.source where m.arrival >= n.arrival
    )
    select m.dealer_id, m.source, m.file_name, b.file_name as replaced_by, count(*) as n
    from mains m join newest n on n.dealer_id = m.dealer_id and n.source = m.source join files b on b.dealer_id = n.dealer_id and b.arrival = n.arrival
    left join kept k on k.row_id = m.row_id
    where m.snapshot and m.arrival < n.arrival and k.row_id is null
    group by m.dealer_id, m.source, m.file_name, b.file_name
    order by m.dealer_id, m.source, m.file_name
"""


def replaced(engine: Engine, *, files: Table, read: Table, new_files: Table) -> Table:
    """Snapshots that another one of the same run replaced, where that lacks rows of theirs: perhaps both are parts of one.

    Args:
        engine: runs the step.
        files: FILES of all files.
        read: RECORDS of the files just read.
        new_files: dealer_id, file_id of those of them that were not known before.

    Returns:
        dealer_id, source, file_name, replaced_by (the newest one's name), n (rows that are in no newer one).
    """
    return engine.sql(_REPLACED, files=files, read=read, new_files=new_files)
