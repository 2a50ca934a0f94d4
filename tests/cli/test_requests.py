"""The register of requests through the program, in both languages and without a terminal."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clikit import CANARY, OTHER, POLICY, Dsr

from dsr.core.requests import Channel
from dsr.jobs import session as sessions

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The tests' own clock: its last entry is the present."""
    clock = [NOW]
    monkeypatch.setattr(sessions.Session.__init__, "__defaults__", (lambda: clock[-1],))
    return clock


def opened(dsr: Dsr, *args: str, email: str = CANARY) -> dict:
    ran = dsr("request", "open", "--email", email, *args, "--json")
    assert ran.code == 0, ran.out
    return json.loads(ran.out)


def shown(dsr: Dsr, id: str = "R-1") -> dict:
    return json.loads(dsr("request", "show", id, "--json").out)


def test_a_request_is_opened_and_its_dates_follow_from_the_law(dsr: Dsr):
    made = opened(dsr, "--right", "access", "--received", "2026-01-31", "--regime", "gdpr")
    assert (made["request"]["id"], made["due"]) == ("R-1", "2026-03-02")
    seen = shown(dsr)
    assert [one["due"] for one in seen["dates"]] == ["2026-03-02", "2026-04-30"]
    assert seen["dates"][0]["steps"][-1]["how"] == "rolled"


@pytest.mark.parametrize(("lang", "words"), [("en", "moved to the next day"), ("zh", "顺延至次日")])
def test_show_explains_each_date_with_its_inputs(dsr: Dsr, lang: str, words: str):
    opened(dsr, "--right", "access", "--received", "2026-01-31", "--regime", "gdpr")
    ran = dsr("request", "show", "R-1", "--lang", lang)
    assert ran.code == 0
    for part in (words, "2026-01-31", "2026-02-28", "2026-03-02", "12"):
        assert part in ran.out
    assert CANARY not in ran.out


def test_nothing_personal_is_shown_unless_asked_for_and_that_is_recorded(dsr: Dsr, shop: Path):
    (shop / "mail.txt").write_text("Where is my data? Canary Wren", encoding="utf-8")
    opened(dsr, "--right", "access", "--name", "Canary Wren", "--message", "mail.txt", "--contact", CANARY)
    for args in (("request", "show", "R-1"), ("request", "list", "--all"), ("report", "register")):
        for form in ((), ("--json",)):
            text = dsr(*args, *form).out
            assert "Canary" not in text
            assert CANARY not in text
    ran = dsr("request", "show", "R-1", "--reveal")
    assert "Where is my data?" in ran.out
    assert CANARY in ran.out


def test_the_morning_screen_ends_with_11_when_a_date_has_passed(dsr: Dsr, noon: list[datetime]):
    opened(dsr, "--right", "erasure", "--received", "2026-11-23", "--regime", "gdpr")
    opened(dsr, "--right", "erasure", "--received", "2026-11-02", "--regime", "gdpr", email=OTHER)
    assert dsr("request", "list", "--due").code == 0
    assert [one["request"]["id"] for one in json.loads(dsr("request", "list", "--due", "--json").out)["lines"]] == [
        "R-2"
    ]
    noon.append(datetime(2026, 12, 3, 9, tzinfo=UTC))
    ran = dsr("request", "list", "--due", "--lang", "zh")
    assert ran.code == 11
    assert "有 1 项请求已逾期" in ran.out
    assert dsr("request", "list").code == 0
    assert dsr("request", "close", "R-2").code == 0
    assert dsr("request", "list", "--due").code == 0
    assert shown(dsr, "R-2")["request"]["in_time"] is False


def test_a_receipt_that_is_not_confirmed_in_time_is_late(dsr: Dsr, noon: list[datetime]):
    opened(dsr, "--right", "access", "--received", "2026-11-24", "--regime", "ccpa")
    noon.append(datetime(2026, 12, 12, 9, tzinfo=UTC))
    assert dsr("request", "list", "--due").code == 11
    assert dsr("request", "acknowledge", "R-1").code == 0
    assert dsr("request", "list", "--due").code == 0


def test_a_question_stops_the_clock_where_the_law_says_so(dsr: Dsr, noon: list[datetime]):
    noon.append(datetime(2026, 11, 20, tzinfo=UTC))
    opened(dsr, "--right", "access", "--received", "2026-10-05", "--regime", "uk")
    opened(dsr, "--right", "access", "--received", "2026-10-05", "--regime", "ccpa", email=OTHER)
    for id in ("R-1", "R-2"):
        assert dsr("request", "pause", id, "--question", "clarification", "--on", "2026-10-12").code == 0
        assert dsr("request", "pause", id, "--question", "clarification", "--on", "2026-10-19", "--answered").code == 0
    assert shown(dsr, "R-1")["due"] == "2026-11-12"
    assert shown(dsr, "R-2")["due"] == "2026-11-19"


