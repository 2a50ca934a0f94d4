"""Every page that we make: valid HTML, and accessible on a phone, at a desk, in the dark."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest
from browsing import accessibility, browser, names_once, parse_strictly
from package_sample import whole

from dsr.engine.policyfile.loader import load
from dsr.engine.policytext.render import Format, render

ROOT = Path(__file__).parents[2]


@lru_cache
def published(language: str) -> str:
    company = replace(load(ROOT / "retention.yaml", {}), digest="0" * 64)
    return render(company, language, Format.HTML, as_of=date(2026, 6, 26))


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Callable[[str, str], str]:
    """A file of an access package that holds every kind of value, with the page open in one language."""
    made: dict[str, Path] = {}

    def read(language: str, name: str) -> str:
        if language not in made:
            made[language] = tmp_path_factory.mktemp("package") / "out"
            whole(made[language], language)
        return (made[language] / name).read_text(encoding="utf-8")

    return read


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_published_policy_is_valid_html(language: str):
    parse_strictly(published(language))
    assert names_once(published(language))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["index.html", "processing.html"])
def test_the_pages_of_a_package_are_valid_html(package, name: str, language: str):
    parse_strictly(package(language, name))
    assert names_once(package(language, name))


@browser
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "dark"), [(420, True), (1280, False)])
def test_the_published_policy_is_accessible(tmp_path, language: str, width: int, dark: bool):
    assert accessibility(tmp_path, published(language), width=width, dark=dark) == []


@browser
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("name", "width", "dark"), [("index.html", 420, False), ("processing.html", 1280, True)])
def test_the_pages_of_a_package_are_accessible(tmp_path, package, name: str, width: int, dark: bool, language: str):
    assert accessibility(tmp_path, package(language, name), width=width, dark=dark) == []


@browser
def test_the_checker_sees_what_is_wrong(tmp_path):
    """Else a checker that looks at nothing would pass every page."""
    broken = published("en").replace('<html lang="en">', "<html>").replace("--ink: #1c2430", "--ink: #eeeeee")
    found = {one.split()[0] for one in accessibility(tmp_path, broken)}
    assert {"html-has-lang", "color-contrast"} <= found
    with pytest.raises(Exception, match="Unexpected end tag"):
        parse_strictly(published("en").replace("</main>", "</b></main>"))
