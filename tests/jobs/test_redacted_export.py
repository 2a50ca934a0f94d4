"""An access package of a real database: keys that customers pasted and people they wrote about are marked in it."""

import csv
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsr.core.errors import DsrError
from dsr.core.progress import Silent
from dsr.jobs.export import export
from dsr.jobs.people import Asked
from dsr.jobs.redacting import redact_for
from dsr.jobs.session import Session

POLICY = """\
version: 1
controller:
  name: {en: Example, zh: 示例}
  contact: privacy@example.com
  country: CN
  timezone: UTC
  languages: [en, zh]
  regimes: [gdpr]
stores:
  app: {kind: sql, url: "sqlite:///app.db"}
  logs: {kind: logs, url: logs}
subject:
  anchors: {user: app.users.id}
  identifiers:
    user_id: {at: [app.users.id]}
    login: {at: [app.users.login]}
    email: {at: [app.users.email], match: email}
rules:
  account:
    title: {en: Account, zh: 账户}
    purposes: [provide_service]
    basis: {gdpr: contract}
    then: delete
data:
  app.users: {rule: account, subject: id, fields: {login: name.nickname, email: contact.email, phone: contact.phone}}
  app.keys: {rule: account, subject: user_id, fields: {hash: {category: credential.api_key, export: secret}}}
  app.notes: {rule: account, subject: user_id, fields: {body: {category: notes, export: redacted}, title: notes}}
  logs.chat: {rule: account, subject: user_id, fields: {text: content.message, model: usage.model}}
discovery:
  own_keys: ["hk-[A-Za-z0-9]{20}"]
  known_keys: [app.keys.hash]
"""
OWN_KEY, GIVEN = "hk-" + "zY9x8" * 4, "0000-1111-2222-given-out"
TEXT = f"{OWN_KEY} and {GIVEN}; I am ada_1, ada@example.com; ask bo_22 or bo@example.com, privacy@example.com knows"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with sqlite3.connect(tmp_path / "app.db") as app:
        app.executescript(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, login TEXT, email TEXT, phone TEXT);"
            "CREATE TABLE keys (id INTEGER PRIMARY KEY, user_id INTEGER, hash TEXT);"
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER, title TEXT, body TEXT);"
        )
        people = [(1, "ada_1", "ada@example.com", "13800000000"), (2, "bo_22", "bo@example.com", "13911112222")]
        app.executemany("INSERT INTO users VALUES (?, ?, ?, ?)", people)
        app.execute("INSERT INTO keys VALUES (1, 2, ?)", (hashlib.sha256(GIVEN.encode()).hexdigest(),))
        app.execute("INSERT INTO notes VALUES (1, 1, ?, ?)", (TEXT, TEXT))
    app.close()
    (tmp_path / "logs").mkdir()
    line = {"user_id": 1, "text": TEXT, "model": "bo@example.com"}
    (tmp_path / "logs" / "chat.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    path = tmp_path / "retention.yaml"
    path.write_text(POLICY, encoding="utf-8")
    with Session(path, {}, "tester", Silent(), lambda: datetime(2026, 11, 24, tzinfo=UTC)) as made:
        yield made


def test_texts_are_marked_by_the_companys_own_tables_and_other_fields_are_as_they_were(session, tmp_path):
    (done,) = export(session, [Asked((("user_id", "1"),))], tmp_path / "p").packages
    assert done.complete
    marked = (
        "[secret:own-key:Y9x8] and [secret:own-key:]; I am ada_1, ada@example.com; "
        "ask [redacted:person] or [redacted:email], privacy@example.com knows"
    )
    (note,) = map(json.loads, (tmp_path / "p/data/app/notes.jsonl").read_text(encoding="utf-8").splitlines())
    (line,) = map(json.loads, (tmp_path / "p/data/logs/chat.jsonl").read_text(encoding="utf-8").splitlines())
    assert (note["title"], note["body"]) == (TEXT, marked)
    assert (line["text"], line["model"]) == (marked, "bo@example.com")
    assert marked in (tmp_path / "p/data/logs/chat.csv").read_text(encoding="utf-8-sig")
    assert "[redacted:person]" in (tmp_path / "p/index.html").read_text(encoding="utf-8")
    with (tmp_path / "p/withheld.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["collection"], row["field"], row["code"]): row["count"] for row in csv.DictReader(file)}
    assert rows["notes", "body", "secret"] == rows["chat", "text", "others"] == "2"
    assert ("notes", "title", "secret") not in rows


def test_a_log_loses_the_keys_that_were_given_out_whatever_they_look_like(session, tmp_path):
    source, target = tmp_path / "a.log", tmp_path / "b.log"
    source.write_text(f"one\nkey {GIVEN} leaked\nid 0000-1111-2222-not-ours\n", encoding="utf-8")
    assert redact_for(session, source, target, ()).secrets == (("own-key", 1),)
    assert target.read_text(encoding="utf-8") == "one\nkey [secret:own-key:] leaked\nid 0000-1111-2222-not-ours\n"
    assert redact_for(session, target, None, ()).text == target.read_text(encoding="utf-8")


def test_nothing_is_passed_on_while_the_table_of_keys_is_not_there(session, tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as app, app:
        app.execute("DROP TABLE keys")
    (tmp_path / "a.log").write_text(f"key {GIVEN} leaked\n", encoding="utf-8")
    with pytest.raises(DsrError):
        redact_for(session, tmp_path / "a.log", tmp_path / "b.log", ())
    assert not list(tmp_path.glob("b.log*"))
