"""A small shop: its policy, its tables, and what one call of the program gives."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CANARY = "canary.wren@example.org"
OTHER = "teal.heron@example.org"

POLICY = """\
version: 1
controller:
  name: {en: Small Shop, zh: 小店}
  contact: privacy@shop.example
  country: CN
  timezone: Asia/Shanghai
  languages: [en, zh]
  regimes: [gdpr, pipl]
state: sqlite:///.dsr/state.db
guards:
  purge: {percent: 100}
stores:
  app: {kind: sql, url: "sqlite:///app.db", zone: UTC}
subject:
  anchors: {user: app.users.id}
  identifiers:
    user_id: {at: [app.users.id]}
    email: {at: [app.users.email], match: email}
rules:
  account:
    title: {en: Accounts, zh: 账户}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: the account is closed, zh: 账户注销}
    keep_at_most: P30D
    then: delete
  invoice:
    title: {en: Invoices, zh: 发票}
    purposes: [tax_accounting]
    basis: {gdpr: legal_obligation, pipl: legal_obligation}
    starts: {en: the invoice is issued, zh: 开具发票}
    keep_at_least: [{period: P10Y, from: year_end, code: tax, cite: {en: Tax Act, zh: 税法}}]
    keep_at_most: {period: P10Y, from: year_end}
    then: delete
  note:
    title: {en: Notes, zh: 备注}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: the note is written, zh: 写下备注}
    keep_at_most: P6M
    then: delete
data:
  app.users:
    rule: account
    subject: id
    start: closed_at
    fields: {email: contact.email, name: name}
  app.invoices:
    rule: invoice
    subject: user_id
    start: issued_at
    fields: {note: account}
  app.notes:
    rule: note
    subject: user_id
    start: written_at
    fields: {body: account}
"""

TABLES = f"""
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT, closed_at TEXT);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), issued_at TEXT, note TEXT);
CREATE INDEX invoices_user ON invoices (user_id);
CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), written_at TEXT, body TEXT);
CREATE INDEX notes_user ON notes (user_id);
INSERT INTO users VALUES (1, '{CANARY}', 'Canary Wren', NULL), (2, '{OTHER}', 'Teal Heron', '2020-01-01 00:00:00');
INSERT INTO invoices VALUES (1, 1, '2025-05-05 10:00:00', 'thanks, {CANARY}');
INSERT INTO notes VALUES (1, 1, '2026-11-01 10:00:00', 'by {CANARY}'), (2, 1, '2020-01-01 10:00:00', 'old'),
  (3, 2, '2020-01-01 10:00:00', 'old');
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """One call: its exit code, what went to stdout and to stderr."""

    code: int
    out: str
    err: str


Dsr = Callable[..., Ran]


def count(shop: Path, table: str) -> int:
    """Rows of a table, over a connection of our own."""
    base = sqlite3.connect(shop / "app.db")
    try:
        return int(base.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        base.close()
