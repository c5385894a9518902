"""Headers: from the names above a table to the contract that reads it, and each column's role and field.

A word for a field without a role belongs to the main role, unless it stands behind another role's name and the main role
has that field already (车主, 电话, 送修人, 电话), or says 联系电话 beside 联系人. What each word means is told by
:mod:`pipelines.ingest.words`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, zip_longest
from typing import Final

from pipelines.ingest import scales, units
from pipelines.ingest.contracts import PARTY_FIELDS, Contract, Contracts
from pipelines.ingest.reasons import RefusedError
from pipelines.ingest.words import AllWords, Words, all_words, normalize, spellings

Row = Sequence[str | None]
HEADER_SEARCH_ROWS: Final = 50
"""A header stands within the first so many rows."""

_CONTACTISH = ("联系", "联络", "contact")
_SURE_HEADERS: Final = 5
_KEY_SCORE, _MARK_SCORE, _ROLE_SCORE, _NAME_SCORE = 8, 4, 2, 4


@dataclass(frozen=True)
class Column:
    """One column of a table: position, header as written, and whose field it is.

    ``field`` is a field of the contract, ``key``, ``ordinal``, ``known`` (some contract speaks of it, nothing reads it),
    ``extra`` (no contract knows it) or ``unnamed`` (no header); the values of the last three are kept as they are. ``role`` is "" for what belongs to the row.
    ``scale`` is the highest points that the header of a rating says, 0 where it says none (:mod:`pipelines.ingest.scales`); ``unit`` what it says that
    numbers are counted in, "" where it says none (:mod:`pipelines.ingest.units`).
    """

    index: int
    header: str
    role: str
    field: str
    rank: int
    scale: int = 0
    unit: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """How a table is read: by which contract, from which header rows (0-based, ``first`` to ``last``), with which columns.

    Tables with the same header in the same rows share one layout, which is how tables that may be read together are found;
    so layouts are compared by identity.
    """

    contract: Contract
    columns: tuple[Column, ...]
    width: int
    first: int
    last: int
    headers: tuple[tuple[str | None, ...], ...]
    duplicates: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headers that no word matches, as written."""
        return tuple(column.header for column in self.columns if column.field == "extra")

    def of(self, role: str, field: str) -> tuple[Column, ...]:
        """Columns that hold ``field`` of ``role`` ("" for the row), the best first."""
        return tuple(sorted((c for c in self.columns if (c.role, c.field) == (role, field)), key=lambda c: (c.rank, c.index)))


def find_layout(rows: Iterable[Row], contracts: Contracts, hints: Sequence[str]) -> tuple[Layout, int]:
    """The layout of a table from its first rows, with its score.

    Args:
        rows: the table's rows from its first, blank ones included; no more are taken than needed.
        contracts: what is known.
        hints: file and sheet name, as written.

    Raises:
        RefusedError: no_header, no_contract or ambiguous_contract.
    """
    known = all_words(contracts)
    coming = iter(rows)
    held: list[Row] = []
    best: tuple[int, int, int, tuple[Row, ...]] | None = None
    for place in range(HEADER_SEARCH_ROWS):
        held += islice(coming, place + 2 - len(held))
        if place >= len(held):
            break
        for lines in ((held[place],), tuple(held[place : place + 2])):
            columns = [choices for choices in _choices(lines) if choices]
            least = 1 if best is None else best[0] + (len(lines) >= best[2])
            recognized = _recognized(columns, known, least)
            if recognized >= least and (recognized > 1 or len(columns) <= 2):
                best = (recognized, place, len(lines), lines)
        if best is not None and best[0] >= _SURE_HEADERS and place > best[1]:
            break
    if best is None:
        message = f"none of the first {min(len(held), HEADER_SEARCH_ROWS)} rows names columns of a contract"
        raise RefusedError("no_header", message)
    _, first, height, lines = best
    return _layout_of(tuple(map(tuple, lines)), first, first + height - 1, contracts, known.names_in(hints))


def _recognized(columns: Sequence[Sequence[str]], known: AllWords, least: int) -> int:
    """How many of ``columns`` have a known header; counted no further than needed to say that it is less than ``least``."""
    count = 0
    for left, choices in zip(range(len(columns), 0, -1), columns, strict=True):
        if count + left < least:
            return 0
        count += any(known.know(choice) for choice in reversed(choices))
    return count


@lru_cache(maxsize=256)
def _layout_of(
    lines: tuple[tuple[str | None, ...], ...], first: int, last: int, contracts: Contracts, hinted: tuple[str, ...]
) -> tuple[Layout, int]:
    """The layout with its score for these header rows: the same object for the same rows, as a dealer's files repeat them."""
    known = all_words(contracts)
    return _classify(_joined(lines, known), lines, first, last, known, hinted)


