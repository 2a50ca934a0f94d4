"""How long work tells a person where it is, without knowing who listens."""

from typing import Protocol


class Progress(Protocol):
    """A listener; every call may be ignored."""

    def begin(self, what: str, total: int | None) -> None:
        """A stretch of work starts; `total` counts records where it is known."""

    def advance(self, count: int) -> None:
        """That many more are done."""

    def end(self) -> None:
        """The stretch is over."""


class Silent:
    """Nobody listens."""

    def begin(self, what: str, total: int | None) -> None:
        """Ignored."""

    def advance(self, count: int) -> None:
        """Ignored."""

    def end(self) -> None:
        """Ignored."""
