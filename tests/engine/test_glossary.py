import re
from enum import Enum
from pathlib import Path

import pytest

from dsr.core.errors import PolicyError
from dsr.core.plan import Disposition, Outcome, Why
from dsr.core.policy import Code, End, Export, Owner
from dsr.core.text import Text
from dsr.engine import glossary
from dsr.engine.glossary import Group


@pytest.mark.parametrize(
    ("group", "members"),
    [
        (Group.REASON, Why),
        (Group.DISPOSITION, Disposition),
        (Group.OUTCOME, Outcome),
        (Group.CODE, Code),
        (Group.CODE_MEANING, Code),
        (Group.END, End),
        (Group.REQUEST_END, End),
        (Group.EXPORT, Export),
        (Group.OWNER, Owner),
    ],
)
def test_every_member_of_the_shared_enums_has_words_in_both_languages(group: Group, members: type[Enum]):
    terms = glossary.load()
    assert [member.value for member in members if terms.find(group, member.value) is None] == []


def test_what_stands_in_several_groups_stands_in_all_of_them():
    terms = glossary.load()
    assert set(terms.names(Group.RIGHT)) == set(terms.names(Group.RIGHT_MEANING))
    rights = {name.partition(".")[2] for name in terms.names(Group.RIGHT_ARTICLE)}
    assert rights == set(terms.names(Group.RIGHT))
    bases = {name.partition(".")[2] for name in terms.names(Group.BASIS_ARTICLE)}
    assert bases == set(terms.names(Group.BASIS))
    regimes = set(terms.names(Group.REGIME))
    assert set(terms.names(Group.ANSWER)) == regimes
    assert {name.partition(".")[0] for name in terms.names(Group.RIGHT_ARTICLE)} == regimes


def test_both_languages_of_a_term_state_the_same_numbers():
    """An article or a deadline that differs between the languages is a false promise in one of them."""
    differing = [
        term.name
        for term in glossary.load().terms
        if sorted(re.findall(r"\d+", term.text.en)) != sorted(re.findall(r"\d+", term.text.zh))
    ]
    assert differing == []


def test_chinese_words_are_chinese_and_english_words_are_not():
    han = re.compile(r"[\u4e00-\u9fff]")
    for term in glossary.load().terms:
        assert han.search(term.text.zh), term.name
        assert not han.search(term.text.en), term.name


def test_a_term_without_chinese_is_refused_with_file_line_and_term(tmp_path):
    path = tmp_path / "glossary.yaml"
    path.write_text("purposes:\n  ship: {en: Shipping, zh: 发货}\n  pack: {en: Packing}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        glossary.load(path)
    (problem,) = caught.value.problems
    assert problem == f"{tmp_path.name}/glossary.yaml:3: the term purposes.pack has no words in zh. Add them."


def test_all_lacking_terms_are_named_at_once(tmp_path):
    path = tmp_path / "glossary.yaml"
    path.write_text("purposes:\n  ship: {zh: 发货}\n  pack: {en: Packing}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        glossary.load(path)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("purposes:\n  ship: {en: A, zh: 甲}\n  ship: {en: B, zh: 乙}\n", ":3: purposes.ship stands here twice"),
        ("purpose:\n  ship: {en: A, zh: 甲}\n", ":2: purpose is not a group of terms"),
        ("purposes: [ship]\n", ":1: purposes is a list"),
        ("purposes:\n  ship: Shipping\n", ":2: purposes.ship is not a term"),
        ("purposes:\n  ship: {en: '', zh: 甲}\n", ":2: purposes.ship.en has no words"),
        ("purposes:\n  ship: {en: A, or a copy, zh: 甲}\n", ":2: purposes.ship.or a copy has no words"),
        ("purposes:\n  a: &x {en: A, zh: 甲}\n  b: *x\n", ":3: aliases (*x) are not read here"),
        ("purposes: {\n", ": the file is not valid YAML"),
    ],
)
def test_a_malformed_file_is_refused_with_file_and_line(tmp_path, source: str, said: str):
    path = tmp_path / "glossary.yaml"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        glossary.load(path)
    assert said in caught.value.problems[0]


def test_a_file_that_is_missing_or_not_utf8_is_refused(tmp_path):
    path = tmp_path / "glossary.yaml"
    with pytest.raises(PolicyError, match="cannot be read"):
        glossary.load(path)
    path.write_bytes(b"purposes:\n  a: {en: \xff, zh: x}\n")
    with pytest.raises(PolicyError, match="not UTF-8"):
        glossary.load(path)


def test_a_company_adds_terms_and_says_some_differently(tmp_path):
    path = tmp_path / "glossary.yaml"
    path.write_text(
        "purposes:\n  ship: {en: Shipping, zh: 发货}\n  security: {en: Safety, zh: 安全}\n", encoding="utf-8"
    )
    terms = glossary.load(path)
    assert terms.words(Group.PURPOSE, "ship") == Text("Shipping", "发货")
    assert terms.words(Group.PURPOSE, "security") == Text("Safety", "安全")
    assert glossary.load().words(Group.PURPOSE, "security") == Text("Security", "安全保障")


def test_names_stay_text_so_that_no_is_norway():
    assert glossary.load().words(Group.COUNTRY, "NO") == Text("Norway", "挪威")


def test_an_unknown_term_is_an_error_that_names_term_and_file():
    with pytest.raises(PolicyError, match=r'policies/glossary\.yaml: no words for "shop" under purposes:'):
        glossary.load().words(Group.PURPOSE, "shop")


def test_the_names_that_come_near_are_suggested():
    assert "(near: contact.email" in glossary.load().missing(Group.CATEGORY, "contact.emial")


ROOT = Path(__file__).parents[2]
SPOKEN = (
    *sorted(
        path
        for path in (ROOT / "policies").glob("**/*.yaml")
        if path.name != "glossary.yaml" and path.parent.name != "detectors"  # words of other people's column names
    ),
    *sorted((ROOT / "templates").glob("**/*.yaml")),
    *sorted((ROOT / "templates").glob("**/*.j2")),
    *sorted((ROOT / "docs").glob("**/*.md")),
    ROOT / "README.md",
    ROOT / "retention.yaml",
)


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_has_a_second_word_for_a_term(path: Path):
    terms, text = glossary.load(), path.read_text(encoding="utf-8")
    assert [*terms.second_words("en", text), *terms.second_words("zh", text)] == []


def test_no_term_and_no_message_of_the_program_has_a_second_word():
    terms = glossary.load()
    for term in terms.terms:
        if term.group is not Group.REFUSED:
            assert [*terms.second_words("en", term.text.en), *terms.second_words("zh", term.text.zh)] == [], term.name
    for path in (ROOT / "dsr").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert [*terms.second_words("en", text), *terms.second_words("zh", text)] == [], path.name


def test_a_second_word_is_found_and_the_term_named():
    terms = glossary.load()
    assert list(terms.second_words("zh", "受托方按照保留期限删除个人数据")) == [
        ("个人数据", "个人信息"),
        ("受托方", "受托人"),
        ("保留期限", "保存期限"),
    ]
    assert list(terms.second_words("en", "The litigation hold covers PII.")) == [
        ("PII", "personal data"),
        ("litigation hold", "legal hold"),
    ]


def test_second_words_are_refused_for_terms_that_exist():
    terms = glossary.load()
    assert set(terms.names(Group.REFUSED)) <= set(terms.names(Group.TERM))
