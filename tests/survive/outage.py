"""Stores that stop answering and come back: a file moved away, a line to a server that is cut."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa


class Line(Protocol):
    """The way to a store. `url` is what the policy gives; it leads nowhere between `cut` and `mend`."""

    url: str

    def cut(self) -> None:
        """The store does not answer from now on; what is open breaks."""

    def mend(self) -> None:
        """It answers again, with everything as it was."""


class Moved:
    """A file or folder that is moved away, as when its disk is unmounted."""

    def __init__(self, path: Path, url: str = "") -> None:
        self.url, self._path, self._away = url, path, path.with_name(f"{path.name}.away")

    def cut(self) -> None:
        self._path.rename(self._away)

    def mend(self) -> None:
        self._away.rename(self._path)


class Wire:
    """A proxy on loopback before a PostgreSQL server's socket."""

    def __init__(self, server: str) -> None:
        target = sa.make_url(server)
        self._target = f"{target.query['host']}/.s.PGSQL.{target.query.get('port', '5432')}"
        self._port, self._ends, self._listener = 0, list[socket.socket](), None
        self.mend()
        self.url = target.set(host="127.0.0.1", port=self._port, query={}).render_as_string(hide_password=False)

    def cut(self) -> None:
        """Close every connection, and refuse new ones."""
        listener, self._listener = self._listener, None
        for end in [*([listener] if listener else []), *self._ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        """Listen again on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
