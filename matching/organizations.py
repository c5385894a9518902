"""The names of organizations, read into parts: region, trade name, business, branch; the legal form is left out.

    上海永达汽车销售服务有限公司北京分公司 -> 31, 永达, 汽车销售服务, 北京
    永达汽车(上海)有限公司             -> 31, 永达, 汽车, null
    smith & sons trading co., ltd.      -> null, smith and sons trading, null, null

A name is an organization's if it has a legal form, a branch or a business (data/reference/organization_words.csv), and if it is not read as a person's;
in a column of organizations (``chosen``) every name is. Regions are codes of GB/T 2260 without the zeros at the end (data/reference/divisions.parquet): 33 of 浙江, 3301 of 杭州. A part that is
not there is null.

>>> parse(pl.Series(["永达汽车(上海)有限公司", "昌盛达运输", "王伟"])).rows()
[('31', '永达', '汽车', None), (None, '昌盛达', '运输', None), (None, None, None, None)]
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import polars as pl

from matching import reference
from matching.spec import ORGANIZATION_KINDS as KINDS
from matching.spec import ModelSpec

PARTS: dict[str, pl.DataType] = {"region": pl.String(), "trade": pl.String(), "business": pl.String(), "branch": pl.String()}
_HAN = r"\p{Han}"
_LATIN_WORDS = r"\p{Latin}{2} |[ ]\p{Latin}{2}"
"""Names that are written in words, as Royal 佐藤 Design: the parts of a Chinese name are not told by spaces."""
_NUMBER = "第?[一二三四五六七八九十百0-9]+"
_UNITS = "分司|分店|分厂|分部|分行|支行|营业部|办事处|门市部|门店|店"  # 分司: 分公司, before legal forms are looked for
_PLACES = "自治区|省|市|县|区|旗"
_MOST = 0.5
"""Share of a column's names with legal forms above which all are organizations'."""
_MANY = 0.4
"""The same of names in letters with a word of what an organization is (school, restaurant) or a sign that it is no person, which fewer have."""
_NO_PERSON = r"\b(?:of|the|for)\b|\p{L}['’]s\b|[0-9]"


def parse(names: pl.Series, *, throughout: bool = False) -> pl.DataFrame:
    """The parts of names: region, trade, business, branch; all null where a name is no organization's. Same height and order.

    ``throughout``: every name is an organization's, though nothing in it says so.

    >>> parse(pl.Series(["Summit Wolf Dental", "ООО «Ромашка»"]), throughout=True)["trade"].to_list()
    ['summit wolf dental', 'ромашка']
    """
    distinct = names.drop_nulls().unique().rename("name").to_frame()
    han = pl.col("name").str.contains(_HAN) & ~pl.col("name").str.contains(_LATIN_WORDS)
    read = pl.concat([_chinese(distinct.filter(han), throughout=throughout), _latin(distinct.filter(~han), throughout=throughout)])
    return names.rename("name").to_frame().join(read, on="name", how="left", maintain_order="left").select(*PARTS)


def chosen(spec: ModelSpec, sample: pl.DataFrame) -> ModelSpec:
    """The spec with ``organizations`` decided for each column: by the model file, else by whether most names of a sample say that they are organizations'.

    A text of which most values do is a name, unless the file says how it is compared (``exclusive``, ``words``).
    """
    columns = {}
    for name, column in spec.columns.items():
        decided = column.organizations
        if decided is None and column.kind in KINDS:
            told_otherwise = column.kind == "text" and (column.exclusive or column.words is not None)
            decided = not told_otherwise and _are_organizations(sample[name], text=column.kind == "text")
        columns[name] = replace(column, kind="name" if decided else column.kind, organizations=decided)
    return replace(spec, columns=columns)


def throughout(spec: ModelSpec) -> bool:
    """Whether a table is about organizations only: it has columns of names, and all are organizations'."""
    names = [spec.columns[name] for name in spec.of_kind("name", "given_name", "surname")]
    return bool(names) and all(column.organizations for column in names)


