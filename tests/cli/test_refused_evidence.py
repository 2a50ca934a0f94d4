"""Plans, approvals, certificates, ledgers and trust files that are foreign, cut short, edited or used again.

Each is refused before any effect, with a reason, what to do next, and an exit code that scripts can tell.
"""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from clikit import CANARY, OTHER, POLICY, TABLES, Dsr, Ran

KEY = ("--key", "lee.key")


class World:
    """Two companies beside each other, each with a team of two; in ours P-1 was applied, P-2 is approved and open."""

    def __init__(self, folder: Path, dsr: Dsr) -> None:
        self.folder, self.dsr = folder, dsr
        for name in ("ours", "theirs"):
            self._company(name)
        self.handle = self.subject("P-2")

    def __call__(self, *args: str, name: str = "ours") -> Ran:
        with contextlib.chdir(self.folder / name):
            return self.dsr(*args)

    def good(self, *args: str, name: str = "ours") -> str:
        ran = self(*args, name=name)
        assert ran.code == 0, ran.err
        return ran.out

    def _company(self, name: str) -> None:
        home = self.folder / name
        home.mkdir()
        base = sqlite3.connect(home / "app.db")
        base.executescript(TABLES)
        base.close()
        (home / "retention.yaml").write_text(POLICY, encoding="utf-8")
        self.good("trust", "init", "--origin", f"{name}.example/dsr", name=name)
        (home / "lee.pub").write_text(self.good("trust", "key", "lee.key", "--person", "lee", "--bare", name=name))
        self.good("trust", "add", "lee.pub", "--role", "approver", name=name)
        shutil.copy(home / ".dsr" / "trust.json", home / "old-trust.json")
        self.good("trust", "require", "--approvers", "1", name=name)
        for number, email in ((1, CANARY), (2, OTHER)):
            plan = f"P-{number}"
            self.good("delete", "--email", email, "--plan-only", name=name)
            self.good("plan", "approve", plan, *KEY, "--out", f"a{number}.json", name=name)
            self.good("plan", "approve", plan, "--add", f"a{number}.json", name=name)
            if number == 1:
                self.good("ledger", "checkpoint", "--to", "first.txt", name=name)
                self.good("apply", plan, "--confirm", self.subject(plan, name), name=name)
                self.good("certificate", "export", plan, "--out", "c.json", name=name)
        self.good("ledger", "checkpoint", "--to", "second.txt", name=name)
        self.good("ledger", "export", "--out", "copy", name=name)

    def apply(self) -> Ran:
        return self("apply", "P-2", "--confirm", self.handle)

    def subject(self, plan: str, name: str = "ours") -> str:
        return str(json.loads(self.good("plan", "show", plan, "--json", name=name))["plan"]["subjects"][0])

    def sql(self, *statements: str) -> None:
        base = sqlite3.connect(self.folder / "ours" / ".dsr" / "state.db")
        for statement in statements:
            assert base.execute(statement).rowcount != 0
        base.commit()
        base.close()

    def cut(self, name: str) -> str:
        file = self.folder / "ours" / name
        file.write_bytes(file.read_bytes()[:-20])
        return name

    def edit(self, name: str, before: bytes = b"a", after: bytes = b"b") -> str:
        file = self.folder / "ours" / name
        raw = file.read_bytes()
        assert before in raw
        file.write_bytes(raw[: len(raw) // 3] + raw[len(raw) // 3 :].replace(before, after, 1))
        return name

    def theirs(self, name: str) -> str:
        shutil.copy(self.folder / "theirs" / name, self.folder / "ours" / f"their-{Path(name).name}")
        return f"their-{Path(name).name}"

    def rows(self) -> list[int]:
        base = sqlite3.connect(self.folder / "ours" / "app.db")
        counts = [base.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("users", "invoices", "notes")]
        base.close()
        return counts


def plan_of_theirs(world: World) -> Ran:
    theirs = sqlite3.connect(world.folder / "theirs" / ".dsr" / "state.db")
    (document,) = theirs.execute("SELECT document FROM dsr_plan WHERE id = 'P-2'").fetchone()
    theirs.close()
    base = sqlite3.connect(world.folder / "ours" / ".dsr" / "state.db")
    base.execute("UPDATE dsr_plan SET document = ? WHERE id = 'P-2'", (document,))
    base.commit()
    base.close()
    return world("apply", "P-2", "--confirm", world.subject("P-2", "theirs"))


def plan_cut(world: World) -> Ran:
    world.sql("UPDATE dsr_plan SET document = substr(document, 1, length(document) - 20) WHERE id = 'P-2'")
    return world.apply()


def plan_edited(world: World) -> Ran:
    world.sql("UPDATE dsr_plan SET document = replace(document, '\"count\":1', '\"count\":9') WHERE id = 'P-2'")
    return world.apply()


def plan_again(world: World) -> Ran:
    return world("apply", "P-1", "--confirm", world.subject("P-1"))


def approval(name: Callable[[World], str]) -> Callable[[World], Ran]:
    return lambda world: world("plan", "approve", "P-2", "--add", name(world))


def certificate(name: Callable[[World], str]) -> Callable[[World], Ran]:
    return lambda world: world("verify", name(world), "--trust", ".dsr/trust.json")


def certificate_again(world: World) -> Ran:
    """What proves one plan is shown for another."""
    world.sql("DROP TRIGGER dsr_certificate_no_update", "UPDATE dsr_certificate SET plan = 'P-2'")
    return world("certificate", "show", "P-2")


def ledger_of_theirs(world: World) -> Ran:
    return world("ledger", "verify", "--from", world.theirs("second.txt"))


def ledger_cut(world: World) -> Ran:
    world.sql("DROP TRIGGER dsr_outbox_no_delete", "DELETE FROM dsr_outbox WHERE seq >= 3")
    return world.apply()


def ledger_edited(world: World) -> Ran:
    world.sql("DROP TRIGGER dsr_outbox_no_update", "UPDATE dsr_outbox SET entry = replace(entry, 'P-1', 'P-3')")
    return world("ledger", "verify")


def ledger_again(world: World) -> Ran:
    """An older copy is shown to whoever has seen a newer checkpoint."""
    shutil.copy(world.folder / "ours" / "first.txt", world.folder / "ours" / "copy" / "checkpoint")
    return world("ledger", "verify", "--folder", "copy", "--from", "second.txt")


def trust(name: Callable[[World], str]) -> Callable[[World], Ran]:
    return lambda world: world("trust", "accept", name(world))


def trust_put_back(world: World) -> Ran:
    home = world.folder / "ours"
    shutil.copy(home / "old-trust.json", home / ".dsr" / "trust.json")
    return world.apply()


def trust_copy(world: World) -> str:
    shutil.copy(world.folder / "ours" / ".dsr" / "trust.json", world.folder / "ours" / "t.json")
    return "t.json"


_NEW_PLAN, _ANEW, _WHO = "Make a new plan", "Ask for the certificate and the trust file anew", "See who may approve"
_COMPARE, _NEWEST = "Keep all files as they are, they are evidence", "Take the newest from those who hold the root keys"
CASES: dict[str, tuple[Callable[[World], Ran], int, str, str]] = {
    # what is done, the exit code, the reason, what to do next
    "plan, foreign": (plan_of_theirs, 9, "of another plan", "Approve it with"),
    "plan, cut short": (plan_cut, 12, "damaged", "Restore the database"),
    "plan, edited": (plan_edited, 12, "damaged", "Restore the database"),
    "plan, again": (plan_again, 9, "is applied and is not applied again", _NEW_PLAN),
    "approval, foreign": (approval(lambda world: world.theirs("a2.json")), 9, "of another plan", _WHO),
    "approval, cut short": (approval(lambda world: world.cut("a2.json")), 9, "cut short", _WHO),
    "approval, edited": (approval(lambda world: world.edit("a2.json")), 9, "is refused", _WHO),
    "approval, again": (approval(lambda world: "a1.json"), 9, "of another plan", _WHO),
    "certificate, foreign": (certificate(lambda world: world.theirs("c.json")), 9, "does not name", _ANEW),
    "certificate, cut short": (certificate(lambda world: world.cut("c.json")), 9, "cut short", _ANEW),
    "certificate, edited": (certificate(lambda world: world.edit("c.json")), 9, "refused", _ANEW),
    "certificate, again": (certificate_again, 9, "one of plan P-1", "Compare it with the copy"),
    "ledger, foreign": (ledger_of_theirs, 9, "another log", _COMPARE),
    "ledger, cut short": (ledger_cut, 12, "entries are missing", "Restore the database"),
    "ledger, edited": (ledger_edited, 9, "not those that were published", _COMPARE),
    "ledger, again": (ledger_again, 9, "lacks", _COMPARE),
    "trust, foreign": (trust(lambda world: world.theirs(".dsr/trust.json")), 9, "does not follow", _NEWEST),
    "trust, cut short": (trust(lambda world: (trust_copy(world), world.cut("t.json"))[1]), 9, "cut", "was not changed"),
    "trust, edited": (
        trust(lambda world: (trust_copy(world), world.edit("t.json"))[1]),
        9,
        "refused",
        "was not changed",
    ),
    "trust, again": (trust(lambda _: "old-trust.json"), 9, "an older one", _NEWEST),
    "trust, put back": (trust_put_back, 9, "an older one", _NEWEST),
}


@pytest.fixture
def world(shop: Path, dsr: Dsr) -> World:
    return World(shop, dsr)


def test_evidence_that_does_not_fit_is_refused_before_any_effect(world: World, tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        shutil.copytree(world.folder / name, world.folder / "kept" / name)
    before = world.rows()
    for name, (act, code, reason, step) in CASES.items():
        ran = act(world)
        assert (ran.code, world.rows()) == (code, before), f"{name}: {ran}"
        assert reason in ran.err, f"{name}: {ran}"
        assert step in ran.err, f"{name}: {ran}"
        for one in ("ours", "theirs"):
            shutil.rmtree(world.folder / one)
            shutil.copytree(world.folder / "kept" / one, world.folder / one)
    done = world.apply()
    assert (done.code, world.rows()) == (0, [1, 1, 0]), done.err
