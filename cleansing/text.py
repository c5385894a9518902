r"""Text as it came to text as it is compared: one form for each character, and what is no text at all.

Rules:

- Unicode NFKC (full-width to half-width, compatibility forms), and the CJK radicals that NFKC leaves (⻄ is 西, ⻓ is 长);
- control, zero-width and variation characters go; any run of white space is one space; no space at the ends;
- traditional to simplified character by character (OpenCC's table), except those that the 通用规范汉字表 (2013) keeps as
  characters of names and places: 乾 昇 陞 於;
- *junk* says nothing (无, 不详, 同上, null, ------, 111111, test);
- *mojibake* is text decoded with the wrong encoding (锟斤拷, ÕÅÈý, 鐜嬩紵).

>>> s = pl.Series(["　陳乾\u200b ", "⻓⻄（A１）", None])
>>> pl.select(simplify(normalize(pl.lit(s)))).to_series().to_list()
['陈乾', '长西(A1)', None]
>>> pl.select(is_junk(pl.lit(pl.Series(["不详", "---", "王伟"])))).to_series().to_list()
[True, True, False]
"""

from __future__ import annotations

import codecs
import functools
import unicodedata

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from cleansing import strings

KEPT_IN_NAMES = "乾昇陞於"
"""Traditional forms that stay: the standard of 2013 lists them as characters of names (陈乾, 毕昇, 於潜)."""

MAX_LENGTH = 4_000
"""Characters of a cell that are looked at; no name or address is longer."""

_OPENCC_WRONG = {"煇": "辉", "濛": "蒙"}  # OpenCC gives 煇 a character outside the standard
_JUNK_LENGTH = 32
_RADICALS = (
    "⺁厂⺄乙⺇几⺈刀⺉刂⺋卩⺌小⺍小⺎兀⺏尢⺐尢⺑尢⺒巳⺓幺⺔彐⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歹⺟母⺠民⺡氵⺢氺⺣灬⺤爪⺥爪⺦丬⺧牛⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯糸"
    "⺰纟⺱网⺲罒⺳网⺴网⺵网⺶羊⺷羊⺸羊⺹耂⺺聿⺻聿⺼肉⺽臼⺾艹⺿艹⻀艹⻁虎⻂衤⻃西⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑长⻒镸⻓长⻔门⻕阝⻖阝⻗雨⻘青⻙韦⻚页⻛风"
    "⻜飞⻝食⻞食⻟食⻠饣⻡首⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫齐⻬齐⻭齿⻮齿⻯龙⻰龙⻱龟⻲龟⻳龟"
)
# Characters that are not seen: controls, soft hyphen, zero width, direction marks, variation selectors, byte order mark.
_UNSEEN = "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
_SPACES = r"[\s\u0085\u2800\u3164\uffa0]+"

_JUNK = (
    "无|無|没有|暂无|没|空|空白|不详|不詳|不祥|未详|不明|不知道|不知|不清楚|未知|未填|未填写|未提供|未登记|不提供|不愿提供|拒绝提供|保密|待补|待补充|待定|待查|待核实|待确认|待完善|同上|同前|同左|同下|同身份证|见备注|见附件|备注|略|其他|其它|默认|默认值|匿名|某某|某某某|测试|测试数据|测试客户|测试用户|测试账号|请勿删除|作废|删除|已删除|重复|样例|示例|无名|无名氏|没留|未留|无信息|无资料|无数据|无法提供|信息不全"
    "|null|none|nil|nan|na|n/a|#n/a|#na|#ref|#value|#name|#div/0|#null|undefined|unknown|unknow|empty|test|tests|testing|test1|test123|demo|sample|admin|xxx|xx|x|tbd|tba|nothing|no|not available|not provided|asdf|asd|qwe|qwer|qwerty|abc|aaa|\\n"
)
JUNK_WORDS = tuple(_JUNK.split("|"))


