"""Writes a letter as plain text, Markdown, or one HTML page without remote parts and without scripts."""

import base64
import hashlib
from collections.abc import Callable

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from dsr.bundled import folder
from dsr.core.letters import Form
from dsr.engine.letters.letter import Letter
from dsr.engine.policytext.render import clean, linked, markdown

_FILTERS: dict[Form, Callable[[str], str]] = {Form.TXT: clean, Form.MD: markdown, Form.HTML: linked}
_TAGS = {"zh": "zh-Hans"}


def render(letter: Letter, form: Form) -> str:
    """The letter; the same letter gives the same bytes."""
    base = folder("templates") / "letters"
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([base]),
        undefined=StrictUndefined,
        autoescape=form is Form.HTML,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["t"] = _FILTERS[form]
    environment.tests["points"] = lambda part: hasattr(part, "points")
    style = (base / "letter.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    tag = _TAGS.get(letter.language, letter.language)
    made = environment.get_template(f"letter.{form.value}.j2")
    return made.render(letter=letter, tag=tag, style=Markup(style), style_digest=digest)  # noqa: S704 - our own file
