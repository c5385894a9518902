"""The tables that a match gives back, by the records' own ids."""

from __future__ import annotations

from engine.contract import Engine, Table
from matching.comparisons import Comparison
from matching.model import Model


def named_clusters(engine: Engine, numbered: Table, together: Table) -> Table:
    """Table ``clusters``: record_id, cluster_id (the smallest record_id of the cluster). ``numbered``: rid, record_id; ``together``: rid, cluster; who is not there is alone."""
    return engine.sql(
        """
        select n.record_id, coalesce(m.record_id, n.record_id) as cluster_id
        from n left join c on n.rid = c.rid left join n m on c.cluster = m.rid
        """,
        n=engine.sql("select rid, record_id from t", t=numbered),
        c=together,
    )


def edges_of(
    engine: Engine, scored: Table, numbered: Table, comparisons: list[Comparison], model: Model, surer: Table | None = None
) -> Table:
    """Table ``edges`` of scored pairs. ``numbered``: rid, record_id; ``surer``: what clusters say of pairs in doubt (``matching.collective``)."""
    names = (*(comparison.name for comparison in comparisons), "household")
    listed = ", ".join(f'cast(s."{name}" as double) / 1000 as "{name}"' for name in names)
    more, joined, beside = "s.probability", "", {}
    if surer is not None:
        more, beside = "coalesce(m.probability, s.probability) as probability", {"m": surer}
        listed += ", cast(coalesce(m.collective, 0) as double) / 1000 as collective"
        joined = "left join m on s.rid_l = m.rid_l and s.rid_r = m.rid_r"
    return engine.sql(
        f"select a.record_id as record_id_l, b.record_id as record_id_r, cast(s.weight as double) / 1000 as weight, {more}, {listed} "
        f"from s join n a on s.rid_l = a.rid join n b on s.rid_r = b.rid {joined} where s.weight >= {model.review}",
        s=scored,
        n=engine.sql("select rid, record_id from t", t=numbered),
        **beside,
    )
