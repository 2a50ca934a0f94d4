"""Invented columns and support texts with their labels. Nobody in them exists.

Every sort of value comes under a good name, a name that says nothing, and a name that misleads; with empty and junk
values. The seed decides everything; the figures are made with seeds on which nothing was tuned.
"""

import base64
import json
import random
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass

MARKS = "10X98765432"
DIGITS, HEX = string.digits, "0123456789abcdef"
WORDS = [
    "river",
    "stone",
    "quiet",
    "window",
    "orange",
    "market",
    "garden",
    "silver",
    "engine",
    "planet",
    "winter",
    "paper",
    "bridge",
    "morning",
    "yellow",
    "kitchen",
]
WORDS_ZH = [
    "颜色",
    "尺寸",
    "库存",
    "折扣",
    "运费",
    "订单",
    "支付",
    "成功",
    "失败",
    "处理中",
    "已完成",
    "退货",
    "上架",
    "下架",
    "热销",
    "新品",
    "促销",
    "普通",
]
GIVEN = [
    "Amara",
    "Bodil",
    "Celeste",
    "Dmitri",
    "Esra",
    "Farid",
    "Greta",
    "Hana",
    "Idris",
    "Jonas",
    "Keiko",
    "Leif",
    "Maren",
    "Nadia",
    "Otto",
    "Petra",
    "Quinn",
    "Rosa",
    "Stefan",
    "Tariq",
    "James",
    "Maria",
    "Robert",
    "Linda",
    "David",
    "Susan",
]
FAMILY = [
    "Abara",
    "Bergström",
    "Castellano",
    "Duarte",
    "Eklund",
    "Ferreira",
    "Grigoryan",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalczyk",
    "Lindqvist",
    "Mbeki",
    "Novotny",
    "Okafor",
    "Petrov",
    "Smith",
    "Johnson",
    "Garcia",
    "Brown",
    "Miller",
    "Nguyen",
    "Silva",
    "Schmidt",
]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN_ZH = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉建国华梅玉萍红鹏飞宇浩然欣怡子涵梓轩雨泽思远"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of value: the kind it is (or "" for none), and names that tell it, in three languages."""

    kind: str
    make: Callable[[random.Random], object]
    good: tuple[str, ...]
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Invented:
    """One column with its label."""

    table: str
    name: str
    mode: str
    kind: str
    type: str
    values: tuple[object, ...]


def digits(r: random.Random, size: int) -> str:
    return "".join(r.choices(DIGITS, k=size))


def luhn(head: str) -> str:
    total = sum(sum(divmod(int(d) * 2, 10)) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(head)))
    return f"{head}{-total % 10}"


def ric(r: random.Random) -> str:
    head = f"{r.choice([11, 31, 32, 33, 37, 41, 42, 44, 50, 51])}{r.randint(101, 9999):04d}{r.randint(1945, 2005)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{r.randint(0, 999):03d}"
    return head + MARKS[sum(int(one) * (2 ** (17 - place) % 11) for place, one in enumerate(head)) % 11]


def uscc(r: random.Random) -> str:
    order = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    head = f"91{r.choice(['11', '31', '44', '33'])}{digits(r, 4)}MA{''.join(r.choices(order, k=7))}"
    return head + order[-sum(order.index(one) * 3**place for place, one in enumerate(head)) % 31]


def iban(r: random.Random) -> str:
    country, body = "DE", digits(r, 18)
    number = int("".join(str(int(one, 36)) for one in f"{body}{country}00"))
    return f"{country}{98 - number % 97:02d}{body}"


def ssn(r: random.Random) -> str:
    return f"{r.choice([r.randint(1, 665), r.randint(667, 899)]):03d}-{r.randint(1, 99):02d}-{r.randint(1, 9999):04d}"


def address(r: random.Random) -> str:
    if r.random() < 0.5:
        road = f"{r.choice('东西南北中')}{r.choice('山河湖海门')}路"
        return f"{r.choice(['浙江省杭州市', '广东省深圳市', '四川省成都市'])}{r.choice(['西湖', '南山', '锦江'])}区{road}{r.randint(1, 900)}号{r.randint(1, 30)}栋{r.randint(101, 2909)}室"
    return f"{r.randint(1, 2000)} {r.choice(FAMILY)} {r.choice(['Street', 'Avenue', 'Lane', 'Road'])}, {r.choice(['Porto', 'Graz', 'Turku', 'Leeds'])}"


def agent(r: random.Random) -> str:
    system = r.choice(["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"])
    return (
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{r.randint(90, 140)}.0.0.0 Safari/537.36"
    )


def sentence(r: random.Random) -> str:
    return " ".join(r.choices(WORDS, k=r.randint(6, 14)))


