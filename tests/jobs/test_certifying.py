"""What time and interruptions do to plans, trust files and certificates."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "core"))


from evidence_kit import NOW, PERSON, POLICY, open_shop

from dsr import standalone
from dsr.core.errors import DsrError, EvidenceError, StalePlanError, UsageError
from dsr.core.plan import Outcome
from dsr.core.progress import Silent
from dsr.core.trust import CERTIFIER
from dsr.jobs import certifying, plans, trust
from dsr.jobs.apply import apply, resume
from dsr.jobs.doctor import examine
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.scrub import scrub
from dsr.jobs.trusting import key_path, trust_path

DAYS = timedelta(days=1)


@pytest.mark.parametrize(("after", "fits"), [(timedelta(days=6, hours=23), True), (7 * DAYS, False)])
def test_a_plan_is_applied_within_seven_days(tmp_path: Path, after: timedelta, fits: bool):
    at = open_shop(tmp_path)
    with at() as session:
        plan = plan_erasure(session, [Asked(PERSON)]).id
    with at(after=after) as session:
        if fits:
            assert apply(session, plan).exit_code == 0
            return
        with pytest.raises(StalePlanError, match="expired"):
            apply(session, plan)
        assert session.state.certificates() == ()


def test_an_expired_trust_file_stops_everything_until_it_is_renewed(tmp_path: Path):
    at, later = open_shop(tmp_path), 6 * 365 * DAYS
    with at() as session:
        trust.begin(session)
    with at(after=later) as session:
        plan = plan_erasure(session, [Asked(PERSON)]).id
        with pytest.raises(EvidenceError, match="expired"):
            apply(session, plan)
        assert trust.show(session).version.number == 1
        assert trust.require(session, trust.Signer()).in_force
    with at(after=later) as session:
        assert apply(session, plan).exit_code == 0
        assert certifying.show(session, plan).count("removed") == 2


def test_the_doctor_says_that_a_trust_file_ends_soon(tmp_path: Path):
    at, later = open_shop(tmp_path), (5 * 365 - 59) * DAYS
    with at() as session:
        trust.begin(session)
        assert "trust" not in [finding.where for finding in examine(session).findings]
    with at(after=later) as session:
        assert "trust" in [finding.where for finding in examine(session).findings]


def test_a_run_with_an_unknown_step_gets_no_certificate_and_keeps_nobody_waiting(tmp_path: Path):
    at = open_shop(tmp_path)
    with at() as session:
        plan = plan_erasure(session, [Asked(PERSON)])
        run = session.state.begin_run(plan.id, tuple((step.number, step.count) for step in plan.steps))
        session.state.step_finished(run, plan.steps[0].number, Outcome.UNKNOWN, 0)
        session.state.finish_run(run, Outcome.FAILED)
        certifying.issue(session)
        assert session.state.certificates() == ()
        with pytest.raises(UsageError, match="no certificate"):
            certifying.show(session, plan.id)
        (done,) = resume(session, plan.id)
        assert done.exit_code == 0
        assert certifying.show(session, plan.id).count("removed") == 2


class Thief(Silent):
    """Takes the certifier's key away once the records are gone."""

    def __init__(self, key: Path) -> None:
        self._key = key

    def end(self) -> None:
        if self._key.exists():
            self._key.rename(self._key.with_suffix(".away"))


def test_a_key_that_is_lost_in_between_delays_the_certificate_and_loses_nothing(tmp_path: Path):
    at = open_shop(tmp_path)
    with at() as session:
        plan = plan_erasure(session, [Asked(PERSON)]).id
        key = key_path(session.state, CERTIFIER)
        certifying.ready(session)
    with at() as session:
        session.progress = Thief(key)
        with pytest.raises(DsrError):
            apply(session, plan)
        assert session.state.certificates() == ()
    key.with_suffix(".away").rename(key)
    with at() as session:
        assert certifying.show(session, plan).count("removed") == 2
        assert len(session.state.certificates(plan)) == 1


MIDNIGHT = timedelta(hours=4)
"""What a period lasts on, to the end of the day in the controller's zone."""
LASTING = POLICY.replace("zone: UTC}", "zone: UTC, backups: P35D}", 1)


def test_a_certificate_reaches_deeper_once_that_was_shown(tmp_path: Path):
    """L1 when the run ends, L2 with the date of the scrub, L3 with the date until when its backups live."""
    at = open_shop(tmp_path, LASTING)
    assert LASTING != POLICY
    with at() as session:
        plan = plan_erasure(session, [Asked(PERSON)]).id
        apply(session, plan)
        first = certifying.show(session, plan)
        (level,) = first.stores
        assert (level.level(NOW), level.copies_by) == ("L1", NOW + 35 * DAYS + MIDNIGHT)
        assert certifying.show(session, plan) == first
    with at(after=DAYS) as session:
        scrub(session, ["app"])
        assert [one.plan for one in session.state.renewals()] == []
        (level,) = certifying.show(session, plan).stores
        now = NOW + DAYS
        assert (level.level(now), level.reached(now), level.copies_by) == ("L2", now, NOW + 36 * DAYS + MIDNIGHT)
    with at(after=20 * DAYS) as session:
        scrub(session, ["app"])
        assert certifying.show(session, plan).stores[0].shown_at == NOW + DAYS
        assert len(session.state.renewals()) == 1
    with at(after=36 * DAYS + MIDNIGHT) as session:
        certificate = certifying.show(session, plan)
        now = NOW + 36 * DAYS + MIDNIGHT
        assert (certificate.stores[0].level(now), certificate.stores[0].reached(now)) == ("L3", now)
        assert (certificate.digest, certificate.finished_at) == (first.digest, first.finished_at)
        raw = session.state.renewals()[-1].document
        found = standalone.certificate(raw, trust_path(session.state).read_bytes(), now)
        assert (found["stores"][0]["level"], len(session.state.renewals())) == ("L3", 2)


def test_what_was_scrubbed_before_the_run_ended_shows_nothing(tmp_path: Path):
    at = open_shop(tmp_path)
    with at() as session:
        scrub(session)
    with at(after=DAYS) as session:
        plan = plan_erasure(session, [Asked(PERSON)]).id
        apply(session, plan)
        (level,) = certifying.show(session, plan).stores
        assert (level.shown, level.copies_by) == (None, None)


def test_a_plan_without_a_certificate_says_why(tmp_path: Path):
    """And what was done: of a cancelled plan, whatever its journal counted before."""
    at = open_shop(tmp_path)
    with at() as session:
        plan = plan_erasure(session, [Asked(PERSON)])
        with pytest.raises(UsageError, match=r"not applied yet\. Nothing was done under it"):
            certifying.show(session, plan.id)
        run = session.state.begin_run(plan.id, tuple((step.number, step.count) for step in plan.steps))
        with pytest.raises(UsageError, match="was interrupted"):
            certifying.show(session, plan.id)
        step = next(step for step in plan.steps if step.disposition.acts)
        session.state.step_started(run, step.number)
        session.state.unit_done(run, step.number, 2)
        assert plans.cancel(session, plan.id).runs == (plans.RunShown(NOW, NOW, 2),)
        with pytest.raises(UsageError, match=r"was cancelled before it was done.* By then 2 records were changed"):
            certifying.show(session, plan.id)
