"""The gate without a database: a schema dump or migrations against the policy, so that CI needs no production data."""

from pathlib import Path

from dsr.core import own
from dsr.core.errors import UsageError
from dsr.core.model import Collection
from dsr.core.plan import Gap
from dsr.core.policy import Place
from dsr.engine import coverage
from dsr.engine.ddl import Schema
from dsr.engine.detect.assess import assess
from dsr.engine.detect.gate import place_columns
from dsr.engine.estate import Estate
from dsr.jobs.discover import Discovered, column
from dsr.jobs.looking import people_of
from dsr.jobs.session import Session

DIALECTS = ("postgres", "mysql", "sqlite")


def discover_offline(session: Session, sources: tuple[str, ...], dialect: str | None) -> Discovered:
    """Judge by names, types and comments what the scripts make. `sources` are STORE=PATH; a folder is read by name."""
    policy = session.policy
    gaps: list[Gap] = []
    live: dict[Place, Collection] = {}
    names = {config.name for config in policy.stores}
    for source in sources:
        store, equals, path = source.partition("=")
        if not equals or store not in names:
            known = ", ".join(sorted(names))
            raise UsageError(f"--schema takes STORE=PATH with a store of the policy. Known stores: {known}.")
        schema = Schema()
        for script in _scripts(Path(path)):
            schema.read(script.name, _text(script), dialect)
        for one in schema.unread:
            text = f"Statement {one.number} makes or changes a table and cannot be read. Try --dialect, or rewrite it."
            gaps.append(Gap("unreadable", f"{store}: {one.script}", text))
        live |= {
            Place(store, name): table for name, table in schema.tables.items() if not own.ours(name, schema.tables)
        }
        if not schema.tables:
            gaps.append(
                Gap("unreadable", store, "The scripts make no table at all. Name a schema dump or the migrations.")
            )
    estate = Estate(policy, {}, live, ())
    looked = {store.partition("=")[0] for store in sources}
    gaps.extend(coverage.vanished(estate, looked))
    people = people_of(estate)
    judged = [assess(place, table, (), people.get(place.store, frozenset())) for place, table in sorted(live.items())]
    placed = place_columns(policy, live, judged)
    return Discovered((), tuple(column(one) for one in placed), tuple(gaps), check=True)


def _scripts(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(one for one in path.rglob("*.sql") if one.is_file())
        if not found:
            raise UsageError(
                f"{path.name}: the folder holds no .sql files. Name the folder of the migrations, or a dump."
            )
        return found
    if not path.is_file():
        raise UsageError(f"{path.name}: there is no such file. Name a schema dump, or a folder of migrations.")
    return [path]


def _text(script: Path) -> str:
    try:
        return script.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{script.name}: the file is not UTF-8. Save it as UTF-8.") from error
