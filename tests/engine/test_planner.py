"""What a plan says of stores that fail while it is made, and of plans that no longer fit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from building import (
    NOW,
    TEXT,
    WHEN,
    config,
    direct,
    duty,
    entry,
    estate,
    field,
    memory,
    person,
    plan,
    policy,
    rule,
    start,
    table,
)
from building import personal as said

from dsr.core.clock import Clock
from dsr.core.errors import StalePlanError, StoreUnreachableError
from dsr.core.holds import Holds
from dsr.core.plan import Disposition
from dsr.core.policy import Policy, Start, StartField
from dsr.core.select import Selection
from dsr.engine.draft import Scope
from dsr.engine.planner import Planner
from dsr.stores.memory import MemoryStore

USERS = table("users", field("id", nullable=False), field("email", TEXT))
NOTES = table("notes", field("id", nullable=False), field("user_id"), field("nick", TEXT), field("at", WHEN))
ANN = {"id": 1, "email": "ann@example.com"}
ROWS = [{"id": n, "user_id": 1, "nick": "a", "at": NOW} for n in range(3)]


class Leaves(MemoryStore):
    """It shows what it has, and does not answer any more when it is asked how much."""

    asked = 0

    def count(self, selection: Selection) -> int:
        self.asked += 1
        raise StoreUnreachableError("Store 'far' does not answer.")


class Fixed(MemoryStore):
    """Nothing in it can be changed in place."""

    rewrite = None  # type: ignore[assignment]


def made(*, kept: bool = False) -> Policy:
    """Notes lie in a store of their own; `kept` by a law, while a nickname in them goes early."""
    duties = (duty("P10Y"),) if kept else ()
    rules = (rule("account", "P1Y"), rule("notes", "P1Y", *duties))
    notes = entry(
        "far.notes", "notes", direct("user_id"), starts=start("at"), fields=(said("nick", "account"),) if kept else ()
    )
    return policy(rules, (entry("app.users", "account", direct("id")), notes), stores=("app", "far"))


def test_a_store_that_leaves_while_it_is_counted_is_named_once_and_the_rest_is_planned() -> None:
    far = Leaves(config("far"))
    far.put(NOTES, ROWS)
    far.put(table("letters", field("id", nullable=False), field("user_id")), [])
    whole = made()
    whole = replace(whole, entries=(*whole.entries, entry("far.letters", "account", direct("user_id"))))
    found = plan(whole, {"app": memory({USERS: [ANN]}), "far": far}, person("1")).plan
    assert [(gap.kind, gap.where) for gap in found.gaps] == [("unreachable", "far")]
    assert {step.store for step in found.steps} == {"app"}
    assert far.asked == 1


def test_what_a_store_cannot_change_in_place_is_named() -> None:
    far = Fixed(config("far"))
    far.put(NOTES, ROWS)
    found = plan(made(kept=True), {"app": memory({USERS: [ANN]}), "far": far}, person("1")).plan
    assert [(gap.kind, gap.where) for gap in found.gaps] == [("unsupported", "far.notes")]


def test_the_same_store_without_such_records_leaves_no_gap() -> None:
    far = Fixed(config("far"))
    far.put(NOTES, [])
    assert plan(made(kept=True), {"app": memory({USERS: [ANN]}), "far": far}, person("1")).plan.gaps == ()


def test_works_are_found_again_without_counting() -> None:
    stores = {"app": memory({USERS: [ANN]}), "far": memory({NOTES: ROWS}, "far")}
    first = plan(made(), stores, person("1"))
    again = Planner(estate(made(), stores), Scope((person("1"),)), Holds(0), NOW).again(first.plan)
    assert again == first
    assert [work.step.disposition for work in again.works] == [Disposition.DELETE, Disposition.DELETE]


@pytest.mark.parametrize("change", ["another place", "another change", "a total", "a step that is not there"])
def test_a_plan_whose_steps_no_longer_fit_is_stale(change: str) -> None:
    stores = {"app": memory({USERS: [ANN]}), "far": memory({NOTES: ROWS}, "far")}
    first = plan(made(), stores, person("1")).plan
    one, *rest = first.steps
    other = {
        "another place": replace(one, collection="others"),
        "another change": replace(one, changes=("nick is emptied",)),
        "a total": replace(one, into="app.totals"),
        "a step that is not there": replace(one, number=99),
    }[change]
    planner = Planner(estate(made(), stores), Scope((person("1"),)), Holds(0), NOW)
    with pytest.raises(StalePlanError, match="no longer fits"):
        planner.again(replace(first, steps=(other, *rest)))


@pytest.mark.parametrize("early", [False, True])
def test_records_whose_period_nobody_can_compute_are_kept_and_named(early: bool) -> None:
    """A law keeps them from a date that they do not have, whether a field of theirs goes early or not."""
    rows = [ROWS[0], {**ROWS[1], "at": None}, {**ROWS[2], "at": datetime(1969, 1, 1, tzinfo=UTC)}]
    whole = made(kept=True)
    dated = Start((StartField(("at",), Clock(), plausible=datetime(1971, 1, 1, tzinfo=UTC)),))
    users, notes = whole.entries
    whole = replace(whole, entries=(users, replace(notes, start=dated, fields=notes.fields if early else ())))
    found = plan(whole, {"app": memory({USERS: [ANN]}), "far": memory({NOTES: rows}, "far")}, person("1")).plan
    assert {(gap.kind, gap.where, gap.text.partition(";")[0]) for gap in found.gaps} == {
        ("implausible", "far.notes", "1 records have a start date too early to be true"),
        ("no_start", "far.notes", "1 records have no start date"),
    }
