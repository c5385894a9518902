"""Plate cells of any form: spelled-out provinces, words around a plate, several plates, other kinds, and why a cell is none.

>>> read(pl.Series(["上海A12345", "无牌", "沪A12345/沪B23456"])).select("plate", "outcome").rows()
[('沪A12345', 2), (None, 41), (None, 1)]
"""

from __future__ import annotations

import functools

import polars as pl

from cleansing import text
from cleansing.vehicles.plate_kinds import AGENCY, EMPTY, KINDS, MULTIPLE, PROVINCE, PROVINCES, REASONS, SERIAL, TRADITIONAL, invalid, valid
from cleansing.vehicles.vins import LOOK_LATIN

_ANYWHERE = f"{PROVINCE}[A-Z]{SERIAL}{{4,6}}[警学挂领港澳临试超]?"
# A plate as a word of its own: behind it no letter or digit, unless a space or a sign stands between.
_WORD = f"({PROVINCE}[·•. -]?[A-Z][·•. -]?(?:[A-Z0-9]{{5,6}}|[A-Z0-9]{{4}}[警学挂领港澳临试超]))(?:[^A-Z0-9]|$)"
_NOISE = r"[\s·•・.。_\-–—*:：,，'\"`’()\[\]【】|/\\●○∙⋅‧]"
_NONE = (
    "^(?:(?:新车|暂|还|尚|车辆)*[没无未待]?(?:有|挂|上|办|领|带|落|取得|登记)*(?:车牌|牌照|牌|临牌|号牌|户)(?:号|照|车)?|(?:新车|临牌|临时牌照?|临时|空|新)(?:未|待|没)?(?:上牌|挂牌|上户|落户)?(?:车辆?)?"
    "|(?:正在)?(?:上牌|办理|选号)中|待(?:上牌|定|选号|补)|未(?:知|登记|选号|提车)|试驾车?|展车|商品车|库存车|(?:老|旧)?车牌已(?:注销|报废)|已(?:注销|报废|过户|转出)|不(?:详|知道|记得|清楚)|忘了|忘记了?|X{3,}|0+|1{4,}|123456?7?8?)$"
)
_LABEL = "^(?:[车車]牌[号號]?码?|[车車]牌照?[号號]?码?|牌照号?码?|号牌(?:号码)?|牌号)[:： ]*"


def read(distinct: pl.Series) -> pl.DataFrame:
    """``written`` (distinct), ``plate`` (normalized, null where none was found) and ``outcome`` (:mod:`.plate_kinds`)."""
    frame = distinct.alias("written").to_frame().with_columns(flat=text.normalize(pl.col("written")).str.to_uppercase())
    replaced = TRADITIONAL | LOOK_LATIN
    flat = pl.col("flat").str.replace(_LABEL, "").str.replace_many(list(replaced), list(replaced.values()))
    frame = frame.with_columns(flat=flat, wide=pl.col("written").str.contains("[０-９Ａ-Ｚａ-ｚА-ХΑ-Χа-хα-χ]"))
    frame = frame.with_columns(compact=_spelled(pl.col("flat").str.replace_all(_NOISE, "")))
    frame = frame.with_columns(kind=_kind(pl.col("compact")))
    whole = pl.col("kind") != _NO_KIND
    found = frame.filter(whole).select("written", plate="compact", outcome=_with_width(pl.col("kind")))
    return pl.concat([found, _sought(frame.filter(~whole))])


def _sought(frame: pl.DataFrame) -> pl.DataFrame:
    """:func:`read` of cells that are no plate as a whole: one is sought in them, its serial is mended."""
    tight = pl.element().str.replace_all("[^A-Z0-9\\p{Han}]", "")
    frame = frame.with_columns(
        words=pl.col("flat").str.extract_all(_WORD).list.eval(tight).list.unique(maintain_order=True),
        found=pl.col("flat").str.replace_all("[·•・. -]", "").str.extract_all(_ANYWHERE),
    )
    several = pl.col("found").list.n_unique() > 1
    twice = pl.when((pl.col("found").list.len() > 1) & ~several).then(pl.col("found").list.first())
    # One plate with words around it: no other letter or digit may be left over, unless the plate stands for itself.
    alone = pl.col("compact").str.extract(f"^[^A-Z0-9]*?({_ANYWHERE})[^A-Z0-9]*$")
    word = pl.when(pl.col("words").list.len() == 1).then(pl.col("words").list.first())
    frame = frame.with_columns(several=several, plate=pl.coalesce(twice, alone, word, "compact"))
    frame = frame.with_columns(fixed=_fixed_serial(pl.col("plate")))
    frame = frame.with_columns(kind=_kind(pl.col("plate")), fixed_kind=_kind(pl.col("fixed")))
    good, mended = pl.col("kind") != _NO_KIND, pl.col("fixed_kind") != _NO_KIND
    outcome = (
        pl.when(pl.col("flat") == "").then(EMPTY)
        .when("several").then(MULTIPLE)
        .when(good).then(_with_width(pl.col("kind")))
        .when(mended).then(pl.col("fixed_kind") + 1)
        .otherwise(_reason())
    )  # fmt: skip
    plate = pl.when("several").then(None).when(good).then("plate").when(mended).then("fixed")
    return frame.select("written", plate=plate, outcome=outcome.cast(pl.UInt8))


