"""The dates of the law, one by one; and the arithmetic of any date against a count on the fingers."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.core.deadlines import Asked, Deadline, How, deadlines, due
from dsr.core.errors import PolicyError
from dsr.core.regimes import Event, Question, Right
from dsr.engine import calendars
from dsr.engine.calendars import WEEKENDS, calendar
from dsr.engine.regimes import names, parse, regime, regimes

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


def dates(law: str, place: str, received: date, *asked: Asked, right: Right = Right.ACCESS) -> dict[Event, Deadline]:
    found = deadlines(regime(law), right, received, asked, calendar(place), date(2026, 12, 1))
    return {one.event: one for one in found}


@pytest.mark.parametrize(
    ("law", "place", "received", "answer", "extended"),
    [
        ("gdpr", "DE", date(2026, 1, 31), date(2026, 3, 2), date(2026, 4, 30)),
        ("uk", "GB-ENG", date(2026, 1, 31), date(2026, 3, 2), date(2026, 4, 30)),
        ("gdpr", "DE", date(2027, 1, 31), date(2027, 3, 1), date(2027, 4, 30)),
        ("uk", "GB-ENG", date(2027, 1, 31), date(2027, 3, 1), date(2027, 4, 30)),
        ("gdpr", "DE", date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 30)),
        ("uk", "GB-ENG", date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 30)),
        ("gdpr", "NL", date(2028, 1, 31), date(2028, 2, 29), date(2028, 5, 1)),
        ("gdpr", "DE", date(2028, 1, 31), date(2028, 2, 29), date(2028, 5, 2)),
        ("uk", "GB-ENG", date(2026, 11, 25), date(2026, 12, 29), date(2027, 2, 25)),
        ("ccpa", "US-CA", date(2026, 12, 18), date(2027, 2, 1), date(2027, 3, 18)),
    ],
)
def test_the_answer_and_the_extended_answer(law: str, place: str, received: date, answer: date, extended: date):
    found = dates(law, place, received)
    assert (found[Event.ANSWER].due, found[Event.EXTENDED].due) == (answer, extended)


def test_the_british_clock_starts_when_the_identity_arrives():
    asked = Asked(Question.IDENTITY, date(2026, 10, 6), date(2026, 10, 14))
    found = dates("uk", "GB-ENG", date(2026, 10, 5), asked)[Event.ANSWER]
    assert found.due == date(2026, 11, 16)
    assert [one.how for one in found.steps][:3] == [How.RECEIVED, How.STARTS, How.COUNTED]


def test_british_days_of_clarification_do_not_count():
    asked = Asked(Question.CLARIFICATION, date(2026, 10, 12), date(2026, 10, 19))
    found = dates("uk", "GB-ENG", date(2026, 10, 5), asked)[Event.ANSWER]
    assert found.due == date(2026, 11, 12)
    assert not found.waiting


def test_the_californian_dates_do_not_move_for_questions():
    received = date(2026, 12, 18)
    plain = dates("ccpa", "US-CA", received)
    asked = dates("ccpa", "US-CA", received, Asked(Question.IDENTITY, date(2026, 12, 19)))
    assert {event: one.due for event, one in asked.items()} == {event: one.due for event, one in plain.items()}
    assert plain[Event.ACKNOWLEDGE].due == date(2027, 1, 5)
    assert plain[Event.TARGET].due == date(2027, 1, 27)
    assert dates("ccpa", "US-CA", received, right=Right.OBJECTION)[Event.ANSWER].due == date(2027, 1, 12)


def test_a_british_complaint_is_acknowledged_in_thirty_days_that_roll():
    found = dates("uk", "GB-ENG", date(2026, 7, 4), right=Right.COMPLAINT)  # a Saturday; the end is Monday 3 August
    assert {event: one.due for event, one in found.items()} == {Event.ACKNOWLEDGE: date(2026, 8, 3)}
    rolled = dates("uk", "GB-ENG", date(2026, 8, 1), right=Right.COMPLAINT)  # ends on the Monday of a bank holiday
    assert rolled[Event.ACKNOWLEDGE].due == date(2026, 9, 1)


@pytest.mark.parametrize(("law", "place"), [("gdpr", "DE"), ("uk", "GB-ENG"), ("pipl", "CN")])
def test_the_last_day_for_a_breach_ends_before_72_hours_whatever_the_hour_and_the_weekend(law: str, place: str):
    for noticed in (datetime(2026, 11, 27, hour) for hour in range(24)):  # a Friday
        day = dates(law, place, noticed.date(), right=Right.BREACH)[Event.ANSWER].due
        assert datetime(2026, 11, 29) <= datetime.combine(day, time.max) < noticed + timedelta(hours=72)


def test_a_european_question_stops_the_clock_only_when_it_was_put_promptly():
    received = date(2026, 10, 5)
    prompt = dates("gdpr", "DE", received, Asked(Question.IDENTITY, date(2026, 10, 8), date(2026, 10, 13)))
    late = dates("gdpr", "DE", received, Asked(Question.IDENTITY, date(2026, 10, 20), date(2026, 10, 25)))
    assert prompt[Event.ANSWER].due == date(2026, 11, 10)
    assert late[Event.ANSWER].due == date(2026, 11, 5)
    assert How.TOO_LATE in [one.how for one in late[Event.ANSWER].steps]


def test_two_questions_open_on_one_day_exclude_it_once():
    asked = (
        Asked(Question.IDENTITY, date(2026, 10, 6), date(2026, 10, 10)),
        Asked(Question.CLARIFICATION, date(2026, 10, 8), date(2026, 10, 12)),
    )
    assert dates("gdpr", "DE", date(2026, 10, 5), *asked)[Event.ANSWER].due == date(2026, 11, 11)


def test_while_a_question_is_open_the_date_moves_on_and_says_so():
    asked = Asked(Question.CLARIFICATION, date(2026, 11, 20))
    found = dates("uk", "GB-ENG", date(2026, 11, 10), asked)[Event.ANSWER]  # today is 1 December
    assert (found.due, found.waiting) == (date(2026, 12, 21), True)


def test_chinese_make_up_days_are_worked_and_holidays_are_not():
    found = dates("pipl", "CN", date(2026, 9, 28))
    assert found[Event.TARGET].due == date(2026, 10, 23)  # 1 to 7 October off, Saturday 10 October worked
    assert found[Event.ANSWER].due == date(2026, 10, 28)
    assert calendar("CN").off(date(2026, 10, 10)) is None
    assert calendar("CN").off(date(2026, 10, 17)) == "weekend"


def test_a_year_whose_days_off_are_not_announced_is_named():
    steps = dates("pipl", "CN", date(2027, 1, 20))[Event.TARGET].steps
    assert (How.UNANNOUNCED, 2027) in [(one.how, one.count) for one in steps]
    assert How.UNANNOUNCED not in [one.how for one in dates("pipl", "CN", date(2026, 9, 28))[Event.TARGET].steps]


def test_brazil_answers_in_fifteen_days():
    found = dates("lgpd", "BR", date(2026, 11, 2))
    assert (found[Event.TARGET].due, found[Event.ANSWER].due) == (date(2026, 11, 2), date(2026, 11, 17))


def test_of_several_laws_the_strictest_counts_and_each_is_extended_where_it_can_be():
    received, today = date(2026, 10, 5), date(2026, 10, 6)
    both = [d for n, p in (("gdpr", "DE"), ("ccpa", "US-CA")) for d in
            deadlines(regime(n), Right.ACCESS, received, (), calendar(p), today)]  # fmt: skip
    assert due(both, extended=False).due == date(2026, 11, 5)
    assert due(both, extended=True).due == date(2027, 1, 3)
    assert due((), extended=True) is None


@given(DAYS, st.integers(0, 40), st.integers(0, 60))
def test_the_extension_never_chains_and_pauses_never_shorten(received: date, asked_after: int, open_days: int):
    asked = received + timedelta(asked_after)
    question = Asked(Question.CLARIFICATION, asked, asked + timedelta(open_days))
    plain = dates("gdpr", WEEKENDS, received)
    paused = dates("gdpr", WEEKENDS, received, question)
    for event, one in plain.items():
        assert one.due <= paused[event].due <= one.due + timedelta(open_days + 2)
        assert one.due.weekday() < 5
    month = next(received + timedelta(n) for n in range(28, 32) if _month_later(received, received + timedelta(n)))
    assert month <= plain[Event.ANSWER].due <= month + timedelta(2)


def _month_later(first: date, second: date) -> bool:
    """Whether the second day has the number of the first, or is the last of a month that has no such day."""
    if (second.year * 12 + second.month) - (first.year * 12 + first.month) != 1:
        return False
    last = (second + timedelta(1)).month != second.month
    return second.day == first.day or (last and first.day > second.day)


@given(DAYS)
def test_working_days_are_counted_one_by_one(received: date):
    place, day, left = calendar("US-CA"), received, 10
    while left:
        day += timedelta(1)
        left -= day.weekday() < 5 and place.off(day) is None
    assert dates("ccpa", "US-CA", received)[Event.ACKNOWLEDGE].due == day


def test_every_shipped_law_has_terms_remedies_and_two_languages():
    assert names() == ("ccpa", "gdpr", "lgpd", "pipl", "uk")
    for law in regimes(names()):
        assert law.terms, law.name
        assert law.remedies, law.name
        cites = [one.cite for one in (*law.terms, *law.pauses, *law.grounds, *law.remedies)]
        assert all(one.text.en and one.text.zh for one in cites)
    assert regime("pipl").ground("legal_claims") is None  # Art. 47 knows no such exception


def test_unknown_laws_and_places_are_refused_with_what_is_known():
    with pytest.raises(PolicyError, match=r"ccpa, gdpr, lgpd, pipl, uk"):
        regime("gdrp")
    with pytest.raises(PolicyError, match="DE-BE"):
        calendar("XX")


GOOD = """regime: test
title: {en: Test, zh: 测试}
calendar: DE
pause: {}
terms:
  answer:
    {event: answer, rights: [access], period: P1M, rolls: true,
     cite: {en: A, zh: 甲}, mark: read, verified_on: 2026-11-23}
