"""Reports from the shared shape: whole files of every format in both languages, JSON-LD that others read, pictures.

Write the files anew with `DSR_REGEN=1 pytest tests/engine/test_reporting.py` and read the difference.
"""

import csv
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations, pairwise
from math import dist
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rdflib
from browsing import accessibility, browser, names_once, parse_strictly

from dsr.core.notice import Notice
from dsr.core.policy import Policy
from dsr.core.report import Cell, Chart, Column, Level, Report, Series, Shape, Table, Word
from dsr.core.text import Text
from dsr.engine import glossary
from dsr.engine.package.terms import load as words
from dsr.engine.policyfile.loader import load
from dsr.engine.reporting.linked import linked
from dsr.engine.reporting.page import page
from dsr.engine.reporting.pictures import picture, ticks_up_to
from dsr.engine.reporting.ropa import ropa
from dsr.engine.reporting.sheet import sheet
from dsr.engine.reporting.values import document

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "reports"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DPV = rdflib.Namespace("https://w3id.org/dpv#")


@lru_cache
def company() -> Policy:
    """The project's own policy; its version is fixed, so that only what people read changes the files."""
    return replace(load(ROOT / "retention.yaml", {}), digest="0" * 64)


def record() -> Report:
    return ropa(company(), AT)


def read(report: Report, language: str) -> str:
    """The page without its style sheet, which is reviewed where it lies."""
    made = re.sub(r"<style>.*?</style>", "<style></style>", page(report, language), flags=re.S)
    return re.sub(r"'sha256-[^']*'", "'sha256-'", made)


def jsonld(report: Report) -> str:
    return json.dumps(linked(company(), report), ensure_ascii=False, indent=2) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "ropa.en.html": lambda: read(record(), "en"),
    "ropa.zh.html": lambda: read(record(), "zh"),
    "ropa.en.csv": lambda: sheet(record().tables[0], "en", "Asia/Shanghai"),
    "ropa.zh.csv": lambda: sheet(record().tables[0], "zh", "Asia/Shanghai"),
    "ropa.json": lambda: json.dumps(document(record()), ensure_ascii=False, indent=2) + "\n",
    "ropa.jsonld": lambda: jsonld(record()),
}


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_a_report_is_as_reviewed(name: str):
    path = GOLDEN / name
    made = FILES[name]()
    if os.environ.get("DSR_REGEN") == "1":
        path.write_text(made, encoding="utf-8", newline="")
    assert made == path.read_bytes().decode("utf-8")


def drawn() -> Report:
    """Everything a page can hold: charts of both shapes, levels, cards, texts that try to be markup."""
    hostile = "<script>document.title='ran'</script>\"'&"
    labels = (Text(hostile, "账户"), Text("Invoices", "发票与余额充值记录"))
    columns = (Column("a", Text("Name", "名称")), Column("n", Text("Count", "数量"), number=True))
    rows = (
        (Cell(hostile), Cell(12_345, Level.BAD)),
        (Cell(Word("x", Text("Word", "词")), Level.WARN), Cell(0, Level.GOOD)),
        (Cell((Text("one " * 20, "一"), "two")), Cell(None)),
    )
    empty = Text("Nothing.", "无。")
    return replace(
        record(),
        tables=(
            Table("plain", Text("Plain", "普通"), columns, rows, empty),
            Table("cards", Text("Cards", "卡片"), columns, rows, empty, cards=True),
            Table("none", Text("None", "空"), columns, (), empty),
        ),
        charts=(
            Chart(
                "bars",
                Text("Bars", "条形图"),
                Shape.BARS,
                labels,
                tuple(Series(f"s{n}", Text(f"S{n}", f"系列{n}"), (n + 1, 40 * n)) for n in range(4)),
            ),
            Chart(
                "columns", Text("Columns", "柱形图"), Shape.COLUMNS, labels, (Series("s", Text("S", "系列"), (3, 0)),)
            ),
        ),
    )


PAGES = {"ropa": record, "drawn": drawn}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_are_valid_html_without_script_or_anything_remote(name: str, language: str):
    made = page(PAGES[name](), language)
    parse_strictly(made)
    assert names_once(made)
    assert "<script" not in made
    assert not re.findall(r'(?:src|href)="(?!#)', made)
    assert "style=" not in made.replace("style-src", "")
    assert "default-src 'none'" in made


@browser
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "dark"), [(420, False), (1280, True)])
def test_pages_are_accessible_on_a_phone_at_a_desk_and_in_the_dark(tmp_path, language: str, width: int, dark: bool):
    assert accessibility(tmp_path, page(drawn(), language), width=width, dark=dark) == []


