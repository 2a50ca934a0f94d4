"""The page a person reads: both languages, safe whatever the values are, and it works without script or network."""

import base64
import hashlib
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from browsing import CHROMIUM, browser
from package_sample import (
    COLLECTIONS,
    LOGS,
    MADE,
    POLICY,
    TICKETS,
    USERS,
    collection,
    entry_of,
    log,
    package,
    send,
    whole,
)

from dsr.core.model import FieldType, Record
from dsr.core.policy import Place
from dsr.core.text import Text
from dsr.engine.package.report import SearchResult

HOSTILE = (
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    '"><svg onload="document.title=\'ran\'">',
    "' onmouseover='document.title=1",
    "</td></table></style><style>body{display:none}</style>",
    "javascript:document.title='ran'",
    "{{ 7 * 7 }}{% for x in range(9) %}x{% endfor %}",
    "<!-- ]]> --> &lt;b&gt; &#60;b&#62;",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "a\x00b",
    "lone \ud800 surrogate",
    "n" * 3000,
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
)


class Page(HTMLParser):
    """What a browser would see: tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def read(folder: Path, name: str = "index.html") -> Page:
    return Page((folder / name).read_text(encoding="utf-8"))


def hostile(folder: Path, *more: str) -> Path:
    """A package in which every value, name, note and reason is hostile."""
    values = (*HOSTILE, *more)
    made = package(folder)
    for number, value in enumerate(values):
        send(
            made,
            entry_of(TICKETS),
            [{"id": number, "subject": value, "message": {value: [value, {value: value}]}}],
            None,
        )
    wide = Place("app", "<script>alert(1)</script>")
    fields = {f"<i>{number}": FieldType.TEXT for number in range(12)}
    made.begin(replace(entry_of(USERS), place=wide), POLICY.rule("account"), collection(wide, **fields))
    for value in values:
        made.add(Record(wide.collection, dict.fromkeys((*fields, value), value)))
    made.end(None)
    for value in values:
        made.file(entry_of(USERS), Record("x"), value, iter([b"x"]))
        made.searched(wide, SearchResult.FOUND, 1, MADE, value)
        made.withheld(wide, value, value, 1, Text(value, value), Text(value, value), Text(value, value))
    made.finish()
    return folder


def test_the_page_is_self_contained_and_allows_nothing_else(tmp_path):
    whole(tmp_path / "out")
    for name in ("index.html", "processing.html"):
        html = (tmp_path / "out" / name).read_text(encoding="utf-8")
        page = Page(html)
        policy = next(one["content"] for one in page.named("meta") if one.get("http-equiv"))
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
        assert not {"script", "img", "link", "iframe", "form", "object", "base"} & {tag for tag, _ in page.tags}
        assert not [attrs for _, attrs in page.tags if any(key.startswith("on") or key == "style" for key in attrs)]


def test_links_lead_only_into_the_package(tmp_path):
    whole(tmp_path / "out")
    for name in ("index.html", "processing.html"):
        page = read(tmp_path / "out", name)
        ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
        for link in (one["href"] for one in page.named("a")):
            assert link[1:] in ids if link.startswith("#") else (tmp_path / "out" / link).is_file(), link


def test_hostile_values_are_text_and_nothing_else(tmp_path):
    page = read(hostile(tmp_path / "out"))
    assert not {"script", "img", "svg", "i", "iframe"} & {tag for tag, _ in page.tags}
    assert len(page.named("style")) == 1
    assert not [attrs for _, attrs in page.tags if any(key.startswith("on") for key in attrs)]
    assert not [one for one in page.named("a") if not re.match(r"#|data/|files/|processing", one["href"])]
    for shown in (
        "<script>document.title='ran'</script>",
        "␛[31mred",
        "⟨U+202E⟩gnp.exe",
        "a␀b",
        "lone ⟨U+D800⟩ surrogate",
    ):
        assert shown in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800-\udfff]", page.text)


def test_every_word_stands_in_both_languages(tmp_path):
    whole(tmp_path / "out")
    for name in ("index.html", "processing.html"):
        spans = [one["lang"] for one in read(tmp_path / "out", name).named("span") if one.get("lang")]
        assert spans.count("en") == spans.count("zh-Hans") > 20


@pytest.mark.parametrize(("language", "lang"), [("en", "en"), ("zh", "zh-Hans")])
def test_the_page_opens_in_the_given_language(tmp_path, language, lang):
    whole(tmp_path / "out", language)
    page = read(tmp_path / "out")
    assert page.named("html") == [{"lang": lang}]
    assert [one["id"] for one in page.named("input") if "checked" in one] == [f"show-{language}"]


def test_a_screen_reader_finds_its_way(tmp_path):
    whole(tmp_path / "out")
    page = read(tmp_path / "out")
    tags = [tag for tag, _ in page.tags]
    assert (tags.count("main"), tags.count("h1"), tags.count("footer")) == (1, 1, 1)
    assert tags.count("caption") == tags.count("table")
    assert all(one.get("scope") in ("col", "row") for one in page.named("th"))
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs} <= set(ids)


def test_the_page_shows_the_first_records_and_says_how_many_more_there_are(tmp_path):
    whole(tmp_path / "out", logs=450)
    page = read(tmp_path / "out")
    assert "The first 200 of 450 records are shown. The other 250 are in the files." in page.text
    assert page.text.count("198.51.100.7") == 201  # and one under another rule


def test_one_huge_record_does_not_make_a_huge_page(tmp_path):
    made = package(tmp_path / "out")
    rows = ({"id": n, "subject": "x" * 100_000, "message": {str(k): "y" * 9_000 for k in range(99)}} for n in range(9))
    send(made, entry_of(TICKETS), rows, None)
    made.finish()
    assert (tmp_path / "out/index.html").stat().st_size < 600_000
    assert "99,400 more characters in the files" in read(tmp_path / "out").text


def test_counted_seconds_are_shown_as_the_date_they_mean(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(LOGS), [log(0)], None)
    made.finish()
    assert "2026-05-29 04:26:40 +08:00" in read(tmp_path / "out").text


def test_fields_empty_in_all_shown_records_are_left_out_and_that_is_said(tmp_path):
    made = package(tmp_path / "out")
    send(made, entry_of(USERS), [{"id": 1, "email": "a@mail.example", "referred": None}], None)
    made.finish()
    page = read(tmp_path / "out")
    assert "referred" not in page.text
    assert "Fields that are empty" in page.text


def test_a_long_word_stays_readable_in_every_layout(tmp_path):
    for count, layout in ((1, "one stack"), (2, "stack")):
        made = package(tmp_path / str(count))
        send(made, entry_of(TICKETS), [{"id": n, "subject": "x"} for n in range(count)], None)
        made.finish()
        assert layout in [one.get("class") for one in read(tmp_path / str(count)).named("table")]
    made = package(tmp_path / "wide")
    place = Place("app", "wide")
    made.begin(replace(entry_of(USERS), place=place), POLICY.rule("account"), COLLECTIONS[USERS])
    for _ in range(2):
        made.add(Record("wide", {f"field{number}": "v" for number in range(20)}))
    made.end(None)
    made.finish()
    assert [one for one in read(tmp_path / "wide").named("ol") if one.get("class") == "records"]


def chromium(tmp_path: Path, url: str, *options: str) -> tuple[str, str]:
    """The page as the browser sees it after loading, and what it complained about."""
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
            "--disable-sync", "--disable-background-networking", "--disable-component-update",
            "--disable-dev-shm-usage",
            f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom", *options, url,
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr


@pytest.fixture
def asked() -> tuple[str, list[str]]:
    """A web server that writes down who asks."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


