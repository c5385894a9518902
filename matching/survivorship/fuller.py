"""Addresses that say less of another one of the same customer: 公园路4弄31号 beside 公园路4弄31号1603室.

Who leaves the room out has not moved: on that day, at that desk, the fuller address was as good. So it is as recent and as trusted as what says
less of it, and then its completeness decides. ``first_seen`` and ``last_seen`` stay what records say.

Texts that begin alike may be two places (万科城, 万科城市花园): parts are compared, and a part that is another is another place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

_CUSTOMER = "customer_id"
_HOUSE = 2
"""The ``depth`` of an address that the post finds: of a district alone nobody knows which house is meant."""
_HANDED = ("trust", "recency")
_WIDE = 10_000_000
"""More than there are days or grades: two numbers in one, to compare both at once."""
_GROUP = "第?(?:[0-9]+|[一二三四五六七八九十百]+)[组队]$"
_PHASE = "(?:第?(?:[0-9]+|[一二三四五六七八九十]+|[A-Z]|[东南西北中][0-9一二三四五六七八九十]*)[期区])+$"
PIECES = (
    "province", "city", "district", "town", "village", "group", "road", "lane", "branch", "number", "annex", "estate", "phase", "building", "unit",
    "room",
)  # fmt: skip
"""The parts of an address, cut so far that each is said whole or left out: a village and its group, a lane, the lane off it and the number in it
(88弄, 12支弄, 3号) and what is behind a number (院, 附2号), an estate and its phase (三期, A区)."""

_OF_A_PART = ("group", "lane", "branch", "number", "annex", "phase")
_MANY = 100
"""More than there are pieces."""


def pieces() -> pl.Expr:
    """Struct of ``PIECES`` from the address columns of ``clean_records``.

    >>> frame = pl.DataFrame({"road_no": ["4弄31号", "4弄", "88号院"], "building": [None, "31", "3"], "community": None, "estate": ["万科城三期", None, "三期"]})
    >>> frame = frame.with_columns(pl.lit(None, pl.String).alias(part) for part in ("province", "city", "district", "town", "road", "unit", "room"))
    >>> frame.with_columns(pl.col("community").cast(pl.String)).select(pieces()).unnest("pieces").select("lane", "number", "annex", "estate", "phase", "building").rows()
    [('4弄', '31', None, '万科城', '三期', None), ('4弄', '31', None, None, None, None), (None, '88', '院', '三期', None, '3')]
    """
    road_no, building = pl.col("road_no"), pl.col("building")
    # 4弄31号楼 is 4弄31号: behind a lane the number is the building's
    in_lane = (road_no.str.ends_with("弄") & building.is_not_null()).fill_null(value=False)
    village, group = _cut("community", _GROUP)
    estate, phase = _cut("estate", _PHASE)
    cut = {
        "village": village,
        "group": group,
        "lane": road_no.str.extract("^([^弄]*弄)"),
        "branch": road_no.str.extract("^[^弄]*弄(.*弄)"),
        "number": pl.when(in_lane).then(building).otherwise(road_no.str.extract("(?:^|弄)([^弄号]+)号?[^弄]*$")),
        "annex": road_no.str.extract("号([^弄]+)$"),
        "estate": estate,
        "phase": phase,
        "building": pl.when(~in_lane).then(building),
    }
    return pl.struct(cut.get(piece, pl.col(piece)).alias(piece) for piece in PIECES).alias("pieces")


def completeness() -> pl.Expr:
    """How much an address says (Int64): by how many of its parts it says, then by how many pieces: a lane is no more than another road's number."""
    there = {piece: _piece(piece).is_not_null() for piece in PIECES}
    number = there["lane"] | there["number"]
    parts = [said for piece, said in there.items() if piece not in _OF_A_PART]
    return _MANY * _count([number, *parts]) + _count(there.values())


