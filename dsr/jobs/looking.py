"""Looking into the stores for discovery: a bounded sample of every collection, judged column by column.

Values stay in here; what leaves are counts, masks and digests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from dsr.core.errors import DsrError, StoreUnreachableError
from dsr.core.model import Collection, FieldType, Record
from dsr.core.plan import Gap
from dsr.core.policy import Place
from dsr.core.progress import Progress
from dsr.core.select import Selection
from dsr.core.store import Contents, Reports, Samples, Store
from dsr.engine.detect import names
from dsr.engine.detect.assess import Assessed, Looked, assess
from dsr.engine.detect.calibration import calibrated
from dsr.engine.detect.columns import Judged, Reason, Verdict
from dsr.engine.detect.contents import Content, look
from dsr.engine.detect.included import Inclusions, Keys
from dsr.engine.detect.kinds import kinds
from dsr.engine.estate import Estate

SAMPLE = 1_000
_PARENTS = 8  # tables of people whose keys are asked about
_CONTENTS = 50  # objects of one collection whose content is looked into
CONTENT = "(content)"


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was looked at, and where looking failed."""

    looked: tuple[Looked, ...]
    gaps: tuple[Gap, ...]


def look_at(estate: Estate, sample: int, progress: Progress) -> Seen:
    """Look at every live collection."""
    looked: list[Looked] = []
    gaps: list[Gap] = []
    people = people_of(estate)
    inclusions = Inclusions(estate.stores, tuple(keys_of(estate, people)))
    progress.begin("discover", len(estate.live))
    for place, collection in sorted(estate.live.items()):
        store = estate.stores[place.store]
        try:
            records = sampled(store, collection, sample)
            one = assess(place, collection, records, people.get(place.store, frozenset()), inclusions)
            looked.append(_with_contents(store, collection, one, gaps))
            gaps.extend(_broken(one))
        except StoreUnreachableError as error:
            gaps.append(Gap("unreachable", str(place), str(error)))
        except DsrError as error:
            gaps.append(Gap("unreadable", str(place), str(error)))
        progress.advance(1)
    progress.end()
    for name, store in estate.stores.items():
        if isinstance(store, Reports):
            gaps.extend(Gap("unreadable", name, text) for text in store.problems())
    return Seen(tuple(looked), tuple(gaps))


def people_of(estate: Estate) -> Mapping[str, frozenset[str]]:
    """The collections of each store whose records are people: the anchors, or what is called so."""
    found: dict[str, set[str]] = {}
    for anchor in estate.policy.anchors:
        found.setdefault(anchor.ref.place.store, set()).add(anchor.ref.place.collection)
    for place in estate.live:
        around = names.surroundings(place.collection.rpartition(".")[2])
        last = names.words(place.collection)[-1:]
        if around.people and not around.things and last and last[0] in names.lexicon().people:
            found.setdefault(place.store, set()).add(place.collection)
    return {store: frozenset(places) for store, places in found.items()}


def keys_of(estate: Estate, people: Mapping[str, frozenset[str]]) -> Iterator[Keys]:
    """The keys of people: those of the anchors first, then of what is called so."""
    found: dict[Place, str] = {}
    for anchor in estate.policy.anchors:
        if not anchor.more and len(anchor.ref.path) == 1 and anchor.ref.place in estate.live:
            found[anchor.ref.place] = anchor.ref.path[0]
    for store, names_ in sorted(people.items()):
        for place in (Place(store, name) for name in sorted(names_)):
            if place in estate.live and len(estate.live[place].key) == 1:
                found.setdefault(place, estate.live[place].key[0])
    for place, field in list(found.items())[:_PARENTS]:
        yield Keys(place, field, estate.type_of(place, (field,)))


def sampled(store: Store, collection: Collection, count: int) -> Iterator[Mapping[str, object]]:
    """A sample by the store's own role; of a store without it, the first records that it streams."""
    if isinstance(store, Samples):
        found: Iterator[Record] = store.sample(collection.name, count)
    else:
        found = islice(store.read(Selection(collection.name)), count)
    for record in found:
        yield record.values


def _with_contents(store: Store, collection: Collection, looked: Looked, gaps: list[Gap]) -> Looked:
    """The collection with what stands in the contents of its first objects, as one more column."""
    if not isinstance(store, Contents):
        return looked
    records = islice(store.read(Selection(collection.name)), _CONTENTS)
    content = look(store.content(record) for record in records)
    for reason, count in content.unread:
        if text := _unread(reason, count):
            gaps.append(Gap("unread", str(looked.place), text))
    column = _content(looked.place, content)
    return looked if column is None else Looked(looked.place, (*looked.columns, column), looked.sampled)


def _unread(reason: str, count: int) -> str:
    """What could not be looked into, and what to do. Pictures and sound have no text; they are no gap."""
    match reason:
        case "packed":
            return f"{count} packed objects were not looked into. Look at them by hand, or unpack them for the check."
        case "pdf":
            return f"{count} PDF objects were not looked into. Look at them by hand."
        case "binary":
            return f"{count} objects of an unknown format were not looked into. Look at them by hand."
        case _:
            return ""


def _content(place: Place, content: Content) -> Assessed | None:
    best = max(content.found, key=lambda one: one[1], default=None)
    if best is None:
        return None
    reasons = (Reason("inside", best[0], count=best[1], of=content.looked),)
    judged = Judged(Verdict.CONTAINS, best[0], calibrated("contains", 0.95 if kinds()[best[0]].sure else 0.8), reasons)
    return Assessed(
        place, (CONTENT,), FieldType.BINARY, judged, None, f"e-{best[0].encode().hex():0<12.12}", content.looked, ""
    )


def _broken(looked: Looked) -> Iterator[Gap]:
    for column in looked.columns:
        if column.broken:
            text = f"{column.broken} values begin like JSON and are broken; they were read as plain text."
            yield Gap("broken", column.name, text)
