"""Finds the shipped policies/ and templates/, in an installed wheel or in a checkout."""

from pathlib import Path


def folder(name: str) -> Path:
    """The shipped folder of that name ("policies" or "templates")."""
    here = Path(__file__).resolve().parent
    installed = here / "_bundled" / name
    return installed if installed.is_dir() else here.parent / name
