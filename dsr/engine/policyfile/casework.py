"""The section `requests:`: how requests are answered, and how long the register keeps them."""

from collections.abc import Mapping

from dsr.core.casework import PACKAGES, REGISTER, Casework, Identity, Point
from dsr.core.periods import Period
from dsr.core.policy import Controller
from dsr.engine.policyfile.convert import Form, form, number, period, sequence, text, word_list
from dsr.engine.policyfile.envvars import expanded
from dsr.engine.policyfile.names import Names
from dsr.engine.policyfile.nodes import Pair
from dsr.engine.policyfile.problems import shown

KEYS = ("keep", "regimes", "calendar", "identity", "packages")
_SHORTEST = 16
_LEAST = 24  # months: 11 CCR § 7101 asks for records of at least 24 months


def casework(section: Pair | None, controller: Controller, names: Names, env: Mapping[str, str]) -> Casework | None:
    """The section, or None where the company says nothing."""
    if section is None:
        return None
    problems = names.problems
    parts = form(section.value, "`requests:`", KEYS, problems, section.key.at)
    calendar = parts.get("calendar")
    return Casework(
        _keep(parts),
        _regimes(parts, controller),
        "" if calendar is None else text(calendar, parts.label("calendar"), problems),
        str(section.key.at),
        _identity(parts, names, env),
        period(parts.get("packages"), parts.label("packages"), problems) or PACKAGES,
    )


def _identity(parts: Form, names: Names, env: Mapping[str, str]) -> Identity:
    node, problems = parts.get("identity"), names.problems
    if node is None:
        return Identity()
    inner = form(node, parts.label("identity"), ("account_key", "outbox", "points", "attempts"), problems)
    key, outbox, listed, most = (inner.get(name) for name in ("account_key", "outbox", "points", "attempts"))
    secret = "" if key is None else expanded(key, inner.label("account_key"), env, problems)
    if secret and len(secret) < _SHORTEST and key is not None:
        problems.add(key.at, f"{inner.label('account_key')} is shorter than {_SHORTEST} characters. Take a longer one.")
    items = sequence(listed, inner.label("points"), problems) if listed is not None else ()
    refs = (names.ref(text(one, inner.label("points"), problems), inner.label("points"), one.at) for one in items)
    tries = number(most, inner.label("attempts"), problems) if most is not None else None
    return Identity(
        secret,
        "" if outbox is None else text(outbox, inner.label("outbox"), problems),
        tuple(Point(one.place.store, one.place.collection, one.path) for one in refs if one is not None),
        Identity().attempts if tries is None else int(tries),
    )


def _keep(parts: Form) -> Period:
    node = parts.get("keep")
    found = period(node, parts.label("keep"), parts.problems) or REGISTER
    if node is not None and found.years * 12 + found.months + found.days // 31 < _LEAST:
        parts.problems.add(
            node.at,
            f"{parts.label('keep')} is shorter than 24 months, for which the register must be kept. Write P24M.",
        )
    return found


def _regimes(parts: Form, controller: Controller) -> tuple[str, ...]:
    wanted = word_list(parts.get("regimes"), parts.label("regimes"), parts.problems)
    for one in wanted:
        if one not in controller.regimes:
            hint = parts.problems.unknown(one, controller.regimes)
            parts.problems.add(
                parts.at, f"{parts.label('regimes')} {shown(one)} is no regime of the controller; {hint}"
            )
    return wanted
