"""Headers: from the names above a table to the contract that reads it, and each column's role and field.

A header is compared as :func:`normalize` leaves it. It is, in this order: the contract's key, one of its own words for a
field, a shared word for a field, a role's word with a field's word (``车主手机``, ``手机(车主)``, ``owner phone``), a role's word
alone (its name), or unknown. A word for a field without a role belongs to the main role, unless it stands behind another
role's name and the main role has that field already (车主, 电话, 送修人, 电话), or says 联系电话 beside 联系人.

>>> normalize("聯絡 電話（必填）*")
'联络电话必填'
>>> sorted(spellings("手机号码2（车主）"))
['手机号码', '手机号码2', '手机号码2车主']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, zip_longest
from typing import Final

from pipelines.ingest.contracts import PARTY_FIELDS, Contract, Contracts
from pipelines.ingest.reasons import RefusedError

Row = Sequence[str | None]
HEADER_SEARCH_ROWS: Final = 50
"""A header stands within the first so many rows."""

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>|\{[^{}]*\}")
_NOT_WORD = re.compile(r"[\W_]+")
_TRAILING_NUMBER = re.compile(r"(?<=\D)[0-9]{1,2}$|(?<=.)[一二三四五六]$")
_CONTACTISH = ("联系", "联络", "contact")
_LONGEST_HEADER: Final = 60
_REMEMBERED: Final = 50_000
_SURE_HEADERS: Final = 5
_DIGITS = re.compile("[0-9]")
_DIGITS_OF_DATA: Final = 5
_KEY_SCORE, _MARK_SCORE, _ROLE_SCORE, _NAME_SCORE = 8, 4, 2, 4


@cache
def _simplify() -> Callable[[str], str]:
    import opencc  # noqa: PLC0415 - its dictionaries load only where a header is read

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


@lru_cache(maxsize=65_536)
def normalize(text: str) -> str:
    """``text`` in compatibility form, simplified, case-folded, letters and digits only."""
    return _NOT_WORD.sub("", _simplify()(unicodedata.normalize("NFKC", text).replace("#", "no")).casefold())


@lru_cache(maxsize=65_536)
def spellings(header: str) -> tuple[str, ...]:
    """What ``header`` may be looked up as, the fullest first: whole, without brackets, without a trailing number."""
    whole = normalize(header)
    bare = normalize(_BRACKETS.sub("", unicodedata.normalize("NFKC", header)))
    found = dict.fromkeys((whole, bare, _TRAILING_NUMBER.sub("", bare), _TRAILING_NUMBER.sub("", whole)))
    return tuple(spelling for spelling in found if spelling)


@dataclass(frozen=True)
class Meaning:
    """What a header means in a contract: role ("" where it names none), field, and its place among words for that field."""

    role: str
    field: str
    rank: int


@dataclass(frozen=True)
class Column:
    """One column of a table: position, header as written, and whose field it is.

    ``field`` is a field of the contract, ``key``, ``ordinal``, ``known`` (some contract speaks of it, nothing reads it),
    ``extra`` (no contract knows it) or ``unnamed`` (no header); the values of the last three are kept as they are. ``role`` is "" for what belongs to the row.
    """

    index: int
    header: str
    role: str
    field: str
    rank: int


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


class Words:
    """A contract's words, normalized and indexed, with the vocabulary behind them."""

    def __init__(self, contract: Contract, contracts: Contracts) -> None:
        vocabulary = contracts.vocabulary
        self.contract = contract
        self.marks = _normalized(contract.marks)
        self.names = _normalized(contract.names)
        self._exact: dict[str, Meaning] = {word: Meaning("", "ordinal", 0) for word in _normalized(vocabulary.ordinal)}
        shared: dict[str, Meaning] = {}
        for field, words in vocabulary.fields.items():
            shared.update({word: Meaning("", field, 1000 + rank) for rank, word in enumerate(_normalized(words))})
        own: dict[str, Meaning] = {}
        for field, words in contract.fields.items():
            own.update({word: Meaning("", field, rank) for rank, word in enumerate(_normalized(words))})
        key = {word: Meaning("", "key", rank) for rank, word in enumerate(_normalized(contract.key))}
        self._fields = shared | own
        self._exact |= shared | own | key
        self._other = frozenset(_normalized(vocabulary.other))
        # a role this source does not know is its main one under another name
        roles: dict[str, str] = {
            word: contract.main for name, words in vocabulary.roles.items() for word in _normalized(words) if name not in contract.roles
        }
        for name in contract.roles:
            roles.update(dict.fromkeys(_normalized(vocabulary.roles.get(name, ())), name))
        for name, role in contract.roles.items():
            roles.update(dict.fromkeys(_normalized(role.words), name))
        self._roles = roles
        self._role_lengths = sorted({len(word) for word in roles}, reverse=True)

        self.exact, self.roles, self.fields = frozenset(self._exact), frozenset(self._roles), frozenset(self._fields)
        self._meanings: dict[str, Meaning | None] = {}

    def meaning(self, header: str) -> Meaning | None:
        """What ``header`` means here; None where no word matches."""
        if header not in self._meanings:
            if len(self._meanings) > _REMEMBERED:
                self._meanings.clear()
            self._meanings[header] = self._find(header)
        return self._meanings[header]

    def _find(self, header: str) -> Meaning | None:
        return next((found for spelling in spellings(header) if (found := self._meaning(spelling)) is not None), None)

    def _meaning(self, word: str) -> Meaning | None:
        if word in self._exact:
            return self._exact[word]
        if word in self._other:
            return None
        if word in self._roles:
            return Meaning(self._roles[word], "name", 500)
        for length in self._role_lengths:
            if length >= len(word):
                continue
            for role_word, rest in ((word[:length], word[length:].removeprefix("的")), (word[-length:], word[:-length])):
                field = self._fields.get(rest) if role_word in self._roles else None
                if field is not None:
                    return Meaning(self._roles[role_word] if field.field in PARTY_FIELDS else "", field.field, field.rank)
        return None

    def told(self, spelled: Iterable[tuple[str, ...]], hinted: Collection[str]) -> bool:
        """Whether a telling header or the file's or sheet's name speaks for this source."""
        marks = set(self.marks)
        return any(word in marks for words in spelled for word in words) or any(name in hinted for name in self.names)

    def score(self, columns: Sequence[Column], spelled: Iterable[tuple[str, ...]], hinted: Collection[str]) -> int:
        """How well a table fits: key, telling headers, roles, known columns, and the file's or sheet's name."""
        marks = set(self.marks)
        known = [column for column in columns if column.field not in {"extra", "known", "ordinal", "unnamed"}]
        points = len({(column.role, column.field) for column in known})
        points += _KEY_SCORE * any(column.field == "key" for column in known)
        points += _MARK_SCORE * sum(any(word in marks for word in words) for words in spelled)
        points += _ROLE_SCORE * len({column.role for column in known} - {"", self.contract.main})
        matching = [len(word) for word in self.names if word in hinted]
        return points + (_NAME_SCORE + min(max(matching), 8) if matching else 0)


