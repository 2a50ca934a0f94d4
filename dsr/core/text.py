"""Words a person reads, in every language the company speaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or title in English and Chinese, and in `more` languages where the company publishes in them."""

    en: str
    zh: str
    more: tuple[tuple[str, str], ...] = ()

    def in_(self, language: str) -> str:
        """The words in a language; empty where there are none. `check` names what is empty before it is published."""
        if language == "zh":
            return self.zh
        return self.en if language == "en" else dict(self.more).get(language, "")
