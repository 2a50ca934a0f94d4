"""Verifying who asks. Whether an account exists makes no difference: not in the answer, nor in the work that is done.

What is shown is compared and not kept; a file of evidence is deleted after the check. A code goes to an address that
the stores hold, never to one that came with the request.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from dsr.core.casework import Identity, Point
from dsr.core.errors import IdentityError, UsageError
from dsr.core.matching import Match
from dsr.core.model import canon
from dsr.core.policy import Place
from dsr.core.proving import Proof, Shown, enough
from dsr.core.regimes import Question
from dsr.core.requests import Request, Requester, Said
from dsr.core.select import Selection, is_nothing
from dsr.core.subject import Subject, account_key
from dsr.engine.identity import Ask, Resolver
from dsr.engine.reach import Persons, Reach
from dsr.jobs.people import token_of
from dsr.jobs.session import Session
from dsr.state.requests import RequestAct

MINUTES = 60
"""How long a code is good."""
_DIGITS = 8
_TOKEN_SECONDS = 600
_LARGEST = 20 * 1024 * 1024
_NOBODY = "nobody-has-this-key"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown in one go."""

    code: str | None = None
    token: str | None = None
    points: tuple[tuple[str, str], ...] = ()
    declaration: Path | None = None

    @property
    def any(self) -> bool:
        """Whether anything is shown."""
        return bool(self.points) or any(one is not None for one in (self.code, self.token, self.declaration))


@dataclass(frozen=True, slots=True)
class Verified:
    """Where verification stands. It says the same whether or not there is such an account."""

    request: str
    shown: str
    enough: bool


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is out, if there is an address on file that it can go to."""

    request: str
    until: datetime


@dataclass(frozen=True, slots=True)
class _Case:
    """A request with the person that its identifiers lead to. `several`: they lead to several accounts."""

    request: Request
    said: Said
    subject: Subject | None
    account: bool
    several: bool


def suspect(session: Session, id: str, reason: str) -> Request:
    """Mark a request as possibly fraudulent: from now on it takes two independent proofs."""
    changed = replace(session.state.request(id), suspected=True, verified_at=None)
    return session.state.change_request(changed, RequestAct.SUSPECTED, session.actor, note=reason)


def authorise(session: Session, id: str, authority: str) -> None:
    """Write down by what authority somebody asks for another person."""
    if not authority.strip():
        raise UsageError(f"{id}: say what shows the authority, such as a power of attorney and its date.")
    session.state.say(id, replace(session.state.said(id), authority=authority))
    session.state.note_request(id, RequestAct.AUTHORISED, session.actor, note=authority)


def override(session: Session, id: str, reason: str, subject: Subject) -> Request:
    """Take the identity as known on somebody's word; the ledger keeps who that was, and the digest of the reason."""
    if not reason.strip():
        raise UsageError(f"{id}: say why the identity is known.")
    shown = Shown.parse(session.state.request(id).proof).plus(Proof.OVERRIDE)
    changed = replace(session.state.request(id), proof=str(shown), verified_at=session.now(), subject=subject.token)
    return session.state.change_request(changed, RequestAct.OVERRIDDEN, session.actor, note=reason)


def send_code(session: Session, id: str) -> CodeSent:
    """Put a message with a new code into the outbox, addressed to the address on file."""
    rules = _rules(session)
    if not rules.outbox:
        raise UsageError("Codes need a place for messages: requests: {identity: {outbox: FOLDER}} in the policy file.")
    case = _case(session, id)
    _count(session, case, rules)
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    until = session.now() + timedelta(minutes=MINUTES)
    session.state.code_sent(id, code, until)
    _post(session, rules, case.request, _address(session, case), code)
    session.state.note_request(id, RequestAct.CODE_SENT, session.actor)
    if not any(one.question is Question.IDENTITY and one.answered_at is None for one in case.request.questions):
        session.state.pose(id, Question.IDENTITY, session.now(), session.actor)
    return CodeSent(id, until)


