"""Codes of texts: the fast reading equals the rule word by word, and stays what it is."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.codes import LONG, MISSING, codes, joined, letters

WORD = 2**64 - 1
ODD = 0x9E3779B97F4A7C15
TEXTS = st.lists(
    st.none() | st.text(st.characters(codec="utf-8"), max_size=40) | st.text("ab\0王", min_size=LONG // 3 - 3, max_size=LONG), max_size=12
)


def slow(text: str | None) -> int:
    data = (text or "").encode()
    if not data:
        return MISSING
    if len(data) > LONG:
        code = int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
    else:
        code = len(data) * ODD & WORD
        for at in range(0, len(data), 8):
            code = (code ^ int.from_bytes(data[at : at + 8], "little")) * ODD & WORD
            code ^= code >> 32
        code = (code ^ (code >> 30)) * 0xBF58476D1CE4E5B9 & WORD
        code = (code ^ (code >> 27)) * 0x94D049BB133111EB & WORD
        code ^= code >> 31
    return code - 2**64 if code >= 2**63 else code


@settings(max_examples=150)
@given(TEXTS, st.integers(0, 4))
def test_codes_equal_the_rule(texts: list[str | None], skipped: int) -> None:
    series = pl.Series(texts, dtype=pl.String)
    assert codes(series).tolist() == [slow(text) for text in texts]
    assert codes(series[skipped:]).tolist() == [slow(text) for text in texts[skipped:]]


def test_codes_are_stored_and_never_change() -> None:
    assert codes(pl.Series(["沪A12345", "人民路12号", "zhang wei"])).tolist() == [
        -2850634081798295703,
        6976195128746871395,
        5172937035332421761,
    ]


def test_a_megabyte_and_a_null_byte_have_codes() -> None:
    texts = ["a" * 1_000_000, "a" * 999_999, "a\0", "a"]
    found = codes(pl.Series(texts))
    assert len(set(found.tolist())) == len(texts)
    assert MISSING not in found


def test_joined_codes_depend_on_order_and_need_all_that_is_not_optional() -> None:
    one, two, none = (np.array([value], dtype=np.int64) for value in (5, 9, MISSING))
    assert joined([one, two])[0] != joined([two, one])[0]
    assert joined([one, none])[0] == MISSING
    assert joined([one, none], optional=frozenset({1}))[0] not in {MISSING, joined([one])[0]}


def slow_letters(text: str | None) -> list[int]:
    return sorted(byte for byte in (text or "").lower().encode() if byte >= 128 or chr(byte).isalnum())


@settings(max_examples=150)
@given(st.lists(st.none() | st.text("abC 王伟-é7", max_size=5), min_size=2, max_size=8))
def test_letters_are_equal_in_any_order_and_only_then(texts: list[str | None]) -> None:
    found = letters(pl.Series(texts, dtype=pl.String)).tolist()
    for one, first in zip(texts, found, strict=True):
        assert (first == MISSING) == (slow_letters(one) == [])
        for other, second in zip(texts, found, strict=True):
            assert (first == second) == (slow_letters(one) == slow_letters(other))
    assert letters(pl.Series([None, *texts], dtype=pl.String)[1:]).tolist() == found
