"""The closed list of reasons: why a value is wrong, doubtful or was repaired, and what that costs.

Every problem a record can have is one of ``REASONS``. A reason belongs to one dimension of GB/T 36344 (conformity,
completeness, accuracy, consistency, timeliness) and takes ``penalty`` points from that dimension of the record's score.
A reason with ``repaired`` names what was wrong in the text as it came and is right now: it lowers the score of the raw
record only.

>>> REASONS["phone_placeholder"].dimension
'accuracy'
>>> REASONS["id_upgraded"].repaired
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Dimension = Literal["conformity", "completeness", "accuracy", "consistency", "timeliness"]

DIMENSIONS: tuple[Dimension, ...] = ("conformity", "completeness", "accuracy", "consistency", "timeliness")


@dataclass(frozen=True)
class Reason:
    """One reason: its code, the dimension it counts in, the points it costs there, and its meaning in two languages."""

    code: str
    dimension: Dimension
    penalty: int
    repaired: bool
    zh: str
    en: str


_NAME = (
    Reason("name_junk", "accuracy", 30, False, "姓名是无意义内容", "the name is junk"),
    Reason("name_test", "accuracy", 30, False, "测试数据，不是客户", "a test of a system, nobody's record"),
    Reason("name_mojibake", "conformity", 30, False, "姓名是乱码", "the name is mojibake"),
    Reason("name_masked", "completeness", 25, False, "姓名被打码", "the name is masked"),
    Reason("name_multiple", "consistency", 10, False, "姓名栏有多个人", "several people in the name"),
    Reason("name_title_only", "completeness", 15, False, "只有姓氏和称谓", "a surname with a title only"),
    Reason("name_title_removed", "conformity", 5, True, "姓名中的称谓已拆出", "a title was split off the name"),
    Reason("name_traditional", "conformity", 5, True, "繁体已转为简体", "traditional characters were simplified"),
    Reason("name_surname_unknown", "accuracy", 5, False, "姓氏不在姓氏表中", "the first character is no known surname"),
    Reason("name_phone_split", "conformity", 10, True, "姓名栏中的电话已拆出", "a phone was split off the name"),
    Reason("name_of_relative", "completeness", 15, False, "只写了是谁的亲友，没有本人姓名", "whose relative it is, and no name of its own"),
    Reason("name_says_deceased", "conformity", 5, True, "姓名栏注明已故", "the name's cell says that the person is deceased"),
    Reason("name_says_do_not_contact", "conformity", 5, True, "姓名栏注明勿扰", "the name's cell says not to contact the person"),
    Reason("name_says_phone_off", "conformity", 5, True, "姓名栏注明停机或空号", "the name's cell says that the phone is off"),
)

_ADDRESS = (
    Reason("address_junk", "accuracy", 25, False, "地址是无意义内容", "the address is junk"),
    Reason("address_province_missing", "completeness", 5, True, "地址缺省级，已补全", "the province was missing and was added"),
    Reason("address_historic", "timeliness", 10, True, "旧行政区划已换成现行区划", "a historic division was replaced by today's"),
    Reason("address_ambiguous", "accuracy", 15, False, "行政区划有歧义", "the division is ambiguous"),
    Reason("address_resolved_by_hint", "accuracy", 5, True, "歧义区划由其他字段确定", "an ambiguous division was decided by another field"),
    Reason("address_mojibake", "conformity", 25, False, "地址是乱码", "the address is mojibake"),
    Reason("address_traditional", "conformity", 5, True, "繁体已转为简体", "traditional characters were simplified"),
    Reason("address_division_unknown", "completeness", 15, False, "地址无法确定行政区划", "no division in the address"),
    Reason("address_resolved_by_town", "accuracy", 5, True, "区县由乡镇街道确定", "the district was told by the town"),
    Reason("address_mismatch", "consistency", 15, False, "地址上下级行政区划矛盾", "the levels of the address contradict each other"),
)

_PHONE = (
    Reason("phone_invalid", "conformity", 20, False, "电话号码无效", "not a phone number"),
    Reason("phone_unallocated", "accuracy", 20, False, "手机号段未启用", "a mobile segment that is not allocated"),
    Reason("phone_placeholder", "accuracy", 20, False, "电话是占位号码", "a placeholder instead of a phone"),
    Reason("phone_masked", "completeness", 20, False, "电话被打码", "the phone is masked"),
    Reason("phone_short_code", "conformity", 15, False, "电话是短号码", "a short code instead of a phone"),
    Reason("phone_needs_area_code", "completeness", 10, False, "固定电话缺区号", "a landline without area code"),
    Reason(
        "phone_area_code_added", "completeness", 10, True, "固定电话已按所在城市补全区号", "the area code of the record's city was added"
    ),
    Reason("phone_digits_lost", "accuracy", 20, False, "科学计数法丢失了电话位数", "a spreadsheet lost digits of the phone"),
    Reason("phone_repaired", "conformity", 10, True, "电话已修复", "the phone was repaired"),
    Reason("phone_extra_unreadable", "conformity", 5, False, "另有无法识别的号码", "another number in the cell could not be read"),
)

_ID = (
    Reason("id_checksum_or_date", "accuracy", 25, False, "证件号校验码或日期错误", "wrong check digit or impossible date in the id"),
    Reason("id_birth_date_too_old", "accuracy", 25, False, "证件号出生日期过早", "the id's birth date is too long ago"),
    Reason("id_birth_date_in_future", "accuracy", 25, False, "证件号出生日期在未来", "the id's birth date is in the future"),
    Reason(
        "id_region_unknown",
        "accuracy",
        15,
        False,
        "证件号地区码在出生时及以后不存在",
        "the id's region code did not exist at birth or later",
    ),
    Reason("id_spreadsheet_damaged", "accuracy", 25, False, "证件号被电子表格截断", "the id was damaged by a spreadsheet"),
    Reason("id_placeholder", "accuracy", 20, False, "证件号是占位内容", "a placeholder instead of an id"),
    Reason("id_masked", "completeness", 20, False, "证件号被打码", "the id is masked"),
    Reason("id_check_digit", "accuracy", 25, False, "证件号校验码错误", "wrong check digit in the id or the organization's code"),
    Reason("id_length", "conformity", 20, False, "证件号位数不对", "wrong number of digits in the id"),
    Reason("id_unknown", "conformity", 15, False, "证件类型无法识别", "not a known kind of id"),
    Reason("id_upgraded", "conformity", 5, True, "15位证件号已升为18位", "an id of 15 digits was upgraded to 18"),
    Reason("id_repaired", "conformity", 5, True, "证件号已修复", "the id was repaired"),
)

_VIN = (
    Reason("vin_check_digit", "accuracy", 20, False, "VIN校验位错误", "wrong check digit in the VIN"),
    Reason(
        "vin_check_digit_warning",
        "accuracy",
        5,
        False,
        "进口车VIN校验位不符",
        "an imported car's VIN fails the check digit, which need not hold",
    ),
    Reason("vin_not_a_vin", "conformity", 20, False, "不是VIN", "not a VIN"),
    Reason("vin_length", "conformity", 20, False, "VIN不是17位", "the VIN does not have 17 characters"),
    Reason(
        "vin_illegal_characters", "conformity", 20, False, "VIN含I、O、Q且无法证实", "I, O or Q in the VIN that no check digit explains"
    ),
    Reason("vin_placeholder", "accuracy", 20, False, "VIN是占位内容", "a placeholder instead of a VIN"),
    Reason("vin_multiple", "consistency", 10, False, "VIN栏有多个VIN", "several VINs in the cell"),
    Reason("vin_repaired", "conformity", 10, True, "VIN已按校验位修复", "the VIN was repaired, proved by its check digit"),
)

_PLATE = (
    Reason("plate_agency_letter", "conformity", 15, False, "车牌发牌机关代号错误", "the plate's agency letter is wrong"),
    Reason("plate_province", "conformity", 15, False, "车牌省份简称错误", "the plate's province is wrong"),
    Reason("plate_length", "conformity", 15, False, "车牌位数不对", "wrong number of characters in the plate"),
    Reason("plate_serial", "conformity", 15, False, "车牌序号不合规则", "the plate's serial breaks the standard"),
    Reason("plate_not_a_plate", "conformity", 15, False, "不是车牌", "not a plate"),
    Reason("plate_placeholder", "completeness", 5, False, "车牌是占位内容", "a placeholder instead of a plate"),
    Reason("plate_multiple", "consistency", 5, False, "车牌栏有多个车牌", "several plates in the cell"),
    Reason("plate_repaired", "conformity", 5, True, "车牌已修复", "the plate was repaired"),
)

_OTHER = (
    Reason("email_invalid", "conformity", 10, False, "邮箱格式错误", "not an e-mail address"),
    Reason("email_placeholder", "accuracy", 10, False, "邮箱是占位内容", "a placeholder instead of an e-mail"),
    Reason("email_typo_domain", "conformity", 5, True, "邮箱域名拼写已修正", "a misspelt e-mail domain was corrected"),
    Reason("email_masked", "completeness", 5, False, "邮箱被打码", "the e-mail is masked"),
    Reason("email_role", "accuracy", 3, False, "邮箱是公共账号", "a role account, not a person's e-mail"),
    Reason("date_unreadable", "conformity", 10, False, "日期无法识别", "not a date"),
    Reason("date_impossible", "accuracy", 10, False, "日期不存在", "a day that does not exist"),
    Reason("date_in_future", "timeliness", 15, False, "日期在未来", "a date in the future"),
    Reason("date_too_old", "timeliness", 10, False, "日期过早", "a date too long ago"),
    Reason("date_ambiguous", "accuracy", 3, False, "日月次序有歧义", "day and month may be the other way round"),
    Reason("date_placeholder", "accuracy", 5, False, "日期是占位内容", "a placeholder instead of a date"),
    Reason("amount_invalid", "conformity", 5, False, "金额无法识别", "not an amount"),
    Reason("amount_negative", "accuracy", 5, False, "金额为负", "a negative amount"),
    Reason("mileage_invalid", "conformity", 5, False, "里程无法识别", "not a mileage"),
    Reason("mileage_out_of_range", "accuracy", 10, False, "里程超出合理范围", "a mileage no car reaches"),
    Reason("gender_invalid", "conformity", 5, False, "性别无法识别", "not a gender"),
    Reason("postcode_invalid", "conformity", 5, False, "邮政编码错误", "not a postcode"),
    Reason("province_unknown", "conformity", 3, False, "省份无法识别", "the province is none"),
    Reason("brand_unknown", "conformity", 3, False, "品牌不在字典中", "the brand is not in the dictionary"),
    Reason("model_unknown", "conformity", 2, False, "车系不在字典中", "the model's series is not in the dictionary"),
)

_CROSS = (
    Reason("gender_id_mismatch", "consistency", 15, False, "性别与证件号不符", "the gender contradicts the id"),
    Reason("gender_title_mismatch", "consistency", 10, False, "性别与称谓不符", "the gender contradicts the title"),
    Reason("birth_id_mismatch", "consistency", 20, False, "出生日期与证件号不符", "the birth date contradicts the id"),
    Reason("party_id_mismatch", "consistency", 15, False, "姓名类型与证件类型不符", "the kind of name contradicts the kind of id"),
    Reason("brand_vin_mismatch", "consistency", 10, False, "品牌与VIN厂商不符", "the brand contradicts the VIN's maker"),
    Reason(
        "region_mismatch",
        "consistency",
        5,
        False,
        "地址省份与电话、车牌、证件均不符",
        "phone, plate and id agree on another province than the address",
    ),
    Reason("plate_region_mismatch", "consistency", 2, False, "车牌省份与地址不符", "the plate is of another province than the address"),
    Reason("service_before_sale", "consistency", 10, False, "维修早于售车", "the car was serviced before it was sold"),
    Reason("mileage_decreased", "consistency", 10, False, "里程倒退", "the car's mileage goes down"),
    Reason("owner_sale_mismatch", "consistency", 5, False, "车主与售车记录的姓名不符", "the owner is nobody whom a sale of the car names"),
    Reason("stale_record", "timeliness", 10, False, "超过五年未更新", "the record is older than five years"),
    Reason("no_event_date", "timeliness", 15, False, "没有可用日期", "no usable date says when the record was true"),
)

REASONS: Mapping[str, Reason] = MappingProxyType(
    {reason.code: reason for reason in (*_NAME, *_ADDRESS, *_PHONE, *_ID, *_VIN, *_PLATE, *_OTHER, *_CROSS)}
)
"""Every reason by its code."""
