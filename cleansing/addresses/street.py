"""What follows the division: town, community, road, number, estate, building, unit, floor, room.

Each part is taken from the front, or from the end, of what the parts before it left; nothing is lost: what no part claims
stays in the estate (a name of a place) or in ``rest``. Numbers are bare (3号楼 is building 3, 501室 is room 501), so that
3-2-501, 3号楼2单元501室 and 3幢2单元501 are the same; the road's number keeps lane and number (123弄4号).
"""

from __future__ import annotations

import functools

import polars as pl

from cleansing import reference
from cleansing.divisions import towns

NUMBER = "[0-9一二三四五六七八九十百零〇]+"
CODE = "(?:[0-9]+[A-Za-z]?|[A-Za-z][0-9]*|[一二三四五六七八九十百]+)"
_CHINESE_DIGITS = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9", "〇": "0", "零": "0"}

PHONE = r"(?:(?:电话|手机|联系电话|联系方式|TEL|Tel|tel)\s*[::]?\s*)?(?:\+?86[ -]?)?(?:1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|0[0-9]{2,3}-[0-9]{7,8}|[0-9]{3,4}-[0-9]{7,8})"
POSTCODE = r"(?:邮编|邮政编码|邮码)\s*[::]?\s*([0-9]{6})|\(([0-9]{6})\)|[ ,，;]([0-9]{6})$|^([0-9]{6})[ ,，;]"
REMARK = (
    "[(（][^()（）]*(?:送货|电话|派送|收件|代收|快递|放|联系|勿|请|上门|工作日|周末|节假日|备注|附近|旁边|对面|隔壁|楼下|门口|交叉口|路口)[^()（）]*[)）]"
    "|(?:请|麻烦|务必|必须)?(?:送货上门|派送前.{0,8}|送货前.{0,8}|到了?(?:请)?(?:打|电|联系).{0,8}|放(?:门卫|前台|丰巢|菜鸟驿站|门口|保安).{0,4}|周[一二三四五六日末].{0,6}(?:送|派).{0,4}|工作日.{0,4}|电联|(?:如)?无人.{0,10}|不要放.{0,10})$"
    r"|[ ,;，。/]*(?:收件人|联系人|收货人)\s*[::]?\s*\p{Han}{1,4}(?:先生|女士|小姐)?|\(?(?:\p{Han}{2,3})\(?收\)?$"
)
TOWN = r"^(\p{Han}{1,9}?(?:街道办事处|街道|苏木|(?:回族|满族|苗族|瑶族|土家族|畲族|藏族|蒙古族|彝族|壮族|白族|侗族)乡|镇|乡))"
TOWN_INSIDE_NOT = "[路巷弄号村栋幢楼]|大道|小区|花园|公司|广场|大厦|市场|社区"
TOWN_AFTER_NOT = (
    "^(?:[东西南北中]?[一二三四五六七八九十]?[路街巷弄]|[东西南北中]大?[路街]|大道|政府|中学|小学|医院|卫生院|派出所|村镇|企业|工业)"
)
COMMUNITY = r"^(\p{Han}{1,8}?(?:社区居委会|社区|居委会|居民委员会|村委会|村民委员会|行政村|自然村|嘎查|村))"
COMMUNITY_INSIDE_NOT = "[路巷弄号栋幢楼]|大道|街(?:[^社村]|$)|新村$|小区|花园|公司|广场|大厦|市场"
COMMUNITY_AFTER_NOT = "^(?:[东西南北中上下前后]?[一二三四五六七八九十]?[路街巷弄]|[东西南北中]大?[路街]|大道|[0-9一二三四五六七八九十]+[弄]|商业|医院|银行|大厦|公寓|花园|小区|广场|工业)"
ROAD = r"^((?:[GSXY]?[0-9]{2,3}(?:国道|省道|县道|乡道)|\p{Han}(?:\p{Han}|[0-9]){0,11}?(?:公路|国道|省道|快速路|大道|大街|胡同|支路|路|街|巷|弄堂|道)(?:[东西南北中](?:段|侧)|[一二三四五六七八九十](?:段|巷)|支?[0-9]+(?:巷|支路))?))"
ROAD_INSIDE_NOT = (
    "小区|花园|大厦|广场|公寓|公司|市场|医院|学校|园区|工业园|工业区|商城|酒店|中心|[号栋幢楼层室]|社区|大学|中学|小学|[^关]村.|交叉"
)
ROAD_AFTER_NOT = "^(?:口|道|坊|区|段(?:[^0-9]|$)|具|桥|北桥|街道|社区|市场|商城|商业街)"
ROAD_NO = rf"^((?:{NUMBER}(?:支?弄)){{1,2}}(?:[甲乙丙丁]?{NUMBER}[A-Za-z]?(?:[-—~－至][0-9]+)?号)?|[甲乙丙丁]?{NUMBER}(?:[-—~－至][0-9]+)?[A-Za-z]?号?[-—]{NUMBER}号|[甲乙丙丁]?{NUMBER}[A-Za-z]?号(?:附[0-9]+号?)?|附{NUMBER}号)"
ROAD_NO_AFTER_NOT = "^(?:楼|门|院|库|厂|单元|公寓|住宅|码头|桥|线|路)"
# A number behind one of these is a building's; behind a village's or a hill's name it is the house's.
RESIDENTIAL = "(?:小区|花园|花苑|[苑园城庭邸府湾居轩阁墅郡]|公寓|新村|家园|广场|大厦|市场|[东西南北]区|期|院|宿舍|公馆|名都)$"


