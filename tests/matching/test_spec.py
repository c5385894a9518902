"""What a model file may say: names of columns that matching can tell from its own, and thresholds in order."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duckdb import DuckDBEngine
from matching.comparisons import comparisons_for
from matching.features import CONTENT, GROUP, feature_names
from matching.match import DEFAULT_LINK, match
from matching.scoring import scored_schema
from matching.spec import KINDS, OWN_NAMES, THRESHOLD, ModelSpec, SpecError, parse

NASTY = [
    *OWN_NAMES,
    *("Weight", "NAME", "name#bits", "name__letters", "name__x", "name_titled", "name_organization", "tel__1", "car", "id", "ID"),
    *("record_id", "cluster_id", "source", "key", "entity", "row", "code", "size", "select", "a,b", 'x"y', "{b}", "'", "word_0", " ", "名"),
]
REFUSED = [*OWN_NAMES, "Weight", "NAME", "name#bits", "name__letters", "name_titled", "name_organization", "tel__1", "id", 'x"y']


def spec_of(columns: dict[str, str], **more: float) -> ModelSpec:
    return parse(json.dumps({"record_id": "id", "columns": columns, **more}, ensure_ascii=False), where="model.yaml")


def table_columns(spec: ModelSpec) -> list[list[str]]:
    """The columns of the tables that a match makes, as often as they are made."""
    compared = [each.name for each in comparisons_for(spec)]
    return [
        ["rid", *spec.columns, GROUP],
        ["rid", *feature_names(spec), CONTENT, "texts"],
        ["rid_l", "rid_r", "which", "n", "same", "kind", "use", *compared, *(f"{name}#bits" for name in compared)],
        [*scored_schema([]), *compared],
        ["record_id_l", "record_id_r", "weight", "probability", "household", "collective", "compared", *compared],
    ]


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from([*NASTY, "name", "tel", "tel2"]) | st.text(max_size=5), st.sampled_from(KINDS), min_size=1, max_size=5)
)
def test_columns_of_any_names_stand_beside_matchings_own_or_are_refused(columns: dict[str, str]) -> None:
    try:
        spec = spec_of(columns)
    except SpecError as error:
        assert str(error).startswith("model.yaml:")  # noqa: PT017 - either is right
        return
    for names in table_columns(spec):
        assert len({name.lower() for name in names}) == len(names)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_of_matchings_own_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(SpecError, match=r"model\.yaml:1: column .*(rename it in the table|leave it out of columns)"):
        spec_of({"name": "name", "tel": "phone", name: "date"})


def test_a_part_of_no_column_is_a_name_as_any() -> None:
    assert list(spec_of({"born__day": "date", "car": "text", "shop_titled": "text"}).columns) == ["born__day", "car", "shop_titled"]
    with pytest.raises(SpecError, match="'car' has the name under which 'plate' is compared"):
        spec_of({"plate": "plate", "car": "text"})


@pytest.mark.parametrize("name", ["record_id", "cluster_id", "source", "row", "a,b", "{b}", "'", " "])
def test_ordinary_names_match(name: str) -> None:
    people = [(f"p{n:02}", f"ann{n * 7919 % 97} lee{n * 31 % 89}", f"19{n:02}0{1 + n % 9}1{n % 10}", f"1391234{n:04}") for n in range(60)]
    rows = pl.DataFrame([*people, ("twice", *people[7][1:])], schema=["id", "who", name, "tel"], orient="row")
    with DuckDBEngine() as engine:
        clusters = engine.collect(match(engine, engine.from_frame(rows), spec_of({"who": "name", name: "date", "tel": "phone"})).clusters)
    assert clusters.filter(pl.col("record_id") != pl.col("cluster_id")).rows() == [("twice", "p07")]


def test_review_is_at_most_the_threshold() -> None:
    assert spec_of({"tel": "phone"}, threshold=0.5, review=0.5).review == 0.5
    with pytest.raises(SpecError, match=r"model\.yaml:1: review is 0\.9 and threshold 0\.3"):
        spec_of({"tel": "phone"}, threshold=0.3, review=0.9)
    assert THRESHOLD == DEFAULT_LINK
    with pytest.raises(SpecError, match=r"review is 0\.95 and threshold 0\.9 where it is left out"):
        spec_of({"tel": "phone"}, review=0.95)


def test_a_country_is_a_code_of_two_capitals() -> None:
    assert parse("record_id: id\ncolumns: {tel: phone}\n", where="m").country == "CN"
    assert parse("record_id: id\ncolumns: {tel: phone}\ncountry: DE\n", where="m").country == "DE"
    for wrong in ("Germany", "de", "NO", "49"):
        with pytest.raises(SpecError, match=r"m:3: country is"):
            parse(f"record_id: id\ncolumns: {{tel: phone}}\ncountry: {wrong}\n", where="m")
