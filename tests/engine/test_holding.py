"""Which records a hold covers, said as predicates; the meaning of predicates is `matches`."""

from datetime import UTC, datetime

import pytest
from building import TEXT, WHEN, direct, entry, estate, field, hold, memory, policy, rule, start, table, via_link

from dsr.core.holds import Holds, HoldScope
from dsr.core.policy import Place
from dsr.core.select import NOTHING, Selection, one_of
from dsr.engine.estate import Estate
from dsr.engine.holding import held_by, protected

NOTES = Place("app", "notes")
TABLE = table("notes", field("id", nullable=False), field("user_id"), field("kind", TEXT), field("at", WHEN))
LINES = table("lines", field("id", nullable=False), field("note_id"))
ROWS = [
    {"id": 1, "user_id": 1, "kind": "a", "at": datetime(2020, 1, 1, tzinfo=UTC)},
    {"id": 2, "user_id": 1, "kind": "b", "at": datetime(2024, 1, 1, tzinfo=UTC)},
    {"id": 3, "user_id": 2, "kind": "c", "at": None},
    {"id": 4, "user_id": 2, "kind": None, "at": datetime(2020, 1, 1, tzinfo=UTC)},
]


def made(*, lines: bool = False) -> Estate:
    """Two entries take the kinds a and b; nobody takes the others. `lines` are parts of notes, there or not."""
    entries = [
        entry("app.notes", "r", direct("user_id"), starts=start("at"), where=one_of(("kind",), [kind]), number=number)
        for number, kind in enumerate("ab")
    ]
    parts = [entry("app.lines", part_of=via_link("note_id", "app.notes"))] if lines else []
    users = table("users", field("id", nullable=False), field("email", TEXT))
    tables = [(users, []), (LINES, [{"id": 7, "note_id": 2}])]
    policies = policy((rule("r", "P1Y"),), (*entries, *parts), none=("app.users",))
    return estate(policies, {"app": memory(tables if lines else [*tables, (TABLE, ROWS)])})


def covered(scope: HoldScope) -> list[object]:
    whole = made()
    where = protected(whole, Holds(1, (hold(scope),)), NOTES)
    return sorted(record.values["id"] for record in whole.stores["app"].read(Selection("notes", where)))


@pytest.mark.parametrize(
    ("scope", "ids"),
    [
        (HoldScope(), [1, 2, 3, 4]),
        (HoldScope(collections=("app.notes",)), [1, 2, 3, 4]),
        (HoldScope(collections=("app.users",)), []),
        (HoldScope(rules=("r",)), [1, 2]),
        (HoldScope(collections=("app.notes",), where=one_of(("user_id",), [2])), [3, 4]),
        (HoldScope(since=datetime(2023, 1, 1, tzinfo=UTC)), [2, 3, 4]),
        (HoldScope(until=datetime(2021, 1, 1, tzinfo=UTC)), [1, 3, 4]),
        (
            HoldScope(
                collections=("app.notes",), since=datetime(2023, 1, 1, tzinfo=UTC), where=one_of(("user_id",), [1])
            ),
            [2],
        ),
    ],
)
def test_rows_that_no_entry_takes_are_covered_by_what_says_nothing_of_people_and_rules(
    scope: HoldScope, ids: list[int]
) -> None:
    """Nobody knows their date, so they are inside every window; whose they are, or under which rule, cannot be said."""
    assert covered(scope) == ids


def test_a_part_whose_parents_are_not_there_is_covered_by_its_own_name_alone() -> None:
    whole = made(lines=True)
    (part,) = (one for one in whole.policy.entries if one.place.collection == "lines")
    assert held_by(whole, part, HoldScope(collections=("app.notes",))) == NOTHING
    (row,) = whole.stores["app"].read(Selection("lines", held_by(whole, part, HoldScope(collections=("app.lines",)))))
    assert row.values["id"] == 7
