"""Name cells to their parts: the steps of :mod:`cleansing.names`, each over the cells that can have what it looks for."""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import text
from cleansing.names import companies, decorated, gates, quick, rules
from cleansing.names.gates import has, only
from cleansing.names.person import COLUMNS, read_people
from cleansing.names.plain import are_plain
from cleansing.names.readings import surnames
from cleansing.names.several import read_several

_HAS = pl.col("signs")
_LONGEST_NO_NAME = 40  # bytes; what says that nobody is named is short


def parse(cells: pl.Series) -> pl.DataFrame:
    """The columns of the result for each cell, in order; what is not plain is read once for each distinct cell."""
    return quick.read(cells, _read_others)


def _read_others(cells: pl.Series) -> pl.DataFrame:
    odd = cells.alias("raw").to_frame()
    distinct = odd["raw"].unique(maintain_order=True)
    sure = companies.are_sure(distinct)
    others = decorated.read(distinct.filter(~sure).to_frame(), parse_any)
    read = _with_said(pl.concat([companies.read(distinct.filter(sure)), others]))
    return odd.join(read, on="raw", how="left", maintain_order="left", nulls_equal=True)


def _with_said(read: pl.DataFrame) -> pl.DataFrame:
    """Adds the reasons of what the cell says of whom it names: deceased, not to be contacted, the phone is off."""
    flat = text.simplify(text.normalize(pl.col("raw")))
    codes = pl.concat_list(pl.when(flat.str.contains(words)).then(pl.lit(code)) for code, words in rules.SAID.items()).list.drop_nulls()
    return only(read, pl.col("raw").str.contains(f"[{rules.SAID_CHARACTERS}]"), reasons=pl.concat_list("reasons", codes))


def parse_any(cells: pl.DataFrame, *, alone: bool = False) -> pl.DataFrame:
    """``raw`` (distinct) to ``raw`` and the columns of the result, by every rule; ``alone``: no cell names several people."""
    frame = _told(_prepared(cells))
    told = frame["kind"].is_not_null()
    parted = _cored(frame.filter(~told))
    several = parted["several"] & (not alone)
    parts = [_concluded(frame.filter(told)), read_people(parted.filter(~several))]
    if several.any():
        parts.append(read_several(parted.filter(several), _read_parts))
    return _settled(pl.concat(part.select("raw", *COLUMNS) for part in parts))


def _read_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """What :func:`parse_any` says of the parts of cells; most of them are plain names."""

    def rest(cells: pl.Series) -> pl.DataFrame:
        frame = cells.alias("raw").to_frame()
        return frame.join(parse_any(frame, alone=True), on="raw", how="left", maintain_order="left")

    return parts.with_columns(quick.read(parts["raw"], rest).get_columns())


def _signed(frame: pl.DataFrame, column: str, *, than: str) -> pl.DataFrame:
    """The signs of ``column`` where it differs from ``than``, whose signs the frame has."""
    rows = np.flatnonzero(frame.select(pl.col(column).ne_missing(pl.col(than))).to_series().to_numpy())
    found = frame["signs"].to_numpy().copy()
    found[rows] = gates.signs(frame[column].gather(rows))
    return frame.with_columns(signs=pl.Series(found))


def _has(sign: int) -> pl.Expr:
    return (_HAS & sign) > 0


