"""Access packages: everything that is held about a person, for one or many people in one pass over each collection."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from dsr.core.errors import OutputError, SubjectNotFoundError, TransientError
from dsr.core.model import Record
from dsr.core.periods import Period, last_day
from dsr.core.policy import Entry, Place, Rule
from dsr.core.select import Selection, is_nothing
from dsr.core.store import Contents
from dsr.core.subject import Subject
from dsr.core.text import Text
from dsr.engine.attribution import Tokens, separable
from dsr.engine.counting import Counter as RecordCounter
from dsr.engine.gathering import Gathering, places
from dsr.engine.known import KnownValues
from dsr.engine.package.redaction import Shared
from dsr.engine.package.report import Finished, Kept, SearchResult
from dsr.engine.package.sealing import SEALED, Sealing
from dsr.engine.package.writer import Form, Package
from dsr.engine.planner import unreadable
from dsr.engine.reach import Persons, Reach
from dsr.engine.starting import local
from dsr.jobs.people import Asked, nobody, resolve
from dsr.jobs.session import Session
from dsr.state.events import Act

_AT_ONCE = 100  # packages written in one pass: two open files each
_SHARED = Text(
    "The record is about other people as well as you. It is not copied and never deleted for one of them.",
    "该记录同时涉及您和其他人，因此不提供副本，也不会仅为其中一人删除。",
)
_REMEDY = Text(
    "Write to us if you need to know what it says about you.",
    "如需了解其中与您有关的内容，请与我们联系。",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """The packages, in the order in which the people were named."""

    packages: tuple[Finished, ...]
    until: date | None = None  # the last day on which sealed files lie there

    @property
    def exit_code(self) -> int:
        """0 when every package is complete, else 7."""
        return 0 if all(one.complete for one in self.packages) else 7


@dataclass(slots=True)
class _Dates:
    """The start dates of one person's records of one entry, as they stream past."""

    last: datetime | None = None
    undated: bool = False


@dataclass(slots=True)
class _Tally:
    """What one place gave one person."""

    records: int = 0
    failed: str = ""


@dataclass(slots=True)
class _Pass:
    """One pass over the estate for a batch of people."""

    session: Session
    subjects: tuple[Subject, ...]
    packages: Mapping[str, Package]
    form: Form
    gathering: Gathering
    tallies: dict[tuple[str, Place], _Tally] = field(default_factory=dict)


def export(
    session: Session,
    asked: Iterable[Asked],
    out: Path,
    *,
    language: str = "en",
    form: Form = Form.FULL,
    merge: bool = False,
    sealing: Sealing | None = None,
) -> Exported:
    """Write one package per person: `out` itself for one, `out`/TOKEN for several; plain folders without sealing."""
    if sealing is not None:
        sealing.check()
    subjects = resolve(session, asked, merge=merge)
    order = places(session.estate)
    size = _AT_ONCE if separable(session.estate.policy, order) else 1
    shared = Shared(session.policy, KnownValues(session.estate))
    finished: list[Finished] = []
    for start in range(0, len(subjects), size):
        batch = subjects[start : start + size]
        with ExitStack() as stack:
            made = {
                s.token: stack.enter_context(
                    Package(target, s, session.policy, language, session.now(), form, sealing, shared)
                )
                for s in batch
                for target in (_target(out, s, len(subjects), sealing),)
            }
            work = _Pass(session, batch, made, form, Gathering(session.estate, batch))
            _fill(work, order)
            if len(subjects) == 1 and not any(t.records or t.failed for t in work.tallies.values()):
                raise SubjectNotFoundError(nobody(session))
            finished.extend(package.finish() for package in made.values())
        _record(work)
    return Exported(tuple(finished))


def _record(work: _Pass) -> None:
    session, records = work.session, Counter[str]()
    for (token, _), tally in work.tallies.items():
        records[token] += tally.records
    copied = ((subject.token, (("records", records[subject.token]),)) for subject in work.subjects)
    session.state.record_each(Act.EXPORTED, session.actor, session.now(), copied)


def _target(out: Path, subject: Subject, people: int, sealing: Sealing | None) -> Path:
    if people == 1:
        return out
    return out / (subject.token if sealing is None else f"{subject.token}{SEALED}")


