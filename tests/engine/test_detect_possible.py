"""The questions that spare reading: none may say no to what reading finds, with hyperscan and without."""

import ipaddress
import math
import random
import re
import string
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from dsr.engine.detect import phones, possible
from dsr.engine.detect.checks import CHECKS
from dsr.engine.detect.fold import fold
from dsr.engine.detect.patterns import patterns
from dsr.engine.detect.profile import profile
from dsr.engine.detect.secrets import _varied, entropy, marked, secrets_like
from dsr.engine.detect.text import _of, find, settled

PLAIN = st.characters(codec="ascii", exclude_characters="\n\r")
FORMED = st.sampled_from([one for one in patterns() if one.inside is not None]).flatmap(
    lambda one: st.from_regex(re.compile(one.form, re.ASCII), fullmatch=True, alphabet=PLAIN | st.sampled_from("京粤A"))
)
WORDS = [
    "身份证",
    "passport ",
    "IMEI: ",
    "ssn",
    "社会安全号",
    "call ",
    "order ",
    "Фødsel",
    "\ud800",
    "００",
    "１３８",
    "é" * 3,
]
PIECES = st.lists(FORMED | st.sampled_from(WORDS) | st.text(max_size=12), min_size=1, max_size=6)
LONG = "\n" + "filling words without anything in them " * 14


@pytest.fixture(params=["hyperscan", "re"])
def engine(request, monkeypatch):
    if request.param == "hyperscan":
        pytest.importorskip("hyperscan")
    else:
        monkeypatch.setitem(sys.modules, "hyperscan", None)
    forget()
    yield request.param
    forget()


def forget():
    possible._inside.cache_clear()
    possible._whole.cache_clear()


def test_the_machine_is_really_asked(engine):
    find(LONG + " 7 12@")
    assert any(possible._inside(one) for one in patterns()) == (engine == "hyperscan")


@pytest.mark.parametrize("fast", [True, False])
def test_what_is_read_for_is_all_that_reading_everything_finds(fast):
    @given(PIECES, st.sampled_from([" ", "", "，", "\n"]))
    def hold(pieces, between):
        folded = fold(between.join(pieces) + LONG)
        everything = [one for pattern in patterns() for one in _of(pattern, folded)]
        read = [one for pattern in possible.inside(folded) for one in _of(pattern, folded)]
        assert read == everything

    with_engine(fast, hold)


@pytest.mark.parametrize("fast", [True, False])
def test_no_value_that_fits_a_form_is_left_out(fast):
    @given(
        st.lists(st.sampled_from(patterns()).flatmap(lambda one: st.from_regex(one.whole, fullmatch=True)), max_size=8)
    )
    def hold(values):
        passing = {one for one in patterns() for value in values if one.whole.fullmatch(value)}
        assert passing <= set(possible.whole(values))

    with_engine(fast, hold)


def test_columns_look_the_same_with_hyperscan_and_without():
    pytest.importorskip("hyperscan")
    chance = random.Random(3)
    made = [column(chance) for _ in range(60)]
    seen = []
    for fast in (True, False):
        with_engine(fast, lambda: seen.append([(profile(values, "phone"), find("\n".join(values))) for values in made]))
    assert seen[0] == seen[1]
    assert sum(bool(found) for _, found in seen[0]) > 20


def column(chance):
    shapes = [
        "4111111111111111", "+86 138 0013 8000", "a.person@example.com", "192.168.4.17", "11010119900307",
        "GB29 NWBK 6016", "A12345678", "sk-proj-abcdefghijklmnop", "2026-11-24", "note 12 call 0044 20 7946 0958",
        "张三 身份证 110101199003078",
    ]  # fmt: skip
    few = chance.sample(shapes, k=chance.choice([1, 1, 2]))
    swap = lambda text: "".join(chance.choice(string.digits) if one.isdigit() else one for one in text)  # noqa: E731
    return [swap(chance.choice(few)) if chance.random() < 0.8 else chance.choice(few) for _ in range(120)]


def with_engine(fast, run):
    with pytest.MonkeyPatch.context() as patch:
        if fast:
            pytest.importorskip("hyperscan")
        else:
            patch.setitem(sys.modules, "hyperscan", None)
        forget()
        run()
    forget()


@given(
    st.sampled_from(patterns()).flatmap(lambda one: st.tuples(st.just(one), st.from_regex(one.whole, fullmatch=True)))
)
def test_whatever_fits_a_form_holds_a_character_of_its_gate(found):
    pattern, value = found
    assert set(pattern.gate) & set(value)


@given(st.sampled_from([one for one in patterns() if one.near is not None]), st.data())
def test_a_text_with_a_word_that_stands_near_holds_a_part_that_is_asked_for_first(pattern, data):
    word = data.draw(st.from_regex(pattern.near, fullmatch=True))
    assert any(part in word for part in pattern.beside)


ROW = st.text(alphabet="0123456789 +-().x转a\t", max_size=24) | st.from_regex(
    "(00|0|a00|)[0-9]{5,6}([0-9]{11,12}|)", fullmatch=True, alphabet=st.sampled_from("a0123456789")
)


@given(st.lists(ROW, min_size=3, max_size=6), st.just(8))
def test_rows_that_differ_in_their_digits_alone_hold_the_same_candidates(rows, times):
    text = "\n".join(rows * times)
    assert list(phones._candidates(text)) == [match.span() for match in phones._CANDIDATE.finditer(text)]


@given(st.text(max_size=60), st.sampled_from(["", "tel ", "My Number is", "ORDER"]))
def test_the_quick_question_about_telephone_words_is_never_wrong_about_one(text, word):
    text = (text + word).lower()
    if any(form.search(text) for form in phones._words()):
        assert phones._spoken().search(text)


@given(st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True, alphabet=st.sampled_from("0123456789.")))
def test_four_octets_are_an_address_where_the_library_says_so(text):
    try:
        expected = bool(ipaddress.ip_address(text))
    except ValueError:
        expected = False
    assert CHECKS["ip"](text) == expected


@given(st.text(alphabet=string.digits, min_size=1, max_size=20))
def test_the_check_digit_of_cards_is_the_library_s(text):
    assert CHECKS["luhn"](text) == luhn.is_valid(text)


@given(st.text(min_size=1, max_size=40), st.floats(0, 6))
def test_entropy_is_as_it_is_defined_and_the_short_cut_agrees(text, least):
    size = len(text)
    defined = -sum(count / size * math.log2(count / size) for count in Counter(text).values())
    assert entropy(text) == pytest.approx(defined)
    assert _varied(text, least) == (entropy(text) >= least) or math.isclose(entropy(text), least)


KEYS = [
    "AKIAIOSFODNN7EXAMPLF",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
]


@given(st.lists(st.sampled_from(KEYS) | st.text(max_size=30), max_size=12))
def test_keys_are_told_together_as_they_are_one_by_one(values):
    def alone(text):
        found = marked().find(text)
        return len(found) == 1 and found[0].end - found[0].start >= 0.8 * len(text)

    assert list(secrets_like(values)) == [alone(text) for text in values]


def test_overlapping_finds_of_a_long_column_stay_in_order():
    found = find("\n".join(["4111 1111 1111 1111 call +1 212 555 0123"] * 40))
    assert found == settled(sorted(found))
