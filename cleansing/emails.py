"""E-mail addresses: several in a cell, misspelt domains of the large providers, placeholders, role accounts.

Syntax is the part of RFC 5321 that providers give out: a local part (at most 64 characters) of letters, digits and ``._%+-`` without
two dots in a row, a domain (at most 253) of labels with a top-level domain of letters. A token that breaks it is no address; nothing
is cut out of it (w..w8@qq.com is not w8@qq.com).

Repaired is what is nobody's mail as it stands: a domain of the list of known slips (gmial.com, qq.cm), an end that no registry
has (.con, .c0m), a comma, a space or a doubled dot in a domain, a provider without its dot (qqcom). A phone as local part
(13917852046@139.com) is as good as any; 13800138000@139.com is a placeholder, as are keyboard runs and one digit repeated.

>>> clean(pl.Series(["Wang@QQ.com; li@163.com", "无", "info@x.cn", "a@b"])).select("status", "emails", "reasons").rows()
[('valid', ['wang@qq.com', 'li@163.com'], []), ('placeholder', [], ['email_placeholder']), ('valid', ['info@x.cn'], ['email_role']), ('invalid', [], ['email_invalid'])]
>>> clean(pl.Series(["ww8@qq，com", "w..w8@qq.com", "ww****8@qq.com"])).select("status", "emails", "reasons").rows()
[('repaired', ['ww8@qq.com'], ['email_typo_domain']), ('invalid', [], ['email_invalid']), ('masked', [], ['email_masked'])]
"""

from __future__ import annotations

import polars as pl

from cleansing import text

SCHEMA = {"status": pl.String(), "emails": pl.List(pl.String()), "reasons": pl.List(pl.String())}
_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_EMAIL = rf"^[a-z0-9_%+'-]+(?:\.[a-z0-9_%+'-]+)*@(?:{_LABEL}\.)+[a-z]{{2,24}}$"
_FAST = r"^[a-z0-9_]{3,32}@[a-z0-9]{2,20}\.(?:com|cn|net)$"
_TOKEN = r"[^\s;,，；、|/<>()\[\]:：\"\p{Han}]+@[^\s;,，；、|/<>()\[\]:：\"'?\p{Han}]+"  # noqa: S105  (no password)
_PROVIDERS = "qq|163|126|sina|sohu|139|189|gmail|hotmail|outlook|yahoo|foxmail|aliyun|icloud"
_ENDS = "com|cn|net"
_NO_REGISTRY = "(?:con|c0m|cim|vom|xom|ocm|cmo|cpm|comm|ccom|coom|conm|comn|dom)"
_ROLES = (
    "^(?:info|sales?|service|support|admin|administrator|office|contact|webmaster|postmaster|hr|noreply|no-reply|kefu|kf|crm|dms|market(?:ing)?|"
    "shouhou|xiaoshou|customer|customerservice|help|mail|root|system)@"
)
_KEYBOARD = "0?123(?:4(?:5(?:6(?:7(?:8(?:90?)?)?)?)?)?)?|987654321|0+|" + "|".join(f"{digit}{{3,}}" for digit in range(1, 10))
_NOBODY = (
    rf"^(?:(?:test(?:ing)?[0-9]*|abc|aaa+|xxx+|asdf?g?h?|qwe(?:rty?)?|{_KEYBOARD}|none|null|nil|na|no|nomail|noemail|noone|nobody|meiyou|example|user|"
    r"email|13800138000|1[3-9](?:0{9}|1{9}|8{9}|9{9}))@|10000@qq\.com$|.*@(?:example|test|none|null|nomail|noemail)\.)"
)
_SLIPS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gamil.com": "gmail.com", "gmail.co": "gmail.com", "gmail.cn": "gmail.com", "gmail.cm": "gmail.com",
    "gmail.om": "gmail.com", "gmaill.com": "gmail.com", "gnail.com": "gmail.com", "gmal.com": "gmail.com", "gmil.com": "gmail.com", "gmali.com": "gmail.com",
    "qq.cm": "qq.com", "qq.co": "qq.com", "qq.cn": "qq.com", "qq.om": "qq.com", "qqq.com": "qq.com", "q.com": "qq.com", "qq.comcn": "qq.com", "vip.qq.cm": "vip.qq.com",
    "163.cm": "163.com", "163.co": "163.com", "163.cn": "163.com", "163.om": "163.com", "136.com": "163.com", "162.com": "163.com", "l63.com": "163.com", "1163.com": "163.com", "163.comcn": "163.com",
    "126.cm": "126.com", "126.co": "126.com", "126.cn": "126.com", "126.om": "126.com", "125.com": "126.com", "l26.com": "126.com",
    "sian.com": "sina.com", "sina.cm": "sina.com", "sina.co": "sina.com", "sinna.com": "sina.com", "shou.com": "sohu.com", "sohu.cm": "sohu.com",
    "hotmial.com": "hotmail.com", "hotmai.com": "hotmail.com", "hotmal.com": "hotmail.com", "hotmil.com": "hotmail.com", "hotmail.co": "hotmail.com", "hotmail.cm": "hotmail.com",
    "outlok.com": "outlook.com", "outloook.com": "outlook.com", "outlook.co": "outlook.com", "outlook.cm": "outlook.com", "yaho.com": "yahoo.com", "yaho.com.cn": "yahoo.com.cn", "yahooo.com.cn": "yahoo.com.cn", "sian.com.cn": "sina.com.cn", "yahooo.com": "yahoo.com",
    "foxmial.com": "foxmail.com", "foxmai.com": "foxmail.com", "foxmail.cn": "foxmail.com", "aliyum.com": "aliyun.com", "icould.com": "icloud.com", "iclod.com": "icloud.com",
}  # fmt: skip
"""Domains that hold nobody's mail, or nobody's who meant the large provider beside it; what no registry has as an end is repaired by rule."""


