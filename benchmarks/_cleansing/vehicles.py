"""VINs with repair, beside vininfo; plates, for which no library was found."""

from __future__ import annotations

import random
from typing import Any

import polars as pl

from benchmarks._cleansing import cases
from benchmarks._cleansing.job import Job, Measure, Peer
from cleansing.vehicles import plates, vins
from cleansing.vehicles.plate_kinds import PROVINCES


def vin_column(rows: int, seed: int) -> pl.Series:
    """Made in China, the check digit right in 95%, a letter O for a zero in 2%."""
    rng = random.Random(seed)
    alphabet = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    made = []
    for _ in range(rows):
        head = rng.choice(["LSV", "LFV", "LGX", "LSG"]) + "".join(rng.choices(alphabet, k=5))
        code = head + "0" + rng.choice("ABCDEFGHJKLMNPRS") + f"{rng.randrange(10**7):07d}"
        total = sum(int(vins.VALUES[ord(c)]) * weight for c, weight in zip(code, vins.WEIGHTS, strict=True))
        code = code[:8] + "0123456789X"[total % 11 if rng.random() < 0.95 else rng.randrange(11)] + code[9:]
        made.append(code.replace("0", "O") if rng.random() < 0.02 else code)
    return pl.Series(made)


def plate_column(rows: int, seed: int) -> pl.Series:
    """Ordinary and new energy plates, a third of them with separators or small letters; 2% of other kinds or no plates."""
    rng = random.Random(seed)
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    made = []
    for _ in range(rows):
        serial = "".join(rng.choices(alphabet, k=5)) if rng.random() < 0.7 else rng.choice("DF") + f"{rng.randrange(10**5):05d}"
        start = rng.choice(list(PROVINCES)) + rng.choice("ABCDEFGH")
        whole = start + serial
        usual = rng.choice([whole, start + "·" + serial, whole.lower(), f"{start} {serial}", whole, whole])
        other = rng.choice([f"{start}{serial[:4]}学", f"{start}{serial[:4]}挂", f"WJ{start[0]}{rng.randrange(10**5):05d}", f"{whole}(已过户)", "无牌", "未上牌"])  # fmt: skip
        made.append(usual if rng.random() < 0.98 else other)
    return pl.Series(made)


def _peer_run(values: pl.Series) -> list[dict[str, Any]]:
    return [_peer_answer(value) for value in values]


def _peer_answer(value: str) -> dict[str, Any]:
    from vininfo import Vin
    from vininfo.exceptions import ValidationError

    try:
        vin = Vin(value)
    except ValidationError:
        return {"status": "invalid", "check_ok": False, "normalized": None}
    good = vin.verify_checksum()
    return {"status": "valid" if good else "invalid", "check_ok": good, "wmi": vin.wmi, "normalized": vin.num if good else None}


def jobs() -> list[Job]:
    return [
        Job(
            "vins", vin_column, lambda values: vins.clean(values, as_of=cases.AS_OF), goal=3_000_000,
            measures=(
                Measure(
                    "hard cases", cases.parsed("vin", "vins"),
                    lambda: cases.peer_right(cases.load("vins"), _peer_answer, ("status", "check_ok", "wmi", "normalized")), goal=1.0,
                ),
            ),
            peer=Peer("vininfo", _peer_run),
        ),
        Job("plates", plate_column, plates.clean, goal=3_000_000, measures=(Measure("hard cases", cases.parsed("plate", "plates"), goal=0.98),)),
    ]  # fmt: skip
