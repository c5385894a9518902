"""Monitoring against planted drifts: each is seen at once, of the right dealer and series, and quiet nights stay quiet."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from engine.tables import ALERTS, schema
from quality_reports.messages import LANGUAGES, Language, catalogue
from quality_reports.monitoring import PAIR, RARE, WIDTH, Night, advance, by_chance, nights, signals

START = date(2026, 1, 5)
Counts = dict[tuple[str, str, str, str], int]
DEALERS = [f"D{place:02d}" for place in range(8)]


def brought(pick: np.random.Generator, day: date, dealer: int) -> Counts:
    """What a dealer of its own habits sends on a day: fewer rows on Sundays, shares with noise of their own."""
    weekend = 0.3 if day.weekday() >= 5 else 1.0
    rows = int(pick.poisson((220 + 90 * dealer) * weekend * pick.uniform(0.8, 1.2)))
    phone = int(pick.binomial(rows, 0.95))
    address = int(pick.binomial(rows, 0.7))
    return {
        ("records", "", "", "rows"): rows,
        ("records", "phone", "completeness", "filled"): phone,
        ("records", "phone", "conformity", "valid"): int(pick.binomial(phone, 0.93 - 0.01 * dealer)),
        ("records", "phone", "conformity", "form:plain"): (plain := int(pick.binomial(phone, 0.85))),
        ("records", "phone", "conformity", "form:separated"): phone - plain,
        ("records", "event_kind", "conformity", "form:3"): (usual := int(pick.binomial(rows, 0.7))),
        ("records", "event_kind", "conformity", "form:c"): rows - usual,
        ("records", "address", "completeness", "filled"): address,
        ("records", "address", "conformity", "valid"): int(pick.binomial(address, 0.8)),
        ("records", "", "uniqueness", "exact_duplicates"): int(pick.binomial(rows, 0.01)),
        ("clean_records", "name", "accuracy", "problem:name_test"): int(pick.binomial(rows, 0.004)),
    }


def history(days: int, seed: int, planted: Callable[[str, int, Counts], None] | None = None) -> tuple[pl.DataFrame, list[str]]:
    """QUALITY_HISTORY of so many nights: totals, as runs keep them."""
    pick = np.random.default_rng(seed)
    total: dict[str, Counts] = {dealer: {} for dealer in DEALERS}
    rows = []
    for night in range(days):
        day = START + timedelta(days=night)
        for place, dealer in enumerate(DEALERS):
            came = brought(pick, day, place)
            if planted is not None:
                planted(dealer, night, came)
            for key, value in came.items():
                total[dealer][key] = total[dealer].get(key, 0) + value
            rows += [
                (f"r{night:03d}", day, table, dealer, "", field, dimension, measure, float(value))
                for (table, field, dimension, measure), value in total[dealer].items()
            ]
            rows.append((f"r{night:03d}", day, "records", dealer, "", "", "", "score", 80.0))
    return pl.DataFrame(rows, schema=schema("quality_history"), orient="row"), [f"r{night:03d}" for night in range(days)]


def silent(dealer: str, night: int, came: Counts) -> None:
    if dealer == "D03" and night == 29:
        came.update(dict.fromkeys(came, 0))


def nulls(dealer: str, night: int, came: Counts) -> None:
    if dealer == "D03" and night == 29:
        for name, dimension in (("filled", "completeness"), ("valid", "conformity")):
            came["records", "phone", dimension, name] = int(came["records", "phone", dimension, name] * 0.85)


def flooded(dealer: str, night: int, came: Counts) -> None:
    if dealer == "D03" and night == 29:
        came["clean_records", "name", "accuracy", "problem:name_test"] += 80


def format_changed(dealer: str, night: int, came: Counts) -> None:
    if dealer == "D03" and night == 29:
        came["records", "phone", "conformity", "valid"] = 0


def written_otherwise(dealer: str, night: int, came: Counts) -> None:
    """As many phones as ever, all of them valid; only that a quarter of them now has the country's code."""
    if dealer == "D03" and night == 29:
        plain = came["records", "phone", "conformity", "form:plain"]
        came["records", "phone", "conformity", "form:plain"] = plain - plain // 4
        came["records", "phone", "conformity", "form:country_code"] = plain // 4


def kinds_moved(dealer: str, night: int, came: Counts) -> None:
    """Half of the kinds of services are words that were never there: another column's."""
    if dealer == "D03" and night == 29:
        usual = came["records", "event_kind", "conformity", "form:3"]
        came["records", "event_kind", "conformity", "form:3"] = usual - usual // 2
        came["records", "event_kind", "conformity", "form:8"] = usual // 2


