"""Values on the page: one readable cell each, bounded in size, every character either shown or named."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from dsr.core.clock import Clock
from dsr.core.text import Text
from dsr.engine.package.terms import Terms, both
from dsr.engine.package.text import as_text, visible

_LONGEST = 600  # characters of one value
_MOST = 12  # parts of one list or object
_DEEPEST = 3
_NUMBER, _SPAN = Markup('<span class="number">'), Markup("</span>")  # adding to Markup escapes, faster than format
_TIME, _END_TIME = Markup("<time>"), Markup("</time>")
_SMALL, _END_SMALL = Markup("<small>"), Markup("</small>")


class Cells:
    """Makes cells in the words and the time zone of one package."""

    def __init__(self, terms: Terms, zone: str) -> None:
        self._terms = terms
        self._zone = ZoneInfo(zone)
        self._yes, self._no = both(terms.word("yes")), both(terms.word("no"))

    def cell(self, value: object, clock: Clock | None = None) -> Markup:
        """The value as HTML; a counted date, read by its clock, shows the date it means as well."""
        if clock is not None:
            instant = clock.read(value)
            if instant is not None:
                return Markup('{}<br><small class="raw">{}</small>').format(self._instant(instant), visible(str(value)))
        return self._any(value, 0)

    def _any(self, value: object, depth: int) -> Markup:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool):
            return self._yes if value else self._no
        if isinstance(value, int | float | Decimal):
            return _NUMBER + as_text(value)[:_LONGEST] + _SPAN
        if isinstance(value, datetime):
            return self._instant(value)
        if isinstance(value, date):
            return _TIME + value.isoformat() + _END_TIME
        if isinstance(value, bytes | bytearray | memoryview):
            return both(self._terms.word("binary", count=len(value)))
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            return self._parts(value, depth)
        if isinstance(value, Sequence) and value and depth < _DEEPEST:
            return self._items(value, depth)
        if value is None:
            return both(self._terms.word("nothing"))
        return self._text(as_text(value))

    def _text(self, text: str) -> Markup:
        if text == "":
            return Markup('<span class="raw">{}</span>').format(both(self._terms.word("empty_text")))
        shown = escape(visible(text[:_LONGEST].replace("\r\n", "\n")))
        if len(text) <= _LONGEST:
            return shown
        return Markup('{}… <small class="more">{}</small>').format(shown, self._more("more_text", len(text) - _LONGEST))

    def _parts(self, value: Mapping[object, object], depth: int) -> Markup:
        rows = [
            Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(visible(str(name)[:80]), self._any(one, depth + 1))
            for name, one in islice(value.items(), _MOST)
        ]
        if len(value) > _MOST:
            rows.append(Markup("<div><dt>…</dt><dd>{}</dd></div>").format(self._more("more_parts", len(value) - _MOST)))
        return Markup('<dl class="nested">{}</dl>').format(Markup("").join(rows))

    def _items(self, value: Sequence[object], depth: int) -> Markup:
        rows = [Markup("<li>{}</li>").format(self._any(one, depth + 1)) for one in value[:_MOST]]
        if len(value) > _MOST:
            rows.append(Markup("<li>{}</li>").format(self._more("more_parts", len(value) - _MOST)))
        return Markup('<ul class="nested">{}</ul>').format(Markup("").join(rows))

    def _instant(self, value: datetime) -> Markup:
        if value.tzinfo is None:
            return _TIME + value.isoformat(" ", "seconds") + _END_TIME
        try:
            local = value.astimezone(self._zone)
        except OverflowError:  # the first and last days of the calendar
            local = value.astimezone(UTC)
        shift = local.strftime("%z")
        wall = local.replace(tzinfo=None).isoformat(" ", "seconds")
        return _TIME + f"{wall} " + _SMALL + f"{shift[:3]}:{shift[3:5]}" + _END_SMALL + _END_TIME

    def _more(self, key: str, count: int) -> Markup:
        return both(self._terms.word(key, count=count))


def title_of(field: str, words: Text | None) -> Markup:
    """The heading of a field: what it is in words where the policy says so, and the store's own name."""
    own = visible(field[:80])
    if words is not None:
        return Markup('{} <code translate="no">{}</code>').format(both(words), own)
    return Markup('<code translate="no">{}</code>').format(own)