def token(r: random.Random) -> str:
    return f"sk-{''.join(r.choices(string.ascii_letters + DIGITS, k=r.choice([32, 48])))}"


SORTS = (
    Sort("email", lambda r: f"{r.choice(GIVEN).lower()}{r.choice(['.', '_', ''])}{digits(r, 3)}@{r.choice(['example.com', 'example.org', 'mail.example', 'firma.example'])}", ("email", "contactEmail", "邮箱", "dianziyouxiang", "e_mail_addr")),
    Sort("phone", lambda r: f"1{r.choice('3456789')}{digits(r, 9)}", ("mobile", "手机号", "shouji", "phoneNumber", "contact_tel")),
    Sort("phone", lambda r: f"+{r.choice(['44 7', '49 15', '33 6', '1 4'])}{digits(r, 2)} {digits(r, 3)} {digits(r, 4)}", ("phone", "cell_phone", "Telephone", "联系电话", "fax")),
    Sort("name", lambda r: r.choice(SURNAMES) + "".join(r.choices(GIVEN_ZH, k=r.choice([1, 2, 2]))), ("姓名", "xingming", "real_name", "contact_name", "收件人")),
    Sort("name", lambda r: f"{r.choice(GIVEN)} {r.choice(FAMILY)}", ("full_name", "customerName", "cardholder_name", "recipient_name", "display_name")),
    Sort("address", address, ("address", "shipping_address", "地址", "dizhi", "home_addr")),
    Sort("birth_date", lambda r: f"{r.randint(1945, 2006)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}", ("birthday", "dob", "出生日期", "chushengriqi", "date_of_birth")),
    Sort("ip", lambda r: f"{r.randint(11, 223)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}", ("ip", "client_ip", "last_login_ip", "remoteAddr", "ip_address")),
    Sort("ip", lambda r: f"2001:db8:{r.randint(1, 0xFFFF):x}::{r.randint(1, 0xFFFF):x}", ("ip", "client_ip", "ipv6", "remote_ip", "source_ip")),
    Sort("mac", lambda r: ":".join(f"{r.randint(0, 255):02x}" for _ in range(6)), ("mac", "mac_address", "wifi_mac", "MAC地址", "hw_addr")),
    Sort("device_id", lambda r: str(uuid.UUID(int=r.getrandbits(128))), ("device_id", "idfa", "设备号", "shebeihao", "android_id")),
    Sort("cookie", lambda r: "".join(r.choices(HEX, k=32)), ("session_id", "cookie", "visitor_id", "sessionToken", "anonymous_id")),
    Sort("user_agent", agent, ("user_agent", "ua", "userAgent", "browser", "client_user_agent")),
    Sort("card", lambda r: luhn(f"4{digits(r, 14)}"), ("card_number", "cardNo", "银行卡号", "yinhangkahao", "credit_card")),
    Sort("card", lambda r: luhn(f"62{digits(r, 16)}"), ("card_number", "cardNo", "银行卡号", "kahao", "bank_card")),
    Sort("iban", iban, ("iban", "bank_iban", "IBAN", "payout_iban", "iban_code")),
    Sort("cn_ric", ric, ("id_card", "身份证号", "shenfenzheng", "idCardNo", "sfzh")),
    Sort("cn_uscc", uscc, ("uscc", "统一社会信用代码", "credit_code", "socialCreditCode", "tyshxydm")),
    Sort("passport", lambda r: f"{r.choice('EG')}{digits(r, 8)}", ("passport", "passport_no", "护照号", "huzhao", "passportNumber")),
    Sort("us_ssn", ssn, ("ssn", "social_security_number", "ssn_number", "social_security_no", "employeeSsn")),
    Sort("plate", lambda r: f"{r.choice('京沪粤浙苏川')}{r.choice('ABCDEF')}{''.join(r.choices('ABCDEFGHJK' + DIGITS, k=5))}", ("plate_no", "车牌号", "chepai", "license_plate", "carPlate")),
    Sort("geolocation", lambda r: f"{r.uniform(-60, 70):.6f},{r.uniform(-170, 170):.6f}", ("geo_location", "gps", "经纬度", "coordinates", "last_location")),
    Sort("secret", token, ("api_key", "access_token", "secretKey", "密钥", "auth_token")),
    Sort("secret", lambda r: f"$2b$12${''.join(r.choices(string.ascii_letters + DIGITS, k=53))}", ("password", "passwd", "pwd_hash", "密码", "password_hash")),
    Sort("username", lambda r: f"{r.choice(WORDS)}{r.choice(WORDS)}{r.randint(1, 99)}", ("username", "login_name", "用户名", "yonghuming", "loginName")),
    Sort("gender", lambda r: r.choice(["male", "female", "男", "女"]), ("gender", "sex", "性别", "xingbie", "Gender")),
    Sort("postal_code", lambda r: digits(r, 6), ("zip_code", "postal_code", "邮编", "youbian", "zipcode")),
    Sort("person_id", lambda r: digits(r, 8), ("user_id", "customerId", "member_id", "employee_no", "uid")),
    # what only looks so
    Sort("", lambda r: f"ORD-2026{digits(r, 8)}", ("order_no", "orderNumber", "订单号", "reference", "ticket")),
    Sort("", lambda r: str(1_700_000_000_000 + r.randint(0, 10**10)), ("created_ms", "ts", "event_time", "updatedAt", "时间戳"), "integer"),
    Sort("", lambda r: str(10**18 + r.getrandbits(58)), ("snowflake", "message_key", "trace", "batch_no", "流水号"), "integer"),
    Sort("", lambda r: f"1{digits(r, 10)}", ("tracking", "waybill", "运单号", "parcel", "serial"),),
    Sort("", lambda r: digits(r, 16), ("invoice_code", "serial_no", "licence_code", "发票代码", "batch_ref")),
    Sort("", lambda r: digits(r, 18), ("transaction_ref", "bank_flow", "流水", "settle_no", "trade_no")),
    Sort("", lambda r: f"{r.randint(1, 12)}.{r.randint(0, 20)}.{r.randint(0, 9)}.{r.randint(0, 99)}", ("version", "app_version", "build", "版本号", "firmware")),
    Sort("", lambda r: str(uuid.UUID(int=r.getrandbits(128))), ("request_id", "trace_id", "correlation", "job_uuid", "请求编号")),
    Sort("", lambda r: "".join(r.choices(HEX, k=40)), ("commit", "etag", "checksum", "sha1", "校验和")),
    Sort("", lambda r: f"{r.choice(WORDS).title()} {r.choice(WORDS).title()}", ("product_name", "title", "商品名称", "category_name", "campaign")),
    Sort("", lambda r: r.choice(WORDS_ZH), ("status", "状态", "label", "分类", "tag")),
    Sort("", lambda r: r.choice(["Lisbon", "Osaka", "Quito", "Tallinn", "Accra", "Perth"]), ("warehouse", "airport", "depot", "hub", "site")),
    Sort("", lambda r: f"{r.uniform(1, 900):.2f}", ("amount", "price", "金额", "total", "fee")),
    Sort("", lambda r: f"{r.randint(2019, 2026)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d} {r.randint(0, 23):02d}:00:00", ("created_at", "shipped_at", "创建时间", "updated", "due_on")),
    Sort("", lambda r: r.choice(["gpt-large", "vision-2", "tts-mini", "embed-1"]), ("model", "engine", "模型", "sku", "variant")),
    Sort("", lambda r: str(r.randint(0, 1)), ("email_verified", "phone_confirmed", "is_mobile", "has_address", "name_visible"), "integer"),
    Sort("", lambda r: r.choice(["gmail", "smtp", "ses"]), ("email_provider", "mail_server", "email_template", "phone_type", "address_type")),
    Sort("", lambda r: f"https://shop.example/{r.choice(WORDS)}/{r.randint(1, 999)}", ("url", "link", "landing_page", "image_url", "链接")),
    Sort("", lambda r: f"SKU{digits(r, 6)}", ("sku", "item_code", "货号", "part_no", "barcode")),
    Sort("", lambda r: f"{r.choice(FAMILY)} {r.choice(['GmbH', 'Ltd', 'Inc.', 'Group'])}", ("company_name", "vendor", "supplier", "merchant_name", "公司名称")),
    Sort("", lambda r: f"{r.choice('杭深成沪')}{r.choice('云海星辰')}{r.choice(['科技', '贸易', '网络'])}有限公司", ("公司名称", "company", "supplier_name", "供应商", "vendor_name")),
    Sort("", sentence, ("description", "summary_text", "help_text", "简介", "abstract")),
)  # fmt: skip
GENERIC = ("field1", "col_a", "value", "data1", "attr_x", "x2", "ext_1", "column7", "c3", "备用1")
MISLEADING = (
    "status",
    "sku",
    "is_active",
    "order_code",
    "color",
    "version",
    "price",
    "category",
    "enabled",
    "product_name",
)
WRONG_SENSE = (
    "email",
    "phone",
    "id_card",
    "ip_address",
    "card_number",
    "手机号",
    "iban",
    "邮箱",
    "mac_address",
    "user_agent",
)
TABLES = ("records", "t_data", "orders", "customers", "device_events", "items", "tbl_01", "档案")
UNTELLABLE = frozenset({"device_id", "cookie", "username", "gender", "postal_code", "person_id"})
"""Kinds whose values say nothing under a name that says nothing: left out of the two other modes."""


