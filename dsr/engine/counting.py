"""Counts of parts, with the day until which retained ones are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dsr.core.plan import Disposition
from dsr.core.policy import Place
from dsr.core.select import Predicate, Selection, both, is_nothing
from dsr.core.store import Polls, Question, Span, Store
from dsr.engine.estate import Estate
from dsr.engine.foreign import Foreign
from dsr.engine.parts import Part
from dsr.engine.walking import crosses

_NONE = Span(0, 0, None, None)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records, and the last moment until which any of them is kept (None: not by a period)."""

    count: int
    until: datetime | None = None


class Counter:
    """Counts against the live stores, or against the same stores opened anew."""

    def __init__(self, estate: Estate, stores: Mapping[str, Store] | None = None) -> None:
        self._stores, self._zone = estate.stores if stores is None else stores, estate.policy.controller.timezone
        self._foreign = Foreign(self._stores, estate.live)

    def count(self, parts: Sequence[Part]) -> tuple[Counted, ...]:
        """One pass for parts that belong `together`."""
        place = parts[0].place
        spans = self._spans(place.store, Selection(place.collection, parts[0].scope), [_question(p) for p in parts])
        return tuple(self._counted(part, span) for part, span in zip(parts, spans, strict=True))

    def numbers(self, parts: Sequence[Part]) -> tuple[int, ...]:
        """The same without dates."""
        place = parts[0].place
        asked = [Question(part.cond) for part in parts]
        return tuple(
            span.count for span in self._spans(place.store, Selection(place.collection, parts[0].scope), asked)
        )

    def spans(self, parts: Sequence[Part]) -> tuple[Span, ...]:
        """The same with the range of their start dates, where these lie in the records themselves."""
        place = parts[0].place
        asked = [Question(p.cond, p.start.path, p.start.clock) if p.start else Question(p.cond) for p in parts]
        return self._spans(place.store, Selection(place.collection, parts[0].scope), asked)

    def plain(self, store: str, selection: Selection) -> int:
        """How many records are selected."""
        opened = self._stores[store]
        return sum(opened.count(piece) for piece in self._foreign.expand(selection, store))

    def _spans(self, name: str, scope: Selection, questions: Sequence[Question]) -> tuple[Span, ...]:
        """What a store answers to the questions about the records in scope; in one pass where it can."""
        store = self._stores[name]
        asked = {n: one for n, one in enumerate(questions) if not is_nothing(both(scope.where, one.where))}
        if len(asked) > 1 and isinstance(store, Polls) and not _cross(scope, asked.values()):
            found = dict(zip(asked, store.poll(scope, tuple(asked.values())), strict=True))
        else:
            found = {n: self._span(store, scope, one) for n, one in asked.items()}
        return tuple(found.get(n, _NONE) for n in range(len(questions)))

    def _span(self, store: Store, scope: Selection, question: Question) -> Span:
        where = both(scope.where, question.where)
        pieces = self._foreign.expand(Selection(scope.collection, where), store.name)
        if question.field is None:
            return Span(sum(store.count(piece) for piece in pieces), 0, None, None)
        spans = [store.span(piece, question.field, question.clock) for piece in pieces]
        firsts = [span.first for span in spans if span.first is not None]
        lasts = [span.last for span in spans if span.last is not None]
        dated = sum(span.dated for span in spans)
        count = sum(span.count for span in spans)
        return Span(count, dated, min(firsts, default=None), max(lasts, default=None))

    def _counted(self, part: Part, span: Span) -> Counted:
        if part.period is None or span.last is None:
            return Counted(span.count)
        return Counted(span.count, part.period.until(span.last, self._zone))


def kept_with_parents(parts: Sequence[Part], counted: Mapping[int, Counted]) -> dict[int, Counted]:
    """Counts by the part's place in the list. Children are kept until the last day of their parents, at the latest."""
    found = dict(counted)
    for number in sorted(counted, reverse=True):  # parents stand behind their children
        part, one = parts[number], counted[number]
        via = part.entry.part_of if part.entry is not None else None
        if via is not None and part.period is not None and one.count and one.until is None:
            days = [
                found[at].until
                for at, other in enumerate(parts)
                if at in found and (other.place, other.period) == (via.to, part.period) and _kept(other)
            ]
            found[number] = replace(one, until=max((day for day in days if day is not None), default=None))
    return found


def together(parts: Sequence[Part]) -> list[list[int]]:
    """The numbers of the parts, those of one collection and one scope together."""
    groups: dict[tuple[Place, Predicate], list[int]] = {}
    for number, part in enumerate(parts):
        groups.setdefault((part.place, part.scope), []).append(number)
    return list(groups.values())


def _kept(part: Part) -> bool:
    return part.disposition in (Disposition.RETAIN, Disposition.REWRITE)


def _question(part: Part) -> Question:
    dated = _kept(part) and part.period is not None
    return Question(part.cond, part.start.path, part.start.clock) if dated and part.start else Question(part.cond)


def _cross(scope: Selection, questions: Iterable[Question]) -> bool:
    return crosses(scope.where) or any(crosses(question.where) for question in questions)
