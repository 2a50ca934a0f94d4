"""Letters with templates that a company brings; see `engine/templating.py`."""

from dataclasses import dataclass
from pathlib import Path

from dsr.core.letters import Form
from dsr.engine import templating
from dsr.engine.letters.letter import Facts
from dsr.engine.letters.render import render
from dsr.engine.letters.writing import letter


@dataclass(frozen=True, slots=True)
class Order:
    """The letter that is to be written, and with whose templates."""

    facts: Facts
    form: Form
    root: Path
    seconds: int = templating.SECONDS

    def write(self) -> str:
        """The letter."""
        return render(letter(self.facts, self.root), self.form, self.root)
