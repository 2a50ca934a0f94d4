"""A line to a PostgreSQL server that is slow, or breaks at a chosen COMMIT: before it arrives, or before its answer.

Or it lets everybody in from there on and never says another word.
"""

import socket
import threading
from contextlib import suppress

import sqlalchemy as sa


class Line:
    """A proxy on loopback before a server's socket. `url` leads through it."""

    def __init__(self, server: str) -> None:
        target = sa.make_url(server)
        self._target = f"{target.query['host']}/.s.PGSQL.{target.query.get('port', '5432')}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = target.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        self._lock, self._at, self._answer, self._cut = threading.Lock(), 0, "after", False
        self._slow, self._never, self._hangs = 0.0, threading.Event(), False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, commit: int, answer: str) -> None:
        """Break the connection at the COMMIT of that number from now on, "before" or "after" it is passed on.

        "never": it is passed on, and nothing comes through in any direction any more; on other connections neither.
        "lost": it is passed on, and its answer never comes; other connections work.
        """
        with self._lock:
            self._at, self._answer, self._cut = commit, answer, False

    def slow_down(self, seconds: float) -> None:
        """From now on every answer takes so much longer."""
        self._slow = seconds

    def has_cut(self) -> bool:
        """Whether it came to that."""
        with self._lock:
            self._at, cut = 0, self._cut
            return cut

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                broken = threading.Event()
                threading.Thread(target=self._asks, args=(near, far, broken), daemon=True).start()
                threading.Thread(target=self._answers, args=(far, near, broken), daemon=True).start()

    def _asks(self, near: socket.socket, far: socket.socket, broken: threading.Event) -> None:
        with near, suppress(OSError):
            while data := near.recv(65536):
                if self._hangs:
                    continue
                if b"COMMIT" in data and self._due():
                    if self._answer == "never":
                        self._hangs = True
                        far.sendall(data)
                        continue
                    broken.set()
                    if self._answer == "lost":
                        far.sendall(data)
                        continue
                    near.shutdown(socket.SHUT_RDWR)
                    if self._answer == "after":
                        far.sendall(data)
                    break
                far.sendall(data)
        with suppress(OSError):
            far.shutdown(socket.SHUT_WR)  # the server ends what it has, and the session

    def _answers(self, far: socket.socket, near: socket.socket, broken: threading.Event) -> None:
        with far, suppress(OSError):
            while data := far.recv(65536):
                if not (broken.is_set() or self._hangs):  # read on, so that the server ends its work, and tell nobody
                    self._never.wait(self._slow)
                    near.sendall(data)
        with suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)

    def _due(self) -> bool:
        with self._lock:
            if self._at == 0:
                return False
            self._at -= 1
            self._cut = self._cut or self._at == 0
            return self._at == 0
