"""Plain names with something beside them: spaces between their characters, a second person, a note, a phone, a number.

The same notes stand behind many names. Each that repeats is read by every rule only once for each length of a name, behind two
people who do not exist, one with a frequent and one with a rare surname: where it leaves both names as they are, it does so
behind every plain name. A test holds this against reading every cell by every rule.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from cleansing.names import characters, numbered, quick, rules
from cleansing.names.characters import Counts, Mask, Points
from cleansing.names.person import COLUMNS
from cleansing.names.plain import is_plain

Read = Callable[[pl.DataFrame], pl.DataFrame]
_REPEATS = 16
"""A note is read for all only where so many names have it: fewer are sooner read one by one."""
_NOBODY = pl.DataFrame(
    {"count": [2, 2, 3, 3], "probe": ["王敏", "佘敏", "王敏行", "佘敏行"]}, schema={"count": pl.Int8, "probe": pl.String}
)
_PHONE, _ANY_PHONE = "^1[3-9][0-9]{9}$", "13917852046"
"""Whatever is said of a name with one phone of this form is said of a name with any other."""
_SECOND = "^[/、,;|&+ ]"
_SPACED = rf"^{rules.HAN}(?: {rules.HAN}){{1,2}}$"


@dataclass(frozen=True)
class _Heads:
    """Cells that begin with a plain name of two or three characters, and what stands behind it."""

    raw: pl.Series
    points: Points
    count: Counts
    traditional: Mask
    tail: pl.Series

    def __getitem__(self, which: Mask) -> _Heads:
        chosen = pl.Series(which)
        return _Heads(self.raw.filter(chosen), self.points[:, which], self.count[which], self.traditional[which], self.tail.filter(chosen))

    def people(self, **beside: pl.Series | quick.Genders) -> pl.DataFrame:
        found = quick.people(self.points, self.count, self.traditional, **beside)  # type: ignore[arg-type]
        return found.select(self.raw.alias("raw"), *COLUMNS)


def read(cells: pl.DataFrame, every_rule: Read) -> pl.DataFrame:
    """``raw`` (distinct) to ``raw`` and the columns of the result; ``every_rule`` reads what is not a decorated plain name."""
    heads = _heads(cells["raw"])
    if len(heads.raw) < _REPEATS:
        return every_rule(cells)
    paired, pairs = _pairs(heads)
    heads = heads[~paired]
    spaced = _spaced(cells["raw"])
    notes = _repeated(heads)
    noted = notes["note"].is_not_null().to_numpy()
    probes = (
        notes.drop_nulls("note")
        .unique(["note", "count"], maintain_order=True)
        .join(_NOBODY, on="count", how="inner", maintain_order="left")
    )
    probes = probes.select("note", "count", "probe", raw=pl.col("probe") + pl.col("note"))
    done = pl.concat([pairs["raw"], spaced["raw"], heads.raw.filter(pl.Series(noted))])
    others = cells.filter(~pl.col("raw").is_in(done.implode(), nulls_equal=True))
    found = every_rule(pl.concat([others, probes.select("raw")]).unique(maintain_order=True))
    meant = _meanings(probes.join(found, on="raw", how="left", maintain_order="left"))
    told = notes.join(meant, on=["note", "count"], how="left", maintain_order="left")
    holds = told["title_says"].is_not_null().to_numpy()
    beside = told.filter(pl.Series(holds))
    people = heads[holds].people(titles=beside["title"], phones=beside["phone"], genders=beside["gender_says"].to_numpy())
    parts = [found.join(others, on="raw", how="semi", nulls_equal=True), pairs, spaced, people]
    if (noted & ~holds).any():
        parts.append(every_rule(heads[noted & ~holds].raw.alias("raw").to_frame()))
    return pl.concat(part.select("raw", *COLUMNS) for part in parts)


def _heads(raw: pl.Series) -> _Heads:
    points, count, traditional = characters.begun(raw)
    good = is_plain(points, count) & ((count == 2) | (count == 3))
    chosen = raw.filter(pl.Series(good))
    tail = pl.DataFrame({"raw": chosen, "count": count[good]}).select(pl.col("raw").str.slice(pl.col("count"))).to_series()
    # A word may begin in the name and end in the note: 王大(学).
    kinds = np.take(characters.kinds(), points[:, good])
    last = np.flatnonzero(numbered.last(kinds, points[:, good]) & characters.WORD_FIRST)
    following, _, _ = characters.simplified(tail.gather(last).str.extract(rf"^\P{{L}}*({rules.HAN})"), proven=True)
    apart = np.ones(len(chosen), dtype=np.bool_)
    ends = numbered.last(points[:, good], points[:, good])[last]
    both = characters.encoded(
        np.vstack([ends, following[0], np.zeros((2, len(last)), dtype=np.uint16)]), np.full(len(last), 2, dtype=np.int8)
    )
    apart[last] = ~both.is_in(sorted({word[:2] for word in characters.words()})).to_numpy()
    return _Heads(chosen, points[:, good], count[good], traditional[good], tail)[apart]


def _pairs(heads: _Heads) -> tuple[Mask, pl.DataFrame]:
    """Which heads have a second plain name behind a sign (张伟/李娜), and what those cells say."""
    points, count, traditional = characters.simplified(heads.tail.str.slice(1))
    good = is_plain(points, count) & (count > 1) & heads.tail.str.contains(_SECOND).to_numpy()
    none = np.zeros(len(count), dtype=np.bool_)
    for each, length in ((points, count), (heads.points, heads.count)):
        good &= numbered.surnamed(each, length, np.take(characters.kinds(), each), none)[0] > 0
    second = characters.encoded(points, count)
    good &= ~second.is_in(list(_notes())).to_numpy()
    first = heads[good].people()
    told = pl.Series([["name_multiple"], ["name_multiple", "name_traditional"]])
    either = (heads.traditional | traditional)[good].astype(np.uint32)
    names = pl.concat_list("name", pl.lit(second.filter(pl.Series(good))))
    return good, first.with_columns(kind=pl.lit("multiple"), names=names, reasons=pl.lit(told.gather(either)))


def _spaced(raw: pl.Series) -> pl.DataFrame:
    """What cells say that are a plain name with a space between all its characters (王 小 明)."""
    cells = raw.filter(raw.str.contains(_SPACED))
    points, count, traditional = characters.simplified(cells.str.replace_all(" ", "", literal=True))
    good = is_plain(points, count) & (count > 1)
    return _Heads(cells, points, count, traditional, cells)[good].people()


def _repeated(heads: _Heads) -> pl.DataFrame:
    """The note (null where it is rare), phone and count of each head; every phone is the same note."""
    phone = heads.tail.str.contains(_PHONE)
    frame = pl.DataFrame({"tail": heads.tail, "is_phone": phone, "count": heads.count})
    frame = frame.select(
        note=pl.when("is_phone").then(pl.lit(_ANY_PHONE)).otherwise("tail"), phone=pl.when("is_phone").then("tail"), count="count"
    )
    return frame.with_columns(note=pl.when(pl.len().over("note", "count") >= _REPEATS).then("note"))


def _meanings(probes: pl.DataFrame) -> pl.DataFrame:
    """The note, count, title and the gender that the note says, of those that leave both probes as they are."""
    said = {(title, phone): quick.reasons(quick.TITLED * title + quick.PHONE * phone) for title in (False, True) for phone in (False, True)}
    titled, phoned = pl.col("title").is_not_null(), pl.col("leftover_phone").is_not_null()
    expected = pl.lit(None, dtype=pl.List(pl.String))
    for (title, phone), reasons in said.items():
        expected = pl.when((titled == title) & (phoned == phone)).then(pl.lit(reasons, dtype=pl.List(pl.String))).otherwise(expected)
    kept = (
        (pl.col("kind") == "person")
        & (pl.col("name") == pl.col("probe"))
        & (pl.col("surname") == pl.col("probe").str.head(1))
        & (phoned == (pl.col("note") == _ANY_PHONE))
        & (pl.col("reasons") == expected)
    )
    return (
        probes.with_columns(kept=kept.fill_null(value=False))
        .group_by("note", "count", maintain_order=True)
        .agg(
            pl.col("kept").all(),
            pl.col("title").first(),
            same=(pl.struct("title", "gender").n_unique() == 1),
            gender_says=pl.col("gender")
            .first()
            .replace_strict({"M": numbered.MALE, "F": numbered.FEMALE}, default=0, return_dtype=pl.Int64),
        )
        .filter(pl.col("kept") & pl.col("same"))
        .select("note", "count", "title", "gender_says", title_says=pl.lit(value=True))
    )


@functools.cache
def _notes() -> tuple[str, ...]:
    return tuple(sorted({*rules.NOTE.removeprefix("(?:").removesuffix(")").split("|")}))
