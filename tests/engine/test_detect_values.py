"""Check digits, dates and forms: what must be accepted is, what must not is not, and nothing raises."""

import os
import random
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.engine.detect import phones, shapes
from dsr.engine.detect.checks import CHECKS
from dsr.engine.detect.patterns import patterns
from dsr.engine.detect.profile import tail
from dsr.engine.detect.secrets import general
from dsr.engine.detect.text import find

WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]  # as GB 11643 defines them
MARKS = "10X98765432"
PROVINCES = (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61)


def ric(head: str) -> str:
    return head + MARKS[sum(int(one) * weight for one, weight in zip(head, WEIGHTS, strict=True)) % 11]


def test_every_county_code_and_year_of_birth_is_accepted():
    check = CHECKS["cn_ric"]
    for province in PROVINCES:
        for county in range(1, 10_000, 97):
            for year in range(1940, 2016):
                number = ric(
                    f"{province}{county:04d}{year}{1 + county % 12:02d}{1 + county % 28:02d}{county % 1000:03d}"
                )
                assert check(number), number[:10]


@given(
    st.sampled_from(PROVINCES),
    st.dates(min_value=date(1940, 1, 1), max_value=date(2015, 12, 28)),
    st.integers(0, 9_999_999),
    st.data(),
)
def test_a_wrong_check_digit_date_or_province_is_refused(province, day, rest, data):
    check = CHECKS["cn_ric"]
    head = f"{province}{rest // 1000:04d}{day:%Y%m%d}{rest % 1000:03d}"
    number = ric(head)
    assert check(number)
    wrong = data.draw(st.sampled_from([mark for mark in MARKS if mark != number[17]]))
    assert not check(number[:17] + wrong)
    assert not check(ric(f"{head[:6]}{day.year}13{head[12:]}"))
    assert not check(ric(f"{head[:6]}{day.year}0230{head[14:]}"))
    assert not check(ric(f"{data.draw(st.sampled_from([10, 16, 19, 24, 38, 47, 55, 66, 72, 84, 99]))}{head[2:]}"))


def test_random_digits_are_next_to_never_an_identity_number():
    chance = random.Random(5)
    hits = sum(CHECKS["cn_ric"]("".join(chance.choices(string.digits, k=18))) for _ in range(100_000))
    assert hits <= 3


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("card", "4111111111111111", "4111111111111112"),
        ("card", "6222021234567890128", "9222021234567890128"),
        ("iban", "GB33 BUKB 2020 1555 5555 55", "GB33 BUKB 2020 1555 5555 56"),
        ("iban", "DE75512108001245126199", "DE7551210800124512619"),
        ("cn_uscc", "91350100M000100Y43", "91350100M000100Y44"),
        ("hk_hkid", "A123456(3)", "A123456(4)"),
        ("tw_id", "A123456789", "A123456788"),
        ("ip", "2001:db8::1", "2001:db8:::1"),
        ("ip", "10.0.0.0/8", "10.0.0.0/33"),
        ("us_ssn", "536-90-4399", "666-90-4399"),
        ("uk_nhs", "943 476 5919", "943 476 5918"),
        ("fi_hetu", "131052-308T", "131052-308U"),
        ("br.cpf", "390.533.447-05", "390.533.447-06"),
        ("in.aadhaar", "234123412346", "234123412347"),
    ],
)
def test_check_digits(check, good, bad):
    assert CHECKS[check](good)
    assert not CHECKS[check](bad)


@given(st.text(max_size=60))
def test_nothing_raises_on_any_text(text):
    for pattern in patterns():
        pattern.passes(text)
    for check in CHECKS.values():
        check(text)
    for test in shapes.PLAUSIBLE.values():
        test(text)
    phones.formed(text)
    find(text)
    general().find(text)


ALPHABET = string.digits * 4 + string.ascii_letters + "@.:-+()/ X身份证电话：，。１２３４ｘ🙂\x00\n\ud800"


def fuzz(count: int) -> None:
    chance = random.Random(11)
    for _ in range(count):
        text = "".join(chance.choices(ALPHABET, k=chance.randint(1, 40)))
        for check in CHECKS.values():
            check(text)
        find(text)


def test_a_short_run_of_noise_raises_nothing():
    fuzz(1_500)


@pytest.mark.long
def test_a_long_run_of_noise_raises_nothing():
    fuzz(int(os.environ.get("STRINGS", "300000")))


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.0001, 0.9))
def test_the_bound_on_chance_is_never_below_the_true_tail(of, count, chance):
    from math import comb

    count = min(count, of)
    true = sum(comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(count, of + 1))
    assert tail(count, of, chance) >= true * 0.999_999
