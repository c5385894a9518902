"""Lines of delimited text to frames of cells: the rule of :mod:`pipelines.ingest.careful` for many tables and lines at once.

Lines that are regular (the width of the header, quotes around whole fields only) are split by Polars; the others are read
one by one. Tables of one layout are read together, as one frame: a call costs some milliseconds whatever it reads.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

import polars as pl

from pipelines.ingest.careful import BLANKS, Row, take

_QUOTED = r'"(?:[^"]|"")*"'
_QUOTED_PLAINLY = r'"(?:[^"\r]|"")*"'  # a carriage return inside is for the careful reader: Polars may drop it


class LineReader:
    """Lines of tables of one delimiter and width to frames of cells.

    Frames have ``table``, ``row_number`` (Int64, from 1, as a person counts rows), ``fault`` and ``raw`` (String, null for
    good rows), ``padded`` (Boolean) and ``c0`` … (String, null where blank).
    """

    def __init__(self, *, delimiter: str, width: int) -> None:
        self._delimiter = delimiter
        self._width = width
        self._names = [f"c{i}" for i in range(width)]
        d = re.escape(delimiter)
        unquoted = rf'[^"\r{d}]*'
        self._strict = rf"^(?:{_QUOTED_PLAINLY}|{unquoted})(?:{d}(?:{_QUOTED_PLAINLY}|{unquoted}))*$"

    def read(self, lines: pl.DataFrame, ends: Sequence[int], *, first_row: int = 1, more: bool = False) -> tuple[pl.DataFrame, int]:
        """The rows of ``lines``, and how many lines they took; the rest must come again in front of the next ones.

        Args:
            lines: ``table`` (UInt32; a table's lines stand together), ``line`` (String), and where any are, ``bad``
                (Boolean: bytes that are no character).
            ends: behind which line each table ends.
            first_row: the number of each table's first row.
            more: the last table goes on after these lines.
        """
        column = pl.col("line")
        quotes = lines["line"].str.contains('"', literal=True)
        any_quotes = bool(quotes.any())
        if any_quotes:
            fields = (
                pl.when(quotes).then(column.str.replace_all(_QUOTED, "")).otherwise(column).str.count_matches(self._delimiter, literal=True)
            )
            regular = (fields == self._width - 1) & (~pl.lit(quotes) | column.str.contains(self._strict))
        else:
            regular = column.str.count_matches(self._delimiter, literal=True) == self._width - 1
        frame = lines.select("table", "line", pl.int_range(pl.len(), dtype=pl.UInt32).alias("place"), regular=regular)
        if not frame["regular"].all():
            frame = frame.with_columns(pl.col("regular") | (column.str.strip_chars(BLANKS) == ""))
        bad = lines["bad"] if "bad" in lines.columns else None
        if bad is not None:
            frame = frame.with_columns(pl.col("regular") & ~pl.lit(bad))
        careful, taken = self._careful(frame, bad, ends, more=more)
        good = frame if careful.is_empty() and taken == frame.height else frame.head(taken).filter("regular")
        if any_quotes:
            eaten = careful.filter(pl.col("lines") > 1).select(
                pl.int_ranges(pl.col("place") + 1, pl.col("place") + pl.col("lines"), dtype=pl.UInt32).explode(empty_as_null=False)
            )
            if eaten.height:
                good = good.join(eaten, on="place", how="anti", maintain_order="left")
            quoted = quotes.gather(good["place"])
            parts = [self._plain(good.filter(~quoted)), self._quoted(good.filter(quoted))]
        else:
            parts = [self._plain(good)]
        parts.append(careful.drop("lines"))
        parts = [part for part in parts if part.height] or parts[:1]
        rows = parts[0] if len(parts) == 1 else pl.concat(parts).sort("place")
        number = pl.int_range(first_row, first_row + pl.len(), dtype=pl.Int64)
        return rows.select(
            "table", (number if len(ends) == 1 else number.over("table")).alias("row_number"), pl.exclude("table", "place")
        ), taken

    def _careful(self, frame: pl.DataFrame, bad: pl.Series | None, ends: Sequence[int], *, more: bool) -> tuple[pl.DataFrame, int]:
        """Irregular lines read one by one, each with how many lines it took; and how many lines were taken in all."""
        rows: list[tuple[int, int, Row]] = []
        taken = frame.height
        irregular = [] if frame["regular"].all() else frame.filter(~pl.col("regular"))["place"].to_list()
        lines = frame["line"].to_list() if irregular else []
        flags = bad.to_list() if bad is not None else None
        tables = frame["table"]
        free = 0
        for place in irregular:
            if place < free:
                continue
            stop = ends[bisect_right(ends, place)]
            row = take(lines, flags, place, self._delimiter, self._width, stop=stop, more=more and stop == ends[-1])
            if row is None:
                taken = place
                break
            rows.append((tables[place], place, row))
            free = place + row.lines
        return pl.DataFrame(
            [(table, place, row.lines, row.fault, row.raw if row.fault else None, row.padded, *row.cells) for table, place, row in rows],
            schema={
                "table": pl.UInt32(),
                "place": pl.UInt32(),
                "lines": pl.UInt32(),
                **_flags(),
                **dict.fromkeys(self._names, pl.String()),
            },
            orient="row",
        ), taken

    def _finish(self, places: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
        return cells.select(
            places["table"],
            places["place"],
            pl.lit(None, pl.String).alias("fault"),
            pl.lit(None, pl.String).alias("raw"),
            pl.lit(value=False).alias("padded"),
            pl.when(pl.all().str.strip_chars_start(BLANKS) != "").then(pl.all()),
        )

    def _plain(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Lines without quotes: split at each delimiter."""
        if self._width == 1:
            return self._finish(frame, frame.select(pl.col("line").alias("c0")))
        split = frame["line"].str.split_exact(self._delimiter, self._width - 1).struct.unnest()
        split.columns = self._names
        return self._finish(frame, split)

    def _quoted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Lines whose quotes enclose whole fields and close on the same line."""
        schema = dict.fromkeys(self._names, pl.String())
        if frame.is_empty():
            return self._finish(frame, pl.DataFrame(schema=schema))
        text = frame["line"].str.join("\n").item()
        cells = pl.read_csv(
            str(text).encode(),
            has_header=False,
            separator=self._delimiter,
            quote_char='"',
            schema=schema,
            infer_schema=False,
            empty_string_is_null=True,
        )
        return self._finish(frame, cells)


def _flags() -> dict[str, pl.DataType]:
    return {"fault": pl.String(), "raw": pl.String(), "padded": pl.Boolean()}
