"""The order of decision as a truth table: every combination of circumstances, against a table written by hand."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import pytest
from building import (
    NOW,
    TEXT,
    WHEN,
    direct,
    duty,
    entry,
    estate,
    field,
    hold,
    memory,
    personal,
    plan,
    policy,
    rule,
    start,
    table,
)

from dsr.core.clock import Clock
from dsr.core.holds import HoldKind, HoldScope
from dsr.core.plan import Disposition, Why
from dsr.core.policy import Code, End, Start, StartField
from dsr.core.subject import Subject

NOTES = table("notes", field("id", nullable=False), field("user_id"), field("made", WHEN), field("body", TEXT))
USERS = table("users", field("id", nullable=False), field("email", TEXT))
OLD, YOUNG = datetime(2000, 1, 1), datetime(2026, 11, 1)
ME = Subject("S-00000001", (("user", frozenset({"1"})),), ())


BOTH = (
    entry("app.users", "account", direct("id")),
    entry("app.notes", "notes", direct("user_id"), starts=start("made")),
)


STARTS = {
    "over": OLD,
    "young": YOUNG,
    "missing": None,
    "future": datetime(2030, 1, 1),
    "implausible": datetime(1901, 1, 1),
}
BELIEVED = Start((StartField(("made",), Clock(), plausible=datetime(1971, 1, 1, tzinfo=UTC)),))
ENDS = {End.DELETE: Disposition.DELETE, End.ANONYMISE: Disposition.ANONYMISE}
DOUBTS = {"missing": Why.NO_START, "implausible": Why.IMPLAUSIBLE}


@dataclass(frozen=True, slots=True)
class Situation:
    """One line of the table, for records of every start."""

    prohibited: bool
    held: bool
    restricted: bool
    duty_runs: bool
    asked: bool
    then: End
    on_erasure: End


SITUATIONS = [
    Situation(*said, then, on_erasure)
    for said in product((False, True), repeat=5)
    for then in (End.DELETE, End.ANONYMISE)
    for on_erasure in (End.DELETE, End.ANONYMISE, End.RETAIN)
]


def expected(now: Situation, start: str) -> tuple[Disposition, Why]:
    """DESIGN: must not exist, hold, restriction, duty, request, limit, rest."""
    if now.prohibited:
        return Disposition.DELETE, Why.PROHIBITED
    if now.held:
        return Disposition.HOLD, Why.HOLD
    if now.restricted:
        return Disposition.HOLD, Why.RESTRICTION
    if start in DOUBTS and (now.duty_runs or not now.asked):
        return Disposition.RETAIN, DOUBTS[start]
    if start == "future" and not now.asked:
        return Disposition.RETAIN, Why.FUTURE_START
    if now.duty_runs:
        return Disposition.RETAIN, Why.TAX
    if now.asked and now.on_erasure is not End.RETAIN:
        return ENDS[now.on_erasure], Why.REQUESTED
    if start == "over":
        return ENDS[now.then], Why.EXPIRED
    return Disposition.RETAIN, Why.BY_RULE if now.asked else Why.WITHIN_PERIOD


def listed(now: Situation, start: str, why: Why) -> bool:
    """Whether a plan speaks of the record: the calendar only of what it ends, what is over, and doubtful dates."""
    return (
        now.asked or now.prohibited or start in ("over", "implausible") or why in (*DOUBTS.values(), Why.FUTURE_START)
    )


@pytest.mark.parametrize("now", SITUATIONS, ids=str)
def test_the_first_case_that_holds_decides(now: Situation):
    duties = (duty("P200Y"),) if now.duty_runs else ()
    notes = rule("notes", "P1Y", *duties, then=now.then, on_erasure=now.on_erasure, must_not_exist=now.prohibited)
    pol = policy(
        (notes, rule("account")),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=BELIEVED, fields=(personal("body"),)),
        ),
    )
    rows = [{"id": n, "user_id": 1, "made": made, "body": "x"} for n, made in enumerate(STARTS.values())]
    store = memory([(USERS, [{"id": 1, "email": "a@example.com"}]), (NOTES, rows)])
    restriction = hold(HoldScope(subjects=(ME,)), "H-1", HoldKind.RESTRICTION)  # placed first, and comes second
    matter = hold(HoldScope(collections=("app.notes",)), "H-2")
    holds = (*((restriction,) if now.restricted else ()), *((matter,) if now.held else ()))
    subjects = (ME,) if now.asked else ()
    made = plan(pol, {"app": store}, *subjects, holds=holds)
    found = Counter()
    for step in made.plan.steps:
        if step.collection == "notes" and step.count:
            found[step.disposition, step.reasons[0].why] += step.count
    wanted = {kind: expected(now, kind) for kind in STARTS}
    assert found == Counter(one for kind, one in wanted.items() if listed(now, kind, one[1]))


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("objected", [False, True])
@pytest.mark.parametrize("on_erasure", [End.DELETE, End.ANONYMISE, End.RETAIN])
def test_an_objection_ends_its_rules_but_for_holds_and_duties(held: bool, bound: bool, objected: bool, on_erasure: End):
    notes = rule("notes", "P1Y", *((duty("P200Y"),) if bound else ()), on_erasure=on_erasure)
    pol = policy(
        (notes, rule("account"), rule("logs", "P1Y")),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=start("made"), fields=(personal("body"),)),
        ),
    )
    row = {"id": 1, "user_id": 1, "made": datetime(2020, 1, 1), "body": "x"}
    store = memory([(USERS, [{"id": 1, "email": "a@example.com"}]), (NOTES, [row])])
    holds = (hold(HoldScope(collections=("app.notes",))),) if held else ()
    made = plan(pol, {"app": store}, ME, holds=holds, rules=frozenset({"notes"} if objected else {"logs"}))
    found = {s.collection: (s.disposition, s.reasons[0].why) for s in made.plan.steps if s.count}
    ends = {End.RETAIN: Disposition.DELETE, **{one: ENDS[one] for one in (End.DELETE, End.ANONYMISE)}}
    wanted = (ends[on_erasure], Why.REQUESTED)
    if not objected:
        wanted = (Disposition.RETAIN, Why.OTHER_PURPOSE)
    elif held:
        wanted = (Disposition.HOLD, Why.HOLD)
    elif bound:
        wanted = (Disposition.RETAIN, Why.TAX)
    assert found == {"users": (Disposition.RETAIN, Why.OTHER_PURPOSE), "notes": wanted}


def test_the_reasons_that_lost_are_listed_behind_the_one_that_decided():
    pol = policy(
        (rule("notes", "P1Y", duty("P100Y")), rule("account")),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=start("made")),
        ),
    )
    store = memory([(USERS, [{"id": 1}]), (NOTES, [{"id": 1, "user_id": 1, "made": OLD}])])
    found = plan(pol, {"app": store}, ME, holds=(hold(HoldScope(subjects=(ME,))),))
    (step,) = [s for s in found.plan.steps if s.collection == "notes" and s.count]
    assert [reason.why for reason in step.reasons] == [Why.HOLD, Why.NO_START, Why.TAX, Why.REQUESTED]


def test_the_longest_duty_wins_and_dates_the_end():
    pol = policy(
        (
            rule("notes", "P1Y", duty("P2Y", Code.SECURITY), duty("P5Y", Code.TAX), duty("P3Y", Code.DISPUTE)),
            rule("account"),
        ),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=start("made")),
        ),
    )
    store = memory([(USERS, []), (NOTES, [{"id": 1, "user_id": 1, "made": datetime(2025, 11, 1)}])])
    (step,) = [s for s in plan(pol, {"app": store}, ME).plan.steps if s.collection == "notes" and s.count]
    assert step.reasons[0].why is Why.TAX
    assert step.until is not None
    assert step.until.date() == datetime(2030, 11, 2).date()


def test_a_rule_may_leave_a_request_aside():
    pol = policy(
        (rule("notes", "P1Y", on_erasure=End.RETAIN), rule("account")),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=start("made")),
        ),
    )
    rows = [{"id": 1, "user_id": 1, "made": OLD}, {"id": 2, "user_id": 1, "made": YOUNG}]
    steps = plan(pol, {"app": memory([(USERS, []), (NOTES, rows)])}, ME).plan.steps
    found = {(s.disposition, s.reasons[0].why): s.count for s in steps if s.collection == "notes"}
    assert found == {(Disposition.DELETE, Why.EXPIRED): 1, (Disposition.RETAIN, Why.BY_RULE): 1}


def test_a_missing_start_under_a_duty_keeps_the_record_and_the_plan_is_not_complete():
    pol = policy(
        (rule("notes", "P1Y", duty("P1Y")), rule("account")),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=start("made")),
        ),
    )
    store = memory([(USERS, []), (NOTES, [{"id": 1, "user_id": 1, "made": None}])])
    found = plan(pol, {"app": store}, ME).plan
    assert not found.complete
    assert [gap.kind for gap in found.gaps] == ["no_start"]
    assert found.count(Disposition.DELETE) == 0


def test_the_calendar_reports_missing_and_future_starts_and_purges_neither():
    pol = policy(
        (rule("notes", "P1Y"),), (entry("app.notes", "notes", direct("user_id"), starts=start("made")),), emails=()
    )
    rows = [{"id": 1, "user_id": 1, "made": None}, {"id": 2, "user_id": 1, "made": datetime(2030, 1, 1)}]
    found = plan(pol, {"app": memory([(NOTES, rows), (USERS, [])])}).plan
    counts = {(s.disposition, s.reasons[0].why): s.count for s in found.steps if s.count}
    assert counts == {(Disposition.RETAIN, Why.NO_START): 1, (Disposition.RETAIN, Why.FUTURE_START): 1}
    assert estate(pol, {"app": memory([(NOTES, rows), (USERS, [])])}).gaps == ()
    assert found.as_of == NOW