def _prepared(cells: pl.DataFrame) -> pl.DataFrame:
    """Adds ``text`` (normalized, simplified, without phone and label) and what was found on the way."""
    frame = cells.with_columns(shown="raw", signs=pl.Series(gates.signs(cells["raw"])))
    frame = only(
        frame,
        has(frame, gates.MISREAD | gates.ACCENT | gates.ODD),
        mojibake=text.is_mojibake(pl.col("raw")) | text.is_mojibake(text.normalize(pl.col("raw"))),
    )
    frame = only(frame, has(frame, gates.MASK), mojibake=pl.col("mojibake").fill_null(value=False) | _characters_lost(pl.col("raw")))
    frame = _signed(
        only(frame, has(frame, gates.ODD | gates.SPACE | gates.SEPARATOR), shown=text.normalize(pl.col("raw"))), "shown", than="raw"
    )
    frame = only(frame.with_columns(simple="shown"), has(frame, gates.TRADITIONAL), simple=text.simplify(pl.col("shown")))
    frame = frame.with_columns(
        text="simple",
        traditional=_has(gates.TRADITIONAL) & (pl.col("simple") != pl.col("shown")),
        code=pl.lit(value=False),
    )
    simple = pl.col("simple")
    frame = only(frame, _has(gates.DIGIT) & _has(gates.LATIN), code=simple.str.contains(rules.CODE))
    phone = simple.str.extract(f"({rules.PHONE})", 1).str.strip_chars(" ().-—_")
    # More digits than any phone has are a number of another kind.
    phone = pl.when(phone.str.count_matches("[0-9*]").is_between(7, 15)).then(phone)
    frame = only(frame, _has(gates.DIGIT) & ~pl.col("code"), leftover_phone=phone)
    without = simple.str.replace_all(rules.PHONE, " ").str.replace_all(rules.PHONE_WORD, " ").str.strip_chars(" /、,;:.-—_|+&")
    frame = only(frame, pl.col("leftover_phone").is_not_null(), text=without)
    body = pl.col("text")
    without = body.str.replace(rules.NUMBER_BESIDE, " ").str.strip_chars(" ")
    beside = _has(gates.DIGIT) & _has(gates.HAN) & body.str.contains(rules.NUMBER_BESIDE) & without.str.contains(rf"{rules.HAN}{{2}}")
    frame = only(frame, beside, text=without, code=pl.col("code") & False)
    frame = only(frame, has(frame, gates.SPACE), text=body.str.replace_all(rules.ROLE_INSIDE, "$1/$2").str.replace(rules.LABEL_SPACED, ""))
    frame = only(frame, has(frame, gates.COLON), text=body.str.replace(rules.LABEL_TITLE, "$2$1").str.replace(rules.LABEL, ""))
    frame = only(frame, body.str.contains("^[尊亲敬]"), text=body.str.replace(rules.ADDRESS, ""))
    frame = only(
        frame, has(frame, gates.SEPARATOR | gates.SPACE | gates.COLON | gates.SIGN), text=body.str.replace(rules.UNWANTED_BEHIND, "$1")
    )
    frame = only(frame, body.str.contains_any(rules.DECEASED.split("|")), text=body.str.replace(rules.DECEASED_BESIDE, ""))
    frame = only(frame, body.str.contains_any(rules.KIN.split("|")), text=body.str.replace(rules.RELATIVE_NAMED, "$1"))
    frame = only(frame, body.str.contains("(?:先生|女士|小姐|太太).*(?:先生|女士|小姐|太太|夫人)$"), text=_two_titled(body))
    return _signed(
        only(frame, has(frame, gates.COLON | gates.SPACE | gates.DIGIT), text=pl.col("text").str.strip_chars(" ")), "text", than="simple"
    )


def _characters_lost(cell: pl.Expr) -> pl.Expr:
    """A question mark beside characters of which the first begins no surname (娌?檽鍕?): what another encoding does not have. 张? is masked."""
    first = cell.str.extract(f"({rules.HAN})", 1)
    begins = pl.lit(surnames()["surname"].str.head(1).unique()).implode()
    return (cell.str.contains(rules.CHARACTERS_LOST) & ~first.is_in(begins)).fill_null(value=False)


def _two_titled(body: pl.Expr) -> pl.Expr:
    """张先生和李女士 with a sign between the two; 王先生老太太 and 王先生的太太 are one person."""
    first, second = body.str.extract(rules.TWO_TITLED, 1), body.str.extract(rules.TWO_TITLED, 2)
    return pl.when(second.is_not_null() & ~second.str.contains("^[的老]")).then(first + "/" + second).otherwise(body)


