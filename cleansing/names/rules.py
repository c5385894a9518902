"""Words and patterns that a name cell is read with. All text is normalized and simplified before they are tried."""

from __future__ import annotations

import polars as pl

from cleansing.text import JUNK_WORDS

HAN = "[〇\u3400-\u9fff\U00020000-\U0003ffff]"

FREQUENT = "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴]"
# A VIN, a plate or another code of Latin letters and digits: no name, and no phone in it.
CODE = r"(?i)^(?:[a-hj-npr-z0-9]{17}|\p{Han}?[a-z][a-z0-9]*[0-9][a-z][a-z0-9]*|[0-9]{17}x|\p{Han}[a-z][0-9a-z]{5,6})$"
# A phone in the name cell: seven digits or more, with what people put between them, masked or not.
PHONE = r"\(?\+?[0-9](?:[ ()_.\-—–－]?[0-9*]){6,}"

# What says that a phone follows.
PHONE_WORD = r"(?i)[(（]?(?:联系)?(?:电话|手机|号码|微信|tel|mobile|phone|mob|cell)(?:号码?)?[.:： )]*"

ROLES = "老客户|新客户|客户|员工|职工|业主|户主|顾客|用户|会员|车主|新车主|原车主|送修人|报修人|送车人|取车人|联系人|紧急联系人|付款人|付款方|开票人|购车人|购买人|使用人|驾驶人|驾驶员|司机|代办人|代理人|经办人|本人|收件人|投保人|被保险人|投诉人"
LABEL = rf"^(?:(?:{ROLES}|客户名称|客户姓名|车主姓名|联系人姓名|用户姓名|真实姓名|姓名|名字|名称|微信名?|昵称|夫妻|夫妇|家庭|代办|代签|代领|代购|代|法人|name|Name|NAME)+\s*[:：=]\s*)+"
LABEL_SPACED = r"^(?:客户姓名|车主姓名|客户名称|联系人姓名|真实姓名|姓名|名字|车主|客户|联系人|送修人)\s+"
# 先生:王伟
LABEL_TITLE = r"^(先生|女士|小姐)\s*[:：]\s*(.+)$"
# What stands before a name to be polite.
ADDRESS = "^(?:尊敬的|亲爱的|敬爱的)"
# A second role begins a second person: 车主张伟 送修人李娜.
ROLE_INSIDE = rf"({HAN})\s+(?:{ROLES})\s*[:：]?\s*({HAN})"
# Two people with a title each: 张先生和李女士, 黄先生 陈小姐.
TWO_TITLED = rf"^({HAN}{{1,4}}(?:先生|女士|小姐|太太))\s*(?:和|与|及|跟)?\s*({HAN}{{1,3}}(?:先生|女士|小姐|太太|夫人))$"
# A plate, a resident id or a VIN beside a name.
NUMBER_BESIDE = r"[\s(\[,，/-]*(?:[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-Za-z][·. -]?[A-Za-z0-9]{5,6}|[0-9]{17}[0-9Xx]|[A-HJ-NPR-Z0-9]{17})[)\]]?"
# 张伟/男, 李晓(女,35岁)
SEX = r"^(.*\p{L}{2}.*?)[(\[/,\s、-]+(?:性别[:：]?)?(男|女)性?(?:[,/、\s]*[0-9]{1,3}岁?)?[)\]\s]*$"
# Words in brackets or behind a dash that are about the person, not of the name.
NOTE = rf"(?:{ROLES}|代|代办|代领|代签|代购|老婆|老公|妻子|丈夫|爱人|儿子|女儿|父亲|母亲|爸爸|妈妈|朋友|同事|亲戚|弟弟|哥哥|姐姐|妹妹|家属|夫人|员工|内部|老客户|新客户|大客户|VIP|vip|重复|已故|停机|勿扰|勿打|备用|转介绍|微信|企业微信|二手|试驾|战败|潜客|公司|单位|法人|负责人|老板|测试)"
NOTE_AFTER = rf"(?:[-—–_/、,;\s]+{NOTE}|(?:车主|本人|代办|代签))$"