def normalize(text: pl.Expr) -> pl.Expr:
    """One form for each character (see the module); null stays null, text of nothing becomes empty.

    Cells longer than ``MAX_LENGTH`` characters are cut there.
    """
    unseen_gone = text.str.slice(0, MAX_LENGTH).str.normalize("NFKC").str.replace_all(_UNSEEN, "")
    return unseen_gone.str.replace_many(list(_radicals()), list(_radicals().values())).str.replace_all(_SPACES, " ").str.strip_chars(" ")


def simplify(text: pl.Expr) -> pl.Expr:
    """Traditional characters to simplified ones; characters that names and places keep stay."""
    return text.map_batches(_simplified, return_dtype=pl.String(), is_elementwise=True)


def _simplified(texts: pl.Series) -> pl.Series:
    """All texts as code points, each replaced by its place in a table: faster than to search for 3,750 characters."""
    data, starts, _ = strings.flat(texts)
    points = np.frombuffer(data.tobytes().decode().encode("utf-32-le"), dtype=np.uint32)
    table = _simple()
    simple = np.where(points < len(table), table[np.minimum(points, len(table) - 1)], points)
    if (simple == points).all():
        return texts
    changed = np.frombuffer(simple.tobytes().decode("utf-32-le").encode(), dtype=np.uint8)
    offsets = np.concatenate([starts, [len(data)]]).astype(np.int64)
    if len(changed) != len(data):  # a few characters become one of four bytes
        before = np.concatenate([[0], np.cumsum(_bytes(points))])
        offsets = np.concatenate([[0], np.cumsum(_bytes(simple))])[np.searchsorted(before, offsets)].astype(np.int64)
    made = pl.Series(pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(changed)), dtype=pl.String)
    return made if not texts.null_count() else made.to_frame("made").select(pl.when(texts.is_not_null()).then("made")).to_series()