def columns(seed: int, rounds: int = 3, size: int = 200) -> list[Invented]:
    """Labelled columns; every sort in every mode, `rounds` times."""
    r = random.Random(seed)
    made = []
    for _ in range(rounds):
        for sort in SORTS:
            for mode in ("good", "generic", "misleading"):
                if sort.kind in UNTELLABLE and mode != "good":
                    continue
                name = r.choice(
                    sort.good
                    if mode == "good"
                    else GENERIC
                    if mode == "generic"
                    else MISLEADING
                    if sort.kind
                    else WRONG_SENSE
                )
                made.append(Invented(r.choice(TABLES), name, mode, sort.kind, sort.type, _values(r, sort, size)))
    return made


def _values(r: random.Random, sort: Sort, size: int) -> tuple[object, ...]:
    empty, junk = r.choice([0, 0.1, 0.5]), r.choice([0, 0.03, 0.1])
    made: list[object] = []
    for _ in range(size):
        chance = r.random()
        made.append(
            None
            if chance < empty
            else r.choice(["n/a", "-", "test", "未知"])
            if chance < empty + junk
            else sort.make(r)
        )
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Message:
    """A support text; `secret` is what must be hidden, or "". `own`: it is one of the company's own keys."""

    text: str
    secret: str
    own: bool = False


