"""A data subject: the accounts and identifier values that were found to be one person's."""

from dataclasses import dataclass


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
