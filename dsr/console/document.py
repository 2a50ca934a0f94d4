"""Results as JSON documents: keys are the code's own names and never translated."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import Path
from uuid import UUID

from dsr.console.visible import json_safe
from dsr.core.subject import Subject


def document(command: str, result: object, remarks: Sequence[str] = ()) -> str:
    """One JSON document of a command's result: `schema` first, then the fields of the result, then remarks if any."""
    body = plain(result)
    named = body if isinstance(body, dict) else {"result": body}
    rest = {key: value for key, value in named.items() if key != "schema"}
    said = {"remarks": list(remarks)} if remarks else {}
    return json_safe(json.dumps({"schema": f"dsr/{command}/1"} | rest | said, ensure_ascii=False, indent=2))


def plain(value: object) -> object:
    """The value as JSON-ready data: dataclasses by field and property, instants as ISO 8601 UTC, sets in order.

    A subject is its token: the identifiers that it carries stay here.
    """
    match value:
        case Enum():
            return value.value
        case float() if not isfinite(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case Subject():
            return value.token
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case Set():
            return sorted((plain(one) for one in value), key=repr)
        case list() | tuple():
            return [plain(one) for one in value]
        case bytes():  # what the ledger holds is text
            return value.decode("utf-8", "backslashreplace")
        case Path() | Decimal() | UUID():
            return str(value)
        case _ if is_dataclass(value):
            return {name: plain(getattr(value, name)) for name in _names(type(value))}
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _names(kind: type) -> list[str]:
    computed = [name for name, found in vars(kind).items() if isinstance(found, property) and name[0] != "_"]
    return [*(field.name for field in fields(kind) if field.repr), *computed]
