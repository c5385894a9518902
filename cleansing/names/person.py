"""One person or organization of a prepared cell: surname and given name, kind, gender, pinyin, reasons."""

from __future__ import annotations

import numpy as np
import polars as pl

from cleansing import reference
from cleansing.names import characters, numbered, quick, rules
from cleansing.names.gates import only
from cleansing.names.plain import is_plain
from cleansing.names.readings import given_reading, spelled_out, surnames

COLUMNS = ("kind", "name", "names", "surname", "given", "title", "gender", "pinyin", "leftover_phone", "reasons")
HAN_NAME = rf"^{rules.HAN}+(?:·{rules.HAN}+)*$"
_LONGEST_SURNAME = 4


def read_people(frame: pl.DataFrame) -> pl.DataFrame:
    """``raw`` and the columns of the result of cells that name one person, or nobody."""
    points, count, _ = characters.simplified(frame["core"], proven=True)
    titled = frame["title"].is_not_null().to_numpy()
    known = characters.known(reference.folder()).surname[points[0]] > 0
    nobody = frame.select(pl.col("masked") | pl.col("junk")).to_series().to_numpy()
    plain = is_plain(points, count) & ((count > 1) | (titled & known)) & ~nobody
    easy, hard = frame.filter(pl.Series(plain)), frame.filter(pl.Series(~plain))
    people = quick.people(
        points[:, plain], count[plain], easy["traditional"].to_numpy(), titles=easy["title"], phones=easy["leftover_phone"],
        genders=np.where(_coded(easy["sex"]) > 0, _coded(easy["sex"]), quick.by_title(easy["title"])),
    )  # fmt: skip
    if hard.is_empty():
        return people.select(easy["raw"], *COLUMNS)
    return pl.concat([people.select(easy["raw"], *COLUMNS), read_person(hard.with_row_index("row")).select("raw", *COLUMNS)])


def _coded(sex: pl.Series) -> quick.Genders:
    return sex.replace_strict({"M": numbered.MALE, "F": numbered.FEMALE}, default=0, return_dtype=pl.Int64).to_numpy()


def read_person(frame: pl.DataFrame) -> pl.DataFrame:
    """One person or organization a row: surname, given name, kind, gender, pinyin, reasons."""
    frame = _surnamed(frame)
    core, surname, title = pl.col("core"), pl.col("surname"), pl.col("title")
    rest = core.str.slice(surname.str.len_chars()).str.strip_chars_start("·")
    short = rest.str.extract(f"^({rules.TITLE_SHORT})$", 1)
    # 总 ends no given name: 王明总, 欧阳小明总
    boss = pl.when(surname.is_not_null()).then(core.str.extract(rf"^{rules.HAN}{{2,4}}(总)$", 1))
    long_short = pl.coalesce(boss, pl.when(pl.col("rank") <= 400).then(core.str.extract(rf"^{rules.HAN}{{3}}({rules.TITLE_SHORT})$", 1)))
    nick = core.str.extract(rf"^([小老])({rules.HAN})$", 1)
    frame = frame.with_columns(
        nick=pl.when(pl.col("nick_rank") <= 120).then(nick),
        title=pl.coalesce(title, pl.when(surname.is_not_null()).then(short), pl.when(surname.is_not_null()).then(long_short)),
        given=pl.when(short.is_not_null() & surname.is_not_null())
        .then(None)
        .when(long_short.is_not_null())
        .then(rest.str.head(-1))
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
        core.str.len_chars().alias("length"),
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
    sure = ~pl.col("s2").is_in(rules.DOUBTFUL_COMPOUNDS) | (pl.col("length") >= _LONGEST_SURNAME)
    keys = keys.with_columns(is2=pl.when(sure).then("is2"))
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
        pl.when("masked").then(pl.lit("masked"))
        .when(pl.col("junk") | ~said).then(pl.lit("junk"))
        .when(only_title).then(pl.lit("title_only"))
        .when(~letters | (core.str.len_chars() > 40) | core.str.contains("[0-9]{3,}") | ((core.str.len_chars() > 15) & core.str.contains(r"^\p{Han}+$"))).then(pl.lit("junk"))
        .otherwise(pl.lit("person"))
    )  # fmt: skip
    frame = frame.with_columns(kind=kind)
    is_person = pl.col("kind") == "person"
    frame = frame.with_columns(
        name=pl.when(is_person).then("core"),
        surname=pl.when(pl.col("kind").is_in(["person", "title_only"]))
        .then("surname")
        .when(pl.col("kind") == "masked")
        .then(_masked_surname()),
        given=pl.when(is_person).then(given),
        title=pl.when(pl.col("kind").is_in(["person", "title_only"])).then("title"),
    )
    latin = frame["name"].str.contains(r"\p{Latin}").fill_null(value=False)
    frame = frame.with_columns(chinese=pl.lit(value=False))
    if latin.any():
        frame = pl.concat([frame.filter(~latin), _latin(frame.filter(latin)).select(frame.columns)])
    frame = _with_pinyin(frame)
    return frame.with_columns(
        name=pl.when(is_person & pl.col("surname").is_not_null() & given.is_not_null() & ~pl.col("name").str.contains(r"[\p{Latin}·]"))
        .then(pl.concat_str("surname", "given"))
        .otherwise("name"),
        gender=_gender(),
        reasons=_reasons(),
    ).with_columns(
        names=pl.when(pl.col("name").is_not_null()).then(pl.concat_list("name")).otherwise(pl.lit([], dtype=pl.List(pl.String())))
    )