def test_an_extension_counts_from_the_start_and_comes_in_time_or_not_at_all(dsr: Dsr, noon: list[datetime]):
    noon.append(datetime(2026, 2, 20, tzinfo=UTC))
    opened(dsr, "--right", "access", "--received", "2026-01-31", "--regime", "gdpr")
    opened(dsr, "--right", "access", "--received", "2026-01-31", "--regime", "gdpr", email=OTHER)
    opened(dsr, "--right", "access", "--received", "2026-01-31", "--regime", "pipl", email=OTHER)
    assert dsr("request", "extend", "R-1", "--reason", "complexity").code == 0
    assert shown(dsr)["due"] == "2026-04-30"
    assert dsr("request", "extend", "R-1", "--reason", "complexity").code == 2
    assert "knows an extension" in dsr("request", "extend", "R-3", "--reason", "number").err
    noon.append(datetime(2026, 3, 3, tzinfo=UTC))
    assert "had to be told by 2026-03-02" in dsr("request", "extend", "R-2", "--reason", "number").err
    assert shown(dsr, "R-2")["due"] == "2026-03-02"


def test_a_refusal_needs_a_ground_of_each_law_and_the_facts(dsr: Dsr):
    opened(dsr, "--right", "erasure", "--regime", "gdpr", "--regime", "pipl")
    unknown = dsr("request", "refuse", "R-1", "--ground", "legal_claims", "--reason", "a lawsuit")
    assert unknown.code == 2
    assert "pipl" in unknown.err
    assert "legal_obligation" in unknown.err
    assert dsr("request", "refuse", "R-1", "--ground", "legal_obligation", "--reason", " ").code == 2
    assert shown(dsr)["status"] == "initiated"
    assert dsr("request", "refuse", "R-1", "--ground", "legal_obligation", "--reason", "invoices only").code == 0
    assert shown(dsr)["status"] == "rejected"


def test_nobody_alone_calls_a_request_excessive(dsr: Dsr, monkeypatch: pytest.MonkeyPatch):
    opened(dsr, "--right", "access", "--regime", "gdpr")
    monkeypatch.setenv("DSR_ACTOR", "ada")
    args = ("request", "refuse", "R-1", "--ground", "excessive", "--reason", "the ninth this week")
    assert dsr(*args).code == 5
    assert dsr(*args).code == 5
    assert shown(dsr)["status"] == "initiated"
    monkeypatch.setenv("DSR_ACTOR", "bo")
    assert dsr(*args).code == 0
    assert shown(dsr)["status"] == "rejected"


def test_duplicates_are_noticed_whatever_the_spelling(dsr: Dsr):
    opened(dsr, "--right", "access")
    made = opened(dsr, "--right", "access", "--right", "erasure", email=CANARY.upper())
    assert made["duplicates"] == ["R-1"]
    assert opened(dsr, "--right", "objection")["duplicates"] == []
    assert opened(dsr, "--right", "access", email=OTHER)["earlier"] == []
    assert opened(dsr, "--right", "access", "--test")["earlier"] == []


