"""How sure we are of the merges: precision and recall as the model itself expects them, and how many pairs people have decided."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from engine.contract import Engine, Table
from engine.tables import schema
from matching.estimate import Estimate, chances, estimate
from matching.model import Model, load_model
from pipelines.draft import Draft
from pipelines.store.decision import Decision

SAMPLED_CLUSTERS = 20_000
"""From more clusters a sample of so many is drawn, by a hash: the edges of a million records would take ten seconds, these one."""

_SAMPLE = "select d.cluster_id from d cross join asked where substr(md5(d.cluster_id), 1, 4) < asked.below"

# edges whose other end is in no cluster are left out by whoever looks up its cluster
_EDGES = """
select {columns} from e
left join m one on one.record_id = e.record_id_l
left join m two on two.record_id = e.record_id_r
where one.record_id is not null or two.record_id is not null
"""

_CLUSTERS = """
select c.record_id, c.cluster_id from c join (
    select cluster_id from s
    union
    select c.cluster_id from c join (select record_id_l as record_id from e union select record_id_r as record_id from e) r on r.record_id = c.record_id
) w on w.cluster_id = c.cluster_id
"""


def history(engine: Engine, draft: Draft, decisions: Sequence[Decision]) -> Table:
    """Rows of QUALITY_HISTORY (table crosswalk): ``merge_precision``, ``merge_recall`` (shares), ``decided_same``, ``decided_not_same`` (decisions in force)."""
    found = {f"decided_{kind}": float(sum(each.kind == kind for each in decisions)) for kind in ("same", "not_same")}
    if isinstance(name := draft.noted("model"), str):
        model = load_model(draft.home.models / name)
        sure = estimated(engine, model, edges=draft.read(engine, "edges"), clusters=draft.read(engine, "clusters"))
        found |= {"merge_precision": sure.precision, "merge_recall": sure.recall}
    rows = [
        {
            "run_id": draft.run_id, "as_of": draft.as_of, "table": "crosswalk", "dealer_id": "", "source": "", "field": "",
            "dimension": "uniqueness", "measure": measure, "value": value,
        }
        for measure, value in found.items()
    ]  # fmt: skip
    return engine.from_frame(pl.DataFrame(rows, schema=schema("quality_history")))


def estimated(engine: Engine, model: Model, *, edges: Table, clusters: Table) -> Estimate:
    """What the model expects of tables ``edges`` and ``clusters``; of a sample, where there are many."""
    every = engine.materialize(engine.sql("select distinct cluster_id from c", c=clusters))
    number = engine.count(every)
    share = min(1.0, SAMPLED_CLUSTERS / max(number, 1))
    asked = engine.from_frame(pl.DataFrame({"below": [f"{round(share * 0xFFFF):04x}" if share < 1 else "g"]}))
    sample = engine.materialize(engine.sql(_SAMPLE, d=every, asked=asked))
    members = engine.materialize(engine.sql("select c.record_id from c join s on s.cluster_id = c.cluster_id", c=clusters, s=sample))
    keys, agree = chances(model)
    compared = sorted({name for key in keys for name in key} & set(edges.schema))
    columns = ", ".join(f'e."{name}"' for name in ("record_id_l", "record_id_r", "probability", "weight", *compared))
    looked_at = engine.materialize(engine.sql(_EDGES.format(columns=columns), e=edges, m=members))
    theirs = engine.sql(_CLUSTERS, c=clusters, s=sample, e=looked_at)
    most = 40 * SAMPLED_CLUSTERS
    return estimate(
        engine.collect(looked_at, max_rows=most),
        engine.collect(theirs, max_rows=most),
        keys=keys,
        agree=agree,
        link=1 / (1 + 2 ** (-model.link / 1000)),
        of=engine.collect(sample)["cluster_id"].to_list(),
    )