def _are_organizations(names: pl.Series, *, text: bool) -> bool:
    """Whether most names say that they are organizations': by a legal form or, of names in letters, by what no person's name has.

    ``text``: of a text only legal forms tell, since anything may stand in it.
    """
    known = names.cast(pl.String).drop_nulls()
    # what may be a surname, too, is a legal form where many end in it: who is called Sa is one of thousands
    bare = known.str.to_lowercase().str.replace_all(r"[.']", "")
    told = parse(known)["trade"].is_not_null() | bare.str.contains(rf" (?:{_alternatives('legal_latin_weak')})$")
    if told.sum() > _MOST * len(known) or text:
        return bool(told.sum() > _MOST * len(known))
    lower = known.str.to_lowercase()
    other = lower.str.contains(rf"\b(?:{_alternatives('what_latin')})\b") | lower.str.contains(_NO_PERSON)
    letters = ~known.str.contains(_HAN)
    return bool((letters & other).sum() > _MANY * len(known))


def packed(parts: pl.DataFrame) -> pl.Series:
    """The parts of names, each as one text; null where a name is no organization's.

    >>> packed(parse(pl.Series(["永达汽车(上海)有限公司", "王伟"]))).to_list()
    ['31|永达|汽车|', None]
    """
    return parts.select(pl.when(pl.col("trade").is_not_null()).then(pl.concat_str(pl.col(*PARTS).fill_null(""), separator="|"))).to_series()


def registered(parts: pl.DataFrame) -> pl.Series:
    """The parts of names that say region, trade and business, each as one text; null where one of the three is missing.

    Such a name is registered once: in a region no two enterprises of a business may bear one trade name (企业名称登记管理规定, 2020, article 17).

    >>> registered(parse(pl.Series(["永达汽车(上海)有限公司", "上海市永达汽车", "永达汽车", "上海永达"]))).to_list()
    ['31|永达|汽车|', '31|永达|汽车|', None, None]
    """
    return parts.select(pl.when(pl.all_horizontal(pl.col("region", "trade", "business").is_not_null())).then(packed(parts))).to_series()


def unpacked(text: pl.Series) -> pl.DataFrame:
    """The parts of texts that ``packed`` made."""
    fields = text.str.split_exact("|", len(PARTS) - 1).struct.rename_fields(list(PARTS)).struct.unnest()
    return fields.with_columns(pl.when(pl.col(part) != "").then(part).alias(part) for part in PARTS)


def _chinese(names: pl.DataFrame, *, throughout: bool) -> pl.DataFrame:
    bracketed = rf"[(（](?:{_alternatives('legal_bracketed')})[)）]"
    outside = rf"^(?:{_alternatives('legal_leading')}|{bracketed})|{bracketed}$"
    bare = pl.col("name").str.replace_all("分公司", "分司", literal=True).str.replace_all(r"[\s·.,，。、|\-]|[(（]中国[)）]", "")
    rest = bare.str.replace(outside, "")
    led = (rest != bare) & (rest != "")
    bare = pl.when(led).then(rest).otherwise(bare)
    inside = bare.str.extract(r"[(（\[【]([^)）\]】]*)[)）\]】]")
    frame = names.with_columns(
        text=bare.str.replace_all(r"[(（\[【][^)）\]】]*[)）\]】]", ""),
        flat=bare.str.replace_all(r"[()（）\[\]【】]", ""),
        inside=inside.str.extract(rf"^({_regions_pattern()})$"),
    ).with_columns(text=pl.when(pl.col("inside").is_null()).then("flat").otherwise("text"))
    legal = _alternatives("legal")
    place = rf"(?:{_regions_pattern()})"
    split = pl.col("text").str.extract_groups(rf"^(?P<head>.+?)(?:{legal})(?P<tail>.*)$").struct
    frame = frame.with_columns(split.field("head"), split.field("tail"))
    alone = pl.col("text").str.extract(rf"((?:{_NUMBER}|{place})(?:{_UNITS}))$")
    frame = frame.with_columns(
        tail=pl.when(pl.col("head").is_null()).then(alone).otherwise(pl.when(pl.col("tail") != "").then("tail")),
        formal=pl.col("head").is_not_null() | led | throughout,
        head=pl.col("head").fill_null(pl.col("text").str.strip_suffix(alone.fill_null(""))),
    )
    groups = (
        pl.col("head")
        .str.replace("^中国", "")
        .str.extract_groups(rf"^(?P<own>.{{2,}}?)(?P<business>(?:{_alternatives('business')})*)$")
        .struct
    )
    frame = frame.with_columns(groups.field("own"), groups.field("business").replace("", None))
    # a region is left out where a trade name of two characters is left: 安顺诚 is one, and not 诚 of 安顺
    leading = pl.col("own").str.extract_groups(rf"^(?P<region>(?:{place}){{1,3}})(?P<trade>.{{2,}})$").struct
    frame = frame.with_columns(leading.field("region"), leading.field("trade"), nothing_else=pl.col("own").str.contains(rf"^(?:{place})+$"))
    organization = pl.col("formal") | pl.col("tail").is_not_null() | pl.col("business").is_not_null()
    names_, codes = _regions()
    last = pl.coalesce("region", pl.when("nothing_else").then("own")).str.extract(rf"({_regions_pattern()})$")
    found = frame.select(
        "name",
        organization=organization,
        region=pl.coalesce("inside", last).replace_strict(names_, codes, default=None, return_dtype=pl.String),
        trade=pl.when("nothing_else").then("head").otherwise(pl.coalesce("trade", "own", "head")),
        business=pl.when(~pl.col("nothing_else")).then("business"),
        branch=_branch(pl.col("tail")),
    )
    return found.select("name", *(pl.when("organization").then(part).alias(part) for part in PARTS))


