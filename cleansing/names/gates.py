"""Steps that look only at the cells that can have what they look for, and the signs that say which cells those are.

>>> signs(pl.Series(["王伟", "王伟(车主)", "Ａ"])).tolist() == [HAN, HAN | BRACKET, ODD]
True
>>> only(pl.DataFrame({"a": ["x1", "y"]}), pl.col("a").str.contains("1"), b=pl.col("a").str.replace("1", "")).rows()
[('x1', 'x'), ('y', None)]
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import polars as pl

from cleansing import strings, text

Signs = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]

HAN, LATIN, DIGIT, SPACE, COLON, BRACKET, SEPARATOR, MASK, DOT, JOIN, TRADITIONAL, MISREAD, ACCENT, SIGN, ODD = (
    1 << bit for bit in range(15)
)
_MANY = 65_536
_MARKS = {
    COLON: ":=", BRACKET: "()[]【】<>《》", SEPARATOR: "/、,;|&+\n\\", MASK: "*xX×○●□■?_某", DOT: "·•‧∙・⋅.。", JOIN: "和与及跟代替",
    SPACE: " \t", MISREAD: "锟斤拷烫屯锘", SIGN: "'\"`-—–“”‘’!#$%@^~{}",
}  # fmt: skip


def signs(texts: pl.Series) -> Signs:
    """The signs of each text (null has none), a bit each; ``ODD`` is any character that may have to be normalized."""
    data, _, sizes = strings.flat(texts)
    points = np.frombuffer(data.tobytes().decode().encode("utf-32-le"), dtype=np.uint32)
    marks = np.concatenate([np.take(_table(), np.minimum(points, _MANY - 1)), np.zeros(1, dtype=np.uint16)])
    lengths = texts.str.len_chars().fill_null(0).to_numpy().astype(np.int64)
    found: Signs = np.bitwise_or.reduceat(marks, np.cumsum(lengths) - lengths) if len(texts) else np.zeros(0, dtype=np.uint16)
    # Without a character of its own, a text would be given the first of the next.
    return np.where(sizes > 0, found | np.where(lengths > text.MAX_LENGTH, ODD, 0), 0).astype(np.uint16)


@functools.cache
def _table() -> Signs:
    table = np.full(_MANY, ODD, dtype=np.uint16)
    for low, high in ((0x3400, 0x4DC0), (0x4E00, 0xA000)):
        table[low:high] = HAN
    table[ord("〇")] = HAN
    for first, last, sign in (("a", "z", LATIN), ("A", "Z", LATIN), ("0", "9", DIGIT), ("\u00c0", "\u017f", ACCENT | ODD)):
        table[ord(first) : ord(last) + 1] = sign
    for sign, characters in _MARKS.items():
        places = [ord(character) for character in characters]
        table[places] = np.where(table[places] == ODD, 0, table[places]) | sign
    for found, sign in (("".join(text.utf8_as_gbk_starts()), MISREAD), ("".join(text.traditional()), TRADITIONAL)):
        table[[ord(character) for character in found if ord(character) < _MANY]] |= sign
    return table


def only(frame: pl.DataFrame, when: pl.Expr | Mask, **columns: pl.Expr) -> pl.DataFrame:
    """The frame with ``columns`` computed where ``when`` is true; elsewhere they stay as they are, null where they are new."""
    chosen = when if isinstance(when, np.ndarray) else frame.select(when.fill_null(value=False)).to_series().to_numpy()
    rows = np.flatnonzero(chosen)
    if not rows.size:
        new = {name: expression for name, expression in columns.items() if name not in frame.columns}
        # Only the types are asked for: nothing is computed, no pattern compiled.
        types = frame.lazy().select(**new).collect_schema() if new else {}
        return frame.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in types.items())
    used = dict.fromkeys(root for expression in columns.values() for root in expression.meta.root_names())
    changed = frame.select(list(used))[rows].select(**columns)
    places = np.arange(len(frame), dtype=np.uint32)
    places[rows] = len(frame) + np.arange(rows.size, dtype=np.uint32)
    return frame.with_columns(
        pl.concat([frame[name] if name in frame.columns else pl.repeat(None, len(frame), dtype=new.dtype, eager=True), new], rechunk=True)
        .gather(places)
        .alias(name)
        for name, new in zip(changed.columns, changed, strict=True)
    )


def has(frame: pl.DataFrame, sign: int) -> Mask:
    """Which cells of ``frame`` (with ``signs``) have one of the signs."""
    found: Mask = (frame["signs"].to_numpy() & sign) > 0
    return found
