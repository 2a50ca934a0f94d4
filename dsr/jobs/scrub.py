"""Physical traces: taking deleted values out of the stores' files, and looking for a person's values in raw bytes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import UnsupportedError, UsageError
from dsr.core.levels import Shown
from dsr.core.store import Files, Scrubs, Store
from dsr.engine.bytesearch import ByteSearch
from dsr.jobs.session import Session
from dsr.state.events import Act
from dsr.state.levels import Showing

_PIECE = 1 << 22
_PACKED = {".gz", ".zst", ".xz", ".bz2", ".zip", ".parquet"}


@dataclass(frozen=True, slots=True)
class StoreScrubbed:
    """What became of one store. `able`: whether it can be scrubbed at all; `reclaimed`: certificates reach L2 now."""

    store: str
    able: bool
    done: tuple[str, ...]
    left: tuple[str, ...]
    reclaimed: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """What the raw bytes of one store show: how often the person's values stand there, by the form of writing.

    `packed` files were not looked into; without any file the store cannot be seen from here.
    """

    store: str
    files: int
    bytes: int
    packed: int
    found: tuple[tuple[str, int], ...]

    @property
    def level(self) -> str:
        """L2 where everything was seen and nothing found, L1 where the bytes cannot all be seen, else L0."""
        if self.found:
            return "L0"
        return "L2" if self.files and not self.packed else "L1"


@dataclass(frozen=True, slots=True)
class Probed:
    """All stores; `values` were looked for, `short` ones were not."""

    stores: tuple[Probe, ...]
    short: int
    values: int = 0


def scrub(session: Session, names: Iterable[str] = (), *, whole: bool = False) -> tuple[StoreScrubbed, ...]:
    """Reclaim the storage of deleted records in these stores, or in all."""
    wanted = tuple(names) or tuple(session.stores)
    for name in wanted:
        if name not in session.stores:
            raise UsageError(f"The policy knows no {name!r}. Known: {', '.join(session.stores)}.")
    now = session.now()  # a run that ends meanwhile may have deleted behind it
    made = tuple(_scrubbed(session.stores[name], whole=whole) for name in wanted)
    showings = (Showing(m.store, now, Shown.SCRUB, remains=" ".join(m.left)) for m in made if m.reclaimed)
    session.state.show(showings, session.actor)
    session.state.record(Act.SCRUBBED, session.actor, now, counts=(("stores", sum(m.able for m in made)),))
    return made


def probe(session: Session, values: Iterable[str]) -> Probed:
    """Look for the values in the bytes of every store's files."""
    search = ByteSearch(values)
    return Probed(
        tuple(_probe(name, store, search) for name, store in session.stores.items()), search.short, search.values
    )


def _scrubbed(store: Store, *, whole: bool) -> StoreScrubbed:
    residue = (f"{store.traits.residue.rstrip('.')}.",) if store.traits.residue else ()
    if not isinstance(store, Scrubs):
        return StoreScrubbed(store.name, False, (), residue)
    try:
        made = store.scrub(whole=whole)
    except UnsupportedError:
        return StoreScrubbed(store.name, False, (), residue)
    return StoreScrubbed(store.name, True, made.done, made.left, made.reclaimed)


def _probe(name: str, store: Store, search: ByteSearch) -> Probe:
    files = store.files() if isinstance(store, Files) else ()
    packed = [path for path in files if path.suffix in _PACKED]
    size, found = 0, Counter[str]()
    for path in files:
        if path.suffix not in _PACKED:
            size += path.stat().st_size
            found += search.hits(_pieces(path))
    return Probe(name, len(files), size, len(packed), tuple(sorted(found.items())))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