@pytest.mark.parametrize("narrow", [False, True])
def test_pictures_name_no_colour_and_hold_what_the_chart_says(narrow: bool):
    bars, columns = (picture(one, "zh", narrow=narrow) for one in drawn().charts)
    for made in (bars, columns):
        assert not re.findall(r'fill="(?!url\(#hatch-)|stroke=|style|script|#[0-9a-f]{3,6}\b', made)
        assert 'role="img"' in made
    assert "发票与余额充值记录" in bars
    assert bars.count('class="rect') == 7  # four series of two labels, of which one is zero
    assert "&lt;script&gt;" in picture(drawn().charts[0], "en", narrow=narrow)


def test_a_picture_is_told_in_words_to_who_does_not_see_it():
    chart = drawn().charts[0]
    (told,) = re.findall(r'aria-label="([^"]*)"', picture(chart, "zh"))
    assert told.startswith("条形图：")
    assert "发票与余额充值记录：" in told
    for series in chart.series:
        assert f"{series.name.zh} {series.values[1]:,}" in told or not series.values[1]


def test_on_a_phone_each_label_stands_above_its_bar_and_reaches_over_the_whole_picture():
    chart = drawn().charts[0]
    root = ElementTree.fromstring(picture(chart, "zh", narrow=True))
    assert root.get("viewBox") == "0 0 340 174"
    texts = {one.text: (float(one.get("x")), float(one.get("y"))) for one in root.iter("text")}
    left, line = texts["发票与余额充值记录：240"]
    begin = min(float(one.get("x")) for one in root.iter("rect") if one.get("class", "").startswith("rect"))
    assert begin < left < begin + 10
    lower = [float(one.get("y")) for one in root.iter("rect") if one.get("class", "").startswith("rect")]
    assert min(top for top in lower if top > line) - line < 12
    for other in (one for one in lower if one < line):
        assert line - other > 20


def test_each_part_of_a_bar_has_lines_or_dots_of_its_own_beside_its_colour():
    bars = picture(drawn().charts[0], "en")
    drawings = dict(re.findall(r'<pattern id="hatch-bars-broad-(\d)"[^>]*>.*?d="([^"]+)"', bars))
    assert len(set(drawings.values())) == len(drawings) == 3  # the first is plain
    filled = re.findall(r'<rect[^>]*fill="url\(#hatch-bars-broad-(\d)\)"', bars)
    assert filled.count("3") == 2  # a bar in each label
    css = (ROOT / "templates" / "report" / "page.css").read_text(encoding="utf-8")
    legends = re.findall(r"\.legend \.color-\d::before \{ background: ([a-z-]+)", css)
    assert len(set(legends)) >= 3


def test_axes_count_whole_things():
    for most in (0, 1, 3, 8, 9, 18, 120, 4_321):
        ticks = ticks_up_to(most)
        assert ticks[0] == 0
        assert ticks[-1] >= most
        assert len(ticks) <= 10
        assert len({after - before for before, after in pairwise(ticks)}) == 1


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def schemes() -> list[dict[str, str]]:
    """The colours of light, dark and print."""
    css = (ROOT / "templates" / "report" / "page.css").read_text(encoding="utf-8")
    found = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)
    ]
    return [
        {name: "#" + "".join(c * 2 for c in v[1:]) if len(v) == 4 else v for name, v in one.items()} for one in found
    ]


# What the three kinds of colour-blind eyes see of linear red, green and blue (Machado and others 2009, severity 1).
BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)


