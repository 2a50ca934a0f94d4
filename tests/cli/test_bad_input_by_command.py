"""Broken input through the commands: each gives a finding with a name and an exit code that is not 0."""

import sqlite3
from pathlib import Path

import pytest

from dsr.cli.main import main

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
  app.users: {rule: all, subject: id, fields: {payload: none}}
  logs.api: {no_personal_data: {en: Counters, zh: 计数}}
"""
SLOW = '[[rules]]\nid = "endless"\nregex = "(x+x+)+y"\n'


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    base = sqlite3.connect(tmp_path / "app.db")
    with base:
        base.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, payload TEXT)")
        base.executemany("INSERT INTO users VALUES (?, ?, '{}')", [(n, f"p{n}@example.com") for n in range(30)])
    base.close()
    (tmp_path / "logs" / "api").mkdir(parents=True)
    (tmp_path / "logs" / "api" / "a.jsonl").write_text('{"count": 1}\n' * 30, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def broken_json(estate: Path) -> None:
    base = sqlite3.connect(estate / "app.db")
    with base:
        base.execute('UPDATE users SET payload = \'{"a": "\' || email WHERE id % 2')
    base.close()


def another_encoding(estate: Path) -> None:
    (estate / "logs" / "api" / "b.jsonl").write_bytes(('{"text": "林夏 lin.xia@example.com"}\n' * 30).encode("utf-16"))


def no_database(estate: Path) -> None:
    (estate / "app.db").write_bytes(b"this is no database" * 300)


def no_folder(estate: Path) -> None:
    (estate / "logs").rename(estate / "elsewhere")


def test_the_estate_is_clean_before_it_breaks(estate, capsys):
    assert main(["discover", "--check"]) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    ("breaks", "where"),
    [(broken_json, "payload"), (another_encoding, "b.jsonl"), (no_database, "app"), (no_folder, "logs")],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_what_cannot_be_read_is_named_and_never_clean(estate, capsys, breaks, where, form):
    breaks(estate)
    code = main(["discover", "--check", *form])
    said = capsys.readouterr()
    assert code in (3, 75)
    assert where in said.out + said.err
    assert "Traceback" not in said.err
    assert "@example.com" not in said.out + said.err


def test_a_rule_file_with_an_endless_pattern_is_named_in_time_and_nothing_is_passed_on(estate, capsys):
    (estate / "rules.toml").write_text(SLOW, encoding="utf-8")
    (estate / "mail.txt").write_text("x" * 60, encoding="utf-8")
    code = main(["redact", "mail.txt", "--rules", "rules.toml"])
    said = capsys.readouterr()
    assert code != 0
    assert "endless" in said.err
    assert said.out == ""
