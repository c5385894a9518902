"""Personal values as a visitor may see them, and which characters of two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType

from engine.privacy import mask_of_kind

KIND_OF: Mapping[str, str] = MappingProxyType(
    {
        "name": "name",
        "phones": "phone",
        "mobile": "phone",
        "id_number": "identifier",
        "birth_date": "date",
        "address": "address",
        "vin": "vin",
        "vins": "vin",
        "plate": "plate",
        "plates": "plate",
        "emails": "email",
        "email": "email",
    }
)
"""Personal fields, and the kind that says how each is masked; what is not here is shown to everybody."""
_LONGEST = 200
"""Characters up to which two values are compared one by one."""


@dataclass(frozen=True)
class Piece:
    """A part of a value; ``differs`` where the other value has something else there."""

    text: str
    differs: bool = False


def shown(field: str, value: object, *, plain: bool) -> list[str]:
    """A value as texts (several where the field has several), masked unless ``plain``.

    >>> shown("phones", ["+8613917852046"], plain=False), shown("dealer_id", "D001", plain=False), shown("name", None, plain=True)
    (['+86*******2046'], ['D001'], [])
    """
    if value is None or value == "":
        return []
    texts = [str(each) for each in value if each is not None] if isinstance(value, list) else [str(value)]
    return texts if plain or field not in KIND_OF else [mask_of_kind(text, KIND_OF[field]) for text in texts]


def pieces(text: str, other: str) -> list[Piece]:
    """``text`` in parts, those marked that ``other`` does not have.

    >>> [(piece.text, piece.differs) for piece in pieces("王小明", "王晓明")]
    [('王', False), ('小', True), ('明', False)]
    >>> pieces("李雷", "韩梅梅")
    [Piece(text='李雷', differs=True)]
    """
    if len(text) > _LONGEST or len(other) > _LONGEST:
        return [Piece(text, text != other)]
    matcher = SequenceMatcher(None, text, other, autojunk=False)
    if matcher.ratio() < 0.6:
        return [Piece(text, differs=True)]
    return [Piece(text[start:end], tag != "equal") for tag, start, end, _, _ in matcher.get_opcodes() if end > start]
