"""Stored values as instants: read at their latest, compared the same way everywhere."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dsr.core.clock import UTC_CLOCK, Clock, Unit
from dsr.core.model import FieldType

BERLIN = Clock(zone="Europe/Berlin")
SECONDS, MILLIS = Clock(Unit.EPOCH_SECONDS), Clock(Unit.EPOCH_MILLIS)
TURNS = {  # zones with a change of their clocks near which values are tried
    "Europe/Berlin": (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)),
    "America/New_York": (datetime(2026, 3, 8, 7), datetime(2026, 11, 1, 6)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15), datetime(2026, 10, 3, 15, 30)),
    "Asia/Shanghai": (datetime(1991, 4, 13, 18), datetime(1991, 9, 14, 17)),
    "America/St_Johns": (datetime(2010, 3, 14, 3, 31), datetime(2010, 11, 7, 2, 31)),
    "America/Sao_Paulo": (datetime(2018, 11, 4, 3), datetime(2018, 2, 18, 2)),
    "America/Havana": (datetime(2026, 3, 8, 5), datetime(2026, 11, 1, 5)),
    "Europe/Dublin": (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)),
    "Antarctica/Troll": (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)),
    "Africa/Casablanca": (datetime(2026, 2, 15, 2), datetime(2026, 3, 22, 2)),
    "Asia/Kathmandu": (datetime(1985, 12, 31, 18, 30),),
    "UTC": (datetime(2026, 1, 1),),
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "stored", "instant"),
    [
        (UTC_CLOCK, "2026-03-15", "2026-03-15 00:00"),
        (UTC_CLOCK, "2026-03-15 10:30:00", "2026-03-15 10:30"),
        (UTC_CLOCK, "2026-03-15T10:30:00Z", "2026-03-15 10:30"),
        (UTC_CLOCK, "2026-03-15T10:30:00+08:00", "2026-03-15 02:30"),
        (UTC_CLOCK, date(2026, 3, 15), "2026-03-15 00:00"),
        (UTC_CLOCK, datetime(2026, 3, 15, 10, tzinfo=timezone(timedelta(hours=8))), "2026-03-15 02:00"),
        (Clock(zone="Asia/Shanghai"), datetime(2026, 3, 15, 10), "2026-03-15 02:00"),
        (Clock(zone="Asia/Shanghai"), "2026-03-15", "2026-03-14 16:00"),
        (Clock(zone="Asia/Shanghai"), "2026-03-15T10:30:00Z", "2026-03-15 10:30"),
        (BERLIN, datetime(2026, 10, 25, 2, 30), "2026-10-25 01:30"),  # twice: the second pass
        (BERLIN, datetime(2026, 3, 29, 2, 30), "2026-03-29 01:30"),  # never: the later reading
        (SECONDS, 0, "1970-01-01 00:00"),
        (SECONDS, -1, "1969-12-31 23:59:59"),
        (SECONDS, 1_773_570_600, "2026-03-15 10:30"),
        (SECONDS, "1773570600", "2026-03-15 10:30"),
        (SECONDS, 0.5, "1970-01-01 00:00:00.5"),
        (SECONDS, Decimal("0.000001"), "1970-01-01 00:00:00.000001"),
        (MILLIS, 1_773_570_600_000, "2026-03-15 10:30"),
        (MILLIS, Decimal(1), "1970-01-01 00:00:00.001"),
        (SECONDS, -62_135_596_800, "0001-01-01 00:00"),
        (SECONDS, 253_402_300_799, "9999-12-31 23:59:59"),
    ],
)
def test_how_values_read(clock: Clock, stored: object, instant: str) -> None:
    assert clock.read(stored) == utc(instant)


@pytest.mark.parametrize(
    ("stored", "clock", "first"),
    [
        ("2026-03-15 10:30:00", UTC_CLOCK, "2026-03-15 10:30:00.000001"),
        ("2026-03-15", Clock(zone="Asia/Shanghai"), "2026-03-14 16:00:00.000001"),
        (datetime(2026, 10, 25, 2, 30), BERLIN, "2026-10-25 01:30:00.000001"),  # twice: after the second pass
        (datetime(2026, 3, 29, 2, 30), BERLIN, "2026-03-29 02:00"),  # never: after the whole hour that was skipped
        (datetime(2026, 3, 29, 3, 0), BERLIN, "2026-03-29 02:00"),
        (datetime(2026, 3, 29, 1, 59), BERLIN, "2026-03-29 00:59:00.000001"),
        (1_773_570_600, SECONDS, "2026-03-15 10:30:00.000001"),
        (1_773_570_600_001, MILLIS, "2026-03-15 10:30:00.001001"),
        (0.5, SECONDS, "1970-01-01 00:00:00.000001"),  # a fraction counts as the whole number below it
    ],
)
def test_the_first_instant_that_a_value_lies_before(stored: object, clock: Clock, first: str) -> None:
    assert clock.before(stored, utc(first))
    assert not clock.before(stored, utc(first) - timedelta(microseconds=1))


HOSTILE = [
    None,
    "",
    " ",
    "never",
    "2026-13-01",
    "2026-02-30",
    "\ud800",
    "\0",
    True,
    False,
    b"2026-03-15",
    [],
    {},
    UUID(int=0),
]


@pytest.mark.parametrize("value", [*HOSTILE, 5, 5.5, Decimal(5), float("nan")])
def test_what_is_no_date_reads_as_none(value: object) -> None:
    for clock in (UTC_CLOCK, BERLIN):
        assert clock.read(value) is None
        assert not clock.before(value, utc("2100-01-01"))


@pytest.mark.parametrize(
    "value",
    [
        *HOSTILE,
        "2026-03-15",
        datetime(2026, 3, 15),
        date(2026, 3, 15),
        float("nan"),
        float("inf"),
        float("-inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        253_402_300_800_000,
        -62_135_596_800_001,
        10**400,
        -(10**400),
        -(2**63),
        1e300,
        -1e300,
        "1e999999999",
        "-1e999999999",
        Decimal("-1e999999999"),
    ],
)
def test_what_is_no_epoch_reads_as_none_and_lies_before_nothing(value: object) -> None:
    """A number that no calendar holds is not a date: it must not make a record expire."""
    for clock in (SECONDS, MILLIS):
        assert clock.read(value) is None
        assert not clock.before(value, utc("2100-01-01"))


def test_a_very_small_fraction_is_a_date() -> None:
    for clock in (SECONDS, MILLIS):
        assert clock.read(Decimal("1e-999999999")) == utc("1970-01-01")


@pytest.mark.parametrize("unit", list(Unit))
def test_marks_for_missing_and_never_are_no_dates(unit: Unit) -> None:
    clock = Clock(unit, missing=frozenset({"0", "0000-00-00", "1970-01-01"}), never=frozenset({"-1", "9999-12-31"}))
    for value in (0, 0.0, "0", "0000-00-00", -1, Decimal("-1.0"), "9999-12-31", date(9999, 12, 31), date(1970, 1, 1)):
        assert clock.read(value) is None
        assert not clock.before(value, datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "seconds", "millis"),
    [
        ("1970-01-01 00:00", 0, 0),
        ("1970-01-01 00:00:00.000001", 1, 1),
        ("1970-01-01 00:00:01", 1, 1000),
        ("1969-12-31 23:59:59.999999", 0, 0),
        ("1969-12-31 23:59:58.999", -1, -1001),
    ],
)
def test_epoch_bounds_are_the_first_whole_number_not_before(instant: str, seconds: int, millis: int) -> None:
    assert SECONDS.bound(utc(instant), FieldType.INTEGER) == seconds
    assert MILLIS.bound(utc(instant), FieldType.INTEGER) == millis


@given(
    st.sampled_from([SECONDS, MILLIS]),
    st.integers(-(10**13), 10**13) | st.decimals(-(10**9), 10**9, places=4) | st.floats(-1e9, 1e9),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
)
def test_epochs_are_before_by_their_bound_and_never_later_than_they_read(clock, value, instant) -> None:
    read, before = clock.read(value), clock.before(value, instant)
    assert before == clock.before(str(value), instant)
    if read is None:
        assert not before
        return
    assert before == (value < clock.bound(instant, FieldType.INTEGER))
    whole = timedelta(seconds=1) if clock is SECONDS else timedelta(milliseconds=1)
    if before:
        assert read < instant + whole  # a fraction is compared with the whole number above the instant
    else:
        assert read >= instant - timedelta(microseconds=1)


@st.composite
def near_turns(draw) -> tuple[Clock, datetime, datetime]:
    """A clock, a naive local time and an instant, all near a change of the zone's clocks."""
    zone = draw(st.sampled_from(sorted(TURNS)))
    turn = draw(st.sampled_from(TURNS[zone])).replace(tzinfo=UTC)
    near = st.integers(-5 * 3600, 5 * 3600) | st.sampled_from([0, 1, -1, 1800, 3600, -3600, 7200])
    wall = turn.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    micro = timedelta(microseconds=draw(st.sampled_from([0, 1, 999_999])))
    return Clock(zone=zone), wall + timedelta(seconds=draw(near)) + micro, turn + timedelta(seconds=draw(near))


