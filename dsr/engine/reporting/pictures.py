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
_NARROW, _TALL = 340, 52
"""On a phone: as wide as its screen, and each label above its bar."""
_TYPE = 13
_MOST_STEPS, _FEW_STEPS = 8, 4
_HATCHES = {1: ("M0 0V7", "rotate(45)"), 2: ("M3.5 3.5h0", ""), 3: ("M0 3.5H7", "")}
"""Lines and dots on every series but the first: who sees no colours tells them apart by these."""
_DROPPED = ("defs", "desc", "title")
_KEPT = ("class", "x", "y", "width", "height", "d", "transform", "viewBox", "points", "cx", "cy", "r", "rx", "ry")


def picture(chart: Chart, language: str, *, narrow: bool = False) -> str:
    """The chart as an SVG element that names its title and figures; it names no colour. `narrow`: for a phone."""
    labels = _labels(chart, language)
    drawn = _drawn(chart, language, labels, narrow=narrow).render(is_unicode=False)
    root = Tree.fromstring(drawn)  # noqa: S314 - our own library wrote it just now
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _name(child) in _DROPPED or _idle(child):
                parent.remove(child)
    for one in root.iter():
        one.tag = _name(one)
        one.attrib = {name: value for name, value in one.attrib.items() if name in _KEPT}
    width = "narrow" if narrow else "broad"
    if narrow and chart.shape is Shape.BARS:
        _raise(root, labels)
    for number in range(1, min(len(chart.series), SERIES)):
        _hatch(root, number, f"hatch-{chart.key}-{width}-{number}")
    root.attrib |= {
        "class": " ".join(("plot", chart.shape.value, width)),
        "role": "img",
        "aria-label": _told(chart, language),
    }
    return Tree.tostring(root, encoding="unicode")


def ticks_up_to(most: int, steps: int = _MOST_STEPS) -> list[int]:
    """Whole numbers on the axis, a few of them, at even steps of 1, 2 or 5 and their tens."""
    even = (digit * 10**power for power in range(16) for digit in (1, 2, 5))
    step = next(step for step in even if most <= step * steps)
    return list(range(0, max(most, 1) + step, step) if most % step else range(0, max(most, step) + 1, step))


def _sums(chart: Chart) -> list[int]:
    return [sum(values) for values in zip(*(one.values for one in chart.series), strict=True)]


def _labels(chart: Chart, language: str) -> list[str]:
    """The labels in words; those of bars with their sums."""
    labels = [visible(one.in_(language)) for one in chart.labels]
    if chart.shape is Shape.COLUMNS:
        return labels
    colon = "：" if language == "zh" else ": "
    return [f"{label}{colon}{total:,}" for label, total in zip(labels, _sums(chart), strict=True)]


def _told(chart: Chart, language: str) -> str:
    """The picture in words, for who does not see it."""
    colon, comma, stop = ("：", "，", "；") if language == "zh" else (": ", ", ", "; ")
    named = [visible(one.name.in_(language)) for one in chart.series[:SERIES]]
    figures = zip(*(one.values for one in chart.series[:SERIES]), strict=True)
    said = (
        f"{visible(label.in_(language))}{colon}"
        + comma.join(f"{name} {value:,}" for name, value in zip(named, values, strict=True) if value)
        for label, values in zip(chart.labels, figures, strict=True)
        if any(values)
    )
    return f"{visible(chart.title.in_(language))}{colon}{stop.join(said)}"


def _drawn(chart: Chart, language: str, labels: list[str], *, narrow: bool) -> Graph:
    bars = chart.shape is Shape.BARS
    kind = pygal.HorizontalStackedBar if bars else pygal.StackedBar
    turned = 0 if bars or len(labels) < (4 if narrow else 9) else 35
    made = kind(
        css=[], js=[], no_prefix=True, disable_xml_declaration=True, show_legend=False,
        width=_NARROW if narrow else _WIDTH,
        height=_ROOM + (_TALL if narrow else _BAR) * len(labels) if bars else _COLUMNS,
        truncate_label=-1, spacing=8, margin=8,
        margin_left=8 + max(map(_short, labels), default=0) if bars and not narrow else 0,
        show_y_guides=not bars, show_x_guides=bars, include_x_axis=True, x_label_rotation=turned,
        style=Style(label_font_size=_TYPE, major_label_font_size=_TYPE),
        formatter=lambda value: f"{int(value):,}", no_data_text="",
    )  # fmt: skip
    order = slice(None, None, -1 if bars else 1)  # pygal begins at the bottom
    made.x_labels = [" "] * len(labels) if bars and narrow else labels[order]
    ticks = ticks_up_to(max(_sums(chart), default=0), _FEW_STEPS if narrow else _MOST_STEPS)
    made.y_labels = [{"value": tick, "label": f"{tick:,}"} for tick in ticks]
    for series in chart.series[:SERIES]:
        made.add(visible(series.name.in_(language)), [value or None for value in series.values][order])
    return made


def _raise(root: Tree.Element, labels: list[str]) -> None:
    """Each label goes above its bar, and the bar takes the lower half of the room."""
    bars = [one for one in root.iter("rect") if "rect" in one.get("class", "").split()]
    for bar in bars:
        top, height = float(bar.get("y", 0)), float(bar.get("height", 0))
        bar.attrib |= {"y": f"{top + height / 2:g}", "height": f"{height / 2:g}"}
    left = min(float(bar.get("x", 0)) for bar in bars) + 4  # beside the line where all bars begin
    axis = next(one for one in root.iter("g") if {"axis", "y"} <= set(one.get("class", "").split()))
    for text, label in zip(axis.iter("text"), reversed(labels), strict=True):
        text.text = label
        text.attrib |= {"x": f"{left:g}", "y": f"{float(text.get('y', 0)) - 0.8 * _TYPE:g}"}


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