def _normalized(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normalize(word) for word in words))


class AllWords:
    """The indexed words of every contract, and whether any of them knows a header."""

    def __init__(self, contracts: Contracts) -> None:
        self.by_source = tuple(Words(contracts.by_source[source], contracts) for source in sorted(contracts.by_source))
        self._exact = frozenset().union(*(words.exact for words in self.by_source))
        self._roles = frozenset().union(*(words.roles for words in self.by_source))
        self._fields = frozenset().union(*(words.fields for words in self.by_source))
        self._role_lengths = sorted({len(word) for word in self._roles})
        self._marks = (
            frozenset().union(*(words.marks for words in self.by_source)) | self._exact | frozenset(_normalized(contracts.vocabulary.other))
        )
        self._names = sorted(frozenset().union(*(words.names for words in self.by_source)))
        self._known: dict[str, bool] = {}
        self.layouts: dict[tuple[object, ...], tuple[Layout, int]] = {}

    def names_in(self, hints: Iterable[str]) -> tuple[str, ...]:
        """The contracts' names that are parts of ``hints``: all that a hint tells."""
        normalized = " ".join(map(normalize, hints))
        return tuple([name for name in self._names if name in normalized])

    def mention(self, header: str) -> bool:
        """Whether some contract speaks of ``header`` at all: then it is no unknown one, even where nothing reads it."""
        return any(word in self._marks for word in spellings(header))

    def know(self, header: str) -> bool:
        """Whether some contract's words give ``header`` a meaning (data cells are told apart quickly)."""
        known = self._known.get(header)
        if known is None:
            if len(header) > _LONGEST_HEADER or "\ufffd" in header or len(_DIGITS.findall(header)) >= _DIGITS_OF_DATA:
                return False
            known = any(word in self._exact or word in self._roles or self._composed(word) for word in spellings(header))
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known[header] = known
        return known

    def _composed(self, word: str) -> bool:
        lengths = (length for length in self._role_lengths if length < len(word))
        return any(
            (word[:length] in self._roles and word[length:].removeprefix("的") in self._fields)
            or (word[-length:] in self._roles and word[:-length] in self._fields)
            for length in lengths
        )


@lru_cache(maxsize=4)
def all_words(contracts: Contracts) -> AllWords:
    """The words of ``contracts``, indexed once."""
    return AllWords(contracts)


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


def _layout_of(
    lines: tuple[tuple[str | None, ...], ...], first: int, last: int, contracts: Contracts, hinted: tuple[str, ...]
) -> tuple[Layout, int]:
    """The layout with its score for these header rows: the same object for the same rows, as a dealer's files repeat them."""
    known = all_words(contracts)
    key = (lines, first, last, hinted)
    if key not in known.layouts:
        if len(known.layouts) > _REMEMBERED:
            known.layouts.clear()
        known.layouts[key] = _classify(_joined(lines, known), lines, first, last, known, hinted)
    return known.layouts[key]


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
        if words.contract.distinct and "key" not in present and not words.told(spelled, hinted):
            continue
        if all(present.intersection(group) for group in words.contract.requires):
            fitting.append((words.score(columns, spelled, hinted), words, columns))
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
        columns += [Column(index, header, role, meaning.field, meaning.rank) for role in roles]
    return tuple(columns)
