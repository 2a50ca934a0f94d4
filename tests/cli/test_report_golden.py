"""Every report of a small shop as its readers see it: terminal, CSV, page, in both languages, and JSON.

Write the files anew with `DSR_REGEN=1 pytest tests/cli/test_report_golden.py` and read the difference.
"""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from browsing import accessibilities, browser, names_once, parse_strictly
from clikit import POLICY, TABLES

from dsr.console.reports import show_report
from dsr.console.screen import Console
from dsr.console.speech import BothTongues
from dsr.console.streams import flush
from dsr.core.progress import Silent
from dsr.core.regimes import Right
from dsr.core.report import Report, Table
from dsr.core.requests import Channel, Delay, Ending, Said
from dsr.engine.reporting.page import page
from dsr.engine.reporting.ropa import ropa
from dsr.engine.reporting.sheet import sheet
from dsr.engine.reporting.values import document
from dsr.jobs import holds, requests
from dsr.jobs.apply import apply
from dsr.jobs.audit import audit, roles, runs
from dsr.jobs.covering import Wish as HoldWish
from dsr.jobs.holdreport import holds as holds_report
from dsr.jobs.overview import overview
from dsr.jobs.purge import plan_purge
from dsr.jobs.requestreports import metrics_report, register_report
from dsr.jobs.retention import retention
from dsr.jobs.session import Session

