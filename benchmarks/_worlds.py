"""Tables with truth as anybody may have them: persons and companies of several countries, few columns or many, clean or dirty, drawn by a seed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

Row = dict[str, str | None]


@dataclass(frozen=True)
class Country:
    """What names, towns (with the head of their postcodes) and roads there are, the most frequent first, and how a house's address is written."""

    code: str
    given: str
    surnames: str
    towns: str
    roads: str
    street: str
    joined: bool = False
    companies: str = "Ltd,Limited,"


COUNTRIES = (
    Country(
        "US",
        "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen",
        "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson Anderson Taylor Moore Jackson Lee Perez White",
        "Springfield:627 Columbus:432 Austin:787 Denver:802 Portland:972 Madison:537 Nashville:372 Tampa:336",
        "Main Oak Maple Cedar Pine Elm Washington Lake Hill Park Sunset Lincoln",
        "{no} {road} {Street|St|Avenue|Ave}",
        companies="Inc,Inc.,LLC,Corp,Corporation,",
    ),
    Country(
        "DE",
        "Peter Michael Thomas Andreas Wolfgang Jürgen Günther Stefan Christian Uwe Werner Ursula Maria Monika Petra Sabine Renate Helga Karin Brigitte",
        "Müller Schmidt Schneider Fischer Meyer Weber Wagner Becker Hoffmann Schäfer Koch Bauer Richter Klein Schröder Wolf Neumann Krüger Weiß Möller",
        "Berlin:101 Hamburg:202 München:803 Köln:506 Frankfurt:603 Stuttgart:701 Leipzig:041 Bremen:281",
        "Haupt Bahnhof Schul Garten Dorf Berg Kirch Wald Linden Goethe",
        "{road}{straße|str.|weg} {no}",
        companies="GmbH,GmbH & Co. KG,AG,",
    ),
    Country(
        "FR",
        "Jean Marie Pierre Michel André Philippe Alain Nathalie Isabelle Sylvie Françoise Monique Valérie Stéphanie Céline Laurent Frédéric Nicolas Julien Hélène",
        "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Lefebvre Leroy Roux David Bertrand Morel Fournier Girard Lefèvre",
        "Paris:750 Marseille:130 Lyon:690 Toulouse:310 Nice:060 Nantes:440 Strasbourg:670",
        "Victor-Hugo Gare Église République Moulin Jardins Paix Liberté Pasteur",
        "{no} {rue|r.|avenue|av} {road}",
        companies="SA,SARL,S.A.R.L.,",
    ),
    Country(
        "RU",
        "Александр Сергей Дмитрий Андрей Алексей Максим Евгений Иван Михаил Николай Анна Елена Ольга Наталья Екатерина Татьяна Мария Ирина Светлана Юлия",
        "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов",
        "Москва:101 Казань:420 Самара:443 Омск:644 Пермь:614 Уфа:450",
        "Ленина Мира Советская Садовая Лесная Школьная Гагарина Пушкина",
        "{улица|ул.|проспект|пр.} {road} {no}",
        companies="ООО,АО,",
    ),
    Country(
        "CN",
        "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 刚 桂英 建华 志强 秀兰 建国 海燕 玉兰 婷婷 雪梅 俊杰 浩然 子轩 思远 晓东",
        "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 欧阳",
        "北京市朝阳区:100 上海市浦东新区:200 广州市天河区:510 深圳市南山区:518 杭州市西湖区:310 成都市武侯区:610",
        "人民 解放 中山 建设 和平 新华 文化 幸福",
        "{road}{路|大道}{no}号",
        joined=True,
        companies="有限公司,有限责任公司,公司,",
    ),
    Country(
        "JP",
        "翔太 健太 大輔 誠 直樹 隆 学 浩 達也 拓也 陽子 恵子 由美子 真由美 久美子 裕子 美咲 愛 舞 智子",
        "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水",
        "東京都新宿区:160 大阪市北区:530 横浜市西区:220 名古屋市中区:460 札幌市中央区:060",
        "本町 栄町 中央 緑町 泉 旭町 東町 西町",
        "{road}{丁目|-}{no}",
        joined=True,
        companies="株式会社,有限会社,",
    ),
)
TRADES = "Foods Steel Dental Roofing Software Printing Plumbing Logistics Security Furniture Motors Textiles Pharma Design Media Travel"
FIRMS = "Summit Pioneer Global Liberty Heritage Keystone Falcon Harbor Sierra Titan Victory Beacon Nova Delta Pacific Premier Royal"
CHINESE_TRADES = "汽车销售服务 贸易 科技 建筑工程 物流 餐饮管理 信息技术 广告 机械设备 食品"


@dataclass(frozen=True)
class World:
    """A table (id, entity, the columns of ``kinds``), what its columns are, whose country it is of, and how it came to be."""

    table: pl.DataFrame
    kinds: Mapping[str, str]
    country: str
    told: str