def other_finds(dealer: str, night: int, came: Counts) -> None:
    """As many cells are as good as ever; what is wrong with the others is something else."""
    if dealer == "D03" and night == 29:
        came["clean_records", "address", "conformity", "repaired:address_traditional"] = int(0.3 * came["records", "", "", "rows"])


@pytest.mark.parametrize(
    ("planted", "series"),
    [
        (other_finds, "mix"),
        (silent, "volume"),
        (nulls, "null.phone"),
        (flooded, "junk"),
        (format_changed, "unusable.phone"),
        (written_otherwise, "form.phone"),
        (kinds_moved, "form.event_kind"),
    ],
)
def test_a_planted_drift_is_seen_the_same_night(planted: Callable[[str, int, Counts], None], series: str) -> None:
    quality, order = history(30, 7, planted)
    found = signals(nights(quality, order))
    assert ("D03", series) in set(found.select("dealer_id", "series").iter_rows())
    assert set(found["dealer_id"]) == {"D03"}


def test_quiet_nights_are_quiet() -> None:
    quality, order = history(45, 3)
    told = [signals(nights(quality, order[:until])).height for until in range(28, 46)]
    assert sum(told) <= 1


@pytest.mark.parametrize(("rows", "share", "least"), [(250, 0.02, 0.7), (300, 0.03, 0.93), (400, 0.04, 0.99)])
def test_few_nulls_that_triple_are_mostly_found_within_two_nights(rows: int, share: float, least: float) -> None:
    """The Poisson distribution lets a test that cries once in 57,000 pairs of nights find four of five of the first, 49 of 50 of the second, all of the third."""
    pick, found, cries, trials = np.random.default_rng(5), 0, 0, 200
    for _ in range(trials):
        shares = 100 * pick.binomial(rows, np.repeat([share, 3 * share], [30, 2])) / rows
        each = [
            Night(START + timedelta(days=place), float(rows), {"null.phone": (float(value), float(rows))}, {})
            for place, value in enumerate(shares)
        ]
        alarms = [signals({"D1": each[:night]})["series"].to_list() for night in (29, 30, 31, 32)]
        cries += any("null.phone" in series for series in alarms[:2])
        found += any("null.phone" in series for series in alarms[2:])
    assert cries <= 1
    assert found >= least * trials


@pytest.mark.parametrize("share", [0.02, 0.04, 0.2])
def test_what_an_alert_says_is_outside_of_what_it_calls_usual(share: float) -> None:
    """Also where two nights in a row are unusual together and the latest by itself is not."""
    pick = np.random.default_rng(11)
    found = []
    for _ in range(40):
        shares = [*pick.binomial(400, share, 20), *pick.binomial(400, 2.2 * share, 2)]
        brought = [
            Night(START + timedelta(days=place), 400.0, {"null.phone": (100 * n / 400, 400.0)}, {}) for place, n in enumerate(shares)
        ]
        found.append(signals({"D01": brought}).filter(pl.col("series") != "volume"))
    told = pl.concat(found)
    assert told.height >= 10
    assert told.filter(pl.col("value").is_between("low", "high")).is_empty()
    assert told.filter((pl.col("low") < 0) | (pl.col("high") > 100)).is_empty()


@given(part=st.floats(0.01, 0.99), centre=st.floats(0, 1), cases=st.integers(30, 2000))
def test_chance_exceeds_no_limit_more_often_than_it_may(part: float, centre: float, cases: int) -> None:
    """Summed up over all counts of the binomial distribution, of one night and of two together."""
    centre = min(centre, part)
    deviation = float(by_chance(part, np.array([float(cases)]), centre=centre)[0])
    for nights_together, width in ((1, WIDTH), (2, PAIR / math.sqrt(2))):
        most = math.floor((centre + width * deviation) * nights_together * cases + 1e-6)
        assert float(binom.sf(most, nights_together * cases, part)) <= RARE * (1 + 1e-6)


def test_a_few_cases_now_and_then_are_no_drift() -> None:
    """Half of a hundred wrong in fifty cells a night: most nights none, some two; six normal deviations of that are one cell too few."""
    pick, told = np.random.default_rng(11), 0
    for _ in range(60):
        shares = 100 * pick.binomial(51, 0.01, 60) / 51
        each = [
            Night(START + timedelta(days=place), 51.0, {"unusable.id_number": (float(value), 51.0)}, {})
            for place, value in enumerate(shares)
        ]
        told += sum(signals({"D1": each[:night]}).height for night in range(29, 61))
    assert told <= 1