def _with_width(kind: pl.Expr) -> pl.Expr:
    """The outcome of a plate of a kind: full-width characters were repaired."""
    return (kind + pl.col("wide").cast(pl.Int32)).cast(pl.UInt8)


_NO_KIND = -1


def _kind(plate: pl.Expr) -> pl.Expr:
    return pl.coalesce(*(pl.when(plate.str.contains(shape)).then(valid(name)) for name, shape in KINDS.items()), pl.lit(_NO_KIND))


def _fixed_serial(plate: pl.Expr) -> pl.Expr:
    """O and I in the serial, behind province and agency, read as 0 and 1."""
    serial = plate.str.slice(2).str.replace_all("O", "0").str.replace_all("I", "1")
    return pl.when(plate.str.contains(f"^{PROVINCE}{AGENCY}")).then(pl.concat_str(plate.str.slice(0, 2), serial)).otherwise(plate)


def _spelled(compact: pl.Expr) -> pl.Expr:
    """上海A12345, 上海沪A12345: the name gives way to its character; 辽宁A… must not become 辽A… by its first character alone."""
    names = _province_names()
    begins = f"^({'|'.join(names)})(?:省|市|自治区)?"
    mark = compact.str.extract(f"{begins}[A-Z]").replace_strict(names, default=None, return_dtype=pl.String)
    both = compact.str.contains(f"{begins}{PROVINCE}[A-Z]")
    rest = compact.str.replace(begins, "")
    return pl.when(mark.is_not_null()).then(pl.concat_str(mark, rest)).when(both).then(rest).otherwise(compact)


@functools.cache
def _province_names() -> dict[str, str]:
    """Provinces as they are spelled out to their character: 上海, 内蒙古, 广西壮族自治区 …; longer names first."""
    endings = ("市", "省", "自治区", "壮族", "回族", "维吾尔")
    names = {name: mark for mark, name in PROVINCES.items()} | {"内蒙": "蒙"}
    for mark, name in PROVINCES.items():
        short = name
        for ending in endings:
            short = short.removesuffix(ending)
        names[short] = mark
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))


def _reason() -> pl.Expr:
    """Why there is no plate in the cell: the first rule it breaks."""
    plate, length = pl.col("plate"), pl.col("plate").str.len_chars()
    nothing = text.is_junk(text.simplify(pl.col("flat"))) | text.simplify(plate).str.contains(_NONE)
    reasons = {reason: pl.lit(invalid(reason)) for reason in REASONS}
    return (
        pl.when(nothing).then(reasons["placeholder"])
        .when(plate.str.contains(f"^{PROVINCE}[0-9I]") & length.is_between(6, 8)).then(reasons["agency_letter"])
        .when(plate.str.contains(r"^[^A-Z0-9][A-Z][A-Z0-9]{5,6}$") & ~plate.str.contains(f"^{PROVINCE}")).then(reasons["province"])
        .when(pl.col("flat").str.contains(r"[A-Z0-9]\*+[A-Z0-9]|[A-Z0-9]\*{2,}")).then(reasons["serial"])  # masked
        .when(plate.str.contains(f"^{PROVINCE}[A-Z][A-Z0-9]*$") & ~length.is_between(7, 8)).then(reasons["length"])
        .when(plate.str.contains(f"^{PROVINCE}[A-Z]")).then(reasons["serial"])
        .when(plate.str.contains("^[A-Z][A-Z0-9]{5,6}$") & plate.str.contains("[0-9]")).then(reasons["province"])
        .otherwise(reasons["not_a_plate"])
    )  # fmt: skip
