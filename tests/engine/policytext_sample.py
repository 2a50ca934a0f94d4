"""A small policy made by hand, with one rule of every kind that the policy text treats differently."""

from datetime import date

from dsr.core.clock import Clock
from dsr.core.notice import Automated, Deletion, Measure, Minors, Notice, Party, Sensitive, Version
from dsr.core.periods import From, Period
from dsr.core.policy import (
    Anchor,
    Code,
    Controller,
    DirectLink,
    Duty,
    End,
    Entry,
    Export,
    FieldRef,
    FieldRule,
    Guards,
    Link,
    Owner,
    Place,
    Policy,
    Recipient,
    Rule,
    Start,
    StartField,
    ViaLink,
)
from dsr.core.select import Everything, one_of
from dsr.core.text import Text

AS_OF = date(2026, 6, 26)
USERS, ORDERS, ITEMS, INVOICES, ADDRESSES, FAILURES = (
    Place("app", name) for name in ("users", "orders", "items", "invoices", "addresses", "failures")
)
CONTRACT = (("gdpr", "contract"), ("pipl", "contract"))
OBLIGATION = (("gdpr", "legal_obligation"), ("pipl", "legal_obligation"))
EVERY = Everything()
TAX_LAW = Text("Tax Act, Art. 29", "《税法》第29条")


def duty(period: Period, code: Code = Code.TAX, cite: Text = TAX_LAW, when=EVERY) -> Duty:
    return Duty(period, code, cite, when, date(2026, 6, 1), "retention.yaml:30")


def rule(name: str, title: Text, **given) -> Rule:
    base = {
        "purposes": ("provide_service",),
        "basis": CONTRACT,
        "starts": Text("the account is closed", "账户注销"),
        "duties": (),
        "keep_at_most": Period.parse("P30D"),
        "then": End.DELETE,
        "on_erasure": End.DELETE,
        "must_not_exist": False,
        "at": "retention.yaml:20",
    }
    return Rule(name=name, title=title, **{**base, **given})


def field(path: str, category: str, rule: str | None = None, **given) -> FieldRule:
    base = {"export": Export.PLAIN, "keep": False, "become": None, "at": "retention.yaml:60"}
    return FieldRule(path=tuple(path.split(".")), category=category, rule=rule, **{**base, **given})


def link(owner: Owner = Owner.SUBJECT) -> Link:
    return Link(DirectLink((("user_id",),), "user"), owner, frozenset(), "retention.yaml:61")


def start(name: str = "created_at") -> Start:
    return Start((StartField((name,), Clock()),))


def entry(place: Place, rule: str, *fields: FieldRule, **given) -> Entry:
    base = {
        "number": 0,
        "where": Everything(),
        "links": (link(),),
        "start": start(),
        "part_of": None,
        "refers": (),
        "at": "retention.yaml:62",
    }
    return Entry(place=place, rule=rule, fields=fields, **{**base, **given})


def recipient(name: str = "Creem", **given) -> Recipient:
    base = {
        "role": "merchant_of_record",
        "country": "EE",
        "purpose": Text("payment and tax", "收款与税务"),
        "categories": ("contact.email", "payment"),
        "contact": "https://creem.example/privacy",
        "at": "retention.yaml:90",
    }
    return Recipient(name=name, **{**base, **given})


DELETION = Deletion(Period.parse("P1D"), Period.parse("P33D"), "retention.yaml:95")


def party(regime: str, name: Text) -> Party:
    return Party(regime, name, "office@authority.example", "retention.yaml:96")


