"""Masks: nothing of a value that identifies a person gets through."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from engine import privacy
from engine.tables import TABLES

KINDS = ["phone", "id_number", "vin", "plate", "email", "name", "address", "all"]


def test_every_personal_column_has_a_mask() -> None:
    assert privacy.unmasked_columns() == []


@given(st.text(min_size=1, max_size=60), st.sampled_from(KINDS))
def test_a_mask_hides_something_of_every_value(value: str, kind: str) -> None:
    shown = privacy.mask(value, kind)
    assert "*" in shown
    assert len(shown.replace("*", "")) < len(value)


@given(st.from_regex(r"\A1[3-9][0-9]{9}\Z"))
def test_a_phone_keeps_seven_digits_at_most(value: str) -> None:
    assert privacy.mask(value, "phone") == f"{value[:3]}****{value[-4:]}"


def test_a_frame_is_masked_by_its_table() -> None:
    frame = pl.DataFrame({"record_id": ["r"], "name": ["王晓明"], "phones": [["+8613917852046"]], "score": [9.5]})
    assert privacy.masked(frame, "clean_records").row(0) == ("r", "王**", 1, 9.5)


def test_tables_name_each_column_once_and_their_keys_exist() -> None:
    for spec in TABLES.values():
        names = [column.name for column in spec.columns]
        assert len(names) == len(set(names)), spec.name
        assert set(spec.key) <= set(names) | {"table"}, spec.name
        assert set(spec.bucket_by) <= set(names), spec.name
