"""The engine against the oracle, over drawn schemas, policies, data, people and holds: in memory, SQLite, PostgreSQL.

`make property EXAMPLES=n` is the long form, other worlds each time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from building import config
from enacting import Notes, Stopped, again, enact, planned, subjects
from generating import World, worlds
from grounds import Databases, Ground, Memory, Stores
from hypothesis import given, settings
from oracle import Oracle, Outcome
from oracle_facts import Row

from dsr.core.model import canon
from dsr.core.plan import Disposition, Why
from dsr.core.select import Selection, matches
from dsr.engine.estate import StoreLookup
from dsr.engine.planner import Planned
from dsr.stores.memory import MemoryStore

LONG = settings.get_profile("long").max_examples


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
    records = {place: list(store.read(Selection(place.collection))) for place in world.collections}
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


def bag(rows: list[Mapping[str, object]]) -> Counter[tuple[tuple[str, str | None], ...]]:
    """Rows without their order."""
    return Counter(tuple(sorted((name, canon(value)) for name, value in row.items())) for row in rows)


def left(world: World, stores: Stores) -> dict[str, Counter]:
    return {
        str(p): bag([dict(r.values) for r in stores[p.store].read(Selection(p.collection))]) for p in world.collections
    }


def expected(world: World, outcome: Outcome) -> dict[str, Counter]:
    return {str(p): bag(outcome.rows(p)) for p in world.collections}


def differing(got: Mapping, want: Mapping) -> list[str]:
    return [
        f"{key}: engine {got.get(key)}, oracle {want.get(key)}"
        for key in {**want, **got}
        if got.get(key) != want.get(key)
    ]


def check(world: World, ground: Ground) -> None:
    oracle = Oracle(world)
    outcome = oracle.decide()
    stores = ground.lay(world)
    who = subjects(world, stores)
    made = planned(world, stores, who)
    got = found(world, made)
    want = {row: verdict.among(got.get(row, [])) for row, verdict in outcome.verdicts.items()}
    assert not (wrong := differing(got, want)), "\n".join(wrong)
    results = enact(world, stores, ground.again(), made, Notes(made))
    assert not (wrong := differing(left(world, stores), expected(world, outcome))), "\n".join(wrong)
    for row in outcome.protected:
        assert outcome.left.get(row) == world.rows[row.place][row.number] or oracle.prohibited(row), row
    open_steps = [f"{r.work.step.entry}: {r.outcome} {r.detail}" for r in results if not r.outcome.settled]
    assert not open_steps, "\n".join(open_steps)
    steps = [s for s in planned(world, stores, who).plan.steps if s.disposition.acts and s.count]
    more = [f"again {s.entry}: {s.disposition} {[r.why.value for r in s.reasons]}" for s in steps]
    assert not more, "\n".join(more)


def killed(world: World, ground: Ground) -> None:
    """Stop at every call of the journal, then go on."""
    outcome = Oracle(world).decide()
    stores = ground.lay(world, unit=1)
    made = planned(world, stores, who := subjects(world, stores))
    calls = Notes(made)
    enact(world, stores, stores, made, calls)
    for stop in range(calls.calls):
        stores = ground.lay(world, unit=1)
        made = planned(world, stores, who)
        notes = Notes(made, stop)
        with pytest.raises(Stopped):
            enact(world, stores, stores, made, notes)
        notes.stop = None
        opened = ground.again()
        enact(world, opened, opened, again(world, opened, who, made), notes)
        assert left(world, opened) == expected(world, outcome)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    if request.param == "memory":
        yield Memory()
        return
    if request.param == "sqlite":
        urls = {name: f"sqlite:///{tmp_path}/{name}.db" for name in ("app", "far")}
    else:
        make = request.getfixturevalue("postgres_database")
        urls = {name: make() for name in ("app", "far")}
    made = Databases(urls)
    yield made
    made.close()


def drawn(
    ground: Ground, examine: Callable[[World, Ground], None], memory: int, databases: int, *, far: int = 1
) -> None:
    """So many worlds, each examined on the ground."""

    @settings(max_examples=memory if isinstance(ground, Memory) else databases)
    @given(worlds(far=far))
    def examined(world: World) -> None:
        examine(world, ground)

    examined()


def test_the_engine_does_what_the_oracle_says(ground: Ground) -> None:
    drawn(ground, check, 40, 8)


def test_a_run_that_is_killed_anywhere_and_resumed_ends_the_same() -> None:
    """On databases `tests/survive` kills whole processes; the long form draws worlds there too."""
    drawn(Memory(), killed, 20, 0)


@pytest.mark.long
def test_the_engine_does_what_the_oracle_says_at_length(ground: Ground) -> None:
    drawn(ground, check, LONG, LONG // 4)


@pytest.mark.long
def test_the_engine_does_so_where_links_lead_from_store_to_store(ground: Ground) -> None:
    drawn(ground, check, LONG // 2, LONG // 8, far=5)


@pytest.mark.long
def test_a_run_that_is_killed_anywhere_and_resumed_ends_the_same_at_length(ground: Ground) -> None:
    drawn(ground, killed, LONG // 4, LONG // 40)
