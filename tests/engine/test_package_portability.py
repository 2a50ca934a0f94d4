"""The part of a package that a person may take along: what is in it by law, what is not, and that it is described."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from package_sample import POLICY, USER, USERS, entry, package, said, send, whole

from dsr.core.policy import Export
from dsr.engine.package.portability import portable
from dsr.engine.package.writer import Form

TABLE_SCHEMA = {"any", "string", "integer", "number", "boolean", "date", "datetime"}
RULE = POLICY.rules[0]


def descriptor(folder: Path) -> dict:
    return json.loads((folder / "portability" / "datapackage.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("basis", "sources", "given"),
    [
        ((("gdpr", "contract"),), (), True),
        ((("gdpr", "consent"),), ("you",), True),
        ((("gdpr", "contract"),), ("use",), True),
        ((("gdpr", "contract"),), ("calculated",), False),
        ((("gdpr", "contract"),), ("payment_provider", "you"), True),
        ((("gdpr", "legal_obligation"),), ("you",), False),
        ((("gdpr", "legitimate_interest"), ("pipl", "contract")), ("use",), True),
        ((("gdpr", "legitimate_interest"), ("ccpa", "contract")), ("use",), False),
        ((), ("you",), False),
    ],
)
def test_the_law_gives_what_is_provided_or_observed_under_contract_or_consent(basis, sources, given):
    policy = replace(POLICY, controller=replace(POLICY.controller, regimes=("gdpr", "pipl")))
    assert portable(replace(RULE, basis=basis, sources=sources), policy) is given


def test_the_subset_is_the_same_records_and_every_field_is_described(tmp_path):
    whole(tmp_path / "out")
    resources = descriptor(tmp_path / "out")["resources"]
    assert [one["path"] for one in resources] == [
        "app/users.jsonl",
        "logs/requests.jsonl",
        "app/tickets.jsonl",
        "media/assets_u-fbf27b21b2.jsonl",
    ]
    for one in resources:
        text = (tmp_path / "out" / "portability" / one["path"]).read_text(encoding="utf-8")
        rows = [json.loads(line) for line in text.split("\n")[:-1]]
        copied = (tmp_path / "out" / "data" / one["path"]).read_text(encoding="utf-8").split("\n")
        assert set(text.split("\n")) <= set(copied)
        assert one["rows"] == len(rows)
        named = {field["name"] for field in one["schema"]["fields"]}
        assert set(one["schema"]["primaryKey"]) <= named
        assert not named & {"password_hash", "api_key_hash", "fraud_score"}
        assert {field["type"] for field in one["schema"]["fields"]} <= TABLE_SCHEMA


def test_a_field_whose_text_is_redacted_is_given_and_described(tmp_path):
    made = package(tmp_path / "out")
    fields = (said("nickname", "name.nickname", Export.REDACTED), said("password_hash", "credential", Export.SECRET))
    send(made, entry(USERS, "account", *fields), [USER], None)
    made.finish()
    (resource,) = descriptor(tmp_path / "out")["resources"]
    named = {field["name"] for field in resource["schema"]["fields"]}
    assert "nickname" in named
    assert "password_hash" not in named
    assert USER["nickname"] in (tmp_path / "out/portability/app/users.jsonl").read_text(encoding="utf-8")


def test_a_package_without_such_data_has_no_such_folder(tmp_path):
    package(tmp_path / "none").finish()
    whole(tmp_path / "data", form=Form.DATA)
    assert not (tmp_path / "none" / "portability").exists()
    assert not (tmp_path / "data" / "portability").exists()
