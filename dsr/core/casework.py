"""How the company answers requests: the `requests:` section of the policy file."""

from dataclasses import dataclass, field

from dsr.core.periods import Period

REGISTER = Period(years=3)
"""How long a closed request stays in the register where the policy does not say."""
PACKAGES = Period(days=30)
"""How long a sealed package lies where it was written."""


@dataclass(frozen=True, slots=True)
class Point:
    """A field whose value a person may name to show who they are."""

    store: str
    collection: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.store}.{self.collection}.{'.'.join(self.path)}"


@dataclass(frozen=True, slots=True)
class Identity:
    """How it is found out who asks. `account_key` is shared with the app, `outbox` a folder for messages.

    `attempts` a day are allowed for a request, a name in it, and an account.
    """

    account_key: str = field(default="", repr=False)
    outbox: str = ""
    points: tuple[Point, ...] = ()
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class Casework:
    """`keep`: how long a closed request stays in the register. `regimes`: the laws that apply where none is named.

    `packages`: how long a sealed package lies where it was written. `calendar`: whose public holidays count, as DE-BE;
    empty for the controller's country.
    """

    keep: Period
    regimes: tuple[str, ...]
    calendar: str
    at: str
    identity: Identity = Identity()
    packages: Period = PACKAGES
