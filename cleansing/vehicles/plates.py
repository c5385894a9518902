"""Licence plates of mainland China (GA 36-2018), with those of the police, embassies, Hong Kong and Macau, the army.

- ordinary: province character, agency letter, 5 characters of A-Z (without I, O) and 0-9, at most two of them letters
  in most series (not enforced: personal series differ by city);
- new energy, small (8 characters): third character D A B C E (electric) or F G H J K (other), then one letter or digit and
  four digits; large: five digits, then that letter;
- 警 police, 学 training, 挂 trailer, 领 consulate, 港 and 澳 (with 粤Z), 应急 emergency, 临 temporary, 使 embassy, WJ armed
  police, army (two letters, five digits).

The province may be spelled out (上海A12345) or traditional (滬). O and I are never part of a serial: they are read as 0 and 1
(*repaired*); the agency may be O, never I.

>>> cells = pl.Series(["沪a·12345", "沪A·D12345", "粤Z1234港", "沪112345", "沪A1234O"])
>>> clean(cells).select("status", "normalized", "type", "reason").rows()
[('valid', '沪A12345', 'ordinary', None), ('valid', '沪AD12345', 'nev_small_bev', None), ('valid', '粤Z1234港', 'hong_kong', None), ('invalid', None, None, 'agency_letter'), ('repaired', '沪A12340', 'ordinary', None)]
"""

from __future__ import annotations

import polars as pl

from cleansing import text

SCHEMA = {
    "status": pl.String(),
    "normalized": pl.String(),
    "type": pl.String(),
    "province": pl.String(),
    "reason": pl.String(),
    "reasons": pl.List(pl.String()),
}
PROVINCES = {
    "京": "北京市", "津": "天津市", "冀": "河北省", "晋": "山西省", "蒙": "内蒙古自治区", "辽": "辽宁省", "吉": "吉林省", "黑": "黑龙江省",
    "沪": "上海市", "苏": "江苏省", "浙": "浙江省", "皖": "安徽省", "闽": "福建省", "赣": "江西省", "鲁": "山东省", "豫": "河南省",
    "鄂": "湖北省", "湘": "湖南省", "粤": "广东省", "桂": "广西壮族自治区", "琼": "海南省", "渝": "重庆市", "川": "四川省", "贵": "贵州省",
    "云": "云南省", "藏": "西藏自治区", "陕": "陕西省", "甘": "甘肃省", "青": "青海省", "宁": "宁夏回族自治区", "新": "新疆维吾尔自治区",
}  # fmt: skip
"""Plate character to the province's official name."""

