"""Plans, subjects and holds as JSON text, and back, exactly. ASCII only: lone surrogates survive as escapes."""

import json
from datetime import date, datetime
from typing import Any

from dsr.core.holds import Grounded, Hold, HoldKind, HoldScope
from dsr.core.plan import PLAN_SCHEMA, Disposition, Gap, Plan, Reason, Step, Why, digest, document
from dsr.core.policy import FieldRef, Place
from dsr.core.subject import Subject
from dsr.state.conditions import condition_data, condition_from


def plan_text(plan: Plan) -> str:
    """The canonical document of the plan."""
    return _dump(document(plan))


def plan_from(text: str) -> Plan:
    """The plan of the document. Raises ValueError when its digest does not fit or anything else was changed."""
    data = json.loads(text)
    if data["schema"] != PLAN_SCHEMA:
        raise ValueError("unknown kind of plan")
    made = Plan(
        id=data["id"],
        scope=data["scope"],
        subjects=tuple(data["subjects"]),
        as_of=datetime.fromisoformat(data["as_of"]),
        made_at=datetime.fromisoformat(data["made_at"]),
        policy=data["policy"],
        holds=data["holds"],
        schema=_pairs(data["fingerprints"]),
        steps=tuple(_step(step) for step in data["steps"]),
        gaps=tuple(Gap(gap["kind"], gap["where"], gap["text"]) for gap in data["gaps"]),
        notes=tuple(data["notes"]),
        rules=tuple(data.get("rules", ())),
        digest=data["digest"],
    )
    if made.digest != digest(made) or plan_text(made) != text:
        raise ValueError("the digest does not fit")
    return made


def subject_text(subject: Subject) -> str:
    """The subject with all its values; to be sealed."""
    return _dump(
        {
            "token": subject.token,
            "anchors": [[kind, sorted(keys)] for kind, keys in subject.anchors],
            "identifiers": [[name, sorted(values)] for name, values in subject.identifiers],
            "stops": subject.stops,
        }
    )


def subject_from(text: str | bytes) -> Subject:
    """The subject of the text."""
    return _subject(json.loads(text))


def hold_text(hold: Hold) -> str:
    """The hold with the subjects of its scope; to be sealed."""
    scope = hold.scope
    return _dump(
        {
            "id": hold.id,
            "matter": hold.matter,
            "reason": hold.reason,
            "authority": hold.authority,
            "subjects": None if scope.subjects is None else [json.loads(subject_text(one)) for one in scope.subjects],
            "rules": scope.rules,
            "collections": scope.collections,
            "fields": scope.fields and [[one.place.store, one.place.collection, *one.path] for one in scope.fields],
            "where": None if scope.where is None else condition_data(scope.where),
            "since": scope.since and scope.since.isoformat(),
            "until": scope.until and scope.until.isoformat(),
            "placed_by": hold.placed_by,
            "placed_at": hold.placed_at.isoformat(),
            "review_on": hold.review_on and hold.review_on.isoformat(),
            "released_by": hold.released_by,
            "released_at": hold.released_at and hold.released_at.isoformat(),
            "release_reason": hold.release_reason,
            "reviewer": hold.reviewer,
            "grounds": [[one.regime, one.ground] for one in hold.grounds],
            "kind": hold.kind.value,
            "disclose": hold.disclose,
        }
    )


def hold_from(text: str | bytes) -> Hold:
    """The hold of the text. Those of earlier versions say less."""
    data = json.loads(text)
    subjects = data["subjects"]
    return Hold(
        id=data["id"],
        matter=data["matter"],
        reason=data["reason"],
        authority=data["authority"],
        scope=HoldScope(
            subjects=None if subjects is None else tuple(_subject(one) for one in subjects),
            rules=_some(data["rules"]),
            collections=_some(data["collections"]),
            fields=_fields(data.get("fields")),
            where=None if data.get("where") is None else condition_from(data["where"]),
            since=_moment(data.get("since")),
            until=_moment(data.get("until")),
        ),
        placed_by=data["placed_by"],
        placed_at=datetime.fromisoformat(data["placed_at"]),
        review_on=data["review_on"] and date.fromisoformat(data["review_on"]),
        released_by=data["released_by"],
        released_at=data["released_at"] and datetime.fromisoformat(data["released_at"]),
        release_reason=data["release_reason"],
        reviewer=data.get("reviewer"),
        grounds=tuple(Grounded(regime, ground) for regime, ground in data.get("grounds", ())),
        kind=HoldKind(data.get("kind", HoldKind.MATTER.value)),
        disclose=data.get("disclose", True),
    )


def _step(data: dict[str, Any]) -> Step:
    return Step(
        number=data["number"],
        store=data["store"],
        collection=data["collection"],
        entry=data["entry"],
        rule=data["rule"],
        disposition=Disposition(data["disposition"]),
        count=data["count"],
        reasons=tuple(_reason(reason) for reason in data["reasons"]),
        changes=_pairs(data["changes"]),
        until=_moment(data["until"]),
        into=data["into"],
    )


def _reason(data: dict[str, Any]) -> Reason:
    return Reason(
        why=Why(data["why"]),
        rule=data["rule"],
        cite_en=data["cite_en"],
        cite_zh=data["cite_zh"],
        until=_moment(data["until"]),
        hold=data["hold"],
        note=data["note"],
    )


def _subject(data: dict[str, Any]) -> Subject:
    return Subject(
        token=data["token"],
        anchors=tuple((kind, frozenset(keys)) for kind, keys in data["anchors"]),
        identifiers=tuple((name, frozenset(values)) for name, values in data["identifiers"]),
        stops=data["stops"],
    )


def _pairs(data: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in data)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _fields(data: list[list[str]] | None) -> tuple[FieldRef, ...] | None:
    return None if data is None else tuple(FieldRef(Place(one[0], one[1]), tuple(one[2:])) for one in data)


def _some(words: list[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _dump(data: object) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))
