"""What follows the division: town, community, road, number, estate, building, unit, floor, room.

Phones, persons, postcodes and remarks to the courier are taken out; a town written short (余杭区 闲林, 慈溪 观海卫) is known by its
district; the rest is read by its shape (:mod:`cleansing.addresses.grammar`). Nothing is lost: what no part claims is the estate
or ``rest``. Numbers are bare (3号楼 is building 3, 501室 is room 501), so that 3-2-501, 3号楼2单元501室 and 3幢2单元501 are the same;
the road's number keeps lane and number (123弄4号).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import strings
from cleansing.addresses import shapes, spans, towns_short

PHONE = r"(?:(?:联系电话|联系方式|电话|手机号?|TEL|Tel|tel)\s*[::]?\s*)?(?:\+?86[ -]?)?(?:1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|0[0-9]{2,3}-[0-9]{7,8}|[0-9]{3,4}-[0-9]{7,8})"
POSTCODE = r"(?:邮编|邮政编码|邮码)\s*[::]?\s*([0-9]{6})|\(([0-9]{6})\)|[ ,，;]([0-9]{6})$|^([0-9]{6})[ ,，;]"
# Glued to what it stands beside: 200120上海市…, …1号200120.
POSTCODE_FIRST, POSTCODE_LAST = "^([0-8][0-9]{5})([^0-9号室弄栋幢])", "([号室层楼元座院])([0-8][0-9]{5})$"
# Somebody before a phone: what stands apart, begins with a frequent surname and does not end as a place does.
PERSON = (
    r"[ ,，;、/]+[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤]"
    r"(?:[^\P{Han}园区村路街号楼苑城厦院店厂社场府寓庄镇乡县市栋幢室座]{1,2}(?:先生|女士|小姐|师傅)?|先生|女士|小姐|师傅)[ ,，:;]*"
)
REMARK = (
    "[(（][^()（）]*(?:送货|电话|派送|收件|代收|快递|放|联系|勿|请|上门|工作日|周末|节假日|备注|附近|旁边|对面|隔壁|楼下|门口|交叉口|路口)[^()（）]*[)）]"
    "|(?:请|麻烦|务必|必须)?(?:送货上门|派送前.{0,8}|送货前.{0,8}|到了?(?:请)?(?:打|电|联系).{0,8}|放(?:门卫|前台|丰巢|菜鸟驿站|门口|保安).{0,4}|周[一二三四五六日末].{0,6}(?:送|派).{0,4}|工作日.{0,4}|电联|(?:如)?无人.{0,10}|不要放.{0,10})$"
    r"|[ ,;，。/]*(?:收件人|联系人|收货人)\s*[::]?\s*\p{Han}{1,4}(?:先生|女士|小姐)?|\(?(?:\p{Han}{2,3})\(?收\)?$"
)
_MAY_HAVE_MORE = "[0-9]{6}|1[3-9][0-9][ -][0-9]{4}|[0-9]-[0-9]{7}|[(（收送派电联放请周到人]|作日"  # else none of the three is there
_OLD_NAME = r"[(（](?:原|原名|原属|现|现为|现属|今)[)）]"  # what is left of (原闸北区) where the division is taken
_GROUP = "^(?:[0-9]+|[一二三四五六七八九十百]+)[组队社]$"
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
    long = (frame["tail"].str.len_bytes() > _LONGEST).arg_true()
    shape = shapes.read(frame["tail"].str.slice(0, _LONGEST) if len(long) else frame["tail"])
    columns, which = np.ascontiguousarray(spans.table(shape.distinct).T), shape.which  # a column that fits the cache is looked up fast
    tails = strings.Flat.of(frame["tail"])

    def part(name: str) -> pl.Series:
        begin, end = columns[spans.COLUMN[name]], columns[spans.COLUMN[name] + 1]
        rows = np.flatnonzero((begin >= 0)[which])
        read = which[rows]
        return tails.cut(rows, shape.in_text(begin[read], rows), shape.in_text(end[read], rows))

    beyond = strings.put(_nothing(len(frame)), long.to_numpy(), frame["tail"].gather(long).str.slice(_LONGEST).replace("", None))
    rest = [part("rest_between"), part("rest_before"), part("rest"), beyond]
    frame = frame.with_columns(
        town=pl.coalesce("town_known", part("town")),
        **{name: part(name) for name in _SLICES},
        **{name: part(name) for name in WRITTEN if written},
        rest=_joined(rest),
    )
    frame = frame.with_columns(estate=_trimmed(frame["estate"]), rest=_trimmed(frame["rest"]))
    if not written:
        frame = _with_groups(frame)
    frame = _with_storeys(frame)
    plain = {name: _arabic(pl.col(name)).str.to_uppercase() for name in ("building", "unit", "floor", "room")}
    rules = {name: rule if name == "room" else rule.str.replace("^0+([0-9])", "$1") for name, rule in plain.items()}
    return frame.with_columns(_each(frame[name], rule) for name, rule in rules.items())


def _with_groups(frame: pl.DataFrame) -> pl.DataFrame:
    """The group of a village (社 in Sichuan and Chongqing) is a part of the village; annotated addresses have it as a road."""
    road, community = frame["road"], frame["community"]
    ending = (road.str.ends_with("组") | road.str.ends_with("队") | road.str.ends_with("社")).arg_true()
    rows = ending.filter(road.gather(ending).str.contains(_GROUP))
    if rows.is_empty():
        return frame
    group = frame.select("community", "road")[rows].select(pl.concat_str("community", "road", ignore_nulls=True)).to_series()
    return frame.with_columns(
        community=strings.put(community, rows.to_numpy(), group), road=strings.put(road, rows.to_numpy(), _nothing(len(rows)))
    )


def _with_storeys(frame: pl.DataFrame) -> pl.DataFrame:
    """A storey may be written the English way, wherever it stands: 30F, 1号楼12F, 3单元12F."""
    for part in ("building", "unit", "room"):
        written, floor = frame[part], frame["floor"]
        ending = ((written.str.ends_with("F") | written.str.ends_with("f")) & floor.is_null()).arg_true()
        rows = ending.filter(written.gather(ending).str.contains("^[0-9]{1,2}[Ff]$"))
        if len(rows):
            storey = written.gather(rows).str.head(-1)
            put = {"floor": strings.put(floor, rows.to_numpy(), storey), part: strings.put(written, rows.to_numpy(), _nothing(len(rows)))}
            frame = frame.with_columns(**put)
    return frame


def _joined(pieces: list[pl.Series]) -> pl.Series:
    """The pieces in one; with spaces where Latin letters with accents would look like another encoding when they stand together."""
    frame = pl.DataFrame({str(number): piece for number, piece in enumerate(pieces)})
    one, count = frame.select(pl.coalesce(pl.all()).alias("one"), pl.sum_horizontal(pl.all().is_not_null()).alias("count"))
    rows = (count > 1).arg_true()
    if rows.is_empty():
        return one
    tight, spaced = (pl.concat_str(pl.all(), separator=separator, ignore_nulls=True) for separator in ("", " "))
    joined = frame[rows].select(pl.when(tight.str.contains("[\u0080-\u00ff]")).then(spaced).otherwise(tight)).to_series()
    return strings.put(one, rows.to_numpy(), joined)


def _trimmed(texts: pl.Series) -> pl.Series:
    """Without what separates at its ends, and brackets that do not close; null where nothing is left."""
    bare = texts.str.strip_chars(_ENDS)
    brackets = bare.str.contains("[()]").fill_null(value=False)
    if brackets.any():
        loose = brackets & ~bare.str.contains(r"\(.*\)").fill_null(value=False)
        bare = strings.put(bare, loose.arg_true().to_numpy(), bare.filter(loose).str.strip_chars(_ENDS + "()"))
    return bare.set(bare == "", None)


def _each(values: pl.Series, rule: pl.Expr) -> pl.Series:
    """The values by a rule that changes few of the distinct ones."""
    distinct = values.unique().drop_nulls().to_frame()
    changed = distinct.with_columns(rule.alias("new")).filter(pl.col("new") != pl.col(values.name))
    return values.replace(changed[values.name], changed["new"]) if len(changed) else values


def _freed(addresses: pl.DataFrame) -> pl.DataFrame:
    """``tail`` without phones, postcodes, persons and remarks, and ``postcode_in_text``."""
    left = pl.col("left")
    more = addresses["left"].str.contains(_MAY_HAVE_MORE)
    noted = (
        addresses.select("left")
        .filter(more)
        .select(
            postcode=pl.coalesce(
                *(left.str.extract(POSTCODE, group) for group in (1, 2, 3, 4)),
                left.str.extract(POSTCODE_FIRST, 1),
                left.str.extract(POSTCODE_LAST, 2),
            ),
            freed=left.str.replace_all(PERSON + PHONE, "")
            .str.replace_all(PHONE, "")
            .str.replace(POSTCODE, "")
            .str.replace(POSTCODE_FIRST, "$2")
            .str.replace(POSTCODE_LAST, "$1")
            .str.replace_all(_OLD_NAME, "")
            .str.replace_all(REMARK, "")
            .str.strip_chars(_ENDS),
        )
    )
    rows = more.arg_true().to_numpy()
    return addresses.with_columns(
        tail=strings.put(addresses["left"].str.strip_chars(_ENDS), rows, noted["freed"]),
        postcode_in_text=strings.put(_nothing(len(addresses)), rows, noted["postcode"]),
    )


def _nothing(rows: int) -> pl.Series:
    return pl.repeat(None, rows, dtype=pl.String, eager=True)


def _arabic(written: pl.Expr) -> pl.Expr:
    """Chinese numerals up to 99 as digits: 十二 is 12, 二十 is 20, 一〇三 is 103."""
    teens = written.str.replace("^十$", "10").str.replace("^十", "1").str.replace("十$", "0").str.replace("十", "")
    return teens.str.replace_many(list(_CHINESE_DIGITS), list(_CHINESE_DIGITS.values()))
