"""Which process of which machine: so that one that is gone is told from one that is only slow."""

import os
import socket
from pathlib import Path


def gone(at: str, pid: int, born: str) -> bool:
    """Whether the process is known to be no more. On another host, or in another container, that is not known."""
    if at != host():
        return False
    if born:
        return birth(pid) != born
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def host() -> str:
    """Names the machine and the space in which its process ids count: containers may share a host name."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        space = ""
    return f"{socket.gethostname()}|{space}"


def birth(pid: int) -> str | None:
    """The boot and the tick at which the process began, so that a reused id is not taken for it; None if it is gone.

    A dead process that its parent has not yet collected is gone. Empty where the system does not tell.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{boot}|{fields[19]}"
