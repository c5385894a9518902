"""Phones, full clean with region and carrier, beside phonenumbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl

from benchmarks._cleansing import cases
from benchmarks._cleansing.job import Job, Measure, Peer, Share
from cleansing import phones


def column(rows: int, seed: int) -> pl.Series:
    """70% clean mobiles, 20% formatted ones, 10% hard ones."""
    rng = random.Random(seed)

    def mobile() -> str:
        return rng.choice(["138", "139", "150", "177", "186", "199", "166"]) + f"{rng.randrange(10**8):08d}"

    formats: list[Callable[[str], str]] = [
        lambda m: f"+86 {m}", lambda m: f"{m[:3]}-{m[3:7]}-{m[7:]}", lambda m: f"{m[:3]} {m[3:7]} {m[7:]}", lambda m: f"0{m}", lambda m: f"86-{m}",
    ]  # fmt: skip
    hard: list[Callable[[str], str]] = [
        lambda m: f"{m}/{mobile()}", lambda m: f"021-5{m[4:]}", lambda m: f"王先生{m}", lambda m: m[:3] + "****" + m[7:], lambda m: m[:10],
        lambda m: f"(0512)6{m[4:]}-80{m[-1]}", lambda m: m + ".0", lambda m: "1." + m[1:] + "E10", lambda m: m.replace("0", "O"),
        lambda m: f"400-{m[1:4]}-{m[4:8]}", lambda m: "6" + m[4:], lambda _: "13800138000",
    ]  # fmt: skip
    values = []
    for _ in range(rows):
        m, share = mobile(), rng.random()
        values.append(m if share < 0.7 else rng.choice(formats)(m) if share < 0.9 else rng.choice(hard)(m))
    return pl.Series(values)


def _peer_run(values: pl.Series) -> list[str | None]:
    """phonenumbers: parse, validate, region and carrier."""
    import phonenumbers
    from phonenumbers import carrier, geocoder

    found: list[str | None] = []
    for value in values:
        try:
            number = phonenumbers.parse(value, "CN")
        except phonenumbers.NumberParseException:
            found.append(None)
            continue
        geocoder.description_for_number(number, "zh")
        carrier.name_for_number(number, "zh")
        valid = phonenumbers.is_valid_number(number)
        found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None)
    return found


def _peer_numbers(value: str) -> list[dict[str, Any]]:
    """The valid numbers that phonenumbers finds in a cell, one it cannot match in text by parsing the cell whole."""
    import phonenumbers

    numbers = [match.number for match in phonenumbers.PhoneNumberMatcher(value, "CN")]
    if not numbers:
        try:
            number = phonenumbers.parse(value, "CN")
        except phonenumbers.NumberParseException:
            return []
        numbers = [number] if phonenumbers.is_valid_number(number) else []
    return [
        {"value": phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), "ext": number.extension} for number in numbers
    ]


def _peer_right() -> Share:
    """Right are all numbers (as E.164) and extensions of a case, and none where there is none; status and region are not asked."""
    asked = cases.load("phones")
    good = 0
    for case in asked:
        wanted = [(_e164(n["value"]), n.get("ext")) for n in case["expected"].get("numbers", ()) if "value" in n]
        good += wanted == [(n["value"], n["ext"]) for n in _peer_numbers(case["input"])]
    return Share.count(good, len(asked))


def _e164(value: str) -> str:
    digits = value.replace("-", "")
    return value if value.startswith("+") else "+86" + digits.removeprefix("0")


def jobs() -> list[Job]:
    return [
        Job(
            "phones", column, phones.clean, goal=2_000_000,
            measures=(Measure("hard cases", cases.parsed("phone", "phones"), _peer_right, goal=0.97),),
            peer=Peer("phonenumbers", _peer_run),
        )
    ]  # fmt: skip
