"""Sounds of the characters in given names (with the tone) and of surnames: who is taken for whom by ear, and how names look in Latin letters.

The tests hold both tables against pypinyin; surnames have their readings as surnames (单 shan, 万俟 moqi).
"""

from __future__ import annotations

from functools import cache

_GIVEN = """\
ai4:爱 an1:安 bao3:宝 bin1:宾彬斌滨 bing1:兵冰 bo1:波 bo2:伯勃博 cai2:才 cai3:彩 chao1:超 chao2:朝潮 chen1:琛 chen2:晨臣辰 cheng2:城成承程诚 chun1:春 chun2:淳纯 cui4:翠 dan1:丹单
dan4:旦 de2:德 dong1:东冬 dong4:栋 e2:娥 fa1:发 fang1:坊方芳 fei1:妃菲霏非飞 fen1:纷芬 feng1:峰锋 feng4:凤 fu2:福 fu4:富 gang1:刚 ge2:革 gen1:根 guang1:光 guang3:广 gui1:瑰
gui4:桂贵 guo2:国帼 guo3:果 hai2:孩 hai3:海 han2:函含晗涵 hang2:航 hao2:豪 hao3:好 hao4:昊浩皓 he2:和 hong2:宏弘洪红虹鸿 hou4:厚 hua1:花 hua2:华骅 hua4:桦 hui1:徽挥晖辉 hui4:会卉惠慧蕙
jia1:佳加嘉家 jian4:健剑建见 jiang1:江 jie2:婕捷杰洁节 jin1:金 jin3:瑾 jing1:京晶菁 jing3:景 jing4:婧靖静 juan1:娟 jun1:军君钧 jun4:俊峻竣骏 kai3:凯恺楷 kang4:抗 ke3:可 kun1:坤 lan2:兰
lei2:雷 lei3:垒磊蕾 li2:黎 li4:丽俐力立莉 lian2:莲 liang2:良 liang4:亮 lin2:林琳磷霖麟 ling2:凌灵玲菱铃 long2:龙 lu4:璐露 mei2:梅 mei3:美 meng4:梦 min2:民珉 min3:敏闽 ming2:名明茗铭鸣
na4:娜 ni1:妮 ning2:宁 pei2:培 pei4:佩沛 peng2:彭朋鹏 ping2:屏平苹萍 qi2:琪 qian1:芊 qian4:倩茜 qiang1:锵 qiang2:墙强 qiao3:巧 qin2:琴 qing1:清 qing2:晴 qing4:庆 qiong2:琼
qiu1:秋 quan2:泉 ran2:然 rong2:荣蓉 rui3:蕊 rui4:瑞睿 ruo4:若 shan1:山 shao3:少 sheng1:生 shi1:诗 shi4:世 shu1:淑 shu4:树 shuai4:帅 si1:思 su4:素 tao1:涛滔韬 tao2:桃 tian1:天
tian2:田 ting2:亭婷庭廷 tong2:彤桐 wan3:婉 wei2:韦 wei3:伟炜玮纬苇 wei4:卫 wen2:文纹闻雯 xi1:熙 xia2:侠霞 xian1:仙 xiang1:香 xiang2:祥翔 xiang4:向 xiao3:小晓筱 xin1:心新昕欣辛鑫馨 xing1:兴
xiong2:雄 xiu4:秀绣 xu3:栩 xu4:序旭绪 xuan1:宣瑄萱轩 xue1:薛 xue2:学 xue3:雪 ya3:雅 ya4:亚 yan1:嫣 yan2:妍研言颜 yan4:彦燕艳雁 yang2:扬杨洋阳 yao2:瑶 yi1:一伊依 yi2:仪宜怡 yi4:义亦奕意毅艺逸
yin2:银 ying1:瑛英 ying2:盈莹 ying3:影颖 yong3:勇咏永泳 you4:佑 yu3:宇羽语雨 yu4:玉育裕郁钰 yuan2:元援 yuan4:媛 yue4:悦月 yun2:云耘芸 yun3:允 ze2:泽 zhang3:长 zhe2:哲 zhen1:珍真祯臻贞
zhen4:振 zheng4:正 zhi1:之枝知芝 zhi4:志智治致 zhong1:忠 zhu1:珠 zi:子 zi1:姿 zi3:梓紫
"""

_SURNAMES = """\
王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 马:ma 朱:zhu 胡:hu 郭:guo 何:he 林:lin 高:gao 罗:luo 郑:zheng 梁:liang 谢:xie
宋:song 唐:tang 许:xu 韩:han 邓:deng 冯:feng 曹:cao 彭:peng 曾:zeng 肖:xiao 田:tian 董:dong 潘:pan 袁:yuan 蔡:cai 蒋:jiang 余:yu 于:yu 杜:du 叶:ye 程:cheng 魏:wei 苏:su 吕:lv
丁:ding 任:ren 卢:lu 姚:yao 沈:shen 钟:zhong 姜:jiang 崔:cui 谭:tan 陆:lu 范:fan 汪:wang 廖:liao 石:shi 金:jin 韦:wei 贾:jia 夏:xia 付:fu 方:fang 邹:zou 熊:xiong 白:bai
孟:meng 秦:qin 邱:qiu 侯:hou 江:jiang 尹:yin 薛:xue 闫:yan 段:duan 雷:lei 龙:long 黎:li 史:shi 陶:tao 贺:he 毛:mao 郝:hao 顾:gu 龚:gong 邵:shao 万:wan 覃:qin 武:wu 钱:qian
戴:dai 严:yan 莫:mo 孔:kong 向:xiang 常:chang 汤:tang 康:kang 易:yi 乔:qiao 赖:lai 文:wen 施:shi 洪:hong 季:ji 樊:fan 兰:lan 殷:yin 安:an 倪:ni 温:wen 芦:lu 关:guan 俞:yu
葛:ge 申:shen 伍:wu 左:zuo 柳:liu 甘:gan 祝:zhu 包:bao 宁:ning 符:fu 阮:ruan 纪:ji 梅:mei 童:tong 凌:ling 毕:bi 单:shan 裴:pei 霍:huo 成:cheng 苗:miao 谷:gu 曲:qu 盛:sheng
冉:ran 翁:weng 蓝:lan 路:lu 游:you 靳:jin 辛:xin 管:guan 柴:chai 蒙:meng 鲍:bao 华:hua 喻:yu 祁:qi 房:fang 滕:teng 屈:qu 饶:rao 解:xie 牟:mou 艾:ai 尤:you 时:shi 穆:mu 农:nong
司:si 查:zha 仇:qiu 欧阳:ouyang 上官:shangguan 司马:sima 诸葛:zhuge 皇甫:huangfu 尉迟:yuchi 夏侯:xiahou 慕容:murong 令狐:linghu 司徒:situ 东方:dongfang 公孙:gongsun 端木:duanmu
宇文:yuwen 长孙:zhangsun 万俟:moqi
"""


@cache
def given_sounds() -> dict[str, str]:
    """Sound with tone of each character of given names.

    >>> given_sounds()["伟"] == given_sounds()["玮"]
    True
    """
    return {character: sound for item in _GIVEN.split() for sound, characters in [item.split(":")] for character in characters}


@cache
def surname_sounds() -> dict[str, str]:
    """Sound of each surname, without tone."""
    return dict(item.split(":") for item in _SURNAMES.split())
