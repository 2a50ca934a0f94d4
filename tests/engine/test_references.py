"""Rows that others need: tombstones, emptied references, cascades, cycles; planned and applied on the memory store."""

from dataclasses import replace
from datetime import datetime

import pytest
from building import (
    AT,
    TEXT,
    WHEN,
    config,
    direct,
    duty,
    entry,
    estate,
    field,
    hold,
    kept,
    memory,
    person,
    personal,
    plan,
    policy,
    ref,
    rule,
    start,
    table,
    via,
    via_link,
)
from enacting import RUN, Notes

from dsr.core.holds import HoldScope
from dsr.core.model import OnDelete, Reference
from dsr.core.plan import Disposition, Outcome, Why
from dsr.core.policy import Refers
from dsr.core.progress import Silent
from dsr.core.select import Become, Change, Selection, one_of
from dsr.engine.executor import Executor

DAY = datetime(2025, 1, 1)
USERS = table(
    "users",
    field("id", nullable=False),
    field("email", TEXT, nullable=False),
    field("inviter_id"),
    field("country", TEXT),
    field("closed_at", WHEN),
    references=(Reference(("inviter_id",), "users", ("id",)),),
    uniques=(("email",),),
)
ORDERS = table(
    "orders",
    field("id", nullable=False),
    field("user_id", nullable=False),
    field("at", WHEN),
    references=(Reference(("user_id",), "users", ("id",)),),
)
ITEMS = table(
    "items",
    field("order_id", nullable=False),
    field("line", nullable=False),
    field("what", TEXT),
    key=("order_id", "line"),
    references=(Reference(("order_id",), "orders", ("id",)),),
)
ME = person("1", emails=("a@example.com",))


def shop(*, order_rule="order", on_delete=OnDelete.REFUSE):
    orders = table("orders", *ORDERS.fields, references=(Reference(("user_id",), "users", ("id",), on_delete),))
    store = memory(
        [
            (
                USERS,
                [
                    {"id": 1, "email": "a@example.com", "inviter_id": None, "country": "CN", "closed_at": None},
                    {"id": 2, "email": "b@example.com", "inviter_id": 1, "country": "DE", "closed_at": None},
                ],
            ),
            (orders, [{"id": 0, "user_id": 1, "at": DAY}, {"id": 1, "user_id": 2, "at": DAY}]),
            (ITEMS, [{"order_id": 0, "line": 0, "what": "x"}, {"order_id": 1, "line": 0, "what": "y"}]),
        ]
    )
    fields = (personal("email"), kept("country"))
    pol = policy(
        (rule("account", "P30D"), rule("order"), rule("tax", "P10Y", duty("P10Y"))),
        (
            entry("app.users", "account", direct("id"), starts=start("closed_at"), fields=fields),
            entry("app.orders", order_rule, direct("user_id"), starts=start("at")),
            entry("app.items", part_of=via_link("order_id", "app.orders")),
        ),
    )
    return pol, store


def acted(planned):
    return {(w.step.entry, w.step.disposition): w.step.count for w in planned.works if w.step.count}


def apply(store, planned):
    for work in planned.works:
        if work.step.disposition is Disposition.DELETE:
            list(store.delete(work.selection, work.step.ceiling))
        elif work.step.disposition.acts:
            list(store.rewrite(work.selection, work.changes, work.step.ceiling))


def rows(store, name):
    return [dict(r.values) for r in store.read(Selection(name))]


def test_children_go_before_parents_and_nobody_elses_row_is_touched():
    pol, store = shop()
    planned = plan(pol, {"app": store}, ME)
    apply(store, planned)
    assert rows(store, "items") == [{"order_id": 1, "line": 0, "what": "y"}]
    assert rows(store, "orders") == [{"id": 1, "user_id": 2, "at": DAY}]
    assert rows(store, "users") == [
        {"id": 2, "email": "b@example.com", "inviter_id": None, "country": "DE", "closed_at": None}
    ]


