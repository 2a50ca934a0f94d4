"""`--json` on every command of the program: one document on stdout, whose `schema` names the command."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import typer.main
from clikit import CANARY, OTHER, POLICY, Dsr

from dsr.cli.main import app

SECTION = """
requests:
  identity: {account_key: a-key-that-only-tests-know, outbox: outbox}
recipients:
  - name: Lantern Pay
    role: merchant_of_record
    country: EE
    contact: privacy@lantern.example
    purpose: {en: payments, zh: 收款}
    categories: [contact]
"""
WORDS = ("--passphrase-from", "pw")
LEE = ("--key", "lee.key", *WORDS)
STORY: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("trust init", ("--origin", "shop.example/dsr"), 0),
    ("trust key", ("lee.key", "--person", "lee", *WORDS), 0),
    ("trust add", ("lee.pub", "--role", "approver", "--role", "root"), 0),
    ("trust key", ("mia.key", "--person", "mia", "--bare"), 0),
    ("trust add", ("mia.pub", "--role", "root"), 0),
    ("trust require", ("--roots", "2"), 0),
    ("trust sign", ("trust-draft.json", *LEE), 0),
    ("trust rotate", ("ledger", "--out", "rotated.json"), 0),
    ("trust revoke", ("mia", "--out", "revoked.json"), 0),
    ("trust accept", (".dsr/trust.json",), 0),
    ("trust show", (), 0),
    ("init", ("app=sqlite:///app.db", "--out", "drafted.yaml"), 0),
    ("doctor", (), 0),
    ("discover", (), 0),
    ("explain", ("app.invoices", "--key", "1"), 0),
    ("find", ("--email", CANARY), 0),
    ("redact", ("text",), 0),
    ("policy check", (), 3),  # the small shop's page lacks what the laws want said
    ("policy render", (), 0),
    ("policy diff", ("old.yaml",), 0),
    ("policy schema", (), 0),
    ("policy approve", LEE, 0),
    ("purge freeze", ("--reason", "r"), 0),
    ("purge thaw", (), 0),
    ("purge", ("--plan-only",), 0),
    ("request import", ("people.csv",), 0),
    ("request refuse", ("R-1", "--ground", "not_found", "--reason", "r"), 0),
    ("request open", ("--right", "erasure", "--regime", "gdpr", "--email", CANARY), 0),
    ("request list", (), 0),
    ("request show", ("R-3",), 0),
    ("request sort", ("R-2", "--right", "restriction", "--right", "rectification"), 0),
    ("request acknowledge", ("R-3",), 0),
    ("request pause", ("R-3", "--question", "clarification"), 0),
    ("request extend", ("R-3", "--reason", "complexity"), 0),
    ("request letter", ("R-3", "--kind", "extension"), 0),
    ("request verify", ("R-3", "--send-code"), 0),
    ("request verify", ("R-3", "--code", "CODE"), 0),
    ("export", ("--email", OTHER, "--unsealed", "package", "--identity", "known"), 0),
    ("hold place", ("--rule", "note", "--matter", "m", "--reason", "r", "--authority", "Legal"), 0),
    ("hold press", (), 0),
    ("hold list", (), 0),
    ("hold show", ("H-1",), 0),
    ("hold release", ("H-1", "--reason", "over"), 0),
    ("delete", ("--request", "R-3", "--plan-only"), 0),
    ("plan list", (), 0),
    ("plan show", ("P-2",), 0),
    ("plan approve", ("P-2", *LEE), 0),
    ("apply", ("P-2", "--confirm", "HANDLE"), 0),
    ("resume", (), 0),
    ("unlock", (), 0),
    ("verify", ("P-2", "--email", CANARY), 0),
    ("scrub", (), 0),
    ("certificate show", ("P-2",), 0),
    ("certificate export", ("P-2",), 0),
    ("request notices", ("R-3", "--recipient", "Lantern Pay", "--proof", "a ticket"), 0),
    ("request close", ("R-3",), 0),
    ("request verify", ("R-2", "--send-code"), 0),
    ("request verify", ("R-2", "--code", "CODE"), 0),
    ("request restrict", ("R-2",), 0),
    ("request rectify", ("R-2", "--field", "app.users.name", "--value", "Teal", "--plan-only"), 0),
    ("request letter", ("R-2", "--kind", "lifting"), 0),
    ("request lift", ("R-2", "--reason", "over"), 0),
    ("replay", ("--since", "2026-01-01", "--plan-only"), 0),
    ("plan cancel", ("P-3",), 0),
    ("report ropa", (), 0),
    ("report retention", (), 0),
    ("report holds", (), 0),
    ("report overview", (), 0),
    ("report register", (), 0),
    ("report metrics", (), 0),
    ("report audit", ("--out", "audit.zip"), 0),
    ("ledger verify", (), 0),
    ("ledger checkpoint", (), 0),
    ("ledger export", (), 0),
    ("ledger unlink", ("HANDLE",), 0),
)


def commands() -> Iterator[str]:
    for name, found in typer.main.get_command(app).commands.items():
        inner = getattr(found, "commands", {})
        if not inner or found.invoke_without_command:
            yield name
        yield from (f"{name} {sub}" for sub in inner)


def test_every_command_gives_one_document_that_names_it(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").write_text(POLICY + SECTION, encoding="utf-8")
    (shop / "old.yaml").write_text(POLICY, encoding="utf-8")
    (shop / "pw").write_text("correct horse battery\n")
    (shop / "text").write_text("nothing secret\n")
    (shop / "people.csv").write_text(
        f"email,right,received\n{OTHER},access,2026-11-01\n{OTHER},restriction,2026-11-02\n"
    )
    known: dict[str, str] = {}
    for command, arguments, code in STORY:
        ran = dsr(*command.split(), *(known.get(one, one) for one in arguments), "--json")
        told = json.loads(ran.out)
        assert (command, ran.code, told["schema"]) == (command, code, f"dsr/{command.replace(' ', '-')}/1"), told
        if command == "trust key":
            (shop / f"{told['person']}.pub").write_text(told["line"])
        if command == "find":
            known["HANDLE"] = told["token"]
        if "--send-code" in arguments:
            (message,) = (shop / "outbox").glob("*.eml")
            known["CODE"] = re.search(r"Code: (\d{8})", message.read_text())[1]
            message.unlink()
    assert {command for command, _, _ in STORY} <= set(commands())


def test_what_a_command_refuses_is_one_document_too(dsr: Dsr, shop: Path):
    (shop / "retention.yaml").unlink()
    (shop / "demo").write_text("in the way")
    for command in commands():
        ran = dsr(*command.split(), "--json")
        told = json.loads(ran.out)
        assert told["schema"] == ("dsr/policy-schema/1" if command == "policy schema" else "dsr/error/1"), command
        assert command == "policy schema" or (told["exit"], bool(told["message"])) == (ran.code, True), command
        assert "Traceback" not in ran.err
