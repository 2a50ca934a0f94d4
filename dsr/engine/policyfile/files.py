"""Reads the policy file and everything that it includes, within the folder of the first file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dsr.engine.policyfile.nodes import MAX_BYTES, Map, Pair, Scalar, Seq, read
from dsr.engine.policyfile.problems import Problems, Spot, shown

_MOST = 200  # files; more is a mistake


@dataclass(frozen=True, slots=True)
class Sources:
    """The top mappings of all files in order, their names, and the SHA-256 over their bytes."""

    roots: tuple[Map, ...]
    names: tuple[str, ...]
    digest: str

    def pairs(self, section: str) -> list[Pair]:
        """A top-level section wherever it stands, as (its key, its value)."""
        return [pair for root in self.roots for pair in root.pairs if pair.name == section]


def collect(path: Path, problems: Problems) -> Sources:
    """Every file of the policy."""
    reader = _Reader(path, problems)
    reader.read(path, path.name, None)
    return Sources(tuple(reader.roots), tuple(reader.names), reader.hash.hexdigest())


class _Reader:
    def __init__(self, path: Path, problems: Problems) -> None:
        self.problems = problems
        self.roots: list[Map] = []
        self.names: list[str] = []
        self.hash = hashlib.sha256()
        self._folder = path.parent
        self._seen: dict[Path, Spot | None] = {}
        self._open: list[Path] = []

    def read(self, path: Path, name: str, by: Spot | None) -> None:
        """Read a file, then what it includes; `by` is the line that asked for it."""
        self.names.append(name)
        source = self._bytes(path, name, by)
        if source is None:
            return
        real = path.resolve()
        self._seen[real] = by
        self.hash.update(source)
        root = read(source, name, self.problems)
        if root is None:
            return
        self.roots.append(root)
        self._open.append(real)
        self._follow(path, root)
        self._open.pop()

    def _follow(self, path: Path, root: Map) -> None:
        wanted = root.get("include")
        if wanted is None:
            return
        items = wanted.items if isinstance(wanted, Seq) else ()
        files = [item for item in items if isinstance(item, Scalar)]
        if not isinstance(wanted, Seq) or len(files) < len(items):
            self.problems.add(wanted.at, "`include:` is not a list of files. Write `include: [rules.yaml, data.yaml]`.")
            return
        for file in files:
            self._include(path, file)

    def _include(self, path: Path, item: Scalar) -> None:
        target = path.parent / item.text
        if item.null or not item.text.strip():
            self.problems.add(item.at, "`include:` names no file. Write its path, or take the line out.")
            return
        try:
            real, folder = target.resolve(), self._folder.resolve()
            inside = not Path(item.text).is_absolute() and real.is_relative_to(folder)
        except (OSError, RuntimeError):  # a loop of symbolic links, a name too long
            self.problems.add(item.at, f"include {shown(item.text)} cannot be followed. Correct the path.")
            return
        if not inside:
            what = "leads out of the folder of the policy. Move the file there and name it relatively."
            self.problems.add(item.at, f"include {shown(item.text)} {what}")
        elif real in self._open:
            self.problems.add(item.at, f"include {shown(item.text)} goes round in a circle. Take it out.")
        elif real in self._seen:
            first = self._seen[real]
            self.problems.add(item.at, f"include {shown(item.text)} stands twice, first at {first}. Keep one of them.")
        elif len(self.names) >= _MOST:
            self.problems.add(item.at, f"more than {_MOST} files are included. Put them together.")
        else:
            self.read(target, real.relative_to(folder).as_posix(), item.at)

    def _bytes(self, path: Path, name: str, by: Spot | None) -> bytes | None:
        at = by or Spot(name, 1)
        try:
            if not path.is_file():  # a pipe or a device would never end
                hint = "Correct the path." if by else "Name it with --policy, or let `dsr init` write one."
                self.problems.add(at, f"there is no file {shown(name if by else str(path))}. {hint}")
                return None
            with path.open("rb") as opened:
                return opened.read(MAX_BYTES + 1)
        except OSError as error:
            self.problems.add(
                at, f"the file {shown(name)} cannot be read ({type(error).__name__}). Correct its rights."
            )
            return None