# What a note in the cell says of whom it names, by the reason that keeps it. 退订 is no such word: it is of an order that was cancelled, too.
DECEASED = "已故|去世|过世|逝世|辞世|离世|病故|亡故"
DO_NOT_CONTACT = (
    r"勿[打扰联电拨访致来]|免打扰|拒访|(?:请勿|不要|不得|禁止|别|谢绝|拒绝)再?(?:打|拨|联系|联络|回访|来电|致电|骚扰|推销|营销)"
)
PHONE_OFF = "停机|空号"
SAID = {"name_says_deceased": DECEASED, "name_says_do_not_contact": DO_NOT_CONTACT, "name_says_phone_off": PHONE_OFF}
SAID_CHARACTERS = "故世亡勿扰擾拒打拨撥联聯访訪电電营營推停空"
"""One of these is in every cell that says such a thing, simplified or not."""
DECEASED_BESIDE = rf"^已故的?|[-—–_/、,;:\s]*已?经?(?:{DECEASED})了?$"
UNWANTED_BEHIND = rf"^({FREQUENT}{HAN}{{1,2}})[-—–_/、,;:\s]+(?:已|请)?(?:{DO_NOT_CONTACT}|{PHONE_OFF}).{{0,12}}$"
"""王伟-停机: what stands behind the sign is not of the name."""

# Titles, longest first: what is said to a man, to a woman, to either. Coded as written.
TITLES_M = ("老先生", "先生", "大哥", "老弟", "兄弟", "叔叔", "大叔", "大爷", "伯伯", "爷爷", "师父", "帅哥", "公子", "少爷")
TITLES_F = (
    "老太太",
    "老板娘",
    "女士",
    "小姐姐",
    "小姐",
    "太太",
    "夫人",
    "大姐",
    "大嫂",
    "阿姨",
    "奶奶",
    "大妈",
    "美女",
    "妈妈",
    "姑娘",
    "妹妹",
    "姐姐",
    "女生",
)
TITLES_N = (
    "总经理", "副总经理", "董事长", "副董事长", "总监", "经理", "副总", "老总", "老板", "主任", "副主任", "老师", "师傅", "医生", "大夫", "教授", "博士", "局长", "处长", "科长", "部长", "院长", "校长", "所长", "书记", "主席",
    "会计", "律师", "工程师", "秘书", "助理", "法官", "警官", "队长", "厂长", "店长", "站长", "镇长", "村长", "县长", "市长", "省长", "行长", "社长", "园长", "馆长", "班长", "股长", "段长", "船长", "机长", "教练", "顾问", "专员", "主管",
    "护士", "记者", "导演", "同学", "同志", "司机", "领导", "团长", "营长", "连长", "政委", "参谋", "干事", "区长", "庭长", "检察官", "董事", "股东", "总裁", "副总裁", "主编", "编辑", "设计师",
)  # fmt: skip
# One character: a title only where nothing but a surname, or a whole name of three, stands before it.
TITLES_SHORT_M = ("哥", "叔", "爷", "伯")
TITLES_SHORT_F = ("姐", "嫂", "婶", "姨")
TITLES_SHORT_N = ("总", "工", "董", "局", "处")
TITLED_LATIN = r"(?i)^(mr|mrs|ms|miss|madam|sir)\b"
TITLES_LATIN = r"(?i)^(?:mr|mrs|ms|miss|mx|madam|sir|dr|prof)\b\.?\s*"

GENDERS = dict.fromkeys((*TITLES_M, *TITLES_SHORT_M, "mr", "sir"), "M") | dict.fromkeys(
    (*TITLES_F, *TITLES_SHORT_F, "mrs", "ms", "miss", "madam"), "F"
)
"""Title, in lower case, to the gender it says."""

