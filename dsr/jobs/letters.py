"""Letters about a request, in the person's language, from what the register, the plan and the law really say."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dsr.core.deadlines import due
from dsr.core.errors import ApprovalMissingError, UsageError
from dsr.core.letters import Form, Kind
from dsr.core.periods import last_day
from dsr.core.plan import Disposition, Plan, Why
from dsr.core.recipients import Recipient
from dsr.core.regimes import Event, Right
from dsr.core.requests import Ending, Request, day
from dsr.core.text import Text
from dsr.engine import regimes
from dsr.engine.letters.fenced import Order
from dsr.engine.letters.letter import Facts, Kept, Told
from dsr.engine.letters.render import render
from dsr.engine.letters.writing import letter
from dsr.engine.policytext.periods import length
from dsr.engine.templating import fenced
from dsr.jobs.answering import applied, gone, nothing, notice
from dsr.jobs.lawful import Days
from dsr.jobs.objecting import stopped_for
from dsr.jobs.rectifying import corrected
from dsr.jobs.restricting import in_force, weakest
from dsr.jobs.session import Session
from dsr.state.notices import NoticeState
from dsr.state.plans import PlanStatus
from dsr.state.requests import RequestAct

_COPIED = (RequestAct.EXPORTED.value, RequestAct.MISDELIVERED.value)
_OF_PLAN = (Kind.ERASURE, Kind.RETAINED, Kind.RELEASED)


@dataclass(frozen=True, slots=True)
class Written:
    """A letter, and the file that it was written to, if any."""

    request: str
    kind: str
    language: str
    form: str
    text: str
    out: str | None


@dataclass(frozen=True, slots=True)
class Writing:
    """Which letter is wanted. `templates`: a folder of the company's own; `counsel`: who decided what may be told."""

    kind: Kind
    form: Form = Form.TXT
    out: Path | None = None
    recipient: str | None = None
    counsel: str | None = None
    templates: Path | None = None


def write(session: Session, id: str, wanted: Writing) -> Written:
    """Write a letter. Raises UsageError where the register does not bear out what it would say."""
    request = session.state.request(id)
    kind, form, out, root = wanted.kind, wanted.form, wanted.out, wanted.templates
    if root is not None and not root.is_dir():
        raise UsageError(f"{root}: there is no such folder of templates.")
    facts = _facts(session, request, kind, wanted.recipient)
    if facts.silent and not (wanted.counsel or "").strip():
        raise ApprovalMissingError(
            f"{id}: a lawyer decides what may be told here. Let them read a draft, then name them with --counsel."
        )
    text = render(letter(facts), form) if root is None else fenced(Order(facts, form, root.resolve()))
    if out is not None:
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(
                f"{out}: the letter cannot be written there ({error.strerror}). Name a new file."
            ) from None
    session.state.note_request(id, RequestAct.WRITTEN, session.actor, word=kind.value, note=wanted.counsel)
    return Written(id, kind.value, facts.language, form.value, text, str(out) if out is not None else None)


def _facts(session: Session, request: Request, kind: Kind, recipient: str | None) -> Facts:
    controller, zone = session.policy.controller, session.policy.controller.timezone
    days = Days(session)
    found = days.of(request)
    if kind is Kind.COMPLAINT:
        found = tuple(one for one in found if one.event in (Event.ACKNOWLEDGE, Event.ANSWER))
        _needs(Right.COMPLAINT in request.rights, f"{request.id}: it is no complaint.")
    last = due(found, extended=request.extended_at is not None)
    facts = Facts(
        kind,
        request.id,
        request.language,
        controller.name,
        controller.contact,
        days.today,
        day(request.received_at, zone),
        tuple(one.value for one in request.rights),
        tuple(regimes.regime(name) for name in request.regimes),
        due=None if last is None else last.due,
        delay="" if request.delay is None else request.delay.value,
        ground=request.ground,
        recipients=_told(session, request),
        balance=_balance(session, request),
    )
    match kind:
        case Kind.REFUSAL:
            return replace(facts, reason=_reason(session, request))
        case Kind.ACCESS:
            copies = [one.act for one in session.state.acts(request.id) if one.act in _COPIED]
            _needs(copies[-1:] == [RequestAct.EXPORTED.value], f"{request.id}: no copy was made yet.")
            until = session.state.package_until(request.id)
            day_of = None if until is None else last_day(until, zone)
            return replace(facts, recipients=_all(session), fetch_by=day_of)
        case Kind.RESTRICTION | Kind.LIFTING:
            _needs(in_force(session, request) is not None, f"{request.id}: no restriction of it is in force.")
            return replace(facts, hiding=weakest(session, request).value)
        case Kind.RECTIFICATION:
            made = corrected(session, request)
            _needs(bool(made), f"{request.id}: nothing was corrected yet, so nothing can be told.")
            return replace(facts, corrected=made)
        case Kind.OBJECTION:
            return _objection(session, request, facts)
        case Kind.NOTICE:
            return notice(session, request, facts, recipient)
        case Kind.NOTHING:
            return nothing(session, request, facts)
        case _ if kind in _OF_PLAN:
            return _of_plan(session, request, facts)
    return facts


