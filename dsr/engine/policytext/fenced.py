"""Writes the policy text with templates that a company brings; see `engine/templating.py`."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from dsr.core.policy import Policy
from dsr.engine import templating
from dsr.engine.policytext.render import Doubts, Format, render


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written, and with whose templates."""

    policy: Policy
    language: str
    form: Format
    as_of: date
    root: Path
    doubts: Doubts | None = None
    seconds: int = templating.SECONDS

    def write(self) -> str:
        """The text."""
        return render(self.policy, self.language, self.form, as_of=self.as_of, root=self.root, doubts=self.doubts)


def fenced(order: Order) -> str:
    """The text, written with the templates of `root` by a child that learns the rules alone."""
    bare = replace(order.policy, stores=(), state="")
    return templating.fenced(replace(order, policy=bare, root=order.root.resolve()))
