"""Writes the policy text: Markdown, plain text, JSON, or one self-contained HTML page with all its languages."""

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from dsr.core.errors import PolicyError
from dsr.core.policy import Policy
from dsr.engine import glossary as words
from dsr.engine.glossary import LANGUAGES, Glossary
from dsr.engine.policytext import prose
from dsr.engine.policytext.document import Bullets, Cards, Document, Heading, Paragraph, Table
from dsr.engine.policytext.facts import Facts, RuleFact, facts
from dsr.engine.policytext.outline import outline
from dsr.engine.policytext.periods import Periods

_LINK = re.compile(
    r"(?P<mail>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)|(?P<url>https://[!-;=?-~]*[\w/])", re.A
)
_MARKS = re.compile(r"([\\`*_\[\]<>|~&])")
_LEADING = re.compile(r"^(?:[#+-]|\d+(?=[.)]))", re.A)
_TAGS = {"zh": "zh-Hans"}


class Format(Enum):
    """The form of the text."""

    MD = "md"
    HTML = "html"
    TXT = "txt"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Doubts:
    """Rules whose period is not proven; the text marks it, or with `withheld` does not state it."""

    rules: frozenset[str]
    withheld: bool


def render(
    policy: Policy,
    language: str,
    form: Format,
    *,
    as_of: date,
    glossary: Glossary | None = None,
    root: Path | None = None,
    doubts: Doubts | None = None,
) -> str:
    """The policy text, in `language` first; the same arguments give the same bytes.

    `as_of` dates a text whose file lists no versions. HTML and JSON hold every language of the company. Raises
    PolicyError with every problem that keeps the text from being written, in any language.
    """
    return page(known(policy, glossary, root, doubts), language, form, as_of, root)


def known(
    policy: Policy, glossary: Glossary | None = None, root: Path | None = None, doubts: Doubts | None = None
) -> Facts:
    """The facts, with the words of the further languages that the folder of templates brings."""
    terms = glossary if glossary is not None else words.load()
    for language in prose.languages(root):
        path = prose.file(root, f"{language}/glossary.yaml")
        if language not in LANGUAGES and path.is_file():
            terms = words.translated(terms, language, path)
    found = facts(policy, terms, root)
    return (
        found if doubts is None else replace(found, rules=tuple(_doubted(rule, doubts, root) for rule in found.rules))
    )


def _doubted(rule: RuleFact, doubts: Doubts, root: Path | None) -> RuleFact:
    if rule.name not in doubts.rules:
        return rule
    name = "keep.withheld" if doubts.withheld else "keep.unproven"
    return replace(rule, at_most=Periods(root).said(lambda one: one.say(name, text=rule.at_most.in_(one.language))))


def page(found: Facts, language: str, form: Format, as_of: date, root: Path | None = None) -> str:
    """The text of known facts."""
    documents = written(found, language, as_of, root)
    match form:
        case Format.MD:
            return _fill("page.md.j2", documents[:1], root, escaped=False, plain=markdown)
        case Format.TXT:
            return _fill("page.txt.j2", documents[:1], root, escaped=False, plain=clean)
        case Format.HTML:
            return _fill("page.html.j2", documents, root, escaped=True, plain=linked)
        case Format.JSON:
            return _json(documents)


def written(found: Facts, language: str, as_of: date, root: Path | None = None) -> tuple[Document, ...]:
    """The documents of all languages of the company, the asked one first."""
    wanted = dict.fromkeys((language, *found.controller.languages))
    made = tuple(outline(found, prose.load(one, root), as_of) for one in wanted)
    empty = [f"{item}: no words in {one.language}" for one in made for item, text in texts(one) if not text.strip()]
    if empty:
        raise PolicyError([f"the policy text has an empty place at {one}. Write them." for one in empty])
    return made


def texts(document: Document) -> Iterator[tuple[str, str]]:
    """Every item of a document with its words."""
    for note in document.notes:
        yield note.item, note.text
    for section in document.sections:
        yield section.item, section.title
        for block in section.blocks:
            match block:
                case Paragraph() | Heading():
                    yield block.item, block.text
                case Bullets():
                    yield from ((point.item, point.text) for point in block.points)
                case Table():
                    yield from ((row.item, cell) for row in block.rows for cell in row.cells)
                case Cards():
                    for card in block.cards:
                        yield card.item, card.title
                        yield from ((line.item, text) for line in card.lines for text in line.texts)


def _fill(
    template: str, made: tuple[Document, ...], root: Path | None, *, escaped: bool, plain: Callable[[str], str]
) -> str:
    shipped = prose.base()
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([root, shipped] if root is not None else [shipped]),
        undefined=StrictUndefined,
        autoescape=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["t"] = plain
    environment.filters["tag"] = lambda language: _TAGS.get(language, language)
    environment.tests["block"] = lambda value, name: type(value).__name__ == name
    style = _style(made, root)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    try:
        return environment.get_template(template).render(pages=made, style=Markup(style), style_digest=digest)  # noqa: S704
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        what = f"templates/policy/{template}: the page cannot be written ({type(error).__name__})"
        raise PolicyError(f"{what}. Correct the template there.") from error


def _style(made: tuple[Document, ...], root: Path | None) -> str:
    """The style sheet, with one line per language that hides the others while it is chosen."""
    path = prose.file(root, "page.css")
    lines = [
        f"body:has(#tongue-{one.language}:checked) .doc:not(.doc-{one.language}) {{ display: none; }}\n" for one in made
    ]
    return path.read_text(encoding="utf-8") + ("".join(lines) if len(made) > 1 else "")


def _json(made: tuple[Document, ...]) -> str:
    """Every language with its items, for a website that has pages of its own."""
    body = {"schema": "dsr/policy-text/1", "languages": {one.language: asdict(one) for one in made}}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def linked(text: str) -> str:
    """The text escaped for HTML; addresses in it become links."""
    whole, made, end = clean(text), Markup(), 0
    for found in _LINK.finditer(whole):
        target = f"mailto:{found[0]}" if found["mail"] else found[0]
        made += escape(whole[end : found.start()])
        made += Markup('<a href="{}">{}</a>').format(target, found[0])
        end = found.end()
    return made + escape(whole[end:])


def markdown(text: str) -> str:
    """The text with every mark that Markdown or its HTML would read made plain."""
    whole = clean(text)
    leading = _LEADING.match(whole)
    if leading is None:
        return _MARKS.sub(r"\\\1", whole)
    head = leading[0]
    head = f"{head}\\" if head.isdigit() else f"\\{head}"
    return head + _MARKS.sub(r"\\\1", whole[leading.end() :])


def clean(text: str) -> str:
    """One line without control characters and lone surrogates."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join(spaced.split())