def notice() -> Notice:
    """A notice with one thing of every kind."""
    return Notice(
        address=Text("1 Sample Street", "样例路1号"),
        officer=party("", Text("Data Officer", "数据负责人")),
        representatives=(party("gdpr", Text("EU Friends", "欧盟之友")),),
        authorities=(
            party("gdpr", Text("EU authority", "欧盟机构")),
            party("pipl", Text("Cyberspace office", "网信办")),
        ),
        automated=(
            Automated(
                "abuse",
                Text("Keys are suspended", "暂停密钥"),
                Text("by rate", "按频率"),
                Text("it stops", "停用"),
                Text("by staff", "人工"),
                "retention.yaml:97",
            ),
        ),
        sensitive=(
            Sensitive("birth", Text("age check", "核验年龄"), Text("none else", "无其他影响"), "retention.yaml:98"),
        ),
        minors=Minors(14, Text("no children", "不面向儿童"), "retention.yaml:99"),
        measures=(Measure("encryption", Text("encrypted", "加密"), "retention.yaml:100"),),
        balance=Text("refunded", "退回"),
        versions=(
            Version("1", date(2025, 1, 2), date(2025, 1, 2), Text("first", "首次"), "retention.yaml:101"),
            Version("2", date(2026, 3, 4), date(2026, 4, 5), Text("shorter periods", "缩短期限"), "retention.yaml:102"),
        ),
    )


RULES = (
    rule("account", Text("Account details", "账户资料")),
    rule(
        "invoice",
        Text("Invoices", "发票"),
        purposes=("tax_accounting",),
        basis=OBLIGATION,
        starts=Text("the invoice is issued", "开具发票"),
        duties=(
            duty(Period.parse("P10Y", From.YEAR_END)),
            duty(
                Period.parse("P5Y"),
                Code.LEGAL,
                Text("Invoice Act, Art. 3", "《发票法》第3条"),
                one_of(("kind",), ["x"]),
            ),
        ),
        keep_at_most=Period.parse("P10Y", From.YEAR_END),
    ),
    rule("order", Text("Orders", "订单"), keep_at_most=None, starts=None, on_erasure=End.ANONYMISE),
    rule("address", Text("Addresses", "地址"), keep_at_most=Period.parse("P1Y6M"), on_erasure=End.RETAIN),
    rule(
        "prompt",
        Text("Prompts", "提示词"),
        starts=Text("the answer is sent", "发出答复"),
        keep_at_most=Period.parse("P0D"),
    ),
    rule(
        "secret",
        Text("Secrets in clear text", "明文密钥"),
        must_not_exist=True,
        basis=(),
        starts=None,
        keep_at_most=None,
    ),
)
ENTRIES = (
    entry(USERS, "account", field("email", "contact.email"), field("name", "name")),
    entry(ORDERS, "order", field("note", "content.text"), start=None),
    entry(
        ITEMS,
        "order",
        field("title", "order.item"),
        start=None,
        links=(),
        part_of=ViaLink((("order_id",),), ORDERS, (("id",),)),
    ),
    entry(INVOICES, "invoice", field("number", "invoice.number"), field("nickname", "name.nickname", "account")),
    entry(ADDRESSES, "address", field("line", "contact.address"), links=(link(Owner.BY_LINKS),)),
    entry(FAILURES, "prompt", field("text", "content.prompt")),
)


def policy(**given) -> Policy:
    base = {
        "controller": Controller(
            Text("Example Relay", "示例中转"),
            "privacy@relay.example",
            "CN",
            "Asia/Shanghai",
            ("en", "zh"),
            ("gdpr", "uk", "ccpa", "pipl"),
        ),
        "state": "sqlite:///state.db",
        "stores": (),
        "anchors": (Anchor("user", FieldRef(USERS, ("id",)), "retention.yaml:10"),),
        "identifiers": (),
        "rules": RULES,
        "entries": ENTRIES,
        "none": (),
        "recipients": (
            recipient(),
            recipient("Local Mail", role="processor", country="CN", contact="dpo@mail.example"),
        ),
        "purge_guards": Guards(None, None),
        "request_guards": Guards(None, None),
        "digest": "0123456789abcdef" * 4,
        "files": ("retention.yaml",),
    }
    return Policy(**{**base, **given})