@pytest.mark.parametrize("on_delete", list(OnDelete))
def test_an_account_that_kept_orders_need_becomes_a_tombstone_whatever_the_database_would_cascade(on_delete):
    pol, store = shop(order_rule="tax", on_delete=on_delete)
    planned = plan(pol, {"app": store}, ME)
    apply(store, planned)
    mine = next(row for row in rows(store, "users") if row["id"] == 1)
    assert mine["email"] == "erased-1"
    assert mine["country"] == "CN"  # declared `keep`
    assert mine["closed_at"] is not None  # the erasure closes the account
    assert len(rows(store, "orders")) == 2
    assert len(rows(store, "items")) == 2


def test_a_tombstone_is_planned_once_and_the_calendar_removes_it_when_nothing_needs_it():
    pol, store = shop(order_rule="tax")
    apply(store, plan(pol, {"app": store}, ME))
    again = plan(pol, {"app": store}, ME)
    assert not again.plan.appliable
    list(store.delete(Selection("items"), 10))
    list(store.delete(Selection("orders"), 10))
    later = datetime.fromisoformat("2027-03-01T00:00:00+00:00")
    purge = plan(pol, {"app": store}, as_of=later)
    apply(store, purge)
    assert [row["id"] for row in rows(store, "users")] == [2]


def test_a_hold_on_the_child_alone_keeps_child_parent_and_account():
    pol, store = shop()
    planned = plan(pol, {"app": store}, ME, holds=(hold(HoldScope(collections=("app.items",))),))
    apply(store, planned)
    assert acted(planned)[("app.items", Disposition.HOLD)] == 1
    assert len(rows(store, "items")) == 2
    assert [row["id"] for row in rows(store, "orders")] == [0, 1]
    assert next(r for r in rows(store, "users") if r["id"] == 1)["email"] == "erased-1"


def test_a_held_row_is_not_even_touched_to_empty_a_reference():
    pol, store = shop()
    other = person("2", emails=("b@example.com",))
    planned = plan(pol, {"app": store}, ME, holds=(hold(HoldScope(subjects=(other,))),))
    apply(store, planned)
    two = next(row for row in rows(store, "users") if row["id"] == 2)
    assert two["inviter_id"] == 1
    assert next(row for row in rows(store, "users") if row["id"] == 1)["email"] == "erased-1"


def test_references_from_undeclared_tables_keep_the_row_and_are_not_written_to():
    pol, store = shop()
    store.put(
        table(
            "stray",
            field("id", nullable=False),
            field("user_id"),
            references=(Reference(("user_id",), "users", ("id",)),),
        ),
        [{"id": 1, "user_id": 1}],
    )
    planned = plan(pol, {"app": store}, ME)
    apply(store, planned)
    assert rows(store, "stray") == [{"id": 1, "user_id": 1}]
    assert next(row for row in rows(store, "users") if row["id"] == 1)["email"] == "erased-1"


def test_rows_that_refer_to_each_other_in_a_cycle_all_go():
    a = table(
        "a",
        field("id", nullable=False),
        field("user_id"),
        field("b_id"),
        references=(Reference(("b_id",), "b", ("id",)),),
    )
    b = table("b", field("id", nullable=False), field("a_id"), references=(Reference(("a_id",), "a", ("id",)),))
    pol = policy(
        (rule("account"),),
        (
            entry("app.users", "account", direct("id")),
            entry("app.a", "account", direct("user_id")),
            entry("app.b", "account", via("a_id", "app.a")),
        ),
    )
    store = memory(
        [
            (table("users", field("id", nullable=False), field("email", TEXT)), [{"id": 1, "email": "a@example.com"}]),
            (a, [{"id": 1, "user_id": 1, "b_id": None}, {"id": 2, "user_id": 2, "b_id": None}]),
            (b, [{"id": 1, "a_id": 1}, {"id": 2, "a_id": 2}]),
        ]
    )
    list(store.rewrite(Selection("a", one_of(("id",), (1,))), (Change(("b_id",), Become.VALUE, 1),), 10))
    planned = plan(pol, {"app": store}, ME)
    apply(store, planned)
    assert (len(rows(store, "a")), len(rows(store, "b"))) == (1, 1)


