"""The order of decision as a truth table: every combination of circumstances, against a table written by hand."""

from datetime import datetime
from itertools import product

import pytest
from building import NOW, TEXT, WHEN, direct, duty, entry, estate, field, hold, memory, plan, policy, rule, start, table

from dsr.core.holds import HoldScope
from dsr.core.plan import Disposition, Why
from dsr.core.policy import Code, End
from dsr.core.subject import Subject

NOTES = table("notes", field("id", nullable=False), field("user_id"), field("made", WHEN), field("body", TEXT))
USERS = table("users", field("id", nullable=False), field("email", TEXT))
OLD, YOUNG = datetime(2000, 1, 1), datetime(2026, 11, 1)
ME = Subject("S-00000001", (("user", frozenset({"1"})),), ())


BOTH = (
    entry("app.users", "account", direct("id")),
    entry("app.notes", "notes", direct("user_id"), starts=start("made")),
)


def expected(prohibited: bool, held: bool, restricted: bool, duty_runs: bool, asked: bool, over: bool) -> tuple:
    """DESIGN: must not exist, hold, restriction, duty, request, limit, rest."""
    if prohibited:
        return Disposition.DELETE, Why.PROHIBITED
    if held:
        return Disposition.HOLD, Why.HOLD
    if restricted:
        return Disposition.HOLD, Why.RESTRICTION
    if duty_runs:
        return Disposition.RETAIN, Why.TAX
    if asked:
        return Disposition.DELETE, Why.REQUESTED
    if over:
        return Disposition.DELETE, Why.EXPIRED
    return None  # the calendar leaves it alone and does not list it


@pytest.mark.parametrize(
    ("prohibited", "held", "restricted", "duty_runs", "asked", "over"), list(product((False, True), repeat=6))
)
def test_the_first_case_that_holds_decides(prohibited, held, restricted, duty_runs, asked, over):
    made = OLD if over else YOUNG
    duties = (duty("P100Y"),) if duty_runs else ()
    notes = rule("notes", "P1Y", *duties, must_not_exist=prohibited)
    pol = policy(
        (notes, rule("account")),
        (
            entry("app.users", "account", direct("id")),
            entry("app.notes", "notes", direct("user_id"), starts=start("made")),
        ),
    )
    store = memory([(USERS, [{"id": 1, "email": "a@example.com"}]), (NOTES, [{"id": 1, "user_id": 1, "made": made}])])
    holds = (hold(HoldScope(collections=("app.notes",))),) if held else ()
    subjects = (ME,) if asked else ()
    found = plan(pol, {"app": store}, *subjects, holds=holds, restricted=(ME,) if restricted else ())
    steps = [s for s in found.plan.steps if s.collection == "notes" and s.count]
    want = expected(prohibited, held, restricted, duty_runs, asked, over)
    listed = want is not None and (asked or over or prohibited)
    assert [(s.disposition, s.reasons[0].why, s.count) for s in steps] == ([(*want, 1)] if listed else [])


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
