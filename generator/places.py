"""Cities of the simulated world: districts with today's GB/T 2260 codes, plate letters, area codes, postcodes, former names.

Sources: GB/T 2260 codes as published by the Ministry of Civil Affairs; area codes by the numbering plan of fixed lines; plate
letters of the Ministry of Public Security. Weights are roughly millions of registered private cars. The tests hold
every code against an independent list.

>>> city_table().filter(pl.col("city") == "上海市").select("province", "plate", "area_code").row(0)
('上海市', '沪A', '021')
>>> district_table().filter(pl.col("district") == "浦东新区").item(0, "adcode")
'310115'
"""

from __future__ import annotations

from functools import cache

import polars as pl

# 省|市|plate letters|area code|first four digits of the postcode|weight|code of the city|districts with the last two digits of their code
_CITIES = """\
北京市|北京市|京N,京Q,京A|010|1000|6.0|1101|东城区01 西城区02 朝阳区05 丰台区06 石景山区07 海淀区08 通州区12 顺义区13 昌平区14 大兴区15
上海市|上海市|沪A,沪B,沪D|021|2000|5.0|3101|黄浦区01 徐汇区04 长宁区05 静安区06 普陀区07 虹口区09 杨浦区10 闵行区12 宝山区13 嘉定区14 浦东新区15 松江区17 青浦区18 奉贤区20
天津市|天津市|津A,津B|022|3000|3.2|1201|和平区01 河东区02 河西区03 南开区04 河北区05 西青区11 津南区12 北辰区13 武清区14 滨海新区16
重庆市|重庆市|渝A,渝B|023|4000|4.0|5001|万州区01 渝中区03 江北区05 沙坪坝区06 九龙坡区07 南岸区08 渝北区12 巴南区13 永川区18
河北省|石家庄市|冀A|0311|0500|2.8|1301|长安区02 桥西区04 新华区05 裕华区08 藁城区09 鹿泉区10
山西省|太原市|晋A|0351|0300|1.6|1401|小店区05 迎泽区06 杏花岭区07 万柏林区09
辽宁省|沈阳市|辽A|024|1100|2.4|2101|和平区02 沈河区03 大东区04 皇姑区05 铁西区06 浑南区12 于洪区14
辽宁省|大连市|辽B|0411|1160|1.9|2102|中山区02 西岗区03 沙河口区04 甘井子区11 金州区13
吉林省|长春市|吉A|0431|1300|1.9|2201|南关区02 宽城区03 朝阳区04 二道区05 绿园区06
黑龙江省|哈尔滨市|黑A|0451|1500|2.0|2301|道里区02 南岗区03 道外区04 香坊区10 松北区09
江苏省|南京市|苏A|025|2100|2.9|3201|玄武区02 秦淮区04 建邺区05 鼓楼区06 浦口区11 栖霞区13 雨花台区14 江宁区15
江苏省|无锡市|苏B|0510|2140|2.2|3202|锡山区05 惠山区06 滨湖区11 梁溪区13 新吴区14 江阴市81 宜兴市82
江苏省|苏州市|苏E,苏U|0512|2150|4.6|3205|虎丘区05 吴中区06 相城区07 姑苏区08 吴江区09 常熟市81 张家港市82 昆山市83
浙江省|杭州市|浙A|0571|3100|3.3|3301|上城区02 拱墅区05 西湖区06 滨江区08 萧山区09 余杭区10 富阳区11 临平区13 钱塘区14
浙江省|宁波市|浙B|0574|3150|3.0|3302|海曙区03 江北区05 北仑区06 镇海区11 鄞州区12 奉化区13 余姚市81 慈溪市82
浙江省|温州市|浙C|0577|3250|2.2|3303|鹿城区02 龙湾区03 瓯海区04 瑞安市81 乐清市82
安徽省|合肥市|皖A|0551|2300|2.3|3401|瑶海区02 庐阳区03 蜀山区04 包河区11 肥东县22 肥西县23
福建省|福州市|闽A|0591|3500|1.8|3501|鼓楼区02 台江区03 仓山区04 马尾区05 晋安区11 长乐区12
福建省|厦门市|闽D|0592|3610|1.7|3502|思明区03 海沧区05 湖里区06 集美区11 同安区12 翔安区13
江西省|南昌市|赣A|0791|3300|1.4|3601|东湖区02 西湖区03 青云谱区04 青山湖区11 新建区12
山东省|济南市|鲁A|0531|2500|2.9|3701|历下区02 市中区03 槐荫区04 天桥区05 历城区12 长清区13 章丘区14
山东省|青岛市|鲁B|0532|2660|3.2|3702|市南区02 市北区03 黄岛区11 崂山区12 李沧区13 城阳区14 即墨区15
河南省|郑州市|豫A|0371|4500|4.2|4101|中原区02 二七区03 管城回族区04 金水区05 惠济区08 中牟县22 新郑市84
湖北省|武汉市|鄂A|027|4300|3.9|4201|江岸区02 江汉区03 硚口区04 汉阳区05 武昌区06 青山区07 洪山区11 东西湖区12 江夏区15
湖北省|襄阳市|鄂F|0710|4410|0.9|4206|襄城区02 樊城区06 襄州区07 枣阳市83
湖南省|长沙市|湘A|0731|4100|2.8|4301|芙蓉区02 天心区03 岳麓区04 开福区05 雨花区11 望城区12 长沙县21
广东省|广州市|粤A|020|5100|3.2|4401|荔湾区03 越秀区04 海珠区05 天河区06 白云区11 黄埔区12 番禺区13 花都区14 南沙区15
广东省|深圳市|粤B|0755|5180|3.8|4403|罗湖区03 福田区04 南山区05 宝安区06 龙岗区07 盐田区08 龙华区09 坪山区10 光明区11
广东省|佛山市|粤E,粤X|0757|5280|3.0|4406|禅城区04 南海区05 顺德区06 三水区07 高明区08
广东省|东莞市|粤S|0769|5230|3.4|4419|东莞市00
广西壮族自治区|南宁市|桂A|0771|5300|2.0|4501|兴宁区02 青秀区03 江南区05 西乡塘区07 良庆区08
海南省|海口市|琼A|0898|5700|0.9|4601|秀英区05 龙华区06 琼山区07 美兰区08
四川省|成都市|川A,川G|028|6100|6.0|5101|锦江区04 青羊区05 金牛区06 武侯区07 成华区08 龙泉驿区12 新都区14 温江区15 双流区16 郫都区17
贵州省|贵阳市|贵A|0851|5500|1.6|5201|南明区02 云岩区03 花溪区11 乌当区12 观山湖区15
云南省|昆明市|云A|0871|6500|2.7|5301|五华区02 盘龙区03 官渡区11 西山区12 呈贡区14
陕西省|西安市|陕A,陕U|029|7100|4.3|6101|新城区02 碑林区03 莲湖区04 灞桥区11 未央区12 雁塔区13 长安区16 鄠邑区18
甘肃省|兰州市|甘A|0931|7300|1.2|6201|城关区02 七里河区03 西固区04 安宁区05
新疆维吾尔自治区|乌鲁木齐市|新A|0991|8300|1.3|6501|天山区02 沙依巴克区03 新市区04 水磨沟区05
"""