def _bytes(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """How many bytes each code point has in UTF-8."""
    return 1 + (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)


@functools.cache
def _simple() -> npt.NDArray[np.uint32]:
    table = np.arange(65_536, dtype=np.uint32)
    for old, new in traditional().items():
        table[ord(old)] = ord(new)
    return table


@functools.cache
def traditional() -> dict[str, str]:
    """Traditional character to its simplified form, about 3,750 of them (OpenCC, Apache-2.0)."""
    import opencc  # noqa: PLC0415  (loaded where it is used: `chezhu --help` must not pay for it)

    convert = opencc.OpenCC("t2s").convert
    block = [chr(code) for low, high in ((0x3400, 0x4DC0), (0x4E00, 0xA000)) for code in range(low, high)]
    simplified = convert("\n".join(block)).split("\n")
    pairs = {old: new for old, new in zip(block, simplified, strict=True) if old != new and old not in KEPT_IN_NAMES}
    pairs |= _OPENCC_WRONG
    # What a character was simplified to is simple: 薴 becomes 苧, which must not then become 苎.
    return {old: new for old, new in pairs.items() if old not in set(pairs.values())}


@functools.cache
def _radicals() -> dict[str, str]:
    return dict(zip(_RADICALS[::2], _RADICALS[1::2], strict=True))


def is_junk(text: pl.Expr) -> pl.Expr:
    """Whether normalized text says nothing: a word for "unknown", one character repeated, or no letter or digit at all.

    Null is not junk (nothing was written); empty text is not either.
    """
    # Junk is short; null costs nothing in the steps that follow.
    short = pl.when(text.str.len_chars() <= _JUNK_LENGTH).then(text)
    bare = short.str.to_lowercase().str.replace_all(r"[\s()\[\]{}【】<>《》\"'“”‘’。.,，、;；:：!！?？*~_-]+", "")
    words = pl.lit(pl.Series(sorted({word.replace(".", "") for word in JUNK_WORDS}))).implode()
    return (
        (text.str.len_chars() > 0)
        & (
            bare.is_in(words)
            | ~text.str.contains(r"[\p{L}\p{N}]")
            | text.str.contains(r"^[=+@-]\s*[A-Za-z]+\s*[|(!]")  # a formula
            | short.str.contains(
                "(?i)^(?:测试|test)(?:[0-9测试客户用户姓名数据号_ -]|user|data|case|name|customer|client|account|abc|ing|er)*$"
            )
            | bare.str.contains(
                "^(?:0+|1{3,}|2{3,}|3{3,}|4{3,}|5{3,}|6{3,}|7{3,}|8{3,}|9{3,}|x+|某+|无+|啊+|哈+|a{2,}|d{2,}|s{2,}|1?2?3456?7?8?9?0?|123)$"
            )
        )
    ).fill_null(False)


def is_mojibake(text: pl.Expr) -> pl.Expr:
    """Whether text was decoded with the wrong encoding on its way (tested on text before or after :func:`normalize`).

    Known signs: the replacement character, its GBK reading (锟斤拷), debug fills (烫烫, 屯屯屯), UTF-8 or GBK bytes read as
    Latin-1 (å¼ ä¸, ÕÅÈý), and UTF-8 read as GBK, which is proven by reading it back.
    """
    signs = text.str.contains(
        "\ufffd|锟斤|斤拷|烫烫|屯屯屯|锘\\p{Han}|ï»¿|[\u00c0-\u00f6\u00f8-\u00ff][\u0080-\u00ff\u0152-\u017e\u2018-\u203a\u20ac\u2122][\u00a1-\u00ff\u0152-\u017e\u2018-\u203a\u20ac\u2122]|^[^\\p{L}\\p{N}]*[\u00a1-\u00ff]{2,}[^\\p{L}\\p{N}]*$|[äåæçèé][\u0080-\u00bf\u0152-\u017e\u2018-\u203a\u20ac\u2122]"
    )
    suspect = may_be_mojibake(text)
    proven = pl.when(suspect).then(text).map_batches(_reads_back, return_dtype=pl.Boolean())
    return (signs | proven).fill_null(False)


def may_be_mojibake(text: pl.Expr) -> pl.Expr:
    """Whether text begins with a character that UTF-8 of Chinese text, read as GBK, begins with: a cheap first sieve."""
    return text.str.contains(_utf8_as_gbk_start())


@functools.cache
def _utf8_as_gbk_start() -> str:
    return "^[" + "".join(sorted(utf8_as_gbk_starts())) + "]"


def utf8_as_gbk_starts() -> set[str]:
    """The GBK characters that the first two bytes of a Chinese character in UTF-8 make."""
    return set(
        "".join(
            bytes((lead, second)).decode("gbk", "ignore") for lead in range(0xE4, 0xEA) for second in range(0x80, 0xC0) if second != 0x7F
        )
    )


def _reads_back(texts: pl.Series) -> pl.Series:
    """Whether the GBK bytes of a text are UTF-8 of Chinese text; only the few suspects reach this."""
    distinct = texts.drop_nulls().unique()
    answers = pl.Series([_is_utf8_read_as_gbk(text) for text in distinct], dtype=pl.Boolean())
    if distinct.is_empty():
        return pl.repeat(None, len(texts), dtype=pl.Boolean(), eager=True)
    return texts.replace_strict(distinct, answers, default=None, return_dtype=pl.Boolean())


def _is_utf8_read_as_gbk(text: str) -> bool:
    lost, text = "?" in text, text.replace("?", "")  # a byte that was no character
    try:
        data = text.encode("gb18030")
        # UTF-8 of an odd number of bytes does not fit GBK's pairs: the last character may have lost bytes, none other.
        read = data.decode("utf-8", "ignore") if lost else codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeError:
        return False
    if len(read) * 3 < len(text) * 2 - 2:
        return False
    return len(read) > 0 and all(unicodedata.name(character, "").startswith("CJK") for character in read) and len(text) >= 2
