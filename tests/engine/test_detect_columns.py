"""Columns by name, type and values: what is told apart, what is not believed, what stays without values."""

import random

import pytest

from dsr.core.model import Collection, Field, FieldType, Reference
from dsr.core.policy import Place
from dsr.engine.detect.assess import assess
from dsr.engine.detect.columns import Column, Verdict, judge
from dsr.engine.detect.names import read, surroundings, words
from dsr.engine.detect.profile import profile
from dsr.engine.detect.reasons import sentence

TEXT, INT = FieldType.TEXT, FieldType.INTEGER


def judged(name, values=(), table="records", kind=TEXT, **more):
    from dsr.engine.detect.columns import hint_of

    column = Column(name, (table,), kind, **more)
    return judge(column, profile(values, hint_of(column).kind))


def some(make, count=80):
    chance = random.Random(3)
    return [make(chance) for _ in range(count)]


MAILS = some(lambda r: f"{r.choice('abcdefg')}{r.randint(1, 9999)}@example.{r.choice(['com', 'org'])}")
MOBILES = some(lambda r: f"1{r.choice('3578')}{r.randint(0, 999999999):09d}")
GIVEN = "伟芳娜敏静丽强磊军洋"
NAMES_ZH = some(lambda r: r.choice("王李张刘陈杨赵黄周吴") + r.choice(GIVEN) + r.choice(f"{GIVEN} ").strip())
NAMES_EN = some(lambda r: f"{r.choice(['James', 'Olga'])} {r.choice(['Smith', 'Lopez', 'Khan'])}{r.choice('abcdef')}")
PRODUCTS = some(
    lambda r: f"{r.choice(['Blue', 'Large', 'Smart'])} {r.choice(['Lamp', 'Desk', 'Mug'])} {r.randint(1, 99)}"
)
PASSPORTS = some(lambda r: f"{r.choice('EG')}{r.randint(0, 99999999):08d}")
ADDRESSES = some(
    lambda r: (
        f"{r.randint(1, 999)} {r.choice(['Oak', 'Elm'])} Street, {r.choice(['Lyon', 'Graz'])} {r.randint(10000, 99999)}"
    )
)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("email", MAILS, "email"),
        ("status", MAILS, "email"),
        ("is_active", MOBILES, "phone"),
        ("sku", NAMES_ZH, "name"),
        ("product_name", NAMES_EN, "name"),
        ("code", ADDRESSES, "address"),
        ("手机", MOBILES, "phone"),
        ("shoujihao", [], "phone"),
        ("收货地址", [], "address"),
        ("customerEmail", [], "email"),
        ("custphone", [], "phone"),
        ("password_hash", ["5f4dcc3b5aa765d61d8327deb882cf99"] * 6, "secret"),
        ("field1", PASSPORTS, "passport"),
        ("login_ip", some(lambda r: f"10.0.{r.randint(0, 9)}.{r.randint(1, 99)}"), "ip"),
        ("phone", some(lambda r: f"{r.randint(200, 989)}{r.randint(2000000, 9999999)}"), "phone"),
        ("email_sha256", ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"] * 9, "email"),
    ],
)
def test_a_column_is_told_by_its_values_or_its_name(name, values, kind):
    found = judged(name, values)
    assert (found.verdict, found.kind) == (Verdict.IS, kind)
    assert found.confidence >= 0.6


@pytest.mark.parametrize(
    ("name", "values", "type_"),
    [
        ("email", ["1", "0", "1", "1", "0", "1", "0"], INT),
        ("email_verified", [], FieldType.BOOLEAN),
        ("email", [], FieldType.BOOLEAN),
        ("email_template", PRODUCTS, TEXT),
        ("phone_model", ["Pixel 9", "Nova 12", "Mate X", "Find N", "Edge 50", "Reno 1"], TEXT),
        ("ip", ["patent", "trademark", "copyright", "licence", "design", "utility"], TEXT),
        ("product_name", PRODUCTS, TEXT),
        ("academic_year_code", ["1999", "2000", "2001", "2002", "2003", "2004"], TEXT),
        ("created_at", some(lambda r: f"202{r.randint(0, 6)}-{r.randint(1, 12):02d}-11 10:00:00"), TEXT),
        ("ts", some(lambda r: str(1_700_000_000 + r.randint(0, 9_000))), INT),
        ("order_no", some(lambda r: f"20261124{r.randint(0, 10**9):010d}"), TEXT),
        ("version", some(lambda r: f"{r.randint(1, 9)}.{r.randint(0, 9)}.{r.randint(0, 9)}.{r.randint(0, 9)}"), TEXT),
        ("手机型号", [], TEXT),
        ("phone", some(lambda r: str(1_700_000_000_000 + r.randint(0, 10**10))), TEXT),
        ("手机号", some(lambda r: f"{r.randint(1, 900)}.{r.randint(10, 99)}"), TEXT),
        (
            "ip_address",
            some(lambda r: f"{r.randint(1, 12)}.{r.randint(0, 20)}.{r.randint(0, 9)}.{r.randint(0, 99)}"),
            TEXT,
        ),
        ("user_agent", some(lambda r: f"{r.getrandbits(160):040x}"), TEXT),
        ("created_by", [], INT),
        ("total_tokens", [], INT),
    ],
)
def test_what_only_seems_personal_is_not(name, values, type_):
    assert judged(name, values, kind=type_).verdict is Verdict.NO


