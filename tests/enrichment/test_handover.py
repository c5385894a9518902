"""Hand-over of prospects: held against the rule said in Python, one lead at a time."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from enrichment.prospects.handover import SELLER_SCHEMA, handed, sellers
from enrichment.settings import load

AS_OF = date(2026, 6, 30)
RULES = load().prospects.hand_over
PLACES = st.sampled_from([("上海市", "上海市"), ("江苏省", "苏州市"), ("江苏省", "南京市"), ("江苏省", None), (None, None)])
BRANDS = st.sampled_from(["大众", "丰田", None])
LEADS = st.lists(st.tuples(st.sampled_from(["D1", "D2", "D3", None]), BRANDS, PLACES), min_size=1, max_size=12)
SELLING = st.dictionaries(st.tuples(st.sampled_from(["D1", "D2", "D3"]), st.sampled_from(["大众", "丰田"])), st.integers(1, 5), max_size=6)


def by_rule(
    lead: tuple[str | None, str | None, tuple[str | None, str | None]], selling: list[tuple[str, str | None, int, str | None, str | None]]
) -> tuple[str | None, str]:
    dealer, brand, (province, city) = lead

    def near(seller: tuple[str, str | None, int, str | None, str | None]) -> int:
        if city is not None and seller[4] == city:
            return 2
        return 1 if province is not None and seller[3] == province else 0

    those = [seller for seller in selling if seller[1] == brand and near(seller)]
    if not those:
        return dealer, "none_near"
    best = min(those, key=lambda seller: (-near(seller), seller[0] != dealer, -seller[2], seller[0]))
    return best[0], "own" if best[0] == dealer else "city" if near(best) == 2 else "province"


@settings(max_examples=60)
@given(leads=LEADS, sold=SELLING, places=st.lists(PLACES, min_size=3, max_size=3))
def test_each_lead_goes_where_the_rule_says(
    leads: list[tuple[str | None, str | None, tuple[str | None, str | None]]],
    sold: dict[tuple[str, str], int],
    places: list[tuple[str | None, str | None]],
) -> None:
    where = dict(zip(("D1", "D2", "D3"), places, strict=True))
    selling: list[tuple[str, str | None, int, str | None, str | None]] = [
        (dealer, brand, count, *where[dealer]) for (dealer, brand), count in sold.items()
    ]
    totals = {dealer: sum(count for (one, _), count in sold.items() if one == dealer) for dealer in sorted({dealer for dealer, _ in sold})}
    selling += [(dealer, None, total, *where[dealer]) for dealer, total in totals.items()]
    rows = pl.DataFrame(
        [(f"L{n}", f"C{n}", dealer, brand, *place) for n, (dealer, brand, place) in enumerate(leads)],
        schema=dict.fromkeys(("lead_id", "customer_id", "dealer_id", "brand", "province", "city"), pl.String()),
        orient="row",
    )
    with DuckDBEngine(memory_limit="1GB", threads=1) as engine:
        given_ = engine.from_frame(pl.DataFrame(selling, schema=SELLER_SCHEMA, orient="row"))
        found = engine.collect(handed(engine, leads=engine.from_frame(rows), sellers=given_)).sort("lead_id")
    told = dict(zip(found["lead_id"], found.select("hand_over_to", "hand_over_reason").rows(), strict=True))
    assert told == {f"L{n}": by_rule(lead, selling) for n, lead in enumerate(leads)}


def test_sellers_are_those_who_sold_and_live_where_they_are_listed_or_where_buyers_are() -> None:
    def sale(dealer: str, vin: str, city: str, day: date = AS_OF, brand: str | None = "大众") -> dict[str, object]:
        return {"record_id": f"{dealer}{vin}", "dealer_id": dealer, "source": "sale", "vin": vin, "city": city, "province": "江苏省",
                "brand": brand, "event_date": day}  # fmt: skip

    many = [sale("D2", f"V{n}", "苏州市" if n < RULES.fewest_buyers else "南京市") for n in range(RULES.fewest_buyers + 5)]
    few = [sale("D3", "W1", "苏州市"), sale("D3", "W1", "苏州市", brand="大众"), sale("D1", "X1", "南京市", brand=None)]
    old = [sale("D4", "Y1", "苏州市", AS_OF - timedelta(days=RULES.sold_days + 1))]
    with DuckDBEngine(memory_limit="1GB") as engine:
        found = engine.collect(
            sellers(
                engine,
                clean_records=engine.from_frame(pl.DataFrame([*many, *few, *old], schema=schema("clean_records"))),
                listed=engine.from_frame(
                    pl.DataFrame({"dealer_id": ["D1"], "province": ["上海市"], "city": ["上海市"]})
                ),
                as_of=AS_OF,
                settings=RULES,
            )
        )  # fmt: skip
    assert sorted(found.rows(), key=str) == sorted(
        [
            ("D1", None, 1, "上海市", "上海市"),
            ("D2", "大众", RULES.fewest_buyers + 5, "江苏省", "苏州市"),
            ("D2", None, RULES.fewest_buyers + 5, "江苏省", "苏州市"),
            ("D3", "大众", 1, None, None),
            ("D3", None, 1, None, None),
        ],
        key=str,
    )
