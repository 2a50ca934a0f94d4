"""`then: aggregate`: totals of groups go into another table, exactly once, and no group of too few people does."""

import json
from pathlib import Path

import pytest
from company import USERS, USERS_DATA, company, counts
from hypothesis import given, settings
from hypothesis import strategies as st

from dsr.core.errors import PolicyError
from dsr.core.plan import Disposition, Outcome
from dsr.core.policy import Place
from dsr.core.select import Selection
from dsr.core.store import Unit
from dsr.engine.totalling import Totalling
from dsr.jobs.apply import apply, resume
from dsr.jobs.purge import plan_purge

LOG = "CREATE TABLE log (id BIGINT PRIMARY KEY, user_id BIGINT, model VARCHAR(20), tokens BIGINT, at TIMESTAMP)"
USAGE = (
    "CREATE TABLE usage_monthly (month VARCHAR(7) NOT NULL, model VARCHAR(20) NOT NULL, "
    "tokens BIGINT, requests BIGINT, PRIMARY KEY (month, model))"
)
RULE = """\
  log:
    title: {en: Request logs, zh: 请求日志}
    purposes: [security]
    basis: {gdpr: legitimate_interest, pipl: legal_obligation}
    starts: {en: the request is made, zh: 请求发生}
    keep_at_most: P6M
    then: {aggregate: {into: app.usage_monthly, by: [month, model], sum: [tokens], count: requests, k: 2}}
guards:
"""
DATA = (
    "  app.log: {rule: log, subject: user_id, start: at, fields: {model: account.settings}}\n"
    "  app.usage_monthly: {no_personal_data: {en: totals, zh: 汇总}}\n"
)
TOTALS = "SELECT month, model, tokens, requests FROM usage_monthly"


def made(folder: Path, url: str, *rows: str, rules: str = RULE, data: str = DATA, **more):
    tables = (USERS, LOG, USAGE, *(f"INSERT INTO log VALUES {row}" for row in rows))
    return company(folder, url, tables, USERS_DATA + data, rules=("guards:\n", rules), **more)


def test_groups_leave_totals_and_small_groups_leave_nothing(database, tmp_path):
    here = made(
        tmp_path / "c",
        database,
        "(1, 1, 'a', 10, '2026-01-05 00:00:00'), (2, 2, 'a', 5, '2026-01-31 23:59:59')",
        "(3, 1, 'b', 7, '2026-01-05 00:00:00'), (4, 1, 'b', 7, '2026-01-06 00:00:00')",  # one person twice
        "(5, 1, 'a', 1, '2026-02-01 00:00:00'), (6, 3, 'a', NULL, '2026-02-02 00:00:00')",
        "(7, 1, NULL, 1, '2026-02-01 00:00:00'), (8, 3, NULL, 2, '2026-02-02 00:00:00')",
        "(9, 1, 'a', 9, '2026-11-01 00:00:00'), (10, NULL, 'c', 9, '2026-01-01 00:00:00')",
        "(11, 2, 'c', 9, '2026-01-01 00:00:00')",  # with somebody unknown: still one person
    )
    here.run("INSERT INTO usage_monthly VALUES ('2026-01', 'a', 100, 7)")
    plan, applied = here.purge()
    assert counts(plan, "app.log") == {"delete": 10}
    assert [step.into for step in plan.steps if step.count] == ["app.usage_monthly"]
    assert applied.outcome is Outcome.REMOVED
    assert here.rows(TOTALS) == [("2026-01", "a", 115, 9), ("2026-02", "", 3, 2), ("2026-02", "a", 1, 2)]
    assert here.rows("SELECT id FROM log") == [(9,)]


def test_a_month_is_that_of_the_company_s_own_zone(database, tmp_path):
    rows = ["(1, 1, 'a', 1, '2026-01-31 16:00:00'), (2, 2, 'a', 1, '2026-01-31 17:00:00')"]  # 1 February in Shanghai
    here = made(tmp_path / "c", database, *rows, zone="Asia/Shanghai")
    here.run("UPDATE log SET at = '2026-02-01 00:00:00' WHERE id = 1")
    here.purge()
    assert here.rows("SELECT month FROM usage_monthly") == []  # naive times are local: one in each month
    policy = here.policy.read_text(encoding="utf-8").replace(
        '"${APP_URL}", zone: Asia/Shanghai', '"${APP_URL}", zone: UTC'
    )
    here.policy.write_text(policy, encoding="utf-8")
    here.run("INSERT INTO log VALUES (3, 1, 'a', 1, '2026-01-31 16:00:00'), (4, 2, 'a', 1, '2026-02-01 00:00:00')")
    here.purge()
    assert here.rows(TOTALS) == [("2026-02", "a", 2, 2)]