def lab(colour: str, eye: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """The colour as an eye sees it, in CIE Lab, where 2.3 is a difference that one can just see."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    seen = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in eye]
    scaled = [sum(a * b for a, b in zip(row, seen, strict=True)) / white for row, white in zip(XYZ, WHITE, strict=True)]
    x, y, z = (s ** (1 / 3) if s > 0.008856 else 7.787 * s + 16 / 116 for s in scaled)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("eye", BLIND)
def test_no_two_parts_of_a_chart_look_alike_to_colour_blind_eyes(eye: str):
    for colours in schemes():
        for one, other in combinations([colours[f"c{n}"] for n in range(4)], 2):
            assert dist(lab(one, BLIND[eye]), lab(other, BLIND[eye])) >= 12


def test_neighbours_in_a_chart_differ_in_grey_too():
    """Who sees no colours, and paper without any, still tells one part of a bar from the next."""
    assert len(schemes()) == 3
    for colours in schemes():
        parts = [colours[f"c{n}"] for n in range(4)]
        assert all(contrast(one, other) >= 1.5 for one, other in pairwise(parts))
        assert all(contrast(one, colours["paper"]) >= 1.7 for one in parts)
        assert contrast(parts[0], colours["paper"]) >= 7


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_json_ld_is_read_by_others_and_holds_every_activity():
    graph = rdflib.Graph().parse(data=jsonld(record()), format="json-ld")
    processes = set(graph.subjects(rdflib.RDF.type, DPV.PersonalDataProcess))
    kept = [rule for rule in company().rules if not rule.must_not_exist]
    assert {str(one).rpartition(":")[2] for one in processes} == {rule.name for rule in kept}
    for one in processes:
        for what in ("hasPurpose", "hasPersonalData", "hasDataSubject", "hasLegalBasis", "hasStorageCondition"):
            assert list(graph.objects(one, DPV[what])), (one, what)
    account = rdflib.URIRef("urn:dsr:process:account")
    periods = {
        str(value)
        for storage in graph.objects(account, DPV.hasStorageCondition)
        for duration in graph.objects(storage, DPV.hasDuration)
        for value in graph.objects(duration, rdflib.RDF.value)
    }
    assert periods == {"P30D"}


# Terms of DPV 2 that the record may use, as that vocabulary spells them.
TERMS = frozenset(
    re.findall(
        r"\w+",
        """Consent Contract DataController DataProcessor DataProtectionOfficer DataSource DataSubject
    JointDataControllers LegalObligation LegitimateInterest PersonalData PersonalDataProcess PublicInterest Purpose
    Recipient
    RecordsOfActivities Representative Safeguard StorageDeletion StorageDuration TechnicalOrganisationalMeasure
    TemporalDuration UntilEventDuration VitalInterest hasAddress hasContact hasCountry hasDataController hasDataSource
    hasDataSubject hasDuration hasJustification hasLegalBasis hasName hasPersonalData hasPersonalDataProcess hasPurpose
    hasRecipient hasRepresentative hasStorageCondition hasTechnicalOrganisationalMeasure""",
    )
)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_json_ld_uses_no_term_that_its_vocabulary_does_not_have():
    graph = rdflib.Graph().parse(data=jsonld(record()), format="json-ld")
    used = {str(one).partition("#")[2] for triple in graph for one in triple if str(one).startswith(str(DPV))}
    assert used <= TERMS
    assert len(used) > 30
    gdpr = {str(one).rpartition("#")[2] for one in graph.objects() if "legal/eu/gdpr#" in str(one)}
    assert gdpr
    assert all(re.fullmatch(r"A6-1-[a-f](-\w+)?", one) for one in gdpr)


def test_both_languages_of_a_report_state_the_same_rows_and_figures():
    english, chinese = (list(csv.reader(io.StringIO(sheet(record().tables[0], one, "UTC")))) for one in ("en", "zh"))
    assert len(english) == len(chinese) == 1 + sum(not rule.must_not_exist for rule in company().rules)
    at = english[0].index("Kept at most")
    for one, other in zip(english[1:], chinese[1:], strict=True):
        assert one[1] == other[1]
        assert re.findall(r"\d+", one[at]) == re.findall(r"\d+", other[at])


def test_what_the_file_leaves_open_is_named_and_never_passed_over():
    recipients = tuple(replace(one, safeguard=None) for one in company().recipients)
    bare = replace(company(), notice=Notice(), recipients=recipients)
    made = ropa(bare, AT)
    bad = [note.text.en for note in made.notes if note.level is Level.BAD]
    assert len(bad) == len(recipients) + 1
    assert all(any(one.name in text for text in bad) for one in recipients)
    assert "notice: measures" in bad[-1]
    unsaid = {fact.key for fact in made.facts if fact.cell.level is Level.BAD}
    assert unsaid == {"address", "officer"}


def test_people_known_by_an_address_alone_are_a_category_of_their_own():
    keys = [column.key for column in record().tables[0].columns]
    rows = {str(row[1].value): row[keys.index("people")].value for row in record().tables[0].rows}
    assert [one.code for one in rows["support"]] == ["user", "email"]
    assert [one.code for one in rows["invoice"]] == ["user"]


def test_words_of_reports_stand_in_both_languages_and_use_the_glossary():
    terms = glossary.load()
    for key, text in words("report").words.items():
        said = re.search(r"[a-z]{2,}", re.sub(r"\{\w+\}", "", text.en))  # not a mere form, nor a name such as SHA-256
        assert not said or re.search(r"[\u4e00-\u9fff]", text.zh), key
        assert not re.search(r"[\u4e00-\u9fff]", text.en), key
        assert sorted(re.findall(r"\{\w+\}", text.en)) == sorted(re.findall(r"\{\w+\}", text.zh)), key
        for language in ("en", "zh"):
            assert list(terms.second_words(language, text.in_(language))) == [], key
