"""What follows the division: town, community, road, number, estate, building, unit, floor, room.

Phones, persons, postcodes and remarks to the courier are taken out; a town written short (余杭区 闲林, 慈溪 观海卫) is known by its
district; the rest is read by its shape (:mod:`cleansing.addresses.grammar`). Nothing is lost: what no part claims is the estate
or ``rest``. Numbers are bare (3号楼 is building 3, 501室 is room 501), so that 3-2-501, 3号楼2单元501室 and 3幢2单元501 are the same;
the road's number keeps lane and number (123弄4号).
"""

from __future__ import annotations

import polars as pl

from cleansing.addresses import shapes, spans, towns_short

PHONE = r"(?:(?:联系电话|联系方式|电话|手机号?|TEL|Tel|tel)\s*[::]?\s*)?(?:\+?86[ -]?)?(?:1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|0[0-9]{2,3}-[0-9]{7,8}|[0-9]{3,4}-[0-9]{7,8})"
POSTCODE = r"(?:邮编|邮政编码|邮码)\s*[::]?\s*([0-9]{6})|\(([0-9]{6})\)|[ ,，;]([0-9]{6})$|^([0-9]{6})[ ,，;]"
REMARK = (
    "[(（][^()（）]*(?:送货|电话|派送|收件|代收|快递|放|联系|勿|请|上门|工作日|周末|节假日|备注|附近|旁边|对面|隔壁|楼下|门口|交叉口|路口)[^()（）]*[)）]"
    "|(?:请|麻烦|务必|必须)?(?:送货上门|派送前.{0,8}|送货前.{0,8}|到了?(?:请)?(?:打|电|联系).{0,8}|放(?:门卫|前台|丰巢|菜鸟驿站|门口|保安).{0,4}|周[一二三四五六日末].{0,6}(?:送|派).{0,4}|工作日.{0,4}|电联|(?:如)?无人.{0,10}|不要放.{0,10})$"
    r"|[ ,;，。/]*(?:收件人|联系人|收货人)\s*[::]?\s*\p{Han}{1,4}(?:先生|女士|小姐)?|\(?(?:\p{Han}{2,3})\(?收\)?$"
)
_MAY_HAVE_MORE = "[0-9]{6}|[0-9][ -][0-9]{4}|[0-9]-[0-9]{7}|[(（收送派电联放请周]|人|作日"
_ENDS = " ,，。;；、/-_:：|*#"
_LONGEST = 160  # characters whose shape is read; no street is longer
_CHINESE_DIGITS = {
    "一": "1",
    "二": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "七": "7",
    "八": "8",
    "九": "9",
    "〇": "0",
    "零": "0",
    "两": "2",
}
_SLICES = ("community", "road", "road_no", "estate", "building", "unit", "floor", "room")
WRITTEN = ("number_written", "house_written", "building_written", "room_written")


def split(addresses: pl.DataFrame, *, written: bool = False) -> pl.DataFrame:
    """``left``, ``adcode`` (and any other columns) to the same plus the street's parts; with ``written``, numbers as they stand too."""
    frame = towns_short.cut_off(_freed(addresses))
    shape = shapes.read(frame["tail"].str.slice(0, _LONGEST))
    table, which = spans.table(shape.distinct), shape.which

    def part(name: str) -> pl.Expr:
        column = spans.COLUMN[name]
        if (table[:, column] < 0).all():
            return pl.lit(None, dtype=pl.String)
        begin, end = (shape.in_text(table[:, side][which]) for side in (column, column + 1))
        found = pl.col("tail").str.slice(pl.lit(pl.Series(begin)), pl.lit(pl.Series(end - begin)))
        return pl.when(pl.lit(pl.Series(begin >= 0))).then(found)

    beyond = pl.col("tail").str.slice(_LONGEST)
    rest = [part("rest_between"), part("rest_before"), part("rest"), pl.when(beyond != "").then(beyond)]
    frame = frame.with_columns(
        town=pl.coalesce("town_known", part("town")),
        **{name: part(name) for name in _SLICES},
        **{name: part(name) for name in WRITTEN if written},
        rest=pl.concat_str(rest, ignore_nulls=True),
    )
    # A storey may be written the English way: 30F.
    storey = pl.col("floor").is_null() & pl.col("building").str.contains("^[0-9]{1,2}[Ff]$")
    frame = frame.with_columns(
        estate=_trimmed("estate"),
        rest=_trimmed("rest"),
        floor=pl.when(storey).then(pl.col("building").str.head(-1)).otherwise("floor"),
        building=pl.when(~storey.fill_null(value=False)).then("building"),
    )
    plain = {name: _arabic(pl.col(name)).str.to_uppercase() for name in ("building", "unit", "floor", "room")}
    rules = {name: rule if name == "room" else rule.str.replace("^0+([0-9])", "$1") for name, rule in plain.items()}
    return frame.with_columns(_each(frame[name], rule) for name, rule in rules.items())


def _trimmed(name: str) -> pl.Expr:
    """Without what separates at its ends, and brackets that do not close; null where nothing is left."""
    bare = pl.col(name).str.strip_chars(_ENDS)
    bare = pl.when(bare.str.contains(r"\(.*\)")).then(bare).otherwise(bare.str.strip_chars(_ENDS + "()"))
    return pl.when(bare != "").then(bare)


def _each(values: pl.Series, rule: pl.Expr) -> pl.Series:
    """The values by a rule that changes few of the distinct ones."""
    distinct = values.unique().drop_nulls().to_frame()
    changed = distinct.with_columns(rule.alias("new")).filter(pl.col("new") != pl.col(values.name))
    return values.replace(changed[values.name], changed["new"]) if len(changed) else values


def _freed(addresses: pl.DataFrame) -> pl.DataFrame:
    """``tail`` without phones, postcodes, persons and remarks, and ``postcode_in_text``."""
    left = pl.col("left")
    more = addresses.select(left.str.contains(_MAY_HAVE_MORE)).to_series()
    plain = left.str.strip_chars(_ENDS)
    if not more.any():
        return addresses.with_columns(tail=plain, postcode_in_text=pl.lit(None, dtype=pl.String))
    noted = addresses.filter(more).select("left").unique(maintain_order=True)
    noted = noted.with_columns(
        postcode_in_text=pl.coalesce(*(left.str.extract(POSTCODE, group) for group in (1, 2, 3, 4))),
        freed=left.str.replace_all(PHONE, "").str.replace(POSTCODE, "").str.replace_all(REMARK, "").str.strip_chars(_ENDS),
    )
    frame = addresses.join(noted, on="left", how="left", maintain_order="left")
    return frame.with_columns(tail=pl.coalesce("freed", plain)).drop("freed")


def _arabic(written: pl.Expr) -> pl.Expr:
    """Chinese numerals up to 99 as digits: 十二 is 12, 二十 is 20, 一〇三 is 103."""
    teens = written.str.replace("^十$", "10").str.replace("^十", "1").str.replace("十$", "0").str.replace("十", "")
    return teens.str.replace_many(list(_CHINESE_DIGITS), list(_CHINESE_DIGITS.values()))