GOLDEN = Path(__file__).parents[1] / "golden" / "reports"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SPEECH = BothTongues()
REPORTS = ("overview", "retention", "holds", "register", "metrics", "runs", "roles", "audit")


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop's folder; every visit has its own day."""

    folder: Path

    @contextmanager
    def on(self, at: datetime, actor: str = "ann") -> Iterator[Session]:
        with Session(self.folder / "retention.yaml", {}, actor, Silent(), lambda: at) as session:
            yield session

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.folder / "app.db")) as base:
            for one in statements:
                base.execute(one)
            base.commit()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """All reports at one moment, after a month with a purge, three holds and six requests."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    text = POLICY.replace("data:\n", "deletion: {every: P1D, copies: P10D}\ndata:\n", 1)
    (shop.folder / "retention.yaml").write_text(text, encoding="utf-8")
    shop.run(*filter(str.strip, TABLES.split(";")))
    with shop.on(NOW - 10 * DAY, "cron") as session:
        apply(session, plan_purge(session).id)
    _hold(shop)
    _ask(shop)
    notes = ", ".join(f"({10 + n}, 1, '2026-05-{n + 1:02} 08:00:00', 'x')" for n in range(28))
    shop.run(f"INSERT INTO notes VALUES {notes}", "INSERT INTO notes VALUES (9, 1, NULL, 'undated')")
    with shop.on(NOW) as session:
        plan_purge(session)
        session.settle()
        with chdir(shop.folder):
            return {one.name: one for one in _reports(session)}


def _hold(shop: Shop) -> None:
    with shop.on(NOW - 9 * DAY) as session:
        holds.place(session, HoldWish("tax 2025", "The office asks", "Legal", rules=("invoice",)))
        until = HoldWish(
            "case 7",
            "Letters between both sides",
            "Legal",
            rules=("note",),
            until=datetime(2026, 5, 9, tzinfo=UTC).date(),
        )
        holds.place(session, until)
        holds.place(session, HoldWish("case 8", "A dispute", "Board", rules=("note",), review_on=date(2026, 11, 20)))
    with shop.on(NOW - 8 * DAY, "ben") as session:
        holds.release(session, "H-3", "It is settled")


def _ask(shop: Shop) -> None:
    def wish(right: Right, ago: int, **more: object) -> requests.Wish:
        return requests.Wish((right,), NOW - ago * DAY, Said((("email", "teal.heron@example.org"),)), **more)

    with shop.on(NOW - 45 * DAY) as session:
        for one in (
            wish(Right.ACCESS, 45),
            wish(Right.ERASURE, 46, channel=Channel.LETTER, regimes=("gdpr",)),
            wish(Right.PORTABILITY, 47),
            wish(Right.ERASURE, 48),
            wish(Right.ACCESS, 60, closed_at=NOW - 50 * DAY, ending=Ending.FULFILLED),
        ):
            requests.open_request(session, one)
        requests.extend(session, "R-2", Delay.COMPLEXITY)
        requests.refuse(session, "R-4", "identity", "Nobody answered our question")
    with shop.on(NOW - 3 * DAY) as session:
        requests.close(session, "R-3", Ending.PARTIAL)
        requests.open_request(session, wish(Right.ERASURE, 3))


def _reports(session: Session) -> Iterator[Report]:
    yield ropa(session.policy, NOW)
    yield overview(session, SPEECH)
    yield retention(session)
    yield holds_report(session, SPEECH)
    yield register_report(session, SPEECH)
    yield metrics_report(session, SPEECH, until=NOW.date())
    yield runs(session, SPEECH)
    yield roles(session, SPEECH)
    yield _listed(audit(session, SPEECH, Path("audit.zip")))


def _listed(report: Report) -> Report:
    """With the same size and digest for every file: a new word in any of them is reviewed there, not here."""
    return replace(report, tables=tuple(_sized(one) for one in report.tables))


def _sized(table: Table) -> Table:
    same = {"size": 1_000, "sha256": "0" * 64}
    rows = (
        tuple(
            replace(cell, value=same.get(column.key, cell.value))
            for column, cell in zip(table.columns, row, strict=True)
        )
        for row in table.rows
    )
    return replace(table, rows=tuple(rows))


def _screen(report: Report, lang: str, width: int) -> None:
    console = Console(lang, zone="Asia/Shanghai", width=width)
    show_report(console, report)
    flush()


def _page(report: Report, lang: str) -> str:
    """Without the style sheet, which is reviewed where it lies."""
    made = re.sub(r"<style>.*?</style>", "<style></style>", page(report, lang), flags=re.S)
    return re.sub(r"'sha256-[^']*'", "'sha256-'", made)


FORMS: dict[str, Callable[[Report, str], str]] = {
    "csv": lambda report, lang: "\n".join(sheet(one, lang, report.zone) for one in report.tables),
    "html": _page,
}


def steady(text: str) -> str:
    """Without digests and keys, which every run has of its own; of the same length, so that tables keep their shape."""
    return re.sub(r"\b[0-9a-f]{8,64}\b", lambda found: "#" * len(found[0]), text)


def same(name: str, made: str) -> None:
    path, made = GOLDEN / name, steady(made)
    if os.environ.get("DSR_REGEN") == "1":
        path.write_text(made, encoding="utf-8", newline="")
    assert made == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_written_as_reviewed(told, name: str, lang: str, form: str):
    same(f"{name}.{lang}.{form}", FORMS[form](told[name], lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", [*REPORTS, "ropa"])
def test_every_report_stands_at_the_terminal_as_reviewed(told, capsys, name: str, lang: str):
    _screen(told[name], lang, 100)
    same(f"{name}.{lang}.txt", re.sub(r" +$", "", capsys.readouterr().out, flags=re.M))


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_told_to_programs_as_reviewed(told, name: str):
    same(f"{name}.json", json.dumps(document(told[name]), ensure_ascii=False, indent=1) + "\n")


PAGES = (*REPORTS, "ropa")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_picture_and_the_picture_has_words(told, name: str):
    for lang in ("en", "zh"):
        made = page(told[name], lang)
        parse_strictly(made)
        assert names_once(made)
        drawn = [one for one in told[name].charts if one.drawn]
        said = re.findall(r'<svg class="plot [a-z]+ (broad|narrow)"[^>]* aria-label="([^"]+)"', made)
        assert [kind for kind, _ in said] == ["broad", "narrow"] * len(drawn) != []
        assert all(re.search(r"\d", words) for _, words in said)


@browser
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_every_page_is_accessible_and_as_wide_as_the_screen(told, tmp_path, width: int, dark: bool):
    pages = {f"{name}.{lang}": page(told[name], lang) for name in PAGES for lang in ("en", "zh")}
    found = accessibilities(tmp_path, pages, width=width, dark=dark)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
