"""How the company answers requests: the `requests:` section of the policy file."""

from dataclasses import dataclass

from dsr.core.periods import Period

REGISTER = Period(years=3)
"""How long a closed request stays in the register where the policy does not say."""


@dataclass(frozen=True, slots=True)
class Casework:
    """`keep`: how long a closed request stays in the register. `regimes`: the laws that apply where none is named.

    `calendar`: whose public holidays count, as DE-BE; empty for the controller's country.
    """

    keep: Period
    regimes: tuple[str, ...]
    calendar: str
    at: str