def test_what_the_target_refuses_leaves_everything_as_it_was(database, tmp_path):
    here = made(
        tmp_path / "c", database, "(1, 1, 'a', 1, '2026-01-05 00:00:00'), (2, 2, 'a', 1, '2026-01-06 00:00:00')"
    )
    here.run("INSERT INTO log VALUES (3, 1, 'b', 1, '2026-01-05 00:00:00'), (4, 2, 'b', 1, '2026-01-06 00:00:00')")
    long = "x" * 30  # SQLite would take it: there a trigger refuses
    if database.startswith("sqlite"):
        here.run(
            "CREATE TRIGGER t BEFORE INSERT ON usage_monthly WHEN NEW.model = 'b' BEGIN SELECT RAISE(ABORT, 'x'); END"
        )
    else:
        here.run("ALTER TABLE log ALTER model TYPE VARCHAR(40)", f"UPDATE log SET model = '{long}' WHERE model = 'b'")
    _, applied = here.purge()
    assert applied.exit_code == 7
    assert here.rows(TOTALS) == []
    assert len(here.rows("SELECT id FROM log")) == 4


def test_a_request_deletes_without_totals_and_by_the_calendar_held_rows_are_not_added(database, tmp_path):
    here = made(
        tmp_path / "c",
        database,
        "(1, 1, 'a', 1, '2026-01-05 00:00:00'), (2, 2, 'a', 1, '2026-01-06 00:00:00')",
    )
    here.run("INSERT INTO users VALUES (1, 'a@example.com', NULL)")
    plan, _ = here.erase(("user_id", "1"))
    assert [step.into for step in plan.steps if step.entry == "app.log" and step.count] == [""]
    assert here.rows(TOTALS) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PRIMARY KEY (month, model)", "note INT", "may hold a group twice"),
        ("tokens BIGINT, requests", "tokens VARCHAR(9), requests", "totals are numbers"),
        ("requests BIGINT", "asked BIGINT", "no field requests"),
    ],
)
def test_a_table_that_cannot_hold_the_totals_keeps_the_records(tmp_path, old, new, said):
    path = tmp_path / "app.db"
    path.touch()
    tables = (USERS, LOG, USAGE.replace(old, new), "INSERT INTO log VALUES (1, 1, 'a', 1, '2026-01-05 00:00:00')")
    here = company(tmp_path / "c", f"sqlite:///{path}", tables, USERS_DATA + DATA, rules=("guards:\n", RULE))
    with here.session() as session:
        plan = plan_purge(session)
    assert any(said in gap.text for gap in plan.gaps)
    assert plan.count(Disposition.DELETE) == 0


def test_a_record_that_names_nobody_cannot_be_counted_by_people(tmp_path):
    path = tmp_path / "app.db"
    path.touch()
    here = made(tmp_path / "c", f"sqlite:///{path}", data=DATA.replace("subject: user_id, ", ""))
    with here.session() as session:
        assert any("people of a group cannot be counted" in gap.text for gap in plan_purge(session).gaps)


WRONG = {
    "nothing added": ("sum: [tokens], count: requests, ", "", "adds nothing up"),
    "no k": (", k: 2", "", "has no `k:`"),
    "k of none": ("k: 2", "k: none", "is no number of people"),
    "two units": ("[month, model]", "[month, year]", "several calendar units"),
    "one field twice": ("count: requests", "count: tokens", "writes one field twice"),
    "unknown key": ("by:", "per:", 'has no key "per"'),
    "undeclared target": ("into: app.usage_monthly", "into: app.usage", "begins with no declared collection"),
    "no period": ("    keep_at_most: P6M\n", "", "has no `keep_at_most:`"),
    "only the word": (
        RULE[RULE.index("{aggregate") : RULE.index("guards")],
        "aggregate\n",
        "does not say what is added",
    ),
    "on request": ("keep_at_most: P6M", "keep_at_most: P6M\n    on_erasure: aggregate", '"aggregate" is not known'),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG)
def test_the_loader_says_what_is_wrong(tmp_path, old, new, said):
    assert old in RULE
    path = tmp_path / "app.db"
    path.touch()
    here = made(tmp_path / "c", f"sqlite:///{path}", rules=RULE.replace(old, new))
    with here.session() as session, pytest.raises(PolicyError, match=said):
        session.policy  # noqa: B018 - reading it loads it


# across stores ------------------------------------------------------------------------------------------------------

LOGS = "  logs: {kind: logs, url: logs}\n"
LOGGED = DATA.replace("app.log:", "logs.requests:").replace(
    "{model: account.settings}", "{model: none, user_id: account, tokens: none}"
)


def logged(folder: Path, url: str, lines: list[dict[str, object]], files: int = 1):
    here = company(folder, url, (USERS, USAGE), USERS_DATA + LOGGED, stores=LOGS, rules=("guards:\n", RULE))
    (folder / "logs" / "requests").mkdir(parents=True)
    for number in range(files):
        chosen = lines[number::files]
        text = "".join(json.dumps(line) + "\n" for line in chosen)
        (folder / "logs" / "requests" / f"{number}.jsonl").write_text(text, encoding="utf-8")
    return here


