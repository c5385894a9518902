"""Name cells to their parts: the steps of :mod:`cleansing.names`, each a few expressions over the column."""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import text
from cleansing.names import quick, rules
from cleansing.names.person import read_person

COLUMNS = ("kind", "name", "names", "surname", "given", "title", "gender", "pinyin", "leftover_phone", "reasons")


def parse(cells: pl.Series) -> pl.DataFrame:
    """The columns of the result for each cell, in order; what is not plain is read once for each distinct cell."""
    rows, plain = quick.read(cells)
    if len(rows) == len(cells):
        return plain if rows.is_sorted() else plain[rows.arg_sort()]
    known = np.zeros(len(cells), dtype=np.bool_)
    known[rows.to_numpy()] = True
    rest = np.flatnonzero(~known)
    odd = cells.gather(rest).alias("raw").to_frame()
    read = _settled(parse_any(odd.unique(maintain_order=True)))
    others = odd.join(read, on="raw", how="left", maintain_order="left", nulls_equal=True).select(COLUMNS)
    places = np.empty(len(cells), dtype=np.uint32)
    places[np.concatenate([rows.to_numpy(), rest])] = np.arange(len(cells), dtype=np.uint32)
    return pl.concat([plain, others], rechunk=True)[places]


def _settled(first: pl.DataFrame) -> pl.DataFrame:
    """Reads a name again where signs were taken out of it: what they hid (a title, a second person) is seen then."""
    kept = (pl.col("kind") == "person") & pl.col("raw").str.contains(r"[^\p{L}·]") & (pl.col("name") != pl.col("raw"))
    again = first.filter(kept)
    if again.is_empty():
        return first
    second = parse_any(again.select(raw="name").unique()).rename(
        {"raw": "name", **{column: f"{column}_2" for column in COLUMNS if column != "name"}} | {"name": "name_2"}
    )
    read = again.join(second, on="name", how="left", maintain_order="left")
    read = read.with_columns(
        title=pl.coalesce("title", "title_2"),
        gender=pl.coalesce("gender", "gender_2"),
        reasons=pl.concat_list("reasons", "reasons_2").list.unique(maintain_order=True),
        **{column: pl.col(f"{column}_2") for column in ("kind", "name", "names", "surname", "given", "pinyin")},
    )
    return pl.concat([first.filter(~kept.fill_null(value=False)), read.select("raw", *COLUMNS)])


def parse_any(cells: pl.DataFrame) -> pl.DataFrame:
    """``raw`` (distinct) to ``raw`` and the columns of the result, by every rule."""
    frame = _prepared(cells).with_row_index("row")
    core = _cored(frame)
    several = core.filter("several")
    single = read_person(core)
    if several.height:
        single = pl.concat([single.filter(~pl.col("several")), _combined(several)], how="diagonal").sort("row")
    return single.select("raw", *COLUMNS)


def _prepared(cells: pl.DataFrame) -> pl.DataFrame:
    """Adds ``text`` (normalized, simplified, without phone and label) and what was found on the way."""
    shown = pl.col("shown")
    frame = cells.with_columns(shown=text.normalize(pl.col("raw"))).with_columns(simple=text.simplify(shown))
    frame = frame.with_columns(
        mojibake=text.is_mojibake(pl.col("raw")) | text.is_mojibake(shown),
        traditional=(pl.col("simple") != shown).fill_null(value=False),
        leftover_phone=pl.col("simple").str.extract(f"({rules.PHONE})", 1).str.strip_chars(" ().-—_"),
    )
    without_phone = pl.col("simple").str.replace(rules.PHONE, " ").str.strip_chars(" /、,;:.-—_|+&")
    unlabelled = pl.when(pl.col("leftover_phone").is_null()).then(pl.col("simple")).otherwise(without_phone).str.replace(rules.LABEL, "")
    return frame.with_columns(text=unlabelled.str.strip_chars(" ")).with_columns(
        junk=text.is_junk(pl.col("text"))
        | text.is_junk(pl.col("simple"))
        | pl.col("text").str.contains(f"^(?:{rules.NOBODY})$").fill_null(value=False)
    )


