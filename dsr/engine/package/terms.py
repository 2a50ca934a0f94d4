"""Every word of a page in both languages: its own from its word file, the field's from the glossary."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from dsr.bundled import folder
from dsr.core.policy import Policy
from dsr.core.text import Text
from dsr.engine import glossary
from dsr.engine.glossary import Glossary, Group
from dsr.engine.package.text import visible
from dsr.engine.wordfile import leaves

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """Looks words up; a term that the glossary lacks reads as its own name."""

    words: dict[str, Text]
    glossary: Glossary

    def word(self, key: str, **values: Text | str | int) -> Text:
        """The page's own words, with values put in."""
        text = self.words[key]
        if not values:
            return text
        return Text(text.en.format(**_each(values, "en")), text.zh.format(**_each(values, "zh")))

    def term(self, group: Group, name: str) -> Text:
        """A word of the field."""
        found = self.glossary.find(group, name)
        if found is not None:
            return found
        return self.name(name.replace("_", " "))

    @staticmethod
    def name(own: str) -> Text:
        """A name that reads the same in both languages."""
        return Text(own, own)


@lru_cache(maxsize=4)
def load(of: str = "package") -> Terms:
    """The shipped words of a folder of templates."""
    found: dict[str, dict[str, str]] = {}
    for leaf in leaves(folder("templates") / of / "words.yaml"):
        found.setdefault(".".join(leaf.path[:-1]), {})[leaf.path[-1]] = leaf.text
    return Terms({key: Text(text["en"], text["zh"]) for key, text in found.items()}, glossary.load())


def day(value: date) -> Text:
    """A date as a person writes it."""
    return Text(f"{value.day} {_MONTHS[value.month - 1]} {value.year}", f"{value.year}年{value.month}月{value.day}日")


def moment(value: datetime, zone: str) -> Text:
    """An instant in the controller's zone, as a person writes it."""
    local = value.astimezone(ZoneInfo(zone))
    date_ = day(local.date())
    return Text(f"{date_.en}, {local:%H:%M} ({zone})", f"{date_.zh} {local:%H:%M}（{zone}）")


def joined(texts: tuple[Text, ...]) -> Text:
    """A list; semicolons, because terms hold commas."""
    return Text("; ".join(text.en for text in texts), "；".join(text.zh for text in texts))


def both(text: Text) -> Markup:
    """The words in both languages, of which the page shows one."""
    en, zh = escape(visible(text.en)), escape(visible(text.zh))
    if en == zh:
        return en
    return Markup('<span lang="en">{}</span><span lang="zh-Hans">{}</span>').format(en, zh)


def category_words(name: str, policy: Policy, terms: Terms) -> Text | None:
    """What a category (or the rule of that name) is called; None where the policy names none."""
    if not name:
        return None
    known = terms.glossary.find(Group.CATEGORY, name)
    ruled = next((rule.title for rule in policy.rules if rule.name == name), None)
    return known or ruled or terms.term(Group.CATEGORY, name)


def _each(values: dict[str, Text | str | int], language: str) -> dict[str, str]:
    return {
        name: value.in_(language) if isinstance(value, Text) else f"{value:,}" if isinstance(value, int) else value
        for name, value in values.items()
    }
