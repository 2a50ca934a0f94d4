"""A data subject: the accounts and identifier values that were found to be one person's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass


def account_key(parts: Sequence[str]) -> str:
    """The key of an account as one text: as it is, or, where it has several parts, as a JSON list."""
    return parts[0] if len(parts) == 1 else json.dumps(list(parts))


def account_parts(key: str, count: int) -> tuple[str, ...]:
    """The parts again. Raises ValueError where the text is not the key of so many."""
    if count == 1:
        return (key,)
    parts = json.loads(key)
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(part, str) for part in parts):
        raise ValueError("not the key of an account")
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Subject:
    """`token` is the handle that messages, plans and file names use ("S-4f7a1c09"); it is keyed and says nothing.

    `anchors` maps the kind of account to its keys, `identifiers` the kind of identifier to its values (canonical
    text). `stops` counts identifier values that several people share: they were found but are not followed.
    """

    token: str
    anchors: tuple[tuple[str, frozenset[str]], ...]
    identifiers: tuple[tuple[str, frozenset[str]], ...]
    stops: int = 0

    def keys(self, anchor: str) -> frozenset[str]:
        """The accounts of one kind."""
        return dict(self.anchors).get(anchor, frozenset())

    def values(self, identifier: str) -> frozenset[str]:
        """The values of one identifier."""
        return dict(self.identifiers).get(identifier, frozenset())
