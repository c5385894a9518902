"""Errors in addresses: parts left out, former names, typing errors, another order, junk."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, put
from generator.cells import Cells
from generator.errors import Breaker
from generator.lookalikes import any_character, replaced, traditional_cells
from generator.places import former_names

_JUNK = ("同上", "无", "本市", "123", "不详", "市区", "。", "待补充", "本地")
_PARTS = ("province", "city", "district", "detail")


def damage_addresses(parts: pl.DataFrame, b: Breaker, *, one_cell: Flags, adcode: pl.Series) -> tuple[dict[str, Cells], Ints, pl.Series]:
    """province, city, district, detail with errors; where addresses stand in one cell, and these addresses."""
    province, city, district, detail = (Cells(parts[name]) for name in _PARTS)
    gone = b.hit("address_missing", detail.filled)
    for cells in (province, city, district, detail):
        cells.clear(gone)
    present, one_cell = detail.filled, detail.filled & one_cell
    _rename(city, district, adcode, b, present)
    b.strike(detail, "address_typo", present, lambda v, at: _typo(v, b, at))
    b.strike(detail, "address_traditional", present, lambda v, _at: traditional_cells(v))
    province.clear(b.hit("address_no_province", one_cell))
    city.clear(b.hit("address_no_city", one_cell & ~province.filled))
    short = b.hit("address_no_suffix", one_cell)
    province.put(short, province.at(short).str.replace("(省|市|壮族自治区|维吾尔自治区)$", ""))
    city.put(short, city.at(short).str.replace("市$", ""))
    junk = b.hit("address_junk", present)
    for cells in (province, city, district):
        cells.clear(junk)
    detail.put(junk, b.one_of(_JUNK, junk))
    written = dict(zip(_PARTS, (province, city, district, detail), strict=True))
    return written, *_joined(written, b, one_cell)


def _rename(city: Cells, district: Cells, adcode: pl.Series, b: Breaker, present: Flags) -> None:
    """Names of districts and cities that are no more; where there were several, one of them."""
    renamed = adcode.is_in(_former()["adcode"].to_list()).fill_null(value=False).to_numpy()
    where = b.hit("address_former", present & renamed)
    if not where.size:
        return
    chosen = pl.DataFrame({"adcode": adcode.gather(pl.Series(where)), "turn": b.rng.integers(0, 1000, where.size)})
    chosen = chosen.join(_former(), on="adcode", how="left", maintain_order="left")
    chosen = chosen.select(pl.col("today", "former").list.get(pl.col("turn") % pl.col("former").list.len()))
    for cells in (city, district):
        same = (chosen["today"] == cells.at(where)).fill_null(value=False)
        cells.put(where[same.to_numpy()], chosen["former"].filter(same))


@cache
def _former() -> pl.DataFrame:
    return former_names().group_by("adcode", maintain_order=True).all()


def _typo(v: pl.Series, b: Breaker, at: Ints) -> pl.Series:
    """One character wrong, or lost."""
    place = (b.rng.random(at.size) * v.str.len_chars().to_numpy()).astype(np.int64)
    lost = np.flatnonzero(b.rng.random(at.size) < 0.5)
    new = put(any_character(b.rng, at.size), lost, pl.Series([""] * lost.size, dtype=pl.String))
    return pl.DataFrame({"v": v, "p": place, "n": new}).select(replaced(pl.col("v"), pl.col("p"), pl.col("n"))).to_series()


def _joined(parts: dict[str, Cells], b: Breaker, one_cell: Flags) -> tuple[Ints, pl.Series]:
    """Where an address stands in one cell, and the address (上海市 is not written twice); a few from small to large."""
    where = np.flatnonzero(one_cell)
    shown = pl.DataFrame({name: cells.at(where) for name, cells in parts.items()})
    province, city, district, detail = (pl.col(c).fill_null("") for c in _PARTS)
    head = pl.when(pl.col("province") == pl.col("city")).then(pl.lit("")).otherwise(province)
    turned = np.zeros(one_cell.size, dtype=np.bool_)
    turned[b.hit("address_reordered", one_cell)] = True
    text = shown.with_columns(turned=pl.Series(turned[where])).select(
        pl.when("turned").then(detail + "," + district + "," + city).otherwise(head + city + district + detail)
    )
    return where, text.to_series()
