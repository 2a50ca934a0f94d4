"""A page as others see it: a strict parser, a browser, and a checker of accessibility inside that browser."""

import json
import re
import shutil
import subprocess
import warnings
from importlib.util import find_spec
from pathlib import Path

import html5lib
import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here (Debian: apt install chromium)")


def parse_strictly(html: str) -> None:
    """Raises an error at the first thing that the HTML standard calls a parse error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def names_once(html: str) -> bool:
    """Whether no two elements share an id, and every link within the page and every label leads somewhere."""
    ids = re.findall(r'\bid="([^"]*)"', html)
    led = re.findall(r'(?:href="#|aria-labelledby="|\bfor=")([^"]*)"', html)
    return len(ids) == len(set(ids)) and set(led) <= set(ids)


def chromium(profile: Path, url: str, *options: str) -> tuple[str, str]:
    """The page as the browser sees it after loading, and what it complained about."""
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
            "--disable-sync", "--disable-background-networking", "--disable-component-update",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--enable-logging=stderr", "--dump-dom",
            *options, url,
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr


def accessibility(folder: Path, html: str, *, width: int = 1280, dark: bool = False) -> list[str]:
    """What axe-core finds in a page: rule and place of every violation. It runs in a copy without the page's CSP."""
    found = find_spec("axe_core_python")
    assert found is not None
    assert found.submodule_search_locations is not None
    axe = (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    open_ = re.sub(r'<meta http-equiv="Content.*?>', "", html)
    script = (
        f"<script>{axe}</script><script>axe.run().then(r => document.body.dataset.axe = JSON.stringify("
        "r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' '))))"
        ".concat('#' + r.passes.length + ' ' + matchMedia('(prefers-color-scheme: dark)').matches))</script>"
    )
    page = folder / "page.html"
    page.write_text(open_.replace("</body>", f"{script}</body>"), encoding="utf-8")
    look = ["--blink-settings=preferredColorScheme=0"] if dark else []
    dom, _ = chromium(
        folder / "profile", page.as_uri(), f"--window-size={width},900", "--virtual-time-budget=20000", *look
    )
    told = re.search(r'data-axe="([^"]*)"', dom)
    assert told is not None, "the checker did not come to its end"
    listed, _, passes = told[1].replace("&quot;", '"').replace("&amp;", "&").rpartition("#")
    count, _, looked = passes.partition(" ")
    assert int(count) > 10
    assert looked == str(dark).lower()
    return list(json.loads(listed))