_TRADITIONAL = {
    "滬": "沪",
    "粵": "粤",
    "蘇": "苏",
    "閩": "闽",
    "遼": "辽",
    "魯": "鲁",
    "瓊": "琼",
    "貴": "贵",
    "雲": "云",
    "陝": "陕",
    "贛": "赣",
    "寧": "宁",
    "晉": "晋",
    "學": "学",
    "掛": "挂",
    "領": "领",
    "應": "应",
    "臨": "临",
    "瀘": "沪",
}
_P = f"[{''.join(PROVINCES)}]"
_A = "[A-HJ-NO-Z]"
_C = "[A-HJ-NP-Z0-9]"
_TYPES = {  # the first that fits
    "ordinary": f"^{_P}{_A}{_C}{{5}}$",
    "nev_small_bev": f"^{_P}{_A}[DABCE]{_C}[0-9]{{4}}$",
    "nev_small_phev": f"^{_P}{_A}[FGHJK]{_C}[0-9]{{4}}$",
    "nev_large_bev": f"^{_P}{_A}[0-9]{{5}}[DABCE]$",
    "nev_large_phev": f"^{_P}{_A}[0-9]{{5}}[FGHJK]$",
    "police": f"^{_P}{_A}{_C}{{4}}警$",
    "training": f"^{_P}{_A}{_C}{{4}}学$",
    "trailer": f"^{_P}{_A}{_C}{{4}}挂$",
    "hong_kong": f"^粤Z{_C}{{4}}港$",
    "macau": f"^粤Z{_C}{{4}}澳$",
    "consulate": f"^{_P}{_A}{_C}{{4}}领$",
    "embassy": "^(?:使[0-9]{6}|[0-9]{6}使)$",
    "emergency": f"^{_P}[SX]{_C}{{4}}应急$",
    "temporary": f"^(?:{_P}{_A}{_C}{{4,6}}临|临{_P}{_A}{_C}{{4,6}})$",
    "armed_police": f"^WJ{_P}?[0-9]{{4,5}}[A-Z0-9]?$",
    "military": "^[VKHBSLJNGCEZA][A-Z][0-9]{5}$",
}
_PLATE_ANYWHERE = f"{_P}[A-Z]{_C}{{4,6}}[警学挂领港澳临]?"
_NOISE = r"[\s·•・.。_\-–—*:：,，'\"`’()\[\]【】|/\\●○∙⋅‧]"
_NONE = "^(?:无牌|未上牌|未上牌照|新车|临牌|待上牌|没上牌|未挂牌|暂未上牌|没有牌照|无车牌|无牌照|临时牌照?|临时|新车未上牌)$"
_LABEL = "^(?:[车車]牌[号號]码?|[车車]牌照?[号號]?|牌照号?|号牌)[:： ]*"


def clean(values: pl.Series) -> pl.DataFrame:
    """Status, normalized plate, type, province (official name): ``SCHEMA``, same height and order.

    Reasons: agency_letter, province, length, serial, not_a_plate, placeholder, multiple. An empty cell has status empty.
    """
    written = values.cast(pl.String).alias("written")
    judged = _judge(written.drop_nulls().unique())
    frame = written.to_frame().join(judged, on="written", how="left", maintain_order="left")
    return frame.select(pl.col("status").fill_null("empty"), "normalized", "type", "province", "reason", pl.col("reasons").fill_null([]))