def _cut(part: str, end: str) -> tuple[pl.Expr, pl.Expr]:
    """A part without such an end, and the end; the whole part where it is nothing else."""
    rest = pl.col(part).str.replace(end, "").replace("", None)
    return pl.coalesce(rest, part), pl.when(rest.is_not_null()).then(pl.col(part).str.extract(f"({end})"))


def _count(said: Iterable[pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal(each.cast(pl.Int64) for each in said)


def _piece(piece: str, side: str = "") -> pl.Expr:
    return pl.col(f"pieces{side}").struct.field(piece)


def as_good(candidates: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """The candidates of the address, a fuller one with the ``trust`` and ``recency`` of what says less of it, where these are better.

    An address says less of another where each of its pieces is one of that one's, which has more. What says less of several counts for the
    one that is itself the best, equal ones by text; what another one says more of gets nothing.

    Args:
        candidates: ``customer_id``, ``place``, ``key`` (the address in its standard form), ``pieces`` (see there), ``depth``, ``trust``, ``validity``,
            ``recency``, ``completeness`` (see there), ``by_record``, and more.
        order: the criteria that decide, the most important first; of trust and recency the first one says which of two rows is better.

    Returns:
        The same rows in their order, the same columns without ``pieces``.

    >>> rows = {"key": ["路31号", "路31号1603室", "路5号"], "number": ["31", "31", "5"], "room": [None, "1603", None], "recency": [30, 10, 20]}
    >>> frame = pl.DataFrame({**dict.fromkeys(PIECES), **rows, "completeness": [1, 2, 1], "place": [0, 1, 2]}).with_columns(pieces=pl.struct(PIECES))
    >>> same = {"customer_id": 1, "depth": 2, "trust": 3, "validity": 5, "by_record": True}
    >>> as_good(frame.with_columns(**{name: pl.lit(value) for name, value in same.items()}), ["trust", "recency"])["recency"].to_list()
    [30, 30, 20]
    """
    by = [criterion for criterion in order if criterion in _HANDED]
    is_house = pl.col("by_record") & (pl.col("depth") == _HOUSE)
    rows = candidates.with_columns(standing=pl.sum_horizontal(pl.col(name) * _WIDE ** (len(by) - 1 - at) for at, name in enumerate(by)))
    told = (
        rows.filter(is_house)
        .sort("standing", "place", descending=[True, False])
        .group_by(_CUSTOMER, "key")
        .agg(pl.col("standing", "pieces", "completeness", *_HANDED).first())
        .filter(pl.len().over(_CUSTOMER) > 1)
    )
    pairs = told.join(told, on=_CUSTOMER, suffix="_full").filter(pl.col("completeness_full") > pl.col("completeness")).filter(_says_less())
    if pairs.is_empty() or not by:
        return candidates.drop("pieces")
    whole = pairs.join(pairs.select(_CUSTOMER, key_full="key").unique(), on=[_CUSTOMER, "key_full"], how="anti")
    handed = (
        whole.sort("standing_full", "key_full", descending=[True, False])
        .unique([_CUSTOMER, "key"], keep="first", maintain_order=True)
        .sort("standing", descending=True)
        .unique([_CUSTOMER, "key_full"], keep="first")
        .select(_CUSTOMER, pl.col("standing", *_HANDED).name.suffix("_handed"), key="key_full")
    )
    # of equally valid rows only the best, so that the one that is named as the value's record stays the same
    best = pl.col("standing") == pl.col("standing").max().over(_CUSTOMER, "key", "validity")
    gets = (is_house & best & (pl.col("standing_handed") > pl.col("standing"))).fill_null(value=False)
    return (
        rows.join(handed, on=[_CUSTOMER, "key"], how="left", maintain_order="left")
        .with_columns(pl.when(gets).then(f"{name}_handed").otherwise(name).alias(name) for name in _HANDED)
        .select(column for column in candidates.columns if column != "pieces")
    )


def _says_less() -> pl.Expr:
    """Whether each piece that is said of one is said of the fuller one as well."""
    return pl.all_horizontal(_piece(piece).is_null() | _piece(piece).eq_missing(_piece(piece, "_full")) for piece in PIECES)
