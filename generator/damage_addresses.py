"""Errors in addresses: parts left out, former names, typing errors, another order, junk."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, put, take
from generator.errors import Breaker
from generator.lookalikes import any_character, replaced, traditional_cells
from generator.places import former_names

_JUNK = ("同上", "无", "本市", "123", "不详", "市区", "。", "待补充", "本地")
_PARTS = ("province", "city", "district", "detail")


def damage_addresses(parts: pl.DataFrame, adcode: pl.Series, b: Breaker, *, one_cell: Flags) -> pl.DataFrame:
    """province, city, district, detail with errors, and ``address``, the whole in one cell."""
    rng = b.rng
    columns = {name: parts[name] for name in _PARTS}
    present = columns["detail"].is_not_null().to_numpy()

    def clear(where: Ints, *names: str) -> None:
        for name in names:
            columns[name] = put(columns[name], where, columns[name].clear(where.size))

    gone = b.hit("address_missing", present)
    clear(gone, *_PARTS)
    present = columns["detail"].is_not_null().to_numpy()
    _rename(columns, adcode, present, b)
    columns["detail"], _ = b.strike(columns["detail"], "address_typo", present, lambda v, at: _typo(v, b, at))
    columns["detail"], _ = b.strike(columns["detail"], "address_traditional", present, lambda v, _at: traditional_cells(v))
    clear(b.hit("address_no_province", present & one_cell), "province")
    clear(b.hit("address_no_city", present & one_cell & columns["province"].is_null().to_numpy()), "city")
    where = b.hit("address_no_suffix", present & one_cell)
    at = pl.Series(where)
    columns["province"] = put(
        columns["province"], where, columns["province"].gather(at).str.replace("(省|市|壮族自治区|维吾尔自治区)$", "")
    )
    columns["city"] = put(columns["city"], where, columns["city"].gather(at).str.replace("市$", ""))
    junk = b.hit("address_junk", present)
    clear(junk, "province", "city", "district")
    columns["detail"] = put(columns["detail"], junk, take(pl.Series(_JUNK), rng.integers(0, len(_JUNK), junk.size)))
    return pl.DataFrame(columns).with_columns(address=_joined(pl.DataFrame(columns), b, present & one_cell))


def _rename(columns: dict[str, pl.Series], adcode: pl.Series, present: Flags, b: Breaker) -> None:
    """Names of districts and cities that are no more; where there were several, one of them."""
    frame = pl.DataFrame({"adcode": adcode}).join(_former(), on="adcode", how="left", maintain_order="left")
    where = b.hit("address_former", present & frame["former"].is_not_null().to_numpy())
    if not where.size:
        return
    chosen = frame[where].with_columns(turn=pl.Series(b.rng.integers(0, 1000, where.size)))
    chosen = chosen.select(pl.col("today", "former").list.get(pl.col("turn") % pl.col("former").list.len()))
    for name in ("city", "district"):
        same = (chosen["today"] == columns[name].gather(pl.Series(where))).fill_null(value=False)
        columns[name] = put(columns[name], where[same.to_numpy()], chosen["former"].filter(same))


@cache
def _former() -> pl.DataFrame:
    return former_names().group_by("adcode", maintain_order=True).all()


def _typo(v: pl.Series, b: Breaker, at: Ints) -> pl.Series:
    """One character wrong, or lost."""
    place = (b.rng.random(at.size) * v.str.len_chars().to_numpy()).astype(np.int64)
    lost = np.flatnonzero(b.rng.random(at.size) < 0.5)
    new = put(any_character(b.rng, at.size), lost, pl.Series([""] * lost.size, dtype=pl.String))
    return pl.DataFrame({"v": v, "p": place, "n": new}).select(replaced(pl.col("v"), pl.col("p"), pl.col("n"))).to_series()


def _joined(parts: pl.DataFrame, b: Breaker, one_cell: Flags) -> pl.Series:
    """The address in one cell (上海市 is not written twice); a few from small to large."""
    province, city, district, detail = (pl.col(c).fill_null("") for c in _PARTS)
    head = pl.when(pl.col("province") == pl.col("city")).then(pl.lit("")).otherwise(province)
    usual = parts.select(pl.when(pl.col("detail").is_not_null()).then(head + city + district + detail)).to_series()
    turned = b.hit("address_reordered", one_cell & parts["detail"].is_not_null().to_numpy())
    return put(usual, turned, parts[turned].select(detail + "," + district + "," + city).to_series())