def verify(session: Session, id: str, evidence: Evidence) -> Verified:
    """Check what is shown. Raises IdentityError, in the same words, for everything that is wrong."""
    rules, case = _rules(session), _case(session, id)
    if case.request.requester is not Requester.SELF and not case.said.authority:
        raise IdentityError(f"{id}: somebody asks for another person. Record the authority first: --authority.")
    _count(session, case, rules)
    shown, holds = Shown.parse(case.request.proof), True
    if evidence.code is not None:
        holds &= _code(session, id, evidence.code)
        shown = shown.plus(Proof.CODE)
    if evidence.token is not None:
        holds &= _token(session, rules, case, evidence.token)
        shown = shown.plus(Proof.ACCOUNT)
    if evidence.points:
        holds &= _points(session, rules, case, evidence.points)
        shown = shown.plus(Proof.POINTS, len(dict(evidence.points)))
    if evidence.declaration is not None:
        _declared(session, id, evidence.declaration)
        shown = shown.plus(Proof.DECLARATION)
    if not holds or case.subject is None or not (case.account or Proof.CODE in shown.proofs):
        session.state.note_request(id, RequestAct.FAILED, session.actor)
        if case.several and holds:
            raise IdentityError(f"{id}: it leads to several accounts. Open one request for each, with --user-id.")
        raise IdentityError(f"{id}: not verified. What was shown does not fit; nothing more is said about it.")
    return _settle(session, case, shown)


def standing(session: Session, id: str) -> Verified:
    """Where verification stands."""
    request = session.state.request(id)
    return Verified(id, request.proof, request.verified_at is not None)


def _settle(session: Session, case: _Case, shown: Shown) -> Verified:
    request, subject = session.state.request(case.request.id), case.subject
    done = enough(request.rights, shown, suspected=request.suspected)
    changed = replace(request, proof=str(shown))
    if done and subject is not None:
        session.state.remember((subject,))
        changed = replace(changed, verified_at=session.now(), subject=subject.token)
    with session.state.together():
        session.state.change_request(changed, RequestAct.VERIFIED, session.actor, word=str(shown))
        if done and any(one.question is Question.IDENTITY and one.answered_at is None for one in request.questions):
            session.state.answer(request.id, Question.IDENTITY, session.now(), session.actor)
    return Verified(request.id, str(shown), done)


def _rules(session: Session) -> Identity:
    casework = session.policy.casework
    return casework.identity if casework is not None else Identity()


def _case(session: Session, id: str) -> _Case:
    """The person is looked up twice, by what was given and by the account found, or by one that cannot be.

    After the second look what came with the request is no identifier of the person any more, and both cases take
    the same way.
    """
    request, said = session.state.request(id), session.state.said(id)
    if not request.open:
        raise UsageError(f"Request {id} is closed and does not change any more. Open a new one.")
    resolver = Resolver(session.estate, token_of(session))
    (answer,) = resolver.resolve((Ask(said.values),))
    found = answer.subject
    accounts = tuple((kind, key) for kind, keys in found.anchors for key in sorted(keys)) if found is not None else ()
    decoy = tuple((anchor.kind, account_key([_NOBODY] * len(anchor.paths))) for anchor in session.policy.anchors[:1])
    (again,) = resolver.resolve((Ask(accounts or decoy, merge=True),))
    subject = again.subject if accounts else found
    return _Case(request, said, subject, bool(accounts), bool(answer.candidates))


def _count(session: Session, case: _Case, rules: Identity) -> None:
    """Count the attempt against the request, against what it names, and against the account."""
    state = session.state
    tags = {state.request_tag("tries-request", case.request.id)}
    tags |= {state.request_tag(f"tries-{name}", value.strip().lower()) for name, value in case.said.values}
    accounts = [f"{kind} {key}" for kind, keys in case.subject.anchors for key in keys] if case.subject else []
    tags |= {state.request_tag("tries-account", one) for one in accounts or [case.request.id]}
    if not state.may_try(frozenset(tags), rules.attempts):
        state.note_request(case.request.id, RequestAct.FAILED, session.actor, word="limit")
        raise IdentityError(f"{case.request.id}: too many attempts. Nothing was compared; go on after 24 hours.")


def _code(session: Session, id: str, given: str) -> bool:
    sent = session.state.sent_code(id)
    if sent is None:
        raise IdentityError(f"{id}: no code is out. Send one with --send-code.")
    if sent.until <= session.now():
        session.state.void_code(id)
        raise IdentityError(f"{id}: the code has expired. Send another with --send-code.")
    good = hmac.compare_digest(sent.tag, session.state.code_tag(id, given.strip()))
    if good:
        session.state.void_code(id)
    return good


