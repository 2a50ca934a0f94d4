"""The words that a person reads, in English and Chinese, from one data file."""

from functools import cache
from typing import cast

import yaml

from dsr.bundled import folder
from dsr.console.visible import visible

LANGUAGES = ("en", "zh")


class Words:
    """Speaks one language."""

    def __init__(self, lang: str) -> None:
        """Choose "en" or "zh"."""
        self.lang = lang

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key, with values filled in and made safe to show.

        Numbers get thousands separators; where `count` is 1 and the language has a singular, it is used.
        """
        forms = table()[key]
        form = forms[self.lang]
        if values.get("count") == 1 and self.lang == "en":
            form = forms.get("one", form)
        return form.format(**{name: _shown(value) for name, value in values.items()})

    def has(self, key: str) -> bool:
        """Whether there are words under the key."""
        return key in table()

    def of(self, group: str, name: str) -> str:
        """The word for a name of the code's own (an enum's value), or the name itself where it has none."""
        key = f"{group}.{name}"
        return self(key) if self.has(key) else visible(name)


@cache
def table() -> dict[str, dict[str, str]]:
    """Every key with its forms; the file is the project's own, so its shape is held by a test."""
    text = (folder("policies") / "words.yaml").read_text(encoding="utf-8")
    # The C loader, where it is built, reads the file ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    groups = cast("dict[str, dict[str, dict[str, str]]]", yaml.load(text, Loader=loader))  # noqa: S506 - a safe loader
    return {f"{group}.{name}": forms for group, names in groups.items() for name, forms in names.items()}


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return visible(value)