TITLE = "|".join(sorted((*TITLES_M, *TITLES_F, *TITLES_N), key=len, reverse=True))
RELATIVES = "老公|老婆|妻子|丈夫|爱人|儿子|女儿|父亲|母亲|爸爸|妈妈|朋友|同事|弟弟|哥哥|姐姐|妹妹|家属|司机|秘书|助理|太太|夫人|媳妇|孩子|父母|亲属|岳父|岳母"
COUPLE = "夫妇|夫妻|伉俪|两口子"
# Behind a whole name these are no titles and no given name; behind a surname alone they may be (王妈妈, 王爱人).
KIN = "老公|老婆|妻子|丈夫|爱人|儿子|女儿|父亲|母亲|爸爸|妈妈|朋友|同事|弟弟|哥哥|姐姐|妹妹|家属|媳妇|孩子|父母|亲属|岳父|岳母|之妻|之夫|之子|之女|之父|之母"
# 李明的妻子, 张三丰妈妈, 王女士老公, 王总的司机: whose relative it is, and no name of its own.
BY_RELATION = (
    rf"^(?:{HAN}{{1,4}}(?:先生|女士|小姐|太太|总|哥|姐)的?(?:{RELATIVES})|{HAN}{{1,4}}?的(?:{RELATIVES}|{KIN})|({HAN}{{2,4}}?)(?:{KIN}))$"
)
# 王伟夫妇 and 王伟的车 are of 王伟.
COUPLE_OR_CAR = rf"^({HAN}{{1,4}}?)(?:的?(?:{COUPLE})|的车)$"
# 赵明爱人李娜: whose relative, then the name.
RELATIVE_NAMED = rf"^{HAN}{{2,3}}的?(?:{KIN})[ :：,，]?({FREQUENT}{HAN}{{1,2}})$"
SURNAMED = rf"^(?:姓({HAN}{{1,2}})|({HAN}{{1,2}})姓(?:客户|车主|男士|男子|女子|用户|客人|朋友)?)$"
# What the encoding of an export does not have it writes as a question mark.
CHARACTERS_LOST = rf"{HAN}[?？]|[?？]{HAN}"
# 陈总-上海永达: what stands behind the dash is where he works.
AFFILIATED = rf"^({HAN}{{1,2}}(?:{TITLE}|[总工董哥姐]))[-—–].+$"
# A Chinese name beside a Latin one: 王伟 David.
BESIDE_LATIN = rf"^(?:({HAN}{{2,4}})[ ,]*[A-Za-z][A-Za-z .'-]*|[A-Za-z][A-Za-z .'-]*?[ ,]*({HAN}{{2,4}}))$"
TITLE_SHORT = "|".join((*TITLES_SHORT_M, *TITLES_SHORT_F, *TITLES_SHORT_N))

# An organization says so by a legal form or a business anywhere, or by a word at the end of a longer name.
COMPANY_ANYWHERE = (
    "公司|火锅|拉面|烧烤|面馆|人寿|市委|区委|县委|省委|党委|支部|办公室|理发|网吧|药房|药店|快餐|便利店|家具|家电|门窗|钢材|石材|木业|陶瓷|塑料|模具|纸业|包装|制衣|健身|培训|驾校|石化|石油|电信|铁路|航空|航运|出版|影视|软件|医药|药业|能源|环保|园林|农场|林场|粮油|酒业|矿业|钢铁|重工|轮胎|橡胶|仪器|设备|公证处|养老院|福利院|有限责任|股份有限|集团|合作社|事务所|经营部|经销部|营业部|门市部|项目部|工程部|管理处|服务部|服务中心|服务站|办事处|委员会|村委会|居委会|政府|公安|派出所|法院|检察院|税务局|工商局|管理局|教育局|交通局|卫生院|卫生局|大学|学院|"
    "中学|小学|幼儿园|医院|诊所|银行|信用社|支行|分行|保险|研究院|研究所|设计院|协会|商会|基金会|俱乐部|酒店|宾馆|饭店|超市|商场|商行|商店|商贸|贸易|科技|实业|物流|运输|租赁|汽贸|汽修|汽车|装饰|建材|建筑|建设|工程队|旅行社|工作室|加油站|电力|车队|部队|支队|大队|消防|武警|出租|"
    "股份|市政|中介|国网|鲜花|建工|经营户|种植户|养殖户|期货|证券|基金|律所|租车|约车|家居|油田|煤矿|电焊|水产|水果|蔬菜|花店|烟酒|茶叶|服装|鞋业|眼镜|珠宝|窗帘|灯饰|卫浴|搬家|保洁|家政|货运|货代|报关|冷链|仓储|代驾|洗车|钣金|喷漆|贴膜|改装|救援|二手车|影楼|摄影|婚庆|琴行|酒吧|咖啡|奶茶|"
    "烘焙|蛋糕|早餐|餐馆|酒楼|食堂|排档|海鲜|烤鱼|烤鸭|牛肉|羊肉|龙虾|麻辣烫|米线|包子|饺子|农庄|山庄|民宿|客栈|旅馆|招待所|浴室|足浴|美发|造型|口腔|卫生所|宠物|种子|饲料|农机|水利|水务|燃气|供电|电网|自来水|环卫|交警|海关|海事|港务|码头|造船|机场|地铁|公交|客运|邮政|报社|电视台|书店|文具|"
    "典当|担保|资产|审计|监狱|民政|妇联|工会|武装部|组织部|宣传部|政协|纪委|监理|劳务|保安|"
    "开发区|街道|印刷|服饰|餐饮|餐厅|食品|百货|速运|快递|快运|出行|修车|修理|维修|汽配|配件|美容|个体|工商户|小吃|机械|五金|电器|电子|化工|纺织|农业|养殖|传媒|广告|咨询|投资|地产|房产|物业"
)
# A city, a province or a great state company, and two characters or more: people are not called so, shops are.
PLACES = "上海|北京|天津|重庆|广州|深圳|杭州|苏州|南京|武汉|西安|郑州|长沙|青岛|宁波|无锡|合肥|福州|厦门|济南|大连|沈阳|哈尔滨|长春|昆明|贵阳|南宁|海口|石家庄|太原|南昌|浙江|江苏|广东|山东|河南|河北|湖南|湖北|四川|福建|安徽|江西|辽宁|吉林省|黑龙江|云南|贵州|广西|陕西|山西|内蒙古|新疆|甘肃|青海|宁夏|海南|西藏|中国|全国|中铁|中建|中交|中核|中航|华润|一汽|上汽|广汽|北汽"
COMPANY_OF_PLACE = rf"^(?:{PLACES})市?{HAN}{{2,}}$"
# Organizations without a name of their own.
BODIES = (
    "教育局|公安局|税务局|财政局|交通局|民政局|司法局|环保局|卫生局|水利局|农业局|林业局|统计局|审计局|工商局|监管局|规划局|国土局|人社局|社保局|气象局"
    "|邮政局|供电局|铁路局|文化局|旅游局|城管局|住建局|房管局|烟草局|公路局|消防队|消防支队|消防大队|交警队|交警大队|法院|检察院|派出所|村委会|居委会|管委会"
)
COMPANY_BARE = f"(?:{BODIES}|幼儿园|共青团|车管所)$"
COMPANY_AT_END = "处|铺|厂|店|局|所|院|校|行|社|站|部|中心|馆|会|场|园|坊|屋|超市|车行|公会|个体户|分部|总部|企业|大厦|宾馆|庄|楼"
COMPANY_SIGN = (
    r"株式会社|\(株\)|有限会社|\((?:集团|有限合伙|普通合伙|个人独资)\)|\b(?:AG|KG|B\.?V|N\.?V|SpA|S\.p\.A|S\.A|S\.r\.l|Pty|Pte|LLP|LP)\.?$"
)
COMPANY_LATIN = r"(?i)\b(?:co\.?,? ?ltd|ltd|llc|inc|corp|corporation|company|gmbh|plc|limited|group|holdings?|china|motors?|automotive|bank|insurance|trading|logistics|technology|industries|university|international)\b\.?"

