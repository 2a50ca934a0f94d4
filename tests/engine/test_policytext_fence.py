"""Templates that a company brings: they cannot run code, read files, or take the machine with them."""

import shutil
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
import yaml
from policytext_sample import AS_OF, policy

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.policy import StoreConfig
from dsr.core.text import Text
from dsr.engine import glossary
from dsr.engine.policytext.fenced import Order, fenced
from dsr.engine.policytext.render import Format, render
from dsr.engine.templating import _MEMORY


def order(root: Path, form: Format = Format.TXT, seconds: int = 20) -> Order:
    return Order(policy(), "en", form, AS_OF, root, seconds=seconds)


def test_the_shipped_templates_give_the_same_text_in_the_child(tmp_path: Path):
    assert fenced(order(tmp_path, Format.HTML)) == render(policy(), "en", Format.HTML, as_of=AS_OF)


def test_a_page_of_the_company_s_own_is_used(tmp_path: Path):
    (tmp_path / "page.txt.j2").write_text("{{ pages[0].name }} speaks\n", encoding="utf-8")
    assert fenced(order(tmp_path)) == "Example Relay speaks\n"


@pytest.mark.parametrize(
    "source",
    [
        "{{ pages.__class__.__base__.__subclasses__() }}",
        "{{ pages[0].sections.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ pages[0].title.format.__globals__ }}",
        "{{ '{0.__class__}'.format(pages) }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../etc/passwd' %}",
        "{{ pages[0].nothing_of_the_kind }}",
        "{{ 1 / 0 }}",
        "{% for a in range(10 ** 9) %}{% endfor %}",
        "{{ pages[0].__init__.__code__ }}",
    ],
)
def test_what_reaches_outside_is_refused(source: str, tmp_path: Path):
    (tmp_path / "page.txt.j2").write_text(source, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"page\.txt\.j2: the page cannot be written"):
        fenced(order(tmp_path))


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ 'x' * 99999 }}{% endfor %}",
        "{{ 'x' * 9999999999 }}",
        "{% set n = namespace(l=[0]) %}{% for a in range(99) %}{% set n.l = n.l + n.l %}{% endfor %}",
    ],
)
def test_a_template_without_end_is_stopped(source: str, tmp_path: Path):
    (tmp_path / "page.txt.j2").write_text(source, encoding="utf-8")
    with pytest.raises(PolicyError, match="did not finish within 1 seconds"):
        fenced(order(tmp_path, seconds=1))


def test_a_template_gets_no_more_memory_than_its_limit(tmp_path: Path):
    """Whatever time there is: the value is made at once and never written."""
    (tmp_path / "page.txt.j2").write_text("{% set big = 'x' * LIMIT %}done".replace("LIMIT", str(_MEMORY)), "utf-8")
    with pytest.raises(PolicyError, match=f"within 20 seconds and {_MEMORY // 2**20} MB"):
        fenced(order(tmp_path))


def test_a_sentence_of_the_company_s_own_runs_in_the_child_alone(tmp_path: Path):
    shutil.copytree(folder("templates") / "policy" / "en", tmp_path / "en")
    words = tmp_path / "en" / "words.yaml"
    words.write_text(
        words.read_text("utf-8").replace("until you ask us to delete it", "'{{ ().__class__ }}'"), encoding="utf-8"
    )
    with pytest.raises(PolicyError, match=r"period\.until_request cannot be written \(SecurityError\)"):
        fenced(order(tmp_path))


def test_the_child_learns_no_address_of_a_store(tmp_path: Path):
    secret = StoreConfig("app", "sql", "postgresql://user:hunter2@db.example/app", "UTC", (), "retention.yaml:3")
    (tmp_path / "page.txt.j2").write_text("{{ pages }}", encoding="utf-8")
    made = fenced(Order(policy(stores=(secret,)), "en", Format.TXT, AS_OF, tmp_path))
    assert "hunter2" not in made


def spoken(value: object) -> object:
    """The value with every text in Swedish too."""
    if isinstance(value, Text):
        return Text(value.en, value.zh, (("sv", f"på svenska: {value.en}"),))
    if isinstance(value, tuple):
        return tuple(spoken(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: spoken(getattr(value, field.name)) for field in fields(value) if field.init}
        )
    return value


def test_another_language_is_a_folder_away(tmp_path: Path):
    (tmp_path / "sv").mkdir()
    english = (folder("templates") / "policy" / "en" / "words.yaml").read_text("utf-8")
    swedish = english.replace("Privacy Policy", "Integritetspolicy").replace("tongue: English", "tongue: Svenska")
    (tmp_path / "sv" / "words.yaml").write_text(swedish, encoding="utf-8")
    company = replace(policy(), controller=replace(policy().controller, languages=("en", "zh", "sv")))
    with pytest.raises(PolicyError, match="no words in sv"):
        fenced(Order(company, "sv", Format.TXT, AS_OF, tmp_path))
    terms = {}
    for term in glossary.load().terms:
        terms.setdefault(term.group.value, {})[term.name] = f"ord för {term.name}"
    (tmp_path / "sv" / "glossary.yaml").write_text(yaml.safe_dump(terms), encoding="utf-8")
    made = fenced(Order(spoken(company), "sv", Format.TXT, AS_OF, tmp_path))
    assert made.startswith("Integritetspolicy")
    assert "på svenska: Account details" in made
    assert "ord för contact.email" in made
    page = fenced(Order(spoken(company), "sv", Format.HTML, AS_OF, tmp_path))
    assert [f'data-language="{one}"' in page for one in ("sv", "en", "zh")] == [True] * 3


def test_words_for_what_is_no_term_are_refused(tmp_path: Path):
    (tmp_path / "sv").mkdir()
    shutil.copy(folder("templates") / "policy" / "en" / "words.yaml", tmp_path / "sv" / "words.yaml")
    (tmp_path / "sv" / "glossary.yaml").write_text("oddities:\n  x: y\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"sv/glossary\.yaml:2: oddities\.x is no term"):
        fenced(order(tmp_path))
