"""A line to a state database on PostgreSQL that is not waited on for ever: its statements are short."""

from typing import Any

import psycopg
from psycopg.abc import RV, PQGen


class Patient(psycopg.Connection[Any]):
    """Closed, with an OperationalError, where no answer comes in time."""

    patience = 90.0
    """Seconds; writers queue for 30 at most."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg does, for a time."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                self.close()
            raise