_FORMER = """\
310106 静安区 闸北区
310101 黄浦区 卢湾区
310115 浦东新区 南汇区
310115 浦东新区 川沙县
110101 东城区 崇文区
110102 西城区 宣武区
120116 滨海新区 塘沽区
120116 滨海新区 大港区
420602 襄阳市 襄樊市
420606 襄阳市 襄樊市
420607 襄州区 襄阳区
420683 襄阳市 襄樊市
330102 上城区 江干区
330105 拱墅区 下城区
440104 越秀区 东山区
440103 荔湾区 芳村区
320509 吴江区 吴江市
320508 姑苏区 平江区
320508 姑苏区 沧浪区
320213 梁溪区 崇安区
320213 梁溪区 北塘区
320104 秦淮区 白下区
320106 鼓楼区 下关区
330212 鄞州区 江东区
370114 章丘区 章丘市
370203 市北区 四方区
370211 黄岛区 胶南市
370215 即墨区 即墨市
430112 望城区 望城县
510116 双流区 双流县
510117 郫都区 郫县
610118 鄠邑区 户县
350112 长乐区 长乐市
440606 顺德区 顺德市
440605 南海区 南海市
210112 浑南区 东陵区
500118 永川区 永川市
130109 藁城区 藁城市
130110 鹿泉区 鹿泉市
"""

