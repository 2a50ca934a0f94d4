"""A conjunction that says nothing twice holds for the same records, in every zone and form of dates."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dsr.core.clock import Clock, Unit
from dsr.core.model import Record
from dsr.core.narrow import Within, narrowed
from dsr.core.policy import StoreConfig
from dsr.core.select import And, Before, Dated, IsNull, Not, Or, Predicate, matches, one_of
from dsr.stores.memory import MemoryStore

HOUR = timedelta(hours=1)
TURNS = [datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 1), datetime(2011, 12, 30, 10), datetime(1971, 1, 1)]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]
CLOCKS = st.builds(
    Clock, st.sampled_from(Unit), st.sampled_from(ZONES), st.sampled_from([frozenset(), frozenset({"5"})])
)
MOMENTS = st.builds(
    lambda turn, minutes: turn + timedelta(minutes=minutes), st.sampled_from(TURNS), st.integers(-900, 900)
)
INSTANTS = MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC))
VALUES = st.one_of(
    MOMENTS, INSTANTS, MOMENTS.map(datetime.date), MOMENTS.map(str), INSTANTS.map(datetime.isoformat),
    INSTANTS.map(lambda at: int(at.timestamp())), INSTANTS.map(lambda at: int(at.timestamp() * 1000)),
    st.sampled_from([None, "never", "", 5, "5", -(2**63), 2**62, True, date(1, 1, 1), datetime.max, "2024-02-30"]),
)  # fmt: skip


NOBODY = MemoryStore(StoreConfig("nobody", "memory", "", "UTC", (), "retention.yaml:1"))


def holds(part: Predicate | Within, record: Record) -> bool:
    if isinstance(part, Within):
        since, until = (Before(part.field, at, part.clock) for at in (part.since, part.until))
        return holds(until, record) and not holds(since, record)
    return matches(part, record, NOBODY)


def conditions(clocks: list[Clock]) -> st.SearchStrategy[Predicate]:
    """About two fields, as read by two clocks."""
    at = st.tuples(st.sampled_from([("a",), ("b",)]), st.sampled_from(clocks))
    leaves = st.one_of(
        st.builds(lambda place, instant: Before(place[0], instant, place[1]), at, INSTANTS),
        at.map(lambda place: Dated(*place)),
        st.sampled_from([IsNull(("a",)), one_of(("b",), [5])]),
    )
    return st.recursive(
        leaves | leaves.map(Not),
        lambda inner: (
            inner.map(Not) | st.lists(inner, max_size=3).map(tuple).flatmap(lambda p: st.sampled_from([And(p), Or(p)]))
        ),
        max_leaves=5,
    )


@given(st.data())
def test_the_same_records_are_meant(data: st.DataObject) -> None:
    clocks = data.draw(st.lists(CLOCKS, min_size=1, max_size=2))
    parts = data.draw(st.lists(conditions(clocks), max_size=5))
    said = narrowed(parts)
    for a, b in data.draw(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=8)):
        record = Record("t", {"a": a, "b": b})
        assert all(holds(part, record) for part in said) == all(holds(part, record) for part in parts)


def test_what_a_purge_asks_becomes_one_window() -> None:
    old, due, now = (datetime(year, 1, 1, tzinfo=UTC) for year in (1971, 2024, 2026))
    dated = Dated(("at",))
    late = And((dated, Not(Before(("at",), now))))
    asked = [Before(("at",), due), Not(Before(("at",), old)), dated, Not(late)]
    assert narrowed(asked) == [Within(("at",), old, due, Clock())]


def test_another_reading_of_the_field_is_not_taken_for_it() -> None:
    due = Before(("at",), datetime(2024, 1, 1, tzinfo=UTC))
    other = Dated(("at",), Clock(missing=frozenset({"0"})))
    assert narrowed([due, other]) == [due, other]


def test_the_earlier_hour_of_a_day_is_the_one_that_stays() -> None:
    nine, ten = (Before(("at",), datetime(2024, 1, 1, hour, tzinfo=UTC)) for hour in (9, 10))
    assert narrowed([ten, nine, ten]) == narrowed([nine, ten]) == [nine]
