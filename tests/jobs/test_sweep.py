"""The deep search: what the map does not know is found too, told apart, and never deleted by it."""

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from dsr.core.progress import Silent
from dsr.core.select import Selection
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked, find
from dsr.jobs.session import Session
from dsr.jobs.verify import verify

POLICY = """\
version: 1
controller: {name: {en: A, zh: A}, contact: p@example.com, country: CN, timezone: UTC, regimes: [gdpr]}
stores:
  app: {kind: sql, url: "sqlite:///app.db"}
  logs: {kind: logs, url: logs}
subject:
  anchors: {user: app.users.id}
  identifiers:
    email: {at: [app.users.email], match: email}
rules:
  all: {title: {en: All, zh: 全部}, purposes: [provide_service], basis: {gdpr: contract}, then: delete}
data:
  app.users: {rule: all, subject: id}
  app.orders: {rule: all, subject: user_id, fields: {note: content.text}}
  app.audit: {no_personal_data: {en: Machines only, zh: 仅机器}}
  logs.web: {rule: all, subject: {email: email}, fields: {message: none}}
"""
MAIL = "lin.xia@example.com"
DIGEST = hashlib.sha256(MAIL.encode()).hexdigest()


@pytest.fixture
def session(tmp_path: Path):
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    base = sqlite3.connect(tmp_path / "app.db")
    with base:
        base.executescript(f"""
            CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), note TEXT);
            CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT);
            INSERT INTO users VALUES (1, '{MAIL}'), (2, 'a.{MAIL}');
            INSERT INTO orders VALUES (1, 1, 'ship to {MAIL}'), (2, 2, 'quiet'), (3, 2, 'a gift for {MAIL}!');
            INSERT INTO audit VALUES (1, 'reset {DIGEST}'), (2, 'nothing');
        """)
    base.close()
    (tmp_path / "logs").mkdir()
    lines = [{"email": MAIL, "message": "in"}, {"email": "x@example.org", "message": "mailed LIN.XIA@example.com, ok"}]
    (tmp_path / "logs" / "web.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with Session(tmp_path / "retention.yaml", {}, "tester", Silent()) as made:
        yield made


ASKED = Asked((("email", MAIL),))


def traces(swept) -> dict[str, tuple[str, int, int]]:
    return {f"{one.where} {one.how}": (one.edge, one.records, one.outside) for one in swept.traces}


def test_every_trace_is_found_and_told_apart(session):
    swept = find(session, ASKED, deep=True).swept
    assert traces(swept) == {
        "app.audit.what hash": ("derived", 1, 1),
        "app.orders.note plain": ("observed", 2, 1),
        "app.users.email plain": ("declared", 1, 0),
        "logs.web.email plain": ("declared", 1, 0),
        "logs.web.message plain": ("observed", 1, 1),
    }
    assert not swept.blind


def test_what_lies_outside_the_map_is_neither_deleted_nor_called_clean(session):
    plan = plan_erasure(session, (ASKED,))
    assert apply(session, plan.id).exit_code == 0
    assert verify(session, plan.id, (ASKED,)).clean
    deep = verify(session, plan.id, (ASKED,), deep=True)
    assert (deep.clean, deep.exit_code) == (False, 7)
    assert sorted(one.where for one in deep.swept[0].traces) == [
        "app.audit.what",
        "app.orders.note",
        "logs.web.message",
    ]
    assert session.stores["app"].count(Selection("orders")) == 2


def test_no_value_stands_in_the_answer(session):
    assert "lin" not in repr(find(session, ASKED, deep=True)).replace("declined", "").replace("online", "")
