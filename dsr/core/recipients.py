"""Whom else the data goes to."""

from dataclasses import dataclass

from dsr.core.periods import Period
from dsr.core.text import Text


@dataclass(frozen=True, slots=True)
class Recipient:
    """Another party that receives personal data.

    `methods`: how it processes it. `safeguard`: what protects data that leaves the country. `lag`: how long it may take
    to delete what it was told to delete.
    """

    name: str
    role: str  # processor, controller, merchant_of_record
    country: str
    purpose: Text
    categories: tuple[str, ...]
    contact: str
    at: str
    methods: tuple[str, ...] = ()
    safeguard: Text | None = None
    lag: Period | None = None
