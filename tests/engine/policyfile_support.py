"""Compares loaded policies by what they mean."""

from dataclasses import fields, is_dataclass
from enum import Enum


def meaning(value: object) -> object:
    """A policy without lines and digest."""
    if is_dataclass(value) and not isinstance(value, type):
        return (
            type(value).__name__,
            *(meaning(getattr(value, f.name)) for f in fields(value) if f.name not in ("at", "digest", "files")),
        )
    if isinstance(value, tuple):
        return tuple(meaning(one) for one in value)
    return value.value if isinstance(value, Enum) else value
