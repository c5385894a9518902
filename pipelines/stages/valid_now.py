"""Which records are valid now, of those known before and those just read."""

from __future__ import annotations

from engine.contract import Engine, Table
from engine.tables import schema


def records(engine: Engine, *, files: Table, before: Table, read: Table, read_files: Table) -> Table:
    """RECORDS that are valid now.

    For each record the file that arrived last has the word. Of a snapshot source only what the dealer's newest snapshot
    holds is valid: what is missing there was deleted at the source. A file that was read again replaces what it gave before.

    Args:
        engine: runs the steps.
        files: FILES of all files, the new ones included; arrival counts each dealer's files.
        before: RECORDS of the version before.
        read: RECORDS of the files just read; a record_id once a file.
        read_files: dealer_id, file_id of the files just read.
    """
    query = """
        select r.record_id, r.dealer_id, r.source, r.file_id, f.arrival, 'before' as origin
        from before r join files f on f.file_id = r.file_id and f.dealer_id = r.dealer_id
        left join read_files g on g.file_id = r.file_id and g.dealer_id = r.dealer_id
        where g.file_id is null
        union all
        select r.record_id, r.dealer_id, r.source, r.file_id, f.arrival, 'read' as origin
        from read r join files f on f.file_id = r.file_id and f.dealer_id = r.dealer_id
    """
    candidates = engine.materialize(engine.sql(query, before=before, read=read, files=files, read_files=read_files))
    winners = """
        with newest as (
            select c.dealer_id, c.source, max(f.arrival) as arrival
            from (select distinct dealer_id, source from candidates) c
            join files f on f.dealer_id = c.dealer_id and f.snapshot
                and concat(',', f.source, ',') like concat('%,', c.source, ',%')
            group by c.dealer_id, c.source
        ), valid as (
            select c.* from candidates c left join newest n on n.dealer_id = c.dealer_id and n.source = c.source
            where n.arrival is null or c.arrival >= n.arrival
        )
        select v.record_id, v.file_id, v.origin
        from valid v join (select record_id, max(arrival) as arrival from valid group by record_id) l
            on l.record_id = v.record_id and l.arrival = v.arrival
    """
    chosen = engine.materialize(engine.sql(winners, candidates=candidates, files=files))
    columns = ", ".join(f"r.{name}" for name in schema("records"))
    final = f"""
        select {columns} from before r join chosen c on c.record_id = r.record_id and c.file_id = r.file_id and c.origin = 'before'
        union all
        select {columns} from read r join chosen c on c.record_id = r.record_id and c.file_id = r.file_id and c.origin = 'read'
    """
    return engine.sql(final, before=before, read=read, chosen=chosen)
