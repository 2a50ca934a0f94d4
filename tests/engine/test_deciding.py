"""Decisions go into the policy file as lines of their own; nothing else in it changes."""

from datetime import date

import pytest
import yaml

from dsr.core.decisions import Decided, Decision
from dsr.engine.policyfile.deciding import with_decision


def made(name: str, reason: str = "looked", word: Decided = Decided.NOT_PERSONAL) -> Decision:
    return Decision(name, word, "ada", date(2026, 11, 24), reason, "e-0123456789ab", "")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\ndata: {}\n",
        "version: 1\ndata: {}",
        "discovery:\n  decisions:\n    app.x.y: {by: b, reason: r}\n",
        "discovery:   # ours\n  own_keys: [a]\n\n# more\ndata: {}\n",
        "discovery:\n  decisions:\nversion: 1\n",
    ],
)
def test_a_decision_is_added_and_the_rest_stays(text):
    before = yaml.safe_load(text)
    after_text = with_decision(with_decision(text, made("app.users.nick")), made('app.odd."a b"', 'says: "x" # {y}'))
    after = yaml.safe_load(after_text)
    decisions = after["discovery"].pop("decisions")
    assert decisions["app.users.nick"]["reason"] == "looked"
    assert decisions['app.odd."a b"']["reason"] == 'says: "x" # {y}'
    old = (before.get("discovery") or {}).pop("decisions", None) or {}
    assert {name: decisions[name] for name in old} == old
    assert {**after, "discovery": None} == {**before, "discovery": None}
    assert all(line in after_text for line in text.splitlines())


def test_a_newer_decision_takes_the_place_of_the_older():
    once = with_decision("version: 1\n", made("app.users.nick"))
    twice = with_decision(once, made("app.users.nick", "again", Decided.PERSONAL))
    assert twice.count("app.users.nick") == 1
    assert yaml.safe_load(twice)["discovery"]["decisions"]["app.users.nick"]["decision"] == "personal"
