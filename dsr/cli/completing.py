"""What the shell may complete: plans, holds, rules and collections. People and their handles are never among them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from dsr.cli.run import Common, Run, environment
from dsr.core.errors import DsrError

if TYPE_CHECKING:
    from dsr.jobs.session import Session


def plans() -> list[str]:
    """The plans of the register."""
    return _found(lambda session: (row.id for row in session.state.plans()), kept=True)


def holds() -> list[str]:
    """The holds of the register."""
    return _found(lambda session: (hold.id for hold in session.state.holds().active), kept=True)


def rules() -> list[str]:
    """The rules of the policy file."""
    return _found(lambda session: (rule.name for rule in session.policy.rules))


def collections() -> list[str]:
    """The collections that the policy file declares to hold people's data."""
    return _found(lambda session: dict.fromkeys(str(entry.place) for entry in session.policy.entries))


def _found(ask: "Callable[[Session], Iterable[str]]", *, kept: bool = False) -> list[str]:
    """The answer, or nothing, for completion shows no errors. `kept`: only where there is a register already."""
    from dsr.core.progress import Silent
    from dsr.jobs.session import open_session

    run = Run("complete", Common(), environment())
    try:
        session = open_session(run.policy_path(), run.env, run.actor, Silent())
        try:
            file = session.policy.state.removeprefix("sqlite:///")
            if kept and "://" not in file and not (session.root / file).is_file():
                return []
            return list(ask(session))
        finally:
            session.close()
    except (DsrError, OSError):
        return []
