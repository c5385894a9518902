"""How phones, models, places and kinds of services are written: one of a few forms, whatever they say. A dealer whose cells change their form has changed its system.

Of a phone is judged the first number of a cell (others stand behind `` ; ``, as intake joins the columns of several phones); words anywhere make it ``other``. All forms but ``other`` and some of
``number`` can be valid: so no reason tells of them. Models are told apart by their digits and letters only: of a
brand that is not listed none is unknown. Districts and addresses are both places, and cleansing reads either where the other should stand: their
forms tell when they changed columns. Kinds of services (保养, 首保) are few words of each dealer's own: the form of one is the drawer, of sixteen, in which
its checksum lies, so that other words are seen as such, and counts of drawers name nobody where names came instead. What other exports call a kind (the channel
of a campaign, the reason of a call) comes and goes with what happens. Provinces and cities have drawers, too: a dealer's customers live in few, and cleansing reads either where the
other should stand.

>>> texts = ["13917852046 ; 13811112222", "+86 139-1785-2046", "139-1785-2046", "02165551234", "1.39E+10", "13917852046/13811112222", "13917852046 ; 王伟"]
>>> pl.Series("phone", texts).to_frame().select(form_of_phone(pl.col("phone"))).to_series().to_list()
['plain', 'country_code', 'separated', 'digits', 'number', 'other', 'other']
"""

from __future__ import annotations

import zlib

import polars as pl

_PHONE: tuple[tuple[str, str], ...] = (
    ("plain", "1[0-9]{10}"),
    ("country_code", r"[(（]?\s*(?:(?:\+|00)\s*86|86[\s-]?1).*"),
    ("digits", "[0-9]+"),
    ("number", r"[0-9]+\.0+|[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+"),
    ("separated", r"[0-9(（][0-9()（）.－—–\s-]*"),
)
"""Forms and their patterns; the first that fits holds, ``other`` where none does: words, several numbers, full width, masks."""


def form_of_phone(text: pl.Expr) -> pl.Expr:
    """The form of phones that are more than blanks."""
    first = text.str.split(" ; ").list.first().str.strip_chars()
    form = pl.lit("other")
    for name, pattern in reversed(_PHONE):
        form = pl.when(first.str.contains(f"^(?:{pattern})$")).then(pl.lit(name)).otherwise(form)
    return pl.when(text.str.contains(r"\p{Han}")).then(pl.lit("other")).otherwise(form)


def form_of_model(text: pl.Expr) -> pl.Expr:
    """The form of models that are more than blanks: with ``digits`` (雅阁 260TURBO), else ``words`` (朗逸) or ``letters`` (CR-V)."""
    plain = pl.when(text.str.contains(r"\p{Han}")).then(pl.lit("words")).otherwise(pl.lit("letters"))
    return pl.when(text.str.contains("[0-9]")).then(pl.lit("digits")).otherwise(plain)


def form_of_place(text: pl.Expr) -> pl.Expr:
    """The form of places that are more than blanks: with ``digits`` (张江路1号), a ``division`` alone (浦东新区), else ``words`` (浦东 张江路)."""
    division = text.str.contains(r"^\s*\p{Han}{1,12}[省市区县旗盟州區縣]\s*$")
    return (
        pl.when(text.str.contains("[0-9０-９]"))
        .then(pl.lit("digits"))
        .otherwise(pl.when(division).then(pl.lit("division")).otherwise(pl.lit("words")))
    )


def drawer(text: pl.Expr) -> pl.Expr:
    """One of sixteen drawers, ``0`` to ``f``, by CRC-32 of the text without outer blanks: the same on every machine and in every version."""
    return text.str.strip_chars().map_batches(_drawers, return_dtype=pl.String)


def _drawers(texts: pl.Series) -> pl.Series:
    distinct = texts.unique().drop_nulls()
    named = {each: format(zlib.crc32(each.encode()) & 15, "x") for each in distinct.to_list()}
    return texts.replace_strict(named, return_dtype=pl.String) if named else texts


FORMS = {
    "phone": form_of_phone,
    "model": form_of_model,
    "province": drawer,
    "city": drawer,
    "district": form_of_place,
    "address": form_of_place,
    "event_kind": drawer,
}
"""By field."""


def has_form(field: str) -> pl.Expr:
    """Whether a row of facts (``quality_reports.kernels``) has a cell of the field that is judged: more than blanks, and of kinds those of services."""
    if field != "event_kind":
        return pl.col(f"raw_{field}")
    return (pl.col("source") == "service") & (pl.col(field).str.strip_chars(" ") != "")


def count_forms(cells: pl.DataFrame, field: str) -> pl.DataFrame:
    """How many cells (``dealer_id``, ``source``, and ``field``, more than blanks) have which form: ``dealer_id``, ``source``, ``form``, ``total``.

    Most phones are plain, which their length and a cast tell faster than patterns do.
    """
    text = pl.col(field)
    plain = (text.str.len_bytes() == 11) & text.str.starts_with("1") & text.cast(pl.Int64, strict=False).is_not_null()
    parts = (
        [(cells.filter(plain), pl.lit("plain")), (cells.filter(~plain), FORMS[field](text))]
        if field == "phone"
        else [(cells, FORMS[field](text))]
    )
    keys = ["dealer_id", "source", "form"]
    counted = [part.with_columns(form=form).group_by(keys).agg(total=pl.len().cast(pl.Int64)) for part, form in parts]
    return pl.concat(counted).group_by(keys).agg(pl.col("total").sum())