def split(addresses: pl.DataFrame) -> pl.DataFrame:
    """``left``, ``adcode`` (and any other columns) to the same plus the street's parts."""
    frame = addresses.with_columns(
        postcode_in_text=pl.coalesce(*(pl.col("left").str.extract(POSTCODE, group) for group in (1, 2, 3, 4))),
        tail=pl.col("left")
        .str.replace_all(PHONE, "")
        .str.replace(POSTCODE, "")
        .str.replace_all(REMARK, "")
        .str.strip_chars(" ,，。;；、/-_:：|*#"),
    )
    frame = _town(frame)
    frame = _front(frame, "community", COMMUNITY, COMMUNITY_INSIDE_NOT, COMMUNITY_AFTER_NOT)
    frame = _front(frame, "road", ROAD, ROAD_INSIDE_NOT, ROAD_AFTER_NOT)
    frame = _front(frame, "road_no", ROAD_NO, "^$", ROAD_NO_AFTER_NOT)
    frame = frame.with_columns(tail=pl.col("tail").str.strip_chars_start(" ,，、-_/"))
    return _inside(frame)


def _front(frame: pl.DataFrame, part: str, pattern: str, inside_not: str, after_not: str) -> pl.DataFrame:
    """Takes ``part`` from the front, unless what it took, or what follows, shows that it is something else."""
    frame = frame.with_columns(pl.col("tail").str.extract(pattern, 1).alias(part))
    after = pl.col("tail").str.slice(pl.col(part).str.len_chars(), 6)
    frame = frame.with_columns(pl.when(~pl.col(part).str.contains(inside_not) & ~after.str.contains(after_not)).then(part).alias(part))
    return frame.with_columns(tail=pl.col("tail").str.slice(pl.col(part).str.len_chars().fill_null(0)))


def _town(frame: pl.DataFrame) -> pl.DataFrame:
    """The town by its kind's word, else by the known short names of the district's towns (余杭区 闲林, 慈溪 观海卫)."""
    tail = pl.col("tail")
    frame = (
        _front(frame.with_columns(whole=tail), "town", TOWN, TOWN_INSIDE_NOT, TOWN_AFTER_NOT)
        .with_columns(tail=pl.col("whole"))
        .drop("whole")
    )
    frame = frame.with_columns(town_written=pl.col("town"))
    known = _short_towns(str(reference.folder()))
    for size in (4, 3, 2):
        keyed = known.filter(pl.col("short").str.len_chars() == size).rename({"short": f"short{size}", "town": f"town{size}"})
        frame = frame.with_columns(tail.str.slice(0, size).alias(f"short{size}")).join(
            keyed, on=["adcode", f"short{size}"], how="left", maintain_order="left"
        )
        follows = tail.str.slice(size, 3)
        good = pl.col("town").is_null() & ~follows.str.contains("^(?:[东西南北中]?[路街巷弄桥]|大道|[东西南北中]大?[路街]|[村市区县镇乡])")
        frame = frame.with_columns(
            town_written=pl.when(good & pl.col(f"town{size}").is_not_null()).then(f"short{size}").otherwise("town_written"),
            town=pl.when(good).then(pl.coalesce(f"town{size}", "town")).otherwise("town"),
        ).drop(f"short{size}", f"town{size}")
    return frame.with_columns(tail=tail.str.slice(pl.col("town_written").str.len_chars().fill_null(0)))


@functools.cache
def _short_towns(_folder: str) -> pl.DataFrame:
    short = pl.col("town").str.replace("(?:街道办事处|街道|地区办事处|苏木|镇|乡)$", "")
    return (
        towns()
        .rename({"name": "town"})
        .with_columns(short=short)
        .filter(pl.col("short").str.len_chars().is_between(2, 4) & ~pl.col("short").str.contains("[路街道巷里]$"))
        .unique(["adcode", "short"], keep="first", maintain_order=True)
    )


