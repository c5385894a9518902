"""The words dealers use for the same column, in Chinese and English.

A person's column is named ``role.field``. A dealer who names one person a row writes bare headers (客户姓名, 手机): they mean
the source's main role. A dealer who names several writes whose they are (车主姓名, 送修人, 联系人电话, 付款人).
"""

from __future__ import annotations

Words = tuple[tuple[str, ...], tuple[str, ...]]
"""Chinese words, English words."""

MAIN_ROLE = {
    "sale": "buyer", "service": "owner", "insurance": "customer", "lead": "customer", "test_drive": "driver", "customer": "customer",
    "call_center": "customer", "survey": "customer", "complaint": "customer", "opt_out": "customer", "web": "customer",
    "parts": "customer", "campaign": "customer", "crm": "customer",
}  # fmt: skip
"""The role that bare headers mean."""

ROLE_WORDS = {
    "owner": (("车主",), ("Owner",)),
    "buyer": (("购车人", "买方", "购车客户"), ("Buyer",)),
    "driver": (("试驾人", "驾驶人"), ("Driver",)),
    "sender": (("送修人",), ("Sender", "Brought By")),
    "contact": (("联系人",), ("Contact",)),
    "payer": (("付款人", "付款方"), ("Payer",)),
    "customer": (("客户",), ("Customer",)),
}

PERSON_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    # field: (bare Chinese, bare English, Chinese after the role's word, English after it)
    "name": (("客户姓名", "姓名", "客户名称", "客户"), ("Customer Name", "Name", "Full Name"), ("姓名", "名称", ""), ("Name",)),
    "phone": (("手机", "手机号", "联系电话", "电话", "手机号码", "移动电话"), ("Mobile", "Phone", "Mobile No"), ("电话", "手机", "手机号", "联系电话"), ("Phone", "Mobile")),
    "phone2": (("备用电话", "固定电话", "家庭电话", "其他电话"), ("Phone 2", "Home Phone"), ("备用电话", "固定电话"), ("Phone 2",)),
    "id_number": (("身份证号", "证件号码", "证件号", "身份证号码"), ("ID No", "ID Number"), ("证件号码", "身份证号", "证件号"), ("ID No",)),
    "address": (("地址", "联系地址", "家庭住址", "通讯地址"), ("Address",), ("地址", "住址"), ("Address",)),
    "province": (("省", "省份", "所在省"), ("Province",), ("省份", "省"), ("Province",)),
    "city": (("市", "城市", "所在城市"), ("City",), ("城市", "市"), ("City",)),
    "district": (("区", "区县", "区/县"), ("District",), ("区县", "区"), ("District",)),
    "detail": (("详细地址", "街道地址"), ("Street Address",), ("详细地址",), ("Street Address",)),
    "postcode": (("邮编", "邮政编码"), ("Postcode", "Zip"), ("邮编",), ("Postcode",)),
    "email": (("邮箱", "电子邮箱", "E-mail", "Email"), ("Email", "E-mail"), ("邮箱",), ("Email",)),
    "gender": (("性别",), ("Gender", "Sex"), ("性别",), ("Gender",)),
    "birth_date": (("出生日期", "生日"), ("Birth Date", "DOB"), ("出生日期", "生日"), ("Birth Date",)),
}  # fmt: skip

KEYS: dict[str, Words] = {
    "sale": (("合同编号", "销售单号", "订单号", "订单编号"), ("Contract No", "Order No")),
    "service": (("工单号", "维修单号", "结算单号", "委托书号"), ("RO No", "Work Order No")),
    "insurance": (("保单号", "保单号码"), ("Policy No",)),
    "lead": (("线索编号", "线索号", "线索ID"), ("Lead ID", "Lead No")),
    "test_drive": (("试驾单号", "试驾编号"), ("Test Drive No",)),
    "customer": (("客户编号", "会员号", "客户代码", "客户号"), ("Customer No", "Customer ID")),
    "call_center": (("来电编号", "呼叫流水号", "通话编号"), ("Call ID",)),
    "survey": (("问卷编号", "回访编号", "调查编号"), ("Survey ID",)),
    "complaint": (("投诉编号", "投诉单号"), ("Complaint No",)),
    "opt_out": (("退订编号", "拒访编号"), ("Opt-out ID",)),
    "web": (("表单编号", "留资编号", "提交编号"), ("Form ID", "Submission ID")),
    "parts": (("配件销售单号", "出库单号", "精品单号"), ("Parts Order No",)),
    "campaign": (("触达编号", "活动记录编号", "邀约编号"), ("Contact ID", "Send ID")),
    "crm": (("CRM客户编号", "CRM编号", "OneID"), ("CRM ID",)),
}
DATES: dict[str, Words] = {
    "sale": (("销售日期", "开票日期", "交车日期"), ("Sale Date",)),
    "service": (("开单日期", "进厂日期", "维修日期", "结算日期"), ("Service Date", "RO Date")),
    "insurance": (("起保日期", "投保日期"), ("Policy Date", "Start Date")),
    "lead": (("线索日期", "创建时间", "留资时间"), ("Lead Date", "Created At")),
    "test_drive": (("试驾日期", "试驾时间"), ("Test Drive Date",)),
    "customer": (("建档日期", "建档时间", "登记日期"), ("Created Date", "Registered On")),
    "call_center": (("来电时间", "来电日期", "通话时间"), ("Call Date", "Call Time")),
    "survey": (("回访日期", "调查日期"), ("Survey Date",)),
    "complaint": (("投诉日期", "投诉时间"), ("Complaint Date",)),
    "opt_out": (("退订日期", "登记日期"), ("Opt-out Date",)),
    "web": (("提交时间", "注册时间"), ("Submitted At", "Submit Time")),
    "parts": (("出库日期", "销售日期"), ("Issue Date",)),
    "campaign": (("触达日期", "发送时间", "邀约日期"), ("Send Date", "Contacted At")),
    "crm": (("更新日期", "最后更新时间"), ("Last Updated",)),
}
KINDS: dict[str, Words] = {
    "sale": (("销售类型", "车辆类型"), ("Sale Type",)),
    "service": (("维修类型", "业务类型", "维修类别"), ("Service Type",)),
    "insurance": (("险种", "保险类型"), ("Insurance Type",)),
    "lead": (("线索状态", "意向级别"), ("Lead Status",)),
    "test_drive": (("试驾类型",), ("Test Drive Type",)),
    "customer": (("客户类型", "客户级别"), ("Customer Type",)),
    "call_center": (("来电类型", "来电事由"), ("Call Type",)),
    "survey": (("回访类型", "调查类型"), ("Survey Type",)),
    "complaint": (("投诉类型", "投诉类别"), ("Complaint Type",)),
    "opt_out": (("退订渠道", "拒绝渠道"), ("Channel",)),
    "web": (("表单名称", "表单类型"), ("Form Name",)),
    "parts": (("配件名称", "精品名称", "备件名称"), ("Part Name",)),
    "campaign": (("触达方式", "触达渠道"), ("Contact Channel",)),
    "crm": (("客户类型",), ("Customer Type",)),
}
BY_SOURCE: dict[str, dict[str, Words]] = {"key": KEYS, "date": DATES, "kind": KINDS}
"""Columns that every source calls by words of its own."""