OWN_FORM = r"hk-[A-Za-z0-9]{40}"
ASKING = (
    "Hello, my key {} stopped working since this morning, please check.", "我的密钥是{}，一直返回401，请帮忙看一下。", "I posted {} by mistake in a chat. Can you revoke it?",
    "curl -H 'Authorization: Bearer {}' https://api.example/v1/models returns 403", "配置文件里写的是 api_key: {} 为什么不行？", "Key：{}。谢谢！", "（{}）这个还能用吗", "export RELAY_KEY={}",
    '{{"apiKey": "{}", "model": "gpt-large"}}', "My settings: base=https://api.example key={} timeout=30",
)  # fmt: skip
PLAIN = (
    "Hello, I cannot reset my password, the mail never arrives.", "请问如何修改绑定的手机号？", "Order {o} was charged twice, please refund.", "request {u} failed with 502 after 30 s",
    "My balance shows {n} tokens but I bought more.", "发票抬头开错了，订单号{o}，请重开。", "Where do I find my API key in the console?", "The model answers 'context length exceeded' for 128000 tokens.",
    "Please delete my account, I moved to another provider.", "trace {u}, time 2026-11-24T10:11:12Z", "I paid with the card ending in {c} yesterday.", "为什么密码登录失败？提示验证码错误。",
    "The docs at https://docs.example/guide/keys?page=3 are out of date.", "commit {h} broke the client for me", "session expired again and again, browser Firefox 141", "Is there a student discount for the token packages?",
)  # fmt: skip


def messages(seed: int, count: int = 600) -> list[Message]:
    """Half with a secret, half without."""
    r = random.Random(seed)
    letters = string.ascii_letters + DIGITS
    kinds: tuple[Callable[[], tuple[str, bool]], ...] = (
        lambda: ("hk-" + "".join(r.choices(letters, k=40)), True),
        lambda: (token(r), False),
        lambda: ("sk-proj-" + "".join(r.choices(letters, k=64)), False),
        lambda: ("ghp_" + "".join(r.choices(letters, k=36)), False),
        lambda: ("AKIA" + "".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16)), False),
        lambda: ("creem_" + "".join(r.choices(letters, k=24)), False),
        lambda: ("sk_live_" + "".join(r.choices(letters, k=24)), False),
        lambda: ("glpat-" + "".join(r.choices(letters, k=20)), False),
        lambda: (_jwt(r), False),
    )
    made = []
    for number in range(count):
        if number % 2:
            text = r.choice(PLAIN).format(
                o=f"2026{digits(r, 8)}",
                u=uuid.UUID(int=r.getrandbits(128)),
                n=r.randint(1, 99999),
                c=digits(r, 4),
                h="".join(r.choices(HEX, k=40)),
            )
            made.append(Message(text, ""))
        elif number % 10 == 4:
            secret = "".join(r.choices(letters, k=9)) + r.choice("!#%") + digits(r, 2)
            made.append(
                Message(
                    r.choice(
                        [
                            "password: {}",
                            "密码是{}",
                            "my password is {} thanks",
                            "postgres://app:{}@db.example/x",
                            "登录密码：{} 帮我看看",
                        ]
                    ).format(secret),
                    secret,
                )
            )
        else:
            secret, own = r.choice(kinds)()
            made.append(Message(r.choice(ASKING).format(secret), secret, own))
    return made


def _jwt(r: random.Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': digits(r, 10), 'iat': r.randint(10**9, 2 * 10**9)})}.{''.join(r.choices(string.ascii_letters + DIGITS, k=43))}"
