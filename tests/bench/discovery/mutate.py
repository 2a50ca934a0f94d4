"""Generated changes of a schema, each run through the gate on a real SQLite file without values."""

import random
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dsr.core.progress import Silent
from dsr.jobs.discover import discover
from dsr.jobs.session import Session

POLICY = """\
version: 1
controller: {name: {en: A, zh: A}, contact: p@example.com, country: CN, timezone: UTC, regimes: [gdpr]}
stores:
  app: {kind: sql, url: "sqlite:///app.db"}
subject:
  anchors: {user: app.users.id}
  identifiers:
    email: {at: [app.users.email], match: email}
rules:
  all: {title: {en: All, zh: 全部}, purposes: [provide_service], basis: {gdpr: contract}, then: delete}
data:
  app.users: {rule: all, subject: id, fields: {name: name, phone: contact.phone}}
  app.orders: {rule: all, subject: user_id, fields: {ship_to: contact.address}}
  app.products: {no_personal_data: {en: Catalogue, zh: 目录}}
"""
BASE = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, phone TEXT)",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), ship_to TEXT, cents INTEGER)",
    "CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT)",
)
PERSONAL = [
    "email",
    "mobile_no",
    "full_name",
    "birth_date",
    "home_address",
    "last_login_ip",
    "passport_no",
    "id_card_no",
    "iban",
    "card_number",
    "device_id",
    "user_agent",
    "wechat_id",
    "nickname",
    "gender",
    "salary",
    "nationality",
    "emergency_contact",
    "postcode",
    "latitude",
    "手机号",
    "身份证号",
    "收货人",
    "备注",
    "shoujihao",
    "xingming",
    "customerEmail",
    "contactPhone",
    "ssn",
    "tax_id",
    "password_hash",
    "api_token",
    "signup_ip",
    "avatar_url",
    "marital_status",
    "session_id",
    "kehuxingming",
    "zip_code",
    "billing_address",
    "license_plate",
    "religion",
    "blood_type",
    "whatsapp",
    "spouse_name",
    "delivery_note",
    "feedback_message",
]
PLAIN = [
    "color",
    "size",
    "weight_grams",
    "stock_count",
    "sku",
    "currency",
    "is_active",
    "sort_order",
    "created_at",
    "updated_at",
    "status",
    "priority",
    "discount_percent",
    "tax_rate",
    "version",
    "retry_count",
    "locale",
    "theme",
    "plan_code",
    "region_code",
    "model_name",
    "queue_name",
    "checksum",
    "parent_category",
    "quantity",
    "shipping_method",
    "file_size",
    "content_type",
    "source_system",
    "batch_no",
    "exchange_rate",
    "email_verified",
    "phone_type",
    "name_format",
    "状态",
    "数量",
    "价格",
    "分类",
    "is_email_sent",
    "product_name",
    "warehouse_code",
    "error_code",
    "duration_ms",
    "rating_value",
    "page_count",
    "template_id",
    "feature_flag",
]
THINGS = [
    "shipments",
    "price_rules",
    "feature_flags",
    "currencies",
    "job_runs",
    "webhooks",
    "warehouses",
    "tax_rates",
    "build_artifacts",
    "metrics",
]
PEOPLE = ["leads", "subscribers", "employees", "contacts", "members", "客户", "applicants", "guests"]


def mutations(count: int, seed: int = 100) -> Iterator[tuple[bool, bool]]:
    """For each change: does it add personal data, and did the gate close?"""
    r = random.Random(seed)
    for number in range(count):
        personal = number % 2 == 0
        yield personal, _closed(_change(r, personal=personal))


def _change(r: random.Random, *, personal: bool) -> str:
    name = r.choice(PERSONAL if personal else PLAIN)
    kind = "TEXT" if personal else r.choice(["TEXT", "INTEGER", "VARCHAR(40)"])
    match r.randint(0, 3):
        case 0:
            return f'ALTER TABLE {r.choice(["users", "orders"])} ADD COLUMN "{_new(name)}" {kind}'
        case 1:
            return f'CREATE TABLE "{r.choice(THINGS + PEOPLE if personal else THINGS)}" (id INTEGER PRIMARY KEY, "{name}" {kind})'
        case 2 if personal:
            return f'ALTER TABLE users RENAME COLUMN phone TO "{_new(name)}"'
        case _:
            return f'ALTER TABLE {"orders" if personal else "products"} ADD COLUMN "{_new(name)}" {kind}'


def _new(name: str) -> str:
    return f"second_{name}" if name in ("email", "name", "phone") else name


def _closed(statement: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "retention.yaml").write_text(POLICY, encoding="utf-8")
        base = sqlite3.connect(path / "app.db")
        for one in (*BASE, statement):
            base.execute(one)
        base.commit()
        base.close()
        with Session(path / "retention.yaml", {}, "bench", Silent()) as session:
            return discover(session, check=True).exit_code == 3
