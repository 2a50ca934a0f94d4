"""Charts as SVG. pygal computes where everything stands; colours and type come from the page's own style sheet, so that
they follow dark, light and print, and no script or style is left in the picture.
"""

import sys
from unicodedata import east_asian_width
from xml.etree import ElementTree as Tree

import pygal
from pygal.graph.graph import Graph
from pygal.style import Style

from dsr.core.report import Chart, Shape
from dsr.engine.package.text import visible

# pygal leaves a finder for map plug-ins on the import path of the whole process, in a form that Python 3.12 dropped.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

SERIES = 4
"""How many series have a colour of their own; more cannot be told apart in grey."""

_WIDTH, _BAR, _ROOM, _COLUMNS = 760, 34, 70, 300
_TYPE = 13
_MOST_STEPS = 8
_HATCHES = {1: ("M0 0V7", "rotate(45)"), 2: ("M3.5 3.5h0", ""), 3: ("M0 3.5H7", "")}
"""Lines and dots on every series but the first: who sees no colours tells them apart by these."""
_DROPPED = ("defs", "desc", "title")
_KEPT = ("class", "x", "y", "width", "height", "d", "transform", "viewBox", "points", "cx", "cy", "r", "rx", "ry")


def picture(chart: Chart, language: str) -> str:
    """The chart as an SVG element with its title; it names no colour."""
    drawn = _drawn(chart, language).render(is_unicode=False)
    root = Tree.fromstring(drawn)  # noqa: S314 - our own library wrote it just now
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _name(child) in _DROPPED or _idle(child):
                parent.remove(child)
    for one in root.iter():
        one.tag = _name(one)
        one.attrib = {name: value for name, value in one.attrib.items() if name in _KEPT}
    for number in range(1, min(len(chart.series), SERIES)):
        _hatch(root, number, f"hatch-{chart.key}-{number}")
    root.attrib |= {
        "class": "plot " + chart.shape.value,
        "role": "img",
        "aria-label": visible(chart.title.in_(language)),
    }
    return Tree.tostring(root, encoding="unicode")


def ticks_up_to(most: int) -> list[int]:
    """Whole numbers on the axis, a few of them, at even steps of 1, 2 or 5 and their tens."""
    steps = (digit * 10**power for power in range(16) for digit in (1, 2, 5))
    step = next(step for step in steps if most <= step * _MOST_STEPS)
    return list(range(0, max(most, 1) + step, step) if most % step else range(0, max(most, step) + 1, step))


def _drawn(chart: Chart, language: str) -> Graph:
    bars = chart.shape is Shape.BARS
    labels = [visible(one.in_(language)) for one in chart.labels]
    sums = [sum(values) for values in zip(*(one.values for one in chart.series), strict=True)]
    if bars:
        colon = "：" if language == "zh" else ": "
        labels = [f"{label}{colon}{total:,}" for label, total in zip(labels, sums, strict=True)]
    kind = pygal.HorizontalStackedBar if bars else pygal.StackedBar
    made = kind(
        css=[], js=[], no_prefix=True, disable_xml_declaration=True, show_legend=False,
        width=_WIDTH, height=_ROOM + _BAR * len(labels) if bars else _COLUMNS,
        truncate_label=-1, spacing=8, margin=8,
        margin_left=8 + (max(map(_short, labels), default=0) if bars else 0),
        show_y_guides=not bars, show_x_guides=bars, include_x_axis=True,
        x_label_rotation=0 if bars or len(labels) < 9 else 35,
        style=Style(label_font_size=_TYPE, major_label_font_size=_TYPE),
        formatter=lambda value: f"{int(value):,}", no_data_text="",
    )  # fmt: skip
    order = slice(None, None, -1 if bars else 1)  # pygal begins at the bottom
    made.x_labels, made.y_labels = labels[order], ticks_up_to(max(sums, default=0))
    for series in chart.series[:SERIES]:
        made.add(visible(series.name.in_(language)), [value or None for value in series.values][order])
    return made


def _hatch(root: Tree.Element, number: int, name: str) -> None:
    """Bars of that series are filled with a pattern; its colours are classes of the page's own style sheet."""
    lines, turned = _HATCHES[number]
    pattern = Tree.SubElement(Tree.SubElement(root, "defs"), "pattern", id=name, patternUnits="userSpaceOnUse")
    pattern.attrib |= {"width": "7", "height": "7"} | ({"patternTransform": turned} if turned else {})
    Tree.SubElement(pattern, "rect", {"class": f"ground-{number}", "width": "7", "height": "7"})
    Tree.SubElement(pattern, "path", {"class": "hatch", "d": lines})
    for series in root.iter("g"):
        if f"color-{number}" in series.get("class", "").split():
            for bar in series.iter("rect"):
                bar.set("fill", f"url(#{name})")


def _short(label: str) -> int:
    """The room that pygal does not see: to it every sign is as wide as a letter, and Chinese signs are wider."""
    return round(sum(0.45 * _TYPE for sign in label if east_asian_width(sign) in "WF"))


def _name(one: Tree.Element) -> str:
    return str(one.tag).rpartition("}")[2]


def _idle(one: Tree.Element) -> bool:
    """What only a script would bring to life, and bars of nothing."""
    classes = set(one.get("class", "").split())
    flat = "rect" in classes and (one.get("width") is None or one.get("height") is None)
    return flat or bool({"tooltip-overlay", "no_data"} & classes)