def _masked_surname() -> pl.Expr:
    compound = "|".join(name for name in surnames()["surname"] if len(name) == 2)
    return pl.col("text").str.extract(rf"^({compound}|{rules.HAN})(?:[*xX×○●□■?_某])", 1)


def _latin(frame: pl.DataFrame) -> pl.DataFrame:
    """Names in Latin letters (John Smith, WANG, Wei) and mixed ones (Tony王): the surname where the form shows it."""
    name, person = pl.col("name"), pl.col("kind") == "person"
    latin = person & name.str.contains(r"^[\p{Latin}][\p{Latin}'’. ,\-]*$")
    mixed = person & name.str.contains(r"\p{Latin}") & name.str.contains(r"\p{Han}")
    comma = name.str.extract_groups(r"^([^,]+),\s*(.+)$")
    words = name.str.replace_all(r"\s+", " ").str.split(" ")
    ranks = _pinyin_surnames()
    first, last = (
        word.str.to_lowercase().replace_strict(ranks["reading"], ranks["rank"], default=None)
        for word in (words.list.first(), words.list.last())
    )
    # The surname stands first in a Chinese name (Wang Wei), unless only the last word is one, or far more frequent (Wei Zhang).
    swapped = (first > _RARE) & (last <= _FREQUENT)
    chinese = first.is_not_null() & (words.list.len() <= 3) & ~swapped.fill_null(value=False)
    # WANG Wei: capitals mark the surname.
    marked = words.list.first().str.contains("^[A-Z]{2,}$") & words.list.last().str.contains("[a-z]")
    chinese = chinese | (marked & (words.list.len() == 2))
    with_comma = comma.struct.field("1").is_not_null()
    surname = pl.when(with_comma).then(comma.struct.field("1")).when(chinese).then(words.list.first()).otherwise(words.list.last())
    behind, before = words.list.slice(1).list.join(" "), words.list.slice(0, words.list.len() - 1).list.join(" ")
    given = pl.when(with_comma).then(comma.struct.field("2")).when(chinese).then(behind).otherwise(before)
    han = name.str.extract(rf"({rules.HAN}+)", 1)
    one_word = latin & (words.list.len() == 1) & ~with_comma
    addressed = one_word & pl.col("title").is_not_null()  # Mr. Wang
    return frame.with_columns(
        chinese=latin & (first.is_not_null() | last.is_not_null()),
        kind=pl.when(addressed).then(pl.lit("title_only")).otherwise("kind"),
        name=pl.when(~addressed).then("name"),
        surname=pl.when(addressed).then(name).when(one_word).then(None).when(latin).then(surname.str.strip_chars(" "))
        .when(mixed & (han.str.len_chars() == 1)).then(han).otherwise("surname"),
        given=pl.when(addressed).then(None).when(one_word).then(name).when(latin).then(given.str.strip_chars(" "))
        .when(mixed).then(name.str.replace(rf"^{rules.HAN}\s*|\s*{rules.HAN}$", "")).otherwise("given"),
    )  # fmt: skip


