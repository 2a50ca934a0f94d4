"""Starting: reads live stores that nobody has mapped and drafts a policy file for them."""

from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import UsageError
from dsr.core.policy import StoreConfig
from dsr.engine.drafting import Found, draft
from dsr.stores import open_store


@dataclass(frozen=True, slots=True)
class Begun:
    """The file that was written, what was mapped, and how many guesses wait for a person."""

    path: str
    collections: int
    guesses: int


def init(sources: tuple[str, ...], out: Path, *, timezone: str = "UTC", country: str = "CN") -> Begun:
    """Write a draft for sources such as `app=sqlite:///app.db` or `logs=logs:var/log`. Refuses to overwrite."""
    if out.exists():
        raise UsageError(f"{out.name} is there already; nothing was written. Name another file with --out.")
    found = []
    for source in sources:
        config = _config(source)
        store = open_store(config)
        try:
            found.append(Found(config.name, config.kind, config.url, tuple(store.collections())))
        finally:
            store.close()
    drafted = draft(tuple(found), timezone=timezone, country=country)
    out.write_text(drafted.text, encoding="utf-8")
    return Begun(str(out), sum(len(one.collections) for one in found), drafted.guesses)


def _config(source: str) -> StoreConfig:
    name, equals, url = source.partition("=")
    if not equals or not name.isidentifier() or not url:
        # the text may hold a password: it is not repeated
        raise UsageError("A source is not of the form NAME=URL, for example app=sqlite:///app.db or logs=logs:folder.")
    kind = "logs" if url.startswith("logs:") else "objects" if url.startswith(("file://", "s3://")) else "sql"
    return StoreConfig(name, kind, url.removeprefix("logs:"), "UTC", (), "command line")