def clean(values: pl.Series) -> pl.DataFrame:
    """Status (valid, repaired, masked, placeholder, invalid, empty), e-mails in lower case as written, reasons: ``SCHEMA``."""
    written = values.cast(pl.String).alias("written")
    judged = _judge(written.drop_nulls().unique())
    frame = written.to_frame().join(judged, on="written", how="left", maintain_order="left")
    return frame.select(pl.col("status").fill_null("empty"), pl.col("emails").fill_null([]), pl.col("reasons").fill_null([]))


def _judge(distinct: pl.Series) -> pl.DataFrame:
    frame = distinct.to_frame("written").with_columns(flat=_flat(pl.col("written")))
    simple = pl.col("flat").str.contains(_FAST)
    tokens = frame.select("written", token=pl.when(simple).then(pl.concat_list("flat")).otherwise(pl.col("flat").str.extract_all(_TOKEN)))
    found = tokens.explode("token", empty_as_null=True).drop_nulls().with_columns(token=pl.col("token").str.strip_chars(".-'"))
    local, domain = pl.col("token").str.extract("^([^@]*)@"), pl.col("token").str.extract("^[^@]*@(.*)$")
    found = found.with_columns(local=local, domain=domain).with_columns(fixed=_fixed_domain(pl.col("domain")))
    found = found.with_columns(email=pl.concat_str("local", pl.lit("@"), "fixed"))
    email, label = pl.col("email"), pl.col("fixed").str.extract(r"^([^.]*)\.")
    sound = email.str.contains(_EMAIL) & (pl.col("local").str.len_bytes() <= 64) & (pl.col("fixed").str.len_bytes() <= 253)
    found = found.with_columns(
        masked=pl.col("token").str.contains(r"\*{2,}"),
        sound=sound.fill_null(value=False),
        slip=pl.col("fixed") != pl.col("domain"),
        # a@a.com, no@no.com: a form filled to be rid of it.
        fake=email.str.contains(_NOBODY) | ((pl.col("local") == label) & (label.str.len_bytes() <= 4)),
        role=email.str.contains(_ROLES),
    )
    usable = pl.col("sound") & ~pl.col("fake")
    cells = found.group_by("written", maintain_order=True).agg(
        emails=email.filter(usable).unique(maintain_order=True),
        slip=(pl.col("slip") & usable).any(),
        fake=(pl.col("fake") & pl.col("sound")).any(),
        masked=pl.col("masked").any(),
        broken=(~pl.col("sound") & ~pl.col("masked")).any(),
        role=(pl.col("role") & usable).any(),
    )
    joined = frame.join(cells, on="written", how="left").with_columns(
        pl.col("slip", "fake", "masked", "broken", "role").fill_null(value=False)
    )
    some = pl.col("emails").list.len().fill_null(0) > 0
    nobody = text.is_junk(pl.col("flat")) | (pl.col("fake") & ~pl.col("broken"))
    status = (
        pl.when(pl.col("flat") == "").then(pl.lit("empty"))
        .when(some & pl.col("slip")).then(pl.lit("repaired"))
        .when(some).then(pl.lit("valid"))
        .when("masked").then(pl.lit("masked"))
        .when(nobody).then(pl.lit("placeholder"))
        .otherwise(pl.lit("invalid"))
    )  # fmt: skip
    reasons = pl.concat_list(
        pl.when(some & pl.col("slip")).then(pl.lit("email_typo_domain")),
        pl.when(some & pl.col("role")).then(pl.lit("email_role")),
        pl.when(some & pl.col("broken")).then(pl.lit("email_invalid")),
        pl.when(pl.col("status").is_in(["placeholder", "invalid", "masked"])).then(pl.concat_str(pl.lit("email_"), "status")),
    )
    return joined.with_columns(status=status).select("written", "status", pl.col("emails").fill_null([]), reasons=reasons.list.drop_nulls())


def _flat(written: pl.Expr) -> pl.Expr:
    """Lower case, ``(at)`` as @, addresses that run into each other apart; what stands for a dot or is typed twice leaves a dot too many: a slip."""
    return (
        text.normalize(written)
        .str.to_lowercase()
        .str.replace_all(r"\s*(?:@|\(at\)|\[at\]|\(@\))\s*", "@")
        .str.replace_all("。", ".")
        .str.replace_all(rf"(@[a-z0-9-]+)\s+\.({_ENDS})(\b)", "$1..$2$3")
        .str.replace_all(rf"(@[a-z0-9-]+)[,，、 ]({_ENDS})(\b)", "$1..$2$3")  # two dots: a slip
        .str.replace_all(rf"(@(?:[a-z0-9-]+\.)+?(?:{_ENDS}))([a-z0-9_+-][a-z0-9._+-]*@)", "$1 $2")
        .str.replace_all(rf"(@[a-z0-9-]+\.(?:{_ENDS}))(@[a-z0-9-]+\.(?:{_ENDS}))$", "$1")
    )


def _fixed_domain(domain: pl.Expr) -> pl.Expr:
    """The domain that was meant, where that is certain."""
    return (
        domain.str.replace_all(r"\.{2,}", ".")
        .str.replace(rf"^({_PROVIDERS})({_ENDS})$", "$1.$2")
        .str.strip_chars(".")
        .str.replace(rf"\.{_NO_REGISTRY}(\.cn)?$", ".com$1")
        .replace(_SLIPS)
    )
