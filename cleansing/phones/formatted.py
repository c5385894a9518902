"""Cells of digits in any form, all cells of one layout at once: separators, brackets, prefixes, extensions, words around.

The digits of every number are gathered into one matrix, right-aligned, and judged together (:mod:`cleansing.phones.digits`).
A cell is *read* where all its numbers are good, or where its only number is certainly none. All others are left to ``scan``.

>>> found = read(pl.Series(["021-58881234转801", "138****1234", "??"] * MIN_CELLS))
>>> [len(part.cells) for part in found if len(part.numbers)], found[-2].numbers.select("value", "ext").row(0)
([4], ('021-58881234', '801'))
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

from cleansing import strings
from cleansing.phones import damage, digits, grammar, layouts
from cleansing.phones.parts import NUMBERS, REASON, STATUS, STATUS_OF_REASON, TYPE, Bools, Codes, Ints, Part

MIN_CELLS = 4
"""A layout of fewer cells is not worth reading: ``scan`` reads a cell as fast."""
_WIDTHS = (16, 48)  # bytes of the cells that are read; longer ones are few
_MOST_EXTENSION = 6
_CHINESE = "".join(damage.CHINESE_DIGITS)
_SPELLED = f"[{_CHINESE}][ -]*[{_CHINESE}0-9]|[0-9][ -]*[{_CHINESE}]"
_DIGIT, _LOOKALIKE, _LETTER = 1, 2, 4


class _Gathered:
    """Numbers of all layouts, one behind the other: which cell each is of, its digits right-aligned, how they lie."""

    def __init__(self) -> None:
        self._entries: list[tuple[Ints, strings.Bytes, layouts.Piece, int]] = []

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, cells: Ints, codes: strings.Bytes, piece: layouts.Piece, at: int) -> None:
        """The number that ``piece`` says of each of the cells, whose bytes are the rows of ``codes``."""
        self._entries.append((cells, codes, piece, at))

    def matrices(self) -> tuple[Ints, strings.Bytes, strings.Bytes]:
        """Cells, digits (values, zeros in front) and extensions (ASCII, zeros behind)."""
        cells = np.concatenate([entry[0] for entry in self._entries])
        matrix = np.full((len(cells), layouts.MOST_DIGITS), ord("0"), dtype=np.uint8)
        extension = np.zeros((len(cells), _MOST_EXTENSION), dtype=np.uint8)
        start = 0
        for these, codes, piece, _ in self._entries:
            end = start + len(these)
            matrix[start:end, layouts.MOST_DIGITS - len(piece.columns) :] = codes[:, piece.columns]
            if piece.extension:
                extension[start:end, : len(piece.extension)] = codes[:, piece.extension]
            start = end
        matrix -= ord("0")
        return cells, matrix, extension

    def lie(self) -> Ints:
        """How the digits of each number lie: rows of count, cuts, plus, bracket, mobile, tight, at, size of the extension."""
        pieces = [(len(p.columns), p.cuts, p.plus, p.bracket, p.mobile, p.tight, at, len(p.extension)) for _, _, p, at in self._entries]
        return np.repeat(np.array(pieces, dtype=np.int64).T, [len(entry[0]) for entry in self._entries], axis=1)


def read(cells: pl.Series) -> list[Part]:
    """The cells of a column without nulls that can be read by their layout."""
    ascii_only = (cells.str.len_bytes() == cells.str.len_chars()).to_numpy()
    if ascii_only.all():
        return _batch(np.arange(len(cells)), cells)
    return _both(cells, ascii_only)


def _both(cells: pl.Series, ascii_only: Bools) -> list[Part]:
    """ASCII cells as they are; others in one form first: full-width forms, dashes, words for an extension."""
    rows, others = np.flatnonzero(ascii_only), np.flatnonzero(~ascii_only)
    written = cells.gather(others)
    wide = written.str.contains(damage.OTHER_DIGITS).to_numpy()
    flat = damage.fold_all(pl.col("written"))
    spelled = pl.col("flat").str.contains(_SPELLED) | pl.col("written").str.contains(damage.COUNTED)
    plain = (
        written.alias("written").to_frame().with_columns(flat=flat)
        .select(pl.when(~spelled).then(pl.col("flat").str.replace_all(grammar.HAN_EXTENSION, "x")).otherwise(pl.lit("?")))
        .to_series()
    )  # fmt: skip
    return _batch(rows, cells.gather(rows)) + _batch(others, plain, wide)


def _batch(places: Ints, texts: pl.Series, repaired: Bools | None = None) -> list[Part]:
    """Read cells (``places``: where they are in the column), those of each width by themselves."""
    sizes = strings.lengths(texts)
    parts: list[Part] = []
    for least, width in zip((0, *_WIDTHS), _WIDTHS, strict=False):
        chosen = np.flatnonzero((sizes > least) & (sizes <= width))
        if len(chosen):
            codes = strings.matrix(texts.gather(chosen), width=width)
            found = _by_layout(codes, np.zeros(len(codes), dtype=np.bool_) if repaired is None else repaired[chosen])
            parts += [part.moved(places[chosen]) for part in found]
    return parts


def _by_layout(codes: strings.Bytes, repaired: Bools) -> list[Part]:
    """Cells (the rows of ``codes``) whose layout is known; ``repaired``: those in which something was mended before."""
    gathered, parts = _Gathered(), []
    codes, shapes, looked = _shaped(codes)
    mended = repaired | looked
    words = shapes.view(np.uint64)
    keys = {str(number): words[:, number] for number in range(words.shape[1])}
    groups = pl.DataFrame(keys).with_row_index("row").group_by(*keys).agg("row").filter(pl.col("row").list.len() >= MIN_CELLS)["row"]
    by_group, ends = groups.explode(empty_as_null=False).to_numpy().astype(np.int64), groups.list.len().cum_sum().to_list()
    in_order, any_looked = codes[by_group], looked.any()
    for start, end in zip([0, *ends], ends, strict=False):
        rows, part = by_group[start:end], in_order[start:end]
        layout = layouts.read(shapes[rows[0]].tobytes().rstrip(b"\0").decode("ascii"))
        if layout.fixed:
            kept = (part[:, layout.fixed] == np.frombuffer(layout.wanted, dtype=np.uint8)).all(axis=1)
            rows, part = rows[kept], part[kept]
        match layout.kind:
            case "masked" | "lost":
                reason = REASON["phone_masked" if layout.kind == "masked" else "phone_digits_lost"]
                parts.append(_named(rows, np.full(len(rows), reason, dtype=np.uint8)))
            case "decimal" | "scientific":
                mended[rows] = True
        if any_looked and len(rows) and looked[rows].any() and not _one_number(layout, shapes[rows[0]]):
            kept = ~looked[rows]
            rows, part = rows[kept], part[kept]
        for at, piece in enumerate(layout.pieces if len(rows) else ()):
            gathered.add(rows, part, piece, at)
    return [*parts, *_numbers(gathered, mended, looked)]


def _named(cells: Ints, reason: Codes) -> Part:
    return Part.of_cells(cells, STATUS_OF_REASON[reason], reason)


def _one_number(layout: layouts.Layout, shape: strings.Bytes) -> bool:
    """Whether the layout is one number of 10 to 13 digits and nothing else: only there letters are read as digits."""
    if len(layout.pieces) != 1 or layout.pieces[0].extension:
        return False
    return 10 <= len(layout.pieces[0].columns) <= 13 and not shape.tobytes().strip(b"9 -\0")


def _shaped(codes: strings.Bytes) -> tuple[strings.Bytes, strings.Bytes, Bools]:
    """The cells, their layouts, and which cells were changed: those with l, I for 1 and O for 0 as their only letters, fewer than the digits."""
    kinds, shape, replaced = _tables()
    shapes, changed = shape[codes], np.zeros(len(codes), dtype=np.bool_)
    rows = np.unique(np.flatnonzero(shapes.ravel() == ord("o")) // codes.shape[1])
    kind = kinds[codes[rows]]
    only = ~(kind == _LETTER).any(axis=1)
    rows, kind = rows[only], kind[only]
    if len(rows):
        most = (kind == _DIGIT).sum(axis=1) * 2 > (codes[rows] != 0).sum(axis=1)
        shapes[rows[~most], 0] = ord("?")  # a layout that nothing knows
        rows = rows[most]
        codes = codes.copy()
        codes[rows] = replaced[codes[rows]]
        shapes[rows] = shape[codes[rows]]
        changed[rows] = True
    return codes, shapes, changed


@functools.cache
def _tables() -> tuple[strings.Bytes, strings.Bytes, strings.Bytes]:
    """By byte: what kind it is, its character in a layout, the digit it may stand for."""
    kind, shape, replaced = np.zeros(256, dtype=np.uint8), np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8)
    for byte in range(256):
        character = chr(byte)
        if "0" <= character <= "9":
            kind[byte], shape[byte] = _DIGIT, ord("9")
        elif byte < 128 and character.isalpha():
            kind[byte] = _LOOKALIKE if character in damage.LOOKALIKE else _LETTER
            shape[byte] = byte if character in "eEtTxX" else ord("o" if character in damage.LOOKALIKE else "A")
        elif character in "\t\n\v\f\r":
            shape[byte] = ord(" ")
        elif byte >= 127 or 0 < byte < 32:
            shape[byte] = ord("W")
    for letter, digit in damage.LOOKALIKE.items():
        replaced[ord(letter)] = ord(digit)
    return kind, shape, replaced


def _numbers(gathered: _Gathered, mended: Bools, looked: Bools) -> list[Part]:
    """Cells whose numbers are all good, with them, and cells whose only number is certainly none."""
    if not gathered:
        return []
    cells, matrix, extensions = gathered.matrices()
    count, cuts, plus, bracket, mobile, tight, at, size = gathered.lie()
    value = np.zeros(len(cells), dtype=np.int64)
    for column in strings.columns(matrix):
        value *= 10
        value += column
    found = digits.judge(digits.Digits(value, count, cuts, plus > 0, bracket, mobile > 0, tight > 0, size > 0))
    is_good = found.reason == digits.GOOD
    numbers_of, good_of = np.bincount(cells, minlength=len(mended)), np.bincount(cells[is_good], minlength=len(mended))
    single = np.flatnonzero((numbers_of[cells] == 1) & ~is_good & (found.reason != digits.UNSURE) & ~looked[cells])
    rejected = _named(cells[single], found.reason[single])
    good, kept = np.flatnonzero((numbers_of > 0) & (numbers_of == good_of)), np.flatnonzero((numbers_of == good_of)[cells])
    if not len(good):
        return [rejected]
    fixed = mended.copy()
    fixed[cells[found.stripped & is_good]] = True
    extension = pl.Series("ext", strings.short(extensions[kept], size[kept]))
    numbers = _written(matrix[kept], found, kept).with_columns(
        pl.Series("cell", cells[kept]), pl.Series("at", at[kept]), extension.replace("", None)
    ).select(*NUMBERS)  # fmt: skip
    reason = np.where(fixed[good], REASON["phone_repaired"], REASON[None]).astype(np.uint8)
    status = np.where(fixed[good], STATUS["repaired"], STATUS["valid"]).astype(np.uint8)
    return [Part.of_cells(good, status, reason, _distinct(numbers, numbers_of[cells[kept]] > 1)), rejected]


def _written(matrix: strings.Bytes, found: digits.Judged, kept: Ints) -> pl.DataFrame:
    """value, type, e164 of good numbers, from the matrix of their digits (right-aligned)."""
    kind, area = found.kind[kept], found.area[kept]
    local = found.count[kept] - area
    letters = matrix + ord("0")
    form = np.select([kind == TYPE["mobile"], kind == TYPE["service"]], [0, 1], area * 10 + local)
    places: list[Ints] = []
    values: list[pl.Series] = []
    e164: list[pl.Series] = []
    for which in np.unique(form).tolist():
        rows = np.flatnonzero(form == which)
        chosen = letters if len(rows) == len(letters) else letters[rows]
        places.append(rows)
        match which:
            case 0:  # a mobile
                values.append(strings.fixed(chosen[:, -11:]))
                e164.append(strings.before(b"+86", strings.views(values[-1])))
                continue
            case 1:  # 400-820-5555
                value, national = strings.joined(chosen[:, -10:-7], b"-", chosen[:, -7:-4], b"-", chosen[:, -4:]), chosen[:, -10:]
            case _:
                digits_of_area, digits_of_local = divmod(which, 10)
                code, number = chosen[:, -digits_of_area - digits_of_local : -digits_of_local], chosen[:, -digits_of_local:]
                value, national = strings.joined(b"0", code, b"-", number), chosen[:, -digits_of_area - digits_of_local :]
        values.append(strings.fixed(value))
        e164.append(strings.fixed(strings.joined(b"+86", national)))
    texts = {name: strings.scattered(columns, places, height=len(kept)) for name, columns in (("value", values), ("e164", e164))}
    return pl.DataFrame({"type": kind, **texts})


def _distinct(numbers: pl.DataFrame, several: Bools) -> pl.DataFrame:
    """Each number of a cell once; ``several``: those of cells with more than one. ``at`` has no gaps."""
    if not several.any():
        return numbers
    shared = numbers.filter(pl.Series(several)).sort("cell", "at").unique(["cell", "value", "ext"], keep="first", maintain_order=True)
    shared = shared.with_columns(at=pl.int_range(pl.len()).over("cell"))
    return pl.concat([numbers.filter(~pl.Series(several)), shared])
