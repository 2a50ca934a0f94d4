"""A page as others see it: a strict parser, a browser, and a checker of accessibility inside that browser."""

import json
import re
import shutil
import subprocess
import warnings
from collections.abc import Mapping
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
    return accessibilities(folder, {"page": html}, width=width, dark=dark)["page"]


def accessibilities(
    folder: Path, pages: Mapping[str, str], *, width: int = 1280, dark: bool = False
) -> dict[str, list[str]]:
    """The same of several pages, in frames of one browser; that a page can be moved sideways is a violation too."""
    found = find_spec("axe_core_python")
    assert found is not None
    assert found.submodule_search_locations is not None
    axe = (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    copies = {name: re.sub(r'<meta http-equiv="Content.*?>', "", html) for name, html in pages.items()}
    listed = json.dumps(copies).replace("</", "<\\/")
    frame = folder / "page.html"
    frame.write_text(
        f"<!doctype html><meta charset=utf-8><body><script type=application/json id=pages>{listed}</script>"
        f"<script id=axe>{axe}</script><script>const width = {width};{_LOOK}</script></body>",
        encoding="utf-8",
    )
    look = ["--blink-settings=preferredColorScheme=0"] if dark else []
    dom, _ = chromium(
        folder / "profile", frame.as_uri(), f"--window-size={max(width, 500)},900", "--virtual-time-budget=90000", *look
    )
    told = re.search(r'data-axe="([^"]*)"', dom)
    assert told is not None, "the checker did not come to its end"
    made = json.loads(told[1].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert list(made) == list(pages)
    assert all(one["passes"] > 10 and one["dark"] == dark and one["width"] == width for one in made.values())
    return {name: one["found"] for name, one in made.items()}


_LOOK = """
const pages = JSON.parse(document.getElementById('pages').textContent), found = {};
(async () => {
  for (const [name, html] of Object.entries(pages)) {
    const frame = document.createElement('iframe');
    frame.style = `width: ${width}px; height: 900px; border: 0`;
    const loaded = new Promise(done => frame.onload = done);
    frame.srcdoc = html;
    document.body.append(frame);
    await loaded;
    const page = frame.contentWindow, script = page.document.createElement('script');
    script.textContent = document.getElementById('axe').textContent;
    page.document.head.append(script);
    const said = await page.axe.run();
    const root = page.document.documentElement;
    found[name] = {
      found: said.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' '))),
      passes: said.passes.length,
      dark: page.matchMedia('(prefers-color-scheme: dark)').matches,
      width: page.innerWidth,
    };
    if (root.scrollWidth > page.innerWidth) found[name].found.push('sideways html');
    frame.remove();
  }
  document.body.dataset.axe = JSON.stringify(found);
})();
"""