_FREQUENT, _RARE = 20, 40
"""Ranks of surnames: below the first they are most frequent, above the second much less."""


_FOREIGN = (
    "kim park choi jung yoon kwon hwang chan wong cheung leung kwok tsang tse yip chow mak cheng yeung tsai hsu hsieh nguyen tran pham"
)
"""Surnames that stand first as well: Korean, Vietnamese, and Chinese ones as Hong Kong and Taiwan spell them."""


def _pinyin_surnames() -> pl.DataFrame:
    """Readings of frequent and of compound surnames, in one word, with the best rank of each."""
    table = surnames().with_columns(length=pl.col("surname").str.len_chars(), reading=pl.col("reading").str.replace_all(" ", ""))
    named = table.filter(pl.col("rank").is_not_null() | (pl.col("length") == 2)).with_columns(pl.col("rank").fill_null(_RARE))
    foreign = pl.DataFrame({"reading": _FOREIGN.split(), "rank": _RARE}, schema={"reading": pl.String, "rank": named.schema["rank"]})
    named = pl.concat([named.select("reading", "rank"), foreign])
    return named.group_by("reading").agg(pl.col("rank").min()).sort("reading")


def _gender() -> pl.Expr:
    given, by_name = pl.col("given"), pl.col("kind") == "person"
    is_female, is_male = given.str.contains(f"[{rules.FEMALE}]"), given.str.contains(f"[{rules.MALE_AT_END}]$")
    by_title = pl.col("title").str.to_lowercase().replace_strict(rules.GENDERS, default=None, return_dtype=pl.String)
    return (
        pl.when(by_title.is_not_null()).then(by_title)
        .when(pl.col("sex").is_not_null()).then("sex")
        .when(by_name & is_female & ~is_male).then(pl.lit("F"))
        .when(by_name & is_male & ~is_female).then(pl.lit("M"))
    )  # fmt: skip


def _with_pinyin(frame: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("kind")
    known = pl.col("surname").is_not_null() & pl.col("reading").is_not_null() & ~pl.col("name").fill_null("").str.contains(r"\p{Latin}")
    read_as_surname = (known & (kind == "person")) | ((kind == "title_only") & pl.col("nick").is_null())
    spelled = (
        pl.when((kind == "person") & known).then("given").when(kind == "person").then("name").when(kind == "title_only").then("surname")
    )
    frame = frame.with_columns(
        given_reading(
            frame.select(
                pl.when((kind == "person") | pl.col("nick").is_not_null() | pl.col("surname").str.contains(r"\p{Latin}")).then(spelled)
            ).to_series()
        ).alias("spelled")
    )
    frame = only(frame, pl.col("chinese"), spelled=pl.col("spelled").map_batches(spelled_out, return_dtype=pl.String()))
    parts = pl.concat_str(pl.when(read_as_surname).then("reading"), "spelled", separator=" ", ignore_nulls=True)
    return frame.with_columns(pinyin=parts.str.strip_chars(" ").replace("", None)).drop("spelled", "chinese")


def _reasons() -> pl.Expr:
    kind = pl.col("kind")
    person = kind == "person"
    unknown_surname = person & pl.col("surname").is_null() & ~pl.col("core").str.contains(r"·|\p{Latin}")
    codes = (
        (kind.is_in(["mojibake", "masked", "title_only"]), pl.concat_str(pl.lit("name_"), kind)),
        (kind == "junk", rules.junk_reason(pl.col("text"))),
        (kind.is_in(["person", "company", "title_only"]) & pl.col("traditional"), pl.lit("name_traditional")),
        (person & pl.col("title").is_not_null(), pl.lit("name_title_removed")),
        (pl.col("leftover_phone").is_not_null(), pl.lit("name_phone_split")),
        (unknown_surname, pl.lit("name_surname_unknown")),
    )
    return pl.concat_list(pl.when(when).then(code) for when, code in codes).list.drop_nulls()
