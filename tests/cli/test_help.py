"""Help: on any screen, in both languages."""

import re
from collections.abc import Iterator

import pytest
import typer.main
from clikit import Dsr

from dsr.cli.main import app
from dsr.console.helping import wide, wrapped

HAN = re.compile(r"[\u4e00-\u9fff]")


def paths() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, found in typer.main.get_command(app).commands.items():
        yield (name,)
        yield from ((name, inner) for inner in getattr(found, "commands", {}))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_help_fits_the_screen_and_breaks_no_word(dsr: Dsr, monkeypatch: pytest.MonkeyPatch, lang: str):
    for path in paths():
        monkeypatch.setenv("COLUMNS", "400")
        whole = dsr(*path, "--help", "--lang", lang)
        for columns in (40, 80):
            monkeypatch.setenv("COLUMNS", str(columns))
            seen = dsr(*path, "--help", "--lang", lang)
            assert (seen.code, seen.err) == (0, "")
            assert max(wide(line) for line in seen.out.splitlines()) <= columns
            assert "".join(seen.out.split()) == "".join(whole.out.split())
            if lang == "en" and columns == 80:
                assert sorted(seen.out.split()) == sorted(whole.out.split())


def test_chinese_help_has_no_english_sentence_left(dsr: Dsr):
    for path in paths():
        seen = dsr(*path, "--help", "--lang", "zh")
        assert seen.out.startswith("用法：dsr")
        assert re.search(r"[a-z]{3,}( [a-z]{2,}){2,}", seen.out.partition("\n")[2]) is None


def test_the_language_may_stand_anywhere_or_in_the_environment(dsr: Dsr, monkeypatch: pytest.MonkeyPatch):
    asked = [("--lang", "zh"), ("--lang=zh", "plan"), ("plan", "--lang", "zh"), ("plan", "-h", "--lang", "zh")]
    assert all(HAN.search(dsr(*one).out) for one in asked)
    assert "没有计划" in dsr("--lang", "zh", "plan", "list").out
    assert "There is no plan" in dsr("--lang", "zh", "plan", "list", "--lang", "en").out
    monkeypatch.setenv("DSR_LANG", "zh")
    assert HAN.search(dsr("find", "--help").out)
    assert not HAN.search(dsr("find", "--help", "--lang", "en").out)
    monkeypatch.setenv("DSR_LANG", "tlh")
    assert "Usage: dsr find" in dsr("find", "--help").out


def test_a_group_that_acts_takes_the_language_before_its_commands(dsr: Dsr):
    assert "到期清理未处于冻结状态" in dsr("purge", "--lang", "zh", "thaw").out
    assert dsr("purge", "--plan-only", "thaw").code == 2


def test_punctuation_never_begins_a_line_and_wide_signs_count_twice():
    lines = wrapped("请先查看计划，（再）执行，、。", 8)
    assert all(wide(line) <= 8 and line[0] not in "，、。）" and line[-1] != "（" for line in lines)
    assert "".join(lines) == "请先查看计划，（再）执行，、。"


def test_a_word_wider_than_the_screen_is_broken_and_nothing_is_lost():
    assert wrapped("see https://example.org/a/very/long/path now", 10) == [
        "see", "https://", "example.", "org/a/", "very/long/", "path now",
    ]  # fmt: skip