class _Draws:
    """The draws of one world: its country, how dirty it is, and what stands in its records."""

    def __init__(self, seed: int) -> None:
        draw = self.draw = random.Random(seed)
        self.country = draw.choice(COUNTRIES)
        self.records = int(10 ** draw.uniform(2.5, 4.2))
        self.again, self.most = draw.choice([0.1, 0.3, 0.5, 0.8]), draw.choice([1, 2, 4, 8])
        self.family, self.slips = draw.choice([0.0, 0.0, 0.15, 0.4]), draw.choice([0.02, 0.06, 0.12, 0.2])
        self.missing, self.plain = draw.choice([0.0, 0.05, 0.2, 0.4]), draw.random() < 0.4
        self.given, self.surnames = self.country.given.split(), self.country.surnames.split()
        self.letters = sorted(set("".join(self.surnames).lower()))
        if not self.country.joined:
            self.surnames += [self._name() for _ in range(len(self.surnames) * draw.choice([0, 2, 8]))]
        self.mails: set[str] = set()

    def common(self, values: Sequence[str]) -> str:
        """One of them, the first ones more often."""
        return self.draw.choices(values, [1 / (3 + place) for place in range(len(values))])[0]

    def slip(self, value: str) -> str:
        """The value, in a share of ``slips`` with one character left out, doubled, changed or exchanged with the next."""
        draw, place = self.draw, self.draw.randrange(max(len(value), 1))
        if draw.random() >= self.slips or len(value) < 2:
            return value
        other = draw.choice("0123456789" if value[place].isdigit() else self.letters)
        head, tail = value[:place], value[place + 1 :]
        return draw.choice(
            [head + tail, head + other + tail, head + value[place] + other + tail, head + tail[:1] + value[place] + tail[1:]]
        )

    def place(self) -> Row:
        town, head = self.draw.choice(self.country.towns.split()).split(":")
        number, road = str(self.draw.randrange(1, self.draw.choice([20, 200, 3000]))), self.draw.choice(self.country.roads.split())
        return {"city": town, "zip": f"{head}{self.draw.randrange(60):02d}", "no": number, "road": road}

    def street(self, place: Row) -> str:
        written = self.country.street.replace("{no}", str(place["no"])).replace("{road}", str(place["road"]))
        before, _, rest = written.partition("{")
        kinds, _, after = rest.partition("}")
        return before + self.draw.choice(kinds.split("|")) + after

    def phone(self) -> str:
        start = {"CN": f"1{self.draw.choice('35789')}", "US": str(self.draw.randrange(201, 989))}.get(self.country.code, "0")
        return start + "".join(self.draw.choices("0123456789", k=(11 if self.country.code == "CN" else 10) - len(start)))

    def placed(self, own: Row, *, first: bool) -> Row:
        """Columns of where somebody lives and is called; another place and phone in a few of the later records."""
        moved = not first and self.draw.random() < self.slips / 2
        place = self.place() if moved else own
        street = self.slip(self.street(place))
        address = f"{place['city']}{street}" if self.country.joined else f"{street}, {place['zip']} {place['city']}"
        number = self.phone() if not first and self.draw.random() < self.slips / 2 else str(own["phone"])
        return {
            "street": street, "address": address, "city": self.slip(str(place["city"])), "zip": self.slip(str(place["zip"])), "phone": self.slip(number),
        }  # fmt: skip

    def gone(self, row: Row, named: Sequence[str]) -> Row:
        return {name: value if name in named or self.draw.random() >= self.missing else None for name, value in row.items()}

    def mail(self, given: str, surname: str) -> str:
        """An address of one's own, made of the name where it is in Latin letters."""
        name = f"{plain(given)}.{plain(surname)}".lower()
        base = name if name.isascii() else f"u{self.draw.randrange(10**6)}"
        while (
            found := f"{base}{self.draw.choice(['', str(self.draw.randrange(1000))])}@{self.draw.choice(['mail.com', 'web.net'])}"
        ) in self.mails:
            base += str(self.draw.randrange(10))
        self.mails.add(found)
        return found

    def _name(self) -> str:
        ends = ["", "n", "r", "s", "ski", "er", "mann"]
        parts = [self.draw.choice("bcdfghklmnprstvwz") + self.draw.choice("aeiou") for _ in range(self.draw.choice([1, 2, 2, 3]))]
        return ("".join(parts) + self.draw.choice(ends)).capitalize()


def plain(text: str) -> str:
    """Without accents.

    >>> plain("Hélène Weiß")
    'Helene Weiss'
    """
    return "".join(each for each in unicodedata.normalize("NFKD", text.replace("ß", "ss")) if not unicodedata.combining(each))