FORMER_ID_REGIONS = ("310108", "310103", "310119", "110103", "110104", "330103", "330104", "440102", "320103", "320107", "420621")
"""Region codes of districts that are no more and still stand in resident ids of people born there."""

TOWN_SUFFIXES = ("街道", "镇")

ROADS = tuple(
    "人民 中山 解放 建设 和平 新华 文化 青年 友谊 胜利 长江 黄河 珠江 泰山 昆仑 学院 科技 创业 迎宾 滨河 滨江 环城 花园 公园 体育 振兴 团结 光明 朝阳 东风 红旗 "
    "五一 八一 龙泉 凤凰 桃园 梅园 松江 银河 金水 玉泉 石桥 杨柳 芙蓉 紫荆 丁香 海棠 兴业 兴隆 富强 康乐 平安 永安 长宁 天山 北京 南京 上海 广州 武夷".split()
)
ROAD_KINDS = ("路", "路", "路", "大道", "街", "东路", "西路", "南路", "北路", "大街", "中路")
ESTATE_HEADS = tuple(
    "万科 绿地 保利 碧桂园 恒大 中海 龙湖 华润 金地 世茂 阳光 锦绣 金色 翠湖 东方 香榭 水岸 书香 盛世 御景 天鹅 紫金 江南 西湖 丽景 滨江 春江 明珠 玫瑰 银河 都市 "
    "幸福 和谐 康桥 新城 名都 怡景 山水 梧桐 枫林".split()
)
ESTATE_TAILS = ("花园", "家园", "新村", "小区", "苑", "名邸", "公馆", "华府", "国际", "雅苑", "花苑", "景园", "新城", "豪庭")


@cache
def city_table() -> pl.DataFrame:
    """One row per city: ``city_id``, province, city, plate (first letters), plates (list), area_code, post4, weight, code4."""
    rows = []
    for line in _CITIES.splitlines():
        province, city, plates, area_code, post4, weight, code4, _ = line.split("|")
        letters = plates.split(",")
        rows.append((province, city, letters[0], letters, area_code, post4, float(weight), code4))
    names = ["province", "city", "plate", "plates", "area_code", "post4", "weight", "code4"]
    return pl.DataFrame(rows, schema=names, orient="row").with_row_index("city_id")


@cache
def district_table() -> pl.DataFrame:
    """One row per district: ``district_id``, ``city_id``, province, city, district, adcode."""
    rows = []
    for city_id, line in enumerate(_CITIES.splitlines()):
        province, city, *_, code4, districts = line.split("|")
        rows.extend((city_id, province, city, item[:-2], code4 + item[-2:]) for item in districts.split())
    return pl.DataFrame(rows, schema=["city_id", "province", "city", "district", "adcode"], orient="row").with_row_index("district_id")


@cache
def former_names() -> pl.DataFrame:
    """What a district or its city was called before: ``adcode``, ``today``, ``former``; a district may have several rows."""
    return pl.DataFrame([line.split() for line in _FORMER.splitlines()], schema=["adcode", "today", "former"], orient="row")
