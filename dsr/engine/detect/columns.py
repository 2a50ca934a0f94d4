"""Judging a column: what its name says and what its values show, weighed into a kind, a verdict and a confidence."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from dsr.core.model import FieldType
from dsr.engine.detect import names
from dsr.engine.detect.calibration import calibrated
from dsr.engine.detect.datafile import root
from dsr.engine.detect.kinds import kinds
from dsr.engine.detect.names import Hint, Surroundings
from dsr.engine.detect.profile import Fit, Profile, tail
from dsr.engine.detect.shapes import PLAUSIBLE

_ENOUGH = 5  # values from which the values may contradict the name
_PROOF = frozenset({"email", "ip", "mac", "iban", "cn_ric", "user_agent", "cn_uscc", "crypto_wallet", "card"})
"""Kinds whose values prove themselves: where a column says so and none does, it is something else."""
_TELLING = 1e-6
_ENDING = 6  # characters: the last digits of a card
_MANY = 20  # filled records from which even two different values may contradict the name
_CONTEXT = 0.02  # chance below which a form that needs a word beside it is believed without one


class Verdict(Enum):
    """What a column is."""

    IS = "is"  # its values are of the kind
    CONTAINS = "contains"  # some values hold personal data among other things
    NO = "no"


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column without looking into it. `parents`: the table, then the parents inside JSON.

    `refers` is the table that a foreign key leads to; `beside` are the other fields of the table.
    """

    name: str
    parents: tuple[str, ...]
    type: FieldType = FieldType.UNKNOWN
    length: int | None = None
    comment: str = ""
    key: bool = False
    refers: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: a code that the word file knows, and what it is about. Never a value."""

    code: str
    kind: str = ""
    word: str = ""
    count: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer for one column. `confidence` is the probability that the verdict is right."""

    verdict: Verdict
    kind: str
    confidence: float
    reasons: tuple[Reason, ...]

    @property
    def personal(self) -> bool:
        """Whether it is or contains personal data."""
        return self.verdict is not Verdict.NO


def hint_of(column: Column) -> Hint:
    """What the names say: the column's own, or its comment where that says more."""
    around = names.surroundings(*column.parents)
    hint = names.read(column.name, around)
    if hint.weight < 0.6 and column.comment:
        said = names.read(column.comment, around) if len(column.comment) <= 40 else Hint()
        if said.weight > hint.weight:
            return said
    if column.refers:
        return _key_hint(hint, column)
    if (
        not hint.weight
        and column.key
        and column.name.lower() in ("id", "_id", "uuid", "guid")
        and _of_people(column, around)
    ):
        return Hint("person_id", 0.75, column.parents[-1])
    return hint


def judge(column: Column, profile: Profile) -> Judged:
    """The answer for a column."""
    hint = hint_of(column)
    fitting = _held(column.type)
    if fitting is not None and hint.kind not in fitting:
        hint = Hint(hint.kind, 0.0, hint.word)
    shown = _shown(column, profile, hint)
    if shown is not None:
        return shown
    if hint.weight >= 0.3 and hint.kind != "free_text":
        return _named(column, hint, profile)
    return _rest(column, hint, profile)


def _shown(column: Column, profile: Profile, hint: Hint) -> Judged | None:
    """What the values prove by themselves, or None."""
    if profile.values == 0:
        return None
    fitting = _held(column.type)
    for fit in sorted(profile.fits, key=lambda one: _order(one, profile, hint)):
        agrees = _agree(fit.kind, hint) and (fit.alone or hint.kind == fit.kind or hint.kind not in _PROOF)
        if (fitting is not None and fit.kind not in fitting) or not _convincing(fit, profile, hint, agrees=agrees):
            continue
        reasons = [Reason("values", fit.kind, count=fit.count, of=profile.values)]
        if agrees and hint.weight:
            reasons.append(Reason("name", hint.kind, hint.word))
        kind = _narrower(fit.kind, hint) if agrees else fit.kind
        sure = kinds()[fit.kind].sure
        raw = 0.995 if agrees and hint.weight else 0.96 if sure and fit.count >= 10 else 0.85 if sure else 0.75
        return Judged(Verdict.IS, kind, calibrated("values", raw), tuple(reasons))
    return None