def _classify(
    headers: Sequence[str | None],
    lines: tuple[tuple[str | None, ...], ...],
    first: int,
    last: int,
    known: AllWords,
    hinted: Collection[str],
) -> tuple[Layout, int]:
    spelled = [spellings(header) for header in headers if header]
    fitting: list[tuple[int, Words, tuple[Column, ...]]] = []
    for words in known.by_source:
        columns = _assign(headers, words, known.mention)
        present = {column.field for column in columns}
        if words.contract.distinct and "key" not in present and not _told(words, spelled, hinted):
            continue
        if all(present.intersection(group) for group in words.contract.requires):
            fitting.append((_score(words, columns, spelled, hinted), words, columns))
    if not fitting:
        count = sum(1 for header in headers if header)
        message = f"row {last + 1} has {count} headers, but no contract's required columns are among them"
        raise RefusedError("no_contract", message)
    fitting.sort(key=lambda fit: -fit[0])
    if len(fitting) > 1 and fitting[0][0] == fitting[1][0]:
        message = f"{fitting[0][1].contract.source} and {fitting[1][1].contract.source} fit with the same score {fitting[0][0]}"
        raise RefusedError("ambiguous_contract", message)
    score, words, columns = fitting[0]
    seen: set[str] = set()
    repeated = tuple(dict.fromkeys(h for h in headers if h and (normalize(h) in seen or seen.add(normalize(h)))))  # type: ignore[func-returns-value]  # add returns None: false
    return Layout(words.contract, columns, len(headers), first, last, lines, repeated), score


def _told(words: Words, spelled: Iterable[tuple[str, ...]], hinted: Collection[str]) -> bool:
    """Whether a telling header or the file's or sheet's name speaks for a source."""
    return any(not words.marks.isdisjoint(forms) for forms in spelled) or any(name in hinted for name in words.names)


def _score(words: Words, columns: Sequence[Column], spelled: Iterable[tuple[str, ...]], hinted: Collection[str]) -> int:
    """How well a table fits: key, telling headers, roles, known columns, and the file's or sheet's name."""
    known = [column for column in columns if column.field not in {"extra", "known", "ordinal", "unnamed"}]
    points = len({(column.role, column.field) for column in known})
    points += _KEY_SCORE * any(column.field == "key" for column in known)
    points += _MARK_SCORE * sum(not words.marks.isdisjoint(forms) for forms in spelled)
    points += _ROLE_SCORE * len({column.role for column in known} - {"", words.contract.main})
    matching = [len(word) for word in words.names if word in hinted]
    return points + (_NAME_SCORE + min(max(matching), 8) if matching else 0)


def _joined(lines: Sequence[Row], known: AllWords) -> list[str | None]:
    """One header a column: the first known of its choices, else the last."""
    return [next((choice for choice in choices if known.know(choice)), choices[-1]) if choices else None for choices in _choices(lines)]


def _choices(lines: Sequence[Row]) -> list[list[str]]:
    """What each column may be called: of a merged two-line header (车主 above 姓名 and 电话) both lines, the lower, the upper."""
    if len(lines) == 1:
        return [[name] if (name := _blank_to_none(cell)) else [] for cell in lines[0]]
    choices: list[list[str]] = []
    group: str | None = None
    for above, below in zip_longest(*(map(_blank_to_none, line) for line in lines)):
        group = above if above is not None else (group if below is not None else None)
        both = f"{group}{below}" if group and below else None
        choices.append([name for name in (both, below, above) if name])
    return choices


def _blank_to_none(cell: str | None) -> str | None:
    return cell.strip() or None if cell is not None else None


def _assign(headers: Sequence[str | None], words: Words, mentioned: Callable[[str], bool]) -> tuple[Column, ...]:
    """Each named column's role and field in one contract."""
    main = words.contract.main
    meanings = [words.meaning(header) if header else None for header in headers]
    taken = {(meaning.role, meaning.field) for meaning in meanings if meaning is not None and meaning.role}
    named_roles = {role for role, field in taken if field == "name"}
    bare_phones = sum(meaning is not None and (meaning.role, meaning.field) == ("", "phone") for meaning in meanings)
    columns: list[Column] = []
    left = main
    for index, (header, meaning) in enumerate(zip(headers, meanings, strict=True)):
        if header is None:
            columns.append(Column(index, f"#{index + 1}", "", "unnamed", 0))
            continue
        if meaning is None:
            columns.append(Column(index, header, "", "known" if mentioned(header) else "extra", 0))
            continue
        roles: tuple[str, ...] = (meaning.role,)
        if not meaning.role and meaning.field in PARTY_FIELDS:
            contact = (
                meaning.field == "phone"
                and "contact" in named_roles
                and ("contact", "phone") not in taken
                and normalize(header).startswith(_CONTACTISH)
            )
            if contact:
                alone = (main, "phone") not in taken and bare_phones == 1
                roles = (main, "contact") if alone and main != "contact" else ("contact",)
            elif left != main and (main, meaning.field) in taken and (left, meaning.field) not in taken and meaning.field != "name":
                roles = (left,)
            else:
                roles = (main,)
        if meaning.field == "name":
            left = roles[0]
        taken.update((role, meaning.field) for role in roles)
        scale = scales.stated(header, words.asked) if meaning.field == "satisfaction" else 0
        columns += [Column(index, header, role, meaning.field, meaning.rank, scale, units.stated(header, meaning.field)) for role in roles]
    return tuple(columns)
