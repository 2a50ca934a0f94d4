"""A line that nobody can read may be anybody's: it stays, it is named, and nothing is called complete."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsr.core.progress import Silent
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.export import export
from dsr.jobs.people import Asked
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
  logs: {kind: logs, url: logs}
subject:
  anchors: {}
  identifiers:
    email: {at: [logs.mail.to], match: email}
rules:
  mail:
    title: {en: Mail, zh: 邮件}
    purposes: [communicate]
    basis: {gdpr: contract}
    then: delete
data:
  logs.mail: {rule: mail, subject: {email: to}, fields: {to: contact.email}}
"""
ASKED = [Asked((("email", "a@example.com"),))]


@pytest.fixture
def session(tmp_path: Path):
    (tmp_path / "retention.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "logs").mkdir()
    lines = '{"to": "a@example.com"}\n{"to": "a@exam\n{"to": "b@example.com"}\n'
    (tmp_path / "logs" / "mail.jsonl").write_text(lines, encoding="utf-8")
    path = tmp_path / "retention.yaml"
    with Session(path, {}, "tester", Silent(), lambda: datetime(2026, 11, 23, tzinfo=UTC)) as made:
        yield made


def test_an_erasure_keeps_the_line_names_it_and_is_partial(session, tmp_path):
    plan = plan_erasure(session, ASKED)
    assert [(gap.kind, gap.where) for gap in plan.gaps] == [("unreadable", "logs")]
    assert apply(session, plan.id).exit_code == 7
    assert (tmp_path / "logs" / "mail.jsonl").read_text(encoding="utf-8") == '{"to": "a@exam\n{"to": "b@example.com"}\n'


def test_a_package_says_that_the_search_failed_there(session, tmp_path):
    (package,) = export(session, ASKED, tmp_path / "package").packages
    assert not package.complete
    assert "failed" in (tmp_path / "package" / "searched.csv").read_text(encoding="utf-8")
