"""VINs and plates: laws, and a slow, obvious oracle."""

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cleansing import coding, reference
from cleansing.vehicles import makers, plate_cells, plate_kinds, plates, vins

AS_OF = dt.date(2026, 1, 1)
ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
BODIES = st.builds(
    lambda wmi, rest: wmi + rest, st.sampled_from(("LSV", "LFV", "WBA", "5YJ", "JTH")), st.text(alphabet=ALPHABET, min_size=14, max_size=14)
)
PLATES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(list(plates.PROVINCES)), st.sampled_from("ABCDEFG"), st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=5)),
    st.builds("{}{}{}{:05d}".format, st.sampled_from(list(plates.PROVINCES)), st.sampled_from("ABCDEFG"), st.sampled_from("DABCEFGHJK"), st.integers(0, 99999)),
)  # fmt: skip


def with_check_digit(body: str) -> str:
    """The standard's table and sum, character by character."""
    values = dict(zip(ALPHABET, [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9, *range(10)], strict=True))
    total = sum(values[c] * w for c, w in zip(body, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2), strict=True))
    return body[:8] + "0123456789X"[total % 11] + body[9:]


VINS = BODIES.map(with_check_digit).filter(lambda code: max(code.count(c) for c in code) < 12)


@given(st.lists(VINS, min_size=1, max_size=20))
def test_vins_of_the_slow_sum_are_valid(codes: list[str]) -> None:
    found = vins.clean(pl.Series(codes), as_of=AS_OF)
    assert found["status"].to_list() == ["valid"] * len(codes)


@given(VINS, st.sampled_from(("*{}*", " {} ", "VIN:{}", "车架号：{}", "{}\t", "vin {}")))
def test_a_valid_vin_survives_every_formatting(code: str, form: str) -> None:
    written = [form.format(code), code.lower(), f"{code[:8]}-{code[8:]}", " ".join((code[:3], code[3:9], code[9:]))]
    assert vins.clean(pl.Series(written), as_of=AS_OF)["normalized"].to_list() == [code] * 4


@given(VINS)
def test_letters_for_digits_are_repaired_and_the_repaired_passes_its_check(code: str) -> None:
    written = code.replace("0", "O").replace("1", "I")
    row = vins.clean(pl.Series([written]), as_of=AS_OF).row(0, named=True)
    assert (row["normalized"], row["check_ok"]) == (code, True)
    assert row["status"] == ("valid" if written == code else "repaired")


@given(st.text(alphabet=ALPHABET + "IOQ", min_size=17, max_size=17))
def test_repaired_vins_pass_their_own_check(written: str) -> None:
    row = vins.clean(pl.Series([written]), as_of=AS_OF).row(0, named=True)
    if row["status"] == "repaired":
        assert with_check_digit(row["normalized"]) == row["normalized"]
    if row["status"] == "invalid" and row["reason"] == "check_digit":
        assert written[0] in "LH"  # the regions of China


@given(VINS)
def test_the_model_year_is_the_newest_that_can_be(code: str) -> None:
    year = vins.clean(pl.Series([code]), as_of=AS_OF)["model_year"][0]
    assert (year is None) == (code[9] in "U0Z")
    assert year is None or 1997 < year <= 2027


@given(PLATES, st.sampled_from(("{0}{1}{2}", "{0}{1}·{2}", "{0} {1}-{2}", " {0}{1} {2} ", "车牌:{0}{1}{2}", "{0}{1}•{2}")))
def test_a_valid_plate_survives_every_formatting(plate: str, form: str) -> None:
    written = form.format(plate[0], plate[1], plate[2:])
    found = plates.clean(pl.Series([written, written.lower()]))
    assert found["normalized"].to_list() == [plate, plate]
    assert found["status"].to_list() == ["valid", "valid"]
    assert found["province"].to_list() == [plates.PROVINCES[plate[0]]] * 2


@given(PLATES)
def test_the_province_may_be_spelled_out(plate: str) -> None:
    written = [plates.PROVINCES[plate[0]] + plate[1:]]
    assert plates.clean(pl.Series(written))["normalized"].to_list() == [plate]


@given(PLATES)
def test_letters_that_no_serial_has_are_repaired(plate: str) -> None:
    written = plate[:2] + plate[2:].replace("0", "O").replace("1", "I")
    assert plates.clean(pl.Series([written]))["normalized"][0] == plate


@given(st.lists(st.one_of(st.none(), st.text(max_size=25)), max_size=20))
def test_any_text_gives_an_answer_and_cleaning_again_changes_nothing(values: list[str | None]) -> None:
    safe = pl.Series([value.encode("utf-8", "replace").decode() if value is not None else None for value in values], dtype=pl.String)
    cars, signs = vins.clean(safe, as_of=AS_OF), plates.clean(safe)
    assert (cars.schema, signs.schema) == (vins.SCHEMA, plates.SCHEMA)
    assert len(cars) == len(signs) == len(values)
    kept = signs["normalized"].drop_nulls()
    assert plates.clean(kept)["normalized"].to_list() == kept.to_list()


def test_every_maker_has_a_country_and_known_brands() -> None:
    table = makers.table(reference.path("wmi.csv"))
    assert table["wmi"].is_unique().all()
    assert makers.describe(table["wmi"]).null_count().row(0) == (0, 0)
    brands = table["brands"].explode(empty_as_null=True)
    assert brands.filter(~coding.brand(brands)["known"]).to_list() == []


SHAPES = st.builds(
    "{}{}{}{}{}".format, st.sampled_from("沪滬粤WA"), st.sampled_from("AZzO1I"), st.sampled_from(("", "·", "•", " ", "-", ".")),
    st.text("AaDFo0O1I2389k", max_size=6), st.sampled_from(("", "港", "学", "挂", "警", "临", "D", "f")),
)  # fmt: skip


@given(st.lists(SHAPES, min_size=1, max_size=40, unique=True))
@settings(max_examples=40)
def test_columns_of_bytes_give_what_expressions_give(cells: list[str]) -> None:
    written = pl.Series("written", cells)
    slow = plate_cells.read(written)
    slow = slow.with_columns(plate_kinds.outcomes()[slow["outcome"].to_numpy()]).with_columns(pl.col("written").cast(pl.String))
    wanted = written.to_frame().join(slow, on="written", how="left", maintain_order="left")
    found = plates.clean(written)
    assert found["normalized"].to_list() == wanted["plate"].to_list()
    assert found["type"].to_list() == wanted["type"].to_list()
    assert found["status"].to_list() == wanted["status"].to_list()
