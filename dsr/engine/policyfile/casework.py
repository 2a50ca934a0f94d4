"""The section `requests:`: how requests are answered, and how long the register keeps them."""

from dsr.core.casework import REGISTER, Casework
from dsr.core.periods import Period
from dsr.core.policy import Controller
from dsr.engine.policyfile.convert import Form, form, period, text, word_list
from dsr.engine.policyfile.nodes import Pair
from dsr.engine.policyfile.problems import Problems, shown

KEYS = ("keep", "regimes", "calendar")
_LEAST = 24  # months: 11 CCR § 7101 asks for records of at least 24 months


def casework(section: Pair | None, controller: Controller, problems: Problems) -> Casework | None:
    """The section, or None where the company says nothing."""
    if section is None:
        return None
    parts = form(section.value, "`requests:`", KEYS, problems, section.key.at)
    calendar = parts.get("calendar")
    return Casework(
        _keep(parts),
        _regimes(parts, controller),
        "" if calendar is None else text(calendar, parts.label("calendar"), problems),
        str(section.key.at),
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
