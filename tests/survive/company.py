"""A small company in a real database: tables by SQL, a policy file by text, a session on both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from dsr.core.plan import Disposition, Plan
from dsr.core.progress import Silent
from dsr.jobs.apply import Applied, apply
from dsr.jobs.erase import plan_erasure
from dsr.jobs.people import Asked
from dsr.jobs.purge import plan_purge
from dsr.jobs.session import Session

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = """\
version: 1
controller:
  name: {en: Example, zh: 示例}
  contact: privacy@example.com
  country: CN
  timezone: ZONE
  languages: [en, zh]
  regimes: [gdpr, pipl]
state: sqlite:///.dsr/state.db
stores:
  app: {kind: sql, url: "${APP_URL}", zone: ZONE}
STORES
subject:
  anchors: {user: app.users.id}
  identifiers:
    user_id: {at: [app.users.id]}
    email: {at: [app.users.email], match: email}
rules:
  account:
    title: {en: Account, zh: 账户}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: the account is closed, zh: 账户注销}
    keep_at_most: P30D
    then: delete
  notes:
    title: {en: Notes, zh: 备注}
    purposes: [provide_service]
    basis: {gdpr: contract, pipl: contract}
    starts: {en: the note is made, zh: 备注产生}
    keep_at_most: P1Y
    then: delete
  tax:
    title: {en: Invoices, zh: 发票}
    purposes: [tax_accounting]
    basis: {gdpr: legal_obligation, pipl: legal_obligation}
    starts: {en: the invoice is issued, zh: 开具发票}
    keep_at_least: {period: P10Y, from: year_end, code: tax, cite: {en: Tax law, zh: 税法}, verified_on: 2026-11-23}
    keep_at_most: {period: P10Y, from: year_end}
    then: delete
guards:
  purge: {percent: 100}
data:
"""
USERS = "CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(120), closed_at TIMESTAMP)"
USERS_DATA = "  app.users: {rule: account, subject: id, start: closed_at, fields: {email: contact.email}}\n"


@dataclass(frozen=True, slots=True)
class Company:
    """One company: where it lies and how to look into it."""

    folder: Path
    url: str
    env: Mapping[str, str]

    @property
    def policy(self) -> Path:
        return self.folder / "retention.yaml"

    def session(self, now: datetime = NOW) -> Session:
        return Session(self.policy, self.env, "tester", Silent(), lambda: now)

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()

    def rows(self, query: str) -> list[tuple]:
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.exec_driver_sql(query)]
        engine.dispose()
        return sorted(found, key=repr)

    def erase(self, *values: tuple[str, str], now: datetime = NOW) -> tuple[Plan, Applied]:
        with self.session(now) as session:
            plan = plan_erasure(session, [Asked(values)])
            return plan, apply(session, plan.id)

    def purge(self, now: datetime = NOW) -> tuple[Plan, Applied]:
        with self.session(now) as session:
            plan = plan_purge(session)
            return plan, apply(session, plan.id)


def company(
    folder: Path,
    url: str,
    tables: tuple[str, ...],
    data: str,
    *,
    zone: str = "UTC",
    stores: str = "",
    rules: tuple[str, str] = ("", ""),
) -> Company:
    """Create the tables and the policy file; `rules` replaces one text of the head by another."""
    folder.mkdir(parents=True, exist_ok=True)
    text = HEAD.replace("ZONE", zone).replace("STORES\n", stores)
    if rules[0]:
        assert rules[0] in text
        text = text.replace(*rules)
    (folder / "retention.yaml").write_text(text + data, encoding="utf-8")
    made = Company(folder, url, {"APP_URL": url})
    made.run(*tables)
    return made


def counts(plan: Plan, entry: str) -> dict[str, int]:
    """Records of an entry by disposition, where there are any."""
    found: dict[str, int] = {}
    for step in plan.steps:
        if step.entry == entry and step.count:
            found[step.disposition.value] = found.get(step.disposition.value, 0) + step.count
    return found


def why(plan: Plan, entry: str, disposition: Disposition) -> list[str]:
    """The deciding reasons of an entry's steps with that disposition."""
    return [s.reasons[0].why.value for s in plan.steps if s.entry == entry and s.disposition is disposition and s.count]
