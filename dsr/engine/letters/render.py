"""Writes a letter as plain text, Markdown, or one HTML page without remote parts and without scripts."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from dsr.bundled import folder
from dsr.core.errors import PolicyError
from dsr.core.letters import Form
from dsr.engine.letters.letter import Letter
from dsr.engine.policytext.render import clean, linked, markdown

_FILTERS: dict[Form, Callable[[str], str]] = {Form.TXT: clean, Form.MD: markdown, Form.HTML: linked}
_STYLE = "letter.css"
_TAGS = {"zh": "zh-Hans"}


def render(letter: Letter, form: Form, root: Path | None = None) -> str:
    """The letter; the same letter gives the same bytes. In `root` a company has pages of its own."""
    folders = [one for one in (root, folder("templates") / "letters") if one is not None]
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=form is Form.HTML,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["t"] = _FILTERS[form]
    environment.tests["points"] = lambda part: hasattr(part, "points")
    style = next(one / _STYLE for one in folders if (one / _STYLE).is_file()).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    tag = _TAGS.get(letter.language, letter.language)
    values = {"letter": letter, "tag": tag, "style": Markup(style), "style_digest": digest}  # noqa: S704 - no value in it
    name = f"letter.{form.value}.j2"
    try:
        return environment.get_template(name).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        what = f"{folders[0] / name}: the letter cannot be written ({type(error).__name__})"
        known = ", ".join(field.name for field in fields(Letter))
        raise PolicyError(f"{what}. Correct the template there. It may use letter with: {known}.") from error
