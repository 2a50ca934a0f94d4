"""Faults that only a database server can have: lines that break or crawl, deadlocks, and a disk that is full."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import sqlalchemy as sa
from company import Company
from faults import BATCH, MANY, PERSON, Scene, scene
from wires import Line

from dsr.core.errors import DsrError, TransientError
from dsr.core.journal import Outcome
from dsr.jobs.apply import apply
from dsr.jobs.erase import plan_erasure

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
_ROOM = 48 << 20
"""Bytes of the small disk: an empty database takes 8 MB of it, and there are two."""


def line_cut_at_a_commit(at: Scene) -> None:
    """The connection breaks before COMMIT arrives, or before its answer does."""
    with _line(at) as (line, cut):
        line.cut_at(at.dice.randrange(1, 20), at.dice.choice(("before", "after")))
        with suppress(DsrError), cut.session() as session:
            apply(session, at.plan)
    at.finish()


def slow_server(at: Scene) -> None:
    """Every answer is late, and one does not come at all."""
    with _line(at) as (line, slow):
        line.slow_down(at.dice.uniform(0.001, 0.01))
        if at.dice.random() < 0.5:
            line.cut_at(at.dice.randrange(1, 20), "after")
        with suppress(DsrError), slow.session() as session:
            apply(session, at.plan)
    at.finish()


def hung_server(at: Scene) -> None:
    """From one COMMIT on it takes every connection and never says a word: the run ends by itself, and can go on."""
    policy = at.made.policy.read_text()
    at.made.policy.write_text(
        policy.replace(f"batch: {BATCH}", f"batch: {BATCH}, answer_timeout: 0.4, connect_timeout: 1")
    )
    with at.made.session() as session:
        at.plan = plan_erasure(session, PERSON).id
    with _line(at) as (line, hung):
        with hung.session() as session:
            line.cut_at(at.dice.randrange(1, 8), "never")
            with suppress(TransientError):
                outcome = apply(session, at.plan).outcome
                assert outcome in (Outcome.UNKNOWN, Outcome.PENDING), f"it is called {outcome}"
        assert line.has_cut(), "it never came to that"
    at.finish()


def deadlock(at: Scene) -> None:
    """Another session holds a row of a batch, and asks for one that the batch holds already: one of both has to go."""
    engine = sa.create_engine(at.made.url)
    first, last = sorted(at.dice.sample(range(MANY), 2))
    with engine.connect() as other, engine.connect() as watch:
        other.exec_driver_sql("SET deadlock_timeout = '60s'")  # so it is ours that notices, and is ended
        other.exec_driver_sql(f"SELECT id FROM notes WHERE id = {last} FOR UPDATE")
        child = at.start()
        while child.exitcode is None and watch.exec_driver_sql(_WAITING).scalar_one() == 0:
            pass
        with suppress(sa.exc.OperationalError):
            other.exec_driver_sql(f"SELECT id FROM notes WHERE id = {first} FOR UPDATE")
            other.exec_driver_sql("SELECT token FROM dsr_fence FOR UPDATE")
        other.rollback()
    child.join()
    engine.dispose()
    at.finish()


def full_disk_of_the_server(folder: Path, server: str, dice: Random) -> None:
    """The database lies on a small disk that another one has filled up, but for a few pages."""
    with _small_disk() as disk:
        name = f"full_{folder.name}_{dice.randrange(1 << 30)}".replace("-", "_")
        admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            owner = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar_one())).stat()
            os.chown(disk, owner.st_uid, owner.st_gid)
            connection.exec_driver_sql(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
            for one in (name, f"{name}_ballast"):
                connection.exec_driver_sql(f"CREATE DATABASE {one} TABLESPACE {name}")
            try:
                url = sa.make_url(server).set(database=name)
                at = scene(folder / "co", url.render_as_string(hide_password=False), dice)
                ballast = sa.create_engine(url.set(database=f"{name}_ballast"), isolation_level="AUTOCOMMIT")
                _fill(ballast, dice.randrange(0, 6))
                at.run()
                with ballast.connect() as other:
                    other.exec_driver_sql("DROP TABLE ballast")
                ballast.dispose()
                at.finish()
            finally:
                for one in (name, f"{name}_ballast"):
                    connection.exec_driver_sql(f"DROP DATABASE {one} WITH (FORCE)")
                connection.exec_driver_sql(f"DROP TABLESPACE {name}")
        admin.dispose()


SERVERS: tuple[Callable[[Scene], None], ...] = (line_cut_at_a_commit, slow_server, hung_server, deadlock)


def small_disks() -> bool:
    """Whether this user may mount one: only root."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


@contextmanager
def _line(at: Scene) -> Iterator[tuple[Line, Company]]:
    line = Line(at.made.url)
    try:
        yield line, Company(at.made.folder, line.url, {"APP_URL": line.url})
    finally:
        line.close()


@contextmanager
def _small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dsr-disk-") as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_ROOM},mode=0777", "tmpfs", folder], check=True)
        try:
            place = Path(folder) / "space"
            place.mkdir()
            yield place
        finally:
            subprocess.run(["umount", folder], check=True)


def _fill(engine: sa.Engine, pages: int) -> None:
    """Until nothing fits any more; then so many pages are given back."""
    rows = "SELECT repeat('x', 2000) FROM generate_series"
    with engine.connect() as connection:
        for table in ("crumbs", "ballast"):
            connection.exec_driver_sql(f"CREATE TABLE {table} (it TEXT STORAGE PLAIN)")
        connection.exec_driver_sql(f"INSERT INTO crumbs {rows} (1, {pages * 4})")
        for many in (4000, 400, 40, 4):
            with suppress(sa.exc.OperationalError):
                while True:
                    connection.exec_driver_sql(f"INSERT INTO ballast {rows} (1, {many})")
        connection.exec_driver_sql("DROP TABLE crumbs")
