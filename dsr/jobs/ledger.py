"""The ledger for those who check it: verified in full, its checkpoint handed out, copied, unlinked from people."""

import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dsr.core import merkle
from dsr.core.certificate import KIND, checkpoint_note
from dsr.core.errors import EvidenceError, UsageError
from dsr.core.merkle import WIDTH, Levels, batched, root, widths
from dsr.core.proof import LIMIT, Checkpoint, ProofError, consistent, leaf_hash
from dsr.core.trust import Trust
from dsr.jobs.publishing import KEEP, heads, ledger_folder, publish
from dsr.jobs.session import Session
from dsr.jobs.trusting import TRUST_FILE, trust_path
from dsr.state import durable
from dsr.state.tiles import Folder, bundled

_HANDLE = re.compile(r"S-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class LedgerVerified:
    """A ledger that is whole: how many entries, how many of them published, and how many checkpoints it bears out."""

    origin: str
    size: int
    published: int
    root: str
    checkpoints: int
    since: int | None


@dataclass(frozen=True, slots=True)
class Handed:
    """A checkpoint, and the file or folder to which it was written."""

    origin: str
    size: int
    root: str
    note: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Whose links to the ledger are gone, and how many there were."""

    handles: tuple[str, ...]
    links: int


def verify(session: Session, old: Path | None = None) -> LedgerVerified:
    """Hash everything anew and compare: entries with files, files with every checkpoint that is known of here."""
    state, trust = session.state, session.trust
    folder = ledger_folder(state)
    with _refusing():
        earlier = None if old is None else _read_head(old, trust)
        head, noted = heads(state, trust)
        published = head.size if head is not None else 0
        with closing(state.ledger_entries()) as entries:
            tree, size = _compared(entries, folder, published)
        _same_tiles(tree, folder, published)
        known = [one for one in (head, noted, earlier) if one is not None]
        known += [trust.checkpoint(checkpoint_note(row.document)) for row in state.certificates()]
        _borne_out(tree, size, known)
    return _verified(trust.now.origin, tree, size, published, known, earlier)


def verify_folder(path: Path, trust: Trust, old: Path | None = None) -> LedgerVerified:
    """The same for a copy of the published files, without a state database."""
    folder = Folder(path)
    with _refusing():
        note = folder.head()
        if note is None:
            raise ProofError("there is no checkpoint in the folder")
        head = trust.checkpoint(note)
        tree, size = _compared(folder.entries(head.size), folder, head.size)
        _same_tiles(tree, folder, head.size)
        earlier = None if old is None else _read_head(old, trust)
        known = [one for one in (head, earlier) if one is not None]
        _borne_out(tree, size, known)
    return _verified(trust.now.origin, tree, size, head.size, known, earlier)


def checkpoint(session: Session, to: Path | None = None) -> Handed:
    """Publish, and hand out the newest checkpoint: kept elsewhere, it proves later that nothing was taken away."""
    head = publish(session.state, session.now())
    if to is not None:
        if to.exists():
            raise UsageError(f"{to} is there already; nothing was written. Name another file.")
        durable.write(to, head.note.encode())
    return _handed(head, to)


def export(session: Session, out: Path) -> Handed:
    """Publish, and copy the files with the trust file to a new folder, which verifies on its own."""
    head = publish(session.state, session.now())
    if out.exists():
        raise UsageError(f"{out} is there already; nothing was written. Name a new folder with --out.")
    copy = Folder(out)
    copy.extend(0, head.size, ledger_folder(session.state).entries(head.size))
    shutil.copyfile(trust_path(session.state), out / TRUST_FILE)
    copy.set_head(head.note)
    return _handed(head, out)


def unlink(session: Session, handles: tuple[str, ...]) -> Unlinked:
    """Delete the nonces of these people, so that no entry can ever be told to mean them."""
    if not all(_HANDLE.fullmatch(one) for one in handles):
        raise UsageError("People are named by handle here, such as S-0123abcd. Find it with: dsr find.")
    return Unlinked(handles, session.state.unlink(handles))


@contextmanager
def _refusing() -> Iterator[None]:
    """Turns a proof that fails into the error that a person reads."""
    try:
        yield
    except ProofError as error:
        raise EvidenceError(f"The ledger is refused: {error}. {KEEP}") from None


def _compared(entries: Iterator[bytes], folder: Folder, published: int) -> tuple[Levels, int]:
    """The tree over the entries, and how many there are; every published bundle must hold just these."""
    tree, size = Levels(), 0
    for n, bundle in enumerate(batched(entries)):
        shown = min(len(bundle), max(0, published - n * WIDTH))
        if shown and not folder.read("entries", n, shown).startswith(bundled(bundle[:shown])):
            raise ProofError(f"the entries from {n * WIDTH} on are not those that were published")
        tree.extend(b"".join(map(leaf_hash, bundle)))
        size += len(bundle)
    return tree, size


def _same_tiles(tree: Levels, folder: Folder, published: int) -> None:
    for level, n, width in widths(published):
        if folder.read(level, n, width) != tree.tile(level, n)[: width * 32]:
            raise ProofError(f"tile {n} of level {level} is not what the entries give")


def _borne_out(tree: Levels, size: int, known: list[Checkpoint]) -> None:
    for one in known:
        if one.size > size:
            raise ProofError(f"a checkpoint was signed over {one.size} entries and there are only {size}")
        now = root(tree.tile, size)
        path = merkle.consistency(tree.tile, one.size, size)
        if not consistent(one.size, size, path, one.root, now):
            raise ProofError(f"the first {one.size} entries are not those over which a checkpoint was signed")


def _read_head(path: Path, trust: Trust) -> Checkpoint:
    """The checkpoint in a file, which may also be a certificate."""
    raw = durable.read(path, LIMIT + 1)
    if raw is None:
        raise UsageError(f"{path}: there is no such file.")
    note = checkpoint_note(raw) if KIND.encode() in raw else raw.decode("utf-8", "replace")
    return trust.checkpoint(note)


def _verified(
    origin: str, tree: Levels, size: int, published: int, known: list[Checkpoint], earlier: Checkpoint | None
) -> LedgerVerified:
    since = None if earlier is None else earlier.size
    return LedgerVerified(origin, size, published, root(tree.tile, size).hex(), len(known), since)


def _handed(head: Checkpoint, path: Path | None) -> Handed:
    return Handed(head.origin, head.size, head.root.hex(), head.note, None if path is None else str(path))
