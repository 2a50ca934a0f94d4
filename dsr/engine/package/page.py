"""The pages a person reads, from templates: no script, nothing remote, values never part of a template."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from dsr import bundled
from dsr.core.policy import Policy
from dsr.core.text import Text
from dsr.engine.package.terms import Terms, both
from dsr.engine.package.text import visible


@dataclass(frozen=True, slots=True)
class Section:
    """A collection's part of the page, kept aside until the page is put together."""

    name: str
    read: Callable[[str], Iterator[str]]

    def pieces(self) -> Iterator[Markup]:
        """The HTML, which the records template has made and escaped."""
        for piece in self.read(self.name):
            yield Markup(piece)  # noqa: S704 - our own template wrote it with escaping on


@dataclass(frozen=True, slots=True)
class FileLine:
    """One copied object as the page lists it."""

    path: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class FileList:
    """The first copied objects, and how many there are."""

    total: int
    shown: tuple[FileLine, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Writes the pages of one package."""

    policy: Policy
    terms: Terms
    language: str
    version: str

    def stream(self, template: str, heading: str, **values: object) -> Iterator[bytes]:
        """A whole page, in pieces of bounded size."""
        pieces = self._template(template).generate(
            heading=self.terms.word(heading), language=self.language, **self._frame(), **values
        )
        for piece in pieces:
            yield piece.encode()

    def records(self, **values: object) -> str:
        """The part of the page that shows one collection's records."""
        return self._template("records.html.j2").render(**self._frame(), **values)

    def _frame(self) -> dict[str, object]:
        style, digest = _style()
        return {
            "policy": self.policy,
            "version": self.version,
            "style": style,
            "style_hash": digest,
            "both": both,
            "word": self.terms.word,
            "t": lambda key, **values: both(self.terms.word(key, **values)),
            "number": lambda value: f"{value:,}",
        }

    @staticmethod
    def _template(name: str) -> Template:
        return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(bundled.folder("templates") / "package"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


def _finalize(value: object) -> object:
    """Plain text on its way into the page shows what hides in it; Text that was not put through `both` is a bug."""
    if isinstance(value, Text):
        raise TypeError("a text in two languages needs both()")
    return visible(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _style() -> tuple[Markup, str]:
    css = (bundled.folder("templates") / "package" / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return Markup(css), f"sha256-{digest}"  # noqa: S704 - our own file, no value in it
