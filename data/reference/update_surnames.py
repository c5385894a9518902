"""Makes surnames.parquet (surname, reading, rank) and name_characters.parquet (character, reading in a given name).

Run ``python data/reference/update_surnames.py``. The surnames are our own list (the 百家姓, the four hundred most frequent
surnames in their rough order of the 2020 report on names, rare and compound ones); readings come from pypinyin (MIT)
but for those that are read differently as a surname or in a name, which are written here with what dictionaries of
surnames say (单 shàn, 仇 qiú, 万俟 mò qí).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pypinyin import Style, lazy_pinyin

HERE = Path(__file__).resolve().parent

FREQUENT = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴"
    "严莫孔向常汤康易乔赖文樊兰殷施洪翟安颜倪牛温芦季代俞章鲁葛伍申尤毕聂柴焦齐梅庄辛管祝左涂谷祁舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丛岳"
    "华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩麻阎隆栗利于"
)
OTHERS = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和"
    "穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴"
    "陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴鬱胥能苍双闻莘党翟谭贡劳逄姬申"
    "扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红"
    "游竺权逯盖益桓公仉督岳帅缑亢况郈有琴归海晋楚闫法汝鄢涂钦商牟佘佴伯赏墨哈谯笪年爱阳佟言福"
    "肖付岱佀佐伦但侬俎修信俱候倍倬倶候傲僧兆克全兴其典冶冼初别前力办助劾势匙区千升卞占卡危厚原双召台叱吐君吾呂呼员哪唤商善喜喇嘎团图坚坎坤垄城基墙士声壮夕太央失夷奇奉奎好如妙妫姒娜子字孝孥孥安宏宓定宛客宣室家宾密富"
    "宿寒察寸寻封尉尧尼尚层居展山屹岑岩岱岳峗崇崎嵇嵩巍工巢巨己巴市布帖常幕干平年幸广庆库应庞庹廉延建弋弓张弥归当录彦彤征徵徐律微德心必忻忽怀思恩恭息悉惠慈慕成战户房所扎扶承折抗拉拓拜招持指挚接揣撒操支收攸政敏教敖"
    "斗斛斯新旁旷昂昆昌明易星春昭是晁普景智暴暨曙曲更朗木朴权李来杭杰杲东松析枝枚果柔柳柴树栋格桐桑植楚楼榆樵橘欣欧歹殳母毓毕民水永沃沐沔沙沪泉法泥洋洗洛津洪洲浑浦海涂淡淦清渊渠温湛源漆滑漏潭澄濮火炊炎焉煌燕爱爽牙牟牧犹"
    "犹狄独狐玄玉玛玲珠理琚琴琼璩瓮甄生甯畅番登白百皇益盈直相眭督睢知矫碧礼祖祭禄禹秀秋种称稽空穰窦竹端符答筱简管籍米粘粟粱精红纳纵练终经续维缪罕羊羿老耶聊聪肇胥胶能腾自臧至舍舟良色艾芈芒芦花苍苑苗若英茂范茅茆茹草荀荆荔荣荤药莘莫莱"
    "莽菅菜菊萨落葛董蒉蒋蒙蓟蓝蓬蔄蔚蔡蔺藏虎虞蚁行衣衡衷裘西要覃视角解言訾计订记论诗诸诺课谌谯谷豆象豹贝负贡贲贵费贺资赏赖赤赫起越足路车轩载辉辗达迪迮逄通逯道遆遇那邝邢邦邰邴邸郁郅郎郏郐郑郗郝部郭郯都鄂鄞鄢鄯酆酒里重野金钊钏钭钮钱铁银锁锐锡"
    "镇长门闪闭问闵闻闽阙阚阎防陀降院随隗雍雪雷霍青静革鞠鞏鞫韦韩音韶项须顿颉频风飞饶香马驷骆高鬲鱼鲁鲍鲜鹿麦麻黄黎黑默鼓齐龙龚龛龙仝佘粟占卿句"
    "缴厙呙妥宓邾郇郄郤郓邳邗郧鄄郦鄱亓亢仉佴冮勾厍叆吲咎哈嗣坼塔夔夙妘妵妲宁宕宥尕尢岐嵬巽帕幺幽廼弭彧徙忌怯恽恒悟戊扬拱揭敕敬斜晃曰朔杞柘栢梳森橡步殴毌氾汉汗汪汶沅沛沮泊泮洑洛浩涅淳渐溥滚漕澹濯焕熙熬燧牢狂珂琅瑞璞甫画畀"
    "疏痕皋盘矣睦磨祃祢福禚秘稂穆窃竭笃筑简箕簿粘糜系綦綻纽纪绍绳缑缠缴罪羌羙翦翠耆耨聚肃肥胜臣致舜艳芙芬芷苌苓茆茌荐荻莒菀菏菲萱葆葵蒿蒯蓝蔍蔚蔥薇藉虚蜀蝈血衙袭褟褚覃觉訇詹谏谌豫贠贯贾赛赠赧跃踪軒轷辕辜边迁迟逢逮遂邹酉釜鈕钦铎铭锦镡镜闇闞阔隋隰隽雒零霜鞮韋頓顧颇颛飘駱鬻魁魏鮑鸿麴黨"
)
COMPOUND = (  # noqa: SIM905  (names read better as words of a text)
    "欧阳 司马 上官 诸葛 闻人 东方 赫连 皇甫 尉迟 公羊 澹台 公冶 宗政 濮阳 淳于 太叔 申屠 公孙 仲孙 轩辕 令狐 钟离 宇文 长孙 慕容 鲜于 闾丘 司徒 司空 亓官 司寇 子车 颛孙 端木 巫马 公西 漆雕 乐正 壤驷 公良 拓跋 夹谷 宰父 谷梁 "
    "段干 百里 东郭 南门 呼延 羊舌 微生 梁丘 左丘 东门 西门 南宫 第五 夏侯 万俟 纳兰 完颜 独孤 贺兰 爱新觉罗 叶赫那拉 达奚 褚师 吐谷浑 公输 即墨 南郭 北宫 闾邱 哥舒 拔列 宿勤 侯莫陈 斛律 屈突 尔朱 贺若 贺拔 库狄 耶律 沙吒 富察 钮祜禄 瓜尔佳 赫舍里 "
    "那拉 费莫 乌雅 佟佳 西林 萨嘛喇 欧侯 相里 毋丘 浮丘 安陵 黑齿 墨台 延陵 落下 徒单 蒲察 豆卢 阿史那 单于 太史 公乘 南荣 叔孙 季孙 司城 梁邱 东里 东宫 西陵 青阳 纥骨 乌孙 马佳 索绰罗 觉罗 章佳 舒穆禄 第二"
).split()
# Read differently as a surname than the character usually is. A surname of several characters has several readings.
READINGS = dict(
    pair.split(":")
    for pair in (  # noqa: SIM905  (names read better as words of a text)
        "单:shan 仇:qiu 解:xie 曾:zeng 查:zha 盖:ge 朴:piao 覃:qin 区:ou 翟:zhai 尉:wei 缪:miao 柏:bai 乐:yue 任:ren 华:hua 纪:ji 燕:yan 宁:ning 员:yun 贠:yun 秘:bi 种:chong 折:she 冼:xian 洗:xian 繁:po 褚:chu 晁:chao 黑:he 卜:bu 薄:bo 祭:zhai 召:shao "
        "葛:ge 逄:pang 乜:nie 仉:zhang 佘:she 谌:chen 郇:xun 郗:xi 郄:qie 郤:xi 隗:kui 眭:sui 睢:sui 訾:zi 昝:zan 阚:kan 麴:qu 鞠:ju 应:ying 万:wan 车:che 石:shi 重:chong 长:chang 都:du 行:xing 降:xiang 盛:sheng 臧:zang 藏:zang 牟:mou 句:gou 勾:gou 哈:ha 宿:su "
        "适:kuo 尹:yin 殷:yin 曲:qu 瞿:qu 璩:qu 费:fei 贲:ben 贾:jia 占:zhan 仝:tong 芮:rui 甄:zhen 於:yu 乾:qian 俞:yu 喻:yu 能:nai 佟:tong 侯:hou 庹:tuo 冮:gang 禚:zhuo 綦:qi 亓:qi 妫:gui 芈:mi 郏:jia 逯:lu 鄢:yan 靳:jin 岑:cen 邝:kuang 谯:qiao 缑:gou "
        "晟:cheng 要:yao 干:gan 观:guan 朱:zhu 沈:shen 沉:shen 叶:ye 夏:xia 那:na 呙:guo 撒:sa 载:zai 难:nan 宓:mi 角:jue 钭:tou 厍:she 殳:shu 蔺:lin 蒯:kuai 郜:gao 莘:shen 栾:luan 戴:dai 裘:qiu 阙:que 遆:ti 镡:tan 隽:juan 恽:yun 笪:da 酆:feng 尕:ga 粘:nian 爨:cuan 过:guo 洑:fu 伯:bo 逮:dai 弗:fu 佴:nai 鲜:xian 曹:cao 晏:yan "
        "召:shao 幸:xing 么:yao 牧:mu 蚁:yi 俱:ju 相:xiang 朝:chao 刁:diao 邸:di 吕:lv 逢:pang 夹:jia 耶:ye 戌:qu 乌:wu 尧:yao 宣:xuan 奇:qi 巴:ba 卡:ka 和:he 哪:na 强:qiang 都:du 隋:sui 晃:huang 洛:luo 雒:luo"
    ).split()
) | {
    "万俟": "mo qi", "尉迟": "yu chi", "澹台": "tan tai", "长孙": "zhang sun", "令狐": "ling hu", "宰父": "zai fu", "亓官": "qi guan", "闾丘": "lv qiu", "闾邱": "lv qiu", "夹谷": "jia gu", "谷梁": "gu liang",
    "子车": "zi ju", "颛孙": "zhuan sun", "乐正": "yue zheng", "单于": "chan yu", "吐谷浑": "tu yu hun", "鲜于": "xian yu", "呼延": "hu yan", "壤驷": "rang si", "拓跋": "tuo ba", "毋丘": "wu qiu", "相里": "xiang li",
    "库狄": "she di", "侯莫陈": "hou mo chen", "贺若": "he ruo", "那拉": "na la", "叶赫那拉": "ye he na la",
}  # fmt: skip
# Read differently in a given name than the character alone usually is.
IN_NAMES = dict(
    pair.split(":")
    for pair in (  # noqa: SIM905  (names read better as words of a text)
        "长:chang 晟:sheng 茜:qian 乐:le 朝:chao 行:xing 都:du 参:shen 曾:zeng 重:chong 乾:qian 和:he 单:dan 解:jie 盛:sheng 仔:zai 传:chuan 强:qiang 娜:na 艾:ai 石:shi 柏:bai 宿:su 尉:wei 藏:cang 覃:tan 翟:zhai 缪:miao 区:qu 还:huan 为:wei 地:di 了:liao 的:de 着:zhuo 得:de 好:hao "
        "朴:pu 仇:qiu 查:cha 调:tiao 降:jiang 教:jiao 卷:juan 角:jiao 兴:xing 应:ying 相:xiang 观:guan 冠:guan 舍:she 数:shu 识:shi 瑟:se 省:sheng 熨:yun 缘:yuan 陶:tao 校:xiao 弹:tan 塞:sai 苔:tai 率:shuai 茄:jia 菀:wan 莞:wan 莎:sha 珂:ke 珏:jue 祺:qi 琪:qi 媛:yuan 婕:jie 浣:huan 濛:meng 芮:rui "
        "筠:yun 炅:jiong 赟:yun 贇:yun 昇:sheng 陞:sheng 堃:kun 喆:zhe 淼:miao 垚:yao 犇:ben 骉:biao 羴:shan 鑫:xin 森:sen 焱:yan 燚:yi 卉:hui 晶:jing 磊:lei 品:pin 翀:chong 翃:hong 奭:shi 祎:yi 袆:hui 旸:yang 玚:yang 昉:fang 彧:yu 煜:yu 昱:yu 毓:yu 谌:chen 哿:ge 畑:tian 壵:zhuang 俍:liang 佶:ji 倢:jie 仂:le 娈:luan 曌:zhao 於:yu"
    ).split()
)


def main() -> None:
    """Writes both tables beside this script."""
    ordered = list(dict.fromkeys([*FREQUENT, *COMPOUND, *OTHERS, *(name for name in READINGS if len(name) == 1)]))
    rank = {name: place for place, name in enumerate(dict.fromkeys(FREQUENT), 1)}
    surnames = pl.DataFrame(
        {
            "surname": ordered,
            "reading": [
                READINGS.get(name) or " ".join(IN_NAMES.get(one) or READINGS.get(one) or _usual(one) for one in name) for name in ordered
            ],
            "rank": [rank.get(name) for name in ordered],
        },
        schema={"surname": pl.String, "reading": pl.String, "rank": pl.Int16},
    ).sort("surname")
    block = [chr(code) for low, high in ((0x3400, 0x4DC0), (0x4E00, 0xA000)) for code in range(low, high)] + ["〇"]
    readings = [IN_NAMES.get(one) or _usual(one) for one in block]
    characters = pl.DataFrame({"character": block, "reading": readings}).filter(pl.col("reading").str.contains("^[a-z]+$"))
    for frame, name in ((surnames, "surnames"), (characters, "name_characters")):
        file = HERE / f"{name}.parquet"
        frame.write_parquet(file, compression="zstd", compression_level=19)
        print(f"{file.name}: {frame.height} rows, {file.stat().st_size:,} bytes")


def _usual(character: str) -> str:
    return "ling" if character == "〇" else lazy_pinyin(character, style=Style.NORMAL)[0].replace("ü", "v").replace("ê", "e")


if __name__ == "__main__":
    main()