def _cored(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``core`` (no brackets, notes, title), ``title``, and which kinds the cell cannot be told from by its parts."""
    body = pl.col("text")
    bracket = body.str.extract(r"[(\[【<《]([^()\[\]【】<>《》]*)[)\]】>》]", 1).str.strip_chars(" ")
    frame = frame.with_columns(
        company=_is_company(body),
        bracket=bracket,
        bare=body.str.replace_all(r"[(\[【<《][^()\[\]【】<>《》]*[)\]】>》]?", " ").str.strip_chars(" "),
    )
    bare = pl.col("bare")
    all_in_bracket = (bare.str.len_chars() == 0) & (pl.col("bracket").str.len_chars() > 0)
    frame = frame.with_columns(bare=pl.when(all_in_bracket).then("bracket").otherwise(bare))
    before = pl.when(bare.str.contains(rules.ROLE_BEFORE)).then(bare.str.replace(f"^(?:{rules.ROLES})", "")).otherwise(bare)
    frame = frame.with_columns(bare=before.str.replace(rules.NOTE_AFTER, "").str.replace(rf"^(?:{rules.ROLES})$", ""))
    frame = frame.with_columns(
        bare=pl.col("bare").str.replace(rules.TITLES_LATIN, "").str.replace(r"^['\"`.,·\-_#@~]+|['\"`.,\-_#@~]+$", "")
    )
    latin_title = body.str.extract(r"(?i)^(mr|mrs|ms|miss|madam|sir)\b", 1)
    long_title = bare.str.extract(rf"({rules.TITLE})$", 1)
    middle = bare.str.extract_groups(rf"^({rules.HAN}{{1,2}})(先生|女士|小姐)({rules.HAN}{{1,2}})$")
    inner_title = pl.col("bracket").str.extract(rf"^({rules.TITLE}|{rules.TITLE_SHORT})$", 1)
    core = pl.when(long_title.is_not_null()).then(bare.str.replace(rf"\s*(?:{rules.TITLE})$", "")).otherwise(bare)
    frame = frame.with_columns(
        title=pl.coalesce(long_title, middle.struct.field("2"), inner_title, latin_title),
        core=pl.when(middle.struct.field("2").is_not_null())
        .then(pl.concat_str(middle.struct.field("1"), middle.struct.field("3")))
        .otherwise(core)
        .str.strip_chars(" -/·"),
    )
    # What is no letter (a number that tells two of one name apart, a stray sign) is not of the name; long numbers say it is none.
    stray = (
        pl.when(pl.col("core").str.contains("[0-9]{3}"))
        .then("core")
        .otherwise(pl.col("core").str.replace_all(r"[^\p{L}\p{M}·•‧∙・⋅.。'’, \-]+", ""))
    )
    core_text = stray.str.replace_all(r"\s+", " ").str.strip_chars(" ·•‧∙・⋅。,'’-").str.strip_chars_start(".")
    tight = (
        core_text.str.replace_all(r"\s*[·•‧∙・⋅.。]\s*", "·")
        .str.replace_all(rf"({rules.HAN})\s+", "$1")
        .str.replace_all(rf"\s+({rules.HAN})", "$1")
    )
    all_han = core_text.str.contains(r"^[\p{Han}〇 ·•‧∙・⋅.。]+$")
    spaced_people = core_text.str.contains(rf"^{rules.HAN}{{2,4}}(?: +{rules.HAN}{{2,4}})+$")
    latin_only = core_text.str.contains(r"^[\p{Latin}'. ,-]+$")
    ways = ((body.str.contains(rules.SEPARATOR) & ~latin_only) | spaced_people | core_text.str.contains(rules.JOINED)) & ~pl.col("company")
    return frame.with_columns(
        core=pl.when(all_han).then(tight).otherwise(core_text),
        junk=pl.col("junk") | core_text.str.contains("某$|^某") | text.is_junk(core_text),
        masked=(body.str.contains(rules.MASKED) | pl.col("core").str.contains(rules.MASKED) | core_text.str.contains(rules.MASKED))
        & ~body.str.contains("(?i)^[a-z]+$"),
        several=(ways & ~pl.col("junk") & ~pl.col("mojibake")).fill_null(value=False),
    )


def _is_company(body: pl.Expr) -> pl.Expr:
    letters = body.str.replace_all(r"[()\s]+", "")
    long_enough = letters.str.len_chars() >= 4
    a_title = letters.str.contains(rf"^{rules.HAN}{{1,4}}(?:{rules.TITLE})$")
    ends = (
        letters.str.contains(rf"^.{{3,}}(?:{rules.COMPANY_AT_END})$") & (letters.str.len_chars() >= 5) & ~letters.str.contains("[·/、,;]")
    )
    return ((long_enough & letters.str.contains(rules.COMPANY_ANYWHERE)) | ends | body.str.contains(rules.COMPANY_LATIN)).fill_null(
        value=False
    ) & ~a_title.fill_null(value=False)


def _combined(several: pl.DataFrame) -> pl.DataFrame:
    """Cells that may name several people: each part is read by itself; two people or more make *multiple*."""
    kept = several.select("raw", "row", "leftover_phone", "traditional", "text")
    joined = pl.col("text").str.replace(rules.JOINED, "$1\n$2").str.replace_all(rules.SEPARATOR, "\n")
    spaced = pl.when(joined.str.contains("\n")).then(joined).otherwise(joined.str.replace_all(r"\s+", "\n"))
    parts = kept.select("row", raw=spaced.str.split("\n")).explode("raw").filter(pl.col("raw").str.len_chars() > 0).rename({"row": "cell"})
    read = read_person(_cored(_prepared(parts.select("raw")).with_row_index("row"))).with_columns(cell=parts["cell"])
    people = read.filter((pl.col("kind") == "person") | ((pl.col("kind") == "title_only") & pl.col("surname").is_not_null()))
    known = people.with_columns(pl.col("surname").is_not_null().alias("sure")).sort("cell", "row")
    counts = known.group_by("cell", maintain_order=True).agg(
        pl.len().alias("people"), pl.col("sure").sum().alias("sure"), pl.col("name").drop_nulls().alias("all_names")
    )
    first = read.sort(
        "cell",
        pl.col("kind").replace_strict({"person": 0, "company": 1, "title_only": 2, "masked": 3}, default=4, return_dtype=pl.Int8()),
        "row",
    )
    first = first.unique("cell", keep="first", maintain_order=True).drop("raw", "row", "leftover_phone", "text").rename({"cell": "row"})
    result = kept.drop("traditional").join(first, on="row", how="left").join(counts.rename({"cell": "row"}), on="row", how="left")
    multiple = (pl.col("people") >= 2) & (pl.col("sure") >= 2)
    codes = pl.concat_list(
        pl.when(multiple).then(pl.lit("name_multiple")), pl.when(pl.col("leftover_phone").is_not_null()).then(pl.lit("name_phone_split"))
    ).list.drop_nulls()
    return result.with_columns(
        kind=pl.when(multiple).then(pl.lit("multiple")).otherwise("kind"),
        names=pl.when(multiple).then("all_names").otherwise("names"),
        reasons=codes.list.concat(pl.col("reasons").list.filter(~pl.element().is_in(["name_phone_split"]))),
    )
