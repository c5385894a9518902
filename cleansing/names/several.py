"""Cells that may name several people: each part is read by itself; two people or more make *multiple*."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from cleansing.names import rules

_BEST_FIRST = {"person": 0, "company": 1, "title_only": 2, "masked": 3}


def read_several(frame: pl.DataFrame, read: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """``raw`` and the columns of the result; ``read`` reads distinct parts (``raw``) as it would read cells."""
    kept = frame.select("raw", "leftover_phone", "text", "traditional").with_row_index("cell")
    joined = pl.col("text").str.replace(rules.JOINED, "$1$3\n$2$4").str.replace_all(rules.SEPARATOR, "\n")
    spaced = pl.when(joined.str.contains("\n")).then(joined).otherwise(joined.str.replace_all(r"\s+", "\n"))
    parts = kept.select("cell", part=spaced.str.split("\n")).explode("part", empty_as_null=True).filter(pl.col("part").str.len_chars() > 0)
    parts = parts.with_row_index("place")
    found = parts.join(
        read(parts.select(raw="part").unique(maintain_order=True)), left_on="part", right_on="raw", how="left", maintain_order="left"
    )
    people = found.filter((pl.col("kind") == "person") | ((pl.col("kind") == "title_only") & pl.col("surname").is_not_null()))
    counts = people.group_by("cell", maintain_order=True).agg(
        people=pl.len(), sure=pl.col("surname").is_not_null().sum(), all_names=pl.col("name").drop_nulls()
    )
    order = pl.col("kind").replace_strict(_BEST_FIRST, default=len(_BEST_FIRST), return_dtype=pl.Int8)
    first = found.sort("cell", order, "place").unique("cell", keep="first", maintain_order=True).drop("leftover_phone", "part", "place")
    result = kept.join(first, on="cell", how="left", maintain_order="left").join(counts, on="cell", how="left", maintain_order="left")
    multiple = ((pl.col("people") >= 2) & (pl.col("sure") >= 2)).fill_null(value=False)
    codes = pl.concat_list(
        pl.when(multiple).then(pl.lit("name_multiple")),
        pl.when("traditional").then(pl.lit("name_traditional")),
        pl.when(pl.col("leftover_phone").is_not_null()).then(pl.lit("name_phone_split")),
    ).list.drop_nulls()
    return result.with_columns(
        kind=pl.when(multiple).then(pl.lit("multiple")).otherwise(pl.col("kind").fill_null("junk")),
        names=pl.when(multiple).then("all_names").otherwise(pl.col("names").fill_null([])),
        reasons=codes.list.concat(pl.col("reasons").fill_null([]).list.filter(~pl.element().is_in(["name_phone_split"]))),
    )
