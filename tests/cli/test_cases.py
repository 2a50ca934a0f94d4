"""Scenarios of data protection law through the real commands: `tests/cases/*.yaml`, one story each.

A step is a command with its exit code; `says` and `silent` are what its words hold and do not. TOKEN stands for what
the app signs after the person signed in to the account again, CODE for what lies in the outbox, HANDLE for the person.
`policy` lists what is written otherwise in the policy file.
"""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from clikit import POLICY, Dsr, count
from test_verification import SECTION, token

from dsr.jobs import session as sessions

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, dsr: Dsr, shop: Path, monkeypatch: pytest.MonkeyPatch):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    now = [datetime(2026, 11, 24, 9, tzinfo=UTC)]
    monkeypatch.setattr(sessions.Session.__init__, "__defaults__", (lambda: now[-1],))
    policy = POLICY + SECTION
    for old, new in case.get("policy", ()):
        assert old in policy, old
        policy = policy.replace(old, new)
    (shop / "retention.yaml").write_text(policy, encoding="utf-8")
    for step in case["steps"]:
        if "at" in step:
            now.append(datetime.fromisoformat(step["at"]))
        if "as" in step:
            monkeypatch.setenv("DSR_ACTOR", step["as"])
        for old, new in step.get("rewrite", ()):
            assert old in policy, old
            policy = policy.replace(old, new)
            (shop / "retention.yaml").write_text(policy, encoding="utf-8")
        if "run" in step:
            ran = dsr(*(_filled(word, dsr, shop, now[-1]) for word in step["run"]))
            assert ran.code == step.get("exit", 0), (step, ran.out, ran.err)
            for part in step.get("says", ()):
                assert part in ran.out + ran.err, (step, ran.out, ran.err)
            for part in step.get("silent", ()):
                assert part not in ran.out + ran.err, step
        if "sql" in step:
            _executed(shop, step["sql"])
        if "overwrite" in step:
            (shop / step["overwrite"]).write_text("something else", encoding="utf-8")
        for name, there in step.get("files", {}).items():
            assert (shop / name).exists() is there, step
        for table, rows in step.get("rows", {}).items():
            assert count(shop, table) == rows, step


def _executed(shop: Path, script: str) -> None:
    base = sqlite3.connect(shop / "app.db")
    base.executescript(script)
    base.close()


def _filled(word: str, dsr: Dsr, shop: Path, now: datetime) -> str:
    if found := re.fullmatch(r"TOKEN (R-\d+) (\d+)", word):
        return token(found[1], found[2], until=now + timedelta(minutes=5))
    if word == "CODE":
        (message,) = (shop / "outbox").glob("*.eml")
        return re.search(r"\d{8}", message.read_text().partition("\n\n")[2])[0]
    if found := re.fullmatch(r"HANDLE (R-\d+)", word):
        return json.loads(dsr("request", "show", found[1], "--json").out)["request"]["subject"]
    return word
