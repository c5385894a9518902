"""The closed list of what can be wrong with a file or a row, in words for people who send files.

Each refusal, quarantined row and notice carries one of these codes; ``data/contracts`` and the tests hold the list closed.

>>> REASONS["password"].en
'the file is protected with a password'
>>> REASONS["too_few_fields"].scope
'row'
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Scope = Literal["file", "row", "notice"]


@dataclass(frozen=True)
class Reason:
    """One reason: its code, whether it stops a file, a row or nothing, its meaning, and what the sender can do."""

    code: str
    scope: Scope
    zh: str
    en: str
    advice: str


class RefusedError(Exception):
    """A file, member or sheet cannot be read; ``reason`` is a code of this list, ``detail`` holds no personal value."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


_ALL = (
    Reason("empty_file", "file", "文件为空", "the file is empty", "export again"),
    Reason("truncated", "file", "文件不完整", "the file ends too early", "send it again; the upload was cut"),
    Reason("password", "file", "文件有密码", "the file is protected with a password", "remove the password and send it again"),
    Reason("too_large", "file", "文件过大", "the file is larger than allowed", "split the export, or raise max_file_bytes"),
    Reason("archive_bomb", "file", "压缩包展开过大", "the archive unfolds beyond the limit", "send the exports themselves"),
    Reason("nested_archive", "file", "压缩包内含压缩包", "an archive within an archive", "unpack once and send again"),
    Reason("too_many_members", "file", "压缩包文件过多", "the archive holds too many files", "send fewer files in one archive"),
    Reason("damaged_archive", "file", "压缩包损坏", "the archive is damaged", "pack it again"),
    Reason(
        "damaged_workbook",
        "file",
        "工作簿损坏",
        "the workbook is damaged or not a workbook",
        "open it in a spreadsheet and save it as .xlsx",
    ),
    Reason("damaged_parquet", "file", "Parquet 文件损坏", "the Parquet file is damaged", "write it again"),
    Reason("html_file", "file", "网页另存为表格", "a web page saved under a table's name", "open it in a spreadsheet and save it as .xlsx"),
    Reason("xml_file", "file", "XML 文件", "an XML file, not a table", "open it in a spreadsheet and save it as .xlsx"),
    Reason("image_file", "file", "图片文件", "a picture, not a table", "send the table itself"),
    Reason("document_file", "file", "文档文件", "a document (PDF, RTF, Word), not a table", "send the table itself"),
    Reason("binary_file", "file", "二进制文件", "neither text nor a known table format", "send CSV, XLSX, XLS or Parquet"),
    Reason("unknown_encoding", "file", "无法识别编码", "text in an encoding that cannot be told", "save as UTF-8"),
    Reason(
        "no_header",
        "file",
        "找不到表头",
        "no row names columns that a contract knows",
        "put the column names above the data, or extend data/contracts",
    ),
    Reason(
        "no_contract",
        "file",
        "没有匹配的合约",
        "columns are known, but no contract's required ones are there",
        "extend data/contracts or add the columns",
    ),
    Reason("ambiguous_contract", "file", "匹配多个合约", "two contracts fit equally well", "pin the file's name in one contract's names"),
    Reason("only_header", "file", "只有表头", "there is a header and no row below it", "nothing to do if there was nothing to send"),
    Reason("too_many_columns", "file", "列数过多", "more columns than allowed", "send only the table, or raise max_columns"),
    Reason("row_too_long", "file", "行过长", "a row is longer than any table's row", "look for a missing line break or quote"),
    Reason("no_dealer", "file", "未放入经销商文件夹", "the file lies in no dealer's folder", "move it to INBOX/<dealer_id>/"),
    Reason("hidden_file", "file", "隐藏文件", "a hidden file", "rename it if it is an export"),
    Reason("link_outside", "file", "指向外部的链接", "a link that leaves the inbox", "put the file itself into the folder"),
    Reason("not_a_file", "file", "不是普通文件", "a device, pipe or broken link", "put a file there"),
    Reason("unreadable", "file", "无权读取", "the file may not be read", "give the reader permission"),
    Reason("too_many_fields", "row", "字段过多", "more fields than the header names", "quote values that hold the delimiter"),
    Reason("too_few_fields", "row", "字段过少", "less than half of the header's fields", "look for a line break inside a value"),
    Reason("bad_quotes", "row", "引号不成对", "quotes do not close", "double a quote inside a quoted value"),
    Reason("undecodable", "row", "无法解码", "bytes that are no character of the file's encoding", "save the file in one encoding"),
    Reason("value_too_long", "row", "字段值过长", "a value longer than a spreadsheet's cell can be", "shorten it"),
    Reason("no_identity", "row", "无法识别主体", "no key, person, phone, id or vehicle in the row", "fill in who the row is about"),
    Reason(
        "no_header_sheet",
        "row",
        "工作表无表头",
        "a row of a sheet without known header in a file with other tables",
        "put the column names above the data",
    ),
    Reason("being_uploaded", "notice", "正在上传", "the file is still being uploaded", "it is read when it has settled"),
    Reason(
        "wrong_extension",
        "notice",
        "扩展名不符",
        "the content is of another kind than the name says; it was read as what it is",
        "name it rightly",
    ),
    Reason("duplicate_header", "notice", "列名重复", "a column name occurs more than once", "give each column its own name"),
    Reason(
        "unknown_header",
        "notice",
        "未知列名",
        "no contract knows this column; its values are kept",
        "add it to data/contracts if it matters",
    ),
    Reason("hidden_sheet", "notice", "隐藏工作表", "a hidden sheet was read", "delete it if it is not meant"),
    Reason("sheet_skipped", "notice", "跳过的工作表", "a sheet without a table was skipped", "nothing to do"),
    Reason("nul_removed", "notice", "含空字符", "NUL characters were taken out", "export as text"),
    Reason("rows_padded", "notice", "缺少尾部字段", "rows without their last fields were filled with blanks", "export all columns"),
    Reason("key_repeated", "notice", "主键重复", "a key occurs more than once; the last row holds", "one row a key"),
    Reason(
        "scientific_notation", "notice", "科学计数法", "numbers cut by a spreadsheet (1.38E+10)", "format the column as text before typing"
    ),
)

REASONS = MappingProxyType({reason.code: reason for reason in _ALL})
"""Code to reason."""
