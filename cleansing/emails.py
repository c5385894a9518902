"""E-mail addresses: several in a cell, misspelt domains of the large providers, placeholders, role accounts.

Syntax is the part of RFC 5321 that providers give out: a local part of letters, digits and ``._%+-`` without two dots in a
row, a domain of labels with a top-level domain of letters. A misspelt domain is corrected only where it is one of the list
of known slips (gmial.com, qq.con): those domains are not anybody's mail.

>>> clean(pl.Series(["Wang@QQ.con; li@163.com", "无", "info@x.cn", "a@b"])).select("status", "emails", "reasons").rows()
[('repaired', ['wang@qq.com', 'li@163.com'], ['email_typo_domain']), ('placeholder', [], ['email_placeholder']), ('valid', ['info@x.cn'], ['email_role']), ('invalid', [], ['email_invalid'])]
"""

from __future__ import annotations

import polars as pl

from cleansing import text

SCHEMA = {"status": pl.String(), "emails": pl.List(pl.String()), "reasons": pl.List(pl.String())}
_EMAIL = r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
_ROLES = "^(?:info|sales?|service|support|admin|office|contact|webmaster|postmaster|hr|noreply|no-reply|kefu|crm|dms|market(?:ing)?)@"
_PLACEHOLDERS = r"^(?:(?:test|abc|aaa+|xxx+|123+|1234+|12345+|123456+|none|null|na|111+|0+)@|.*@(?:example|test|none)\.)"
_SLIPS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gamil.com": "gmail.com", "gmail.con": "gmail.com", "gmail.co": "gmail.com", "gmail.cn": "gmail.com",
    "gmaill.com": "gmail.com", "gnail.com": "gmail.com", "gmail.comm": "gmail.com",
    "qq.con": "qq.com", "qq.cm": "qq.com", "qq.co": "qq.com", "qq.cn": "qq.com", "qq.comm": "qq.com", "qq.coom": "qq.com", "qqq.com": "qq.com", "q.com": "qq.com", "qq.vom": "qq.com", "qq.om": "qq.com",
    "163.con": "163.com", "163.cm": "163.com", "163.co": "163.com", "163.cn": "163.com", "136.com": "163.com", "162.com": "163.com", "163.vom": "163.com",
    "126.con": "126.com", "126.cm": "126.com", "126.co": "126.com", "126.cn": "126.com", "125.com": "126.com",
    "sina.con": "sina.com", "sian.com": "sina.com", "sina.cm": "sina.com", "sohu.con": "sohu.com", "shou.com": "sohu.com",
    "hotmial.com": "hotmail.com", "hotmail.con": "hotmail.com", "hotmai.com": "hotmail.com", "hotmal.com": "hotmail.com",
    "outlok.com": "outlook.com", "outlook.con": "outlook.com", "outloook.com": "outlook.com", "yahoo.con": "yahoo.com", "yaho.com": "yahoo.com",
    "139.con": "139.com", "foxmail.con": "foxmail.com", "foxmial.com": "foxmail.com", "aliyun.con": "aliyun.com", "icloud.con": "icloud.com",
}  # fmt: skip


def clean(values: pl.Series) -> pl.DataFrame:
    """Status (valid, repaired, placeholder, invalid, empty), e-mails in lower case as written, reasons: ``SCHEMA``."""
    written = values.cast(pl.String).alias("written")
    judged = _judge(written.drop_nulls().unique())
    frame = written.to_frame().join(judged, on="written", how="left", maintain_order="left")
    return frame.select(pl.col("status").fill_null("empty"), pl.col("emails").fill_null([]), pl.col("reasons").fill_null([]))


def _judge(distinct: pl.Series) -> pl.DataFrame:
    flat = text.normalize(pl.col("written")).str.replace_all(r"\s*(?:@|＠|\(at\)|\[at\])\s*", "@").str.replace_all("。", ".")
    frame = distinct.to_frame("written").with_columns(flat=flat)
    found = (
        frame.select("written", email=pl.col("flat").str.to_lowercase().str.extract_all(_EMAIL))
        .explode("email", empty_as_null=True)
        .drop_nulls()
    )
    local, domain = pl.col("email").str.extract("^(.*)@"), pl.col("email").str.extract("@(.*)$")
    fixed = found.with_columns(fixed=pl.concat_str(local, pl.lit("@"), domain.replace(_SLIPS))).with_columns(
        fake=pl.col("fixed").str.contains(_PLACEHOLDERS), role=pl.col("fixed").str.contains(_ROLES)
    )
    cells = fixed.group_by("written", maintain_order=True).agg(
        emails=pl.col("fixed").filter(~pl.col("fake")).unique(maintain_order=True),
        slip=(pl.col("fixed") != pl.col("email")).any(),
        fake=pl.col("fake").all(),
        role=(pl.col("role") & ~pl.col("fake")).any(),
    )
    joined = frame.join(cells, on="written", how="left")
    junk = text.is_junk(pl.col("flat")) | pl.col("fake").fill_null(value=False)
    some = pl.col("emails").list.len().fill_null(0) > 0
    status = (
        pl.when(pl.col("flat") == "").then(pl.lit("empty"))
        .when(some & pl.col("slip")).then(pl.lit("repaired"))
        .when(some).then(pl.lit("valid"))
        .when(junk).then(pl.lit("placeholder"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    reasons = pl.concat_list(
        pl.when(some & pl.col("slip")).then(pl.lit("email_typo_domain")),
        pl.when(some & pl.col("role")).then(pl.lit("email_role")),
        pl.when(pl.col("status").is_in(["placeholder", "invalid"])).then(pl.concat_str(pl.lit("email_"), "status")),
    )
    return joined.with_columns(status=status).select("written", "status", pl.col("emails").fill_null([]), reasons=reasons.list.drop_nulls())
