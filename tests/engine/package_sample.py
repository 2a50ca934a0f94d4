"""A small company built by hand, and one invented person's records, for the tests of the access package."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from dsr.core.clock import Clock, Unit
from dsr.core.model import Collection, Field, FieldType, Record
from dsr.core.periods import From, Period
from dsr.core.policy import (
    Code,
    Controller,
    DirectLink,
    Duty,
    End,
    Entry,
    Export,
    FieldRule,
    Guards,
    Link,
    NoPersonalData,
    Owner,
    Place,
    Policy,
    Recipient,
    Rule,
    Start,
    StartField,
)
from dsr.core.select import Everything
from dsr.core.subject import Subject
from dsr.core.text import Text
from dsr.engine.package.report import Finished, Kept, SearchResult
from dsr.engine.package.sealing import Sealing
from dsr.engine.package.writer import Form, Package

MADE = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
SUBJECT = Subject("S-4f7a1c09", (("user", frozenset({"0"})),), (("email", frozenset({"mia@mail.example"})),))
USERS, INVOICES = Place("app", "users"), Place("app", "invoices")
LOGS, TICKETS, MEDIA = Place("logs", "requests"), Place("app", "tickets"), Place("media", "assets/u")


def rule(name: str, title: Text, purposes: tuple[str, ...], period: str | None, starts: Text | None, **more) -> Rule:
    made = Rule(
        name=name,
        title=title,
        purposes=purposes,
        basis=(("gdpr", "contract"), ("pipl", "contract")),
        starts=starts,
        duties=(),
        keep_at_most=Period.parse(period) if period else None,
        then=End.DELETE,
        on_erasure=End.DELETE,
        must_not_exist=False,
        at="retention.yaml:1",
    )
    return replace(made, **more)


def entry(place: Place, rule_name: str, *fields: FieldRule, number: int = 0, start: Start | None = None) -> Entry:
    link = Link(DirectLink((("user_id",),), "user"), Owner.SUBJECT, frozenset(), "retention.yaml:2")
    return Entry(place, number, Everything(), rule_name, (link,), start, fields, None, (), "retention.yaml:2")


def said(path: str, category: str = "", export: Export = Export.PLAIN) -> FieldRule:
    return FieldRule(tuple(path.split(".")), category, None, export, False, None, "retention.yaml:3")


def collection(place: Place, open: bool = False, **fields: FieldType) -> Collection:
    return Collection(place.collection, tuple(Field(name, kind) for name, kind in fields.items()), ("id",), open=open)


T, N = FieldType.TEXT, FieldType.INTEGER
TAX = Duty(
    Period.parse("P10Y", From.YEAR_END),
    Code.TAX,
    Text("Tax Collection Rules, Art. 29", "《税收征收管理法实施细则》第29条"),
    Everything(),
    date(2026, 11, 23),
    "retention.yaml:4",
)
RULES = (
    rule(
        "account",
        Text("Account details", "账户资料"),
        ("provide_service", "authenticate"),
        "P30D",
        Text("the account is closed", "账户注销"),
    ),
    rule(
        "invoice",
        Text("Invoices", "发票"),
        ("tax_accounting",),
        None,
        Text("the invoice is issued", "开具发票"),
        keep_at_most=Period.parse("P10Y", From.YEAR_END),
        duties=(TAX,),
        basis=(("gdpr", "legal_obligation"), ("pipl", "legal_obligation")),
    ),
    rule(
        "request_log", Text("Request logs", "请求日志"), ("security",), "P6M", Text("the request is made", "请求发生")
    ),
    rule("support", Text("Support messages", "客服消息"), ("support",), None, None),
    rule("media", Text("Generated media", "生成的媒体"), ("deliver_media",), "P90D", Text("it is made", "媒体生成")),
)
SECONDS = Start((StartField(("created_at",), Clock(Unit.EPOCH_SECONDS)),))
ENTRIES = (
    entry(
        USERS,
        "account",
        said("email", "contact.email"),
        said("nickname", "name.nickname"),
        said("phone", "contact.phone"),
        said("password_hash", "credential.password", Export.SECRET),
        said("settings.api_key", "credential.api_key", Export.SECRET),
        said("fraud_score", "", Export.WITHHELD),
    ),
    entry(INVOICES, "invoice", said("amount", "payment.amount")),
    entry(LOGS, "request_log", said("ip", "network.ip"), said("model", "usage.model"), start=SECONDS),
    entry(LOGS, "invoice", number=1),
    entry(TICKETS, "support", said("message", "support.message")),
    entry(MEDIA, "media"),
)
COLLECTIONS = {
    USERS: collection(
        USERS, id=N, email=T, nickname=T, phone=T, password_hash=T, fraud_score=N, settings=FieldType.JSON, referred=T
    ),
    INVOICES: collection(
        INVOICES, id=FieldType.UUID, user_id=N, number=T, amount=FieldType.NUMBER, issued_at=FieldType.INSTANT, paid=T
    ),
    LOGS: collection(LOGS, True, id=N, created_at=N, ip=T, model=T),
    TICKETS: collection(TICKETS, id=N, opened=FieldType.DATETIME, subject=T, message=T, attachment=FieldType.BINARY),
    MEDIA: collection(MEDIA, key=T, size=N, modified=FieldType.INSTANT),
}
POLICY = Policy(
    controller=Controller(
        Text("How I Code Easy", "How I Code Easy"),
        "privacy@howicodeeasy.example",
        "CN",
        "Asia/Shanghai",
        ("en", "zh"),
        ("gdpr", "pipl"),
    ),
    state="sqlite:///state.db",
    stores=(),
    anchors=(),
    identifiers=(),
    rules=RULES,
    entries=ENTRIES,
    none=(NoPersonalData(Place("app", "models"), Text("Catalogue of models", "模型目录"), "retention.yaml:5"),),
    recipients=(
        Recipient(
            "Payments Example Ltd",
            "merchant_of_record",
            "EE",
            Text("Selling, payment, tax", "销售、支付与税务"),
            ("contact.email", "payment"),
            "dpo@payments.example",
            "retention.yaml:6",
        ),
        Recipient(
            "Models Example Inc",
            "processor",
            "US",
            Text("Answering prompts", "处理提示词"),
            ("content.prompt",),
            "privacy@models.example",
            "retention.yaml:7",
        ),
    ),
    purge_guards=Guards(None, None),
    request_guards=Guards(None, None),
    digest="9f2c" * 16,
    files=("retention.yaml",),
)
USER = {
    "id": 0,
    "email": "mia@mail.example",
    "nickname": "小米 Mia",
    "phone": "+86 138 0000 0000",
    "password_hash": "CANARY-hash",
    "fraud_score": 7,
    "settings": {"theme": "dark", "api_key": "CANARY-key", "alerts": {"mail": True, "hours": [8, 20]}},
    "referred": None,
}
INVOICE = {
    "id": UUID("6f1c9f58-0000-4000-8000-00000000000a"),
    "user_id": 0,
    "number": "INV-2026-0001",
    "amount": Decimal("19.90"),
    "issued_at": datetime(2026, 3, 1, 2, 30, tzinfo=UTC),
    "paid": "card",
}
TICKET = {
    "id": 4,
    "opened": datetime(2026, 5, 2, 9, 0),
    "subject": "Refund?",
    "message": "Hello,\nI was charged twice for the same order. Could you look into it, please?\n谢谢！",
    "attachment": b"\x00\x01\x02",
}


def log(number: int) -> dict[str, object]:
    return {
        "id": number,
        "created_at": 1_780_000_000 + number * 60,
        "ip": "198.51.100.7",
        "model": "nova-2",
        "ms": 12.5,
    }


def entry_of(place: Place, number: int = 0) -> Entry:
    return next(one for one in ENTRIES if one.place == place and one.number == number)


def send(package: Package, which: Entry, rows: Iterator[dict] | list[dict], until: date | None, *kept: Kept) -> None:
    package.begin(which, POLICY.rule(which.rule), COLLECTIONS[which.place])
    for row in rows:
        package.add(Record(which.place.collection, row))
    package.end(until, kept)


def package(
    folder: Path,
    language: str = "en",
    form: Form = Form.FULL,
    policy: Policy = POLICY,
    sealing: Sealing | None = None,
) -> Package:
    return Package(folder, SUBJECT, policy, language, MADE, form, sealing)


def whole(
    folder: Path,
    language: str = "en",
    form: Form = Form.FULL,
    logs: int = 5,
    failed: bool = True,
    sealing: Sealing | None = None,
) -> Finished:
    """The sample person's package."""
    made = package(folder, language, form, sealing=sealing)
    send(made, entry_of(USERS), [USER], date(2027, 1, 22))
    tax = Kept(date(2036, 12, 31), Text("kept for tax", "因税务保存"), "tax", TAX.cite)
    second = {**INVOICE, "number": "INV-2026-0002", "amount": Decimal("200"), "paid": None}
    send(made, entry_of(INVOICES), [INVOICE, second], date(2036, 12, 31), tax)
    send(made, entry_of(LOGS), (log(number) for number in range(logs)), date(2027, 5, 23))
    send(made, entry_of(LOGS, 1), [log(99)], date(2036, 12, 31))
    send(made, entry_of(TICKETS), [TICKET], None)
    made.looked([(MADE - timedelta(days=3), "found"), (MADE - timedelta(days=2), "exported")])
    made.begin(entry_of(MEDIA), POLICY.rule("media"), COLLECTIONS[MEDIA])
    record = Record("assets/u", {"key": "0/../<b>cat</b>.png", "size": 4, "modified": MADE})
    made.add(record)
    made.file(entry_of(MEDIA), record, "0/../<b>cat</b>.png", iter([b"\x89P", b"NG"]))
    made.end(date(2027, 2, 21))
    for place, count in ((USERS, 1), (INVOICES, 2), (LOGS, logs + 1), (TICKETS, 1), (MEDIA, 1)):
        made.searched(place, SearchResult.FOUND, count, MADE, "")
    made.searched(Place("app", "old_emails"), SearchResult.EMPTY, 0, MADE, "")
    if failed:
        made.searched(Place("creem", "customers"), SearchResult.FAILED, 0, MADE, "did not answer")
    made.withheld(
        TICKETS,
        "support",
        "third_party",
        2,
        Text("Messages of other people in the same thread", "同一会话中他人的消息"),
        Text("Art. 15(4) GDPR", "GDPR 第15条第4款"),
        Text("Ask us to look again", "您可以要求我们复核"),
    )
    return made.finish()
