"""Secrets in texts: found, hidden once and for all, and nothing passed on where a rule could not be tried."""

import re
import sys
from functools import lru_cache

import pytest
from beginnings import beginnings
from hypothesis import example, given
from hypothesis import strategies as st

from dsr.core.errors import PolicyError
from dsr.engine.detect.bounded import TooSlowError
from dsr.engine.detect.fold import fold, lower
from dsr.engine.detect.gitleaks import Bounded, load, python
from dsr.engine.detect.secrets import Rules, Secret, general, merged, own_format, redact
from dsr.jobs.redacting import redact as redact_text

OWN = (r"hk-[A-Za-z0-9]{32}",)
KEY = "hk-" + "aB3dE5fG" * 4


@pytest.mark.parametrize(
    "text", ["my key is {}", "我的密钥是{}，请删除", "（{}）", "key={}&x", "Bearer {}", "{}。谢谢", "'{}'"]
)
def test_the_companys_own_keys_are_hidden_whatever_stands_beside_them(text):
    done = redact_text(text.format(KEY), OWN, ())
    assert KEY not in done.text
    assert "aB3dE5fG" not in done.text


def test_a_repeated_own_key_is_hidden_too():
    assert "0000" not in redact_text("hk-" + "0" * 32, OWN, ()).text.replace(":0000]", "")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: hunter2!Long", "hunter2!Long"),
        ("密码是 Xk9#mPq2 谢谢", "Xk9#mPq2"),
        ("postgresql://app:s3cr3tPw@db.example.com/x", "s3cr3tPw"),
        ("AKIAIOSFODNN7ABCDEFG", "AKIAIOSFODNN7ABCDEFG"),
        ("Authorization: Bearer abc123DEF456ghi789JKL", "abc123DEF456ghi789JKL"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N", "dozjgNryP4J3"),
    ],
)
def test_usual_secrets_are_hidden(text, secret):
    assert secret not in redact(text, general())


@pytest.mark.parametrize(
    "text",
    [
        "Hello, my order 20261124-0017 has not arrived yet.",
        "请问如何重置密码？我忘记了。",
        "request 3f2b8c1e-9d4a-4b7e-8a51-0c6f2d9e7b13 failed with status 502",
        "The token count was 1843 and the model gpt-large answered in 2.1 s.",
        "See https://example.com/docs/api-keys?page=2 for details",
        "I paid with the card ending in 4242 on 2026-11-01.",
        "My request id is req_011CRdS5x8Zb2Qf7vYqH3kLm and thread_abc123DEF456ghi789JKL012 hangs",
        "license: Apache-2.0, key_id: 7f3a, token_type: bearer",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "function(){s.addComponentsFromRegistry()}",
        "doc.Security.KeySize = PdfEncryptionKeySize.Key128Bit;",
        "amqps://username:$password@localhost:5672 and curl --user '$NAME:$PASSWORD' https://api.example",
        "公司账号的密码策略是什么？",
    ],
)
def test_texts_without_secrets_stay_as_they_are(text):
    assert redact(text, general()) == text


def every_line(rules, text):
    """The meaning of a set of rules: each one tried on every line that it asks for, one after the other."""
    folded, found, start = fold(text), [], 0
    for line in folded.split("\n"):
        for rule in rules.rules:
            asked = (
                rule.starts
                or (re.search(rule.gate, line) if rule.gate else not rule.keywords)
                or any(word in lower(line) for word in rule.keywords)
            )
            if asked and not rule.lines:
                found += [Secret(start + a, start + b, rule.name) for a, b in rule.finds(line)]
        start += len(line) + 1
    return merged(found)


PIECES = st.sampled_from(
    [
        "sk-",
        "Token",
        "key",
        '": "',
        "=",
        " ",
        "\n",
        "aB3dE5fG",
        "0123456789abcdef",
        "AKIA",
        "QRSTUVWX23",
        "eyJ",
        ".",
        "-",
        "_",
        "密码是",
        "。",
        "://",
        "a:b@c",
        "pass: ",
        "Bearer ",
        "ghp_",
        "Secret",
        "XOXB-",
        "１２",
        "İ",
        "http",
        "curl -u ",
        "db-",
        "'",
        "AKIA234567ABCDEFGHIJ",
        "ＡＫＩＡ234567ABCDEFGHIJ",
        "ghp_" + "aB3dE5fG7h" * 4,
        "api_Token = aB3dE5fG7h9K",
        "ｔｏｋｅｎ：aB3dE5fG7h9K",
        "密钥：aB3dE5fG7h9K",
        "0123456789abcdef0123456789abcdef-us12",
        "acme_live_aB3dE5fG7haB3dE5fG7h99",
    ]
)


