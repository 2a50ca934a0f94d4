"""Starting: reads live stores that nobody has mapped and drafts a policy file for them."""

import re
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from dsr.core.errors import UnsupportedError, UsageError
from dsr.core.model import Collection
from dsr.core.policy import Place, StoreConfig
from dsr.core.store import Store
from dsr.engine.detect.assess import Looked, assess
from dsr.engine.detect.included import Inclusions
from dsr.engine.drafting import Found, anchored, draft
from dsr.jobs.looking import sampled
from dsr.stores import open_store

_PASSWORD = re.compile(r"[^:/?#]+://[^/?#@]*:[^/?#]*@")
_SAMPLE = 200  # records of each collection that are looked at


@dataclass(frozen=True, slots=True)
class Begun:
    """The file that was written, what was mapped, and how many guesses wait for a person.

    `variables` are those from which the file takes addresses that hold a password.
    """

    path: str
    collections: int
    guesses: int
    variables: tuple[str, ...] = ()


def init(sources: tuple[str, ...], out: Path, *, timezone: str = "UTC", country: str = "CN") -> Begun:
    """Write a draft for sources such as `app=sqlite:///app.db` or `logs=logs:var/log`. Refuses to overwrite."""
    if out.exists():
        raise UsageError(f"{out.name} is there already; nothing was written. Name another file with --out.")
    with ExitStack() as opened:
        configs = {config.name: config for config in map(_config, sources)}
        if len(configs) < len(sources):
            raise UsageError("Two sources have the same name. Give each store a name of its own.")
        stores = {name: opened.enter_context(closing(open_store(config))) for name, config in configs.items()}
        bare = tuple(Found(c.name, c.kind, _written(c), tuple(stores[c.name].collections())) for c in configs.values())
        people = anchored(bare)
        inclusions = Inclusions(stores, () if people is None else (people,))
        found = tuple(
            replace(one, looked=tuple(_looked(stores[one.name], each, inclusions) for each in one.collections))
            for one in bare
        )
    drafted = draft(found, timezone=timezone, country=country)
    out.write_text(drafted.text, encoding="utf-8")
    variables = tuple(_variable(one.name) for one in found if one.url == f"${{{_variable(one.name)}}}")
    return Begun(str(out), sum(len(one.collections) for one in found), drafted.guesses, variables)


def _written(config: StoreConfig) -> str:
    """The address as it stands in the file: one with a password comes from the environment."""
    return f"${{{_variable(config.name)}}}" if _PASSWORD.match(config.url) else config.url


def _variable(store: str) -> str:
    return f"DSR_{store.upper()}_URL"


def _looked(store: Store, collection: Collection, inclusions: Inclusions) -> Looked:
    """What a sample shows; the names alone decide where none can be read."""
    place = Place(store.name, collection.name)
    try:
        return assess(place, collection, list(sampled(store, collection, _SAMPLE)), frozenset(), inclusions)
    except UnsupportedError:
        return assess(place, collection, (), frozenset())


def _config(source: str) -> StoreConfig:
    name, equals, url = source.partition("=")
    if not equals or not name.isidentifier() or not url:
        # the text may hold a password: it is not repeated
        raise UsageError("A source is not of the form NAME=URL, for example app=sqlite:///app.db or logs=logs:folder.")
    kind = "logs" if url.startswith("logs:") else "objects" if url.startswith(("file://", "s3://")) else "sql"
    return StoreConfig(name, kind, url.removeprefix("logs:"), "UTC", (), "command line")