def _told(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``kind`` where the cell as a whole tells it: empty, mojibake, company, junk, title_only (of a relative); else null."""
    body, simple = pl.col("text"), pl.col("simple")
    chinese = ~_has(0xFFFF ^ (gates.HAN | gates.MISREAD | gates.JOIN | gates.TRADITIONAL))
    words = pl.lit(pl.Series(rules.NOTHING)).implode()
    frame = frame.with_columns(junk=body.is_in(words) | pl.col("code"), company=pl.lit(value=False))
    frame = only(frame, body.str.len_bytes() <= _LONGEST_NO_NAME, junk=pl.col("junk") | body.str.contains(rules.NO_NAME))
    frame = only(frame, ~chinese, junk=pl.col("junk") | text.is_junk(body) | text.is_junk(simple))
    frame = _with_company(frame)
    kind = (
        pl.when(pl.col("raw").is_null() | ((pl.col("shown") == "") & ~pl.col("mojibake").fill_null(value=False))).then(pl.lit("empty"))
        .when("mojibake").then(pl.lit("mojibake"))
        .when("company").then(pl.lit("company"))
        .when(pl.col("junk") | (body == "")).then(pl.lit("junk"))
    )  # fmt: skip
    frame = frame.with_columns(kind=kind)
    bare = pl.col("bare")
    compounds = pl.lit(surnames().filter(pl.col("surname").str.len_chars() > 1)["surname"]).implode()
    of_relative = bare.str.contains(rules.BY_RELATION) & ~bare.str.extract(rules.BY_RELATION, 1).is_in(compounds).fill_null(value=False)
    kin = [*rules.RELATIVES.split("|"), *rules.KIN.split("|")]
    return only(frame, pl.col("kind").is_null() & bare.str.contains_any(kin), kind=pl.when(of_relative).then(pl.lit("title_only")))


def _with_company(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``company`` and, of what stands in brackets, ``bracket`` and the text without it, ``bare``."""
    body, bare = pl.col("text"), pl.col("bare")
    inner = body.str.extract(r"[(\[【<《]([^()\[\]【】<>《》]*)[)\]】>》]", 1).str.strip_chars(" ")
    outer = body.str.replace_all(r"[(\[【<《][^()\[\]【】<>《》]*[)\]】>》]?", " ").str.strip_chars(" ")
    frame = only(frame.with_columns(bare=body), has(frame, gates.BRACKET), bare=outer, bracket=inner)
    letters = body.str.replace_all(r"[()\s]+", "")
    frame = only(frame.with_columns(letters=body), has(frame, gates.BRACKET | gates.SPACE), letters=letters)
    letters = pl.col("letters")
    a_title = letters.str.contains(rf"^{rules.HAN}{{1,4}}(?:{rules.TITLE})$")
    long = letters.str.len_chars()
    named = letters.str.contains_any(rules.COMPANY_ANYWHERE.split("|")) | letters.str.contains(rules.COMPANY_OF_PLACE)
    ends = (long >= 5) & letters.str.contains(rf"^.{{3,}}(?:{rules.COMPANY_AT_END})$") & ~_has(gates.DOT | gates.SEPARATOR)
    frame = only(frame, letters.str.len_bytes() >= 3 * 3, company=((long >= 4) & (named | ends)) | letters.str.contains(rules.COMPANY_BARE))
    frame = only(frame, pl.col("company"), company=~a_title)
    frame = only(frame, has(frame, gates.LATIN), company=pl.col("company") | body.str.contains(rules.COMPANY_LATIN))
    frame = only(frame, body.str.contains(rules.COMPANY_SIGN), company=body.is_not_null())
    # 保险公司李经理, 李经理-平安保险: a person, and where the person works.
    frame = only(
        frame,
        pl.col("company"),
        company=~(body.str.contains(rules.EMPLOYED) | body.str.contains(rules.AFFILIATED) | body.str.contains(rules.NOTE_DASHED)),
    )
    frame = only(frame, bare.str.contains(rules.EMPLOYED), bare=bare.str.replace(rules.EMPLOYED, "$1"))
    # 张伟(上海永达汽车): the bracket says where a person works.
    person = bare.str.contains(rules.SURELY_PERSON)
    frame = only(frame, pl.col("company") & _has(gates.BRACKET), company=~person, bracket=pl.when(person).then(None).otherwise("bracket"))
    return frame.drop("letters")


def _concluded(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the result where the cell as a whole told the kind."""
    tight = pl.col("text").str.replace_all(rf"[(\[【]{rules.NOTE}[)\]】]", "").str.replace_all(rf"({rules.HAN})\s+({rules.HAN})", "$1$2")
    frame = only(frame, pl.col("kind") == "company", name=pl.col("text"))
    frame = only(frame, pl.col("name").is_not_null() & _has(0xFFFF ^ gates.HAN), name=tight.str.strip_chars(" -/,;"))
    kind, nothing = pl.col("kind"), pl.lit(None, dtype=pl.String)
    codes = (
        (kind == "mojibake", pl.lit("name_mojibake")),
        (kind == "junk", rules.junk_reason(pl.col("text"))),
        (kind == "title_only", pl.lit("name_of_relative")),
        ((kind == "company") & pl.col("traditional"), pl.lit("name_traditional")),
        (pl.col("leftover_phone").is_not_null(), pl.lit("name_phone_split")),
    )
    return frame.with_columns(
        names=pl.concat_list("name").list.drop_nulls(), surname=nothing, given=nothing, title=nothing, gender=nothing, pinyin=nothing,
        reasons=pl.concat_list(pl.when(when).then(code) for when, code in codes).list.drop_nulls(),
    )  # fmt: skip


def _cored(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``core`` (no brackets, notes, title), ``title``, and whether the cell is masked, junk after all, or of several people."""
    bare = pl.col("bare")
    frame = frame.with_columns(title=pl.lit(None, dtype=pl.String), masked=pl.lit(value=False), several=pl.lit(value=False))
    body = pl.col("text")
    sexed = has(frame, gates.HAN) & frame["text"].str.contains("[男女]").fill_null(value=False).to_numpy()
    frame = only(
        frame,
        sexed & frame["text"].str.contains(rules.SEX).fill_null(value=False).to_numpy(),
        sex=body.str.extract(rules.SEX, 2).replace({"男": "M", "女": "F"}),
        bare=body.str.extract(rules.SEX, 1),
        bracket=pl.lit(None, dtype=pl.String),
    )
    latin_out = _has(gates.BRACKET) & bare.str.contains(r"^[\p{Latin} .]+$") & pl.col("bracket").str.contains(rf"^{rules.HAN}{{2,4}}$")
    frame = only(frame, latin_out, bare=pl.col("bracket"), bracket=pl.lit(None, dtype=pl.String))
    frame = only(
        frame, _has(gates.BRACKET) & (bare == "") & (pl.col("bracket") != ""), bare=pl.col("bracket"), bracket=pl.lit(None, dtype=pl.String)
    )
    frame = only(frame, bare.str.contains_any(list(rules.ROLE_WORDS)), bare=_without_role(bare))
    frame = only(frame, has(frame, 0xFFFF ^ gates.HAN), bare=bare.str.replace(r"^['\"`.,·\-_#@~]+|['\"`.,\-_#@~]+$", ""))
    frame = only(
        frame, has(frame, gates.LATIN), title=pl.col("text").str.extract(rules.TITLED_LATIN, 1), bare=bare.str.replace(rules.TITLES_LATIN, "")
    )  # fmt: skip
    frame = only(
        frame,
        has(frame, gates.BRACKET),
        title=pl.coalesce(pl.col("bracket").str.extract(rf"^({rules.TITLE}|{rules.TITLE_SHORT})$", 1), "title"),
    )
    frame = only(
        frame,
        has(frame, gates.SIGN) & frame["bare"].str.contains(rules.AFFILIATED).to_numpy(),
        bare=bare.str.replace(rules.AFFILIATED, "$1"),
    )
    frame = only(frame, has(frame, gates.DIGIT), bare=bare.str.replace(rules.NUMBERED, "$1"))
    before = rules.TITLE_BEFORE
    frame = only(frame, bare.str.contains(before), title=bare.str.extract(before, 1), bare=bare.str.extract(before, 2))
    frame = only(frame, bare.str.contains(rules.COUPLE_OR_CAR), bare=bare.str.replace(rules.COUPLE_OR_CAR, "$1"))
    behind = bare.str.extract(rules.NOTE_DASHED, 2)
    frame = only(
        frame,
        has(frame, gates.SIGN | gates.MASK) & frame["bare"].str.contains(rules.NOTE_DASHED).to_numpy(),
        bare=pl.when(behind.str.contains(rules.SURELY_PERSON)).then(bare).otherwise(bare.str.extract(rules.NOTE_DASHED, 1)),
    )
    ending = rf"\s*({rules.TITLE})$"
    frame = only(frame, bare.str.contains(ending), title=bare.str.extract(ending, 1), bare=bare.str.replace(ending, ""))
    middle = rf"^({rules.HAN}{{1,2}})(先生|女士|小姐)({rules.HAN}{{1,2}})$"
    frame = only(frame, bare.str.contains(middle), title=bare.str.extract(middle, 2), bare=bare.str.replace(middle, "$1$3"))
    frame = frame.with_columns(core=bare.str.strip_chars(" -/·"), spaced=bare)
    core = pl.col("core")
    # What is no letter (a number that tells two of one name apart, a stray sign) is not of the name; long numbers say it is none.
    stray = pl.when(core.str.contains("[0-9]{3}")).then("core").otherwise(core.str.replace_all(r"[^\p{L}\p{M}〇·•‧∙・⋅.。'’, \-]+", ""))
    tidy = stray.str.replace_all(r"\s+", " ").str.strip_chars(" ·•‧∙・⋅。,'’-").str.strip_chars_start(".")
    unlike = _has(0xFFFF ^ (gates.HAN | gates.MISREAD | gates.JOIN))
    frame = only(frame, unlike, core=tidy, spaced=tidy)
    tight = (
        core.str.replace_all(r"\s*[·•‧∙・⋅.。]\s*", "·")
        .str.replace_all(rf"({rules.HAN})\s+", "$1")
        .str.replace_all(rf"\s+({rules.HAN})", "$1")
    )
    frame = only(frame, unlike & core.str.contains(r"^[\p{Han}〇 ·•‧∙・⋅.。]+$"), core=tight)
    frame = only(frame, core.str.contains("姓") & core.str.contains(rules.SURNAMED), core=core.str.replace(rules.SURNAMED, "$1$2"))
    frame = only(frame, has(frame, gates.LATIN) & has(frame, gates.HAN), core=core.str.replace(rules.BESIDE_LATIN, "$1$2"))
    spaced, body = pl.col("spaced"), pl.col("text")
    frame = only(frame, has(frame, gates.MASK), masked=(
        (body.str.contains(rules.MASKED) | bare.str.contains(rules.MASKED) | core.str.contains(rules.MASKED) | spaced.str.contains(rules.MASKED)) & ~body.str.contains("(?i)^[a-z]+$")
    ), junk=spaced.str.contains("某$|^某"))  # fmt: skip
    frame = only(frame, unlike, junk=pl.col("junk") | text.is_junk(spaced))
    ways = (
        (body.str.contains(rules.SEPARATOR) & ~spaced.str.contains(r"^[\p{Latin}'. ,-]+$"))
        | spaced.str.contains(rf"^{rules.HAN}{{2,4}}(?: +{rules.HAN}{{2,4}})+$")
        | core.str.contains(rules.JOINED)
        | body.str.contains(rules.JOINED_LATIN)
    )
    return only(frame, _has(gates.SEPARATOR | gates.SPACE | gates.JOIN) & ~pl.col("junk") & pl.col("sex").is_null(), several=ways)


def _without_role(bare: pl.Expr) -> pl.Expr:
    return bare.str.replace(rules.ROLE_BEFORE, "$1$2").str.replace(rules.NOTE_AFTER, "").str.replace(rf"^(?:{rules.ROLES})$", "")


def _settled(first: pl.DataFrame) -> pl.DataFrame:
    """Reads a name again where signs were taken out of it: what they hid (a title, a second person) is seen then."""
    kept = (pl.col("kind") == "person") & pl.col("raw").str.contains(r"[^\p{L}·]|[A-Za-z]") & (pl.col("name") != pl.col("raw"))
    again = first.filter(kept)
    again = again.filter(~are_plain(again["name"]))
    if again.is_empty():
        return first
    second = parse_any(again.select(raw="name").unique(maintain_order=True)).rename(
        {"raw": "name", **{column: f"{column}_2" for column in COLUMNS if column != "name"}} | {"name": "name_2"}
    )
    read = again.join(second, on="name", how="left", maintain_order="left")
    read = read.with_columns(
        title=pl.coalesce("title", "title_2"),
        gender=pl.coalesce("gender", "gender_2"),
        reasons=pl.concat_list("reasons", "reasons_2").list.unique(maintain_order=True),
        **{column: pl.col(f"{column}_2") for column in ("kind", "name", "names", "surname", "given", "pinyin")},
    )
    return pl.concat([first.join(again, on="raw", how="anti", nulls_equal=True), read.select("raw", *COLUMNS)])