grounds: {}
remedies: [{text: {en: Court, zh: 法院}, cite: {en: A, zh: 甲}, mark: read, verified_on: 2026-11-23}]
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("period: P1M, ", "", "test.yaml:6"),
        ("period: P1M", "period: P1M, working_days: 3", "not both"),
        ("period: P1M", "period: P1M2D", "mixes months and days"),
        ("period: P1M", "period: 30", "no unit"),
        ("cite: {en: A, zh: 甲}, mark: read, verified_on: 2026-11-23}\ng", "mark: read}\ng", "cite"),
        ("zh: 测试", "xx: 测试", "zh"),
        ("verified_on: 2026-11-23}\ng", "verified_on: 2026-02-30}\ng", "2026-02-30"),
        ("event: answer", "event: anser", "answer"),
        ("rolls", "rools", "rools"),
    ],
)  # fmt: skip
def test_a_law_that_is_not_whole_is_refused_with_its_line(old: str, new: str, says: str):
    assert parse(GOOD.encode(), "test.yaml").name == "test"
    assert old in GOOD
    with pytest.raises(PolicyError, match=says):
        parse(GOOD.replace(old, new).encode(), "test.yaml")


def test_a_make_up_day_of_another_year_is_refused():
    text = (
        'calendar: CN\nyears:\n  "2026": {worked: [2027-01-04], off: [2026-01-01], source: x, verified_on: 2026-11-24}'
    )
    with pytest.raises(PolicyError, match="not a day of that year"):
        calendars.parse(text.encode(), "cn.yaml")
