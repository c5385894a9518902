"""Names: who a cell names, in parts.

Rules, in the order they are tried (text is normalized and simplified first, see :mod:`cleansing.text`):

1. no text is *empty*; text decoded wrongly is *mojibake*; a phone in the cell goes to ``leftover_phone``; what says nothing is *junk*;
2. labels (车主:), notes in brackets or behind a dash ((本人), -帕萨特), where someone works (张三(永达汽车), 保险公司李经理), a plate, an id or a year
   beside the name, the sex ((女,35岁)) and titles (先生) are taken off; the title is kept, and it or the sex says the gender;
3. a legal form or a business makes a *company*; 张** and 王某 are *masked*; two people in one cell are *multiple*;
   what a note says of the person (已故, 勿打, 停机) is kept as a reason;
4. a surname with a title, 小王, 老李 and 王姓客户 are *title_only*: the surname is known, the name is not; so is whoever is named by a relation
   (李明的妻子, 张三丰妈妈, 王女士老公), with neither name nor gender of the other; 李明代王伟 is *multiple*;
5. a *person*'s surname is the longest known one of two or more characters, else the first character where it is known as a surname;
   佟佳 and a few more are surnames only with two characters behind them; names with a dot and those of minorities are not split;
6. of Latin words the first is the surname where it is one in pinyin, else the last; a Chinese name beside a Latin one is the name.

Pinyin has no tones; surnames are read as surnames (单 shan, 仇 qiu, 万俟 mo qi). The gender of a name without a title is given
only where the given name makes it near certain.

>>> clean(pl.Series(["万俟雪女士", "張偉 13917852046", "李总"])).select("kind", "name", "surname", "title", "gender", "pinyin").rows()
[('person', '万俟雪', '万俟', '女士', 'F', 'mo qi xue'), ('person', '张伟', '张', None, None, 'zhang wei'), ('title_only', None, '李', '总', None, 'li')]
"""

from __future__ import annotations

import polars as pl

from cleansing.names.parse import parse

__all__ = ["clean"]


def clean(values: pl.Series) -> pl.DataFrame:
    """Reads a column of names.

    Args:
        values: names as written (String; null where nothing was written).

    Returns:
        A frame of the same height and order: kind (person | company | title_only | multiple | masked | mojibake | junk |
        empty), name, names (List[String], all people named), surname, given, title, gender (M | F), pinyin,
        leftover_phone, reasons (List[String], codes of what was found or changed).
    """
    return parse(values.cast(pl.String()))