MASKED = rf"(?:^{HAN}{{1,3}}[*xX×○●□■?_]+{HAN}?$)|(?:^[*○●□■]+{HAN}{{1,2}}$)|(?:^{HAN}[*○●□■]+{HAN}$)|(?:^{HAN}某{{1,3}}$)|(?:^{HAN}{{1,2}}某某?$)"

SEPARATOR = r"\s*[/、,;|&+＆，；\n\\]+\s*"
# Whole Latin names on both sides: ZHANG/WEI is one person in a passport's form.
JOINED_LATIN = r"^\p{Latin}{2,} \p{Latin}{2,} *[/;&|+] *\p{Latin}{2,} \p{Latin}{2,}$"
# 王伟和李娜; 李明代王伟, where either side must surely be a name.
JOINED = rf"^(?:({HAN}{{2,3}})(?:和|与|及|跟)({HAN}{{2,3}})|({FREQUENT}{HAN}{{1,2}})[代替]({FREQUENT}{HAN}{{1,2}}))$"

# Said instead of a name, beyond what is junk in any field.
NOBODY = "公司|单位|个人|私人|散客|路人|客户|车主|用户|本人|家人|朋友|公家|公车|公务车|试驾车|商品车|展车|经销商|本店|展厅|自店|库存|路人甲|佚名|自然人|无人|游客|散户|来宾|同车主姓名|业务员|工作人员|某人|姓名|客户姓名|车主姓名|客户名称|用户名|联系人姓名|管理员|系统|同车主|试乘试驾|某先生|某女士"
UNWANTED = "请勿|勿扰|勿打|勿联|勿删|不要打|不要联系|不要回访|别打|别联系|拒绝回访|拒访|空号|停机|退订|黑名单"
NO_NAME = (
    rf"^(?:(?:测试|试验).*|{HAN}{{1,6}}测试[0-9]*|某+|无+|啊+|哈{{3,}}|嘿+|呵+|哦+|嗯+|[^()\[\]]*(?:{UNWANTED})[^()\[\]]*|(?:{HAN}{{0,3}}[^姓])?(?:客户|用户|顾客|潜客|访客)|(?:新|老|原)车主|私家车|试驾(?:者|人|车)?|[A-Za-z]|.*管理员|请(?:输入|填写|选择).*|(?:[A-Za-z]{{2,5}}|{HAN}{{2,4}})?(?:线索|商机|集客)[0-9]*|已?(?:战败|流失|成交|订车|提车|退车|退订|无效|过户|报废)(?:客户|车)?"
    rf"|.*(?:不愿|不肯|不想|拒绝|不方便|[不未没](?:提供|透露|留|告知)).*|=[A-Za-z]{{1,3}}[0-9]+|\S+@\S+\.\S+)$"
)
"""What says that nobody is named."""
TEST = r"(?i)测试|^试验|^test"
"""What says, in a cell that names nobody, that the row is a test of a system."""
NOTHING = sorted({*JUNK_WORDS, *NOBODY.split("|")})
ROLE_WORDS = (*ROLES.split("|"), "代办", "代签", "法人", *"-—–_/、,;")
ROLE_WORD = f"(?:{ROLES}|法人代表|法人|代办|代签)"
ROLE_BEFORE = (
    rf"^(?:(?:新车主|原车主|车主|送修人|联系人|付款人|购车人|被保险人|投保人|客户|用户|司机|老客户|新客户|业主|户主)({HAN}{{2,4}})"
    rf"|{ROLE_WORD}([小老]{FREQUENT}|{FREQUENT}{HAN}{{1,3}}))$"
)
"""经办人王强: what someone is, before the name."""
SURELY_PERSON = rf"^(?:{HAN}{{1,4}}(?:{TITLE})|{FREQUENT}{HAN}{{1,2}})$"
"""A title, or a frequent surname and one or two characters: what stands in brackets behind it is not of the name."""
EMPLOYED = rf"^[\p{{L}}0-9]*(?:公司|集团|保险|汽车|银行|店|厂|局|学校|医院|大学|销售|售后|服务)({FREQUENT}{HAN}{{0,2}}?(?:{TITLE}))$"
"""保险公司李经理: where someone works, before the name."""
NUMBERED = rf"^({FREQUENT}{HAN}{{1,2}})[ _(-]*(?:[0-9]{{3,6}}|(?:19|20)?[0-9]{{2}}年{HAN}*)\)?$"
"""林强1860, 林强 2023年购车: a number or a year behind a name is not of it."""
TITLE_BEFORE = rf"^({TITLE})({FREQUENT}{HAN}{{1,2}})$"
NOTE_DASHED = rf"^({FREQUENT}{HAN}{{1,2}})[-—–_]+({HAN}[^-—–_]+)$"
"""张伟-帕萨特: what stands behind the dash, unless it looks like a second name."""
# Names of four characters and more that begin so are not split into surname and given name (Uygur, Kazak, Tibetan …).
UNSPLIT = "^(?:阿[不卜布依依孜迪力尔曼里]|古丽|买买|麦麦|努尔|吐尔|吐逊|艾[合孜尼克力麦山]|依[布力米]|热[合孜依娜比]|玛[依丽日]|迪[丽力]|帕[提尔孜]|巴[哈合图]|哈[力里斯萨]|塔[依吉什]|库[尔万]|木[合沙塔]|米[尔热]|肉孜|沙[吾依比]|苏[里力莱]|伊[力布斯]|扎西|次仁|卓玛|格桑|索朗|旦增|丹增|洛桑|尼玛|达瓦|普布|拉姆|仁青|德吉|央金|乌[兰云力]|其其|苏日|斯琴|萨仁|那仁|呼和|额尔|朝鲁)"
UNSPLIT_FIRST = "阿古买麦努吐艾依热玛迪帕巴哈塔库木米肉沙苏伊扎次卓格索旦丹洛尼达普拉仁德央乌其斯萨那呼额朝"
"""The characters that ``UNSPLIT`` begins with."""
DOUBTFUL_COMPOUNDS = ("贺兰", "佟佳", "马佳", "章佳", "乌雅", "西林", "东里", "青阳", "西陵", "南荣", "公祖", "张简", "范姜")
"""Compound surnames whose first character is a frequent one too: 佟佳怡 is 佟 and 佳怡; only with two characters behind are they surnames."""
# Near certain from the given name alone; anything weaker stays unknown.
FEMALE = "婷娜娟莉媛妮嫣婧姗姣娇婵婕娥莎娅妍娣姝婉娴嫚媚嫒娉婻妹嫦婳姮媗妤妗"
MALE_AT_END = "彪雄刚勇猛魁奎豪栋汉虎"


def junk_reason(text: pl.Expr) -> pl.Expr:
    """The reason code of a cell that names nobody."""
    return pl.when(text.str.contains(TEST)).then(pl.lit("name_test")).otherwise(pl.lit("name_junk"))