def _order(fit: Fit, profile: Profile, hint: Hint) -> tuple[bool, float, int]:
    return (not _agree(fit.kind, hint), -round(fit.count / profile.values, 1), kinds()[fit.kind].rank)


def _convincing(fit: Fit, profile: Profile, hint: Hint, *, agrees: bool) -> bool:
    rate, kind = fit.count / profile.values, kinds()[fit.kind]
    chance = tail(fit.count, profile.values, fit.chance)
    if fit.kind == "ip" and profile.versions >= 0.8:
        return False
    if agrees and hint.weight:
        return rate >= (0.85 if fit.kind == "phone" and _bare(profile) else 0.5)
    if fit.kind in ("name", "address"):
        needed = 0.85 if profile.mask.startswith("汉") else 0.4
        return profile.values >= 10 and rate >= (needed if fit.kind == "name" else 0.7) and profile.distinct > 0.3
    if fit.kind == "passport":
        return fit.alone and rate >= 0.95 and profile.values >= 20
    if rate < 0.6 or (not fit.alone and (rate < 0.95 or chance > 1e-12 or fit.chance >= _CONTEXT)):
        return False
    if fit.kind == "phone" and _bare(profile) and rate < 0.9:
        return False
    if fit.kind == "birth_date":
        return profile.spread and rate >= 0.9 and not _denies(hint)
    if profile.dense and fit.kind not in ("email",):
        return False
    if not kind.sure and hint.weight >= 0.75 and profile.plausible >= 0.8:
        return False
    return chance < _TELLING or (kind.sure and fit.chance <= 0.01 and rate >= 0.9)


def _named(column: Column, hint: Hint, profile: Profile) -> Judged:
    """The name is the evidence; the values can only contradict it or leave it standing."""
    said = Reason("key" if column.refers else "name", hint.kind, hint.word)
    if profile.values == 0:
        is_it = hint.weight >= 0.5
        verdict = Verdict.IS if is_it else Verdict.NO
        empty = Reason("empty") if profile.seen == 0 else Reason("nothing", of=profile.seen)
        return Judged(
            verdict,
            hint.kind if is_it else "",
            calibrated("name", hint.weight if is_it else 1 - hint.weight),
            (said, empty),
        )
    if (profile.values >= _ENOUGH or profile.filled >= _MANY) and _contradicted(hint, profile):
        found = _contains(profile)
        if found is not None:
            return found
        return Judged(
            Verdict.NO,
            "",
            calibrated("contradicted", 0.9),
            (said, Reason("contradicted", hint.kind, of=profile.values)),
        )
    if hint.weight < 0.5:
        return Judged(Verdict.NO, "", calibrated("name", 1 - hint.weight), (said, Reason("weak", hint.kind)))
    code = "opaque" if profile.opaque >= 0.5 else "plausible"
    raw = min(0.98, hint.weight + 0.03)
    return Judged(
        Verdict.IS, hint.kind, calibrated("plausible", raw), (said, Reason(code, hint.kind, of=profile.values))
    )


def _contradicted(hint: Hint, profile: Profile) -> bool:
    if hint.kind == "phone" and _bare(profile):
        return profile.plausible < 0.85
    if profile.opaque >= 0.5:
        return profile.revisions >= 0.9 and hint.exact and hint.kind in _PROOF | {"phone"}
    if hint.kind == "ip" and profile.versions >= 0.8:
        return True
    if hint.kind in _PROOF and not (hint.kind == "card" and len(profile.mask) <= _ENDING):
        return profile.rate(hint.kind) < 0.1
    return hint.kind in PLAUSIBLE and profile.plausible < 0.5


