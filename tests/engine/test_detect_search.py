"""Searching texts for people: one pass, token boundaries, encodings, and what is too short to be believed."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.engine.detect import search as module
from dsr.engine.detect.search import Search, Wanted, forms, scoped

MAIL = "lin.xia@example.com"


def found(text: str, *values: str) -> list[tuple[str, str, str]]:
    search = Search(Wanted(number, "email", value) for number, value in enumerate(values or (MAIL,)))
    return [(text[hit.start : hit.end], hit.how, hit.level) for hit in search.hits(text)]


@pytest.mark.parametrize(
    "text",
    ["{}", "to {}, thanks", "她的邮箱是{}。", "<{}>", "mail={}&x=1", "write {}.", "{}\n", '{{"to": "{}"}}', "（{}）"],
)
def test_a_value_is_found_whatever_stands_around_it(text):
    assert found(text.format(MAIL)) == [(MAIL, "plain", "L0")]


@pytest.mark.parametrize("text", ["x{}", "{}x", "a.{}", "{}.cn", "{}-more.org", "_{}"])
def test_part_of_a_longer_value_is_another_value(text):
    assert found(text.format(MAIL)) == []


def test_case_and_full_width_forms_are_the_same_value():
    assert found("Ｌｉｎ.XIA@example.com") == [("Ｌｉｎ.XIA@example.com", "plain", "L0")]


@pytest.mark.parametrize(
    ("written", "how"),
    [
        ("lin.xia%40example.com", "encoded"),
        (base64.b64encode(MAIL.encode()).decode(), "encoded"),
        (hashlib.md5(MAIL.encode()).hexdigest(), "hash"),
        (hashlib.sha256(MAIL.encode()).hexdigest().upper(), "hash"),
        (base64.b64encode(hashlib.sha1(MAIL.encode()).digest()).decode().rstrip("="), "hash"),
    ],
)
def test_the_forms_in_which_systems_write_it(written, how):
    assert [one[1:] for one in found(f"id {written} end")] == [(how, "L1")]


@pytest.mark.parametrize(
    "written", ["13912345678", "+8613912345678", "139-1234-5678", "139 1234 5678", "008613912345678"]
)
def test_a_telephone_number_however_it_is_written(written):
    assert found(f"tel {written} end", "+86 139 1234 5678")


@pytest.mark.parametrize("value", ["7", "81234", "李雷", "10.0.0.7", "::1", "ming"])
def test_what_is_too_short_is_believed_only_in_a_field_of_its_own(value):
    assert scoped(value)
    search = Search([Wanted(0, "user_id", value)])
    assert search.hits(f"text with {value} in it") == []
    assert [hit.level for hit in search.field(value)] == ["L0"]


ALPHABET = "ab1.@-_ %?李A"


@given(st.lists(st.text(ALPHABET, min_size=6, max_size=9), min_size=1, max_size=6), st.text(ALPHABET, max_size=60))
def test_the_automata_and_the_pure_form_find_the_same(values, text):
    values = [value for value in values if value.strip() == value and not scoped(value)]
    text = text + "".join(values)
    long = f"{text}{' é?' * 700}{text.upper()}"
    fast = Search(Wanted(0, "x", value) for value in values)
    slow = Search(Wanted(0, "x", value) for value in values)
    slow._find = _pure(slow._texts)
    assert fast.hits(text) == slow.hits(text)
    assert fast.hits(long) == slow.hits(long)
    assert fast.hits(long.replace("é", "e")) == slow.hits(long.replace("é", "e"))


def _pure(texts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_machine", lambda _: None)
        patch.setattr(module, "literals", lambda _: None)
        return module._finder(texts)


def test_a_character_beyond_ascii_is_not_the_question_mark_it_is_looked_for_as():
    search = Search([Wanted(0, "x", "who?me77")])
    assert search.hits("whoéme77 " * 400) == []
    assert len(search.hits("who?me77 é " * 400)) == 400


@given(st.text(ALPHABET + "x", max_size=80), st.text("ab1", min_size=6, max_size=8))
def test_a_hit_is_where_the_plain_value_stands_alone(text, value):
    if scoped(value):
        return
    text = f"{text} {value} {text}"
    spans = {hit.start for hit in Search([Wanted(0, "x", value)]).hits(text) if hit.how == "plain"}
    naive = {m.start() for m in re.finditer(f"(?<![a-z0-9_]){value}(?![a-z0-9_])", text)}
    assert {at for at in naive if text[at + len(value) : at + len(value) + 1] not in ".-%+"} <= spans <= naive


def test_every_form_of_a_value_is_another_text():
    texts = [form.text for form in forms(MAIL)]
    assert len(texts) == len(set(texts))
