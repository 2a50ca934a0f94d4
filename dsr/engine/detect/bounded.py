"""A limit on the time that a pattern may take. Patterns of other people's files can be catastrophic; ours are not."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dsr.core.errors import UnsupportedError


class TooSlowError(UnsupportedError):
    """A rule took longer than it may."""


@contextmanager
def limit(seconds: float, what: str) -> Iterator[None]:
    """Break off what runs inside after so many seconds. The matcher of Python looks for signals while it matches."""
    if threading.current_thread() is not threading.main_thread():
        raise UnsupportedError(f"{what} can only be tried in the main thread, where its time can be bounded.")

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError(
            f"{what} took longer than {seconds:g} seconds on one text. Take it out, or write it simpler."
        )

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