def _rest(column: Column, hint: Hint, profile: Profile) -> Judged:
    """Neither a kind by name nor by values: personal data may stand among other things."""
    found = _contains(profile)
    if found is not None:
        return found
    if (
        hint.kind == "free_text"
        and hint.weight >= 0.5
        and column.type in (FieldType.TEXT, FieldType.JSON, FieldType.UNKNOWN)
    ):
        enough = profile.values >= _ENOUGH and profile.prose < 0.05 and profile.codes > 0.9
        if not enough:
            return Judged(
                Verdict.CONTAINS,
                "free_text",
                calibrated("free_text", hint.weight),
                (Reason("name", "free_text", hint.word),),
            )
    if profile.decimals >= 0.9 and hint.kind == "geolocation":
        return Judged(Verdict.IS, "geolocation", calibrated("values", 0.9), (Reason("name", hint.kind, hint.word),))
    denied = (Reason("denied", hint.kind, hint.word),) if _denies(hint) else ()
    looked = Reason("none", of=profile.values) if profile.values else Reason("empty")
    return Judged(Verdict.NO, "", calibrated("no", 0.97 if profile.values else 0.93), (*denied, looked))


def _contains(profile: Profile) -> Judged | None:
    """Verified identifiers inside values; in columns of codes only what chance does not explain."""
    best: tuple[str, int] | None = None
    for kind, count in profile.inside:
        fit = next((one for one in profile.fits if one.kind == kind), None)
        chance = fit.chance if fit is not None else _STRAY.get(kind, 0.03)
        telling = tail(count, profile.values, max(chance, 1e-6)) < _TELLING
        prose = profile.codes < 0.8
        if not kinds()[kind].sure or not (
            telling
            or (prose and kind in _PROOF | {"phone", "secret", "us_ssn", "plate"})
            or kind in ("email", "cn_ric", "secret")
        ):
            continue
        if (
            profile.dense
            or (kind in ("phone", "card") and _bare(profile))
            or (kind == "ip" and not prose and profile.versions >= 0.8)
        ):
            continue
        if best is None or count > best[1]:
            best = (kind, count)
    if best is None:
        return None
    raw = 0.97 if best[1] >= 3 else 0.9
    return Judged(
        Verdict.CONTAINS,
        best[0],
        calibrated("contains", raw),
        (Reason("inside", best[0], count=best[1], of=profile.values),),
    )


_STRAY = {"email": 0.0001, "cn_ric": 0.0001, "iban": 0.0001, "phone": 0.11, "card": 0.03, "ip": 0.02}


def _bare(profile: Profile) -> bool:
    """Whether most values are nothing but digits: many counters look like telephone and card numbers."""
    return set(profile.mask) == {"9"}


@lru_cache(maxsize=32)
def _held(kind: FieldType) -> frozenset[str] | None:
    """The kinds that a column of the type can hold; None where it can hold any."""
    table = root("types")
    return frozenset(table.words(kind.value)) if kind.value in table.found else None


def _agree(kind: str, hint: Hint) -> bool:
    return bool(hint.weight) and (kind == hint.kind or hint.kind in _FAMILIES.get(kind, frozenset()))


def _narrower(kind: str, hint: Hint) -> str:
    """Where name and values name kinds of one family: the values know the country, the name knows the use."""
    return hint.kind if hint.kind in _BY_USE else kind


_IDENTITY = frozenset({"national_id", "tax_id", "cn_ric", "passport", "permit", "driver_license"})
_FAMILIES: dict[str, frozenset[str]] = {
    name: _IDENTITY for name, kind in kinds().items() if kind.category in ("government_id", "invoice.tax_id")
} | {
    "imei": frozenset({"device_id"}),
    "mac": frozenset({"device_id"}),
    "email": frozenset({"username", "payment_account", "social"}),
    "phone": frozenset({"username", "social"}),
    "name": frozenset({"username"}),
    "iban": frozenset({"bank_account"}),
    "card": frozenset({"bank_account"}),
    "address": frozenset({"location"}),
}
_BY_USE = frozenset({"username", "payment_account", "social"})


def _denies(hint: Hint) -> bool:
    return bool(hint.kind) and not hint.weight


def _key_hint(hint: Hint, column: Column) -> Hint:
    """A foreign key is what the table is that it leads to."""
    there = names.surroundings(column.refers)
    if hint.kind == "person_id" or (there.people and not there.things):
        return Hint("person_id", 0.9, column.refers)
    return Hint(hint.kind, 0.0, column.refers)


def _of_people(column: Column, around: Surroundings) -> bool:
    last = names.words(column.parents[-1]) if column.parents else ()
    return around.people and not around.things and bool(last) and last[-1] in names.lexicon().people
