"""One distinct name cell to its parts: the steps of :mod:`cleansing.names`, each a few expressions over the column."""

from __future__ import annotations

import polars as pl

from cleansing import text
from cleansing.names import quick, rules
from cleansing.names.readings import given_reading, surnames

COLUMNS = ("kind", "name", "names", "surname", "given", "title", "gender", "pinyin", "leftover_phone", "reasons")
HAN_NAME = rf"^{rules.HAN}+(?:·{rules.HAN}+)*$"
_LONGEST_SURNAME = 4


def parse(cells: pl.DataFrame) -> pl.DataFrame:
    """``raw`` (distinct) to ``raw`` and the columns of the result."""
    plain = quick.is_plain(pl.col("raw"))
    marked = cells.with_columns(plain=plain)
    quickly = quick.parse_plain(marked.filter("plain").select("raw"))
    slowly = parse_any(marked.filter(~pl.col("plain")).select("raw"))
    return pl.concat([quickly, slowly])


def parse_any(cells: pl.DataFrame) -> pl.DataFrame:
    """``raw`` (distinct) to ``raw`` and the columns of the result, by every rule."""
    frame = _prepared(cells).with_row_index("row")
    core = _cored(frame)
    several = core.filter("several")
    single = _read(core)
    if several.height:
        single = pl.concat([single.filter(~pl.col("several")), _combined(several)], how="diagonal").sort("row")
    return single.select("raw", *COLUMNS)


def _prepared(cells: pl.DataFrame) -> pl.DataFrame:
    """Adds ``text`` (normalized, simplified, without phone and label) and what was found on the way."""
    shown = pl.col("shown")
    frame = cells.with_columns(shown=text.normalize(pl.col("raw"))).with_columns(simple=text.simplify(shown))
    frame = frame.with_columns(
        mojibake=text.is_mojibake(pl.col("raw")) | text.is_mojibake(shown),
        traditional=(pl.col("simple") != shown).fill_null(value=False),
        leftover_phone=pl.col("simple").str.extract(f"({rules.PHONE})", 1).str.strip_chars(" ().-—_"),
    )
    without_phone = pl.col("simple").str.replace(rules.PHONE, " ").str.strip_chars(" /、,;:.-—_|+&")
    unlabelled = pl.when(pl.col("leftover_phone").is_null()).then(pl.col("simple")).otherwise(without_phone).str.replace(rules.LABEL, "")
    return frame.with_columns(text=unlabelled.str.strip_chars(" ")).with_columns(
        junk=text.is_junk(pl.col("text"))
        | text.is_junk(pl.col("simple"))
        | pl.col("text").str.contains(f"^(?:{rules.NOBODY})$").fill_null(value=False)
    )


