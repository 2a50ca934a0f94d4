"""Sealed packages that lie on disk: where, whose, until when. The path may name somebody, so it is sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select

from dsr.core.ledger import What
from dsr.state import request_tables as tables
from dsr.state.part import Part, clean, instant, micros

EXPIRED, RECALLED = "package_expired", "package_recalled"


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """One file of a package: its SHA-256 tells it from whatever lies there by then."""

    path: str
    digest: str
    until: datetime


class Packages(Part):
    """Files that the purge removes when their time is over."""

    def remember_package(self, subject: str, requests: tuple[str, ...], files: tuple[SealedCopy, ...]) -> None:
        """Keep where the files of a package lie."""
        with self._database.write() as connection:
            for file in files:
                place = _place(subject, file.digest)
                row = {
                    "digest": file.digest,
                    "subject": subject,
                    "requests": " ".join(requests),
                    "sealed": self._seal.close(clean(file.path).encode(), place),
                    "until": micros(file.until),
                }
                connection.execute(tables.package.insert().values(row))

    def packages_over(self, now: datetime) -> int:
        """How many files are past their time."""
        query = select(func.count()).select_from(tables.package).where(tables.package.c.until <= micros(now))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def expired_packages(self, now: datetime) -> tuple[SealedCopy, ...]:
        """The files whose time is over."""
        table = tables.package
        query = select(table).where(table.c.until <= micros(now)).order_by(table.c.until, table.c.digest)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(self._copy(row) for row in rows)

    def packages_of(self, request: str) -> tuple[SealedCopy, ...]:
        """The files that answered a request and lie there still."""
        with self._database.read() as connection:
            rows = connection.execute(select(tables.package).order_by(tables.package.c.digest)).all()
        return tuple(self._copy(row) for row in rows if request in row.requests.split())

    def _copy(self, row: Row[Any]) -> SealedCopy:
        path = self._seal.open(row.sealed, _place(row.subject, row.digest)).decode()
        return SealedCopy(path, row.digest, instant(row.until))

    def forget_packages(
        self, digests: tuple[str, ...], act: str, counts: tuple[tuple[str, int], ...], actor: str
    ) -> None:
        """Forget files that are gone, and write into the ledger how many were removed."""
        table = tables.package
        with self._database.write() as connection:
            for one in digests:
                connection.execute(delete(table).where(table.c.digest == one))
            self._record(connection, What.REQUEST, act=act, actor=self._actor(actor), counts=counts)

    def package_until(self, request: str) -> datetime | None:
        """When the newest package that answered a request is removed; None where none lies here."""
        table = tables.package
        with self._database.read() as connection:
            rows = connection.execute(select(table.c.requests, table.c.until)).all()
        found = [row.until for row in rows if request in row.requests.split()]
        return instant(max(found)) if found else None


def _place(subject: str, digest: str) -> str:
    return f"package-{subject}-{digest}"
