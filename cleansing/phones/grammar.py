"""How phone numbers are written: the patterns that :mod:`cleansing.phones.scan` looks for, and what is never a number.

>>> MOBILE_OR_OTHER.search("+86 (0)21 5888 1234")["area"], MOBILE_OR_OTHER.search("(139)17852046")["mobile"]
('21', '(139)17852046')
"""

from __future__ import annotations

import re

DIALLED = (12593, 12520, 10193)
"""Dialled before a mobile, beside 17900 to 17999: cheap long-distance calls of the carriers."""
_S = r"[ \-.·_]{0,3}"
_AREA = r"10|2[0-9]|[3-9][0-9]{2}"
_CHINA = rf"(?:\(?(?:\+|00?)?\(?86\)?{_S}(?:\(0\){_S})?)"
_TRUNK = rf"(?:{_CHINA}|(?:0?179[0-9]{{2}}|{'|'.join(map(str, DIALLED))}|0){_S})"
_SERVICE = rf"{_CHINA}?(?P<service>[48]00(?:{_S}[0-9]){{7}})"
_ELEVEN = rf"1{_S}[3-9](?:{_S}[0-9]){{9}}|\(1[3-9][0-9]\){_S}[0-9](?:{_S}[0-9]){{7}}|1[3-9][0-9](?P<between>[/,:])[0-9]{{4}}(?P=between)[0-9]{{4}}"
_MOBILE = rf"{_TRUNK}?(?P<mobile>{_ELEVEN})"
_LANDLINE = rf"(?:{_CHINA}\(?0?|\(?0)(?P<area>{_AREA})\)?{_S}(?P<local>[2-8](?:{_S}[0-9]){{6,7}})"
_BARE = rf"\(?(?P<bare>{_AREA})(?:\)|-) ?(?P<bare_local>[2-8](?:{_S}[0-9]){{6,7}})"
_STRIPPED = rf"(?P<stripped>{_AREA})(?P<stripped_local>[2-8][0-9]{{7}})"
_END = "(?![0-9])"
HAN_EXTENSION = "(?:转|轉)?(?:分机|分機|内线|內線)号?|转|轉|分"
_EXTENSION_WORD = rf"(?:{HAN_EXTENSION}|ext(?:ension)?\.?|x|#|\*)"
_EXTENSION = rf"(?:{_S}\(?{_EXTENSION_WORD}{_S}:?(?P<ext>[0-9]{{1,6}})\)?{_END}|-(?P<ext2>[0-9]{{1,5}})(?![0-9]|-[0-9])|{_S}\((?P<ext3>[0-9]{{2,5}})\))?"
MOBILE_OR_OTHER = re.compile(
    rf"(?<![0-9])(?:{_SERVICE}{_END}|{_MOBILE}{_END}|{_LANDLINE}{_END}|{_BARE}{_END}|{_STRIPPED}{_END}){_EXTENSION}", re.IGNORECASE
)
FOREIGN = re.compile(
    r"(?:\+|(?<![0-9])00)[ (]*(?!86)(?P<plus>[1-9][0-9() .\-]{5,22}[0-9])"
    r"|(?<![0-9])\(?(?P<near>(?:852|853|886)(?:[- ]|\) ?)[0-9][0-9 \-]{6,11}[0-9])"
    r"|(?<![0-9])(?P<bare>852[5-79][0-9]{7}|8536[0-9]{7}|8869[0-9]{8})(?![0-9])"
    r"|(?P<place>香港|澳门|澳門|台湾|臺灣|台灣)(?!.?路)[^0-9+]{0,8}0?(?P<local>[2-9][0-9 \-]{6,10}[0-9])(?![0-9])"
)
COUNTRY_CODES = {"香": "852", "澳": "853", "台": "886", "臺": "886"}
_WHOLE = r"(?:1[3-9][0-9]{9}|0(?:10|2[0-9])[2-8][0-9]{7})"
GLUED = re.compile(rf"(?<![0-9]){_WHOLE}{{2,}}(?![0-9])")
"""Numbers written without a gap."""
ONE_OF_GLUED = re.compile(_WHOLE)
AREA_SLASH = re.compile(r"(?<![0-9])(0(?:10|2[0-9]|[3-9][0-9]{2}))[/\\,] ?(?=[2-8][0-9]{6,7}(?![0-9]))")
"""A slash or comma behind an area code joins."""
SHARED_AREA = re.compile(
    rf"(?<![0-9])\(?(?P<area>0(?:{_AREA}))\)?[ -]?(?P<first>[2-8][0-9]{{6,7}})(?P<more>(?:[/\\、,; ] ?[2-8][0-9]{{6,7}}(?![0-9\-]))+)"
)
"""Landlines behind one area code: all of its area."""
MASKED = re.compile(
    r"(?<![0-9])1[3-9][0-9][ -]?[?._]{3,}[ -]?[0-9]{4}(?![0-9.])|[0-9]{2,}[ -]?[*×•●xX#]{2,}[ -]?[0-9]*|[*×•●xX#]{3,}[ -]?[0-9]{2,}"
)
DATE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])")
LOCAL_EXTENSION = re.compile(rf"(?<![0-9\-])[2-8][0-9]{{6,7}}(?:-|{_S}{_EXTENSION_WORD}{_S})[0-9]{{1,5}}(?![0-9\-])", re.IGNORECASE)
"""A landline with an extension and no area code."""
CODE = re.compile(
    r"\S+@\S+\.\S+|(?<![A-Za-z0-9])(?=[A-Za-z0-9]*[0-9])(?:[0-9]*[A-Za-z]+[0-9]+[A-Za-z][A-Za-z0-9]*|[A-Z][0-9]{5,6})(?![A-Za-z0-9])"
)
"""An e-mail address, a VIN, a plate: digits among letters are no phone."""
SHORT_OF_EIGHT = re.compile("9[56][0-9]{6}|1010[0-9]{4}")
"""Service codes of eight digits: 95105555, 10108888."""
LEFT_RUN = re.compile(r"[0-9](?:[ \-.]?[0-9])*")
REFUSAL = re.compile("无|無|没|沒|不[愿便留肯详知给]|拒|未|同[上前左微本]|保密|待|空号|停机|关机|不通|不接|错误|错号|见备注|略")
"""In a cell without a digit: nothing is told."""

_SEQUENCES = ("01234567890123456789", "98765432109876543210")
RUNS = frozenset(
    [str(digit) * length for digit in range(10) for length in range(6, 13)]
    + [run[at : at + length] for run in _SEQUENCES for length in range(6, 13) for at in range(21 - length)]
    + [f"123456789{tail:02}" for tail in range(100)]
    + [(digits * 4)[:length] for digits in ("123", "321") for length in range(6, 13)]
    + ["10000000000"]
)
"""One digit repeated, or digits in keyboard order, 6 to 12 of them: what hurried people type instead of a number."""
FAMOUS = frozenset({"13800138000"})  # China Mobile's own recharge line