def test_random_numbers_that_pass_luhn_now_and_then_are_no_cards():
    values = some(lambda r: f"4{r.randint(0, 10**15 - 1):015d}", 600)
    assert judged("reference", values).verdict is Verdict.NO


def test_one_address_in_a_thousand_texts_is_contained():
    texts = [f"the parcel {n} came late and the box was wet" for n in range(1_000)]
    texts[617] += ", write to lin.xia@example.com"
    found = judged("outcome", texts)
    assert (found.verdict, found.kind) == (Verdict.CONTAINS, "email")


def test_a_foreign_key_to_people_is_the_key_of_a_person():
    orders = Collection(
        "orders",
        (Field("id", INT), Field("who", INT)),
        ("id",),
        (Reference(("who",), "users", ("id",)),),
    )
    found = assess(Place("app", "orders"), orders, [], frozenset({"users"}))
    who = next(one for one in found.columns if one.path == ("who",))
    assert (who.judged.kind, who.link.to, who.link.how) == ("person_id", "app.users.id", "key")


def test_json_is_judged_by_path_and_keys_that_are_data_are_one_path():
    events = Collection("events", (Field("id", INT), Field("payload", FieldType.JSON)), ("id",))
    records = [
        {
            "id": n,
            "payload": {"customer": {"email": MAILS[n], "tags": ["a"]}, "by_user": {f"{n}{n}": {"phone": MOBILES[n]}}},
        }
        for n in range(40)
    ]
    found = {
        ".".join(one.path): one.judged for one in assess(Place("app", "events"), events, records, frozenset()).columns
    }
    assert found["payload.customer.email"].kind == "email"
    assert found["payload.by_user.*.phone"].kind == "phone"
    assert found["payload.customer.tags"].verdict is Verdict.NO


def test_the_evidence_of_a_column_does_not_hang_on_the_sample():
    users = Collection("users", (Field("email", TEXT),))
    few, many = (
        {assess(Place("app", "users"), users, [{"email": m} for m in MAILS[:n]], frozenset()).columns[0].evidence}
        for n in (20, 80)
    )
    assert few == many


def test_no_value_stands_in_what_is_said():
    users = Collection("users", (Field("x", TEXT), Field("note", TEXT)))
    records = [{"x": m, "note": f"call {m} now please my friend"} for m in MAILS]
    for one in assess(Place("app", "users"), users, records, frozenset()).columns:
        said = repr(one) + sentence(one.judged.reasons).en + sentence(one.judged.reasons).zh
        assert not any(mail in said for mail in MAILS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customerEmail", ("customer", "email")),
        ("IPAddress", ("ip", "address")),
        ("useremail", ("user", "email")),
        ("addr2", ("addr", "2")),
        ("手机号", ("手机号",)),
    ],
)
def test_names_fall_into_words(name, expected):
    assert words(name) == expected


def test_a_message_that_a_program_writes_is_no_persons():
    assert (
        read("message", surroundings("job_executions")).weight
        < 0.5
        < read("message", surroundings("contact_form")).weight
    )
    assert read("feedback_message", surroundings("job_executions")).weight > 0.5


@pytest.mark.parametrize(
    "name", ["delivery_note", "notify_email", "crypto_wallet", "sjhm", "political_party", "visa_no"]
)
def test_what_one_may_overlook_is_personal(name):
    assert read(name, surroundings("t_data")).weight > 0.5


@pytest.mark.parametrize("name", ["notify_by_email", "gateway_mac", "weight_kg", "性别选项", "cloud_account_id"])
def test_what_a_thing_may_have_too_is_not(name):
    assert read(name, surroundings("products")).weight < 0.5


def test_a_table_of_people_lowers_the_bar_and_a_table_of_things_raises_it():
    assert read("name", surroundings("users")).weight > 0.5 > read("name", surroundings("products")).weight
    assert (
        read("city", surroundings("customer_addresses")).weight > 0.5 > read("city", surroundings("warehouses")).weight
    )
