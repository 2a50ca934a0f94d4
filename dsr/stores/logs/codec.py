"""Compressed files as streams of plain bytes, in bounded memory. `isal` does gzip where it is installed."""

import zlib
from collections.abc import Callable
from typing import Any, Protocol

from dsr.core.errors import InstallError
from dsr.stores.logs.names import Packing

_PIECE = 1 << 16
_MEMBER = 1 << 20  # gzip members of this size let a later reader start in the middle

Fill = Callable[[memoryview], int]
"""Puts the next plain bytes into the view and says how many; 0 only at the end. Raises DamagedError."""


class DamagedError(Exception):
    """The compressed data is cut short or broken; what was read before it is good."""


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes, none at the end."""

    def readinto(self, view: memoryview, /) -> int:
        """The same, into the view."""


class Target(Protocol):
    """What packed bytes are written to."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Write all of it."""

    def flush(self) -> None:
        """Hold nothing back."""


class Writer(Protocol):
    """Takes plain bytes."""

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""

    def finish(self) -> None:
        """Write what is still held back."""


def reader(source: Source, packing: Packing) -> Fill:
    """The plain bytes of a file."""
    if packing is Packing.PLAIN:
        return source.readinto
    return _Unpacked(source, _gunzip() if packing is Packing.GZIP else _unzstd()).fill


def writer(target: Target, packing: Packing) -> Writer:
    """Packs plain bytes into the target."""
    if packing is Packing.PLAIN:
        return _Plain(target)
    return _Gzip(target) if packing is Packing.GZIP else _Zstd(target)


class _Unpacked:
    """Members (gzip) or frames (zstd), one after the other."""

    def __init__(self, source: Source, start: Callable[[], Any]) -> None:
        self._source, self._start = source, start
        self._state: Any = None
        self._fed = self._rest = b""
        self._errors = _errors()
        self._damage: DamagedError | None = None

    def fill(self, view: memoryview) -> int:
        """Fill the view, unless the end comes first."""
        if self._damage is not None:
            raise self._damage
        done = 0
        try:
            while (room := len(view) - done) and (piece := self._rest or self._piece(room)) is not None:
                self._rest = piece[room:]
                size = min(len(piece), room)
                view[done : done + size] = piece[:size]
                done += size
        except DamagedError as error:
            if not done:
                raise
            self._damage = error  # give what is good, then the damage
        return done

    def _piece(self, size: int) -> bytes | None:
        self._fed = self._fed or self._source.read(_PIECE)
        if not self._fed and self._state is None:
            return None
        last = not self._fed
        piece = self._step(size)
        if last and not piece and self._state is not None:
            raise DamagedError("ends early")
        return piece

    def _step(self, size: int) -> bytes:
        if self._state is None:
            self._fed = self._fed.lstrip(b"\0") if self._fed[:1] == b"\0" else self._fed  # padding after a member
            if not self._fed:
                return b""
            self._state = self._start()
        try:
            piece: bytes = self._state.decompress(self._fed, size)
        except self._errors as error:
            raise DamagedError("is broken") from error
        self._fed = self._state.unused_data if self._state.eof else getattr(self._state, "unconsumed_tail", b"")
        if self._state.eof:
            self._state = None
        return piece


class _UnzstdFrame:
    """One zstd frame behind the interface of zlib's objects."""

    def __init__(self, state: Any) -> None:  # noqa: ANN401 - the driver has no types
        self._state = state

    def decompress(self, data: bytes, size: int) -> bytes:
        """The plain bytes; the driver knows no limit, the small pieces fed to it are one."""
        made: bytes = self._state.decompress(data)
        return made

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return bool(self._state.eof)

    @property
    def unused_data(self) -> bytes:
        """What stands after the frame."""
        return bytes(self._state.unused_data)


class _Plain:
    def __init__(self, target: Target) -> None:
        self._target = target

    def write(self, data: bytes | memoryview) -> None:
        self._target.write(data)

    def finish(self) -> None:
        self._target.flush()


class _Gzip:
    def __init__(self, target: Target) -> None:
        self._target, self._held, self._size, self._empty = target, bytearray(_MEMBER), 0, True
        module = _isal()
        self._module: Any = module or zlib
        self._level = 1 if module else 6

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            size = min(len(view), _MEMBER - self._size)
            self._held[self._size : self._size + size] = view[:size]
            self._size += size
            view = view[size:]
            if self._size == _MEMBER:
                self._member()

    def finish(self) -> None:
        if self._size or self._empty:
            self._member()
        self._target.flush()

    def _member(self) -> None:
        with memoryview(self._held) as held, held[: self._size] as plain:
            self._target.write(self._module.compress(plain, self._level, 31))
        self._size, self._empty = 0, False


class _Zstd:
    """One frame: many readers stop after the first."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pack = _zstandard().ZstdCompressor(level=3, write_checksum=True).compressobj()

    def write(self, data: bytes | memoryview) -> None:
        self._target.write(self._pack.compress(data))

    def finish(self) -> None:
        self._target.write(self._pack.flush())
        self._target.flush()


def crc32() -> Callable[[bytes | memoryview, int], int]:
    """The fastest function for a running sum."""
    module: Any = _isal() or zlib
    found: Callable[[bytes | memoryview, int], int] = module.crc32
    return found


def _gunzip() -> Callable[[], Any]:
    module: Any = _isal() or zlib
    return lambda: module.decompressobj(31)


def _unzstd() -> Callable[[], Any]:
    machine = _zstandard().ZstdDecompressor()
    return lambda: _UnzstdFrame(machine.decompressobj())


def _errors() -> tuple[type[Exception], ...]:
    found: list[type[Exception]] = [zlib.error]
    if (module := _isal()) is not None:
        found.append(module.error)
    try:
        import zstandard

        found.append(zstandard.ZstdError)
    except ImportError:
        pass
    return tuple(found)


def _isal() -> Any:  # noqa: ANN401 - an optional driver without types
    try:
        from isal import isal_zlib
    except ImportError:
        return None
    return isal_zlib


def _zstandard() -> Any:  # noqa: ANN401 - an optional driver without types
    try:
        import zstandard
    except ImportError as error:
        raise InstallError("The folder holds .zst files. Install the reader: pip install 'dsr[zstd]'.") from error
    return zstandard
