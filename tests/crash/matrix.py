"""Every fault on every kind of databases: a cell of the matrix, and how it is tried."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import sqlalchemy as sa
from faults import EVERYWHERE, Scene, scene
from histories import random_history
from serverfaults import SERVERS, full_disk_of_the_server, small_disks

SQLITE, POSTGRES, TEAM = "SQLite", "PostgreSQL", "PostgreSQL, state too"
KINDS = (SQLITE, POSTGRES, TEAM)


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault, and where the data and the state lie."""

    name: str
    kind: str
    fault: Callable[[Scene], None] | None


CELLS = [Cell(one.__name__, kind, one) for one in (*EVERYWHERE, random_history) for kind in KINDS]
CELLS += [Cell(one.__name__, kind, one) for one in SERVERS for kind in (POSTGRES, TEAM)]
if small_disks():
    CELLS.append(Cell(full_disk_of_the_server.__name__, POSTGRES, None))


def tried(cell: Cell, folder: Path, database: Callable[[], str], dice: Random) -> None:
    """Break it, go on like an operator, and check. `database` makes a fresh one on a PostgreSQL server."""
    if cell.fault is None:
        server = sa.make_url(database()).set(database="postgres").render_as_string(hide_password=False)
        full_disk_of_the_server(folder, server, dice)
        return
    if cell.kind == SQLITE:
        (folder / "app.db").touch()
    url = f"sqlite:///{folder / 'app.db'}" if cell.kind == SQLITE else database()
    cell.fault(scene(folder / "co", url, dice, database() if cell.kind == TEAM else None))
