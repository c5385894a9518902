"""Cleansing side by side with the best library of each job, in one run, on one core: values a second and hard cases right.

Run: ``POLARS_MAX_THREADS=1 python benchmarks/cleansing_fields.py [--rows N] [--peer-rows N]``. The hard cases are those of
tests/cleansing/cases. A peer gets fewer rows where it is slow; its rate is over those rows. Peers that are not installed
are left out and said so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl

from cleansing import dates, emails, identities, names, parse, phones, records
from cleansing.identities import resident
from cleansing.vehicles import plates, vins

AS_OF = dt.date(2026, 1, 1)
CASES = Path(__file__).resolve().parents[1] / "tests" / "cleansing" / "cases"


def phone_column(rows: int, rng: random.Random) -> pl.Series:
    """70% clean mobiles, 20% formatted ones, 10% hard ones."""

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


def id_column(rows: int, rng: random.Random) -> pl.Series:
    """Valid numbers and 10% with a wrong digit."""
    regions = rng.choices(("310106", "110105", "440304", "510107", "320505", "310108"), k=rows)
    days = [dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(20_000)) for _ in range(rows)]
    bodies = [f"{region}{day:%Y%m%d}{rng.randrange(1000):03d}" for region, day in zip(regions, days, strict=True)]
    checks = resident.check_digit(identities.checkdigits.matrix(pl.Series(bodies), width=17))
    return pl.Series(
        [body + chr(check if rng.random() < 0.9 else 48 + rng.randrange(10)) for body, check in zip(bodies, checks, strict=True)]
    )


def vin_column(rows: int, rng: random.Random) -> pl.Series:
    """Made in China, the check digit right in 95%, a letter O in 2%."""
    alphabet = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    made = []
    for _ in range(rows):
        code = (
            rng.choice(["LSV", "LFV", "LGX", "LSG"])
            + "".join(rng.choices(alphabet, k=5))
            + "0"
            + rng.choice("ABCDEFGHJKLMNPRS")
            + f"{rng.randrange(10**7):07d}"
        )
        total = sum(int(vins.VALUES[ord(c)]) * weight for c, weight in zip(code, vins.WEIGHTS, strict=True))
        code = code[:8] + "0123456789X"[total % 11 if rng.random() < 0.95 else rng.randrange(11)] + code[9:]
        made.append(code.replace("0", "O") if rng.random() < 0.02 else code)
    return pl.Series(made)


def plate_column(rows: int, rng: random.Random) -> pl.Series:
    """Ordinary and new energy plates, a third of them with separators or small letters."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    made = []
    for _ in range(rows):
        serial = "".join(rng.choices(alphabet, k=5)) if rng.random() < 0.7 else rng.choice("DF") + f"{rng.randrange(10**5):05d}"
        start = rng.choice(list(plates.PROVINCES)) + rng.choice("ABCDEFGH")
        made.append(
            rng.choice([start + serial, start + "·" + serial, start.lower() + serial, f"{start} {serial}", start + serial, start + serial])
        )
    return pl.Series(made)


def date_column(rows: int, rng: random.Random) -> pl.Series:
    """Eight ways to write a day."""
    forms = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%y-%m-%d", "%m/%d/%Y")
    return pl.Series(
        [
            (dt.datetime(2010, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=rng.randrange(120_000))).strftime(rng.choice(forms))
            for _ in range(rows)
        ]
    )


def rate(job: Callable[[pl.Series], object], values: pl.Series) -> float:
    """Values a second, the better of two runs."""
    best = float("inf")
    for _ in range(2):
        start = time.perf_counter()
        job(values)
        best = min(best, time.perf_counter() - start)
    return len(values) / best