def _inside(frame: pl.DataFrame) -> pl.DataFrame:
    """Building, unit, floor and room from the end; what is before them is the estate."""
    tail = pl.col("tail")
    compact = tail.str.extract_groups(
        r"(?:^|[^0-9A-Za-z])([0-9A-Za-z]{1,4})(?:号楼|栋|幢|座|#|号)?[-—/]([0-9A-Za-z]{1,2})(?:单元)?[-—/]([0-9]{2,5}[A-Za-z]?)(?:室|房)?$"
    )
    pair = tail.str.extract_groups(r"(?:^|[^0-9A-Za-z-])([0-9A-Za-z]{1,4})(?:号楼|栋|幢|座|#)?[-—/]([0-9]{3,5}[A-Za-z]?)(?:室|房)?$")
    frame = frame.with_columns(
        building=pl.coalesce(
            compact.struct.field("1"),
            pair.struct.field("1"),
            tail.str.extract(rf"({CODE})(?:号楼|栋|幢|座|#楼|#|号院)", 1),
            tail.str.extract(rf"({CODE})号(?:[^0-9]|$|[0-9]{{3,4}}(?:室|房)?$)", 1),
            tail.str.extract(r"([0-9]{1,3})楼[0-9]+单元", 1),
        ),
        unit=pl.coalesce(compact.struct.field("2"), tail.str.extract(rf"({CODE})单元", 1)),
        floor=tail.str.extract(rf"(?:^|[^号0-9])({NUMBER}|地下{NUMBER}|[Bb][0-9])(?:楼|层)(?:[^0-9单]|$|[0-9]+(?:室|房|号)?$)", 1),
        room=pl.coalesce(
            compact.struct.field("3"),
            pair.struct.field("2"),
            tail.str.extract(r"([A-Za-z]?[0-9]{1,5}[A-Za-z]?)(?:室|房间|号房|房)", 1),
            tail.str.extract(r"(?:栋|幢|座|单元|楼|层|号)[ -]?([A-Za-z]?[0-9]{3,5}[A-Za-z]?)$", 1),
        ),
    )
    pieces = rf"(?:{CODE}(?:号楼|栋|幢|座|#楼|#|号院|单元)|(?:{NUMBER}|地下{NUMBER}|[Bb][0-9])(?:楼|层)|[A-Za-z]?[0-9]{{1,5}}[A-Za-z]?(?:室|房间|号房|房))"
    start = tail.str.extract(
        rf"^(.*?)[-—/ ]*(?:{pieces}|[0-9A-Za-z]{{1,4}}(?:号楼|栋|幢|座|#|号)?[-—/][0-9]{{1,5}}(?:[-—/][0-9]{{2,5}})?[A-Za-z]?(?:室|房)?$|{CODE}号(?:[^0-9]|$|[0-9]{{3,4}}(?:室|房)?$)).*$",
        1,
    )
    estate = pl.coalesce(start, tail).str.strip_chars(" ,，、-_/()")
    frame = frame.with_columns(estate=pl.when(estate.str.len_chars() > 0).then(estate))
    house = pl.when(pl.col("road_no").is_null() & ~pl.col("estate").str.contains(RESIDENTIAL)).then(
        tail.str.slice(pl.col("estate").str.len_chars()).str.extract(rf"^({NUMBER}[A-Za-z]?号)(?:[^楼院]|$)", 1)
    )
    frame = frame.with_columns(road_no=pl.coalesce("road_no", house), building=pl.when(house.is_null()).then("building"))
    after = tail.str.extract(rf"^.*{pieces}(.*)$", 1).str.strip_chars(" ,，、-_/()")
    loose_room = after.str.extract(r"^([A-Za-z]?[0-9]{3,5})$", 1)
    rest = pl.when(start.is_not_null() & loose_room.is_null() & after.str.contains(r"\p{Han}{2}|[A-Za-z]{3}")).then(after)
    frame = frame.with_columns(rest=rest, room=pl.coalesce("room", loose_room))
    return frame.with_columns(
        _arabic(pl.col(part)).str.to_uppercase().str.replace("^0+([0-9])", "$1").alias(part) for part in ("building", "unit", "floor")
    ).with_columns(pl.col("room").str.to_uppercase())


def _arabic(text: pl.Expr) -> pl.Expr:
    """Chinese numerals up to 99 as digits: 十二 is 12, 二十 is 20, 一〇三 is 103."""
    teens = text.str.replace("^十$", "10").str.replace("^十", "1").str.replace("十$", "0").str.replace("十", "")
    return teens.str.replace_many(list(_CHINESE_DIGITS), list(_CHINESE_DIGITS.values()))