@browser
def test_a_browser_runs_nothing_and_asks_nobody(tmp_path, asked):
    address, paths = asked
    folder = hostile(
        tmp_path / "out",
        f"<img src={address}/img>",
        f"<link rel=stylesheet href={address}/css>",
        f"<script src={address}/js></script>",
        f"<style>@import '{address}/import'</style>",
        f"{address}/plain",
    )
    dom, said = chromium(tmp_path, (folder / "index.html").as_uri())
    page = Page(dom)
    assert paths == []
    assert "<title>Your personal data · 您的个人信息</title>" in dom
    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script>document.title='ran'</script>" in page.text
    assert "Refused" not in said
    assert "violates" not in said


@browser
def test_even_a_script_that_slipped_in_would_not_run(tmp_path, asked):
    address, paths = asked
    whole(tmp_path / "out")
    html = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    worse = html.replace("</main>", f"<script>document.title='ran'</script><img src={address}/img></main>")
    (tmp_path / "worse.html").write_text(worse, encoding="utf-8")
    dom, said = chromium(tmp_path, (tmp_path / "worse.html").as_uri())
    assert "<title>ran" not in dom
    assert paths == []
    assert "Content Security Policy" in said


@pytest.fixture
def seen(tmp_path: Path) -> Callable[[Path, str], str]:
    """The text that is visible after an action, told by a script put into a copy of the page for this test."""

    def look(source: Path, action: str) -> str:
        html = re.sub(r'<meta http-equiv="Content.*?>', "", source.read_text(encoding="utf-8"))
        told = f"<script>{action};document.body.dataset.seen=document.body.innerText</script>"
        (tmp_path / "copy.html").write_text(html.replace("</body>", f"{told}</body>"), encoding="utf-8")
        dom, _ = chromium(tmp_path, (tmp_path / "copy.html").as_uri())
        return Page(dom).named("body")[0]["data-seen"] or ""

    return look


@browser
def test_one_language_is_seen_and_the_switch_needs_no_script_of_ours(tmp_path, seen):
    whole(tmp_path / "out", "zh")
    for name, en, zh in (
        ("index.html", "What is not in this copy", "未提供的信息"),
        ("processing.html", "Legal basis", "合法性基础"),
    ):
        before = seen(tmp_path / "out" / name, "0")
        after = seen(tmp_path / "out" / name, "document.querySelector('label[for=show-en]').click()")
        assert (zh in before, en in before) == (True, False)
        assert (zh in after, en in after) == (False, True)
        assert "2036年12月31日" in before
        assert "31 December 2036" in after
