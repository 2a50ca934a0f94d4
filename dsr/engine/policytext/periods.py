"""Calendar periods in words, in every language with the same numbers."""

from collections.abc import Callable, Mapping
from pathlib import Path

from dsr.core.periods import From, Period
from dsr.core.text import Text
from dsr.engine.policytext import prose
from dsr.engine.policytext.prose import Prose


class Periods:
    """Says periods with the sentences of one folder of templates."""

    def __init__(self, root: Path | None = None) -> None:
        self._every: Mapping[str, Prose] = prose.every(root)

    def length(self, period: Period) -> Text:
        """How long it is, without where counting begins: "1 year and 6 months", "1 年 6 个月"."""
        return self.said(lambda one: _length(one, period))

    def words(self, period: Period | None) -> Text:
        """The period as the policy text states it; None means that only a request ends the keeping."""
        return self.said(lambda one: _words(one, period))

    def said(self, say: Callable[[Prose], str]) -> Text:
        """The same thing said in every language."""
        made = {language: say(one) for language, one in self._every.items()}
        return Text(made.pop("en"), made.pop("zh"), tuple(made.items()))


def length(period: Period) -> Text:
    """How long it is, with the shipped sentences."""
    return Periods().length(period)


def in_words(period: Period | None) -> Text:
    """The period as the policy text states it, with the shipped sentences."""
    return Periods().words(period)


def _length(say: Prose, period: Period) -> str:
    parts = (("years", period.years), ("months", period.months), ("days", period.days))
    given = [(name, count) for name, count in parts if count] or [("days", 0)]
    return say.say("period.all", texts=[say.say(f"period.{name}", count=count) for name, count in given])


def _words(say: Prose, period: Period | None) -> str:
    if period is None:
        return say.say("period.until_request")
    if period.zero:
        return say.say("period.not_kept")
    if period.start is From.EVENT:
        return _length(say, period)
    if not (period.years or period.months or period.days):
        return say.say("period.to_year_end")
    return say.say("period.from_year_end", length=_length(say, period))
