"""The engine against the oracle, over drawn schemas, policies, data, people and holds, on the memory store."""

from collections import Counter
from collections.abc import Mapping

import pytest
from building import NOW, config
from enacting import Notes, Stopped, again, enact, planned, subjects
from generating import World, worlds
from hypothesis import given, settings
from oracle import Oracle, Outcome
from oracle_facts import Row

from dsr.core.model import canon
from dsr.core.plan import Disposition, Why
from dsr.core.plan import Outcome as Became
from dsr.core.select import matches
from dsr.engine.estate import StoreLookup
from dsr.engine.planner import Planned
from dsr.stores.memory import MemoryStore


def whole(world: World) -> MemoryStore:
    """All collections of all stores in one, to evaluate predicates on."""
    store = MemoryStore(config("all"))
    for place, collection in world.collections.items():
        store.put(collection, world.rows[place])
    return store


def found(world: World, made: Planned) -> dict[Row, list[tuple[Disposition, Why]]]:
    """What the plan's selections say of every record; emptied references and early fields of a purge apart."""
    store = whole(world)
    lookup = StoreLookup(store)
    verdicts: dict[Row, list[tuple[Disposition, Why]]] = {}
    records = {place: list(store.read(_everything(place.collection))) for place in world.collections}
    for work in made.works:
        hits = [
            Row(work.place, n)
            for n, record in enumerate(records[work.place])
            if matches(work.selection.where, record, lookup)
        ]
        assert work.step.count == len(hits), work.step
        why = work.step.reasons[0].why
        beside = why is Why.REFERS or (why is Why.FIELD_RULE and not world.asked)
        for row in hits if not beside else ():
            verdicts.setdefault(row, []).append((work.step.disposition, why))
    return verdicts


def _everything(collection: str):
    from dsr.core.select import Selection

    return Selection(collection)


def bag(rows: list[Mapping[str, object]]) -> Counter[tuple[tuple[str, str | None], ...]]:
    """Rows without their order."""
    return Counter(tuple(sorted((name, canon(value)) for name, value in row.items())) for row in rows)


def left(world: World, stores: Mapping[str, MemoryStore]) -> dict[str, Counter]:
    return {
        str(p): bag([dict(r.values) for r in stores[p.store].read(_everything(p.collection))])
        for p in world.collections
    }


def expected(world: World, outcome: Outcome) -> dict[str, Counter]:
    return {str(p): bag(outcome.rows(p)) for p in world.collections}


def differing(got: Mapping, want: Mapping) -> list[str]:
    return [
        f"{key}: engine {got.get(key)}, oracle {want.get(key)}"
        for key in {**want, **got}
        if got.get(key) != want.get(key)
    ]


def check(world: World) -> None:
    oracle = Oracle(world)
    outcome = oracle.decide()
    stores = world.memory()
    who = subjects(world, stores)
    made = planned(world, stores, who)
    got = found(world, made)
    want = {row: verdict.among(got.get(row, [])) for row, verdict in outcome.verdicts.items()}
    assert not (wrong := differing(got, want)), "\n".join(wrong)
    results = enact(world, stores, made, Notes(made))
    assert not (wrong := differing(left(world, stores), expected(world, outcome))), "\n".join(wrong)
    for row in outcome.protected:
        assert outcome.left.get(row) == world.rows[row.place][row.number] or oracle.prohibited(row), row
    open_steps = [f"{r.work.step.entry}: {r.outcome} {r.detail}" for r in results if not r.outcome.settled]
    assert not open_steps, "\n".join(open_steps)
    steps = [s for s in planned(world, stores, who).plan.steps if s.disposition.acts and s.count]
    more = [f"again {s.entry}: {s.disposition} {[r.why.value for r in s.reasons]}" for s in steps]
    assert not more, "\n".join(more)


@given(worlds())
def test_the_engine_does_what_the_oracle_says(world: World) -> None:
    check(world)


@pytest.mark.long
@settings(max_examples=4000)
@given(worlds())
def test_the_engine_does_what_the_oracle_says_at_length(world: World) -> None:
    check(world)


def killed(world: World) -> None:
    outcome = Oracle(world).decide()
    stores = world.memory(unit=1)
    made = planned(world, stores, who := subjects(world, stores))
    calls = Notes(made)
    enact(world, stores, made, calls)
    for stop in range(calls.calls):
        stores = world.memory(unit=1)
        made = planned(world, stores, who)
        notes = Notes(made, stop)
        with pytest.raises(Stopped):
            enact(world, stores, made, notes)
        notes.stop = None
        enact(world, stores, again(world, stores, who, made), notes)
        assert left(world, stores) == expected(world, outcome)


@settings(max_examples=25)
@given(worlds())
def test_a_run_that_is_killed_anywhere_and_resumed_ends_the_same(world: World) -> None:
    killed(world)


@pytest.mark.long
@settings(max_examples=1000)
@given(worlds())
def test_a_run_that_is_killed_anywhere_and_resumed_ends_the_same_at_length(world: World) -> None:
    killed(world)


def test_now_is_the_date_of_all_cases() -> None:
    assert Became.REMOVED.settled
    assert NOW.year == 2026