def _objection(session: Session, request: Request, facts: Facts) -> Facts:
    """What was ended. Where no rule serves the purpose alone, no plan was made, and the app's own stop is told."""
    purposes = stopped_for(session, request)
    _needs(bool(purposes), f"{request.id}: nothing was ended yet that was objected to. Run dsr request object first.")
    plans = [plan for plan in applied(session, request) if plan.rules]
    told = replace(facts, purposes=purposes)
    return _planned(session, told, plans[-1]) if plans else told


def _of_plan(session: Session, request: Request, facts: Facts) -> Facts:
    every = applied(session, request)
    _needs(bool(every), f"{request.id}: no erasure was carried out to its end, so none can be told.")
    plans = [plan for plan in every if not plan.rules]
    _needs(bool(plans), f"{request.id}: plan {every[-1].id} answers an objection. Write --kind objection.")
    plan = plans[-1]
    made = _planned(session, facts, plan)
    match facts.kind:
        case Kind.RETAINED:
            return replace(made, kept=_over(session, request, facts, made.kept))
        case Kind.RELEASED:
            return replace(made, kept=_unheld(session, request, plan))
    return made


def _planned(session: Session, facts: Facts, plan: Plan) -> Facts:
    secret = {hold.id for hold in session.state.all_holds() if not hold.disclose}
    kept = tuple(_kept(session, plan, (Disposition.RETAIN, Disposition.HOLD)))
    promised = session.policy.deletion
    return replace(
        facts,
        gone=tuple(gone(session, plan)),
        kept=kept,
        silent=any(step.count and step.reasons and step.reasons[0].hold in secret for step in plan.steps),
        copies=None if promised is None else length(promised.copies),
    )


def _kept(session: Session, plan: Plan, wanted: tuple[Disposition, ...]) -> Iterable[Kept]:
    """What stays; of a hold that must not be told of, nothing is told."""
    zone = session.policy.controller.timezone
    secret = {hold.id for hold in session.state.all_holds() if not hold.disclose}
    for step in plan.steps:
        # a record that loses a field early is kept for the reason behind that
        early = step.disposition is Disposition.REWRITE and Disposition.RETAIN in wanted
        reasons = [one for one in step.reasons if not (early and one.why is Why.FIELD_RULE)]
        early = early and 0 < len(reasons) < len(step.reasons)
        told = step.count and reasons and reasons[0].hold not in secret
        if told and (step.disposition in wanted or early) and reasons[0].why is not Why.OTHER_PURPOSE:
            reason = reasons[0]
            until = None if step.until is None else last_day(step.until, zone)
            cite = Text(reason.cite_en, reason.cite_zh)
            yield Kept(session.policy.rule(reason.rule or step.rule).title, step.count, reason.why.value, cite, until)


def _over(session: Session, request: Request, facts: Facts, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """What was kept whose time is over, where a purge ran to its end after that."""
    zone = session.policy.controller.timezone
    rows = [row for row in session.state.plans() if row.scope == "expired" and row.status is PlanStatus.APPLIED]
    purged = max((day(row.made_at, zone) for row in rows), default=None)
    found = tuple(one for one in kept if one.until is not None and one.until < facts.today)
    ran = purged is not None and all(one.until is not None and one.until < purged for one in found)
    _needs(bool(found) and ran, f"{request.id}: nothing that was kept has been purged since.")
    return found


def _unheld(session: Session, request: Request, plan: Plan) -> tuple[Kept, ...]:
    found = tuple(_kept(session, plan, (Disposition.HOLD,)))
    names = {reason.hold for step in plan.steps for reason in step.reasons if reason.hold}
    active = {hold.id for hold in session.state.holds().active}
    _needs(bool(found) and not names & active, f"{request.id}: no hold that kept records of it was released.")
    return found


def _told(session: Session, request: Request) -> tuple[Told, ...]:
    known = {one.name: one for one in session.policy.recipients}
    return tuple(
        Told(
            one.recipient,
            known[one.recipient].contact if one.recipient in known else "",
            one.state.value,
            _within(known.get(one.recipient)) if one.state is NoticeState.TOLD else None,
        )
        for one in session.state.notices(request.id)
    )


def _within(recipient: Recipient | None) -> Text | None:
    return None if recipient is None or recipient.lag is None else length(recipient.lag)


def _balance(session: Session, request: Request) -> Text | None:
    return session.policy.notice.balance if Right.ERASURE in request.rights else None


def _all(session: Session) -> tuple[Told, ...]:
    return tuple(Told(one.name, one.contact, "named") for one in session.policy.recipients)


def _reason(session: Session, request: Request) -> str:
    _needs(request.ending is Ending.REJECTED, f"{request.id}: it was not refused. Use dsr request refuse first.")
    closed = [one for one in session.state.acts(request.id) if one.act == RequestAct.CLOSED.value]
    return closed[-1].note


def _needs(true: bool, otherwise: str) -> None:
    if not true:
        raise UsageError(otherwise)
