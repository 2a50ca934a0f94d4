"""The plan's document and digest: canonical, whole, and changed by any change."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from dsr.core.plan import Disposition, Gap, Plan, Reason, Step, Why, digest, document, sealed

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
REASON = Reason(Why.TAX, "invoice", "Tax code", "税法", NOON, "H-1", "note")
STEP = Step(1, "app", "users", "app.users", "account", Disposition.REWRITE, 3, (REASON,), (("email", "empty"),), NOON)
PLAN = sealed(
    Plan(
        "P-1",
        "subject",
        ("S-0123abcd",),
        NOON,
        NOON,
        "policy",
        2,
        (("app", "fingerprint"),),
        (STEP,),
        (Gap("no_start", "app.users", "2 records"),),
        ("note",),
    )
)


def other(value: object) -> object:
    """Another value of the same kind."""
    match value:
        case Disposition():
            return Disposition.HOLD
        case Why():
            return Why.LEGAL
        case datetime():
            return value + timedelta(microseconds=1)
        case int():
            return value + 1
        case str():
            return value + "x"
        case tuple():
            return (*value, value[0] if value else "x")
    raise AssertionError(value)


def changed(thing, rebuild) -> list[tuple[str, Plan]]:
    return [
        (
            f"{type(thing).__name__}.{field.name}",
            rebuild(replace(thing, **{field.name: other(getattr(thing, field.name))})),
        )
        for field in fields(thing)
        if field.name != "digest"
    ]


CHANGES = [
    *changed(PLAN, lambda plan: plan),
    *changed(STEP, lambda step: replace(PLAN, steps=(step,))),
    *changed(REASON, lambda reason: replace(PLAN, steps=(replace(STEP, reasons=(reason,)),))),
    *changed(PLAN.gaps[0], lambda gap: replace(PLAN, gaps=(gap,))),
    ("no steps", replace(PLAN, steps=())),
    ("no until", replace(PLAN, steps=(replace(STEP, until=None),))),
    ("a word moved", replace(PLAN, steps=(replace(STEP, store="ap", collection="pusers"),))),
    ("order of changes", replace(PLAN, steps=(replace(STEP, changes=(("empty", "email"),)),))),
    ("order of steps", replace(PLAN, steps=(replace(STEP, number=2), STEP))),
    ("order of steps, the other way", replace(PLAN, steps=(STEP, replace(STEP, number=2)))),
]


@pytest.mark.parametrize(("what", "plan"), CHANGES, ids=[what for what, _ in CHANGES])
def test_any_changed_field_changes_the_digest(what: str, plan: Plan) -> None:
    assert digest(plan) != PLAN.digest


def test_all_those_digests_differ() -> None:
    assert len({digest(plan) for _, plan in CHANGES}) == len(CHANGES)


def test_the_digest_is_over_everything_but_itself() -> None:
    assert digest(replace(PLAN, digest="")) == digest(replace(PLAN, digest="forged")) == PLAN.digest
    assert sealed(PLAN) == PLAN
    assert len(PLAN.digest) == 64


def test_the_digest_is_the_same_everywhere() -> None:
    """A fixed value: another release, machine or zone must find the same, or stored plans are lost."""
    assert PLAN.digest == "3434e9e120d4cf8829c3d4310617855f4e25382d1f9fcaf54cdaab0657960195"
    east = NOON.astimezone(timezone(timedelta(hours=8)))
    assert digest(replace(PLAN, as_of=east, made_at=east)) == PLAN.digest


def test_the_document_names_its_schema_and_holds_every_field() -> None:
    data = document(PLAN)
    assert data["schema"] == "dsr/plan/1"
    assert data["fingerprints"] == [["app", "fingerprint"]]
    named = {field.name for field in fields(PLAN)} - {"schema", "rules"}  # rules only where there are some
    assert set(data) == named | {"schema", "fingerprints", "complete", "appliable"}
    assert json.loads(json.dumps(data)) == data
    assert data["as_of"] == "2026-03-15T12:00:00+00:00"


def test_a_plan_names_people_by_token_only() -> None:
    text = json.dumps(document(PLAN))
    assert "S-0123abcd" in text
    subject_fields = [field for field in fields(Plan) if "Subject" in str(field.type)]
    assert subject_fields == []


def test_a_time_without_a_zone_does_not_get_into_a_plan() -> None:
    with pytest.raises(TypeError, match="without a zone"):
        digest(replace(PLAN, as_of=datetime(2026, 3, 15)))


def test_a_file_name_with_a_lone_surrogate_can_be_planned_for() -> None:
    one, two = (replace(PLAN, steps=(replace(STEP, collection=f"logs/\ud800{n}"),)) for n in "12")
    assert digest(one) != digest(two)


@pytest.mark.parametrize(
    ("plan", "complete", "appliable"),
    [
        (replace(PLAN, gaps=()), True, True),
        (PLAN, False, True),
        (replace(PLAN, as_of=NOON + timedelta(microseconds=1)), False, False),  # a rehearsal
        (replace(PLAN, as_of=NOON - timedelta(days=1)), False, True),
        (replace(PLAN, steps=()), False, False),
        (replace(PLAN, steps=(replace(STEP, count=0),)), False, False),
        (replace(PLAN, steps=(replace(STEP, disposition=Disposition.RETAIN),)), False, False),
        (replace(PLAN, steps=(replace(STEP, disposition=Disposition.HOLD),)), False, False),
        (replace(PLAN, steps=(replace(STEP, disposition=Disposition.ANONYMISE),)), False, True),
        (replace(PLAN, steps=(replace(STEP, disposition=Disposition.DELETE),)), False, True),
    ],
)
def test_when_a_plan_is_complete_and_can_be_applied(plan: Plan, complete: bool, appliable: bool) -> None:
    assert (plan.complete, plan.appliable) == (complete, appliable)
    assert plan.count(Disposition.REWRITE) == sum(
        step.count for step in plan.steps if step.disposition is Disposition.REWRITE
    )
