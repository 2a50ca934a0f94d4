"""Redaction of texts: support mails, log lines, anything that is passed on. It fails closed: no rule, no result."""

import codecs
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import OutputError, UsageError
from dsr.engine.detect.blocks import PLAIN, blocks
from dsr.engine.detect.fold import fold
from dsr.engine.detect.gitleaks import Bounded, load
from dsr.engine.detect.others import Known, given_out
from dsr.engine.detect.secrets import Rules, Secret, general, hidden, merged, own_format
from dsr.engine.known import KnownValues
from dsr.jobs.session import Session
from dsr.stores.logs.codec import DamagedError, reader, writer
from dsr.stores.logs.names import Packing

_PIECE = 1 << 18
_PACKINGS = {".gz": Packing.GZIP, ".zst": Packing.ZSTD}


@dataclass(frozen=True, slots=True)
class Redacted:
    """How many secrets of each rule were hidden, and the text without them where it is not in a file of its own.

    `problems`: rules that could not be used.
    """

    text: str
    secrets: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0, or 7 where a rule file could not be used in full."""
        return 7 if self.problems else 0


class Redaction:
    """Hides every secret: the company's own keys first, then by the general rules, then by those of files."""

    def __init__(
        self, own_keys: tuple[str, ...], rule_files: tuple[Path, ...] = (), known: Known | None = None
    ) -> None:
        self._known = known
        self._own = Rules(own_format(own_keys, "own_keys"))
        self._files: list[Bounded] = []
        self._problems: list[str] = []
        self._counts: Counter[str] = Counter()
        for path in rule_files:
            try:
                read = load(path.read_bytes(), path.name)
            except OSError as error:
                raise UsageError(f"{path.name}: the rule file cannot be read ({type(error).__name__}).") from error
            self._problems += read.problems
            self._files.append(Bounded(read.rules))

    def text(self, text: str) -> str:
        """A text without its secrets."""
        found: list[Secret] = [*self._own.find(text), *given_out(fold(text), self._known), *general().find(text)]
        for rules in self._files:
            found += rules.find(text)
        settled = merged(found)
        self._counts.update(one.rule for one in settled)
        return hidden(text, settled) if settled else text

    def file(self, source: Path, target: Path) -> None:
        """A new file without the secrets of another; every line that holds none is the same, byte for byte.

        Files that end with .gz or .zst are unpacked and packed. Where the work breaks off no new file is left.
        """
        if target.exists():
            raise UsageError(f"{target.name} exists. Name a new file, so that nothing is overwritten.")
        part = target.with_name(f"{target.name}.part")
        try:
            with part.open("xb") as file:
                packed = writer(file, _packing(target))
                for block in blocks(codecs.iterdecode(_pieces(source), *PLAIN)):
                    packed.write(self.text(block).encode(*PLAIN))
                packed.finish()
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)
        except FileExistsError as error:
            raise UsageError(f"{part.name} is in the way. Remove it, or name another file.") from error
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OutputError(f"{target.name}: the file cannot be written ({type(error).__name__}).") from error
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def done(self, text: str = "") -> Redacted:
        """What was done."""
        return Redacted(text, tuple(sorted(self._counts.items())), tuple(self._problems))


def redact(text: str, own_keys: tuple[str, ...], rule_files: tuple[Path, ...] = ()) -> Redacted:
    """A text without its secrets, and what was hidden."""
    redaction = Redaction(own_keys, rule_files)
    return redaction.done(redaction.text(text))


def redact_for(session: Session, source: Path, target: Path | None, rule_files: tuple[Path, ...]) -> Redacted:
    """A text, or a file of any size, without its secrets and without the keys that the company gave out.

    Where the tables that know those keys do not answer nothing is passed on.
    """
    policy = session.policy
    redaction = Redaction(policy.own_keys, rule_files, KnownValues(session.estate) if policy.known_keys else None)
    if target is None:
        return redaction.done(redaction.text(_text(source)))
    redaction.file(source, target)
    return redaction.done()


def _text(source: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{source.name}: the file cannot be read ({type(error).__name__}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{source.name}: the text is not UTF-8. Convert it first; nothing was passed on.") from error


def _packing(path: Path) -> Packing:
    return _PACKINGS.get(path.suffix, Packing.PLAIN)


def _pieces(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            fill, view = reader(file, _packing(source)), memoryview(bytearray(_PIECE))
            while size := fill(view):
                yield bytes(view[:size])
    except DamagedError as error:
        raise UsageError(f"{source.name}: the packed file is damaged; nothing was passed on.") from error
    except OSError as error:
        raise UsageError(f"{source.name}: the file cannot be read ({type(error).__name__}).") from error
