"""The one table of errors: how often each is made at each level, and why that often.

``docs/generator.md`` shows the same table (a test holds both together). A rate is the share of the cells (records, rows)
that could have the error; ``of`` says which. Each dealer multiplies each rate by a habit of its own, whose mean over all dealers is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from generator.arrays import Flags, Ints, Rng
from generator.cells import Cells

Change = Callable[[pl.Series, Ints], pl.Series]
"""What an error does to the cells it strikes, given with their positions."""

Way = tuple[str, Flags, Change]
"""An error, which cells could have it, and what it does."""

CRM_HABIT = 0.3
"""How often the maker's CRM has an error, beside the mean of the dealers."""

LEVELS = ("low", "typical", "high")


@dataclass(frozen=True)
class Error:
    """One kind of error: its name, the field it strikes, its rate at each level, what the rate is of, and why."""

    name: str
    field: str
    low: float
    typical: float
    high: float
    of: str
    reason: str

    def rate(self, level: str) -> float:
        """Share at ``level`` (low, typical, high)."""
        return float(getattr(self, level))


ERRORS: tuple[Error, ...] = (
    Error("name_homophone", "name", 0.008, 0.020, 0.06, "names of people", "typed by ear: 王伟, 王玮; call centres and counters write what they hear, not what the id card says"),
    Error("name_typo", "name", 0.003, 0.008, 0.02, "names of people", "another character was chosen from the input method's list"),
    Error("name_traditional", "name", 0.004, 0.012, 0.03, "names with a character that differs", "customers from Hong Kong, Macau, Taiwan and older staff write traditional characters"),
    Error("name_title_only", "name", 0.010, 0.030, 0.07, "names of people beside a phone", "王先生: leads and calls before anybody asked for the given name"),
    Error("name_with_title", "name", 0.008, 0.025, 0.06, "names of people", "王伟先生, 李娜女士: courtesy written into the cell"),
    Error("name_with_role", "name", 0.003, 0.010, 0.03, "names", "王伟(车主): a system without a column for the role"),
    Error("name_with_phone", "name", 0.002, 0.008, 0.02, "names beside a mobile", "name and phone in one cell, the phone's cell empty: pasted from a chat"),
    Error("name_spaces", "name", 0.004, 0.012, 0.03, "names of people", "王　伟: padded to the width of three characters, as on forms"),
    Error("name_swapped", "name", 0.001, 0.003, 0.008, "names of people", "given name first, as foreign systems print it"),
    Error("name_latin", "name", 0.001, 0.004, 0.010, "names of people", "pinyin instead of characters: a card terminal or an English form"),
    Error("name_placeholder", "name", 0.003, 0.010, 0.03, "names beside a phone", "无, 不详, 先生: the field is mandatory and the clerk is in a hurry"),
    Error("name_same_as_owner", "name", 0.008, 0.020, 0.06, "people who are the row's main person again", "本人, 同上 instead of the name typed twice"),
    Error("company_short", "name", 0.05, 0.12, 0.22, "names of companies", "without the legal form or the town: 鸿达商贸"),
    Error("phone_missing", "phone", 0.012, 0.035, 0.08, "phones of the main person with an address or car beside", "not given, or not asked"),
    Error("phone_digit", "phone", 0.004, 0.012, 0.03, "mobiles", "one digit wrong: typing errors are about one in a thousand digits"),
    Error("phone_cut", "phone", 0.001, 0.003, 0.010, "mobiles", "one digit lost"),
    Error("phone_separators", "phone", 0.03, 0.08, 0.15, "mobiles", "138-1234-5678 or 138 1234 5678: read aloud in groups"),
    Error("phone_prefix", "phone", 0.010, 0.03, 0.07, "mobiles", "+86, 86, 0086 or a leading 0: pasted from a phone's call list"),
    Error("phone_fullwidth", "phone", 0.003, 0.010, 0.03, "mobiles", "the input method stood on full width"),
    Error("phone_scientific", "phone", 0.006, 0.02, 0.05, "mobiles in text files that went through a spreadsheet", "1.38E+10: the number was shown in a narrow column and saved as shown"),
    Error("phone_decimal", "phone", 0.003, 0.010, 0.03, "mobiles in text files that went through a spreadsheet", "13812345678.0: a number column exported by a script"),
    Error("phone_two", "phone", 0.008, 0.025, 0.06, "mobiles of people with a second number", "two phones in one cell, with /, ; or 、 between"),
    Error("phone_placeholder", "phone", 0.005, 0.015, 0.04, "phones of the main person with an address or car beside", "13800138000, 11111111111, 无: the field is mandatory"),
    Error("phone_of_dealer", "phone", 0.002, 0.006, 0.015, "phones of the main person with an address or car beside", "the salesperson's own number, to keep the customer"),
    Error("phone_of_relative", "phone", 0.006, 0.018, 0.04, "phones of people with a relative", "the partner's or the parents' number"),
    Error("phone_no_area_code", "phone", 0.06, 0.15, 0.30, "landlines", "local staff leave the area code out"),
    Error("id_missing", "id_number", 0.05, 0.15, 0.30, "id numbers", "not every customer shows it"),
    Error("id_spreadsheet", "id_number", 0.02, 0.06, 0.15, "ids in text files that went through a spreadsheet", "cut to 15 significant digits: 440301198807150000"),
    Error("id_scientific", "id_number", 0.008, 0.02, 0.05, "ids in text files that went through a spreadsheet", "4.40301E+17: as before, shown narrow"),
    Error("id_digit", "id_number", 0.004, 0.012, 0.03, "id numbers", "one digit wrong, the check digit tells"),
    Error("id_lower_x", "id_number", 0.10, 0.25, 0.40, "ids that end in X", "a small x is easier to type"),
    Error("id_15_digits", "id_number", 0.004, 0.010, 0.02, "ids of people born before 2000", "copied from a first-generation card (before 2004)"),
    Error("id_masked", "id_number", 0.004, 0.012, 0.03, "id numbers", "3101**********2412: masked by the system it came from"),
    Error("id_placeholder", "id_number", 0.003, 0.010, 0.03, "id numbers", "111111111111111111, 无: the field is mandatory"),
    Error("address_missing", "address", 0.03, 0.08, 0.18, "addresses", "not asked"),
    Error("address_no_province", "address", 0.10, 0.28, 0.40, "addresses in one cell", "everybody at the dealer's knows the province"),
    Error("address_no_city", "address", 0.03, 0.09, 0.18, "addresses in one cell without a province", "and the city"),
    Error("address_no_suffix", "address", 0.02, 0.06, 0.12, "addresses in one cell", "江苏苏州吴江: the words 省, 市 left out"),
    Error("address_former", "address", 0.05, 0.15, 0.25, "addresses where a district or city was renamed", "闸北区, 襄樊市: old customers keep the old name"),
    Error("address_style", "address", 0.20, 0.40, 0.55, "addresses", "the same home written another way: without the road, 5-2-301, only up to the building"),
    Error("address_reordered", "address", 0.004, 0.012, 0.03, "addresses in one cell", "from small to large, as in English"),
    Error("address_typo", "address", 0.008, 0.025, 0.06, "addresses", "one character wrong or lost"),
    Error("address_traditional", "address", 0.002, 0.006, 0.015, "addresses", "see name_traditional"),
    Error("address_junk", "address", 0.006, 0.018, 0.05, "addresses", "同上, 无, 本市, 123: the field is mandatory"),
    Error("vin_missing", "vin", 0.03, 0.08, 0.18, "VINs", "not read from the car"),
    Error("vin_o_i", "vin", 0.008, 0.025, 0.06, "VINs with a 0 or 1", "letters O and I, which no VIN has, for 0 and 1"),
    Error("vin_digit", "vin", 0.004, 0.012, 0.03, "VINs", "one character wrong, the check digit tells"),
    Error("vin_cut", "vin", 0.010, 0.03, 0.07, "VINs", "only the last eight characters, as workshops speak of cars"),
    Error("vin_lower", "vin", 0.010, 0.03, 0.06, "VINs", "small letters"),
    Error("vin_spaces", "vin", 0.004, 0.012, 0.03, "VINs", "LSVKH1AC 7 FA424243: in groups, as stamped"),
    Error("vin_placeholder", "vin", 0.002, 0.006, 0.02, "VINs", "00000000000000000: the field is mandatory"),
    Error("plate_missing", "plate", 0.02, 0.06, 0.12, "plates", "new car, or not noted"),
    Error("plate_no_province", "plate", 0.008, 0.025, 0.06, "plates", "A12345: everybody at the dealer's knows the province"),
    Error("plate_dot", "plate", 0.02, 0.06, 0.12, "plates", "沪A·12345 or 沪A-12345: as on the plate itself"),
    Error("plate_lower", "plate", 0.008, 0.025, 0.06, "plates", "small letters"),
    Error("plate_wrong", "plate", 0.003, 0.010, 0.025, "plates", "one character wrong: there is no check digit"),
    Error("plate_placeholder", "plate", 0.008, 0.025, 0.05, "plates", "无牌, 未上牌, 临牌: the car is new"),
    Error("email_wrong", "email", 0.02, 0.05, 0.12, "e-mails", "@ left out, a comma for a dot, 无"),
    Error("date_wrong", "date", 0.001, 0.004, 0.010, "event dates", "1900-01-00, a year in the future, 不详"),
    Error("amount_text", "amount", 0.008, 0.02, 0.05, "amounts", "12,800元, ￥12800: typed as text"),
    Error("junk", "remark", 0.004, 0.012, 0.03, "cells for remarks", "asdf, ???, 。。。: something to satisfy the form"),
    Error("mojibake", "name", 0.001, 0.003, 0.010, "names beside a phone", "UTF-8 read as GBK somewhere on the way"),
    Error("formula", "remark", 0.0005, 0.002, 0.006, "cells for remarks", "=cmd|… or =1+1: a cell that a spreadsheet would run"),
    Error("empty_row", "row", 0.001, 0.004, 0.010, "rows", "blank lines between blocks that were pasted together"),
    Error("row_twice", "row", 0.003, 0.010, 0.025, "rows", "the same row exported or pasted twice"),
    Error("test_record", "row", 0.0006, 0.002, 0.006, "rows", "测试, test: the system's installation and every training leave some"),
)  # fmt: skip


