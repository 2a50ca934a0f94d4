"""What the program says beside its word files, in Chinese: every sentence has its entry, and entries fit together."""

import re
from collections.abc import Iterator

import pytest
import typer.main
import yaml
from clikit import Dsr
from sentences import ROOT, templates

from dsr.cli.help import Panel
from dsr.cli.main import app
from dsr.console.messages import said

ENTRIES: dict[str, str] = yaml.safe_load((ROOT.parent / "policies" / "messages.zh.yaml").read_text(encoding="utf-8"))
HELP: dict[str, str] = yaml.safe_load((ROOT.parent / "policies" / "help.zh.yaml").read_text(encoding="utf-8"))
HAN = re.compile(r"[\u4e00-\u9fff]")
SLOT = re.compile(r"\{\d*\}")
NOT_SENTENCES = {
    "{}.{} circle{}": "the name of a set of keys",
    "unique mark": "a word of plans, translated as `become`",
    "set if empty": "a word of plans, translated as `become`",
    "Known by phone": "typed by the demo's own person",
    "The bank asks for evidence": "typed by the demo's own person",
    "pip install 'dsr[zstd,fast]'": "a command",
    "pip install 'dsr[s3]'": "a command",
    "pip install 'dsr[redis]'": "a command",
    "dsr {}": "a command",
    "run {}": "the name of a fence",
    "holds {}": "the name of a fence",
    "seen {}": "the name of a fence",
    "Value error, ": "what typer puts before a message, taken out",
    "Value error,": "what typer puts before a message, taken out",
}


def help_texts() -> Iterator[str]:
    """All that help pages say, paragraph by paragraph."""
    waiting = [typer.main.get_command(app)]
    while waiting:
        one = waiting.pop()
        waiting.extend(getattr(one, "commands", {}).values())
        about = [one.help or "", *(getattr(parameter, "help", None) or "" for parameter in one.params)]
        yield from (" ".join(paragraph.split()) for text in about for paragraph in text.split("\n\n"))
        for parameter in one.params:
            assert getattr(parameter, "help", None), f"{one.name}: {parameter.name} has no help text"
    yield from (f"{panel.value}:" for panel in Panel)


def test_every_help_text_has_chinese_words():
    """Add what is missing to policies/help.zh.yaml: the paragraph of English help, and its Chinese."""
    assert {text for text in help_texts() if text not in HELP} == set()
    assert [text for text, chinese in HELP.items() if not HAN.search(chinese)] == []


def test_every_sentence_has_chinese_words():
    """Add what is missing to policies/messages.zh.yaml: the sentence without its full stop, and its Chinese."""
    missing = {text: at for text, at in templates() if text not in ENTRIES and text not in NOT_SENTENCES}
    assert missing == {}


def test_no_entry_is_a_leftover():
    known = {text for text, _ in templates()}
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    pieces = {text: max(SLOT.split(text), key=len).strip(' ;,:.`"') for text in ENTRIES if text not in known}
    flat = re.sub(r'"\s*\n\s*f?"', "", source)
    flat += flat.replace("{{", "{").replace("}}", "}")  # as they stand in texts that fill something in
    typers = {text for text in pieces if text.startswith(TYPERS)}
    assert sorted(text for text, piece in pieces.items() if piece not in flat and text not in typers) == []


TYPERS = ("No such", "Missing", "Invalid", "Option", "(Possible", "{} is not one of", "{} is not a valid", "Got")


@pytest.mark.parametrize("english", sorted(ENTRIES))
def test_both_languages_fill_in_the_same(english: str):
    chinese = ENTRIES[english]
    slots = SLOT.findall(english)
    places = [int(one[1:-1]) if one != "{}" else number for number, one in enumerate(SLOT.findall(chinese), 1)]
    assert sorted(places) == list(range(1, len(slots) + 1))
    quoted = re.compile(r"`[^`]*`")
    names = re.compile(r"[A-Za-z]")
    assert sorted(q for q in quoted.findall(english) if names.search(q)) == sorted(
        q for q in quoted.findall(chinese) if names.search(q)
    )
    assert HAN.search(chinese) or not re.search(r"[a-z]{3,} [a-z]{3,}", re.sub(r"'[^']*'|`[^`]*`", "", chinese))


def test_a_place_stays_in_front_and_what_is_filled_in_is_translated_too():
    text = (
        'retention.yaml:42: rule "a": `then` "x" is not known; known names: delete, anonymise. Did you mean "delete"?'
    )
    assert said(text, "zh") == (
        'retention.yaml:42: 规则 "a": `then` "x" 无法识别；已知名称：delete, anonymise。是否指 "delete"？'
    )
    assert said(text, "en") == text


def test_a_sentence_that_is_not_known_stays_as_it_is():
    assert said("Someone else said this. Make a new plan.", "zh") == "Someone else said this. 请重新制定计划。"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("plan", "show", "P-9"), "没有计划 P-9。请用 dsr plan list 列出计划"),
        (("delete",), "没有指定任何人。"),
        (("explain", "app.nothing"), "没有集合"),
        (("find", "--nonsense"), "没有选项"),
        (("purge", "--as-of", "soon"), "--as-of 须为日期"),
        (("hold", "release", "H-9", "--reason", "x"), "诉讼保留 H-9 不在登记中。生效中的诉讼保留：none。"),
        (("find", "--email", "a" * 5_000 + "@x.example"), "email 超过 1000 个字符"),
        (("hold", "place", "--matter", "m", "--reason", "r", "--authority", "a"), "诉讼保留须有范围"),
    ],
)
def test_errors_are_chinese(dsr: Dsr, arguments: tuple[str, ...], wanted: str):
    seen = dsr(*arguments, "--lang", "zh")
    assert wanted in seen.err
    shown = dsr(*arguments, "--lang", "zh", "--json")
    assert wanted in shown.out
