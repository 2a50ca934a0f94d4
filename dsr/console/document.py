"""Results as JSON documents: keys are the code's own names and never translated."""

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from pathlib import Path
from uuid import UUID

from dsr.console.visible import json_safe


def document(command: str, result: object) -> str:
    """One JSON document of a command's result: `schema` first, then the fields of the result."""
    body = plain(result)
    named = body if isinstance(body, dict) else {"result": body}
    schema = {"schema": f"dsr/{command}/1"}
    text = json.dumps(
        schema | {key: value for key, value in named.items() if key != "schema"}, ensure_ascii=False, indent=2
    )
    return json_safe(text)


def plain(value: object) -> object:
    """The value as JSON-ready data: dataclasses by field, instants as ISO 8601 UTC, sets in order."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Set):
        return sorted((plain(one) for one in value), key=repr)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Path | Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
