"""Writes texts with templates that a company brings: in a process of its own, with limits on time and memory.

The sandbox keeps such templates from reaching anything but what they are given; the process keeps an endless loop or a
giant page from taking the machine with it. The child gets what an order carries: no address of a store, no secret.
"""

import contextlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from dsr.core.errors import DsrError, PolicyError

SECONDS = 20
_MEMORY = 512 * 1024 * 1024
_SAID = 3  # the exit code of a child that says on stderr what is wrong with a template


class Order(Protocol):
    """What is to be written, with whose templates, within how many seconds."""

    @property
    def root(self) -> Path:
        """The folder of the company's templates."""
        ...

    @property
    def seconds(self) -> int:
        """How long it may take."""
        ...

    def write(self) -> str:
        """The text; raises PolicyError for what is wrong with a template."""
        ...


def fenced(order: Order) -> str:
    """The text, written in the child. Raises PolicyError when the templates fail or overrun their limits."""
    path = ":".join(one for one in sys.path if one)
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-m", __name__],
            input=pickle.dumps(order),
            capture_output=True,
            timeout=order.seconds + 5,
            env={"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PolicyError(_overrun(order)) from error
    if done.returncode == _SAID:
        raise PolicyError(done.stderr.decode("utf-8", "replace").strip().split("\n"))
    if done.returncode:
        raise PolicyError(_overrun(order))
    return done.stdout.decode("utf-8")


def _overrun(order: Order) -> str:
    limits = f"{order.seconds} seconds and {_MEMORY // 2**20} MB"
    what = f"{order.root}: the templates did not finish within {limits}"
    return f"{what}. Look for a loop that does not end, or a huge table."


def _main() -> int:
    import resource  # the child alone needs it, and not every system has it

    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own parent process
    resource.setrlimit(resource.RLIMIT_CPU, (order.seconds, order.seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    try:
        made = order.write()
    except DsrError as error:
        sys.stderr.write(str(error))
        return _SAID
    sys.stdout.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
