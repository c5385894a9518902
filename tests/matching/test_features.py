"""Features: rows do not see each other, phones and syllables equal the slow reading, ids are unique."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from engine.tables import schema
from matching import customers
from matching.codes import MISSING, codes
from matching.features import BETWEEN, SLOTS, feature_kernel, feature_names, feature_schema, text_names
from matching.match import match
from matching.spec import parse

SPEC = parse("record_id: id\ncolumns: {who: name, born: date, tel: phone, card: identifier, at: address}\n", where="test")
TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=12)
RECORD = st.fixed_dictionaries(
    {
        "who": TEXT,
        "who__surname": TEXT | st.sampled_from(["王", "欧阳", "smith"]),
        "who__given": TEXT,
        "who__pinyin": TEXT | st.sampled_from(["wang wei", "ou yang jing yu", "wang", "a b c d e f"]),
        "born": TEXT | st.just("19800102"),
        "tel": st.lists(TEXT | st.from_regex(r"\+?[0-9]{5,17}", fullmatch=True) | st.just("+8613912345678"), max_size=4),
        "card": TEXT | st.just(f"a{BETWEEN}b"),
        "at": TEXT,
    }
)
SCHEMA = {
    name: pl.List(pl.String()) if name == "tel" else pl.String()
    for name in ("who", "who__surname", "who__given", "who__pinyin", "born", "tel", "card", "at")
}


def kernel(records: list[dict[str, object]]) -> pl.DataFrame:
    frame = pl.DataFrame(records, schema=SCHEMA).with_row_index("rid", offset=1).with_columns(pl.col("rid").cast(pl.Int64))
    return feature_kernel(frame, spec=SPEC)


def slow_phones(values: list[str | None]) -> list[int]:
    numbers = [int(digits[:15]) for value in values if value is not None and (digits := re.sub("[^0-9]", "", value))]
    return (list(dict.fromkeys(numbers)) + [MISSING] * SLOTS["phone"])[: SLOTS["phone"]]


def test_a_number_of_sixteen_digits_is_read_as_beside_others() -> None:
    """The fast reading took 0000000000000001 for 1, unless another row was no number."""
    frame = pl.DataFrame({"rid": [1], "tel": [["0000000000000001"]]})
    spec = parse("record_id: id\ncolumns: {tel: phone}\n", where="m")
    assert feature_kernel(frame, spec=spec)["tel__1"].to_list() == slow_phones(["0000000000000001"])[:1]


def slow_sounds(record: dict[str, object]) -> list[str | None]:
    surname, pinyin = record["who__surname"], record["who__pinyin"]
    if surname is None or pinyin is None:
        return [str(surname or ""), str(record["who__given"] or "")]
    syllables = str(pinyin).split(" ")
    of_surname = len(str(surname)) if len(str(surname).encode()) > len(str(surname)) else 1  # Latin letters: the first word
    return [" ".join(syllables[:of_surname]), " ".join(syllables[of_surname:])]


def test_a_surname_alone_sounds_as_in_latin_letters() -> None:
    """王先生 and Wang Wei were two surnames."""
    frame = pl.DataFrame(
        {
            "rid": [1, 2, 3],
            "who": [None, "Wang Wei", "王伟"],
            "who__surname": ["王", "Wang", "王"],
            "who__given": [None, "Wei", "伟"],
            "who__pinyin": [None, "wang wei", "wang wei"],
            "who__surname_pinyin": ["wang", None, None],
        }
    )
    found = feature_kernel(frame, spec=parse("record_id: id\ncolumns: {who: name}\n", where="m"))
    assert found["who__surname_sound"].n_unique() == 1
    assert found["who__given_sound"].to_list()[1] == found["who__given_sound"].to_list()[2]


@settings(max_examples=60)
@given(st.lists(RECORD, min_size=1, max_size=8))
def test_rows_equal_the_slow_reading_and_do_not_see_each_other(records: list[dict[str, object]]) -> None:
    found = kernel(records)
    assert dict(found.schema) == feature_schema(SPEC)
    assert not sum(found.null_count().row(0))
    alone = pl.concat([kernel([record]) for record in records]).drop("rid")
    assert found.drop("rid").equals(alone)
    assert found.select("tel__1", "tel__2", "tel__3").rows() == [tuple(slow_phones(record["tel"])) for record in records]  # type: ignore[arg-type]
    sounds = pl.DataFrame([slow_sounds(record) for record in records], schema=["surname", "given"], orient="row")
    assert found["who__surname_sound"].to_list() == codes(sounds["surname"]).tolist()
    assert found["who__given_sound"].to_list() == codes(sounds["given"]).tolist()
    assert (found["texts"].str.split(BETWEEN).list.len() == len(text_names(SPEC))).all()


def test_a_feature_has_one_name() -> None:
    assert len(set(feature_names(SPEC))) == len(feature_names(SPEC))


def test_ids_that_repeat_are_refused() -> None:
    frame = pl.DataFrame({"id": ["a", "b", "b"], "who": ["x", "y", "z"]})
    with DuckDBEngine() as engine, pytest.raises(ValueError, match="ids in column 'id' repeat"):
        match(engine, engine.from_frame(frame), parse("record_id: id\ncolumns: {who: name}\n", where="m"))


def test_behind_a_lane_the_number_of_a_customers_house_is_the_buildings() -> None:
    written = [("522弄", "16"), ("522弄16号", None), ("522弄", None), ("1266号", "3"), (None, "3"), (None, None)]
    clean = pl.DataFrame(
        [
            dict.fromkeys(schema("clean_records")) | {"record_id": str(n), "road_no": number, "building": building}
            for n, (number, building) in enumerate(written)
        ],
        schema=schema("clean_records"),
    )
    with DuckDBEngine() as engine:
        found = engine.collect(customers.features(engine, engine.from_frame(clean))).sort("record_id")
    said = found.select("address__road_no", "address__building").rows()
    assert said == [("522弄16号", None), ("522弄16号", None), ("522弄", None), ("1266号", "3"), (None, "3"), (None, None)]