LONG = "\n" + " " * 21_000  # a text for which the machine is used where there is one


@pytest.mark.parametrize("fast", [True, False])
@given(pieces=st.lists(PIECES, max_size=60))
@example(pieces=["ＡＫＩＡ234567ABCDEFGHIJ", "\n", "AKIA234567ABCDEFGHIJ"])
@example(pieces=["ｔｏｋｅｎ：aB3dE5fG7h9K", "\n", "密钥：aB3dE5fG7h9K"])
def test_both_ways_of_looking_find_what_every_rule_finds_on_every_line(fast, pieces):
    text = "".join(pieces) + (LONG if fast else "")
    rules = quick_rules() if fast else plain_rules()
    assert [one for one in rules.find(text) if one.rule != "private-key"] == every_line(rules, text)


@lru_cache
def quick_rules():
    pytest.importorskip("hyperscan")
    made = Rules(general().rules)
    made.find(LONG)
    assert "_machine" in vars(made._sieve)
    return made


@lru_cache
def plain_rules():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "hyperscan", None)
        made = Rules(general().rules)
        made.find(LONG)
        return made


def test_a_match_begins_with_one_of_the_starts_of_its_rule():
    """The starts stand in the data file; here they are worked out from the form."""
    for rule in general().rules:
        assert not rule.starts or beginnings(rule.pattern.pattern) <= set(rule.starts), rule.name


@given(
    st.sampled_from([rule for rule in general().rules if rule.quick]).flatmap(
        lambda r: st.tuples(st.just(r), st.from_regex(r.pattern, alphabet=st.characters(max_codepoint=126)))
    )
)
def test_the_quick_form_fits_at_every_match(found):
    rule, text = found
    for match in rule.pattern.finditer(text):
        assert re.compile(rule.quick.encode()).match(text.encode().lower(), len(text[: match.start()].encode()))


@given(
    st.lists(
        st.sampled_from([KEY, "password=abc12345x", "请看", " ", "\n", "sk-" + "aB1" * 12, "a@example.com", "x" * 30])
    )
)
def test_hiding_twice_changes_nothing_more(parts):
    rules = Rules((*own_format(OWN, "own"), *general().rules))
    once = redact(" ".join(parts), rules)
    assert redact(once, rules) == once


def test_a_catastrophic_rule_is_named_and_nothing_is_passed_on():
    read = load(b"[[rules]]\nid = 'slow'\nregex = '(a+)+$'\n", "rules.toml")
    with pytest.raises(TooSlowError, match="slow"):
        Bounded(read.rules, 0.1).find("a" * 40 + "b")


def test_rules_that_cannot_be_used_are_named():
    read = load(
        b"[[rules]]\nid='a'\nregex='(x'\n[[rules]]\nid='b'\npath='x'\n[[rules]]\nid='c'\nregex='key-[a-z]{4}'\n",
        "r.toml",
    )
    assert [rule.name for rule in read.rules] == ["c"]
    assert len(read.problems) == 2


@pytest.mark.parametrize("source", [b"", b"\xff\xfe", b"rules = 1", b"[[rules", b"title = 'x'"])
def test_a_file_that_is_no_rule_file_is_refused(source):
    with pytest.raises(PolicyError):
        load(source, "r.toml")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("(?i)a", "(?i:a)"),
        ("a(?i)b", "a(?i:b)"),
        ("(a(?i)b)c", "(a(?i:b))c"),
        (r"[[:alnum:]]\z", r"[A-Za-z0-9]\Z"),
        ("[)(]", "[)(]"),
    ],
)
def test_patterns_are_read_as_python_reads_them(form, expected):
    assert python(form) == expected


@pytest.mark.parametrize("form", ["(", "x*", ""])
def test_a_key_format_that_says_nothing_is_refused(form):
    with pytest.raises(PolicyError):
        own_format((form,), "retention.yaml:1")