def persons(seed: int) -> World:
    """Persons, some of whom live together."""
    draws = _Draws(seed)
    draw = draws.draw
    places = [
        {"address": "address"},
        {"street": "address", "city": "city", "zip": "postcode"},
        {"city": "city", "zip": "postcode"},
        {"city": "city"},
        {},
    ]
    kinds = {"given": "given_name", "surname": "surname"} if draw.random() < 0.55 else {"name": "name"}
    kinds |= {"born": "date"} if draw.random() < 0.65 else {"year": "number"}
    kinds |= {name: kind for name, kind in (("gender", "category"), ("phone", "phone"), ("mail", "email")) if draw.random() < 0.4}
    kinds |= draw.choices(places, [4, 3, 2, 1, 1])[0]

    def one(before: Sequence[Row]) -> Row:
        home = draw.choice(before[-3:]) if before and draw.random() < draws.family else None
        found = {"given": draws.common(draws.given), "surname": draws.common(draws.surnames), "phone": draws.phone(), **draws.place()}
        if home is not None:
            kept = [
                *("city", "zip", "no", "road"),
                *(["surname"] if draw.random() < 0.8 else []),
                *(["phone"] if draw.random() < 0.4 else []),
            ]
            found |= {name: home[name] for name in kept}
            found["given"] = draw.choice([name for name in draws.given if name != home["given"]])
        born = f"{draw.randrange(1935, 2005)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
        return {**found, "born": born, "gender": draw.choice("MF"), "mail": draws.mail(str(found["given"]), str(found["surname"]))}

    def record(own: Row, *, first: bool) -> Row:
        given, surname = (draws.slip(str(own[name])) for name in ("given", "surname"))
        if draws.plain and not first and draw.random() < 0.5:
            given, surname = plain(given), plain(surname)
        turned = draw.random() < draws.slips / 2
        name = surname + given if draws.country.joined else f"{surname}, {given}" if turned else f"{given} {surname}"
        born = str(own["born"])
        if not first and draw.random() < draws.slips:
            born = draw.choice([born[:8] + f"{draw.randrange(1, 29):02d}", f"{int(born[:4]) + draw.choice([-1, 1, 10])}{born[4:]}"])
        about = {"born": born, "year": born[:4], "gender": own["gender"], "mail": draws.slip(str(own["mail"]))}
        return draws.gone(
            {"given": given, "surname": surname, "name": name, **about, **draws.placed(own, first=first)}, ("given", "surname", "name")
        )

    return _world(draws, kinds, one, record)


def companies(seed: int) -> World:
    """Companies; some have branches, some stand in one house with others."""
    draws = _Draws(seed)
    draw = draws.draw
    kinds = {"name": draw.choice(["name", "text"]), **({"phone": "phone"} if draw.random() < 0.7 else {})}
    kinds |= draw.choice([{"address": "address"}, {"street": "address", "city": "city", "zip": "postcode"}])
    chinese = draws.country.code == "CN"
    forms = draws.country.companies.split(",")

    def one(before: Sequence[Row]) -> Row:
        core = (
            "".join(draw.choices("永达宏图新华东方金龙恒信泰鑫源瑞博远嘉禾", k=3))
            if chinese
            else f"{draw.choice(FIRMS.split())} {draws.common(draws.surnames)}"
        )
        found: Row = {
            "core": core,
            "trade": draw.choice((CHINESE_TRADES if chinese else TRADES).split()),
            "phone": draws.phone(),
            **draws.place(),
        }
        if before and draw.random() < draws.family / 2:
            other = draw.choice(before[-20:])
            found |= {name: other[name] for name in (("core", "trade") if draw.random() < 0.5 else ("city", "zip", "no", "road"))}
        return found

    def record(own: Row, *, first: bool) -> Row:
        parts = [
            draws.slip(str(own["core"])),
            draws.slip(str(own["trade"])) if first or draw.random() > draws.slips else "",
            draw.choice(forms),
        ]
        name = f"{str(own['city'])[:2]}{''.join(parts)}" if chinese else " ".join(part for part in parts if part)
        return draws.gone({"name": name.upper() if draw.random() < 0.2 else name, **draws.placed(own, first=first)}, ("name",))

    return _world(draws, kinds, one, record)


def _world(draws: _Draws, kinds: Mapping[str, str], one: Callable[[Sequence[Row]], Row], record: Callable[..., Row]) -> World:
    rows: list[Row] = []
    found: list[Row] = []
    while len(rows) < draws.records:
        own = one(found)
        found.append(own)
        count = 1 + (draws.draw.randint(1, draws.most) if draws.draw.random() < draws.again else 0)
        rows += [{"entity": str(len(found)), **record(own, first=number == 0)} for number in range(count)]
    draws.draw.shuffle(rows)
    table = (
        pl.DataFrame(rows, infer_schema_length=None)
        .with_columns(id=pl.format("r{}", pl.int_range(pl.len())))
        .select("id", "entity", *kinds)
    )
    told = f"{len(rows):,} records, again {draws.again} up to {draws.most}, families {draws.family}, slips {draws.slips}, missing {draws.missing}"
    return World(table, kinds, draws.country.code, told)
