"""What drivers report, in this program's own words: their messages hold values, ours never do."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import sqlalchemy as sa

from dsr.core.errors import DsrError, StoreUnreachableError, TransientError, UnknownOutcomeError, UnsupportedError

_PG_LOCK = {"55P03", "57014", "40P01", "40001"}
_PG_LOST = {"57P01", "57P02", "57P03", "53300", "3D000", "28P01", "28000"}
_MY_LOCK = {1205, 1213, 1969, 3024, 1226}
_MY_LOST = {2002, 2003, 2005, 2006, 2013, 2055, 1040, 1044, 1045, 1049, 1053, 1927, 4031}
_SQLITE_LOST = (
    *("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_FULL"),
    "SQLITE_READONLY_DBMOVED",  # another file, or none, has the name now
)
_MY_FOREIGN = {1451, 1452, 1217, 1216}


class Fault(Enum):
    """The kinds of trouble that are answered differently."""

    LOST = "lost"
    LOCKED = "locked"
    FOREIGN_KEY = "foreign key"
    REFUSED = "refused"


def classify(error: BaseException) -> Fault:
    """What kind of trouble a driver's error is."""
    state = getattr(error, "sqlstate", None)
    code = error.args[0] if error.args and isinstance(error.args[0], int) else None
    name = getattr(error, "sqlite_errorname", "") or ""
    if state in _PG_LOCK or code in _MY_LOCK or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Fault.LOCKED
    if state == "23503" or code in _MY_FOREIGN or name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return Fault.FOREIGN_KEY
    if state in _PG_LOST or (state or "").startswith("08") or code in _MY_LOST:
        return Fault.LOST
    if name.startswith(_SQLITE_LOST):
        return Fault.LOST
    kinds = {kind.__name__ for kind in type(error).__mro__}  # a connection that timed out is a kind of its own
    silent = state is None and code is None and not name
    return Fault.LOST if silent and kinds & {"OperationalError", "InterfaceError"} else Fault.REFUSED


def constraint_of(error: BaseException) -> str:
    """The constraint that a driver names, or ""; taken from its own field or between backquotes, never free text."""
    diag = getattr(error, "diag", None)
    if diag is not None:
        named = f"{diag.table_name}.{diag.constraint_name}" if diag.table_name else diag.constraint_name
        return str(named) if diag.constraint_name else ""
    if len(error.args) > 1 and isinstance(error.args[1], str) and " CONSTRAINT `" in error.args[1]:
        return error.args[1].split(" CONSTRAINT `", 1)[1].split("`", 1)[0]
    return ""


def code_of(error: BaseException) -> str:
    """The driver's class and error code."""
    state = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    if state is None and error.args and isinstance(error.args[0], int):
        state = error.args[0]
    return f"{type(error).__name__} {state}" if state else type(error).__name__


@contextmanager
def reported(store: str, what: str, driver_error: type[BaseException], *, acting: bool = False) -> Iterator[None]:
    """Everything inside talks to the database; its errors come out as ours. `what` is "store.table" or the store."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _ours(store, what, error.orig or error, acting=acting) from None
    except sa.exc.TimeoutError:
        raise StoreUnreachableError(f"Store {store!r}: no connection became free. Try again later.") from None
    except driver_error as error:
        raise _ours(store, what, error, acting=acting) from None


def _ours(store: str, what: str, error: BaseException, *, acting: bool) -> DsrError:
    code, fault = code_of(error), classify(error)
    if fault is Fault.LOCKED:
        return TransientError(
            f"{what}: another session holds a lock, or the statement took too long ({code}). Try again."
        )
    if fault is Fault.LOST and acting:
        return UnknownOutcomeError(
            f"{what}: the connection broke while the database was acting ({code}). "
            "Whether it acted must be read again; run `dsr resume`."
        )
    if fault is Fault.LOST:
        return StoreUnreachableError(
            f"Store {store!r} does not answer ({code}). Check that it runs and that url and credentials are right."
        )
    constraint = constraint_of(error)
    if fault is Fault.FOREIGN_KEY:
        named = f"the foreign key {constraint}" if constraint else "a foreign key"
        return UnsupportedError(
            f"{what}: records elsewhere still refer to these ({named}); nothing of this batch was changed. "
            "Declare the referring table in the policy, or empty its references first."
        )
    named = f", constraint {constraint}" if constraint else ""
    return UnsupportedError(
        f"{what}: the database refused the statement ({code}{named}); nothing of this batch was changed. "
        "Check the rights of the account and the limits of the columns."
    )
