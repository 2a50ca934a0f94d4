"""A report as one HTML page: self-contained, no script, nothing remote, values never part of a template."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from dsr import bundled
from dsr.core.report import Chart, Report, Shape
from dsr.core.text import Text
from dsr.engine.package.text import visible
from dsr.engine.reporting.making import Maker
from dsr.engine.reporting.pictures import SERIES, picture
from dsr.engine.reporting.values import lines, words


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its legend, as the page shows it: drawn for a desk, and for a phone."""

    key: str
    title: str
    drawings: tuple[Markup, ...]
    legend: tuple[str, ...]


def page(report: Report, language: str) -> str:
    """The page in one language."""
    style, digest = _style()
    make = Maker(report.name)
    said = partial(_said, language=language)
    template = _environment().get_template("page.html.j2")
    return (
        template.render(
            report=report,
            language="zh-Hans" if language == "zh" else language,
            style=style,
            style_digest=digest,
            said=said,
            word=lambda key: said(make.word(key)),
            made=said(make.word("made", at=words(report.at, language, report.zone), zone=report.zone)),
            dated=lambda cell: isinstance(cell.value, date),
            several=lambda cell: lines(cell, language, report.zone) or ("–",),
            pairs=lambda table, row: tuple(zip(table.columns, row, strict=True)),
            pictures=tuple(_picture(one, language) for one in report.charts if one.drawn),
        )
        + "\n"
    )


def _picture(chart: Chart, language: str) -> Picture:
    drawn = (picture(chart, language, narrow=one) for one in (False, True))
    drawings = tuple(Markup(one) for one in drawn)  # noqa: S704 - made by our own code, with every text escaped
    names = tuple(one.name.in_(language) for one in chart.series[:SERIES])
    return Picture(
        chart.key, chart.title.in_(language), drawings, names if len(names) > 1 or chart.shape is Shape.COLUMNS else ()
    )


def _said(text: Text, language: str) -> str:
    return text.in_(language)


def _finalize(value: object) -> object:
    if isinstance(value, Text):
        raise TypeError("a text in two languages needs said()")
    return visible(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(bundled.folder("templates") / "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


@lru_cache(maxsize=1)
def _style() -> tuple[Markup, str]:
    css = (bundled.folder("templates") / "report" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return Markup(css), f"sha256-{digest}"  # noqa: S704 - our own file, no value in it
