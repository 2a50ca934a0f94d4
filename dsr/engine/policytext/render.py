"""Writes the policy text as Markdown or as one self-contained HTML page."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from enum import Enum

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from dsr.bundled import folder
from dsr.core.policy import Policy
from dsr.engine.glossary import Glossary
from dsr.engine.policytext import prose
from dsr.engine.policytext.document import Document
from dsr.engine.policytext.facts import facts
from dsr.engine.policytext.outline import outline

_LINK = re.compile(
    r"(?P<mail>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)|(?P<url>https://[!-;=?-~]*[\w/])", re.A
)
_MARKS = re.compile(r"([\\`*_\[\]<>|~&])")
_LEADING = re.compile(r"^(?:[#+-]|\d+(?=[.)]))", re.A)


class Format(Enum):
    """The form of the text."""

    MD = "md"
    HTML = "html"


def render(policy: Policy, language: str, form: Format, *, as_of: date, glossary: Glossary | None = None) -> str:
    """The policy text in "en" or "zh", dated `as_of`; the same arguments give the same bytes.

    Raises PolicyError with every problem that keeps the text from being written, in either language.
    """
    made = outline(facts(policy, glossary), prose.load(language), as_of)
    match form:
        case Format.MD:
            return _page("page.md.j2", made, escaped=False, plain=_markdown)
        case Format.HTML:
            return _page("page.html.j2", made, escaped=True, plain=_linked)


def _page(template: str, made: Document, *, escaped: bool, plain: Callable[[str], str]) -> str:
    root = folder("templates") / "policy"
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(root),
        undefined=StrictUndefined,
        autoescape=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["t"] = plain
    environment.tests["block"] = lambda value, name: type(value).__name__ == name
    style = (root / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(page=made, style=Markup(style), style_digest=digest)  # noqa: S704


def _linked(text: str) -> str:
    """The text escaped for HTML; addresses in it become links."""
    clean, made, end = _clean(text), Markup(), 0
    for found in _LINK.finditer(clean):
        target = f"mailto:{found[0]}" if found["mail"] else found[0]
        made += escape(clean[end : found.start()])
        made += Markup('<a href="{}">{}</a>').format(target, found[0])
        end = found.end()
    return made + escape(clean[end:])


def _markdown(text: str) -> str:
    """The text with every mark that Markdown or its HTML would read made plain."""
    clean = _clean(text)
    leading = _LEADING.match(clean)
    if leading is None:
        return _MARKS.sub(r"\\\1", clean)
    head = leading[0]
    head = f"{head}\\" if head.isdigit() else f"\\{head}"
    return head + _MARKS.sub(r"\\\1", clean[leading.end() :])


def _clean(text: str) -> str:
    """One line without control characters and lone surrogates."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join(spaced.split())
