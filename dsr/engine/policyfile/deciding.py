"""Writes a decision into the policy file, as one line of its own, and leaves every other byte as it is."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from dsr.core.decisions import Decision
from dsr.engine.policyfile.loader import load

_SECTION = re.compile(r"^discovery:[ \t]*(?:#.*)?\n", re.MULTILINE)
_DECISIONS = re.compile(r"^  decisions:[ \t]*(?:#.*)?\n", re.MULTILINE)
_TOP = re.compile(r"^[^\s#]", re.MULTILINE)


def record(path: Path, decision: Decision, env: Mapping[str, str]) -> None:
    """Add the decision, or put it in the place of an older one. The file is only replaced when it still loads."""
    made = with_decision(path.read_text(encoding="utf-8"), decision)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(made, encoding="utf-8")
    try:
        load(draft, env)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def with_decision(text: str, decision: Decision) -> str:
    """The text of the policy file with the decision in it."""
    line = _line(decision)
    key = re.compile(rf"^    {re.escape(_key(decision.name))}: \{{.*\}}[ \t]*\n", re.MULTILINE)
    text = text if text.endswith("\n") else f"{text}\n"
    if key.search(text):
        return key.sub(lambda _: line, text, count=1)
    section = _SECTION.search(text)
    if section is None:
        return "\n".join((text, "discovery:", "  decisions:", line))
    following = _TOP.search(text, section.end())
    end = following.start() if following is not None else len(text)
    found = _DECISIONS.search(text, section.end(), end)
    at = found.end() if found is not None else section.end()
    return text[:at] + ("" if found is not None else "  decisions:\n") + line + text[at:]


def _line(decision: Decision) -> str:
    parts = {
        "decision": decision.decided.value,
        "by": _quoted(decision.by),
        "on": decision.on.isoformat(),
        "reason": _quoted(decision.reason),
        "evidence": decision.evidence,
    }
    return f"    {_key(decision.name)}: {{{', '.join(f'{name}: {value}' for name, value in parts.items())}}}\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)+", name) else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