def _fill(work: _Pass, order: tuple[Place, ...]) -> None:
    session = work.session
    session.progress.begin("export", len(order))
    for place in order:
        for entry in session.estate.policy.entries_of(place):
            _entry(work, entry)
        session.progress.advance(1)
    session.progress.end()
    work.gathering.settle({place for (_, place), tally in work.tallies.items() if tally.failed})
    _close(work)


def _entry(work: _Pass, entry: Entry) -> None:
    rule = _rule(work.session, entry)
    collection = work.session.estate.collection(entry.place)
    for package in work.packages.values():
        package.begin(entry, rule, collection)
    dates: dict[str, _Dates] = {}
    try:
        for record, tokens in work.gathering.of(entry):
            _deliver(work, entry, record, tokens, dates)
    except OutputError:
        raise
    except TransientError as error:
        for token in work.packages:
            _tally(work, token, entry.place).failed = str(error)
    for token, package in work.packages.items():
        seen = dates.get(token)
        package.end(_until(work.session, rule, seen), _kept(work.session, rule, seen))
        _tally(work, token, entry.place)


def _deliver(work: _Pass, entry: Entry, record: Record, tokens: Tokens, dates: dict[str, _Dates]) -> None:
    start = local(entry) if work.form is Form.FULL else None
    for token in tokens:
        package = work.packages[token]
        package.add(record)
        _tally(work, token, entry.place).records += 1
        if start is not None:
            seen = dates.setdefault(token, _Dates())
            at = start.clock.read(record.at(start.path))
            seen.undated = seen.undated or at is None
            seen.last = at if seen.last is None else max(seen.last, at or seen.last)
        store = work.session.estate.stores[entry.place.store]
        if work.form is Form.FULL and isinstance(store, Contents):
            package.file(entry, record, str(record.at(("key",))), store.content(record))


def _tally(work: _Pass, token: str, place: Place) -> _Tally:
    return work.tallies.setdefault((token, place), _Tally())


def _rule(session: Session, entry: Entry) -> Rule:
    """The rule of an entry; a child's is its parent's."""
    while entry.part_of is not None:
        entry = session.estate.policy.entries_of(entry.part_of.to)[0]
    return session.policy.rule(entry.rule)


def _until(session: Session, rule: Rule, seen: _Dates | None) -> date | None:
    if rule.keep_at_most is None or seen is None or seen.last is None or seen.undated:
        return None
    return _day(session, rule.keep_at_most, seen.last)


def _kept(session: Session, rule: Rule, seen: _Dates | None) -> tuple[Kept, ...]:
    """What an erasure would leave, and until when."""
    if seen is None or seen.last is None:
        return ()
    zone = session.policy.controller.timezone
    running = [duty for duty in rule.duties if duty.period.until(seen.last, zone) > session.now()]
    return tuple(Kept(_day(session, d.period, seen.last), rule.title, d.code.value, d.cite) for d in running)


def _day(session: Session, period: Period, last: datetime) -> date | None:
    zone = session.policy.controller.timezone
    return last_day(period.until(last, zone), zone)


def _close(work: _Pass) -> None:
    """The list of what was searched, and of what was found and is not copied."""
    session = work.session
    for (token, place), tally in work.tallies.items():
        result = SearchResult.FOUND if tally.records else SearchResult.EMPTY
        if tally.failed:
            result = SearchResult.FAILED
        work.packages[token].searched(place, result, tally.records, session.now(), tally.failed)
    for gap in (*session.estate.gaps, *session.gaps, *unreadable(session.estate)):
        store, _, collection = gap.where.partition(".")
        for package in work.packages.values():
            failed = gap.kind in ("unreachable", "unreadable")
            result = SearchResult.FAILED if failed else SearchResult.NOT_SEARCHED
            package.searched(Place(store, collection), result, 0, session.now(), gap.text)
    if work.form is Form.FULL:
        for token, package in work.packages.items():
            subject = next(s for s in work.subjects if s.token == token)
            package.looked((at, act.value) for at, act in session.state.looks(token))
            _withhold_shared(session, package, Reach(session.estate, Persons((subject,))))


def _withhold_shared(session: Session, package: Package, reach: Reach) -> None:
    counter = RecordCounter(session.estate)
    for entry in session.estate.entries():
        where = reach.shared(entry)
        if is_nothing(where):
            continue
        count = counter.plain(entry.place.store, Selection(entry.place.collection, where))
        if count:
            package.withheld(entry.place, "record", "SHARED", count, _SHARED, None, _REMEDY)