def _branch(tail: pl.Expr) -> pl.Expr:
    """第一分公司 and 一分公司, 北京分公司 and 北京市分公司 are one."""
    bare = tail.str.replace(rf"(?:{_UNITS})$", "").str.replace("^第", "").str.replace(rf"(?:{_PLACES})$", "")
    digits = dict(zip("一二三四五六七八九", "123456789", strict=True))
    return pl.when(bare != "").then(bare.str.replace_many(list(digits), list(digits.values()))).otherwise(tail)


def _latin(names: pl.DataFrame, *, throughout: bool) -> pl.DataFrame:
    # Co, Sa and Se are surnames, too: alone they are no legal form
    strong, weak = _alternatives("legal_latin", "legal"), _alternatives("legal_latin_weak")
    text = (
        pl.col("name")
        .str.to_lowercase()
        .str.replace_all("&", " and ")
        .str.replace_all(r"[.']", "")
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
    )
    branch = text.str.extract(r"((?:\p{L}+ branch|(?:branch|store|shop|no) [0-9]+)(?: \p{L}+)?)$")
    head = text.str.strip_suffix(branch.fill_null("")).str.strip_chars()
    leading = rf"^(?:{_alternatives('legal_latin_leading', 'legal_leading')}) "
    bare = head.str.replace(rf"(?:(?: and)? (?:{strong}|{weak}))+$", "").str.replace("^the ", "").str.replace(leading, "")
    formal = head.str.contains(rf" (?:{strong}|(?:and|{strong}|{weak}) (?:{weak}))$") | head.str.contains(leading) | throughout
    bare, formal = pl.when(throughout & (bare == "")).then(head).otherwise(bare), formal & (bare != "")
    none = pl.lit(None, dtype=pl.String)
    return names.select("name", region=none, trade=pl.when(formal).then(bare), business=none, branch=pl.when(formal).then(branch))


@cache
def _alternatives(*parts: str) -> str:
    """The words of these parts as alternatives of a pattern, long ones first."""
    words = reference.table("organization_words.csv").filter(pl.col("part").is_in(parts))["word"]
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


@cache
def _regions() -> tuple[pl.Series, pl.Series]:
    """Names of provinces and cities, in full and short, and of counties in full, with their codes."""
    divisions = reference.table("divisions.parquet").sort("level", "adcode")
    found: dict[str, str] = {}
    for code, level, name in divisions.select("adcode", "level", "name").iter_rows():
        short = str(name).removesuffix("特别行政区").removesuffix("自治区").removesuffix("地区")
        for nation in ("维吾尔", "壮族", "回族"):
            short = short.removesuffix(nation)
        short = short.rstrip("省市盟") if level < 3 else short
        for each in (name, short) if level < 3 else ([name] if len(name) > 2 else []):
            if len(each) > 1:
                found.setdefault(each, code.removesuffix("00").removesuffix("00"))
    return pl.Series(list(found)), pl.Series(list(found.values()))


@cache
def _regions_pattern() -> str:
    return "|".join(sorted(_regions()[0], key=lambda name: (-len(name), name)))