def test_whether_the_account_exists_makes_no_difference(dsr: Dsr):
    one = dsr("request", "open", "--email", CANARY, "--right", "access")
    two = dsr("request", "open", "--email", "nobody@example.org", "--right", "access")
    assert (one.code, one.err) == (two.code, two.err)
    assert one.out.replace("R-1", "R-2") == two.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--email", CANARY), "Nothing is asked for"),
        (("--email", CANARY, "--right", "access", "--received", "2031-01-01"), "in the future"),
        (("--email", CANARY, "--right", "access", "--received", "31.1.2026"), "must be a day"),
        (("--email", CANARY, "--right", "access", "--received", "2026-02-30"), "must be a day"),
        (("--email", CANARY, "--right", "access", "--regime", "gdbr"), "no rules for the regime"),
        (("--email", CANARY, "--right", "access", "--language", "fr"), "en and zh"),
        (("--email", CANARY, "--right", "access", "--requester", "agent"), "say who"),
        (("--right", "access"), "Nobody was named"),
        (("--id", "ssn=1", "--right", "access"), "not an identifier of this policy"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(dsr: Dsr, args: tuple[str, ...], words: str):
    ran = dsr("request", "open", *args)
    assert ran.code == 2
    assert words in ran.err
    assert CANARY not in ran.err
    assert json.loads(dsr("request", "list", "--all", "--json").out)["lines"] == []


def test_test_requests_stand_apart(dsr: Dsr):
    opened(dsr, "--right", "access", "--test")
    assert json.loads(dsr("request", "list", "--json").out)["lines"] == []
    assert len(json.loads(dsr("request", "list", "--test", "--json").out)["lines"]) == 1
    assert json.loads(dsr("report", "metrics", "--json").out)["tables"]["metrics"] == []


def test_the_register_and_its_figures(dsr: Dsr, noon: list[datetime]):
    for number, received in enumerate(("2026-11-01", "2026-11-10", "2026-11-20", "2026-11-21")):
        opened(dsr, "--right", "access", "--received", received, "--regime", "ccpa", email=f"p{number}@example.org")
    assert dsr("request", "close", "R-1").code == 0
    assert dsr("request", "close", "R-2", "--ending", "partial").code == 0
    assert dsr("request", "refuse", "R-3", "--ground", "identity", "--reason", "no answer").code == 0
    (row,) = json.loads(dsr("report", "metrics", "--json").out)["tables"]["metrics"]
    counts = ("received", "fulfilled", "partial", "refused", "open", "in_time", "timed", "median_days", "mean_days")
    assert [row[name] for name in counts] == [4, 1, 1, 1, 1, 3, 3, "14", "13.7"]
    rows = list(csv.DictReader(io.StringIO(dsr("report", "register", "--format", "csv").out)))
    assert [one["Request"] for one in rows] == ["R-1", "R-2", "R-3", "R-4"]
    assert rows[2]["Ground"] == "the person could not be identified"
    assert rows[0]["In time"] == "yes"
    assert "California" not in dsr("report", "metrics", "--lang", "zh").out
    assert (
        json.loads(dsr("report", "metrics", "--since", "2026-11-21", "--json").out)["tables"]["metrics"][0]["received"]
        == 1
    )


def test_the_purge_ends_the_registers_own_period(dsr: Dsr, shop: Path, noon: list[datetime]):
    (shop / "retention.yaml").write_text(POLICY + "requests: {keep: P24M}\n", encoding="utf-8")
    opened(dsr, "--right", "access")
    opened(dsr, "--right", "access", email=OTHER)
    assert dsr("request", "close", "R-1", "--ending", "withdrawn").code == 0
    noon.append(datetime(2028, 11, 24, 15, tzinfo=UTC))
    assert dsr("purge").code == 0
    assert len(json.loads(dsr("request", "list", "--all", "--json").out)["lines"]) == 2
    noon.append(datetime(2028, 11, 24, 16, 1, tzinfo=UTC))  # the day has ended in Shanghai
    assert "past the register" in dsr("purge", "--plan-only").err
    ran = dsr("purge")
    assert "left the register" in ran.err
    assert [one["request"]["id"] for one in json.loads(dsr("request", "list", "--all", "--json").out)["lines"]] == [
        "R-2"
    ]


def test_a_register_kept_too_short_is_refused(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(POLICY + "requests: {keep: P12M, regimes: [uk]}\n", encoding="utf-8")
    ran = dsr("request", "list")
    assert ran.code == 3
    assert "24 months" in ran.err
    assert "no regime of the controller" in ran.err


def test_the_register_says_what_california_asks_for_whatever_the_channel(dsr: Dsr):
    """11 CCR § 7101(b): date and nature of the request, how it came, the date and nature of the answer, and why."""
    for channel in Channel:
        opened(dsr, "--right", "access", "--regime", "ccpa", "--received", "2026-11-02", "--channel", channel.value)
    id = f"R-{len(Channel)}"
    assert dsr("request", "refuse", id, "--ground", "identity", "--reason", "no answer").code == 0
    rows = list(csv.DictReader(io.StringIO(dsr("report", "register", "--format", "csv").out)))
    came = ["by e-mail", "by a form", "from the account", "by letter", "by phone", "by chat", "in person"]
    assert [(one["Received"], one["Rights"], one["Channel"]) for one in rows] == [
        ("2026-11-02", "access", one) for one in came
    ]
    answer = [rows[-1][name] for name in ("State", "Answered", "Ground", "Days", "In time")]
    assert answer == ["refused", "2026-11-24", "the person could not be identified", "22", "yes"]