def test_the_plan_says_why_a_row_stays():
    pol, store = shop(order_rule="tax")
    (step,) = [w.step for w in plan(pol, {"app": store}, ME).works if w.step.entry == "app.users" and w.step.count]
    assert [reason.why for reason in step.reasons[:2]] == [Why.REFERENCED, Why.REQUESTED]
    assert ("email", "unique mark") in step.changes


def test_what_one_entry_says_of_a_field_is_not_said_of_another_entrys_records():
    """`by` says whose a letter is, and who merely stands in a memo; of what no entry takes it says nothing."""
    papers = table("papers", field("id", nullable=False), field("kind", TEXT), field("by"), field("at", WHEN))
    letters, memos = (one_of(("kind",), (kind,)) for kind in ("letter", "memo"))
    refers = (Refers(("by",), ref("app.users.id"), AT),)
    pol = policy(
        (rule("account"), rule("tax", "P10Y", duty("P10Y"))),
        (
            entry("app.users", "account", direct("id")),
            entry("app.papers", "account", direct("by"), where=letters),
            entry("app.papers", "account", starts=start("at"), where=memos, refers=refers, number=1),
        ),
    )
    store = memory(
        [
            (table("users", field("id", nullable=False), field("email", TEXT)), [{"id": 1, "email": "a@example.com"}]),
            (papers, [{"id": n, "kind": kind, "by": 1, "at": DAY} for n, kind in enumerate(("letter", "memo", "map"))]),
        ]
    )
    apply(store, plan(pol, {"app": store}, ME))
    assert rows(store, "users") == []
    assert [(row["kind"], row["by"]) for row in rows(store, "papers")] == [("memo", None), ("map", 1)]


def test_a_kept_record_is_still_there_when_its_parent_in_another_store_has_gone():
    pol, store = shop()
    slips = table("slips", field("id", nullable=False), field("order_id"), field("at", WHEN))
    far = memory([(slips, [{"id": 1, "order_id": 0, "at": DAY}, {"id": 2, "order_id": 1, "at": DAY}])], "far")
    kept_slips = entry("far.slips", "tax", via("order_id", "app.orders"), starts=start("at"))
    pol = replace(pol, entries=(*pol.entries, kept_slips), stores=(*pol.stores, config("far")))
    stores = {"app": store, "far": far}
    planned = plan(pol, stores, ME)
    results = Executor(estate(pol, stores), stores, Notes(planned), Silent()).apply(planned, RUN)
    assert {r.outcome for r in results if r.work.place.store == "far" and r.count} == {Outcome.RETAINED}
    assert all(result.outcome.settled for result in results)
    assert [row["id"] for row in rows(store, "orders")] == [1]


@pytest.mark.parametrize("entries", [1, 2])
@pytest.mark.parametrize("held", [False, True])
def test_what_must_not_exist_goes_in_a_circle_whatever_holds_say(held, entries):
    """No hold keeps the reference of a record that it does not keep."""
    key = Reference(("inviter_id",), "users", ("id",))
    users = table("users", field("id", nullable=False), field("inviter_id"), field("kind", TEXT), references=(key,))
    rows = [{"id": 1, "inviter_id": 2, "kind": "a"}, {"id": 2, "inviter_id": 1, "kind": "b"}]
    store = memory([(users, rows)])
    kinds = (("a", "b"),) if entries == 1 else (("a",), ("b",))
    known = (
        entry("app.users", "r", direct("id"), where=one_of(("kind",), some), number=number)
        for number, some in enumerate(kinds)
    )
    pol = policy((rule("r", "P30D", must_not_exist=True),), tuple(known))
    holds = (hold(HoldScope(collections=("app.users",))),) if held else ()
    stores = {"app": store}
    planned = plan(pol, stores, person("1"), person("2"), holds=holds)
    Executor(estate(pol, stores), stores, Notes(planned), Silent()).apply(planned, RUN)
    assert not list(store.read(Selection("users")))
