"""Letters with a company's own sentences and pages: fenced like the policy text, and clear about what is wrong."""

from pathlib import Path

import pytest
from clikit import CANARY, Dsr


@pytest.fixture
def own(dsr: Dsr, shop: Path) -> Path:
    assert dsr("request", "open", "--email", CANARY, "--right", "erasure", "--regime", "gdpr").code == 0
    folder = shop / "ours"
    (folder / "en").mkdir(parents=True)
    return folder


def written(dsr: Dsr, *args: str) -> str:
    ran = dsr("request", "letter", "R-1", "--kind", "acknowledgement", "--templates", "ours", *args)
    assert ran.code == 0, ran.err
    return ran.out


def refused(dsr: Dsr, *args: str) -> str:
    ran = dsr("request", "letter", "R-1", "--kind", "acknowledgement", "--templates", "ours", *args)
    assert (ran.code, ran.out) == (3, "")
    assert "letter written" not in dsr("request", "show", "R-1").out
    return ran.err


def test_own_sentences_replace_ours_one_by_one(dsr: Dsr, own: Path):
    (own / "en" / "words.yaml").write_text("acknowledgement:\n  due: 'Expect us before {{ due }}, promised.'\n")
    made = written(dsr)
    assert "Expect us before" in made
    assert "You have our answer by" not in made
    assert "We have written it down and work on it." in made


def test_an_own_page_and_style_are_used(dsr: Dsr, own: Path):
    (own / "letter.txt.j2").write_text("Small Shop writes: {{ letter.subject|t }}\n")
    assert written(dsr) == "Small Shop writes: We have your request R-1\n"
    (own / "letter.css").write_text("body { color: green; }")
    assert "color: green" in written(dsr, "--format", "html")


def test_a_missing_value_is_named_with_those_there_are(dsr: Dsr, own: Path):
    (own / "en" / "words.yaml").write_text("acknowledgement:\n  due: 'By {{ until }}'\n")
    said = refused(dsr)
    assert "ours/en/words.yaml: acknowledgement.due cannot be written (UndefinedError)" in said
    assert "It may use: due" in said
    (own / "en" / "words.yaml").unlink()
    (own / "letter.txt.j2").write_text("{{ letter.adress }}")
    said = refused(dsr)
    assert "letter.txt.j2: the letter cannot be written (UndefinedError)" in said
    assert "subject, date, greeting, parts, sign" in said


def test_a_sentence_that_no_letter_has_is_refused(dsr: Dsr, own: Path):
    (own / "en" / "words.yaml").write_text("acknowledgment:\n  due: soon\n")
    assert "en/words.yaml:2: acknowledgment.due is no sentence of a letter" in refused(dsr)


@pytest.mark.parametrize(
    "source", ["{{ ().__class__ }}", "{{ letter.__init__.__globals__ }}", "{% include '/etc/passwd' %}", "{{ 1 / 0 }}"]
)
def test_own_templates_reach_nothing_outside(source: str, dsr: Dsr, own: Path):
    (own / "letter.txt.j2").write_text(source)
    assert "the letter cannot be written" in refused(dsr)
    (own / "letter.txt.j2").unlink()
    (own / "en" / "words.yaml").write_text(f'acknowledgement: {{lead: "{source}"}}\n')
    refused(dsr)


def test_a_folder_that_is_not_there_is_refused(dsr: Dsr, shop: Path):
    assert dsr("request", "open", "--email", CANARY, "--right", "erasure").code == 0
    ran = dsr("request", "letter", "R-1", "--kind", "acknowledgement", "--templates", "nowhere")
    assert (ran.code, "no such folder of templates" in ran.err) == (2, True)