def skipped(naive: datetime, zone: str) -> bool:
    """Whether the local time was jumped over when clocks went forward."""
    tz = ZoneInfo(zone)
    return naive.replace(tzinfo=tz).astimezone(UTC).astimezone(tz).replace(tzinfo=None) != naive


@settings(max_examples=150)
@given(near_turns())
def test_local_times_are_never_before_an_instant_earlier_than_their_latest_reading(case) -> None:
    clock, naive, instant = case
    latest = max(naive.replace(tzinfo=ZoneInfo(clock.zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    assert clock.read(naive) == latest
    if clock.before(naive, instant):
        assert latest < instant


@settings(max_examples=150)
@given(near_turns())
def test_local_times_are_before_exactly_when_they_read_so_but_for_hours_that_never_were(case) -> None:
    clock, naive, instant = case
    around = [naive + timedelta(minutes=minutes) for minutes in range(-180, 181, 15)]
    assume(not any(skipped(one, clock.zone) for one in around))
    assert clock.before(naive, instant) == (clock.read(naive) < instant)


@settings(max_examples=150)
@given(near_turns())
def test_every_form_of_a_local_time_is_compared_alike(case) -> None:
    clock, naive, instant = case
    before = clock.before(naive, instant)
    assert before == (naive < clock.bound(instant, FieldType.DATETIME))
    assert before == clock.before(naive.isoformat(), instant)
    assert before == clock.before(naive.isoformat(sep=" "), instant)
    day = naive.date()
    assert clock.before(day, instant) == (day < clock.bound(instant, FieldType.DATE))
    assert clock.before(day, instant) == clock.before(day.isoformat(), instant)
    if clock.before(day, instant):
        assert clock.read(day) < instant
    aware = naive.replace(tzinfo=ZoneInfo(clock.zone)).astimezone(UTC)
    assert clock.before(aware, instant) == (aware < clock.bound(instant, FieldType.INSTANT)) == (aware < instant)


@settings(max_examples=150)
@given(near_turns(), st.integers(0, 7200))
def test_a_later_instant_has_no_smaller_bound(case, seconds: int) -> None:
    clock, _, instant = case
    later = instant + timedelta(seconds=seconds)
    for kind in (FieldType.DATETIME, FieldType.DATE, FieldType.INSTANT):
        assert clock.bound(instant, kind) <= clock.bound(later, kind)


@pytest.mark.parametrize("zone", sorted(TURNS))
def test_every_record_comes_to_its_end(zone: str) -> None:
    """A day after any local time, the time is before: a change of clocks keeps nothing for ever."""
    for turn in TURNS[zone]:
        wall = turn.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        for minutes in range(-300, 300, 5):
            naive = wall + timedelta(minutes=minutes)
            assert Clock(zone=zone).before(naive, turn.replace(tzinfo=UTC) + timedelta(days=1, minutes=minutes))


@given(st.text(st.characters(), max_size=40) | st.binary(max_size=5) | st.floats() | st.integers())
@example("2026-03-15T10:30:00,5")
@example("20260315")
@example("2026-W11-7")
@example("9999-12-31T23:59:59-14:00")
@example("0001-01-01T00:00:00+14:00")
@example("0001-01-01")
@example("0001-01-01 00:00:00")
@example("9999-12-31")
def test_no_value_breaks_the_clock(value: object) -> None:
    for clock in (UTC_CLOCK, BERLIN, Clock(zone="Pacific/Kiritimati"), Clock(zone="Pacific/Niue"), SECONDS, MILLIS):
        read = clock.read(value)
        before = clock.before(value, utc("2026-03-15"))
        if read is None:
            assert not before
