"""Publishing the ledger: what was recorded becomes tiles and a signed checkpoint, once the past was looked at again."""

from datetime import datetime

from dsr.core import merkle
from dsr.core.errors import EvidenceError
from dsr.core.merkle import WIDTH
from dsr.core.proof import Checkpoint, ProofError, leaf_hash, signed_checkpoint
from dsr.core.trust import LEDGER, Trust
from dsr.jobs.trusting import in_force, key_path, signing_key
from dsr.state import durable
from dsr.state.database import State
from dsr.state.tiles import Folder

KEEP = "Keep all files as they are, they are evidence, and compare with checkpoints and certificates kept elsewhere."


def ledger_folder(state: State) -> Folder:
    """Where the ledger is published."""
    return Folder(state.folder / "ledger")


def settle(state: State, now: datetime) -> None:
    """Publish what is not yet published, where this machine has the ledger's key."""
    noted = state.noted()
    size = state.ledger_size()
    if size == 0 or (noted is not None and noted.split("\n")[1] == str(size)):
        return
    if state.trusted() is None or key_path(state, LEDGER).exists():
        publish(state, now)


def publish(state: State, now: datetime) -> Checkpoint:
    """Publish all entries and sign the head. Raises EvidenceError where what was published before does not fit them."""
    trust = in_force(state, now)
    key = signing_key(state, trust, LEDGER, now)
    folder = ledger_folder(state)
    with durable.locked(state.folder / "ledger.lock"):
        try:
            head, noted = heads(state, trust)
            size = state.ledger_size()
            _unbroken(state, head, noted, size)
            if head is not None and head.size == size:
                return head
            old = head.size if head is not None else 0
            start = old // WIDTH * WIDTH
            folder.extend(old, size, state.ledger_entries(start, size - start))
            tiles = folder.tiles(size)
            if noted is not None and merkle.root(tiles, noted.size) != noted.root:
                raise ProofError("what is recorded now does not begin with what was signed before")
            made = signed_checkpoint(trust.now.origin, size, merkle.root(tiles, size), key)
        except ProofError as error:
            raise EvidenceError(f"The ledger is refused: {error}. Nothing more is done. {KEEP}") from None
        folder.set_head(made.note)
        state.note(made.note)
    return made


def heads(state: State, trust: Trust) -> tuple[Checkpoint | None, Checkpoint | None]:
    """The checkpoint of the published files, and the one that the state database noted. Raises ProofError."""
    notes = (ledger_folder(state).head(), state.noted())
    published, noted = (None if note is None else trust.checkpoint(note) for note in notes)
    return published, noted


def _unbroken(state: State, head: Checkpoint | None, noted: Checkpoint | None, size: int) -> None:
    """Raises ProofError where the files and the entries contradict one another at their edge."""
    for one in (head, noted):
        if one is not None and one.size > size:
            raise ProofError(
                f"it was signed with {one.size} entries and there are only {size}: the state database went back in "
                "time, or its newest entries were removed"
            )
    if head is None:
        return
    folder, (n, width) = ledger_folder(state), divmod(head.size, WIDTH)
    if merkle.root(folder.tiles(head.size), head.size) != head.root:
        raise ProofError("its files do not bear out its checkpoint")
    edge = state.ledger_entries(n * WIDTH, width)
    if width and b"".join(map(leaf_hash, edge)) != folder.read(0, n, width):
        raise ProofError("its newest entries are not those that were published")
