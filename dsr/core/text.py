"""Words a person reads, in every language the company speaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or title in English and Chinese."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """The words in "en" or "zh"."""
        return self.zh if language == "zh" else self.en
