"""Identifiers in running text: Chinese beside them, full-width forms, and what must not be taken for one."""

import pytest

from dsr.engine.detect.fold import fold
from dsr.engine.detect.text import find

VALUES = {
    "email": "li.lei@example.com",
    "phone": "13912345678",
    "card": "6222021234567890128",
    "ip": "203.0.113.77",
    "mac": "00:1B:44:11:3A:B7",
    "iban": "GB33BUKB20201555555555",
    "cn_ric": "11010519491231002X",
    "cn_uscc": "91350100M000100Y43",
}
BESIDE = (
    "|我的是 谢谢|（ ）|： 。|， ，|“ ”|【 】|、 ；|是 吗？|《 》|号码 的"
    "|： ！|<b> </b>|' '|\" \"|= &|[ ]|您好 您好|の です|번호 입니다|🙂 🙂"
)
SPACES = [("\n", "\n"), (" ", " "), ("\u3000", "\u3000"), ("|", "|")]
AROUND = [tuple(pair.split() or ["", ""]) for pair in BESIDE.split("|")] + SPACES
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("wide", ["none", "digits", "all"])
@pytest.mark.parametrize("around", AROUND)
def test_a_value_is_found_whatever_stands_beside_it(kind, wide, around):
    value = VALUES[kind]
    if wide != "none":
        value = value.translate({code: to for code, to in WIDE.items() if wide == "all" or chr(code).isdigit()})
    text = f"{around[0]}{value}{around[1]}"
    start = len(around[0])
    assert [tuple(one) for one in find(text)] == [(start, start + len(value), kind)]


@pytest.mark.parametrize(
    "text",
    [
        "version 1.2.3 of the program",
        "order 2024-11-23 10:11:12",
        "订单号 20241123101112345678",
        "12345678901234567",
        "1.234.567,89 €",
        "a@b and @handle and x@localhost",
        "sum 4111 1111 1111 1112",
        "pages 100-200, 2019-2020",
        "00:00 to 12:34:56",
        "MD5 d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_what_only_looks_like_one_is_left_alone(text):
    assert find(text) == []


def test_places_in_the_folded_text_are_places_in_the_text():
    text = "１３９—ﬁ½①Ａ𝟗\u3000"
    assert len(fold(text)) == len(text)
    assert fold("Ａ１＠－　𝟗") == "A1@- 9"


def test_a_word_beside_a_run_of_digits_makes_it_a_number():
    assert [one.kind for one in find("please call 5550134567 today")] == ["phone"]
    assert find("order 5550134567 today") == []
    assert [one.kind for one in find("SSN: 536904399")] == ["us_ssn"]
