"""Names of people and companies with the frequencies of real ones.

Surnames: shares of the hundred and fifty most common, in thousandths of the population, rounded from the Ministry of Public
Security's yearly name reports; compound surnames are kept a little above their share so that every export meets some.
Given names: characters by gender and decade of birth, in order of popularity (Zipf), and the best-known whole names of a
decade. Drawn independently, so that homonyms arise as in life.

>>> sum(len(name) == 2 for name in surname_table()["surname"]) >= 10
True
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

from generator.arrays import Ints, Rng, chance, pick, take

_SURNAMES = (
    "王72 李71 张68 刘54 陈45 杨31 黄22 赵21 吴20 周19 徐15 孙14 马13 朱13 胡12 郭12 何12 林12 高11 罗10 郑9.3 梁8.5 谢7.9 宋7.5 唐7.3 许7 韩6.8 邓6.6 冯6.4 曹6.3 "
    "彭6.2 曾6.1 肖6 田5.9 董5.7 潘5.5 袁5.4 蔡5.3 蒋5.3 余5.2 于5.1 杜5 叶4.9 程4.8 魏4.6 苏4.6 吕4.5 丁4.4 任4.3 卢4.1 姚4.1 沈4 钟4 姜3.9 崔3.9 谭3.8 陆3.7 范3.6 "
    "汪3.5 廖3.5 石3.4 金3.3 韦3.3 贾3.2 夏3.1 付3.1 方3 邹3 熊3 白2.9 孟2.9 秦2.8 邱2.8 侯2.7 江2.7 尹2.6 薛2.6 闫2.5 段2.4 雷2.4 龙2.2 黎2.2 史2.1 陶2.1 贺2 毛2 郝2 顾2 "
    "龚1.9 邵1.9 万1.8 覃1.8 武1.8 钱1.7 戴1.7 严1.6 莫1.6 孔1.6 向1.5 常1.5 汤1.4 康1.4 易1.3 乔1.3 赖1.3 龙1 文1.2 施1.2 洪1.1 季1 樊1 兰1 殷0.9 安0.9 倪0.9 温0.9 "
    "芦0.8 关0.8 俞0.8 葛0.8 申0.7 伍0.7 左0.7 柳0.7 甘0.7 祝0.6 包0.6 宁0.6 符0.6 阮0.6 纪0.6 梅0.6 童0.6 凌0.5 毕0.5 单0.5 季0.5 裴0.5 霍0.5 成0.5 苗0.5 谷0.5 曲0.5 "
    "盛0.5 冉0.4 翁0.4 蓝0.4 路0.4 游0.4 靳0.4 辛0.4 管0.4 柴0.4 蒙0.4 鲍0.4 华0.4 喻0.4 祁0.4 房0.4 滕0.3 屈0.3 饶0.3 解0.3 牟0.3 艾0.3 尤0.3 时0.3 穆0.3 农0.3 司0.2 查0.2 仇0.1 "
    "欧阳0.9 上官0.2 司马0.15 诸葛0.12 皇甫0.1 尉迟0.05 夏侯0.05 慕容0.05 令狐0.06 司徒0.1 东方0.04 公孙0.03 端木0.03 宇文0.03 长孙0.02 万俟0.01"
)

DECADES = (1940, 1950, 1960, 1970, 1980, 1990, 2000)
_SHARE_OF_ONE_CHARACTER = {1940: 0.12, 1950: 0.14, 1960: 0.22, 1970: 0.34, 1980: 0.4, 1990: 0.3, 2000: 0.14}

# by gender and decade: single characters | first characters | second characters | well-known whole names
_GIVEN: dict[tuple[str, int], str] = {
    ("M", 1940): "林 义 山 德 福 贵 泉 杰 华 明|德 国 志 文 玉 永 金 福 长 世 树 宝 富 兴 成 明 广 振 春 正|明 华 林 祥 生 山 才 海 清 贵 荣 平 福 义 发 田 忠 元 江 厚|建国 国强 德明 志明 文明 金生 玉林 永福 福生 国华",
    ("M", 1950): "军 明 平 强 勇 华 刚 伟 林 斌|建 国 志 文 玉 永 金 新 长 世 树 宝 卫 兴 成 明 光 振 春 正|国 华 军 平 明 民 生 强 林 庆 忠 海 荣 祥 安 清 才 新 山 根|建国 建华 国强 志强 建军 志明 国庆 建平 卫国 抗美 和平 援朝",
    ("M", 1960): "军 勇 伟 强 平 明 辉 斌 刚 杰 峰 波 华 健 林|建 国 志 文 卫 永 金 新 小 世 红 宝 海 兴 成 明 光 振 春 晓|军 明 华 平 强 林 国 东 辉 民 生 峰 忠 海 斌 新 庆 良 祥 才|建军 志强 建华 建国 卫东 志刚 国庆 红军 永强 文革 卫国 向东",
    ("M", 1970): "伟 勇 军 强 涛 斌 波 辉 刚 健 明 俊 杰 峰 磊 亮 鹏 飞 超 华|志 建 文 海 永 国 晓 小 春 俊 立 新 明 世 光 玉 庆 振 少 剑|军 伟 强 明 勇 华 东 辉 峰 平 斌 波 刚 林 涛 民 锋 杰 云 雄|志强 建军 志刚 志勇 海涛 晓东 建华 永强 文军 志伟 俊峰 红卫",
    ("M", 1980): "伟 磊 涛 超 勇 鹏 杰 强 军 斌 波 辉 刚 健 峰 亮 飞 浩 俊 凯 宁 东 旭 龙 帅|志 晓 海 建 文 俊 永 国 小 春 立 明 少 云 嘉 家 宏 金 振 思|伟 强 杰 峰 鹏 辉 勇 军 明 东 华 涛 斌 平 龙 波 飞 亮 刚 超|海涛 晓东 志强 志伟 俊杰 文杰 志鹏 建军 晓明 海波 宏伟 国栋",
    ("M", 1990): "杰 鹏 浩 磊 超 俊 帅 涛 凯 伟 鑫 宇 旭 龙 洋 阳 博 毅 晨 健 坤 斌 翔 飞 辉|志 嘉 文 俊 家 建 子 晓 海 明 宇 天 思 少 永 国 梓 泽 浩 振|豪 杰 伟 鹏 强 辉 龙 明 飞 宇 峰 浩 轩 涛 超 文 凯 华 祥 斌|俊杰 嘉豪 志豪 家豪 文杰 浩然 子豪 俊豪 志伟 天宇 嘉伟 文豪",
    ("M", 2000): "浩 宇 鑫 杰 俊 涛 博 帅 阳 轩 凯 晨 睿 毅 昊 洋 旭 翔 哲 豪|子 浩 宇 嘉 俊 梓 天 文 志 泽 家 思 佳 一 雨 博 奕 铭 皓 明|轩 豪 杰 涵 宇 然 阳 辰 鹏 浩 睿 泽 航 翔 博 晨 龙 文 祥 鑫|浩然 子轩 宇轩 浩宇 子豪 俊杰 宇航 嘉豪 梓豪 文博 天佑 博文",
    ("F", 1940): "英 兰 珍 梅 芳 琴 华 玲 云 香|秀 桂 玉 淑 凤 素 春 金 兰 月 美 翠 爱 惠 云 雪 彩 银 巧 瑞|英 兰 珍 芳 华 荣 香 梅 云 琴 珠 莲 芝 花 霞 清 娥 凤 仙 贞|秀英 桂英 秀兰 玉兰 玉珍 桂兰 淑英 凤英 玉英 秀珍 桂珍 素珍",
    ("F", 1950): "英 兰 萍 梅 芳 琴 华 玲 霞 敏 红 珍|秀 桂 玉 淑 凤 素 春 金 丽 月 美 翠 爱 惠 小 雪 彩 建 慧 瑞|英 兰 珍 芳 华 荣 香 梅 云 琴 珠 萍 芝 玲 霞 清 娥 凤 平 敏|秀英 桂英 秀兰 玉兰 丽华 桂兰 淑英 凤英 玉英 秀珍 建华 淑珍",
    ("F", 1960): "红 丽 敏 霞 萍 芳 英 静 梅 玲 燕 艳 华 琴 兰|丽 秀 玉 桂 小 晓 春 红 淑 凤 爱 美 金 建 海 慧 文 雪 亚 素|华 英 萍 红 芳 霞 梅 玲 珍 敏 云 琴 兰 娟 燕 香 平 荣 君 琼|秀英 丽华 桂英 丽萍 红梅 小红 丽娟 秀芳 秀兰 春梅 玉梅 爱华",
    ("F", 1970): "芳 丽 敏 静 艳 霞 燕 红 娟 英 萍 玲 梅 洁 琳 莉 蓉 慧 琴 颖|晓 丽 小 秀 红 海 春 玉 雪 文 美 爱 慧 建 冬 艳 淑 志 亚 月|红 霞 华 萍 英 芳 梅 燕 玲 丽 娟 敏 平 艳 琴 云 兰 莉 珍 君|丽娟 丽华 晓红 丽萍 红梅 海燕 小红 秀英 晓燕 春梅 红霞 丽丽",
    ("F", 1980): "静 丽 娟 艳 敏 燕 娜 芳 婷 丹 玲 洁 颖 霞 慧 莉 琳 倩 雪 佳 晶 欣 蕾 莹 萍|晓 丽 雅 小 海 春 婷 文 雪 玉 美 佳 慧 思 红 秀 艳 淑 嘉 梦|燕 丽 娟 红 霞 静 玲 芳 敏 莉 萍 洁 婷 梅 琳 艳 娜 英 华 慧|丽娟 婷婷 晓燕 海燕 丽丽 丹丹 晓丽 春燕 雪梅 佳佳 丽君 莉莉",
    ("F", 1990): "婷 静 雪 敏 倩 颖 悦 丹 莹 琪 佳 琳 欣 瑶 慧 娜 洁 蕾 怡 璐 媛 玲 露 梦 雯|晓 雅 佳 思 梦 雨 嘉 欣 诗 婷 慧 文 雪 丽 小 子 美 秋 晨 梓|婷 怡 雯 琪 静 敏 琳 雪 欣 莹 洁 慧 萍 颖 瑶 君 娜 玲 妮 燕|婷婷 雨婷 思雨 梦婷 佳怡 雅婷 晓雯 欣怡 梦瑶 思琪 佳琪 雪莹",
    ("F", 2000): "悦 欣 婷 雪 怡 静 琪 瑶 颖 萱 彤 妍 雯 瑾 莹 涵 琳 语 蕊 菲|梓 雨 欣 诗 佳 思 嘉 梦 子 紫 雅 可 语 若 一 心 静 晨 婉 羽|涵 怡 萱 妍 琪 彤 欣 瑶 婷 轩 雯 悦 然 晴 颖 桐 妮 宁 熙 菲|欣怡 梓涵 诗涵 雨桐 思涵 欣妍 梓萱 雨欣 子涵 佳怡 可欣 语嫣",
}  # fmt: skip

COMPANY_HEADS = tuple(
    "鸿达 永兴 华信 中天 瑞丰 恒通 金鼎 宏远 顺达 远大 天成 博雅 凯盛 盛泰 新纪元 东升 宝隆 佳和 众诚 万通 启明 海纳 汇丰源 德胜 龙腾 腾飞 锦程 飞扬 百川 广源 联创 信诚 正泰兴 "
    "嘉禾 明德 昌盛 宇航 星辰 聚力 同创 利民 康泰 鑫源 旭日 安顺 捷运 长风 蓝海 卓越 優创 天宇 智联".replace("優", "优").split()
)
COMPANY_TRADES = (
    "商贸",
    "科技",
    "建筑工程",
    "物流",
    "装饰工程",
    "机电设备",
    "餐饮管理",
    "文化传媒",
    "汽车租赁",
    "电子",
    "进出口贸易",
    "环保科技",
    "劳务",
    "广告",
    "医疗器械",
    "食品",
    "实业",
    "投资管理",
    "信息技术",
    "运输",
)
COMPANY_FORMS = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司")


@cache
def surname_table() -> pl.DataFrame:
    """``surname`` and ``weight`` (thousandths of the population)."""
    pairs = []
    for item in _SURNAMES.split():
        letters = sum(not (c.isdigit() or c == ".") for c in item)
        pairs.append((item[:letters], float(item[letters:])))
    return pl.DataFrame(pairs, schema=["surname", "weight"], orient="row").group_by("surname", maintain_order=True).sum()


@cache
def given_pool(gender: str, decade: int) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """All given names of one gender and decade with their probabilities."""
    single, first, second, whole = (part.split() for part in _GIVEN[gender, decade].split("|"))
    share_single = _SHARE_OF_ONE_CHARACTER[decade]
    share_whole = 0.12 * (1 - share_single)
    pairs = [a + b for a in first for b in second]
    pool = pl.DataFrame(
        {
            "name": [*single, *whole, *pairs],
            "weight": np.concatenate(
                [
                    share_single * _zipf(single),
                    share_whole * _zipf(whole),
                    (1 - share_single - share_whole) * np.outer(_zipf(first), _zipf(second)).ravel(),
                ]
            ),
        }
    )
    pool = pool.group_by("name", maintain_order=True).sum()
    return tuple(pool["name"]), pool["weight"].to_numpy()


def _zipf(words: Sequence[str]) -> npt.NDArray[np.float64]:
    """Shares of words listed in order of popularity."""
    weights = 1.0 / (np.arange(len(words)) + 3.0)
    return np.asarray(weights / weights.sum())


def draw_surnames(rng: Rng, size: int) -> Ints:
    """Positions in ``surname_table``."""
    return pick(rng, surname_table()["weight"].to_numpy(), size)


def draw_given_names(rng: Rng, *, female: npt.NDArray[np.bool_], birth_years: Ints) -> pl.Series:
    """One given name per person, by gender and decade of birth."""
    decades = np.clip(birth_years // 10 * 10, DECADES[0], DECADES[-1])
    index = np.zeros(female.size, dtype=np.int64)
    pools: list[str] = []
    for gender in ("M", "F"):
        for decade in DECADES:
            names, weights = given_pool(gender, decade)
            here = np.flatnonzero((female == (gender == "F")) & (decades == decade))
            index[here] = len(pools) + pick(rng, weights, here.size)
            pools.extend(names)
    # a third character from the other pools keeps rare names rare: one person in twelve has an uncommon combination
    table = pl.Series(pools, dtype=pl.String)
    rare = np.flatnonzero(chance(rng, 0.08, female.size))
    result = take(table, index)
    if rare.size:
        head = take(table, rng.integers(0, len(pools), rare.size)).str.slice(0, 1)
        tail = take(table, rng.integers(0, len(pools), rare.size)).str.slice(-1, 1)
        result = result.to_frame("g").with_row_index("i").update(pl.DataFrame({"i": rare.astype(np.uint32), "g": head + tail}), on="i")["g"]
    return result.rename("given_name")
