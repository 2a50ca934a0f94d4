"""What the program says at the screen, in both languages at once, for reports."""

from dsr.console.messages import said
from dsr.console.words import Words
from dsr.core.report import Word
from dsr.core.text import Text


class BothTongues:
    """Sentences and words, for `dsr.core.report.Speech`."""

    def __init__(self) -> None:
        self._en, self._zh = Words("en"), Words("zh")

    def sentence(self, english: str) -> Text:
        """A gap's or error's sentence."""
        return Text(said(english, "en"), said(english, "zh"))

    def word(self, group: str, name: str) -> Word:
        """A code of the program with its words."""
        return Word(name, Text(self._en.of(group, name), self._zh.of(group, name)))