def _cored(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``core`` (no brackets, notes, title), ``title``, and which kinds the cell cannot be told from by its parts."""
    body = pl.col("text")
    bracket = body.str.extract(r"[(\[【<《]([^()\[\]【】<>《》]*)[)\]】>》]", 1).str.strip_chars(" ")
    frame = frame.with_columns(
        company=_is_company(body),
        bracket=bracket,
        bare=body.str.replace_all(r"[(\[【<《][^()\[\]【】<>《》]*[)\]】>》]?", " ").str.strip_chars(" "),
    )
    bare = pl.col("bare")
    all_in_bracket = (bare.str.len_chars() == 0) & (pl.col("bracket").str.len_chars() > 0)
    frame = frame.with_columns(bare=pl.when(all_in_bracket).then("bracket").otherwise(bare))
    before = pl.when(bare.str.contains(rules.ROLE_BEFORE)).then(bare.str.replace(f"^(?:{rules.ROLES})", "")).otherwise(bare)
    frame = frame.with_columns(bare=before.str.replace(rules.NOTE_AFTER, "").str.replace(rf"^(?:{rules.ROLES})$", ""))
    frame = frame.with_columns(
        bare=pl.col("bare").str.replace(rules.TITLES_LATIN, "").str.replace(r"^['\"`.,·\-_#@~]+|['\"`.,\-_#@~]+$", "")
    )
    latin_title = body.str.extract(r"(?i)^(mr|mrs|ms|miss|madam|sir)\b", 1)
    long_title = bare.str.extract(rf"({rules.TITLE})$", 1)
    middle = bare.str.extract_groups(rf"^({rules.HAN}{{1,2}})(先生|女士|小姐)({rules.HAN}{{1,2}})$")
    inner_title = pl.col("bracket").str.extract(rf"^({rules.TITLE}|{rules.TITLE_SHORT})$", 1)
    core = pl.when(long_title.is_not_null()).then(bare.str.replace(rf"\s*(?:{rules.TITLE})$", "")).otherwise(bare)
    frame = frame.with_columns(
        title=pl.coalesce(long_title, middle.struct.field("2"), inner_title, latin_title),
        core=pl.when(middle.struct.field("2").is_not_null())
        .then(pl.concat_str(middle.struct.field("1"), middle.struct.field("3")))
        .otherwise(core)
        .str.strip_chars(" -/·"),
    )
    core_text = pl.col("core").str.replace(r"[0-9]{1,2}$", "").str.strip_chars(" ")
    tight = (
        core_text.str.replace_all(r"\s*[·•‧∙・⋅.。]\s*", "·")
        .str.replace_all(rf"({rules.HAN})\s+", "$1")
        .str.replace_all(rf"\s+({rules.HAN})", "$1")
    )
    all_han = core_text.str.contains(rf"^[\p{{Han}}〇 ·•‧∙・⋅.。]+$")
    spaced_people = core_text.str.contains(rf"^{rules.HAN}{{2,4}}(?: +{rules.HAN}{{2,4}})+$")
    latin_only = core_text.str.contains(r"^[\p{Latin}'. ,-]+$")
    ways = ((body.str.contains(rules.SEPARATOR) & ~latin_only) | spaced_people | core_text.str.contains(rules.JOINED)) & ~pl.col("company")
    return frame.with_columns(
        core=pl.when(all_han).then(tight).otherwise(core_text),
        masked=body.str.contains(rules.MASKED) & ~body.str.contains("(?i)^[a-z]+$"),
        several=(ways & ~pl.col("junk") & ~pl.col("mojibake")).fill_null(value=False),
    )


def _is_company(body: pl.Expr) -> pl.Expr:
    letters = body.str.replace_all(r"[()\s]+", "")
    long_enough = letters.str.len_chars() >= 4
    a_title = letters.str.contains(rf"^{rules.HAN}{{1,4}}(?:{rules.TITLE})$")
    ends = (
        letters.str.contains(rf"^.{{3,}}(?:{rules.COMPANY_AT_END})$") & (letters.str.len_chars() >= 5) & ~letters.str.contains("[·/、,;]")
    )
    return ((long_enough & letters.str.contains(rules.COMPANY_ANYWHERE)) | ends | body.str.contains(rules.COMPANY_LATIN)).fill_null(
        value=False
    ) & ~a_title.fill_null(value=False)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    """One person or organization a row: surname, given name, kind, gender, pinyin, reasons."""
    frame = _surnamed(frame)
    core, surname, title = pl.col("core"), pl.col("surname"), pl.col("title")
    rest = core.str.slice(surname.str.len_chars()).str.strip_chars_start("·")
    short = rest.str.extract(f"^({rules.TITLE_SHORT})$", 1)
    long_short = core.str.extract(rf"^{rules.HAN}{{3}}({rules.TITLE_SHORT})$", 1)
    nick = core.str.extract(rf"^([小老])({rules.HAN})$", 1)
    frame = frame.with_columns(
        nick=pl.when(pl.col("nick_rank") <= 120).then(nick),
        title=pl.coalesce(
            title, pl.when(surname.is_not_null()).then(short), pl.when(surname.is_not_null() & (pl.col("rank") <= 400)).then(long_short)
        ),
        given=pl.when(short.is_not_null() & surname.is_not_null())
        .then(None)
        .when(long_short.is_not_null() & (pl.col("rank") <= 400))
        .then(rest.str.slice(0, 2))
        .otherwise(rest),
    )
    frame = frame.with_columns(
        title=pl.coalesce("title", "nick"),
        surname=pl.when(pl.col("nick").is_not_null()).then(core.str.slice(1)).otherwise("surname"),
        given=pl.when(pl.col("nick").is_not_null()).then(None).otherwise(pl.col("given")).replace("", None),
    )
    return _concluded(frame)


def _surnamed(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds ``surname``, its ``rank`` and ``reading``: the longest known surname that leaves something, else none."""
    core, table = pl.col("core"), surnames()
    whole = core.str.contains("·") | ((core.str.len_chars() >= 4) & core.str.contains(rules.UNSPLIT))
    han = core.str.contains(HAN_NAME) & ~whole
    dotted = core.str.extract(rf"^({rules.HAN}{{2,4}})·", 1)
    keys = frame.select(
        "row",
        # A surname of several characters needs a given name, or a title in its place: 欧阳 alone is 欧 阳.
        *(
            pl.when((dotted.str.len_chars() == size) & (size > 1))
            .then(dotted)
            .when(han & ((core.str.len_chars() > size) | ((core.str.len_chars() == size) & ((size == 1) | pl.col("title").is_not_null()))))
            .then(core.str.slice(0, size))
            .alias(f"s{size}")
            for size in range(1, _LONGEST_SURNAME + 1)
        ),
        nick=core.str.extract(rf"^[小老]({rules.HAN})$", 1),
    )
    for size in range(1, _LONGEST_SURNAME + 1):
        known = table.filter(pl.col("surname").str.len_chars() == size).select(
            pl.col("surname").alias(f"s{size}"), pl.lit(size).alias(f"is{size}")
        )
        keys = keys.join(known, on=f"s{size}", how="left", maintain_order="left")
    longest = pl.coalesce(*(pl.when(pl.col(f"is{size}").is_not_null()).then(pl.col(f"s{size}")) for size in range(_LONGEST_SURNAME, 0, -1)))
    # Four characters and more have a surname of one character only where it is a frequent one.
    doubtful = (pl.col("surname").str.len_chars() == 1) & (pl.col("length") >= 4) & pl.col("rank").is_null()
    found = keys.select("row", surname=longest, nick=pl.col("nick")).join(table, on="surname", how="left", maintain_order="left")
    found = found.with_columns(length=frame["core"].str.len_chars())
    found = found.with_columns(
        pl.when(~doubtful.fill_null(value=False)).then(pl.col(name)).alias(name) for name in ("surname", "reading", "rank")
    ).drop("length")
    ranks = table.select(nick="surname", nick_rank="rank")
    return frame.join(
        found.join(ranks, on="nick", how="left", maintain_order="left").drop("nick"), on="row", how="left", maintain_order="left"
    )


def _concluded(frame: pl.DataFrame) -> pl.DataFrame:
    core, given, title = pl.col("core"), pl.col("given"), pl.col("title")
    letters = core.str.contains(r"\p{L}")
    only_title = given.is_null() & (pl.col("surname").is_not_null() | ((core.str.len_chars() == 0) & title.is_not_null()))
    said = pl.col("text").str.len_chars() > 0
    kind = (
        pl.when(pl.col("raw").is_null() | ((pl.col("simple").str.len_chars() == 0) & ~pl.col("mojibake"))).then(pl.lit("empty"))
        .when("mojibake").then(pl.lit("mojibake"))
        .when("company").then(pl.lit("company"))
        .when("masked").then(pl.lit("masked"))
        .when(pl.col("junk") | ~said).then(pl.lit("junk"))
        .when(only_title).then(pl.lit("title_only"))
        .when(~letters | (core.str.len_chars() > 40) | core.str.contains("[0-9]{3,}") | ((core.str.len_chars() > 15) & core.str.contains(r"^\p{Han}+$"))).then(pl.lit("junk"))
        .otherwise(pl.lit("person"))
    )  # fmt: skip
    frame = frame.with_columns(kind=kind)
    is_person = pl.col("kind") == "person"
    company = (
        pl.col("text")
        .str.replace_all(rf"[(\[【]{rules.NOTE}[)\]】]", "")
        .str.replace_all(rf"({rules.HAN})\s+({rules.HAN})", "$1$2")
        .str.strip_chars(" -/,;")
    )
    frame = frame.with_columns(
        name=pl.when(is_person).then("core").when(pl.col("kind") == "company").then(company),
        surname=pl.when(pl.col("kind").is_in(["person", "title_only"]))
        .then("surname")
        .when(pl.col("kind") == "masked")
        .then(_masked_surname()),
        given=pl.when(is_person).then(given),
        title=pl.when(pl.col("kind").is_in(["person", "title_only"])).then("title"),
    )
    frame = _latin(frame)
    return frame.with_columns(
        name=pl.when(is_person & pl.col("surname").is_not_null() & given.is_not_null() & ~pl.col("name").str.contains("[A-Za-z·]"))
        .then(pl.concat_str("surname", "given"))
        .otherwise("name"),
        gender=_gender(),
        pinyin=_pinyin(),
        reasons=_reasons(),
    ).with_columns(
        names=pl.when(pl.col("name").is_not_null()).then(pl.concat_list("name")).otherwise(pl.lit([], dtype=pl.List(pl.String())))
    )


def _masked_surname() -> pl.Expr:
    return pl.col("text").str.extract(rf"^({rules.HAN})(?:[*xX×○●□■?_某])", 1)


def _latin(frame: pl.DataFrame) -> pl.DataFrame:
    """Names in Latin letters (John Smith, WANG, Wei) and mixed ones (Tony王): the surname where the form shows it."""
    name, person = pl.col("name"), pl.col("kind") == "person"
    latin = person & name.str.contains(r"^[\p{Latin}][\p{Latin}'’. ,\-]*$")
    mixed = person & name.str.contains(r"\p{Latin}") & name.str.contains(r"\p{Han}")
    comma = name.str.extract_groups(r"^([^,]+),\s*(.+)$")
    words = name.str.replace_all(r"\s+", " ").str.split(" ")
    chinese = (
        words.list.first().str.to_lowercase().is_in(_pinyin_surnames().implode())
        & (words.list.len() <= 3)
        & ~words.list.last().str.to_lowercase().is_in(_pinyin_surnames().implode())
    )
    last_first = (
        pl.when(comma.struct.field("1").is_not_null())
        .then(comma.struct.field("1"))
        .when(chinese)
        .then(words.list.first())
        .otherwise(words.list.last())
    )
    given = (
        pl.when(comma.struct.field("1").is_not_null())
        .then(comma.struct.field("2"))
        .when(chinese)
        .then(words.list.slice(1).list.join(" "))
        .otherwise(words.list.slice(0, words.list.len() - 1).list.join(" "))
    )
    han = name.str.extract(rf"({rules.HAN}+)", 1)
    one_word = latin & (words.list.len() == 1) & comma.struct.field("1").is_null()
    return frame.with_columns(
        surname=pl.when(one_word)
        .then(None)
        .when(latin)
        .then(last_first.str.strip_chars(" "))
        .when(mixed & (han.str.len_chars() == 1))
        .then(han)
        .otherwise("surname"),
        given=pl.when(one_word)
        .then(name)
        .when(latin)
        .then(given.str.strip_chars(" "))
        .when(mixed)
        .then(name.str.replace(rf"^{rules.HAN}\s*|\s*{rules.HAN}$", ""))
        .otherwise("given"),
    )


def _pinyin_surnames() -> pl.Series:
    return surnames().filter(pl.col("rank").is_not_null() & (pl.col("surname").str.len_chars() == 1))["reading"].unique().sort()


def _gender() -> pl.Expr:
    title, given = pl.col("title"), pl.col("given")
    female = pl.lit(pl.Series([*rules.TITLES_F, *rules.TITLES_SHORT_F, "mrs", "ms", "miss", "madam"])).implode()
    male = pl.lit(pl.Series([*rules.TITLES_M, *rules.TITLES_SHORT_M, "mr", "sir"])).implode()
    by_name = pl.col("kind") == "person"
    is_female, is_male = given.str.contains(f"[{rules.FEMALE}]"), given.str.contains(f"[{rules.MALE_AT_END}]$")
    return (
        pl.when(title.str.to_lowercase().is_in(female)).then(pl.lit("F"))
        .when(title.str.to_lowercase().is_in(male)).then(pl.lit("M"))
        .when(by_name & is_female & ~is_male).then(pl.lit("F"))
        .when(by_name & is_male & ~is_female).then(pl.lit("M"))
    )  # fmt: skip


def _pinyin() -> pl.Expr:
    surname_given = pl.concat_str(pl.coalesce("reading", pl.lit("")), pl.lit(" "), given_reading(pl.col("given").fill_null("")))
    han = pl.col("surname").is_not_null() & pl.col("reading").is_not_null() & ~pl.col("name").fill_null("").str.contains("[A-Za-z]")
    return (
        pl.when((pl.col("kind") == "person") & han).then(surname_given)
        .when(pl.col("kind") == "person").then(given_reading(pl.col("name")))
        .when((pl.col("kind") == "title_only") & pl.col("nick").is_null()).then("reading")
        .when(pl.col("kind") == "title_only").then(given_reading(pl.col("surname")))
        .str.strip_chars(" ").replace("", None)
    )  # fmt: skip


def _reasons() -> pl.Expr:
    kind = pl.col("kind")
    person = kind == "person"
    unknown_surname = person & pl.col("surname").is_null() & ~pl.col("core").str.contains(r"·|\p{Latin}")
    codes = (
        (kind.is_in(["junk", "mojibake", "masked", "title_only"]), pl.concat_str(pl.lit("name_"), kind)),
        (kind.is_in(["person", "company", "title_only"]) & pl.col("traditional"), pl.lit("name_traditional")),
        (person & pl.col("title").is_not_null(), pl.lit("name_title_removed")),
        (pl.col("leftover_phone").is_not_null(), pl.lit("name_phone_split")),
        (unknown_surname, pl.lit("name_surname_unknown")),
    )
    return pl.concat_list(pl.when(when).then(code) for when, code in codes).list.drop_nulls()


def _combined(several: pl.DataFrame) -> pl.DataFrame:
    """Cells that may name several people: each part is read by itself; two people or more make *multiple*."""
    kept = several.select("raw", "row", "leftover_phone", "traditional", "text")
    joined = pl.col("text").str.replace(rules.JOINED, "$1\n$2").str.replace_all(rules.SEPARATOR, "\n")
    spaced = pl.when(joined.str.contains("\n")).then(joined).otherwise(joined.str.replace_all(r"\s+", "\n"))
    parts = kept.select("row", raw=spaced.str.split("\n")).explode("raw").filter(pl.col("raw").str.len_chars() > 0).rename({"row": "cell"})
    read = _read(_cored(_prepared(parts.select("raw")).with_row_index("row"))).with_columns(cell=parts["cell"])
    people = read.filter((pl.col("kind") == "person") | ((pl.col("kind") == "title_only") & pl.col("surname").is_not_null()))
    known = people.with_columns(pl.col("surname").is_not_null().alias("sure")).sort("cell", "row")
    counts = known.group_by("cell", maintain_order=True).agg(
        pl.len().alias("people"), pl.col("sure").sum().alias("sure"), pl.col("name").drop_nulls().alias("all_names")
    )
    first = read.sort(
        "cell",
        pl.col("kind").replace_strict({"person": 0, "company": 1, "title_only": 2, "masked": 3}, default=4, return_dtype=pl.Int8()),
        "row",
    )
    first = first.unique("cell", keep="first", maintain_order=True).drop("raw", "row", "leftover_phone", "text").rename({"cell": "row"})
    result = kept.drop("traditional").join(first, on="row", how="left").join(counts.rename({"cell": "row"}), on="row", how="left")
    multiple = (pl.col("people") >= 2) & (pl.col("sure") >= 2)
    codes = pl.concat_list(
        pl.when(multiple).then(pl.lit("name_multiple")), pl.when(pl.col("leftover_phone").is_not_null()).then(pl.lit("name_phone_split"))
    ).list.drop_nulls()
    return result.with_columns(
        kind=pl.when(multiple).then(pl.lit("multiple")).otherwise("kind"),
        names=pl.when(multiple).then("all_names").otherwise("names"),
        reasons=codes.list.concat(pl.col("reasons").list.filter(~pl.element().is_in(["name_phone_split"]))),
    )
