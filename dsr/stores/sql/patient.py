"""A line to PostgreSQL that notices when no answer will come any more.

A statement may take hours, so silence alone says nothing: the server is asked, on another line, what became of ours.
"""

from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen

_LOST = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE pid = %s AND state <> 'active' AND state_change < now() - %s * interval '1 s'"
)


class _Asking(psycopg.Connection[Any]):
    """A line on which one question is asked, and an answer comes soon or not at all."""

    patience = 10.0

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg does, but never for ever."""
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class Patient(psycopg.Connection[Any]):
    """After every `silence` seconds without a sign it looks whether there is anything to wait for."""

    silence, patience = 60.0, 10

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg does; OperationalError where nothing will come, and the line is closed."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[RV]) -> PQGen[RV]:
        heard = monotonic()
        try:
            wish = next(gen)
            while True:
                came = yield wish
                if came:
                    heard = monotonic()
                elif monotonic() - heard > self.silence:
                    if self._lost():
                        self.close()
                        raise psycopg.OperationalError
                    heard = monotonic()
                wish = gen.send(came)
        except StopIteration as end:
            result: RV = end.value
            return result

    def _lost(self) -> bool:
        """Whether the server does not answer on another line either, or has long done what it was asked for."""
        known: dict[str, Any] = dict(self.info.get_parameters())
        known |= {"password": self.info.password, "connect_timeout": self.patience, "autocommit": True}
        try:
            with _Asking.connect(**known) as other:
                other.patience = self.patience
                found = other.execute(_LOST, (self.info.backend_pid, self.silence / 2)).fetchone()
        except psycopg.OperationalError as error:
            return error.sqlstate is None  # what says no is there
        return found is not None and found[0] > 0