ROW_FIELDS: dict[str, Words] = {
    "vin": (("VIN", "车架号", "VIN码", "底盘号", "车辆识别代号"), ("VIN", "Chassis No")),
    "plate": (("车牌号", "车牌", "牌照号", "车牌号码"), ("Plate No", "License Plate")),
    "brand": (("品牌", "车辆品牌"), ("Brand",)),
    "model": (("车型", "车系", "车型名称"), ("Model",)),
    "amount": (("金额", "实收金额", "总金额"), ("Amount", "Total Amount")),
    "amount_wan": (("金额（万元）", "成交价(万元)"), ("Amount (10k CNY)",)),
    "mileage": (("里程", "行驶里程", "进厂里程", "里程数"), ("Mileage", "Odometer")),
    "satisfaction": (("满意度", "满意度评分", "得分"), ("Satisfaction", "Score")),
    "campaign": (("活动名称", "来源渠道", "渠道", "市场活动"), ("Campaign", "Channel")),
    "cost": (("成本", "获客成本"), ("Cost",)),
    "response": (("反馈结果", "跟进结果"), ("Response", "Result")),
    "remark": (("备注", "说明"), ("Remark", "Notes")),
    "home": (("归属经销商", "经销商代码"), ("Owner Dealer",)),
    "advisor": (("服务顾问", "销售顾问", "经办人"), ("Advisor", "Sales Rep")),
}  # fmt: skip

OF_SOURCE: dict[tuple[str, str], Words] = {
    ("sale", "amount"): (("成交价", "成交金额", "开票金额"), ("Sale Price",)),
    ("service", "amount"): (("结算金额", "实收金额", "总金额", "金额"), ("Total Amount", "Invoice Amount")),
    ("insurance", "amount"): (("保费", "保费金额", "保费合计"), ("Premium",)),
    ("lead", "model"): (("意向车型", "意向车系"), ("Model",)),
    ("test_drive", "model"): (("试驾车型",), ("Model",)),
    ("web", "campaign"): (("来源页面", "落地页", "utm_campaign"), ("Landing Page", "utm_campaign")),
    ("web", "model"): (("意向车型", "关注车型"), ("Model",)),
    ("parts", "amount"): (("配件金额", "销售金额"), ("Parts Amount",)),
    ("campaign", "campaign"): (("活动名称", "营销活动"), ("Campaign Name", "Campaign")),
    ("campaign", "cost"): (("单次成本", "触达成本"), ("Cost",)),
    ("campaign", "response"): (("是否响应", "响应结果"), ("Responded",)),
}
"""Words that a column has in one source only."""

FILE_WORDS = {
    "sale": (("销售明细", "整车销售", "销售台账"), "sales"),
    "service": (("维修工单", "售后维修", "维修结算单"), "service_orders"),
    "insurance": (("保险台账", "续保明细"), "insurance"),
    "lead": (("销售线索", "线索明细"), "leads"),
    "test_drive": (("试乘试驾", "试驾记录"), "test_drives"),
    "customer": (("客户档案", "客户资料"), "customers"),
    "call_center": (("来电记录", "客服来电"), "call_center"),
    "survey": (("满意度回访", "回访记录"), "survey"),
    "complaint": (("客户投诉", "投诉记录"), "complaints"),
    "opt_out": (("退订名单", "拒绝营销名单"), "opt_out"),
    "web": (("官网留资", "小程序表单"), "web_forms"),
    "parts": (("配件销售", "精品出库"), "parts_sales"),
    "campaign": (("活动触达", "短信邀约"), "campaign_contacts"),
    "crm": (("CRM客户",), "crm_customers"),
}
