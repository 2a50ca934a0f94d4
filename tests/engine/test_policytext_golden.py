"""The published page of the sample company, whole, in both languages and both forms.

Write the files anew with `DSR_REGEN=1 pytest tests/engine/test_policytext_golden.py` and read the difference.
"""

import os
import re
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest

from dsr.core.policy import Policy
from dsr.engine.policyfile.loader import load
from dsr.engine.policytext.check import problems
from dsr.engine.policytext.render import Format, render

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "policytext"


@lru_cache
def company() -> Policy:
    """The project's own policy; its version is fixed, so that only what people read changes the files."""
    return replace(load(ROOT / "retention.yaml", {}), digest="0" * 64)


def page(language: str, form: Format) -> str:
    return render(company(), language, form, as_of=date(2026, 6, 26))


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_of_the_sample_company_is_as_reviewed(language: str, form: Format):
    path = GOLDEN / f"policy.{language}.{form.value}"
    made = page(language, form)
    if os.environ.get("DSR_REGEN") == "1":
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


def test_the_sample_company_has_words_for_everything():
    assert problems(company()) == ()


def test_both_languages_of_the_sample_company_promise_the_same():
    """Item by item the same numbers: periods, articles, deadlines."""
    made = [re.split(r'<a id="([^"]+)"></a>', page(language, Format.MD)) for language in ("en", "zh")]
    english, chinese = (dict(zip(parts[1::2], parts[2::2], strict=True)) for parts in made)
    assert list(english) == list(chinese)
    for item, words in english.items():
        assert sorted(re.findall(r"\d+", words)) == sorted(re.findall(r"\d+", chinese[item])), item


def test_the_page_names_every_rule_and_recipient_of_the_file():
    for language in ("en", "zh"):
        made = page(language, Format.MD)
        for rule in company().rules:
            assert f'<a id="rule-{rule.name}"></a>' in made
            assert rule.title.in_(language) in made
        for recipient in company().recipients:
            assert f"### {recipient.name}" in made
