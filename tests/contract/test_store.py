"""What every store promises, held against `matches` over the same records."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st
from kinds import KINDS, Filler, Kind, Table, config

from dsr.core.clock import Clock, Unit
from dsr.core.errors import GuardError
from dsr.core.matching import Match
from dsr.core.model import Collection, Field, FieldType, Record
from dsr.core.select import (
    Before,
    Change,
    Everything,
    Linked,
    Not,
    Rewritten,
    Selection,
    both,
    mentions,
    one_of,
)
from dsr.core.store import Aggregates, Polls, Rewrites, Span, Store
from dsr.core.totals import Column, Mark, Tally, Total, Who
from dsr.stores.memory import MemoryStore

PLAIN = Collection(
    "plain", (Field("id", FieldType.INTEGER, nullable=False), Field("name", FieldType.TEXT)), key=("id",)
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def fill(kind: Kind, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filler]:
    opened: list[Store] = []
    filler = kind.builder(request, tmp_path)

    def fill(tables: list[Table]) -> Store:
        while opened:
            opened.pop().close()
        opened.append(filler(tables))
        return opened[0]

    yield fill
    while opened:
        opened.pop().close()


def everything(store: Store, name: str) -> list[Record]:
    return list(store.read(Selection(name)))


def mirror(store: Store) -> MemoryStore:
    """The same records in a memory store that works in one unit."""
    copy = MemoryStore(config("memory", "", unit="1000000"))
    for collection in store.collections():
        copy.put(collection, [record.values for record in everything(store, collection.name)])
    return copy


def needs(kind: Kind, topic: str) -> None:
    if topic in kind.never:
        pytest.skip(f"never: {kind.never[topic]}")


def numbered(fill: Filler, count: int) -> Store:
    return fill([Table(PLAIN, [{"id": n, "name": f"n{n}"} for n in range(count)])])


def test_every_predicate_selects_what_matches_says(kind: Kind, fill: Filler) -> None:
    @given(st.data())
    def check(data: st.DataObject) -> None:
        tables = data.draw(worlds.tables(kind))
        store = fill(tables)
        oracle = mirror(store)
        chosen = [worlds.selections(tables, kind)] * 5 + [worlds.narrowed(tables, kind)] + [worlds.windows(tables)] * 3
        for selection in map(data.draw, chosen):
            expected = worlds.shown(list(oracle.read(selection)))
            assert store.count(selection) == len(expected)
            assert worlds.shown(list(store.read(selection))) == expected

    check()


def test_span_counts_dates_and_finds_their_range(kind: Kind, fill: Filler) -> None:
    @given(st.data())
    def check(data: st.DataObject) -> None:
        tables = data.draw(worlds.tables(kind))
        store = fill(tables)
        oracle = mirror(store)
        for _ in range(4):
            selection = data.draw(worlds.selections(tables, kind, depth=1))
            collection = next(t.collection for t in tables if t.collection.name == selection.collection)
            path, clock = data.draw(worlds.paths(collection)), data.draw(worlds.clocks())
            assert store.span(selection, path, clock) == oracle.span(selection, path, clock)

    check()


def test_many_questions_in_one_pass_have_the_answers_of_each_alone(kind: Kind, fill: Filler) -> None:
    if not isinstance(fill([Table(PLAIN, [])]), Polls):
        return

    @given(st.data())
    def check(data: st.DataObject) -> None:
        tables = data.draw(worlds.tables(kind))
        store = fill(tables)
        assert isinstance(store, Polls)
        oracle = mirror(store)
        for _ in range(2):
            scope, questions = data.draw(worlds.polls(tables, kind))
            together = store.poll(scope, questions)
            for span, asked in zip(together, questions, strict=True):
                alone = Selection(scope.collection, both(scope.where, asked.where))
                if asked.field is None:
                    assert span == Span(store.count(alone), 0, None, None) == Span(oracle.count(alone), 0, None, None)
                else:
                    assert span == store.span(alone, asked.field, asked.clock)
                    assert span == oracle.span(alone, asked.field, asked.clock)

    check()


def test_a_mark_is_the_text_that_is_stored_not_the_number_it_spells(fill: Filler) -> None:
    store = fill([Table(PLAIN, [{"id": 1, "name": "05"}, {"id": 2, "name": "5"}])])
    clock = Clock(Unit.EPOCH_SECONDS, missing=frozenset({"5"}))
    fifth = datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert store.span(Selection("plain"), ("name",), clock) == Span(2, 1, fifth, fifth)


def test_a_number_outside_of_the_calendar_lies_before_nothing(fill: Filler) -> None:
    store = fill([Table(PLAIN, [{"id": number, "name": "n"} for number in (-(2**63), -(2**40), 5)])])
    due = Before(("id",), datetime(2024, 1, 1, tzinfo=UTC), Clock(Unit.EPOCH_SECONDS))
    assert [str(record.values["id"]) for record in store.read(Selection("plain", due))] == ["5"]


def test_delete_removes_exactly_what_matches_says(kind: Kind, fill: Filler) -> None:
    @given(st.data())
    def check(data: st.DataObject) -> None:
        tables = data.draw(worlds.tables(kind))
        store = fill(tables)
        oracle = mirror(store)
        selection = data.draw(worlds.selections(tables, kind))
        expected = oracle.count(selection)
        assert sum(unit.count for unit in store.delete(selection, expected)) == expected
        list(oracle.delete(selection, expected))
        for table in tables:
            name = table.collection.name
            assert worlds.shown(everything(store, name)) == worlds.shown(everything(oracle, name))

    check()


def test_rewrite_changes_exactly_what_matches_says(kind: Kind, fill: Filler) -> None:
    needs(kind, "rewrite")

    @given(st.data())
    def check(data: st.DataObject) -> None:
        tables = data.draw(worlds.tables(kind))
        store = fill(tables)
        assert isinstance(store, Rewrites)
        oracle = mirror(store)
        selection = data.draw(worlds.selections(tables, kind))
        collection = next(t.collection for t in tables if t.collection.name == selection.collection)
        changes = data.draw(worlds.changes(collection))
        expected = sum(unit.count for unit in oracle.rewrite(selection, changes, 1000))
        assert sum(unit.count for unit in store.rewrite(selection, changes, expected)) == expected
        assert worlds.shown(everything(store, collection.name)) == worlds.shown(everything(oracle, collection.name))
        if not mentions(selection.where, collection.name):
            assert (
                sum(unit.count for unit in store.rewrite(Selection(collection.name, Rewritten(changes)), changes, 0))
                == 0
            )

    check()


def test_read_gives_only_the_named_fields(fill: Filler) -> None:
    store = numbered(fill, 3)
    found = sorted(record.values["name"] for record in store.read(Selection("plain"), (("name",),)))
    assert found == ["n0", "n1", "n2"]
    assert all("id" not in record.values for record in store.read(Selection("plain"), (("name",),)))


def test_nothing_happens_before_the_first_unit_is_drawn(fill: Filler) -> None:
    store = numbered(fill, 5)
    store.delete(Selection("plain"), 5)
    assert store.count(Selection("plain")) == 5


def test_zero_as_ceiling_means_zero(fill: Filler) -> None:
    store = numbered(fill, 2)
    with pytest.raises(GuardError):
        list(store.delete(Selection("plain"), 0))
    assert store.count(Selection("plain")) == 2
    assert list(store.delete(Selection("plain", one_of(("id",), [77])), 0)) == []


def test_a_delete_never_passes_its_ceiling(fill: Filler) -> None:
    store = numbered(fill, 20)
    with pytest.raises(GuardError) as caught:
        list(store.delete(Selection("plain"), 19))
    assert store.count(Selection("plain")) >= 1
    assert "plain" in str(caught.value)


def test_a_ceiling_that_fits_is_no_obstacle(fill: Filler) -> None:
    store = numbered(fill, 20)
    assert sum(unit.count for unit in store.delete(Selection("plain"), 20)) == 20
    assert store.count(Selection("plain")) == 0


def test_units_that_were_drawn_stay_when_the_rest_is_not(fill: Filler) -> None:
    store = numbered(fill, 20)
    first = next(iter(store.delete(Selection("plain"), 20)))
    assert store.count(Selection("plain")) == 20 - first.count


def test_a_rewrite_never_passes_its_ceiling(kind: Kind, fill: Filler) -> None:
    needs(kind, "rewrite")
    store = numbered(fill, 20)
    changes = (Change(("name",)),)
    with pytest.raises(GuardError):
        list(store.rewrite(Selection("plain"), changes, 10))  # type: ignore[attr-defined]
    assert store.count(Selection("plain", Rewritten(changes))) <= 10


def test_leaves_of_a_tree_are_chosen_once_for_the_whole_delete(kind: Kind, fill: Filler) -> None:
    """A selection that looks into its own collection must not select more as it proceeds."""
    needs(kind, "links")
    tree = Collection(
        "tree", (Field("id", FieldType.INTEGER, nullable=False), Field("up", FieldType.INTEGER)), key=("id",)
    )
    store = fill([Table(tree, [{"id": n, "up": n // 2 if n else None} for n in range(16)])])
    leaf = Not(Linked((("id",),), Selection("tree", Everything()), (("up",),)))
    leaves = store.count(Selection("tree", leaf))
    assert sum(unit.count for unit in store.delete(Selection("tree", leaf), 1000)) == leaves
    assert store.count(Selection("tree")) == 16 - leaves


def test_two_hundred_thousand_keys_in_one_selection(kind: Kind, fill: Filler) -> None:
    needs(kind, "many keys")
    store = numbered(fill, 7)
    many = Selection("plain", one_of(("id",), range(3, 200_003)))
    assert store.count(many) == 4
    texts = Selection("plain", one_of(("name",), [f"n{n}" for n in range(3, 200_003)]))
    assert sum(unit.count for unit in store.delete(texts, 4)) == 4


def test_a_range_is_empty_where_nothing_is_selected(fill: Filler) -> None:
    store = numbered(fill, 1)
    span = store.span(Selection("plain", one_of(("id",), [])), ("name",), Clock())
    assert (span.count, span.dated, span.first, span.last) == (0, 0, None, None)


CALLS = Collection(
    "calls",
    (
        Field("id", FieldType.INTEGER, nullable=False),
        Field("who", FieldType.TEXT),
        Field("model", FieldType.TEXT),
        Field("tokens", FieldType.INTEGER),
    ),
    key=("id",),
)
SUMS = Collection(
    "sums",
    (
        Field("day", FieldType.TEXT, nullable=False, max_length=10),
        Field("model", FieldType.TEXT, max_length=40),
        Field("tokens", FieldType.INTEGER),
        Field("calls", FieldType.INTEGER),
    ),
    uniques=(("day", "model"),),
)
TALLY = Tally(
    "sums",
    (("day", "2026-11-23"),),
    (Column(("model",), "model"),),
    (Column(("tokens",), "tokens"),),
    "calls",
    2,
    Who(("who",), Match.EMAIL, frozenset({"-"})),
)


def test_totals_are_those_of_the_records_that_go(kind: Kind, fill: Filler) -> None:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([None, "a@x", "A@x ", "b@x", "-"]),
                st.sampled_from([None, "m", "n"]),
                st.sampled_from([None, -3, 0, 5, 10**12]),
            ),
            max_size=12,
        ),
        st.booleans(),
    )
    def check(calls: list[tuple[str | None, str | None, int | None]], before: bool) -> None:
        rows = [{"id": n, "who": who, "model": model, "tokens": t} for n, (who, model, t) in enumerate(calls)]
        known = [{"day": "2026-11-23", "model": "m", "tokens": 7, "calls": None}] if before else []
        store = fill([Table(CALLS, rows), Table(SUMS, known)])
        if not isinstance(store, Aggregates):
            return
        wanted: dict[tuple[str, str | None], list[int]] = {}
        for model in {model for _, model, _ in calls}:
            mine = [call for call in calls if call[1] == model and call[2] != 0]
            if len({who.strip(" ").lower() for who, _, _ in mine if who not in (None, "-")}) >= 2:
                wanted["2026-11-23", model] = [sum(call[2] or 0 for call in mine), len(mine)]
        if before:
            tokens, count = wanted.get(("2026-11-23", "m"), [0, 0])
            wanted["2026-11-23", "m"] = [7 + tokens, count]
        selection = Selection("calls", Not(one_of(("tokens",), [0])))
        units = list(store.aggregate(selection, TALLY, len(rows)))
        assert [unit.count for unit in units] == [n for n in [sum(row["tokens"] != 0 for row in rows)] if n]
        found = {
            (r.values["day"], r.values["model"]): [r.values["tokens"], r.values["calls"] or 0]
            for r in everything(store, "sums")
        }
        assert found == wanted
        assert all(record.values["tokens"] == 0 for record in everything(store, "calls"))

    check()


def test_totals_never_pass_the_ceiling(kind: Kind, fill: Filler) -> None:
    rows = [{"id": n, "who": f"{n}@x", "model": "m", "tokens": 1} for n in range(3)]
    store = fill([Table(CALLS, rows), Table(SUMS, [])])
    if not isinstance(store, Aggregates):
        return
    with pytest.raises(GuardError):
        list(store.aggregate(Selection("calls"), TALLY, 2))
    assert everything(store, "sums") == []
    assert len(everything(store, "calls")) == 3


def test_totals_of_another_store_come_with_their_mark(kind: Kind, fill: Filler) -> None:
    store = fill([Table(SUMS, [])])
    if not isinstance(store, Aggregates):
        return
    assert store.marked("logs.calls r") is None
    total = Total((("day", "2026-11-23"), ("model", "m")), (("tokens", 5), ("calls", 1)))
    first, second = (Mark("logs.calls r", plan, datetime(2026, 5, 23, tzinfo=UTC)) for plan in ("a" * 64, "b" * 64))
    store.add("sums", [total], first)
    assert store.marked("logs.calls r") == first
    store.add("sums", [total], second)
    assert store.marked("logs.calls r") == second
    assert [(r.values["tokens"], r.values["calls"]) for r in everything(store, "sums")] == [(10, 2)]
    assert [c.name for c in store.collections()] == ["sums"]
    store.unmark("logs.calls r")
    assert store.marked("logs.calls r") is None
