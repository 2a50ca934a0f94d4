"""A purge in a process of its own, for whoever wants to do something meanwhile."""

import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from company import NOW, Company

from dsr.core.errors import StalePlanError
from dsr.jobs.apply import apply

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["racing"])


@contextmanager
def applied_meanwhile(made: Company, plan: str) -> Iterator[None]:
    """Apply the plan in another process while the block runs; at its end the process has ended too."""
    child = _processes.Process(target=_apply, args=(made.folder, made.url, made.env, plan))
    child.start()
    try:
        yield
    finally:
        child.join()
        ended = child.exitcode
        child.close()
    assert ended == 0, ended


def _apply(folder: Path, url: str, env: Mapping[str, str], plan: str) -> None:
    with Company(folder, url, env).session(NOW) as session:
        try:
            apply(session, plan)
        except StalePlanError:
            return
