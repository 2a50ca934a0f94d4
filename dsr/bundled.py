"""Finds the shipped policies/, templates/ and sample policy file, in an installed wheel or in a checkout."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The shipped folder of that name ("policies" or "templates")."""
    installed = _HERE / "_bundled" / name
    return installed if installed.is_dir() else _HERE.parent / name


def sample_policy() -> Path:
    """The sample company's retention.yaml."""
    installed = _HERE / "_bundled" / "retention.yaml"
    return installed if installed.is_file() else _HERE.parent / "retention.yaml"