LINES = [
    {"user_id": 1, "model": "a", "tokens": 10, "at": "2026-01-05T00:00:00Z"},
    {"user_id": 2, "model": "a", "tokens": "2", "at": "2026-01-06T00:00:00Z"},
    {"user_id": 2, "model": "b", "tokens": 1, "at": "2026-01-06T00:00:00Z"},
    {"user_id": 2, "model": "a", "at": "2026-01-07T00:00:00Z"},
    {"user_id": 2, "model": "a", "tokens": 1, "at": "2026-11-07T00:00:00Z"},
]
LEFT = [("2026-01", "a", 12, 3)]


def test_logs_leave_totals_in_the_database(database, tmp_path):
    here = logged(tmp_path / "c", database, LINES, files=2)
    _, applied = here.purge()
    assert applied.exit_code == 0, applied
    assert here.rows(TOTALS) == LEFT
    assert sum(len(f.read_text().splitlines()) for f in (here.folder / "logs" / "requests").iterdir()) == 1
    assert here.rows("SELECT source FROM dsr_totals") == []


class Stopped(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_interrupted_run_adds_nothing_twice(tmp_path, monkeypatch, after):
    """The process ends when `after` files are rewritten and the totals have been added already."""
    path = tmp_path / "app.db"
    path.touch()
    here = logged(tmp_path / "c", f"sqlite:///{path}", LINES, files=3)
    units = Totalling.units

    def ending(self, *arguments):
        for number, unit in enumerate(units(self, *arguments)):
            if number == after:
                raise Stopped
            yield unit

    monkeypatch.setattr(Totalling, "units", ending)
    with here.session() as session:
        plan = plan_purge(session)
        with pytest.raises(Stopped):
            apply(session, plan.id)
    assert here.rows(TOTALS) == LEFT
    monkeypatch.setattr(Totalling, "units", units)
    with here.session() as session:
        (applied,) = resume(session)
    assert applied.outcome is Outcome.REMOVED
    assert here.rows(TOTALS) == LEFT
    assert here.rows("SELECT source FROM dsr_totals") == []


def test_a_new_plan_after_an_interrupted_one_adds_only_what_came_later(tmp_path, monkeypatch):
    path = tmp_path / "app.db"
    path.touch()
    here = logged(tmp_path / "c", f"sqlite:///{path}", LINES, files=3)
    with monkeypatch.context() as patch:
        patch.setattr("dsr.stores.logs.store.LogStore.delete", _ending)
        with here.session() as session, pytest.raises(Stopped):
            apply(session, plan_purge(session).id)
    assert here.rows(TOTALS) == LEFT
    here.purge()  # another plan: the first is never resumed
    assert here.rows(TOTALS) == LEFT
    assert here.rows("SELECT source FROM dsr_totals") == []


def _ending(self: object, selection: Selection, ceiling: int) -> list[Unit]:
    raise Stopped


# against a naive count ---------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from([None, 1, 2, 3]), st.sampled_from(["a", "b"]), st.integers(-5, 5), st.integers(1, 3)),
    max_size=20,
)


@pytest.mark.parametrize("kind", ["one database", "logs and a database"])
def test_totals_are_those_of_a_naive_count(tmp_path_factory, kind):
    @settings(max_examples=12)
    @given(ROWS)
    def check(rows):
        folder = tmp_path_factory.mktemp("t")
        path = folder / "app.db"
        path.touch()
        texts = [
            f"({n}, {'NULL' if who is None else who}, '{model}', {tokens}, '2025-{month:02}-11 00:00:00')"
            for n, (who, model, tokens, month) in enumerate(rows)
        ]
        if kind == "one database":
            here = made(folder / "c", f"sqlite:///{path}", *texts)
        else:
            lines = [
                {"user_id": who, "model": model, "tokens": tokens, "at": f"2025-{month:02}-11T00:00:00Z"}
                for who, model, tokens, month in rows
            ]
            here = logged(folder / "c", f"sqlite:///{path}", lines)
        here.purge()
        groups: dict[tuple[str, str], list[tuple]] = {}
        for row in rows:
            groups.setdefault((f"2025-{row[3]:02}", row[1]), []).append(row)
        wanted = [
            (*key, sum(row[2] for row in found), len(found))
            for key, found in groups.items()
            if len({row[0] for row in found} - {None}) >= 2
        ]
        assert here.rows(TOTALS) == sorted(wanted, key=repr)

    check()


def test_the_policy_names_where_totals_go(tmp_path):
    path = tmp_path / "app.db"
    path.touch()
    here = made(tmp_path / "c", f"sqlite:///{path}")
    with here.session() as session:
        totals = session.policy.rule("log").totals
    assert totals is not None
    assert (totals.into, totals.period, totals.k) == (Place("app", "usage_monthly"), "month", 2)
