"""Rectification beside what the cases tell: what the database could not hold is refused while planning, and the ledger
learns of values by keyed digests alone.
"""

import json
import sqlite3
from pathlib import Path

import pytest
from clikit import CANARY, POLICY, Dsr
from test_verification import NOW, SECTION, token

from dsr.core.progress import Silent
from dsr.jobs import session as sessions

COLUMNS = """
CREATE TABLE cards (number INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), code TEXT UNIQUE,
  city VARCHAR(5), points INTEGER, born DATE, label TEXT GENERATED ALWAYS AS (city || 'x') STORED, secret TEXT);
INSERT INTO cards (number, user_id, code, city, points, born, secret) VALUES
  (1, 1, 'a', 'Rome', 5, '2000-01-01', 's'), (2, 2, 'b', 'Oslo', 6, '2001-01-01', 't');
"""
CARDS = """  app.cards:
    rule: account
    subject: user_id
    fields: {code: account, city: location, label: location, points: account, born: account,
             secret: {category: credential, export: secret}}
"""


@pytest.fixture
def asked(dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sessions.Session.__init__, "__defaults__", (lambda: NOW,))
    (shop / "retention.yaml").write_text(POLICY + CARDS + SECTION, encoding="utf-8")
    with sqlite3.connect(shop / "app.db") as base:
        base.executescript(COLUMNS)
    base.close()
    ran = dsr("request", "open", "--email", CANARY, "--right", "rectification", "--regime", "gdpr", "--json")
    id = json.loads(ran.out)["request"]["id"]
    assert dsr("request", "verify", id, "--token", token(id)).code == 0
    return id


def cards(shop: Path) -> list[tuple[object, ...]]:
    base = sqlite3.connect(shop / "app.db")
    try:
        return base.execute("SELECT number, code, city, points, born FROM cards").fetchall()
    finally:
        base.close()


REFUSED = (
    ("number", "7", "no personal data there"),
    ("user_id", "2", "no personal data there"),
    ("code", "b", "another record has it"),
    ("city", "Lisbon", "at most 5 characters"),
    ("points", "many", "of type integer"),
    ("born", "31.12.2000", "of type date"),
    ("label", "x", "computes it"),
    ("secret", "x", "not corrected on request"),
    ("nothing", "x", "knows no"),
)


def test_what_a_field_cannot_hold_is_refused_while_planning(dsr: Dsr, shop: Path, asked: str):
    before = cards(shop)
    for field, value, why in REFUSED:
        ran = dsr("request", "rectify", asked, "--field", f"app.cards.{field}", "--value", value, "--confirm", "x")
        assert (ran.code, why in ran.err) == (2, True), ran.err
    assert cards(shop) == before
    assert json.loads(dsr("plan", "list", "--json").out)["plans"] == []


def test_the_ledger_learns_keyed_digests_and_no_value(dsr: Dsr, shop: Path, asked: str):
    handle = json.loads(dsr("request", "show", asked, "--json").out)["request"]["subject"]
    (shop / "value.txt").write_text("Turin\n", encoding="utf-8")
    said = ("--field", "app.cards.city", "--value-file", "value.txt")
    assert dsr("request", "rectify", asked, *said, "--confirm", handle).code == 0
    assert [row[2] for row in cards(shop)] == ["Turin", "Oslo"]
    with sessions.Session(shop / "retention.yaml", {}, "x", Silent()) as session:
        entries = [json.loads(one) for one in session.state.ledger_entries()]
        digests = {value: session.state.value_digest("app.cards.city", value) for value in ("Rome", "Turin")}
    found = {one["act"]: one["digest"] for one in entries if one.get("act", "").startswith("correcting")}
    assert found == {"correcting_from": digests["Rome"], "correcting_to": digests["Turin"]}
    everything = json.dumps(entries) + dsr("plan", "show", "P-1", "--json").out
    assert not any(value in everything for value in digests)
    assert dsr("certificate", "show", "P-1").code == 0
