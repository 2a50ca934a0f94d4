"""The program in a process of its own that is killed just before it commits for the n-th time, to any database."""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from dsr.cli.main import main

# A server of processes forks quickly, and has no threads that a fork could tear.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["killing"])


def killed(folder: Path, env: Mapping[str, str], arguments: tuple[str, ...], commits: int) -> bool:
    """Run the program until its n-th commit; whether it came so far."""
    child = _processes.Process(target=_run, args=(folder, env, arguments, commits))
    child.start()
    child.join()
    ended = child.exitcode
    child.close()
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0


def _run(folder: Path, env: Mapping[str, str], arguments: tuple[str, ...], commits: int) -> None:
    os.chdir(folder)
    os.environ.update(env)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    left = commits

    @sa.event.listens_for(sa.Engine, "commit")
    def count(_connection: sa.Connection) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    raise SystemExit(main(arguments))
