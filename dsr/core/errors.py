"""Every error a person can meet: what, where, what to do next, and the exit code of the command line.

Messages never hold personal data: subjects appear as tokens, values not at all.
"""


class DsrError(Exception):
    """The common parent; `exit_code` is what the command line ends with."""

    exit_code = 1


class TransientError(DsrError):
    """Something that may work when tried again; cron retries it."""

    exit_code = 75


class UsageError(DsrError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class PolicyError(DsrError):
    """The policy file is invalid; `problems` holds one line per finding, each with file and line."""

    exit_code = 3

    def __init__(self, problems: "list[str] | str") -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class CoverageError(DsrError):
    """The live stores hold something that the policy does not declare, or the other way round."""

    exit_code = 3


class SubjectNotFoundError(DsrError):
    """No record belongs to the identifiers that were given."""

    exit_code = 4


class SubjectAmbiguousError(DsrError):
    """The identifiers lead to several accounts; a person must say which are meant."""

    exit_code = 4


class NotConfirmedError(DsrError):
    """A destructive command was neither confirmed nor approved."""

    exit_code = 5


class IdentityError(DsrError):
    """It is not known who asks; nothing is given out and nothing deleted."""

    exit_code = 13


class GuardError(DsrError):
    """A safety limit was reached before the first effect, or would have been passed by the next one."""

    exit_code = 8


class StalePlanError(DsrError):
    """The plan no longer fits what it was made from; make a new one."""

    exit_code = 9


class LockedError(DsrError):
    """Another run holds the lease, or purges are frozen."""

    exit_code = 12


class OutputError(TransientError):
    """What was being written could not be: the disk is full, or it failed. No store is to blame."""


class StoreUnreachableError(TransientError):
    """A store did not answer; nothing is known about what it holds."""


class UnknownOutcomeError(TransientError):
    """A store was asked to act and did not answer; whether it acted must be settled by reading."""


class ForeignRecordError(DsrError):
    """A record was selected for a person that does not belong to them by its own links. Nothing is given to anybody."""

    exit_code = 7

    def __init__(self, entries: "tuple[str, ...]") -> None:
        super().__init__(
            f"{', '.join(entries)}: records were selected that do not belong to the person by their own links. No "
            "package was written. If the data changed meanwhile, export again; otherwise check the links of these "
            "entries in the policy."
        )


class UnsupportedError(DsrError):
    """The store or the record cannot do what the policy asks of it; never skipped in silence."""

    exit_code = 7


class StateError(DsrError):
    """The state database is missing, unreadable or damaged. Without it nothing is deleted."""

    exit_code = 12


class InstallError(DsrError):
    """A driver is not installed; the message holds the command that installs it."""

    exit_code = 2


class EvidenceError(DsrError):
    """A ledger, certificate, approval or trust file does not prove what it says, and is refused before any effect."""

    exit_code = 9


class ApprovalMissingError(NotConfirmedError):
    """Too few people have approved; the message says what is missing and how to give it."""