def _token(session: Session, rules: Identity, case: _Case, given: str) -> bool:
    """Whether the app says, under the key we share with it, that the account was signed in again just now."""
    if not rules.account_key:
        raise UsageError("Tokens need the key shared with the app: requests: {identity: {account_key: …}}.")
    body, _, mac = given.strip().partition(".")
    right = base64.urlsafe_b64encode(hmac.digest(rules.account_key.encode(), body.encode(), hashlib.sha256))
    if not hmac.compare_digest(right.rstrip(b"="), mac.rstrip("=").encode("utf-8", "replace")):
        return False
    try:
        said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        fresh = 0 <= int(said["until"]) - session.now().timestamp() <= _TOKEN_SECONDS
        account = (str(said["kind"]), str(said["account"]))
        of_request = said["request"] == case.request.id
    except (ValueError, KeyError, TypeError):
        return False
    mine = {(kind, key) for kind, keys in case.subject.anchors for key in keys} if case.subject is not None else set()
    return fresh and of_request and account in mine


def _points(session: Session, rules: Identity, case: _Case, given: tuple[tuple[str, str], ...]) -> bool:
    """Whether every point fits. All are compared; which one does not is not said."""
    known = {str(one): one for one in rules.points}
    unknown = sorted({name for name, _ in given} - set(known))
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: no data point of the policy. Known: {', '.join(known) or 'none'}.")
    fits = True
    for name, value in given:
        held = _held(session, case, known[name])
        wanted = _plain(value)
        equal = [hmac.compare_digest(_plain(one), wanted) for one in held]  # all of them, whichever fits
        fits &= any(equal) and wanted != b""
    return fits


def _held(session: Session, case: _Case, point: Point) -> list[str]:
    """The values that the person's own records have at that field."""
    found: list[str] = []
    subject = case.subject if case.account and case.subject is not None else _decoy(session, case)
    place = Place(point.store, point.collection)
    reach = Reach(session.estate, Persons((subject,)))
    for entry in session.policy.entries_of(place):
        where = reach.mine(entry)
        if not is_nothing(where):
            records = session.estate.stores[place.store].read(Selection(place.collection, where))
            values = (canon(record.at(point.path)) for record in records)
            found += [one for one in values if one]
    return found


def _decoy(session: Session, case: _Case) -> Subject:
    """A person who has no account, with one that cannot be, so that the same questions are asked."""
    anchors = tuple((anchor.kind, frozenset({_NOBODY})) for anchor in session.policy.anchors[:1])
    known = case.subject.identifiers if case.subject is not None else ()
    return Subject("S-00000000", anchors, known)


def _address(session: Session, case: _Case) -> str:
    """Where a code goes: the present address on file; an earlier one may be somebody else's by now."""
    given = {value.strip().lower() for _, value in case.said.values}
    for identifier in session.policy.identifiers:
        if identifier.match is Match.EMAIL:
            for ref in identifier.refs:
                point = Point(ref.place.store, ref.place.collection, ref.path)
                held = _held(session, case, point)
                if held:
                    return next((one for one in held if one.lower() in given), sorted(held)[0])
    return ""


def _post(session: Session, rules: Identity, request: Request, address: str, code: str) -> None:
    """Write the message and give it its name; without an address it is taken away instead."""
    from dsr.engine.letters.prose import load  # templates are for letters alone; every request passes this module

    words = load(request.language)
    message = EmailMessage(policy=SMTP)
    message["From"] = session.policy.controller.contact
    message["To"] = address or session.policy.controller.contact
    message["Subject"] = words.say("code.subject", request=request.id)
    message["Auto-Submitted"] = "auto-generated"
    name = session.policy.controller.name.in_(request.language)
    message.set_content(words.say("code.body", request=request.id, code=code, minutes=MINUTES, name=name))
    folder = session.root / rules.outbox
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / f"{secrets.token_hex(16)}.eml"
        coming = target.with_suffix(".new")
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        if address:
            coming.rename(target)
        else:
            coming.unlink()
    except OSError as error:
        raise UsageError(f"{rules.outbox}: no message can be put there ({error.strerror}).") from None


def _declared(session: Session, id: str, file: Path) -> None:
    """Keep the digest of a signed declaration, and delete the file: it is evidence, and was seen."""
    try:
        if file.is_symlink() or file.stat().st_size > _LARGEST:
            raise UsageError(f"{file.name}: a declaration is a file of at most 20 MB, and no link.")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        session.state.note_request(id, RequestAct.DECLARED, session.actor, note=digest)
        file.unlink()
    except OSError as error:
        raise UsageError(f"{file.name}: the declaration cannot be read and deleted ({error.strerror}).") from None


def _plain(text: str) -> bytes:
    return " ".join(text.split()).casefold().encode("utf-8", "surrogatepass")