@cache
def error_table() -> dict[str, Error]:
    """Errors by name."""
    return {error.name: error for error in ERRORS}


def markdown_table() -> str:
    """The table as it stands in docs/generator.md."""
    head = "| error | field | low | typical | high | of | why |\n| --- | --- | --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {e.name} | {e.field} | {e.low:.2%} | {e.typical:.2%} | {e.high:.2%} | {e.of} | {e.reason.replace('|', chr(0x5C) + '|')} |\n"
        for e in ERRORS
    )


def habits(rng: Rng, dealers: int) -> npt.NDArray[np.float32]:
    """How much more or less than others each dealer makes each error (dealers x errors); each column's mean is one.

    After the dealers comes the maker's CRM, where data are looked after.
    """
    factor = rng.gamma(2.0, 0.5, (dealers, len(ERRORS)))
    return np.vstack([factor / factor.mean(axis=0), np.full(len(ERRORS), CRM_HABIT)]).astype(np.float32)


@dataclass
class Breaker:
    """Breaks cells at the documented rates, and remembers what it broke.

    One breaker serves one chunk of records: ``dealer`` is the dealer's number of each element; ``log`` collects the error's number
    and the positions struck, ``expected`` the number that the table promises. ``where``: the positions of these elements among all.
    """

    rng: Rng
    level: str
    habits: npt.NDArray[np.float32]
    dealer: Ints
    log: list[tuple[int, Ints]] = field(default_factory=list)
    expected: dict[str, float] = field(default_factory=dict)
    where: Ints | None = None

    def among(self, where: Ints) -> Breaker:
        """A breaker of some of the elements, which writes into the same log."""
        return replace(self, dealer=self.dealer[where], where=where)

    def __post_init__(self) -> None:
        """Finds the stretches of elements of one dealer."""
        self._starts = np.flatnonzero(np.r_[True, self.dealer[1:] != self.dealer[:-1]]) if self.dealer.size else np.zeros(0, dtype=np.int64)

    def hit(self, name: str, eligible: Flags) -> Ints:
        """Positions among the eligible that the error strikes.

        Candidates are drawn at the highest dealer's rate, by the gaps between them, and kept by their own dealer's: the work is that
        of the errors made, not that of the cells looked at.
        """
        number = _number(name)
        share = np.minimum(ERRORS[number].rate(self.level) * self.habits[:, number], 1.0)
        of_block = share[self.dealer[self._starts]]
        counts = np.add.reduceat(eligible, self._starts, dtype=np.int64) if self._starts.size else np.zeros(0, dtype=np.int64)
        self.expected[name] = self.expected.get(name, 0.0) + float(of_block @ counts)
        top = float(of_block[counts > 0].max(initial=0.0))
        candidates = _bernoulli(self.rng, top, self.dealer.size)
        candidates = candidates[eligible[candidates]]
        struck: Ints = candidates[self.rng.random(candidates.size) * top < share[self.dealer[candidates]]]
        self.log.append((number, struck if self.where is None else self.where[struck]))
        return struck

    def strike(self, cells: Cells, name: str, eligible: Flags, change: Change) -> Ints:
        """Makes the error in some of the eligible cells that hold something; returns where."""
        where = self.hit(name, eligible & cells.filled)
        if where.size:
            cells.put(where, change(cells.at(where), where))
        return where

    def strike_once(self, cells: Cells, free: Flags, ways: Sequence[Way]) -> Flags:
        """Makes errors one after the other, each cell at most one of them; returns which of the ``free`` cells stayed untouched."""
        free = free.copy()
        for name, eligible, change in ways:
            free[self.strike(cells, name, eligible & free, change)] = False
        return free

    def one_of(self, words: Sequence[str], where: Ints) -> pl.Series:
        """A word drawn for each position."""
        return pl.Series(words, dtype=pl.String).gather(pl.Series(self.rng.integers(0, len(words), where.size)))


def _bernoulli(rng: Rng, share: float, size: int) -> Ints:
    """Positions below ``size``, each drawn with probability ``share``, from the gaps between them."""
    if not share:
        return np.zeros(0, dtype=np.int64)
    expected = size * share
    positions = np.cumsum(rng.geometric(share, int(expected + 5 * expected**0.5) + 10)) - 1
    while positions[-1] < size:
        positions = np.r_[positions, positions[-1] + np.cumsum(rng.geometric(share, positions.size))]
    drawn: Ints = positions[: np.searchsorted(positions, size)]
    return drawn


@cache
def _numbers() -> dict[str, int]:
    return {error.name: number for number, error in enumerate(ERRORS)}


def _number(name: str) -> int:
    return _numbers()[name]
