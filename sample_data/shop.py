"""The invented shop: its platforms, its forty products, its suppliers and the people who buy. Nothing here is real."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

FIRST_DAY = dt.date(2025, 5, 12)
LAST_DAY = dt.date(2026, 11, 15)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
SHOP_NAMES = {
    "taobao": "暖物集旗舰店",
    "douyin": "暖物集官方店",
    "jd": "暖物集家居专营店",
    "shopify": "nuanwuji.example",
}


def day(date: dt.date) -> int:
    """Position of `date` in every series of the generator; 0 is `FIRST_DAY`."""
    return (date - FIRST_DAY).days


def date_of(index: int) -> dt.date:
    """The date at position `index`."""
    return FIRST_DAY + dt.timedelta(days=int(index))


@dataclass(frozen=True, slots=True)
class Product:
    """One product: price and cost in yuan, `weight` is its share of first lines before scaling."""

    sku: str
    title: str
    english: str
    category: str
    price: float
    cost: float
    weight: float
    supplier: str
    lead_days: int
    minimum: int
    pack: int

    @property
    def taobao_id(self) -> str:
        """The number Taobao gives the product."""
        return f"6740{int.from_bytes(self.sku.encode()[-3:], 'big') * 7919 % 10**8:08d}"

    @property
    def douyin_id(self) -> str:
        """The 19-digit number Douyin gives the product."""
        return f"3561{int.from_bytes(self.sku.encode()[-3:], 'big') * 104729 % 10**15:015d}"

    @property
    def jd_id(self) -> str:
        """The number JD gives the product."""
        return f"1007{int.from_bytes(self.sku.encode()[-3:], 'big') * 6007 % 10**9:09d}"


LATE_SUPPLIER = "浙江安杯制品厂"
SUPPLIERS = {
    "杯壶": (LATE_SUPPLIER, 12),
    "收纳": ("台州顺格塑业", 9),
    "厨具": ("潮州合味陶瓷", 15),
    "床品": ("南通棉语家纺", 18),
    "香氛": ("广州屿岸日化", 10),
    "小家电": ("佛山微炊电器", 20),
}
BEST_SELLER = "NW-B01"
CART_TRAP = "NW-E03"
SLOW_MOVER = "NW-X04"
DEAD_STOCK = "NW-K08"
PRESALE = "NW-S06"
RIVAL_CUT = "NW-S01"

# sku, title, english, price, cost, weight
_CATALOGUE: dict[str, tuple[tuple[str, str, str, float, float, float], ...]] = {
    "杯壶": (
        (BEST_SELLER, "316不锈钢保温杯500ml", "Steel Thermos 500 ml", 89, 36.0, 75),
        ("NW-B02", "陶瓷马克杯带盖400ml", "Lidded Mug 400 ml", 49, 17.5, 42),
        ("NW-B03", "便携焖烧壶800ml", "Food Jar 800 ml", 129, 55.0, 24),
        ("NW-B04", "耐热玻璃凉水壶1.5L", "Glass Jug 1.5 l", 69, 25.0, 28),
        ("NW-B05", "儿童吸管杯350ml", "Kids Straw Cup", 59, 22.0, 34),
        ("NW-B06", "双层玻璃茶杯两只装", "Double Wall Glass x2", 55, 19.0, 26),
        ("NW-B07", "车载保温杯350ml", "Travel Thermos 350 ml", 79, 33.0, 22),
        ("NW-B08", "运动水壶1L", "Sports Bottle 1 l", 45, 14.5, 30),
    ),
    "收纳": (
        ("NW-X01", "抽屉分隔收纳盒6件套", "Drawer Boxes x6", 39, 13.0, 46),
        ("NW-X02", "可折叠收纳箱66L", "Folding Box 66 l", 59, 23.0, 38),
        ("NW-X03", "厨房置物架三层", "Kitchen Rack", 119, 52.0, 24),
        (SLOW_MOVER, "真皮首饰收纳盒", "Leather Jewel Box", 199, 98.0, 0.3),
        ("NW-X05", "衣物真空压缩袋8件", "Vacuum Bags x8", 49, 16.0, 32),
        ("NW-X06", "桌面文具收纳架", "Desk Organiser", 35, 11.5, 26),
        ("NW-X07", "鞋盒透明加厚6个", "Shoe Boxes x6", 79, 34.0, 22),
        ("NW-X08", "磁吸冰箱侧挂架", "Fridge Rack", 65, 26.0, 20),
    ),
    "厨具": (
        ("NW-K01", "陶瓷饭碗四只装", "Rice Bowls x4", 59, 21.0, 34),
        ("NW-K02", "不粘平底锅26cm", "Frying Pan 26 cm", 139, 61.0, 26),
        ("NW-K03", "竹木砧板大号", "Bamboo Board", 69, 27.0, 24),
        ("NW-K04", "厨房剪刀多功能", "Kitchen Scissors", 29, 8.5, 30),
        ("NW-K05", "硅胶铲勺五件套", "Silicone Tools x5", 79, 30.0, 20),
        ("NW-K06", "密封罐玻璃三件套", "Storage Jars x3", 65, 24.0, 24),
        ("NW-K07", "手动榨汁器", "Hand Juicer", 39, 13.5, 16),
        (DEAD_STOCK, "铸铁珐琅炖锅24cm", "Enamel Pot 24 cm", 399, 205.0, 2),
    ),
    "床品": (
        (RIVAL_CUT, "全棉四件套1.8m", "Cotton Bedding Set", 329, 158.0, 24),
        ("NW-S02", "乳胶枕单只", "Latex Pillow", 169, 76.0, 22),
        ("NW-S03", "法兰绒毛毯150x200", "Flannel Blanket", 99, 41.0, 26),
        ("NW-S04", "夏凉被空调被", "Summer Quilt", 149, 66.0, 18),
        ("NW-S05", "全棉毛巾三条装", "Towels x3", 49, 18.0, 36),
        (PRESALE, "95白鹅绒冬被", "Goose Down Quilt", 699, 362.0, 3),
    ),
    "香氛": (
        ("NW-A01", "无火香薰雪松120ml", "Reed Diffuser Cedar", 69, 21.0, 28),
        ("NW-A02", "香薰蜡烛无花果", "Candle Fig", 79, 25.0, 22),
        ("NW-A03", "衣柜香片10片", "Wardrobe Sachets x10", 29, 7.5, 28),
        ("NW-A04", "车载香薰夹", "Car Scent Clip", 39, 11.0, 20),
        ("NW-A05", "助眠枕头喷雾", "Pillow Mist", 59, 18.0, 18),
    ),
    "小家电": (
        ("NW-E01", "桌面加湿器静音", "Desk Humidifier", 119, 52.0, 24),
        ("NW-E02", "便携挂烫机", "Garment Steamer", 159, 74.0, 18),
        (CART_TRAP, "多功能电煮锅1.6L", "Electric Hot Pot 1.6 l", 169, 82.0, 10),
        ("NW-E04", "小夜灯人体感应", "Motion Night Light", 45, 15.0, 28),
        ("NW-E05", "暖手宝充电宝二合一", "Hand Warmer", 89, 38.0, 20),
    ),
}

PRODUCTS: tuple[Product, ...] = tuple(
    Product(sku, title, english, category, float(price), cost, weight, *SUPPLIERS[category], minimum=60, pack=12)
    for category, rows in _CATALOGUE.items()
    for sku, title, english, price, cost, weight in rows
)
POSITION = {product.sku: index for index, product in enumerate(PRODUCTS)}

PROVINCES = (
    ("广东省", "广州市", 14.0), ("浙江省", "杭州市", 11.0), ("江苏省", "苏州市", 11.0), ("山东省", "青岛市", 7.0),
    ("河南省", "郑州市", 6.0), ("四川省", "成都市", 6.5), ("上海", "上海市", 7.0), ("北京", "北京市", 6.5),
    ("湖北省", "武汉市", 4.5), ("湖南省", "长沙市", 4.5), ("福建省", "厦门市", 4.0), ("安徽省", "合肥市", 4.0),
    ("河北省", "石家庄市", 4.0), ("陕西省", "西安市", 3.0), ("辽宁省", "大连市", 3.0), ("重庆", "重庆市", 2.5),
    ("江西省", "南昌市", 2.0), ("广西壮族自治区", "南宁市", 1.5),
)  # fmt: skip
SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶"
GIVEN = "安白冰晨川丹枫歌涵禾佳嘉静君可兰乐琳宁诺琪青然蕊若思桐维文希夏晓欣雅言一依亦音雨语悦云知梓子"
