"""Words for headers: how headers are compared, and what each means in a contract.

A header is compared as :func:`normalize` leaves it. It is, in this order: the contract's key, one of its own words for a
field, a shared word for a field, a role's word with a field's word (``车主手机``, ``手机(车主)``, ``owner phone``), a role's word
alone (its name), or unknown.

>>> normalize("聯絡 電話（必填）*")
'联络电话必填'
>>> sorted(spellings("手机号码2（车主）"))
['手机号码', '手机号码2', '手机号码2车主']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from pipelines.ingest.contracts import PARTY_FIELDS, Contract, Contracts

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>|\{[^{}]*\}")
_NOT_WORD = re.compile(r"[\W_]+")
_TRAILING_NUMBER = re.compile(r"(?<=\D)[0-9]{1,2}$|(?<=.)[一二三四五六]$")
_LONGEST_HEADER: Final = 60
_REMEMBERED: Final = 50_000
_DIGITS = re.compile("[0-9]")
_DIGITS_OF_DATA: Final = 5


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


class Words:
    """A contract's words, normalized and indexed, with the vocabulary behind them."""

    def __init__(self, contract: Contract, contracts: Contracts) -> None:
        vocabulary = contracts.vocabulary
        self.contract = contract
        self.marks = frozenset(_normalized(contract.marks))
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
        self.asked = {word: points for points, words in vocabulary.scales.items() for word in _normalized(words)}
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
