"""Redaction of texts: support mails, log lines, anything that is passed on. It fails closed: no rule, no result."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dsr.core.errors import UsageError
from dsr.engine.detect.gitleaks import Bounded, load
from dsr.engine.detect.secrets import Rules, Secret, general, hidden, merged, own_format


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text without its secrets, and how many of each rule were in it. `problems`: rules that could not be used."""

    text: str
    secrets: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0, or 7 where a rule file could not be used in full."""
        return 7 if self.problems else 0


def redact(text: str, own_keys: tuple[str, ...], rule_files: tuple[Path, ...]) -> Redacted:
    """Hide every secret; the company's own keys first, then the general rules, then those of files."""
    problems: list[str] = []
    found: list[Secret] = [*Rules(own_format(own_keys, "own_keys")).find(text), *general().find(text)]
    for path in rule_files:
        try:
            read = load(path.read_bytes(), path.name)
        except OSError as error:
            raise UsageError(f"{path.name}: the rule file cannot be read ({type(error).__name__}).") from error
        problems += read.problems
        found += Bounded(read.rules).find(text)
    settled = merged(found)
    counts = Counter(one.rule for one in settled)
    return Redacted(hidden(text, settled), tuple(sorted(counts.items())), tuple(problems))
