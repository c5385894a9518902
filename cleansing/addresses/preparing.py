"""The text of an address cell: one form for each character, no noise around it, nothing where it says nothing.

Most cells are written plainly (simplified characters, digits, no separators): one look at their characters tells, and they are
taken as they are. The others are normalized, freed of labels (收货地址:) and of separators between the names at the head.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import divisions, text
from cleansing.addresses import distinct
from cleansing.addresses.points import Characters, Flags, Ints, Points, each, rows_with

NOWHERE = "^(?:本店|店内|本公司|公司|单位|家|家里|老家|本地|当地|外地|本市|本市区|市区|市内|城区|自提|上门自提|到店|展厅|同单位|同公司|户籍地|身份证地址|见身份证|同身份证地址?|如上|同联系地址|地址|详细地址|国内|中国|.{0,2}地址不详)$"
HOME = "^[0-9]{1,3}-[0-9]{1,2}-(?:[0-9]{3}|[03-9][0-9]{3}|1[0-8][0-9]{2}|2[1-9][0-9]{2})$"
"""Building, unit and room alone, and no date."""
NOISE = r"(?i)null|undefined|(?:收货|收件|收方|家庭|联系|通讯|通信|详细|住宅|单位|户籍)?地址\s*[::]|^(?:收货|收件|收方|家庭|联系|通讯|通信|详细)地址|中华人民共和国"
_TITLED_BEFORE = r"^(?:(?:收件人|收货人|联系人|姓名|客户|车主)\s*[:：]?\s*\p{Han}{2,4}|\p{Han}{1,3}(?:先生|女士|小姐|太太|老师|经理|师傅|老板))[\s,，、;；:：/]+(.*\p{Han}{2}.*)$"
"""收件人:张伟, 王先生: who is meant, before where."""
_NAMED_BEFORE = r"^[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴]\p{Han}{1,2}[\s,，、;；:：/]+"
_BETWEEN = r"(\p{Han})[\s\-,，、/|>_?~.。·*]+(\p{Han})"
_UNITS = "(?:号|支?弄|院|栋|幢|楼|座|单元|层|室)"
_BEFORE_UNIT = rf"([0-9])\s+({_UNITS})"
_BEHIND_UNIT = rf"({_UNITS})\s+([0-9]{{1,4}}{_UNITS})"
_HEAD = "^([^路街道巷弄号0-9]*)"
_ENDS = " ,，、;；:：-_/|.。?*~"
_SHORTEST = 8  # what says nothing is shorter, begins with one of _SUSPECTS, or has something beside letters and digits
_LONGER = 13  # what says nothing is shorter even so
_SUSPECTS = "测某无啊哈"
_FLAGS = ("blank", "junk", "mojibake", "traditional")
_NOT_PLAIN = "址共锟斤烫锘u"
_NOT_TWICE = "屯"  # a village has one, a debugger fills memory with three


def prepared(cells: pl.DataFrame) -> tuple[pl.DataFrame, Characters]:
    """``raw`` (and any other columns) to the same with text (never null), blank, junk, mojibake and traditional; its characters."""
    raw = cells["raw"].fill_null("")
    characters = Characters.of(raw)
    odd = np.flatnonzero(_odd(raw, characters))
    flags = {name: np.zeros(len(raw), dtype=bool) for name in _FLAGS}
    if not len(odd):
        return cells.with_columns(text=raw, **{name: pl.Series(flag) for name, flag in flags.items()}), characters
    cleaned = distinct.each(cells.select("raw")[odd], _cleaned)
    for name, flag in flags.items():
        flag[odd] = cleaned[name]
    texts = raw.clone().scatter(odd, cleaned["text"])
    new = np.flatnonzero(cleaned["text"] != raw.gather(odd))
    frame = cells.with_columns(text=texts, **{name: pl.Series(flag) for name, flag in flags.items()})
    return frame, characters.replaced(odd[new], cleaned["text"].gather(new)) if len(new) else characters


def _odd(raw: pl.Series, cells: Characters) -> Flags:
    """Whether a cell must go the long way: some character has another form, or it is too short to be sure that it says something."""
    points, starts, ends = cells.points, cells.starts, cells.ends
    kinds = each(_kind_of(), points)
    lengths = ends - starts
    first = kinds[starts]
    odd: Flags = (lengths < _SHORTEST) | (lengths >= text.MAX_LENGTH) | ((first != _PLAIN_HAN) & (first != _SUSPECT))
    odd[(first == _SUSPECT) & (lengths < _LONGER)] = True
    short = np.flatnonzero((lengths < _LONGER) & ~odd)
    if len(short):
        ahead = starts[short, None] + np.minimum(np.arange(_LONGER), lengths[short, None])
        odd[short[(kinds[ahead] == _MARK).any(axis=1)]] = True
    odd[rows_with(_doubled(points), starts)] = True
    odd[rows_with(np.flatnonzero(kinds == _ODD), starts)] = True
    breaks = np.flatnonzero(kinds == _BREAK)
    if len(breaks) > len(starts):  # more than end the cells
        odd[rows_with(np.setdiff1d(breaks, ends, assume_unique=True), starts)] = True
    odd[rows_with(_separating_dashes(points, kinds), starts)] = True
    suspect = np.flatnonzero((first == _SUSPECT) & ~odd)
    if len(suspect):
        says_nothing = text.is_mojibake(pl.col("raw")) | text.is_junk(pl.col("raw"))
        odd[suspect] = raw.gather(suspect).to_frame("raw").select(says_nothing).to_series()
    return odd


def _separating_dashes(points: Points, kinds: npt.NDArray[np.uint8]) -> Ints:
    """Dashes between names, or at the end: between numbers they belong to them."""
    dashes = np.flatnonzero(points == ord("-"))
    before, after = kinds[np.maximum(dashes - 1, 0)], kinds[np.minimum(dashes + 1, len(kinds) - 1)]
    found: Ints = dashes[((before >= _PLAIN_HAN) & (after >= _PLAIN_HAN)) | (after == _BREAK)]
    return found


def _doubled(points: Points) -> Ints:
    places: Ints = np.flatnonzero(points == ord(_NOT_TWICE))
    found: Ints = places[points[places + 1] == ord(_NOT_TWICE)]
    return found


_BREAK, _ODD, _MARK, _PLAIN, _PLAIN_HAN, _SUSPECT = 0, 1, 2, 3, 4, 5


@functools.cache
def _kind_of() -> npt.NDArray[np.uint8]:
    """Code point to kind; a suspect is plain, but not as the first character."""
    table = np.full(0x10000, _ODD, dtype=np.uint8)
    table[ord("\n")] = _BREAK
    table[0x4E00:0x9FA6] = _PLAIN_HAN
    for low, high in (("0", "9"), ("A", "Z"), ("a", "z")):
        table[ord(low) : ord(high) + 1] = _PLAIN
    for character in "-#()":
        table[ord(character)] = _MARK
    han = pl.Series([chr(point) for point in range(0x4E00, 0x9FA6)])
    suspects = han.filter(pl.select(text.may_be_mojibake(pl.lit(han))).to_series()).to_list()
    for character in (*suspects, *_SUSPECTS):
        table[ord(character)] = _SUSPECT
    changed = han.filter(pl.select(text.normalize(pl.lit(han)) != pl.lit(han)).to_series()).to_list()
    for character in (*text.traditional(), *changed, *_NOT_PLAIN):
        if ord(character) < 0x10000:
            table[ord(character)] = _ODD
    return table


@functools.cache
def _provinces() -> str:
    return "|".join(sorted(divisions.current().filter(pl.col("level") == 1)["name"]))


def _cleaned(cells: pl.DataFrame) -> pl.DataFrame:
    """The long way: ``raw`` to raw, text, blank, junk, mojibake, traditional."""
    shown, simple = pl.col("shown"), pl.col("simple")
    frame = cells.with_columns(shown=text.normalize(pl.col("raw"))).with_columns(simple=text.simplify(shown))
    bare = simple.str.replace_all(NOISE, "").str.strip_chars(_ENDS).str.replace(_TITLED_BEFORE, "$1")
    bare = bare.str.replace(rf"{_NAMED_BEFORE}((?:{_provinces()}).+)$", "$1")
    # Twice: what stands between two gaps belongs to both.
    bare = bare.str.replace_all(_BEFORE_UNIT, "$1$2").str.replace_all(_BEHIND_UNIT, "$1$2").str.replace_all(_BEHIND_UNIT, "$1$2")
    head = bare.str.extract(_HEAD, 1)
    joined = (head + bare.str.slice(head.str.len_chars(), 1)).str.replace_all(_BETWEEN, "$1$2").str.replace_all(_BETWEEN, "$1$2")
    frame = frame.with_columns(
        mojibake=text.is_mojibake(pl.col("raw")) | text.is_mojibake(shown), text=joined + bare.str.slice(head.str.len_chars() + 1)
    )
    says_nothing = (
        text.is_junk(simple)
        | text.is_junk(pl.col("text"))
        | pl.col("text").str.contains(NOWHERE)
        | ~pl.col("text").str.contains(rf"\p{{L}}|{HOME}")
    )
    return frame.select(
        "raw",
        text=pl.when(says_nothing.fill_null(value=False) | pl.col("mojibake")).then(pl.lit("")).otherwise(pl.col("text").fill_null("")),
        blank=simple.is_null() | (simple == ""),
        junk=says_nothing.fill_null(value=False) | pl.col("mojibake"),
        mojibake="mojibake",
        traditional=(simple != shown).fill_null(value=False),
    )
