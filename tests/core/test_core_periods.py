"""Calendar periods: nothing ends early, neither by a leap day nor by a clock change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsr.core.periods import FAR, From, Period

BERLIN, SHANGHAI, NEW_YORK = "Europe/Berlin", "Asia/Shanghai", "America/New_York"
ZONES = [
    "UTC",
    BERLIN,
    SHANGHAI,
    NEW_YORK,
    "America/Sao_Paulo",  # some days have no midnight
    "America/Havana",  # some days have two
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # 30 December 2011 did not happen
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
]


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("event", "zone", "period", "start", "until"),
    [
        ("2026-03-15 10:00", BERLIN, "P8Y", From.YEAR_END, "2035-01-01 00:00"),  # an invoice
        ("2026-01-01 00:00", BERLIN, "P8Y", From.YEAR_END, "2035-01-01 00:00"),
        ("2025-12-31 23:59:59.999999", BERLIN, "P8Y", From.YEAR_END, "2034-01-01 00:00"),
        ("2026-03-15 10:00", BERLIN, "P0D", From.YEAR_END, "2027-01-01 00:00"),
        ("2026-03-15 10:00", SHANGHAI, "P10Y", From.YEAR_END, "2037-01-01 00:00"),
        ("2026-01-15 00:00", BERLIN, "P1M", From.EVENT, "2026-02-16 00:00"),
        ("2026-01-15 23:59", BERLIN, "P1M", From.EVENT, "2026-02-16 00:00"),
        ("2026-01-31 12:00", BERLIN, "P1M", From.EVENT, "2026-03-02 00:00"),  # 31 February counts as 1 March
        ("2024-01-31 12:00", BERLIN, "P1M", From.EVENT, "2024-03-02 00:00"),
        ("2026-03-31 12:00", BERLIN, "P1M", From.EVENT, "2026-05-02 00:00"),
        ("2026-03-30 12:00", BERLIN, "P1M", From.EVENT, "2026-05-01 00:00"),
        ("2024-02-29 12:00", BERLIN, "P1Y", From.EVENT, "2025-03-02 00:00"),
        ("2024-02-29 12:00", BERLIN, "P4Y", From.EVENT, "2028-03-01 00:00"),
        ("2023-02-28 12:00", BERLIN, "P1Y", From.EVENT, "2024-02-29 00:00"),
        ("2026-12-15 12:00", BERLIN, "P1M", From.EVENT, "2027-01-16 00:00"),
        ("2026-11-30 12:00", BERLIN, "P13M", From.EVENT, "2027-12-31 00:00"),
        ("2026-12-31 12:00", BERLIN, "P12M", From.EVENT, "2028-01-01 00:00"),
        ("2026-03-28 12:00", BERLIN, "P1D", From.EVENT, "2026-03-30 00:00"),  # a day of 23 hours
        ("2026-10-24 12:00", BERLIN, "P1D", From.EVENT, "2026-10-26 00:00"),  # a day of 25 hours
        ("2026-01-31 12:00", BERLIN, "P1M1D", From.EVENT, "2026-03-03 00:00"),  # months before days
        ("2026-01-01 12:00", BERLIN, "P2W", From.EVENT, "2026-01-16 00:00"),
        ("2026-06-01 12:00", SHANGHAI, "P6M", From.EVENT, "2026-12-02 00:00"),
        ("2011-12-29 12:00", "Pacific/Apia", "P1D", From.EVENT, "2011-12-31 00:00"),
    ],
)
def test_when_a_record_is_no_longer_kept(event: str, zone: str, period: str, start: From, until: str) -> None:
    assert Period.parse(period, start).until(at(event, zone), zone) == at(until, zone)


def test_the_year_of_the_event_is_that_of_the_controllers_zone() -> None:
    event = at("2026-12-31 20:00")
    period = Period.parse("P1Y", From.YEAR_END)
    assert period.until(event, "UTC") == at("2028-01-01 00:00")
    assert period.until(event, SHANGHAI) == at("2029-01-01 00:00", SHANGHAI)


def test_a_german_invoice_may_go_from_new_year_2035() -> None:
    period = Period.parse("P8Y", From.YEAR_END)
    issued = at("2026-03-15 09:30", BERLIN)
    assert period.until(issued, BERLIN) == datetime(2034, 12, 31, 23, tzinfo=UTC)
    new_year = at("2035-01-01 00:00", BERLIN)
    assert period.cutoff(new_year, BERLIN) == at("2027-01-01 00:00", BERLIN)
    assert period.cutoff(new_year - timedelta(microseconds=1), BERLIN) == at("2026-01-01 00:00", BERLIN)


def test_a_zero_period_ends_with_the_event() -> None:
    event = at("2026-03-15 09:30", BERLIN)
    zero = Period.parse("P0D")
    assert zero.zero
    assert zero.until(event, BERLIN) == event
    assert zero.cutoff(event, BERLIN) == event + timedelta(microseconds=1)
    assert not Period.parse("P0D", From.YEAR_END).zero


def test_a_period_past_the_calendar_never_ends() -> None:
    for text in ("P1000Y", "P366000D"):
        assert Period.parse(text).until(at("9990-01-01 00:00"), "UTC") == FAR
    assert Period.parse("P1D").until(at("9998-12-31 12:00"), "UTC") == FAR
    assert Period.parse("P1Y", From.YEAR_END).until(at("9998-06-01 00:00"), BERLIN) == FAR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "30",
        "30D",
        "P30",
        "P1H",
        "PT1H",
        "P1DT1H",
        "P1.5Y",
        "P-1D",
        "-P1D",
        "p1d",
        "P1D ",
        " P1D",
        "P1D1M",
        "P1D\n",
        "P１D",
        "P1001Y",
        "P12001M",
        "P53000W",
        "P366001D",
        "P" + "9" * 5000 + "D",
    ],
)
def test_what_is_no_calendar_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the loader makes the message a person sees
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "shown"), [("P2W", "P14D"), ("P1Y2M3D", "P1Y2M3D"), ("P0D", "P0D"), ("P0Y", "P0D"), ("P1Y0M", "P1Y")]
)
def test_a_period_is_shown_in_iso_form(text: str, shown: str) -> None:
    assert str(Period.parse(text)) == shown
    assert Period.parse(shown) == Period.parse(text)


PERIODS = st.builds(Period, st.integers(0, 12), st.integers(0, 30), st.integers(0, 400), st.sampled_from(list(From)))
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
ZONE = st.sampled_from(ZONES)


@given(PERIODS, INSTANTS, INSTANTS, ZONE)
@example(Period(days=1), at("2011-12-29 12:00"), at("2011-12-30 10:00"), "Pacific/Apia")
def test_exactly_the_events_before_the_cutoff_have_ended(period, event, as_of, zone) -> None:
    cutoff = period.cutoff(as_of, zone)
    assert (period.until(event, zone) <= as_of) == (event < cutoff)
    edge = timedelta(microseconds=1)
    assert period.until(cutoff - edge, zone) <= as_of < period.until(cutoff, zone)


@given(PERIODS, INSTANTS, ZONE)
def test_the_moment_a_record_ends_is_the_first_at_which_the_cutoff_passes_it(period, event, zone) -> None:
    until = period.until(event, zone)
    assert event < period.cutoff(until, zone)
    assert not event < period.cutoff(until - timedelta(microseconds=1), zone)


@given(PERIODS, INSTANTS, INSTANTS, ZONE)
def test_a_later_event_never_ends_earlier_and_a_later_date_never_keeps_more(period, one, other, zone) -> None:
    first, second = sorted((one, other))
    assert period.until(first, zone) <= period.until(second, zone)
    assert period.cutoff(first, zone) <= period.cutoff(second, zone)


@given(PERIODS, INSTANTS, st.sampled_from([*ZONES, "America/St_Johns"]))
def test_a_record_is_kept_for_its_whole_period(period, event, zone) -> None:
    """Counted by hand in months and days, in whatever zone: never a day less."""
    until = period.until(event, zone).astimezone(ZoneInfo(zone))
    if period.zero:
        assert until == event
        return
    day = event.astimezone(ZoneInfo(zone)).date()
    if period.start is From.YEAR_END:
        assert until.year > day.year
    month = day.year * 12 + day.month - 1 + period.years * 12 + period.months
    assert until.year * 12 + until.month - 1 >= month
    assert (until.date() - day).days > 28 * (period.years * 12 + period.months) + period.days
    assert until > event


def test_where_clocks_go_back_over_midnight_the_cutoff_is_on_the_safe_side() -> None:
    """In St John's, 00:01 became 23:01 of the day before: that hour's events are kept a day longer, never shorter."""
    zone, period = "America/St_Johns", Period(days=1)
    second_pass = datetime(2010, 11, 7, 2, 45, tzinfo=UTC)  # 23:15 on 6 November, for the second time
    for minutes in range(-180, 180):
        event = second_pass + timedelta(minutes=minutes)
        for as_of in (period.until(event, zone), period.until(event, zone) - timedelta(microseconds=1)):
            if event < period.cutoff(as_of, zone):
                assert period.until(event, zone) <= as_of
