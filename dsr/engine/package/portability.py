"""What a person may take to another company: Art. 20 GDPR and UK GDPR, Art. 45(3) PIPL.

That is what they gave or what arose from their use (WP 242 rev.01), processed by contract or consent; not what the
company derived from it. It is described as a Data Package (https://datapackage.org/standard/data-package/).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dsr.core.model import Collection, FieldType
from dsr.core.policy import Entry, Place, Policy, Rule
from dsr.core.text import Text
from dsr.engine.package.fields import HIDDEN, dictionary
from dsr.engine.package.folder import Folder
from dsr.engine.package.table import Lines
from dsr.engine.package.terms import Terms, category_words
from dsr.engine.package.text import document

FOLDER = "portability"
_BASES = frozenset(("contract", "consent", "explicit_consent", "separate_consent"))
_OWN = frozenset(("you", "use"))
_TYPES = {
    FieldType.TEXT: ("string", "default"),
    FieldType.INTEGER: ("integer", "default"),
    FieldType.NUMBER: ("number", "default"),
    FieldType.BOOLEAN: ("boolean", "default"),
    FieldType.DATE: ("date", "default"),
    FieldType.DATETIME: ("datetime", "any"),
    FieldType.INSTANT: ("datetime", "any"),
    FieldType.UUID: ("string", "uuid"),
    FieldType.BINARY: ("string", "binary"),
}


@dataclass(slots=True)
class _Resource:
    """One file of the subset, and what it is of."""

    lines: Lines
    entry: Entry
    rule: Rule
    collection: Collection


class Portable:
    """The subset on its way to disk."""

    def __init__(self, folder: Folder, policy: Policy) -> None:
        self._folder, self._policy = folder, policy
        self._resources: dict[Place, _Resource] = {}

    def lines(self, entry: Entry, rule: Rule, collection: Collection, name: str) -> Lines | None:
        """Where the entry's records are written a second time; None where the law does not give them."""
        if not portable(rule, self._policy):
            return None
        made = self._resources.get(entry.place)
        if made is None:
            lines = Lines(self._folder, f"{FOLDER}/{name}.jsonl")
            made = self._resources[entry.place] = _Resource(lines, entry, rule, collection)
        return made.lines

    def close(self, terms: Terms, token: str, made_at: datetime) -> bool:
        """Write the descriptor, unless there is nothing to describe; whether there was something."""
        filled = [one for one in self._resources.values() if one.lines.rows]
        for one in filled:
            one.lines.flush()
        if filled:
            said = _descriptor(filled, self._policy, terms, token, made_at)
            self._folder.append(f"{FOLDER}/datapackage.json", document(said))
        return bool(filled)


def portable(rule: Rule, policy: Policy) -> bool:
    """Whether a law of the policy lets the person take it along. Where no source is stated, the person's is assumed."""
    bases = {basis for law, basis in rule.basis if law in policy.controller.regimes}
    return bool(bases & _BASES) and (not rule.sources or bool(_OWN & set(rule.sources)))


def _descriptor(
    resources: Iterable[_Resource], policy: Policy, terms: Terms, token: str, made_at: datetime
) -> dict[str, object]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"portability-{token.lower()}",
        "title": terms.word("portability_title", company=policy.controller.name).en,
        "created": made_at.isoformat(),
        "contributors": [{"title": policy.controller.name.en, "path": policy.controller.contact}],
        "resources": [_resource(one, policy, terms) for one in resources],
    }


def _resource(one: _Resource, policy: Policy, terms: Terms) -> dict[str, object]:
    path = one.lines.path.removeprefix(f"{FOLDER}/")
    known = {field.name: field for field in one.collection.fields}
    fields = [
        {"name": column.name, **_type(known[column.name].type), **_meaning(words)}
        for column in dictionary(one.entry, one.collection)
        if column.name in known and column.export not in HIDDEN
        for words in (category_words(column.category, policy, terms),)
    ]
    key = list(one.collection.key) if {field["name"] for field in fields} >= set(one.collection.key) else []
    return {
        "name": path.removesuffix(".jsonl").replace("/", "-").lower(),
        "path": path,
        "title": one.rule.title.en,
        "title_zh": one.rule.title.zh,
        "format": "jsonl",
        "mediatype": "application/jsonl",
        "encoding": "utf-8",
        "rows": one.lines.rows,
        "schema": {"fields": fields, "primaryKey": key},
    }


def _type(kind: FieldType) -> dict[str, object]:
    name, form = _TYPES.get(kind, ("any", "default"))
    return {"type": name, "format": form}


def _meaning(words: Text | None) -> dict[str, object]:
    return {} if words is None else {"title": words.en, "title_zh": words.zh}