def test_what_stands_in_all_records_of_a_row_is_judged_by_rows() -> None:
    """Three people a row: the same mix of models is a third as sure, and that of phones is as sure as ever."""
    usual, last = {"form:words": 100.0, "form:digits": 100.0}, {"form:words": 40.0, "form:digits": 160.0}
    for once, told in ((1.0, ["form.model", "form.phone"]), (0.3, ["form.phone"])):
        mixes = [{"form.model": mix, "form.phone": mix} for mix in (*[usual] * 20, last)]
        each = [Night(START + timedelta(days=place), 200.0, {}, mix, once) for place, mix in enumerate(mixes)]
        assert signals({"D1": each})["series"].sort().to_list() == told


def test_a_mix_that_always_moves_needs_to_move_further() -> None:
    """Nights of 400 models, a tenth to nine tenths of them words, are no drift of a dealer that always sent such nights."""
    pick = np.random.default_rng(3)
    for even, told in ((True, 20), (False, 0)):
        shares = [0.5 if even else pick.uniform(0.1, 0.9) for _ in range(28)]
        alarms = 0
        for last in pick.uniform(0.8, 0.9, 20):
            mixes = [{"form.model": {"form:words": 400 * share, "form:digits": 400 * (1 - share)}} for share in (*shares, last)]
            each = [Night(START + timedelta(days=place), 400.0, {}, mix) for place, mix in enumerate(mixes)]
            alarms += signals({"D1": each}).height
        assert alarms == told


def test_a_form_that_was_not_counted_before_is_no_drift() -> None:
    """A version that counts forms finds those of all records at once; what one night brought is known from the next on."""
    quality, order = history(40, 3)
    uncounted = pl.col("measure").str.starts_with("form:") & pl.col("run_id").is_in(order[:25])
    told = [signals(nights(quality.filter(~uncounted), order[:until])) for until in range(26, 41)]
    assert not [series for each in told for series in each["series"] if series == "form.phone"]


def test_a_silent_night_is_seen_however_volumes_move() -> None:
    """Volumes that go up and down by a fifth leave a limit six deviations below their median only on the scale of roots."""
    pick = np.random.default_rng(5)
    for _ in range(30):
        volumes = [*pick.poisson(300 * pick.gamma(25, 1 / 25, 28)), 0]
        each = [Night(START + timedelta(days=7 * place), float(rows), {}, {}) for place, rows in enumerate(volumes)]
        assert signals({"D1": each}).select("series", "severity").rows() == [("volume", "critical")]
        assert signals({"D1": each[:-1]}).is_empty()


def test_days_that_can_be_read_in_two_ways_are_no_drift() -> None:
    """Half of a month's days: 5/3/2023 is ambiguous, 25/3/2023 is not."""

    def planted(_dealer: str, night: int, came: Counts) -> None:
        rows, twofold = came["records", "", "", "rows"], (START + timedelta(days=night)).day <= 12
        came["records", "event_date", "completeness", "filled"] = rows
        came["records", "event_date", "conformity", "valid"] = 0 if twofold else rows
        came["clean_records", "event_date", "accuracy", "problem:date_ambiguous"] = rows if twofold else 0

    quality, order = history(45, 3, planted)
    assert sum(signals(nights(quality, order[:until])).height for until in range(28, 46)) <= 1


def test_an_alert_comes_once_and_ends() -> None:
    quality, order = history(32, 7, format_changed)
    state: pl.DataFrame | None = None
    for until in range(28, 33):
        day = START + timedelta(days=until - 1)
        found = signals(nights(quality, order[:until]))
        state = advance(state, found, run_id=order[until - 1], as_of=day)
        assert advance(state, found, run_id=order[until - 1], as_of=day).equals(state)
    assert state is not None
    assert dict(state.schema) == ALERTS.schema
    assert state.select("dealer_id", "series", "severity", "opened", "ended").rows() == [
        ("D03", "unusable.phone", "critical", START + timedelta(days=29), START + timedelta(days=30))
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_series_has_a_name(lang: Language) -> None:
    quality, order = history(3, 1)
    last = nights(quality, order)["D03"][-1]
    assert [name for name in ("volume", *last.mixes, *last.series) if f"watch.{name.partition('.')[0]}" not in catalogue(lang)] == []


def test_too_little_is_known_at_first() -> None:
    quality, order = history(6, 1, format_changed)
    assert signals(nights(quality, order)).is_empty()
    assert nights(quality, order[:1]) == {}
