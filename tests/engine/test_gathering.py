"""What people are given, alone and in batches, against the oracle: every record of theirs and no record of another."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from building import TEXT, by_email, config, direct, entry, field, person, policy, rule, table, via
from enacting import resolver
from generating import World, worlds
from grounds import Memory, Stores
from hypothesis import given, settings
from oracle_facts import Facts

from dsr.core.errors import ForeignRecordError
from dsr.core.model import Path, Record, canon
from dsr.core.policy import Place
from dsr.core.select import Selection
from dsr.core.subject import Subject
from dsr.engine.attribution import separable
from dsr.engine.estate import Estate, survey
from dsr.engine.gathering import Gathering, places
from dsr.engine.identity import Ask
from dsr.stores.memory import MemoryStore

Records = Counter[tuple[Place, tuple[tuple[str, str | None], ...]]]


def plain(place: Place, values: Iterable[tuple[str, object]]) -> tuple[Place, tuple[tuple[str, str | None], ...]]:
    return place, tuple(sorted((name, canon(value)) for name, value in values))


def gathered(estate: Estate, subjects: list[Subject]) -> dict[str, Records]:
    """The records by person."""
    made: dict[str, Records] = {one.token: Counter() for one in subjects}
    work = Gathering(estate, subjects)
    for place in places(estate):
        for one in estate.policy.entries_of(place):
            for record, tokens in work.of(one):
                for token in tokens:
                    made[token][plain(place, record.values.items())] += 1
    work.settle()
    return made


def theirs(facts: Facts, account: str) -> Records:
    """What the oracle says is the person's own."""
    mine, _, _ = facts.belonging(facts.person(("user_id", account)))
    return Counter(plain(row.place, facts.values(row).items()) for row in mine if facts.entry[row] is not None)


def people(world: World, stores: Stores, facts: Facts) -> Iterator[tuple[str, Subject]]:
    """Everybody who has an account."""
    users = {str(canon(facts.values(row)["id"])) for row in facts.rows if row.place.collection == "users"}
    for number, account in enumerate(sorted(users)):
        found = resolver(world, stores, f"S-{number:08x}").resolve([Ask((("user_id", account),), merge=True)])
        yield from ((account, one.subject) for one in found if one.subject is not None)


@settings(max_examples=60)
@given(worlds())
def test_everybody_is_given_what_is_theirs_alone_and_in_a_batch(world: World):
    facts, stores = Facts(world), Memory().lay(world)
    estate = survey(world.policy, stores)
    known = list(people(world, stores, facts))
    want = {subject.token: theirs(facts, account) for account, subject in known}
    for _, subject in known:
        assert gathered(estate, [subject])[subject.token] == want[subject.token], subject.token
    if separable(world.policy, places(estate)):
        assert gathered(estate, [subject for _, subject in known]) == want


class Leaking(MemoryStore):
    """A store that answers with more than was asked for when whole records are read."""

    def read(self, selection: Selection, fields: tuple[Path, ...] | None = None) -> Iterator[Record]:
        return super().read(Selection(selection.collection) if fields is None else selection, fields)


LINKS = {
    "direct": direct("user"),
    "address": by_email("mail"),
    "parent": via("parent", "app.orders"),
    "itself": via("parent", "app.notes"),
}


@pytest.mark.parametrize("asked", ["1", "12"])
@pytest.mark.parametrize("link", LINKS)
def test_a_record_that_is_not_theirs_stops_the_work(link: str, asked: str):
    store = Leaking(config())
    people = [{"id": n, "email": f"{n}@example.com"} for n in (1, 2)]
    store.put(table("users", field("id"), field("email", TEXT)), people)
    store.put(table("orders", field("id"), field("user")), [{"id": n, "user": n} for n in (1, 2)])
    notes = [{"id": n, "user": n, "mail": f"{n}@example.com", "parent": 1 if n < 3 else 9} for n in (1, 2, 3)]
    store.put(table("notes", field("id"), field("user"), field("mail", TEXT), field("parent")), notes)
    entries = (
        entry("app.users", "all", direct("id")),
        entry("app.orders", "all", direct("user")),
        entry("app.notes", "all", LINKS[link], *([direct("user")] if link == "itself" else [])),
    )
    estate = survey(policy((rule("all"),), entries), {"app": store})
    subjects = [replace(person(n, emails=(f"{n}@example.com",)), token=f"S-{n * 8}") for n in asked]
    work = Gathering(estate, subjects)
    given = [
        (tokens, record.at(("id",)))
        for place in places(estate)
        for one in estate.policy.entries_of(place)
        for record, tokens in work.of(one)
    ]
    assert given
    with pytest.raises(ForeignRecordError, match=r"app\.notes"):
        work.settle()
