"""Objects' contents in the package: our names for them, and the list that gives their own."""

from collections.abc import Iterator

from dsr.core.policy import Place
from dsr.engine.package.folder import Folder, Sum
from dsr.engine.package.names import numbered
from dsr.engine.package.page import FileLine, FileList
from dsr.engine.package.table import Lines, Sheet

_SHOWN = 200
_COLUMNS = ("file", "store", "collection", "own_name", "size", "sha256")
_SUMS = "sums"


class Copies:
    """Copies objects as they come; how many there are makes no difference to memory."""

    def __init__(self, folder: Folder, full: bool) -> None:
        self._folder = folder
        self._full = full
        self.sheet: Sheet | None = None
        self._lines: Lines | None = None
        self._shown: list[FileLine] = []
        self.count = 0
        self.size = 0

    def add(self, place: Place, name: str, pieces: Iterator[bytes]) -> None:
        """Copy one object."""
        number = self.count + 1
        done = self._folder.copy(f"files/{numbered(number, name)}", pieces)
        self.count, self.size = number, self.size + done.size
        values = (done.path, place.store, place.collection, name, done.size, done.sha256)
        if self._full:
            self.sheet = self.sheet or Sheet(self._folder, "files.csv", _COLUMNS)
            self.sheet.put(*values)
        else:
            self._lines = self._lines or Lines(self._folder, "files.jsonl")
            self._lines.add([dict(zip(_COLUMNS, values, strict=True))])
        self._folder.scratch(_SUMS, f"{done.sha256} {done.size} {done.path}\n")
        if len(self._shown) < _SHOWN:
            self._shown.append(FileLine(done.path, name[:300], done.size))

    def close(self) -> None:
        """Write what was gathered of the list."""
        for output in (self.sheet, self._lines):
            if output is not None:
                output.flush()

    def listed(self) -> FileList:
        """The first of them for the page."""
        return FileList(self.count, tuple(self._shown))

    def sums(self) -> Iterator[Sum]:
        """Size and digest of every copy, in the order of copying."""
        rest = ""
        for piece in self._folder.scratched(_SUMS):
            *whole, rest = (rest + piece).split("\n")
            for line in whole:
                digest, size, path = line.split(" ", 2)
                yield Sum(path, int(size), digest)
