"""Identifiers in running text: Chinese beside them, full-width forms, and what must not be taken for one."""

import pytest

from dsr.engine.detect.fold import fold
from dsr.engine.detect.secrets import Rules, general, own_format
from dsr.engine.detect.text import find

VALUES = {
    ("email", ""): "li.lei@example.com",
    ("phone", ""): "13912345678",
    ("phone", "国际"): "+86 139 1234 5678",
    ("phone", "固话"): "010-62345678",
    ("phone", "美国"): "+1 415-555-2671",
    ("card", ""): "6222021234567890128",
    ("card", "信用卡"): "4111 1111 1111 1111",
    ("ip", ""): "203.0.113.77",
    ("ip", "六"): "2001:db8:85a3::8a2e:370:7334",
    ("mac", ""): "00:1B:44:11:3A:B7",
    ("iban", ""): "GB33BUKB20201555555555",
    ("cn_ric", ""): "11010519491231002X",
    ("cn_ric", "身份证"): "110105491231002",
    ("cn_uscc", ""): "91350100M000100Y43",
    ("plate", ""): "粤B12345",
    ("plate", "新能源"): "沪AD12345",
    ("passport", "护照"): "E12345678",
    ("permit", "港澳通行证"): "C12345678",
    ("us_ssn", ""): "536-90-4399",
    ("uk_nino", ""): "AB123456C",
}
"""By kind and the word that stands before it, where its form alone does not say it."""
SECRETS = {
    "own-key": "hk-" + "aB3dE5fG7h" * 2,
    "openai-key": "sk-" + "aB3dE5fG7h" * 4,
    "aws-key": "AKIAQ7RSTUVWXY234567",
    "code-host-key": "ghp_" + "aB3dE5fG7h" * 4,
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
}
BESIDE = (
    "|我的是 谢谢|（ ）|： 。|， ，|“ ”|【 】|、 ；|是 吗？|《 》|号码 的"
    "|： ！|<b> </b>|' '|\" \"|= &|[ ]|您好 您好|の です|번호 입니다|🙂 🙂"
)
SPACES = [("\n", "\n"), (" ", " "), ("\u3000", "\u3000"), ("|", "|")]
AROUND = [tuple(pair.split() or ["", ""]) for pair in BESIDE.split("|")] + SPACES
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def widened(value: str, wide: str) -> str:
    return value.translate({code: to for code, to in WIDE.items() if wide == "all" or (wide and chr(code).isdigit())})


@pytest.mark.parametrize("wide", ["", "digits", "all"])
@pytest.mark.parametrize(("kind", "word"), VALUES)
def test_a_value_is_found_whatever_stands_beside_it(kind, word, wide):
    value = widened(VALUES[kind, word], wide)
    missed = []
    for left, right in AROUND:
        text, start = f"{left}{word}{value}{right}", len(left) + len(word)
        if [tuple(one) for one in find(text)] != [(start, start + len(value), kind)]:
            missed.append((left, right, find(text)))
    assert missed == []


@pytest.mark.parametrize("wide", ["", "digits", "all"])
@pytest.mark.parametrize("rule", SECRETS)
def test_a_key_is_found_whatever_stands_beside_it(rule, wide):
    rules = Rules((*own_format(("hk-[A-Za-z0-9]{20}",), "own"), *general().rules))
    value = widened(SECRETS[rule], wide)
    for left, right in AROUND:
        text = f"{left}{value}{right}"
        assert [tuple(one) for one in rules.find(text)] == [(len(left), len(left) + len(value), rule)]


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
