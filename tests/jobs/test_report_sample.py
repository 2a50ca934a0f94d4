"""Reports on the sample company: figures of the quick way against those of a plan, pages that are valid."""

import shutil
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from browsing import names_once, parse_strictly

from dsr.console.speech import BothTongues
from dsr.core.progress import Silent
from dsr.core.report import Report
from dsr.engine.reporting.page import page
from dsr.jobs.overview import overview
from dsr.jobs.purge import plan_purge
from dsr.jobs.retention import retention
from dsr.jobs.sample.estate import build
from dsr.jobs.session import Session

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    shutil.copyfile(ROOT / "retention.yaml", folder / "retention.yaml")
    build(folder / "demo", people=40, as_of=date(2026, 11, 24))
    return folder


@pytest.fixture(scope="module")
def session(sample: Path):
    with Session(sample / "retention.yaml", {}, "tester", Silent(), lambda: NOW) as made:
        yield made


@pytest.fixture(scope="module")
def everything(session: Session) -> Report:
    return retention(session)


@pytest.fixture(scope="module")
def first(session: Session) -> Report:
    return overview(session, BothTongues())


def figures(report: Report, table: str, key: str) -> Counter[str]:
    found = report.table(table)
    assert found is not None
    at = [column.key for column in found.columns].index(key)
    made = Counter[str]()
    for row in found.rows:
        made[row[0].value.code] += row[at].value
    return +made


def test_both_reports_count_what_a_purge_would_act_on(session: Session, everything: Report, first: Report):
    planned = Counter[str]()
    for step in plan_purge(session).steps:
        if step.disposition.acts and step.reasons[0].why.value != "refers":
            planned[step.rule] += step.count
    assert planned.total() > 50
    assert figures(first, "rules", "overdue") == +planned
    assert figures(everything, "standing", "overdue") == +planned


def test_what_ends_within_a_week_is_what_the_first_week_of_the_forecast_says(everything: Report, first: Report):
    soon = figures(first, "rules", "soon")
    chart = next(one for one in everything.charts if one.key == "coming")
    assert soon.total() == chart.series[0].values[0] > 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("report", ["everything", "first"])
def test_their_pages_are_valid_html(request: pytest.FixtureRequest, report: str, language: str):
    made = page(request.getfixturevalue(report), language)
    parse_strictly(made)
    assert names_once(made)
    assert '<svg class="plot' in made