def holds(expected: Any, actual: Any) -> bool:  # noqa: ANN401  (JSON)
    """Whether the answer has all that is expected of it."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(holds(value, actual.get(key)) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(holds, expected, actual))
    return bool(expected == actual)


def share_right(file: str, answer: Callable[[list[str]], Sequence[dict[str, Any]]]) -> str:
    """Share of the hard cases of a file that are answered right."""
    cases = [json.loads(line) for line in (CASES / file).read_text("utf-8").splitlines()]
    answers = answer([case["input"] for case in cases])
    right = sum(holds(case["expected"], given) for case, given in zip(cases, answers, strict=True))
    return f"{right}/{len(cases)}"


def peer_phones(values: pl.Series) -> list[str | None]:
    """The phonenumbers library: parse, validate, region and carrier."""
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
        found.append(
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if phonenumbers.is_valid_number(number) else None
        )
    return found


def peer_ids(values: pl.Series) -> list[bool]:
    """python-stdnum."""
    from stdnum.cn import ric

    return [ric.is_valid(value) for value in values]


def peer_names(values: pl.Series) -> list[list[str]]:
    """Pinyin by pypinyin."""
    from pypinyin import lazy_pinyin

    return [lazy_pinyin(value) for value in values]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--peer-rows", type=int, default=20_000)
    options.add_argument("--records", type=Path, help="a Parquet file of engine.tables RECORDS: the whole kernel is timed on it")
    given = options.parse_args()
    rng = random.Random(1)
    print(f"polars threads {pl.thread_pool_size()}, rows {given.rows:,}, rows for peers {given.peer_rows:,}, {sys.version.split()[0]}")
    print(f"{'job':<10}{'here, a second':>18}{'hard cases':>12}   {'peer':<14}{'peer, a second':>16}")

    def parsed(kind: str) -> Callable[[list[str]], list[dict[str, Any]]]:
        return lambda values: parse.parse(kind, values, as_of=AS_OF)

    def day(values: list[str]) -> list[dict[str, Any]]:
        return dates.clean(pl.Series(values), as_of=AS_OF).with_columns(pl.col("date").cast(pl.String)).to_dicts()

    surnames, givens = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
    people = pl.Series([rng.choice(surnames) + "".join(rng.choices(givens, k=rng.choice((1, 2)))) for _ in range(given.rows)])
    jobs: list[tuple[str, Callable[[pl.Series], object], pl.Series, str, tuple[str, Callable[[pl.Series], object]] | None]] = [
        ("phones", phones.clean, phone_column(given.rows, rng), share_right("phones.jsonl", parsed("phone")), ("phonenumbers", peer_phones)),
        ("ids", lambda v: identities.clean(v, as_of=AS_OF), id_column(given.rows, rng), share_right("identities.jsonl", parsed("id")), ("stdnum", peer_ids)),
        ("vins", lambda v: vins.clean(v, as_of=AS_OF), vin_column(given.rows, rng), share_right("vins.jsonl", parsed("vin")), None),
        ("plates", plates.clean, plate_column(given.rows, rng), share_right("plates.jsonl", parsed("plate")), None),
        ("dates", lambda v: dates.clean(v, as_of=AS_OF), date_column(given.rows, rng), share_right("dates.jsonl", day), None),
        ("names", names.clean, people, "", ("pypinyin", peer_names)),
        ("emails", emails.clean, pl.Series([f"u{rng.randrange(10**7)}@qq.com" for _ in range(given.rows)]),
         share_right("emails.jsonl", lambda v: emails.clean(pl.Series(v)).to_dicts()), None),
    ]  # fmt: skip
    for name, job, values, right, peer in jobs:
        line = f"{name:<10}{rate(job, values):>18,.0f}{right:>12}   "
        if peer:
            try:
                line += f"{peer[0]:<14}{rate(peer[1], values.head(given.peer_rows)):>16,.0f}"
            except ImportError:
                line += f"{peer[0]} is not installed"
        print(line, flush=True)
    if given.records:
        frame = pl.read_parquet(given.records).head(131_072)
        start = time.perf_counter()
        records.clean(frame, as_of=AS_OF)
        print(f"{'records':<10}{len(frame) / (time.perf_counter() - start):>18,.0f}   (names, addresses, cross checks and scores included)")


if __name__ == "__main__":
    main()
