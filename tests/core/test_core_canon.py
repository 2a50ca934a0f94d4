"""Canonical text: one value, one form; and the way back into a field's own type."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsr.core.matching import Match
from dsr.core.model import FieldType, canon, coerce

UUID_1 = UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ([], None),
        ({}, None),
        ((), None),
        ({"a": 1}, None),
        (0, "0"),
        (-1, "-1"),
        ("", ""),
        ("0", "0"),
        ("05", "05"),
        (" 5", " 5"),
        (5, "5"),
        (5.0, "5"),
        (Decimal("5.00"), "5"),
        (Decimal("5E+2"), "500"),
        (0.0, "0"),
        (-0.0, "0"),
        (Decimal("-0.00"), "0"),
        (0.1, "0.1"),
        (-0.5, "-0.5"),
        (Decimal("0.10"), "0.1"),
        (1e-7, "0.0000001"),
        (1e22, "1" + "0" * 22),
        (1e23, "1" + "0" * 23),
        (2**53 + 1, "9007199254740993"),
        (Decimal("1e400"), "1" + "0" * 400),
        (Decimal("12345678901234567890123456789012345.60"), "12345678901234567890123456789012345.6"),
        (float("1e400"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "sNaN"),
        (True, "true"),
        (False, "false"),
        (UUID_1, "12345678-1234-5678-1234-567812345678"),
        (b"\x00\xff", "00ff"),
        (memoryview(b"ab"), "6162"),
        (date(2026, 3, 15), "2026-03-15"),
        (datetime(2026, 3, 15, 10, 30), "2026-03-15 10:30:00"),
        (datetime(2026, 3, 15, 10, 30, 0, 5), "2026-03-15 10:30:00.000005"),
        (datetime(2026, 3, 15, 10, 30, tzinfo=UTC), "2026-03-15 10:30:00"),
        (datetime(2026, 3, 15, 10, 30, tzinfo=timezone(timedelta(hours=8))), "2026-03-15 02:30:00"),
        ("\ud800", "\ud800"),
        ("é", "é"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_the_form_of_a_value(value: object, text: str | None) -> None:
    assert canon(value) == text


@pytest.mark.parametrize("digits", [16, 28, 29, 38, 4301, 6000])
def test_long_numbers_that_differ_in_their_last_digit_stay_different(digits: int) -> None:
    whole = 10**digits + 1
    assert canon(whole) == "1" + "0" * (digits - 1) + "1"
    assert canon(Decimal(whole)) == canon(whole)
    assert canon(Decimal(whole).scaleb(-digits)) == "1." + "0" * (digits - 1) + "1" if digits < 28 else True
    assert canon(Decimal("1." + "0" * digits + "1")) != canon(Decimal("1." + "0" * digits + "2"))


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999"])
def test_a_number_of_a_billion_zeros_is_not_written_out(text: str) -> None:
    assert canon(Decimal(text)) == text
    assert coerce(text, FieldType.NUMBER) == Decimal(text)
    assert coerce(text, FieldType.INTEGER) is None


@given(st.integers(-(10**20), 10**20), st.integers(0, 5))
def test_a_number_has_one_form_in_every_type(number: int, zeros: int) -> None:
    assert canon(Decimal(f"{number}.{'0' * zeros}")) == canon(number) == str(number)
    if abs(number) < 2**53:
        assert canon(float(number)) == str(number)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
@example(Decimal("1.23456789012345678901234567890"), Decimal("1.23456789012345678901234567891"))
def test_decimals_have_one_form_exactly_when_they_are_equal(one: Decimal, other: Decimal) -> None:
    assert (canon(one) == canon(other)) == (one == other)
    assert Decimal(str(canon(one))) == one


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_from_their_form(value: float) -> None:
    assert float(str(canon(value))) == value


@pytest.mark.parametrize(
    ("value", "to", "made"),
    [
        ("5", FieldType.INTEGER, 5),
        ("-5", FieldType.INTEGER, -5),
        (5.0, FieldType.INTEGER, 5),
        ("0", FieldType.INTEGER, 0),
        ("05", FieldType.INTEGER, None),
        ("-0", FieldType.INTEGER, None),
        ("+5", FieldType.INTEGER, None),
        ("", FieldType.INTEGER, None),
        ("-", FieldType.INTEGER, None),
        ("--5", FieldType.INTEGER, None),
        ("5.0", FieldType.INTEGER, None),
        ("1_000", FieldType.INTEGER, None),
        (" 5", FieldType.INTEGER, None),
        ("５", FieldType.INTEGER, None),
        ("²", FieldType.INTEGER, None),
        ("9" * 5000, FieldType.INTEGER, None),
        (True, FieldType.INTEGER, None),
        (True, FieldType.BOOLEAN, True),
        ("false", FieldType.BOOLEAN, False),
        (1, FieldType.BOOLEAN, None),
        ("True", FieldType.BOOLEAN, None),
        ("0.5", FieldType.NUMBER, Decimal("0.5")),
        ("0.50", FieldType.NUMBER, None),
        ("1e3", FieldType.NUMBER, None),
        ("", FieldType.NUMBER, None),
        (5, FieldType.TEXT, "5"),
        ("", FieldType.TEXT, ""),
        (str(UUID_1), FieldType.UUID, UUID_1),
        (str(UUID_1).replace("-", ""), FieldType.UUID, None),
        ("{" + str(UUID_1) + "}", FieldType.UUID, None),
        ("12345678-1234-5678-1234-56781234567A", FieldType.UUID, None),
        ("2026-03-15", FieldType.DATE, date(2026, 3, 15)),
        ("20260315", FieldType.DATE, None),
        ("2026-02-30", FieldType.DATE, None),
        ("2026-03-15 10:30:00", FieldType.DATETIME, datetime(2026, 3, 15, 10, 30)),
        ("2026-03-15T10:30:00", FieldType.DATETIME, None),
        ("2026-03-15", FieldType.DATETIME, None),
        ("2026-03-15 10:30:00", FieldType.INSTANT, datetime(2026, 3, 15, 10, 30, tzinfo=UTC)),
        ("00ff", FieldType.BINARY, b"\x00\xff"),
        ("00FF", FieldType.BINARY, None),
        ("00 ff", FieldType.BINARY, None),
        ("", FieldType.BINARY, b""),
        ("{}", FieldType.JSON, None),
        (None, FieldType.TEXT, None),
        ([], FieldType.TEXT, None),
        ("\ud800", FieldType.UUID, None),
        ("\ud800", FieldType.INTEGER, None),
        ("\ud800", FieldType.NUMBER, None),
        ("\ud800", FieldType.DATE, None),
        ("\ud800", FieldType.DATETIME, None),
        ("\ud800", FieldType.BINARY, None),
        ("\ud800", FieldType.TEXT, "\ud800"),
    ],
)
def test_a_value_in_a_fields_own_type(value: object, to: FieldType, made: object) -> None:
    assert coerce(value, to) == made
    assert type(coerce(value, to)) is type(made)


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(st.characters(), max_size=12)
    | st.from_regex(r"-?0{0,2}[0-9]{1,3}(\.[0-9]{0,2})?(e[0-9]{1,2})?", fullmatch=True)
    | st.uuids()
    | st.binary(max_size=4)
    | st.dates()
    | st.datetimes()
    | st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.timezones())
    | st.dates().map(str)
    | st.datetimes().map(str)
    | st.uuids().map(str)
)


@given(VALUES, st.sampled_from(FieldType))
@example("9999-12-31 23:59:59-14:00", FieldType.INSTANT)
@example("0001-01-01 00:00:00+14:00", FieldType.DATETIME)
def test_what_is_made_compares_equal_and_making_it_again_changes_nothing(value: object, to: FieldType) -> None:
    made = coerce(value, to)
    if made is not None:
        assert canon(made) == canon(value)
        assert canon(coerce(made, to)) == canon(made)


@given(VALUES)
def test_text_and_unknown_fields_take_every_value_that_has_a_form(value: object) -> None:
    for kind in (FieldType.TEXT, FieldType.UNKNOWN):
        assert coerce(value, kind) == canon(value)


@pytest.mark.parametrize(
    ("match", "one", "other", "same"),
    [
        (Match.EXACT, "a@mail.example", "A@mail.example", False),
        (Match.EMAIL, "a@mail.example", " A@MAIL.example ", True),
        (Match.EMAIL, "é@mail.example", "É@mail.example", False),  # ASCII case only, as every store can do it
        (Match.EMAIL, "k@mail.example", "\u212a@mail.example", False),  # the Kelvin sign is no k
        (Match.EMAIL, "i@mail.example", "\u0130@mail.example", False),
        (Match.EMAIL, "a.b@mail.example", "ab@mail.example", False),
        (Match.PHONE, "+49 (30) 123-456", "+4930123456", True),
        (Match.PHONE, "+49\u00a030.123", "+4930123", True),
        (Match.PHONE, "4930123", "+4930123", False),
    ],
)
def test_how_identifiers_are_compared(match: Match, one: str, other: str, same: bool) -> None:
    assert (match.fold(one) == match.fold(other)) is same