def _judge(distinct: pl.Series) -> pl.DataFrame:
    """Judged distinct cells; expressions only."""
    frame = distinct.to_frame("written").with_columns(flat=text.normalize(pl.col("written")).str.to_uppercase())
    names = _province_names()
    frame = frame.with_columns(
        compact=pl.col("flat")
        .str.replace(_LABEL, "")
        .str.replace_all(_NOISE, "")
        .str.replace_many(list(_TRADITIONAL), list(_TRADITIONAL.values())),
        found=pl.col("flat").str.replace_all("[·•・. -]", "").str.extract_all(_PLATE_ANYWHERE),
    ).with_columns(
        several=pl.col("found").list.n_unique() > 1,
        written_twice=(pl.col("found").list.len() > 1) & (pl.col("found").list.n_unique() == 1),
        found=pl.col("found").list.first(),
    )
    # 上海A12345: the name gives way to its character; 辽宁A… must not become 辽A… by its first character alone.
    spelled = pl.col("compact").str.extract(f"^({'|'.join(names)})(?:省|市)?[A-Z]")
    frame = frame.with_columns(
        compact=pl.when(spelled.is_not_null())
        .then(
            pl.concat_str(
                spelled.replace_strict(names, default=None, return_dtype=pl.String),
                pl.col("compact").str.replace(f"^(?:{'|'.join(names)})(?:省|市)?", ""),
            )
        )
        .otherwise("compact")
    )
    # One plate with words around it, or written twice: no other letter or digit may be left over.
    alone = pl.col("compact").str.extract(f"^[^A-Z0-9]*?({_PLATE_ANYWHERE})[^A-Z0-9]*$")
    frame = frame.with_columns(compact=pl.coalesce(pl.when(pl.col("written_twice")).then("found"), alone, "compact"))
    frame = frame.with_columns(fixed=_fixed_serial(pl.col("compact")))
    frame = frame.with_columns(type=_type(pl.col("compact")), fixed_type=_type(pl.col("fixed")))
    wide = pl.col("written").str.contains("[０-９Ａ-Ｚａ-ｚ]")
    valid = pl.col("type").is_not_null() & ~pl.col("several")
    repaired = ~valid & pl.col("fixed_type").is_not_null() & ~pl.col("several")
    status = (
        pl.when(pl.col("flat") == "").then(pl.lit("empty"))
        .when(pl.col("several")).then(pl.lit("multiple"))
        .when(valid & ~wide).then(pl.lit("valid"))
        .when(valid | repaired).then(pl.lit("repaired"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    frame = frame.with_columns(status=status).with_columns(
        normalized=pl.when(valid).then("compact").when(repaired).then("fixed"),
        type=pl.when(valid).then("type").when(repaired).then("fixed_type"),
        reason=pl.when(pl.col("status") == "multiple").then(pl.lit("multiple")).when(pl.col("status") == "invalid").then(_reason()),
    )
    flagged = pl.when(pl.col("status") == "repaired").then(pl.lit("plate_repaired")).otherwise(pl.concat_str(pl.lit("plate_"), "reason"))
    return frame.select(
        "written", "status", "normalized", "type",
        province=pl.col("normalized").str.extract(f"({_P})").replace_strict(PROVINCES, default=None, return_dtype=pl.String),
        reason="reason", reasons=pl.concat_list(flagged).list.drop_nulls(),
    )  # fmt: skip


def _type(plate: pl.Expr) -> pl.Expr:
    return pl.coalesce(*(pl.when(plate.str.contains(shape)).then(pl.lit(name)) for name, shape in _TYPES.items()))


def _fixed_serial(plate: pl.Expr) -> pl.Expr:
    """O and I in the serial, behind province and agency, read as 0 and 1."""
    start = plate.str.slice(0, 2)
    serial = plate.str.slice(2).str.replace_all("O", "0").str.replace_all("I", "1")
    return pl.when(plate.str.contains(f"^{_P}{_A}")).then(pl.concat_str(start, serial)).otherwise(plate)


def _reason() -> pl.Expr:
    """Why ``compact`` is no plate: the first rule it breaks."""
    plate, length = pl.col("compact"), pl.col("compact").str.len_chars()
    return (
        pl.when(text.is_junk(pl.col("flat")) | plate.str.contains(_NONE)).then(pl.lit("placeholder"))
        .when(plate.str.contains(f"^{_P}[0-9I]") & length.is_between(6, 8)).then(pl.lit("agency_letter"))
        .when(plate.str.contains(r"^[^A-Z0-9][A-Z][A-Z0-9]{5,6}$") & ~plate.str.contains(f"^{_P}")).then(pl.lit("province"))
        .when(plate.str.contains(f"^{_P}[A-Z][A-Z0-9]*$") & ~length.is_between(7, 8)).then(pl.lit("length"))
        .when(plate.str.contains(f"^{_P}[A-Z]")).then(pl.lit("serial"))
        .when(plate.str.contains("^[A-Z][A-Z0-9]{5,6}$") & plate.str.contains("[0-9]")).then(pl.lit("province"))
        .otherwise(pl.lit("not_a_plate"))
    )  # fmt: skip


def _province_names() -> dict[str, str]:
    """Provinces as they are spelled out to their character: 上海, 内蒙古, 广西壮族自治区 …; longer names first."""
    short = {
        name.removesuffix("市")
        .removesuffix("省")
        .removesuffix("自治区")
        .removesuffix("壮族")
        .removesuffix("回族")
        .removesuffix("维吾尔"): mark
        for mark, name in PROVINCES.items()
    }
    full = {name: mark for mark, name in PROVINCES.items()}
    return dict(sorted((full | short).items(), key=lambda item: -len(item[0])))
