"""The words that end a name in an address, and the letter that each kind has in the address's *shape*.

A word that merely contains such an ending is listed with what it really is (镇政府 is a place, 镇中路 a road, 路口 a crossing):
the longest word counts. Letters stand for characters one to one, so that places in the shape are places in the text.

>>> marks()["街道"], marks()["路口"]
('yT', 'RJ')
"""

from __future__ import annotations

import functools

ENDINGS = {
    "T": "街道办事处 街道办 街道 街办事处 办事处 苏木 镇 乡 满族乡 回族乡 苗族乡 瑶族乡 土家族乡 畲族乡 藏族乡 彝族乡 壮族乡 白族乡 侗族乡 傣族乡 水族乡 哈尼族乡 蒙古族乡 布依族乡 ",
    "C": "社区居委会 社区居民委员会 社区村委会 社区 居委会 居民委员会 村委会 村民委员会 行政村 自然村 嘎查 村 镇村 乡村 楼村 房村 道村 新村社区 花园社区 街社区 路社区",
    "R": "路 街 巷 大道 大街 胡同 公路 国道 省道 县道 快速路 高速 支路 弄堂 镇东路 镇西路 镇南路 镇北路 镇中路 镇中街 镇前路 镇东街 镇西街 镇南街 镇北街 镇大道 镇一路 镇二路 镇路 镇街 乡路"
    " 村路 村前路 村东路 村西路 村南路 村北路 村大道 中心路 中心大道 中心街 号路 号大街 政府路 步行街 商业街",
    "r": "道 线",
    "Z": "开发区 工业园区 工业园 工业区 园区 高新区 经开区 综保区 保税区 工业城 产业园 科技园 创业园 物流园 新区 度假区",
    "P": "小区 花园 花苑 新村 公寓 家园 大厦 大楼 广场 市场 商城 酒店 宾馆 饭店 医院 学院 大学 中学 小学 公司 中心 苑 园 城 山庄 公馆 宿舍 银行 政府 卫生院 派出所 学校 幼儿园 超市 商场 大队 人家 名都 国际 世家 车站 社区医院 社区卫生 社区服务 路小学 路中学 路店 街店 道店 商厦 庭 府 湾 公园 组团 街坊 庭院 号公寓 号公馆",
    "J": "与 对面 旁边 附近 旁 交叉口 交叉路口 交汇处 交口 东侧 西侧 南侧 北侧 以东 以西 以南 以北 楼下 楼上 隔壁 门口 院内 路北侧",
    "B": "号楼 栋 幢 撞 座",
    "U": "单元",
    "F": "楼 层",
    "M": "室 房 房间 号房 号室",
    "H": "号 号院",
    "L": "弄",
    "G": "组 队 社",
    "W": "米 公里",
    "E": "排",
    "S": "段",
    "D": "门 号门",
    "Q": "区 期",
    "V": "附 增",
    "K": "支",
    "b": "甲 乙 丙 丁",
    "d": "东 西 南 北 中",
    "N": "一 二 三 四 五 六 七 八 九 十 百 零 〇 两",
}  # fmt: skip
# What contains an ending and is none, or is several in a row.
CONTAINING = {
    "大道东": "yyR", "大道西": "yyR", "大道南": "yyR", "大道北": "yyR", "大道中": "yyR", "大道东路": "yyyR", "大道西路": "yyyR",
    "路和": "RJ", "街和": "RJ", "道和": "RJ", "路口": "RJ", "街口": "RJ", "巷口": "RJ", "村口": "CJ", "弄口": "LJ", "高速路口": "xxRJ", "路段": "Rx",
    "号之": "HV", "号桥": "xx", "号线": "xx", "号库": "xx", "号厂": "xx", "号码头": "xxx", "座落": "xx", "路桥": "xx", "房产": "xx", "房地": "xx", "层高": "xx", "高层": "xx",
    "排屋": "xx", "楼盘": "xx", "队伍": "xx", "房管": "xx", "房东": "xx", "房屋": "xx", "城市": "xx", "城区": "xx", "城乡": "xx",
    "城关": "xx", "园林": "xx", "园艺": "xx", "府前": "xx", "口岸": "xx", "口腔": "xx", "路北侧": "RxJ", "厦门": "xx", "门诊": "xx", "门店": "xx", "门市": "xx", "石门": "xx",
    "米市": "xx", "三门": "xx", "天门": "xx", "荆门": "xx", "江门": "xx", "门头": "xx", "海门": "xx", "玉门": "xx", "金门": "xx", "龙门": "xx",
} | {
    # 临洺关镇 东街村: a village's name, and no 镇东街 of a town.
    f"镇{side}{way}{kind}": f"Txx{'y' * (len(kind) - 1)}C" for side in "东西南北中前" for way in "街路" for kind in ("村", "社区", "居委会", "村委会")
}  # fmt: skip


@functools.cache
def marks() -> dict[str, str]:
    """Word to its letters, one for each of its characters."""
    return {word: "y" * (len(word) - 1) + letter for letter, listed in ENDINGS.items() for word in listed.split()} | CONTAINING
