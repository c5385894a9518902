"""Errors in what identifies people: names, phones, ids, addresses, e-mails. Whole columns at once.

What stays is enough to find the person: a name is lost only beside a phone, a phone only beside a name with an address or a car.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from generator.arrays import Flags, Ints, put, take
from generator.errors import Breaker
from generator.lookalikes import any_character, digit_changed, homophone_characters, latin, replaced, sound_alike, traditional
from generator.places import former_names

_ROLE_NOTES = {"owner": "(车主)", "buyer": "（购车人）", "sender": "(送修)", "contact": "(联系人)", "payer": "(付款)", "driver": "(试驾)", "customer": "(本人)"}
_PLACEHOLDER_NAMES = ("无", "不详", "先生", "女士", "未知", "-", "***", "暂无", "客户")
_PLACEHOLDER_PHONES = ("13800138000", "11111111111", "无", "13888888888", "00000000000", "12345678901", "不详", "13900000000", "1", "-")
_PLACEHOLDER_IDS = ("111111111111111111", "无", "000000000000000000", "123456789012345678", "不详", "待补")
_JUNK_ADDRESSES = ("同上", "无", "本市", "123", "不详", "市区", "。", "待补充", "本地")


@dataclass(frozen=True)
class Context:
    """What the errors depend on, one element a record.

    ``role`` (text), ``company``, ``main`` (the row's main role), ``same`` (names the main person again), ``spreadsheet``, ``one_cell`` (the address),
    ``evidence`` (address or car beside), ``female``, ``surname``, ``relative_phone``, ``second_phone`` (null: none), ``dealer_phone``, ``born`` (days since 1970).
    """

    role: pl.Series
    company: Flags
    main: Flags
    same: Flags
    spreadsheet: Flags
    one_cell: Flags
    evidence: Flags
    female: Flags
    surname: pl.Series
    relative_phone: pl.Series
    second_phone: pl.Series
    dealer_phone: pl.Series
    born: Ints
    adcode: pl.Series


def damage_people(people: pl.DataFrame, context: Context, breaker: Breaker) -> pl.DataFrame:
    """The records with errors in name, phone, id_number, address parts, email."""
    name, phone = _names_and_phones(people["name"], people["phone"], context, breaker)
    province, city, district, detail = _addresses(people, context, breaker)
    return people.with_columns(
        name.alias("name"), phone.alias("phone"), _ids(people["id_number"], context, breaker).alias("id_number"),
        province.alias("province"), city.alias("city"), district.alias("district"), detail.alias("detail"),
        _emails(people["email"], breaker).alias("email"),
    )  # fmt: skip


def _names_and_phones(name: pl.Series, phone: pl.Series, c: Context, b: Breaker) -> tuple[pl.Series, pl.Series]:
    rng = b.rng
    person = ~c.company
    everyone = np.ones(len(name), dtype=np.bool_)
    mobile = (phone.str.len_bytes() == 11).fill_null(value=False).to_numpy() & ~phone.str.contains("-", literal=True).fill_null(value=True).to_numpy()
    has_phone = phone.is_not_null().to_numpy()
    surname_length = c.surname.str.len_chars().fill_null(0).cast(pl.Int64).to_numpy()

    def given_place(v: pl.Series, at: Ints) -> Ints:
        start = surname_length[at]
        length = v.str.len_chars().cast(pl.Int64).to_numpy() - start
        return start + (rng.random(at.size) * length).astype(np.int64)

    def swap_character(v: pl.Series, at: Ints, new: pl.Series | None) -> pl.Series:
        place = given_place(v, at)
        frame = pl.DataFrame({"v": v, "p": place})
        old = frame.select(pl.col("v").str.slice(pl.col("p"), 1)).to_series()
        frame = frame.with_columns(n=sound_alike(old, rng) if new is None else new)
        return frame.select(replaced(pl.col("v"), pl.col("p"), pl.col("n"))).to_series()

    last_has_twin = name.str.slice(-1, 1).is_in(sorted(homophone_characters())).to_numpy()
    name, _ = b.strike(name, "name_homophone", person & last_has_twin, lambda v, at: _last_character(v, at, b))
    name, _ = b.strike(name, "name_typo", person, lambda v, at: swap_character(v, at, any_character(rng, at.size)))
    name, _ = b.strike(name, "name_traditional", name.str.contains_any(_TRADITIONAL_HINTS).to_numpy(), lambda v, _at: traditional(v))
    name, _ = b.strike(name, "company_short", c.company, lambda v, at: _short_company(v, c.surname.gather(pl.Series(at)), b))

    plain = person.copy()  # one way of writing the name a record

    def title(at: Ints) -> pl.Series:
        table = pl.Series(["先生", "先生", "总", "老板", "师傅", "女士", "女士", "小姐", "总", "女士"])
        return take(table, rng.integers(0, 5, at.size) + 5 * c.female[at])

    def spend(where: Ints) -> None:
        plain[where] = False

    name, hit = b.strike(name, "name_same_as_owner", c.same & has_phone & person, lambda _v, at: take(pl.Series(["本人", "同上", "本人", "同车主"]), rng.integers(0, 4, at.size)))
    spend(hit)
    lost = np.zeros(len(name), dtype=np.bool_)
    lost[hit] = True
    name, hit = b.strike(name, "name_title_only", plain & has_phone, lambda _v, at: c.surname.gather(pl.Series(at)) + title(at))
    spend(hit)
    lost[hit] = True
    name, hit = b.strike(name, "name_placeholder", plain & has_phone, lambda _v, at: take(pl.Series(_PLACEHOLDER_NAMES), rng.integers(0, len(_PLACEHOLDER_NAMES), at.size)))
    spend(hit)
    lost[hit] = True
    name, hit = b.strike(name, "mojibake", (plain | c.company) & has_phone, lambda v, _at: _mojibake(v))
    spend(hit)
    lost[hit] = True
    name, hit = b.strike(name, "name_latin", plain, lambda v, _at: latin(v))
    spend(hit)
    lost[hit] = True
    name, hit = b.strike(name, "name_swapped", plain, lambda v, at: _swapped(v, surname_length[at]))
    spend(hit)
    name, hit = b.strike(name, "name_with_title", plain, lambda v, at: v + title(at))
    spend(hit)
    name, hit = b.strike(name, "name_spaces", plain & (name.str.len_chars() == 2).fill_null(value=False).to_numpy(), lambda v, at: v.str.slice(0, 1) + take(pl.Series(["　", " ", "  "]), rng.integers(0, 3, at.size)) + v.str.slice(1))
    spend(hit)
    name, hit = b.strike(name, "name_with_role", plain, lambda v, at: v + c.role.gather(pl.Series(at)).replace_strict(_ROLE_NOTES, return_dtype=pl.String))
    spend(hit)

    # phones: first whose number stands there, then how it is written
    keep = lost.copy()
    can_lose = c.main & ~keep & c.evidence
    free = everyone.copy()

    def once(error: str, eligible: Flags, change: object) -> None:
        nonlocal phone
        phone, struck = b.strike(phone, error, eligible & free, change)  # type: ignore[arg-type]  # lambdas below
        free[struck] = False

    once("phone_placeholder", can_lose, lambda _v, at: take(pl.Series(_PLACEHOLDER_PHONES), rng.integers(0, len(_PLACEHOLDER_PHONES), at.size)))
    once("phone_of_dealer", can_lose, lambda _v, at: c.dealer_phone.gather(pl.Series(at)))
    once("phone_of_relative", ~keep & c.relative_phone.is_not_null().to_numpy(), lambda _v, at: c.relative_phone.gather(pl.Series(at)))
    once("phone_missing", can_lose, lambda v, _at: v.clear(len(v)))
    once("phone_digit", mobile & ~keep, lambda v, at: digit_changed(v, rng.integers(3, 11, at.size), rng))
    once("phone_cut", mobile & ~keep, lambda v, at: _cut(v, rng.integers(3, 11, at.size)))
    once("phone_no_area_code", has_phone & ~mobile & ~keep, lambda v, _at: v.str.split("-").list.last())
    intact = mobile & phone.str.contains("^1[0-9]{10}$").fill_null(value=False).to_numpy()
    free = everyone.copy()
    once("phone_scientific", intact & c.spreadsheet & c.evidence & ~keep, lambda v, _at: "1." + v.str.slice(1, 2) + "E+10")
    seams = pl.Series(["", " ", ":", "，"])
    name, struck = b.strike(
        name, "name_with_phone", intact & free & plain, lambda v, at: v + take(seams, rng.integers(0, 4, at.size)) + phone.gather(pl.Series(at))
    )
    phone = put(phone, struck, phone.clear(struck.size))
    free[struck] = False
    once("phone_two", intact & c.second_phone.is_not_null().to_numpy(), lambda v, at: v + take(pl.Series(["/", ";", "、", " ", ","]), rng.integers(0, 5, at.size)) + c.second_phone.gather(pl.Series(at)))
    once("phone_decimal", intact & c.spreadsheet, lambda v, _at: v + ".0")
    once("phone_separators", intact, lambda v, at: _grouped(v, take(pl.Series(["-", " ", "－", "—", "."]), rng.integers(0, 5, at.size))))
    once("phone_prefix", intact, lambda v, at: take(pl.Series(["+86", "86", "0086", "0", "+86 ", "(+86)"]), rng.integers(0, 6, at.size)) + v)
    once("phone_fullwidth", intact, lambda v, _at: v.str.replace_many(list("0123456789"), list("０１２３４５６７８９")))
    return name, phone


_TRADITIONAL_HINTS = list("张刘陈杨黄赵吴孙马罗郑谢许韩冯邓萧叶阎钟陆贾韦邹贺龙龚万钱严赖温兰伟华国军强杰涛辉刚飞丽艳红静敏娟玲凤兰芳莹颖蓝宝东泽轩铭泽鹏鸿")


def _last_character(v: pl.Series, _at: Ints, b: Breaker) -> pl.Series:
    return v.str.slice(0, v.str.len_chars().cast(pl.Int64) - 1) + sound_alike(v.str.slice(-1, 1), b.rng)


def _short_company(v: pl.Series, town: pl.Series, b: Breaker) -> pl.Series:
    short = v.str.replace("(有限责任公司|股份有限公司|有限公司)$", "")
    frame = pl.DataFrame({"v": v, "short": short, "town": town, "way": b.rng.integers(0, 4, len(v))})
    way = pl.col("way")
    without_town = pl.col("v").str.strip_prefix(pl.col("town"))
    branch = pl.col("v") + "第一分公司"
    return frame.select(
        pl.when(way == 0).then("short").when(way == 1).then(without_town).when(way == 2).then(pl.col("short").str.strip_prefix(pl.col("town"))).otherwise(branch)
    ).to_series()


def _mojibake(v: pl.Series) -> pl.Series:
    return pl.Series(v.name, [text.encode().decode("gb18030", errors="replace") for text in v], dtype=pl.String)


def _swapped(v: pl.Series, length: Ints) -> pl.Series:
    return pl.DataFrame({"v": v, "n": length}).select(pl.col("v").str.slice(pl.col("n")) + pl.lit(" ") + pl.col("v").str.slice(0, pl.col("n"))).to_series()


def _cut(v: pl.Series, place: Ints) -> pl.Series:
    return pl.DataFrame({"v": v, "p": place}).select(replaced(pl.col("v"), pl.col("p"), pl.lit(""))).to_series()


def _grouped(v: pl.Series, by: pl.Series) -> pl.Series:
    return v.str.slice(0, 3) + by + v.str.slice(3, 4) + by + v.str.slice(7)


def _ids(ids: pl.Series, c: Context, b: Breaker) -> pl.Series:
    rng = b.rng
    free = np.ones(len(ids), dtype=np.bool_)
    person = ~c.company
    old_enough = person & (c.born < (dt.date(2000, 1, 1) - dt.date(1970, 1, 1)).days)
    steps = (
        ("id_missing", free, lambda v, _at: v.clear(len(v))),
        ("id_placeholder", free, lambda _v, at: take(pl.Series(_PLACEHOLDER_IDS), rng.integers(0, len(_PLACEHOLDER_IDS), at.size))),
        ("id_scientific", person & c.spreadsheet & ids.str.ends_with("X").not_().fill_null(value=False).to_numpy(), lambda v, _at: v.str.slice(0, 1) + "." + v.str.slice(1, 5) + "E+17"),
        ("id_spreadsheet", person & c.spreadsheet & ids.str.ends_with("X").not_().fill_null(value=False).to_numpy(), lambda v, _at: v.str.slice(0, 15) + "000"),
        ("id_15_digits", old_enough, lambda v, _at: v.str.slice(0, 6) + v.str.slice(8, 9)),
        ("id_masked", free, lambda v, _at: v.str.slice(0, 4) + "**********" + v.str.slice(14)),
        ("id_digit", person, lambda v, at: digit_changed(v, rng.integers(0, 17, at.size), rng)),
        ("id_lower_x", ids.str.ends_with("X").fill_null(value=False).to_numpy(), lambda v, _at: v.str.to_lowercase()),
    )
    for name, eligible, change in steps:
        ids, hit = b.strike(ids, name, eligible & free, change)
        free = free.copy()
        free[hit] = False
    return ids


def _addresses(people: pl.DataFrame, c: Context, b: Breaker) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    rng = b.rng
    province, city, district, detail = (people[x] for x in ("province", "city", "district", "detail"))
    present = detail.is_not_null().to_numpy()
    where = b.draw("address_missing", present)
    b.note("address_missing", where)
    province, city, district, detail = (put(s, where, s.clear(where.size)) for s in (province, city, district, detail))
    present = detail.is_not_null().to_numpy()

    former = former_names().group_by("adcode", maintain_order=True).agg(pl.col("today").last(), pl.col("former").last())
    renamed = pl.DataFrame({"adcode": c.adcode}).join(former, on="adcode", how="left", maintain_order="left")
    where = b.draw("address_former", present & renamed["former"].is_not_null().to_numpy())
    b.note("address_former", where)
    if where.size:
        old = renamed["former"].gather(pl.Series(where))
        today = renamed["today"].gather(pl.Series(where))
        for_city = (today == city.gather(pl.Series(where))).to_numpy()
        city = put(city, where[for_city], old.filter(pl.Series(for_city)))
        district = put(district, where[~for_city], old.filter(pl.Series(~for_city)))

    detail, hit = b.strike(detail, "address_typo", present, lambda v, at: _typo(v, b, at))
    detail, _ = b.strike(detail, "address_traditional", present, lambda v, _at: traditional(v))
    where = b.draw("address_no_province", present & c.one_cell)
    b.note("address_no_province", where)
    province = put(province, where, province.clear(where.size))
    where = b.draw("address_no_city", present & c.one_cell & province.is_null().to_numpy())
    b.note("address_no_city", where)
    city = put(city, where, city.clear(where.size))
    where = b.draw("address_no_suffix", present & c.one_cell)
    b.note("address_no_suffix", where)
    at = pl.Series(where)
    province = put(province, where, province.gather(at).str.replace("(省|市|壮族自治区|维吾尔自治区)$", ""))
    city = put(city, where, city.gather(at).str.replace("市$", ""))
    where = b.draw("address_junk", present)
    b.note("address_junk", where)
    province, city, district = (put(s, where, s.clear(where.size)) for s in (province, city, district))
    detail = put(detail, where, take(pl.Series(_JUNK_ADDRESSES), rng.integers(0, len(_JUNK_ADDRESSES), where.size)))
    return province, city, district, detail


def _typo(v: pl.Series, b: Breaker, at: Ints) -> pl.Series:
    length = v.str.len_chars().cast(pl.Int64).to_numpy()
    place = (b.rng.random(at.size) * length).astype(np.int64)
    lost = np.flatnonzero(b.rng.random(at.size) < 0.5)
    new = put(any_character(b.rng, at.size), lost, pl.Series([""] * lost.size, dtype=pl.String))
    return pl.DataFrame({"v": v, "p": place, "n": new}).select(replaced(pl.col("v"), pl.col("p"), pl.col("n"))).to_series()


def _emails(emails: pl.Series, b: Breaker) -> pl.Series:
    def wrong(v: pl.Series, at: Ints) -> pl.Series:
        way = pl.Series(b.rng.integers(0, 4, at.size))
        frame = pl.DataFrame({"v": v, "way": way})
        w, t = pl.col("way"), pl.col("v")
        return frame.select(
            pl.when(w == 0).then(t.str.replace("@", "", literal=True)).when(w == 1).then(t.str.replace(".", ",", literal=True))
            .when(w == 2).then(t.str.replace("@", "＠", literal=True)).otherwise(pl.lit("无"))
        ).to_series()  # fmt: skip

    return b.strike(emails, "email_wrong", np.ones(len(emails), dtype=np.bool_), wrong)[0]
