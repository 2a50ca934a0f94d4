"""The process's own streams: a reader that goes away changes nothing about the work or its exit code."""

import os
import sys
from typing import TextIO


def write(stream: TextIO, text: str) -> None:
    """Write the text as it is."""
    try:
        stream.write(text)
    except BrokenPipeError:
        stop_listening(stream)


def flush() -> None:
    """Send what is still buffered."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            stop_listening(stream)


def stop_listening(stream: object) -> None:
    """Nobody reads the stream any more: later writes go nowhere."""
    fileno = getattr(stream, "fileno", None)
    if fileno is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, fileno())
        os.close(nowhere)
